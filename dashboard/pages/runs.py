"""Runs: the finder. What is asked stands in the address, so that it can be handed on."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode

from dash import Input, Output, State, ctx, no_update
from dash.development.base_component import Component

from dashboard.gateway import objections_text
from dashboard.pages.host import Host
from dashboard.pages.runs_facets import facets_view
from dashboard.pages.runs_saved import saved_view, undo_view
from dashboard.pages.runs_view import finder_view, quantity_choices, results_view, wrong_view
from testbed.domain.objections import Refused
from testbed.domain.people import Role
from testbed.services.catalogue import SearchPage
from testbed.services.searching import ResultRange, Search, read_search, write_search

__all__ = ["layout", "register"]

# Names that addresses of earlier versions, and links of other pages, bear.
_EARLIER = {"search": "q"}
_FIELDS = ("q", "specimen", "from", "to", "quantity", "low", "high", "sort")


async def layout(host: Host, given: Mapping[str, list[str]]) -> Component:
    """Build the page as the address asks; the runs come with its first callback."""
    reviewer = host.actor().has(Role.REVIEWER)
    search = _read(given)
    return finder_view(
        host.words(),
        Search() if isinstance(search, Refused) else search,
        reviewer=reviewer,
        saved=host.testbed.catalogue.saved(host.actor()),
    )


def _read(given: Mapping[str, list[str]]) -> Search | Refused:
    named = {_EARLIER.get(name, name): values for name, values in given.items()}
    if "waiting" in named:
        named["review"] = ["waiting"]
    return read_search(named)


def _asked(fields: Mapping[str, Any], chosen: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Turn what the form holds into named texts."""
    given = {name: [str(value)] for name, value in fields.items() if value not in (None, "")}
    low, high = fields.get("low"), fields.get("high")
    quantity = str(given.pop("quantity", [""])[0])
    for name in ("low", "high"):
        given.pop(name, None)
    if quantity:
        name, _, unit = quantity.partition("\t")
        wanted = ResultRange(quantity=name, unit=unit, low=_number(low), high=_number(high))
        given["result"] = [str(wanted)]
    return given | {facet: list(values) for facet, values in chosen.items()}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def register(host: Host) -> None:
    """Wire the page."""
    _register_search(host)
    _register_saved(host)


def _register_search(host: Host) -> None:
    @host.callback(
        Output("finder-results", "children"),
        Output("finder-facets", "children"),
        Output("finder-quantity", "data"),
        Output("finder-pages", "total"),
        Output("finder-pages", "value"),
        Output("finder-address", "data-query"),
        *(Input(f"finder-{name}", "value") for name in _FIELDS),
        Input("finder-chosen", "data"),
        Input("finder-pages", "value"),
        State("finder-address", "data-query"),
    )
    def fill(*values: Any) -> tuple[Any, ...]:  # noqa: ANN401
        *fields, chosen, page, before = values
        asked = _asked(dict(zip(_FIELDS, fields, strict=True)), chosen or {})
        # A change of what is asked begins at the first page.
        if ctx.triggered_id in ("finder-pages", None):
            asked["page"] = [str(page or 1)]
        search = read_search(asked)
        words = host.words()
        if isinstance(search, Refused):
            told = wrong_view(objections_text(search, words))
            return told, no_update, no_update, 1, 1, before or ""
        found = host.testbed.catalogue.search(host.actor(), search)
        return (
            results_view(found, search, words, staff=host.actor().is_staff),
            facets_view(found, search, words),
            quantity_choices(found, search, words),
            found.pages,
            found.page,
            _address(search, found),
        )

    @host.callback(
        *(Output(f"finder-{name}", "value") for name in _FIELDS),
        Output("finder-chosen", "data"),
        Input("finder-load", "data"),
        prevent_initial_call=True,
    )
    def load(wanted: Mapping[str, Any] | None) -> tuple[Any, ...]:
        found = _read(parse_qs(str((wanted or {}).get("query", ""))))
        return form_values(Search() if isinstance(found, Refused) else found)


def _address(search: Search, found: SearchPage) -> str:
    given = write_search(search)
    given.pop("page", None)
    if found.page > 1:
        given["page"] = [str(found.page)]
    return urlencode(given, doseq=True)


def form_values(search: Search) -> tuple[Any, ...]:
    """Tell what the fields of the form hold for a search, then what is chosen of the facets."""
    wanted = search.results[0] if search.results else None
    return (
        search.words,
        search.specimen,
        None if search.first is None else search.first.isoformat(),
        None if search.last is None else search.last.isoformat(),
        None if wanted is None else f"{wanted.quantity}\t{wanted.unit}",
        "" if wanted is None or wanted.low is None else wanted.low,
        "" if wanted is None or wanted.high is None else wanted.high,
        search.sort,
        {facet: list(values) for facet, values in search.chosen.items()},
    )


def _register_saved(host: Host) -> None:
    @host.callback(
        Output("finder-saved", "children"),
        Output("finder-undo", "children"),
        Input("finder-command", "data"),
        prevent_initial_call=True,
    )
    def keep(command: Mapping[str, Any] | None) -> tuple[Any, Any]:
        words, actor, catalogue = host.words(), host.actor(), host.testbed.catalogue
        told = command or {}
        name, query, number = (told.get(each) for each in ("name", "query", "id"))
        said: Component | list[Component] = []
        answer: object = None
        match told.get("do"):
            case "save":
                answer = catalogue.save(actor, str(name or ""), str(query or ""))
            case "rename":
                answer = catalogue.rename(actor, int(number or 0), str(name or ""))
            case "delete":
                gone = [each for each in catalogue.saved(actor) if each.id == number]
                answer = catalogue.drop(actor, int(number or 0))
                said = [undo_view(gone[0], words)] if gone else []
        if isinstance(answer, Refused):
            said = wrong_view(objections_text(answer, words))
        return saved_view(catalogue.saved(actor), words), said
