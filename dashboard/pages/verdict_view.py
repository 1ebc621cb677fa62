"""The verdict table of a run's page: each value with its uncertainty, its limit and its verdict."""

from dash import html
from dash.development.base_component import Component

from dashboard.figures import unit_text
from dashboard.pages.budget_view import budget_details, probability_text
from dashboard.pages.chips import attributes, card, icon, known, outcome_chip
from dashboard.pages.decision_view import agreed_rule, decision_details, limit_text
from dashboard.pages.run_panels import closed_text
from testbed.domain.judgement import Judgement
from testbed.i18n import Words
from testbed.services.rows import RunDetail

__all__ = ["verdict_card"]

_HEADS = ("Measurand", "Value ± U", "Rounded", "Unrounded", "Limit", "Verdict")


def verdict_card(detail: RunDetail, words: Words) -> Component:
    """Show every measurand; what decided a verdict and what makes up U opens below its row."""
    title = words("Result")
    if not detail.judgements:
        text = words("There is no evaluation.") if detail.channels else closed_text(words)
        return card(title, [html.P(text, className="tb-quiet")])
    head = html.Thead(html.Tr([html.Th(words(text), scope="col") for text in _HEADS]))
    rows = [each for row in detail.judgements for each in _rows(row, detail, words)]
    table = html.Table([head, html.Tbody(rows)], className="tb-table tb-cards-on-phone tb-verdicts")
    return card(title, [*_provisional(detail, words), *_rule(detail, words), table])


def _provisional(detail: RunDetail, words: Words) -> list[Component]:
    if detail.row.reportable:
        return []
    if any(
        row.limit and row.value is not None and not row.uncertainty for row in detail.judgements
    ):
        text = words(
            "Provisional, not reportable: a value that has a limit has no uncertainty, "
            "so that the decision rule does not decide on it."
        )
    else:
        text = words("Provisional, not reportable: no certificate states this result.")
    return [html.P([icon("alert"), text], className="tb-notice", id="run-provisional")]


def _rule(detail: RunDetail, words: Words) -> list[Component]:
    rule = agreed_rule(detail.judgements)
    if rule is None:
        return []
    text = words("Decision rule, fixed before the test: {rule}", rule=words.rule(rule))
    return [html.P(text, id="run-rule")]


def _rows(row: Judgement, detail: RunDetail, words: Words) -> list[Component]:
    name = known(words, f"measurand.{detail.row.method}.{row.measurand}", row.measurand)
    called = f"{row.symbol} {name}".strip()
    more = [*decision_details(row, called, words), *budget_details(row, called, words)]
    main = _judgement(row, name, words, look="tb-has-more" if more else "")
    if not more:
        return [main]
    return [main, html.Tr(html.Td(more, colSpan=len(_HEADS)), className="tb-more-row")]


def _judgement(row: Judgement, name: str, words: Words, *, look: str) -> Component:
    symbol: list[Component | str] = [
        html.Strong(row.symbol),
        html.Br(),
        html.Span(name, className="tb-quiet"),
    ]
    limit: list[Component | str] = [html.Span(limit_text(row.limit, row.unit))]
    if row.limit is not None and row.limit.source:
        source = known(words, f"limit-source.{row.limit.source}", row.limit.source)
        limit += [html.Br(), html.Span(source, className="tb-quiet")]
    unit = unit_text(row.unit)
    if row.value is None:
        code = row.reason if row.reason.startswith("reason.") else f"reason.{row.reason}"
        rounded: Component = html.Span(known(words, code, row.reason or "–"), className="tb-quiet")
        unrounded = "–"
    else:
        rounded = html.Span([row.rounded, html.Span(f" {unit}", className="tb-quiet")])
        unrounded = f"{row.value:.9g}"
    stated = _stated(row, words)
    cells: list[tuple[str, str | Component | list[Component] | list[Component | str], str]] = [
        ("Measurand", symbol, "tb-lead"),
        ("Value ± U", stated or "–", "tb-number" if stated else "tb-number tb-not-on-phone"),
        ("Rounded", rounded, "tb-number"),
        ("Unrounded", unrounded, "tb-number"),
        ("Limit", limit, "" if row.limit else "tb-not-on-phone"),
        ("Verdict", outcome_chip(row.outcome, words), "tb-verdict"),
    ]
    return html.Tr(
        [
            html.Td(value, className=kind, **attributes(data_label=words(head)))
            for head, value, kind in cells
        ],
        className=look,
        title=row.clause,
    )


def _stated(row: Judgement, words: Words) -> list[Component]:
    """State value and U together, with k and the coverage probability that belong to them."""
    value, expanded = row.stated
    if not value or row.uncertainty is None:
        return []
    factor = f"k = {row.uncertainty.k:.2f}"
    probability = probability_text(row)
    about = (
        [factor, words("about {probability}", probability=probability)] if probability else [factor]
    )
    both = f"{value} ± {expanded} {unit_text(row.unit)}".strip()
    told = html.Span(", ".join(about), className="tb-quiet")
    return [html.Span([html.Strong(both), html.Br(), told], className="tb-stated")]
