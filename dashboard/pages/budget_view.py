"""Where the uncertainty of a value comes from: its budget as a table and as bars of the shares."""

import math
from collections.abc import Iterator

from dash import html
from dash.development.base_component import Component

from dashboard.figures import unit_text
from dashboard.pages.chips import attributes, facts, known
from testbed.domain.judgement import Judgement
from testbed.evaluation.uncertainty.budget import Budget, Row
from testbed.i18n import Words

__all__ = ["budget_details", "probability_text"]

_MANY = 10_000.0  # degrees of freedom with which Student's t is normal to four digits
_HEADS = ("Input", "Estimate", "u", "Distribution", "ν", "Sensitivity", "Contribution", "Share")


def budget_details(row: Judgement, name: str, words: Words) -> list[Component]:
    """Show the budget of a value, closed at first; nothing where there is none."""
    if row.budget is None:
        return []
    budget = Budget.from_plain(row.budget)
    unit = unit_text(budget.unit)
    expanded = row.stated[1] or f"{budget.expanded:.2g}"
    told = f"U = {expanded} {unit}".strip() + f" · k = {budget.factor:.2f}"
    summary = html.Summary([html.Strong(words("Uncertainty budget")), html.Span(told)])
    scrolled = html.Div(
        _table(budget, words),
        className="tb-scroll",
        # A box that scrolls sideways is reached by the keyboard as well.
        tabIndex="0",
        role="region",
        **attributes(aria_label=words("Uncertainty budget of {name}", name=name)),
    )
    parts = [summary, facts(_facts(budget, expanded, words)), _bars(budget, words), scrolled]
    return [html.Details(parts, className="tb-more-of")]


def probability_text(row: Judgement) -> str:
    """Write the coverage probability that U was formed for: "95 %"; "" where it is not known."""
    return "" if row.budget is None else f"{100.0 * float(row.budget['probability']):.0f} %"


def _facts(budget: Budget, expanded: str, words: Words) -> list[tuple[str, Component | str]]:
    unit = unit_text(budget.unit)
    freedom = budget.degrees_of_freedom
    pairs: list[tuple[str, Component | str]] = [
        (words("Combined standard uncertainty u"), f"{budget.uncertainty:.3g} {unit}".strip()),
        (words("Expanded uncertainty U"), f"{expanded} {unit}".strip()),
        (
            words("Coverage factor k"),
            words(
                "{factor}, from the {coverage}, for {probability} %",
                factor=f"{budget.factor:.2f}",
                coverage=words(f"coverage.{budget.coverage.value}"),
                probability=f"{100.0 * budget.probability:.0f}",
            ),
        ),
        (words("Effective degrees of freedom ν"), "–" if freedom is None else _freedom(freedom)),
        (words("Obtained by"), words(f"obtained.{budget.obtained.value}")),
        (
            words("Coverage interval"),
            f"{_digits(budget.low, budget)} … {_digits(budget.high, budget)} {unit}".strip(),
        ),
    ]
    if budget.check is not None:
        found = (
            words("agrees with the first order")
            if budget.check.holds
            else words("differs from the first order")
        )
        text = words("{draws} draws: {found}", draws=f"{budget.check.draws:,}", found=found)
        pairs.append((words("Check by propagation of distributions"), text))
    return pairs


def _bars(budget: Budget, words: Words) -> Component:
    """Draw the shares of the inputs, largest first."""
    ordered = sorted(budget.rows, key=lambda each: each.share, reverse=True)
    items = [
        html.Li(
            [
                html.Span(_name(each, words)),
                html.Meter(
                    min="0", max="100", value=f"{each.share:.2f}",
                    **attributes(aria_label=_name(each, words)),
                ),
                html.Span(_share(each.share), className="tb-number"),
            ]
        )
        for each in ordered
    ]  # fmt: skip
    title = words("Shares of the variance")
    return html.Div(
        [html.P(title, className="tb-quiet"), html.Ul(items, className="tb-shares")],
    )


def _table(budget: Budget, words: Words) -> Component:
    heads = [html.Th(words(text), scope="col") for text in _HEADS]
    body = [html.Tr(_cells(each, budget, words)) for each in budget.rows]
    for text, share in _joint(budget, words):
        cells = [html.Th(text, scope="row", colSpan=len(_HEADS) - 1)]
        body.append(html.Tr([*cells, html.Td(_share(share), className="tb-number")]))
    return html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody(body)], className="tb-table tb-budget"
    )


def _cells(row: Row, budget: Budget, words: Words) -> list[Component]:
    unit, own = unit_text(row.unit), unit_text(budget.unit)
    by = _quotient(own, unit)
    head = html.Th(
        [html.Strong(row.symbol), html.Br(), html.Span(_name(row, words), className="tb-quiet")],
        scope="row",
    )
    shape = f"{words(f'distribution.{row.distribution.value}')} ({row.kind.value})"
    numbers = (
        f"{row.estimate:.6g} {unit}",
        f"{row.uncertainty:.3g} {unit}",
        shape,
        _freedom(row.degrees_of_freedom),
        f"{row.sensitivity:.3g} {by}",
        f"{row.contribution:.3g} {own}",
        _share(row.share),
    )
    return [head, *(html.Td(text.strip(), className="tb-number") for text in numbers)]


def _quotient(unit: str, by: str) -> str:
    """Write the unit of a sensitivity; none where both are the same."""
    if unit == by:
        return ""
    return f"{unit or '1'}/{by}" if by else unit


def _joint(budget: Budget, words: Words) -> Iterator[tuple[str, float]]:
    """Name what does not belong to one input alone: correlations and curvature."""
    for each in budget.correlations:
        pair = f"{each.first}, {each.second}"
        yield (
            words("Correlation of {pair}, r = {r}", pair=pair, r=f"{each.coefficient:.3g}"),
            each.share,
        )
    for term in budget.second_order:
        pair = ", ".join(dict.fromkeys((term.first, term.second)))
        yield words("Second order of {pair}", pair=pair), term.share


def _name(row: Row, words: Words) -> str:
    return known(words, f"input.{row.name}", row.name or row.symbol)


def _share(share: float) -> str:
    return f"{share:.1f} %"


def _freedom(freedom: float) -> str:
    return "∞" if freedom > _MANY else f"{freedom:.4g}"


def _digits(number: float, budget: Budget) -> str:
    """Write a number to a hundredth of the standard uncertainty."""
    if not budget.uncertainty:
        return f"{number:.6g}"
    return f"{number:.{max(0, 2 - math.floor(math.log10(budget.uncertainty)))}f}"
