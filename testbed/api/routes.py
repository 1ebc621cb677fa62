"""REST: the same use cases as the screens, with an OpenAPI description for who has signed in."""

from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import FileResponse, JSONResponse
from pydantic import AwareDatetime, BaseModel, Field

from runs import RecordRefused
from testbed.api.answers import Person, RecordRoute, done, found
from testbed.api.finding import add_finding
from testbed.api.looking import add_looking
from testbed.api.steering import add_steering
from testbed.bootstrap import Testbed
from testbed.services.commands import BookingKind, MoveBooking, RequestBooking

__all__ = ["add_api"]

_TYPES = {
    "h5": "application/x-hdf5",
    "csv": "text/csv; charset=utf-8",
    "netcdf": "application/x-netcdf",
    "parquet": "application/vnd.apache.parquet",
    "matlab": "application/x-matlab-data",
}


class NewBooking(BaseModel):
    """A wish to book."""

    equipment: list[str] = Field(max_length=20)
    start: AwareDatetime
    end: AwareDatetime
    kind: BookingKind
    purpose: str = Field(default="", max_length=500)
    method: str = ""
    specimen: str = ""


class NewPeriod(BaseModel):
    """Where a booking is to be moved."""

    start: AwareDatetime
    end: AwareDatetime
    equipment: str | None = None


class Remark(BaseModel):
    """What was found."""

    remark: str = Field(min_length=1, max_length=500)


class Extension(BaseModel):
    """When a booking is to end instead."""

    end: AwareDatetime


def add_api(server: FastAPI, testbed: Testbed) -> None:
    """Add the routes under ``/api/v1``, and ``/health``."""
    router = APIRouter(prefix="/api/v1", route_class=RecordRoute)
    _add_reading(router, testbed)
    add_finding(router, testbed)
    _add_booking(router, testbed)
    _add_benches(router, testbed)
    add_steering(router, testbed)
    add_looking(router, testbed)
    # Laid in one by one, so that who walks the routes of the application meets each of them.
    server.router.routes.extend(router.routes)
    _add_health(server, testbed)

    @server.get("/api/openapi.json", include_in_schema=False)
    def description() -> JSONResponse:
        return JSONResponse(get_openapi(title="Testbed", version="1", routes=router.routes))

    @server.api_route(
        "/api/{rest:path}", methods=["GET", "POST", "PUT", "DELETE"], include_in_schema=False
    )
    def nothing(rest: str) -> Response:
        return JSONResponse({"detail": "not found"}, status_code=404)


def _add_health(server: FastAPI, testbed: Testbed) -> None:
    @server.get("/health", include_in_schema=False)
    def health() -> JSONResponse:
        found = testbed.queries.health()
        word = {"status": "ready" if found.ok else "not ready"}
        return JSONResponse(word, status_code=200 if found.ok else 503)

    @server.get("/api/v1/health")
    def parts(person: Person) -> dict[str, str]:
        if not person.is_staff:
            raise HTTPException(404, "not found")
        return dict(testbed.queries.health().parts)


def _add_reading(router: APIRouter, testbed: Testbed) -> None:
    queries = testbed.queries

    @router.get("/me")
    def me(person: Person) -> Any:  # noqa: ANN401
        roles = sorted(person.roles)
        return {"login": person.login, "name": person.name, "roles": roles}

    @router.get("/equipment")
    def equipment(person: Person) -> Any:  # noqa: ANN401
        return queries.equipment(person)

    @router.get("/equipment/{code}")
    def equipment_one(code: str, person: Person) -> Any:  # noqa: ANN401
        return found(queries.equipment_one(person, code))

    @router.get("/calendar")
    def calendar(start: AwareDatetime, end: AwareDatetime, person: Person) -> Any:  # noqa: ANN401
        return queries.calendar(person, start, end)

    @router.get("/specimens")
    def specimens(person: Person) -> Any:  # noqa: ANN401
        return queries.specimens(person)

    @router.get("/runs")
    def runs(person: Person, search: str = "", page: int = 1) -> Any:  # noqa: ANN401
        return queries.runs(person, search=search, page=page)

    @router.get("/runs/{number}")
    def run(number: str, person: Person) -> Any:  # noqa: ANN401
        return found(queries.run(person, number))

    @router.get("/runs/{number}/file")
    def file(number: str, person: Person, format: str = "h5", stream: str = "") -> FileResponse:
        """Give the record; CSV and Parquet hold one stream, the main one where none is named."""
        if format not in _TYPES:
            raise HTTPException(422, f"format {format!r}; accepted: {', '.join(_TYPES)}")
        try:
            made = testbed.records.export(person, number, format, stream)  # type: ignore[arg-type]
        except RecordRefused as refused:
            raise HTTPException(422, str(refused)) from refused
        path = found(made)
        media = "application/zip" if path.suffix == ".zip" else _TYPES[format]
        return FileResponse(path, filename=path.name, media_type=media)


def _add_benches(router: APIRouter, testbed: Testbed) -> None:
    @router.get("/benches")
    def benches(person: Person) -> Any:  # noqa: ANN401
        return testbed.queries.benches(person)

    @router.post("/benches/{name}/clear")
    def clear(name: str, found: Remark, person: Person) -> Any:  # noqa: ANN401
        return done(testbed.execution.clear_bench(person, name, found.remark))


def _add_booking(router: APIRouter, testbed: Testbed) -> None:
    queries, booking = testbed.queries, testbed.booking

    @router.get("/bookings")
    def bookings(person: Person, upcoming: bool = True) -> Any:  # noqa: ANN401
        return queries.bookings(person, upcoming=upcoming)

    @router.get("/bookings/{number}")
    def booking_one(number: str, person: Person) -> Any:  # noqa: ANN401
        return found(queries.booking(person, number))

    @router.post("/bookings", status_code=201)
    def request(new: NewBooking, person: Person) -> Any:  # noqa: ANN401
        wish = RequestBooking(**{**new.model_dump(), "equipment": tuple(new.equipment)})
        return done(booking.request(person, wish))

    @router.post("/bookings/{number}/move")
    def move(number: str, to: NewPeriod, person: Person) -> Any:  # noqa: ANN401
        return done(booking.move(person, MoveBooking(number=number, **to.model_dump())))

    @router.post("/bookings/{number}/cancel")
    def cancel(number: str, person: Person) -> Any:  # noqa: ANN401
        return done(booking.cancel(person, number))

    @router.post("/bookings/{number}/extend")
    def extend(number: str, to: Extension, person: Person) -> Any:  # noqa: ANN401
        return done(booking.extend(person, number, to.end))

    @router.post("/bookings/{number}/approve")
    def approve(number: str, person: Person) -> Any:  # noqa: ANN401
        return done(booking.approve(person, number))
