"""Routes for screens that draw curves: binary windows, differences, and many runs together."""

import json
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse

from testbed.api.answers import Person, found
from testbed.api.frames import Packed, frame, of_difference, of_window
from testbed.bootstrap import Testbed
from testbed.services.looking import MOST_GATHERED, FoundRun, Gathered, Gathering, View

__all__ = ["add_looking"]

_FRAME = "application/vnd.testbed.window"
End = Annotated[float | None, Query(allow_inf_nan=False)]
Numbers = Annotated[list[str], Query(alias="with", max_length=7)]


def add_looking(router: APIRouter, testbed: Testbed) -> None:
    """Add the routes; a run that the person may not see is as if it did not exist."""
    looking = testbed.looking

    @router.get("/runs/{number}/curves")
    def curves(number: str, person: Person) -> Any:  # noqa: ANN401
        """List what can be drawn of a run: channels by stream, each over time."""
        return found(looking.offers(person, number) or None)

    @router.get("/runs/{number}/window", response_class=Response)
    def window(
        number: str,
        person: Person,
        request: Request,
        y: str,
        x: str = "time",
        stream: str = "",
        start: End = None,
        end: End = None,
        pixels: int = 1000,
        others: Numbers = [],  # noqa: B006 - FastAPI copies it
    ) -> Response:
        """Give a window of a curve, and of other runs `with` it, as a binary frame."""
        view = _view(x, y, stream, start, end, pixels)
        runs = _runs(looking.find(person, (number, *others)))
        tag = looking.tag(runs, "window", view)
        if _holds(request, tag):
            return _unchanged(tag)
        return _framed([of_window(seen, view) for seen in looking.windows(runs, view)], tag)

    @router.get("/runs/{number}/difference", response_class=Response)
    def difference(
        number: str,
        person: Person,
        request: Request,
        y: str,
        x: str = "time",
        stream: str = "",
        start: End = None,
        end: End = None,
        pixels: int = 1000,
        others: Numbers = [],  # noqa: B006
        to: Literal["first", "mean"] = "first",
    ) -> Response:
        """Give the difference to the first run, or to the mean of all, as a binary frame."""
        view = _view(x, y, stream, start, end, pixels)
        runs = _runs(looking.find(person, (number, *others)))
        tag = looking.tag(runs, "difference", to, view)
        if _holds(request, tag):
            return _unchanged(tag)
        made = looking.differences(runs, view, to)
        return _framed([of_difference(place, each) for place, each in made.items()], tag)

    @router.get("/distribution", response_class=StreamingResponse)
    def distribution(
        person: Person,
        method: str,
        y: str,
        x: str = "time",
        stream: str = "",
        start: End = None,
        end: End = None,
        search: str = "",
    ) -> StreamingResponse:
        """Tell what many runs look like together: lines of JSON, the last one has the bands."""
        view = _view(x, y, stream, start, end, 1000)
        words = f"{method} {search[:200]}"
        rows = testbed.queries.runs(person, search=words, size=MOST_GATHERED).rows
        numbers = [row.number for row in rows if row.method == method]
        lines = (_line(told) for told in looking.gather(person, numbers, view))
        return StreamingResponse(lines, media_type="application/x-ndjson")


def _view(x: str, y: str, stream: str, start: float | None, end: float | None, pixels: int) -> View:
    if start is not None and end is not None and not start < end:
        raise HTTPException(422, "the window has to end after it starts")
    return View(x=x, y=y, stream=stream, low=start, high=end, pixels=pixels)


def _runs(runs: tuple[FoundRun, ...]) -> tuple[FoundRun, ...]:
    """Insist on the run in the path; others may be missing."""
    return found(runs if runs and runs[0].place == 0 else None)  # type: ignore[no-any-return]


def _holds(request: Request, tag: str | None) -> bool:
    return tag is not None and request.headers.get("if-none-match") == f'"{tag}"'


def _unchanged(tag: str | None) -> Response:
    return Response(status_code=304, headers={"ETag": f'"{tag}"'})


def _framed(traces: Sequence[Packed], tag: str | None) -> Response:
    headers = {"ETag": f'"{tag}"'} if tag else {}
    return Response(frame(traces), media_type=_FRAME, headers=headers)


def _line(told: Gathering | Gathered) -> str:
    if isinstance(told, Gathering):
        return json.dumps({"done": told.done, "total": told.total}) + "\n"
    return json.dumps({"runs": len(told.numbers), **dict(_bands(told))}) + "\n"


def _bands(told: Gathered) -> Iterator[tuple[str, object]]:
    made = told.distribution
    if made is None:
        return
    yield "x", _numbers((made.edges[:-1] + made.edges[1:]) / 2)
    for name, band in (("outer", made.outer), ("inner", made.inner)):
        yield name, [_numbers(band.low), _numbers(band.high)]
    yield "median", _numbers(made.median)
    yield "counts", made.counts.tolist()
    yield (
        "outliers",
        [
            {
                "run": told.numbers[each.index],
                "outside": each.outside,
                "share": each.share,
                "farthest": each.farthest,
                "at": float(made.edges[each.at] / 2 + made.edges[each.at + 1] / 2),
            }
            for each in made.outliers
        ],
    )


def _numbers(values: Any) -> list[float | None]:  # noqa: ANN401
    """Spell numbers for JSON, which knows no NaN; seven digits draw any curve."""
    return [float(f"{value:.7g}") if np.isfinite(value) else None for value in values.tolist()]
