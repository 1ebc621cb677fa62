"""The page of repeats: two curves that move together, and a table of results with their spread."""

import statistics
from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.figures import Axes, axes_of_run, unit_text
from dashboard.pages.chips import attributes, card, known, outcome_chip
from dashboard.pages.curve_card import curve
from testbed.domain.judgement import Judgement
from testbed.i18n import Words
from testbed.services.looking import MOST_OVERLAID, Offer
from testbed.services.rows import RunDetail

__all__ = ["compare_view", "spread"]


def compare_view(
    details: Sequence[RunDetail], offers: Sequence[Offer], words: Words
) -> list[Component]:
    """Lay the page out; the first run is the one that the others are compared with."""
    first = details[0]
    numbers = [each.row.number for each in details]
    labels = [
        " · ".join(part for part in (each.row.number, each.row.specimen_name) if part)
        for each in details
    ]
    runs = list(zip(numbers, labels, strict=True))
    axes = axes_of_run(first, offers)
    if len(details) > 1:
        # What one evaluation drew belongs to one run.
        axes = tuple(each.unmarked() for each in axes)
    name = known(words, f"method.{first.row.method}", first.row.method)
    chosen = [{"value": number, "label": label} for number, label in runs]
    return [
        html.Div(
            html.Div([html.P(name, className="tb-quiet"), html.H1(words("Compare runs"))]),
            className="tb-page-head",
        ),
        dcc.Store(id="compare-shown", data=numbers),
        html.Section(
            [
                dmc.MultiSelect(
                    id="compare-runs",
                    data=chosen,
                    value=numbers,
                    searchable=True,
                    maxValues=MOST_OVERLAID,
                    label=words("Runs"),
                    description=words("The others are compared with the first one."),
                    nothingFoundMessage=words("No run fits."),
                ),
                html.Div(
                    curve("compare-figure", "window", runs, axes, words, link="compare",
                          file="-".join(numbers[:3])),
                    className="tb-below",
                ),
            ],
            className="tb-card",
        ),
        *_difference(runs, axes, words),
        _results(details, words),
    ]  # fmt: skip


def _difference(
    runs: Sequence[tuple[str, str]], axes: Sequence[Axes], words: Words
) -> list[Component]:
    if len(runs) < 2:
        return []
    to = dmc.SegmentedControl(
        id="compare-to",
        data=[
            {"value": "first", "label": words("to the first run")},
            {"value": "mean", "label": words("to the mean of all")},
        ],
        value="first",
    )
    figure = curve(
        "compare-difference", "difference", runs, axes, words, low=True, link="compare",
        file=f"difference-{runs[0][0]}", follows="yes",
    )  # fmt: skip
    return [card(words("Difference"), [figure], action=to)]


def _results(details: Sequence[RunDetail], words: Words) -> Component:
    title = words("Results side by side")
    found: dict[str, list[Judgement | None]] = {}
    for place, detail in enumerate(details):
        for each in detail.judgements:
            row = found.setdefault(each.measurand, [None] * len(details))
            row[place] = each
    if not found:
        return card(title, [html.P(words("There is no evaluation."), className="tb-quiet")])
    heads = [html.Th(words("Measurand"))]
    heads += [
        html.Th(dcc.Link(each.row.number, href=f"/runs/{each.row.number}", className="tb-strong"))
        for each in details
    ]
    heads += [html.Th(words(text)) for text in ("Mean", "Standard deviation", "Range")]
    rows = [_row(details, measurand, row, words) for measurand, row in found.items()]
    verdicts = [
        html.Td(outcome_chip(each.row.outcome, words) if each.row.outcome else "–")
        for each in details
    ]
    last = html.Tr([html.Th(words("Verdict"), scope="row"), *verdicts, *[html.Td("")] * 3])
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([*rows, last])], className="tb-table tb-spread"
    )
    return card(title, [html.Div(table, className="tb-scroll")])


def _row(
    details: Sequence[RunDetail], measurand: str, row: Sequence[Judgement | None], words: Words
) -> Component:
    some = next(each for each in row if each is not None)
    method = details[0].row.method
    name = known(words, f"measurand.{method}.{measurand}", measurand)
    unit = unit_text(some.unit)
    head = html.Th(
        [html.Strong(some.symbol), html.Span(f" [{unit}]" if unit else "", className="tb-quiet"),
         html.Br(), html.Span(name, className="tb-quiet")],
        scope="row",
    )  # fmt: skip
    values = [
        html.Td(each.rounded if each and each.value is not None else "–", className="tb-number")
        for each in row
    ]
    numbers = [each.value for each in row if each is not None and each.value is not None]
    told = [html.Td(text, className="tb-number") for text in spread(numbers)]
    return html.Tr([head, *values, *told], **attributes(data_measurand=measurand))


def spread(values: Sequence[float]) -> tuple[str, str, str]:
    """Write mean, standard deviation (n − 1) and range; "–" for what there is none of."""
    if not values:
        return "–", "–", "–"
    mean = _short(statistics.fmean(values), 5)
    if len(values) < 2:
        return mean, "–", "–"
    return mean, _short(statistics.stdev(values), 3), _short(max(values) - min(values), 3)


def _short(value: float, digits: int) -> str:
    """Write a number with so many significant digits, as people do: 11,100 as "11100"."""
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:.0f}" if 10**digits <= abs(rounded) < 1e9 else f"{rounded:.{digits}g}"
