"""The finder's parts: one box for words, a row of fields, and what was found."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.pages.chips import attributes, empty, instant_text, known, run_chips
from dashboard.pages.runs_saved import saved_view
from testbed.i18n import Words
from testbed.services.catalogue import FoundRun, SavedSearch, SearchPage
from testbed.services.searching import SORTS, Search, write_search

__all__ = ["finder_view", "quantity_choices", "results_view", "wrong_view"]

_SORTS = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "highest": "Highest result first",
    "lowest": "Lowest result first",
}


def finder_view(
    words: Words, search: Search, *, reviewer: bool, saved: Sequence[SavedSearch]
) -> Component:
    """Lay the page out as a search asks; the runs themselves come with the first callback."""
    chosen = {facet: list(values) for facet, values in search.chosen.items()}
    head: list[Component] = [html.H1(words("Runs"))]
    if reviewer:
        head.append(_waiting(words))
    aside = html.Aside(
        [
            html.Details(
                [
                    html.Summary(words("Filters and saved searches")),
                    html.Section(
                        [
                            html.H3(words("Saved searches")),
                            html.Div(saved_view(saved, words), id="finder-saved"),
                            html.Div(id="finder-undo"),
                            html.Button(
                                words("Keep this search …"),
                                type="button",
                                className="tb-tool tb-keep",
                                **attributes(data_do="keep"),
                            ),
                        ],
                        className="tb-facet-group",
                    ),
                    html.Div(id="finder-facets"),
                ],
                id="finder-side",
                open=True,
            )
        ],
        className="tb-finder-side",
        **attributes(aria_label=words("Filters and saved searches")),
    )
    found = html.Div(
        [
            html.Div(id="finder-results", **attributes(aria_live="polite")),
            dmc.Pagination(
                id="finder-pages",
                total=max(search.page, 1),
                value=search.page,
                hideWithOnePage=True,
                className="tb-pages",
            ),
        ],
        className="tb-finder-found",
    )
    return html.Div(
        [
            html.Div(head, className="tb-page-head"),
            _box(words, search),
            _fields(words, search),
            html.Div([aside, found], className="tb-finder-columns"),
            _picked(words),
            dcc.Store(id="finder-chosen", data=chosen),
            dcc.Store(id="finder-load"),
            dcc.Store(id="finder-command"),
            html.Div(
                id="finder-address",
                hidden=True,
                **attributes(
                    data_name=words("Name of this search"),
                    data_rename=words("New name"),
                    # Known at once: the search may be kept before the first runs have come.
                    data_query=urlencode(write_search(search), doseq=True),
                ),
            ),
        ],
        id="finder",
    )


def _waiting(words: Words) -> Component:
    return html.A(
        words("Waiting for review"),
        href="/runs?review=waiting",
        className="tb-button",
        **attributes(data_load="review=waiting"),
    )


def _box(words: Words, search: Search) -> Component:
    hint = words("Number, method, firm, specimen, instrument, person …")
    box: Component = dmc.TextInput(
        id="finder-q",
        value=search.words,
        # No debounce: it loses a value that a kept search sets while an older one still waits.
        size="md",
        placeholder=hint,
        className="tb-finder-box",
        rightSection=html.Kbd("/", className="tb-not-on-phone"),
        **attributes(aria_label=words("Search runs")),
    )
    return box


def _fields(words: Words, search: Search) -> Component:
    wanted = search.results[0] if search.results else None

    def day(name: str, label: str, value: object) -> Component:
        field: Component = dmc.DateInput(
            id=f"finder-{name}",
            label=words(label),
            value=None if value is None else str(value),
            valueFormat="YYYY-MM-DD",
            clearable=True,
            placeholder="2026-11-24",
            className="tb-field-day",
        )
        return field

    def end(name: str, label: str, value: float | None) -> Component:
        field: Component = dmc.NumberInput(
            id=f"finder-{name}",
            label=words(label),
            value="" if value is None else value,
            hideControls=True,
            className="tb-field-number",
        )
        return field

    quantity = None if wanted is None else f"{wanted.quantity}\t{wanted.unit}"
    given = [] if wanted is None or quantity is None else [
        {"value": quantity, "label": _quantity(wanted.quantity, wanted.unit)}
    ]  # fmt: skip
    return html.Div(
        [
            dmc.TextInput(
                id="finder-specimen",
                label=words("Specimen"),
                value=search.specimen,
                className="tb-field-specimen",
            ),
            day("from", "From", search.first),
            day("to", "To", search.last),
            dmc.Select(
                id="finder-quantity",
                label=words("Result"),
                data=given,
                value=quantity,
                clearable=True,
                searchable=True,
                placeholder=words("Any"),
                nothingFoundMessage=words("No result here."),
                className="tb-field-quantity",
            ),
            end("low", "At least", None if wanted is None else wanted.low),
            end("high", "At most", None if wanted is None else wanted.high),
            dmc.Select(
                id="finder-sort",
                label=words("Order"),
                data=[{"value": sort, "label": words(_SORTS[sort])} for sort in SORTS],
                value=search.sort,
                allowDeselect=False,
                className="tb-field-sort",
            ),
        ],
        className="tb-finder-fields",
    )


def _picked(words: Words) -> Component:
    def link(kind: str, label: str) -> Component:
        return html.A(words(label), href="#", className="tb-button", **attributes(data_picked=kind))

    return html.Div(
        [
            html.Span(id="finder-picked-count", className="tb-strong"),
            link("compare", "Compare"),
            link("distribution", "Distribution"),
            html.Button(
                words("Clear selection"),
                type="button",
                className="tb-tool",
                **attributes(data_picked="none"),
            ),
        ],
        id="finder-picked",
        hidden=True,
        className="tb-picked",
        **attributes(data_said=words("{count} selected", count="#")),
    )


def _quantity(name: str, unit: str) -> str:
    return f"{name} [{unit}]" if unit and unit != "1" else name


def quantity_choices(found: SearchPage, search: Search, words: Words) -> list[dict[str, str]]:
    """List the results that there are among what was found, and the one that is asked for."""
    asked = {(each.quantity, each.unit): 0 for each in search.results}
    return [
        {"value": f"{name}\t{unit}", "label": _quantity(name, unit)}
        for name, unit in sorted({**asked, **found.quantities})
    ]


def wrong_view(sentences: Sequence[str]) -> list[Component]:
    """Say what cannot be understood."""
    items = [html.Li(sentence) for sentence in sentences]
    return [html.Ul(items, className="tb-objections", role="alert")]


def results_view(
    found: SearchPage, search: Search, words: Words, *, staff: bool
) -> list[Component]:
    """Show one page of what was found."""
    if not found.rows:
        return [_nothing(search, words)]
    quantities = list(dict.fromkeys(each.quantity for each in search.results))
    heads = ["", words("Run"), words("Method"), words("Specimen"),
             *([words("Organisation")] if staff else []), words("Started"), *quantities,
             words("State")]  # fmt: skip
    head = html.Thead(html.Tr([html.Th(text) for text in heads]))
    body = html.Tbody([_row(each, quantities, words, staff=staff) for each in found.rows])
    count = words("{count} runs", count=f"{found.total:,}")
    top: list[Component] = [html.Span(count, className="tb-strong")]
    if search.narrows:
        everything = html.A(
            words("Show all runs"), href="/runs", className="tb-more", **attributes(data_load="")
        )
        top.append(everything)
    return [
        html.P(top, className="tb-finder-count"),
        html.Table([head, body], className="tb-table tb-cards-on-phone tb-finder-table"),
    ]


def _nothing(search: Search, words: Words) -> Component:
    if search.narrows:
        hint = words("Take a word or a choice back; beginnings of words are enough.")
        shown = empty(words("No run fits."), hint)
        everything = html.A(
            words("Show all runs"), href="/runs", className="tb-button", **attributes(data_load="")
        )
        shown.children.append(everything)
        return shown
    return empty(
        words("No run yet."),
        words("A run begins from a booking, at the time that was booked."),
        href="/calendar",
        action=words("Go to the calendar"),
    )


def _row(found: FoundRun, quantities: Sequence[str], words: Words, *, staff: bool) -> Component:
    row = found.row
    folder = "runs" if row.state == "ended" else "live"
    name: Component = html.Span(
        [row.number, html.Span(words("file alone"), className="tb-quiet tb-small")],
        title=found.place,
        className="tb-alone",
    )
    pick: Component | str = ""
    if found.on_record:
        name = dcc.Link(row.number, href=f"/{folder}/{row.number}", className="tb-strong")
        spoken = words("Select {run}", run=row.number)
        pick = html.Button(
            type="button",
            className="tb-pick",
            **attributes(
                data_run=row.number,
                data_method=row.method,
                aria_pressed="false",
                aria_label=spoken,
            ),
        )
    cells: list[tuple[str, Any, str]] = [
        ("", pick, "tb-pick-cell"),
        (words("Run"), name, "tb-lead"),
        (words("Method"), known(words, f"method.{row.method}", row.method or "–"), ""),
        (words("Specimen"), row.specimen_name or row.specimen or "–", ""),
    ]
    if staff:
        cells.append((words("Organisation"), row.organisation.in_locale(words.locale) or "–", ""))
    cells.append((words("Started"), instant_text(row.started, words.locale, year=True), ""))
    cells += [(each, _value(found, each), "tb-number") for each in quantities]
    chips = html.Span(run_chips(row, words), className="tb-chips")
    cells.append((words("State"), chips, ""))
    return html.Tr(
        [
            html.Td(value, className=style, **attributes(data_label=label))
            for label, value, style in cells
        ]
    )


def _value(found: FoundRun, quantity: str) -> str:
    return f"{found.values[quantity]:.6g}" if quantity in found.values else "–"
