"""How a limit was decided on: the guard band to scale, the rule in words, and what it risks."""

from collections.abc import Sequence
from fractions import Fraction

from dash import html
from dash.development.base_component import Component

from dashboard.components import Picture
from dashboard.figures import unit_text
from dashboard.pages.chips import facts, known
from testbed.domain.conformity import Limit, Outcome
from testbed.domain.decision import Decision, Uncertainty
from testbed.domain.decision_rule import DecisionRule
from testbed.domain.judgement import Judgement
from testbed.evaluation.band_drawing import place_band
from testbed.evaluation.band_labels import number_text
from testbed.evaluation.band_svg import BandWords, band_svg
from testbed.i18n import Words, percent_text

__all__ = ["agreed_rule", "decision_details", "limit_text"]

_WIDTHS = {"tb-band-wide": 600.0, "tb-band-narrow": 290.0}  # [px]


def agreed_rule(judgements: Sequence[Judgement]) -> DecisionRule | None:
    """Find the rule that was fixed before the test; None where no limit was set."""
    return next((row.decision.rule for row in judgements if row.decision is not None), None)


def decision_details(row: Judgement, name: str, words: Words) -> list[Component]:
    """Explain a verdict, closed at first; nothing where there was no limit to decide on."""
    decision, limit = row.decision, row.limit
    if decision is None or limit is None:
        return []
    told = [words.rule(decision.rule), words.risk(decision)]
    if decision.outcome is Outcome.REFUSED:
        told.append(_why(decision, words))
    summary = html.Summary(
        [html.Strong(words("Decision")), html.Span(" · ".join(part for part in told if part))]
    )
    pictures = _pictures(row, limit, decision, name, words)
    listed = facts(_facts(row, limit, decision, words))
    return [html.Details([summary, *pictures, listed], className="tb-more-of")]


def limit_text(limit: Limit | None, unit: str) -> str:
    """Write a limit: "≥ 490", "≤ 5", "2.75 … 4.2"."""
    if limit is None:
        return "–"
    low = None if limit.low is None else f"{limit.low:g}"
    high = None if limit.high is None else f"{limit.high:g}"
    return f"{_between(low, high)} {unit_text(unit)}".strip()


def _between(low: str | None, high: str | None) -> str:
    if low is not None and high is not None:
        return f"{low} … {high}"
    return f"≥ {low}" if low is not None else f"≤ {high}"


def _pictures(
    row: Judgement, limit: Limit, decision: Decision, name: str, words: Words
) -> list[Component]:
    """Draw the band for a wide and for a narrow window; the page shows one of them."""
    verdict = words(f"outcome.{decision.outcome.value}")
    said = BandWords(
        title=words("Guard band of {name}", name=name),
        description=" · ".join(
            part for part in (verdict, words.rule(decision.rule), words.risk(decision)) if part
        ),
        limit=words("band.limit"),
        accept=words("band.accept"),
        reject=words("band.reject"),
        value=row.symbol or words("band.value"),
        unit=unit_text(row.unit),
    )
    pictures: list[Component] = []
    for look, width in _WIDTHS.items():
        band = place_band(row.value, row.uncertainty, limit, decision.rule, width=width)
        place = f"{look}-{row.measurand}"
        svg = band_svg(band, said, id=f"{place}-drawing")
        pictures.append(Picture(id=place, svg=svg, className=f"tb-scroll {look}"))
    return pictures


def _facts(
    row: Judgement, limit: Limit, decision: Decision, words: Words
) -> list[tuple[str, Component | str]]:
    unit = unit_text(row.unit)
    pairs: list[tuple[str, Component | str]] = [
        (words("Decision rule"), words.rule(decision.rule)),
        (words("Tolerance limits"), limit_text(limit, row.unit)),
    ]
    if decision.guard_band is not None and row.uncertainty is not None:
        low, high = (
            _bound(each, row.uncertainty) for each in (decision.accept_low, decision.accept_high)
        )
        accepted = limit_text(limit, row.unit) if not decision.guard_band else ""
        pairs += [
            (words("Guard band w"), f"{decision.guard_band + 0.0:.4g} {unit}".strip()),
            (words("Acceptance limits"), accepted or f"{_between(low, high)} {unit}".strip()),
        ]
    if decision.false_acceptance is not None:
        text = words("Probability of false acceptance (PFA)")
        pairs.append((text, percent_text(decision.false_acceptance)))
    elif decision.false_rejection is not None:
        text = words("Probability of false rejection (PFR)")
        pairs.append((text, percent_text(decision.false_rejection)))
    elif decision.outside is not None:
        text = words("Probability that the true value lies outside")
        pairs.append((text, percent_text(decision.outside)))
    return pairs


def _bound(number: float | None, uncertainty: Uncertainty) -> str | None:
    """Write an acceptance limit so that a two-hundredth of U can be seen in it."""
    return None if number is None else number_text(Fraction(number), Fraction(uncertainty.expanded))


def _why(decision: Decision, words: Words) -> str:
    return known(words, f"reason.{decision.why}", str(decision.why or ""))
