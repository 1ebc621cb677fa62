"""The page of one run: curve, verdict, what was found, by what and whom, and the decision."""

from collections.abc import Sequence
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.figures import axes_of_run, unit_text
from dashboard.pages.chips import (
    attributes,
    card,
    chip,
    facts,
    icon,
    instant_text,
    known,
    run_chips,
)
from dashboard.pages.curve_card import curve
from dashboard.pages.run_panels import (
    closed_text,
    comments_card,
    decision_card,
    findings_card,
    timeline_card,
)
from dashboard.pages.verdict_view import verdict_card
from testbed.i18n import Words
from testbed.services.looking import MOST_OVERLAID, Offer
from testbed.services.rows import RunDetail

__all__ = ["FORMATS", "run_head", "run_side", "run_view"]

FORMATS = (
    ("h5", "HDF5"),
    ("csv", "CSV"),
    ("netcdf", "NetCDF"),
    ("parquet", "Parquet"),
    ("matlab", "MATLAB"),
)


def run_view(
    detail: RunDetail, offers: Sequence[Offer], words: Words, *, shown: str = ""
) -> list[Component]:
    """Lay the page out; `run-head` and `run-side` are drawn anew after a decision."""
    return [
        dcc.Store(id="run-number", data=detail.row.number),
        html.Div(run_head(detail, words), id="run-head"),
        html.Div(id="run-message", role="status"),
        _curve(detail, offers, words, shown),
        html.Div(
            [
                html.Div([verdict_card(detail, words), *findings_card(detail, words)]),
                html.Div(run_side(detail, words), id="run-side"),
            ],
            className="tb-columns tb-columns-wide",
        ),
        html.Div([_parameters(detail, words), _record(detail, words)], className="tb-columns"),
        timeline_card(detail, words),
    ]


def run_head(detail: RunDetail, words: Words) -> list[Component]:
    """Name the run and say where it stands."""
    row = detail.row
    about = [row.specimen_name or row.specimen, row.organisation.in_locale(words.locale)]
    provisional = []
    if row.outcome is not None and not row.reportable:
        provisional = [chip(words("Provisional, not reportable"), "warn", "alert")]
    remark = []
    if detail.remark is not None:
        text = words(detail.remark.code, **detail.remark.values)
        remark = [html.P([icon("alert"), text], className="tb-notice")]
    return [
        html.Div(
            [
                html.Div(
                    [
                        html.P(row.number, className="tb-quiet"),
                        html.H1(known(words, f"method.{row.method}", row.method)),
                        html.P(" · ".join(part for part in about if part), className="tb-quiet"),
                    ]
                ),
                html.Div([*run_chips(row, words), *provisional], className="tb-chips"),
            ],
            className="tb-page-head",
        ),
        *remark,
    ]


def run_side(detail: RunDetail, words: Words) -> list[Component]:
    """Show what people said, and to whom it belongs the decision."""
    return [*decision_card(detail, words), comments_card(detail, words)]


def _curve(detail: RunDetail, offers: Sequence[Offer], words: Words, shown: str) -> Component:
    if detail.rows == 0 or not detail.channels:
        nothing = words("Nothing was recorded.") if detail.rows == 0 else closed_text(words)
        return card(words("Curve"), [html.P(nothing, className="tb-empty")])
    row = detail.row
    many = urlencode({"method": row.method, "run": row.number})
    own = [(row.number, " · ".join(p for p in (row.number, row.specimen_name) if p))]
    return html.Section(
        [
            html.Div(
                [
                    dmc.MultiSelect(
                        id="run-overlay",
                        data=[],
                        value=[],
                        searchable=True,
                        clearable=True,
                        maxValues=MOST_OVERLAID - 1,
                        placeholder=words("Lay other runs over it"),
                        nothingFoundMessage=words("No run fits."),
                        clearButtonProps={"aria-label": words("Take all away")},
                        **attributes(aria_label=words("Lay other runs over it")),
                    ),
                    dcc.Link(
                        words("Compare in numbers"), href="#", id="run-compare", className="tb-more"
                    ),
                    dcc.Link(
                        words("Among all runs of the method"),
                        href=f"/runs/distribution?{many}",
                        className="tb-more",
                    ),
                ],
                className="tb-filters",
            ),
            curve(
                "run-figure",
                "window",
                own,
                axes_of_run(detail, offers),
                words,
                shown=shown,
                file=row.number,
            ),
        ],
        className="tb-card",
    )


def _parameters(detail: RunDetail, words: Words) -> Component:
    method = detail.row.method
    pairs = []
    for name, value in detail.parameters.items():
        unit = unit_text(detail.parameter_units.get(name, ""))
        shown = "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
        text = f"{shown} {unit}".strip() if value is not None else shown
        pairs.append((known(words, f"param.{method}.{name}", name), text))
    nothing = [html.P(words("None."), className="tb-quiet")]
    return card(words("Parameters"), [facts(pairs)] if pairs else nothing)


def _record(detail: RunDetail, words: Words) -> Component:
    row = detail.row
    year = True
    pairs: list[tuple[str, Component | str]] = [
        (known(words, f"role.{role}", role), text) for role, text in detail.instruments.items()
    ]
    pairs += [
        (words("Bench"), row.bench),
        (words("Performed by"), row.performer.in_locale(words.locale)),
        (words("Booking"), dcc.Link(row.booking, href=f"/bookings/{row.booking}")),
        (words("Method version"), f"{row.method} · {row.version}"),
        (words("Started"), instant_text(row.started, words.locale, year=year)),
        (words("Ended"), instant_text(row.ended, words.locale, year=year)),
        (words("Rows"), f"{detail.rows:,}"),
        (words("File"), detail.file_name or "–"),
        ("SHA-256", html.Code(detail.file_hash or "–", className="tb-hash")),
    ]
    links = [
        html.A(
            [icon("down"), name],
            href=f"/api/v1/runs/{row.number}/file?format={key}",
            className="tb-button",
            download="",
        )
        for key, name in FORMATS
    ]
    downloads = [html.Div(links, className="tb-controls")] if detail.may_download else []
    return card(words("Record and instruments"), [facts(pairs), *downloads])
