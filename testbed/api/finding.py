"""REST: finding runs in the catalogue, by the same names as in the address of the page."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from testbed.api.answers import Person, done
from testbed.bootstrap import Testbed
from testbed.domain.objections import Refused
from testbed.services.searching import read_search

__all__ = ["add_finding"]

Several = Annotated[list[str], Query(max_length=40)]


class KeptSearch(BaseModel):
    """A search under a name."""

    name: str = Field(max_length=200)
    query: str = Field(max_length=5000)


class NewName(BaseModel):
    """Another name for a kept search."""

    name: str = Field(max_length=200)


def add_finding(router: APIRouter, testbed: Testbed) -> None:
    """Add the routes to the catalogue."""
    catalogue = testbed.catalogue

    @router.get("/catalogue")
    def search(
        person: Person,
        q: str = "",
        method: Several = [],  # noqa: B006
        equipment: Several = [],  # noqa: B006
        firm: Several = [],  # noqa: B006
        state: Several = [],  # noqa: B006
        outcome: Several = [],  # noqa: B006
        review: Several = [],  # noqa: B006
        year: Several = [],  # noqa: B006
        specimen: str = "",
        first: Annotated[str, Query(alias="from")] = "",
        last: Annotated[str, Query(alias="to")] = "",
        result: Several = [],  # noqa: B006
        sort: str = "newest",
        page: int = 1,
        size: int = 25,
    ) -> Any:  # noqa: ANN401
        given = {
            "q": [q], "method": method, "equipment": equipment, "firm": firm, "state": state,
            "outcome": outcome, "review": review, "year": year, "specimen": [specimen],
            "from": [first], "to": [last], "result": result, "sort": [sort],
            "page": [str(page)], "size": [str(size)],
        }  # fmt: skip
        wanted = read_search(given)
        if isinstance(wanted, Refused):
            return done(wanted)
        found = catalogue.search(person, wanted)
        quantities = [
            {"quantity": quantity, "unit": unit, "count": count}
            for (quantity, unit), count in found.quantities.items()
        ]
        return {
            "total": found.total,
            "page": found.page,
            "pages": found.pages,
            "runs": found.rows,
            "facets": found.facets,
            "quantities": quantities,
        }

    @router.get("/catalogue/saved")
    def saved(person: Person) -> Any:  # noqa: ANN401
        return catalogue.saved(person)

    @router.post("/catalogue/saved", status_code=201)
    def save(new: KeptSearch, person: Person) -> Any:  # noqa: ANN401
        return {"id": done(catalogue.save(person, new.name, new.query))}

    @router.post("/catalogue/saved/{number}/rename")
    def rename(number: int, to: NewName, person: Person) -> Any:  # noqa: ANN401
        return done(catalogue.rename(person, number, to.name))

    @router.delete("/catalogue/saved/{number}")
    def drop(number: int, person: Person) -> Any:  # noqa: ANN401
        return done(catalogue.drop(person, number))
