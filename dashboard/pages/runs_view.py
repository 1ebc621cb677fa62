"""The list of runs: a table on desks, cards on phones."""

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.pages.chips import attributes, empty, instant_text, known, run_chips
from testbed.domain.conformity import Outcome
from testbed.engine.ports import Ending
from testbed.i18n import Words
from testbed.services.rows import RunPage, RunRow

__all__ = ["runs_table", "runs_view"]


def runs_view(words: Words, *, reviewer: bool, waiting: bool, search: str) -> list[Component]:
    """Lay the page out; the list itself is filled by the first callback."""
    choices = [
        {"value": "all", "label": words("All")},
        {"value": "waiting", "label": words("Waiting for review")},
    ]
    outcomes = [{"value": o.value, "label": words(f"outcome.{o.value}")} for o in Outcome]
    ends = (Ending.ABORTED, Ending.ERROR, Ending.INTERRUPTED)
    outcomes += [{"value": e.value, "label": words(f"ending.{e.value}")} for e in ends]
    review = dmc.SegmentedControl(
        id="runs-waiting", data=choices, value="waiting" if waiting else "all"
    )
    return [
        html.Div(html.H1(words("Runs")), className="tb-page-head"),
        html.Div(
            [
                dmc.TextInput(
                    id="runs-search",
                    value=search,
                    debounce=300,
                    placeholder=words("Number, method, specimen, person …"),
                    **attributes(aria_label=words("Search runs")),
                ),
                review,
                dmc.Select(
                    id="runs-outcome",
                    data=outcomes,
                    clearable=True,
                    placeholder=words("Any verdict"),
                    **attributes(aria_label=words("Verdict")),
                ),
            ],
            className="tb-filters",
        ),
        dcc.Store(id="runs-reviewer", data=reviewer),
        html.Div(id="runs-list", **attributes(aria_live="polite")),
        dmc.Pagination(id="runs-page", total=1, value=1, hideWithOnePage=True),
    ]


def runs_table(page: RunPage, words: Words, *, filtered: bool) -> list[Component]:
    """Show one page of runs."""
    if not page.rows and filtered:
        hint = words("Take a word out of the search, or choose all verdicts.")
        return [empty(words("No run fits."), hint)]
    if not page.rows:
        return [
            empty(
                words("No run yet."),
                words("A run begins from a booking, at the time that was booked."),
                href="/calendar",
                action=words("Go to the calendar"),
            )
        ]
    heads = ["Run", "Method", "Specimen", "Organisation", "Started", "State"]
    head = html.Thead(html.Tr([html.Th(words(text)) for text in heads]))
    body = html.Tbody([_row(row, words) for row in page.rows])
    count = words("{count} runs", count=page.total)
    return [
        html.P(count, className="tb-quiet"),
        html.Table([head, body], className="tb-table tb-cards-on-phone"),
    ]


def _row(row: RunRow, words: Words) -> Component:
    folder = "runs" if row.state == "ended" else "live"
    cells: list[tuple[str, Component | str | list[Component]]] = [
        ("Run", dcc.Link(row.number, href=f"/{folder}/{row.number}", className="tb-strong")),
        ("Method", known(words, f"method.{row.method}", row.method)),
        ("Specimen", row.specimen_name or row.specimen or "–"),
        ("Organisation", row.organisation.in_locale(words.locale)),
        ("Started", instant_text(row.started, words.locale)),
        ("State", html.Span(run_chips(row, words), className="tb-chips")),
    ]
    return html.Tr([html.Td(value, **attributes(data_label=words(name))) for name, value in cells])
