"""Where a guard band, its limits and a value lie in a picture drawn to scale.

The scale is linear. It shows every finite limit, the value and its interval x ± U, and a tenth of
the span that these take on either side; where all are one number, a tenth of its size, or one
unit for zero. Positions come from exact fractions, so that no size of number and no narrow band
on a large value moves a line.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from testbed.domain.conformity import Limit
from testbed.domain.decision import Decision, Uncertainty, decide
from testbed.domain.decision_rule import DecisionRule, RuleKind

__all__ = ["NARROWEST", "SIDE", "Band", "Mark", "Part", "Zone", "ZoneKind", "place_band"]

NARROWEST = 160.0
SIDE = 12.0  # [px] left and right of the scale
_MARGIN = Fraction(1, 10)


class Part(StrEnum):
    """What stands at one place of the scale."""

    LIMIT_LOW = "limit-low"
    LIMIT_HIGH = "limit-high"
    ACCEPT_LOW = "accept-low"
    ACCEPT_HIGH = "accept-high"
    REJECT_LOW = "reject-low"
    REJECT_HIGH = "reject-high"
    INTERVAL_LOW = "interval-low"
    INTERVAL_HIGH = "interval-high"
    VALUE = "value"


class ZoneKind(StrEnum):
    """What is said of a value that lies in a stretch of the scale."""

    ACCEPT = "accept"
    GUARD = "guard"
    ALLOWANCE = "allowance"
    CONDITIONAL_PASS = "conditional-pass"
    CONDITIONAL_FAIL = "conditional-fail"
    REJECT = "reject"
    WITHIN = "within"
    BEYOND = "beyond"


@dataclass(frozen=True, slots=True)
class Mark:
    """One place: the number there [unit of the value], exact, and its position [px]."""

    part: Part
    number: Fraction
    position: float


@dataclass(frozen=True, slots=True)
class Zone:
    """A stretch from `start` to `end` [px]; the ends of the scale stand for open ends."""

    kind: ZoneKind
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A guard band laid out.

    Attributes
    ----------
    width
        Of the whole picture [px]; the scale takes it less `SIDE` on either side.
    low, high
        Numbers at the ends of the scale [unit of the value], exact.
    decision
        That is shown.
    marks
        Limits and value, by position.
    zones
        Left to right, without gaps, over the whole scale. `GUARD` is inside the tolerance and not
        accepted, `ALLOWANCE` beyond it and accepted; `WITHIN` and `BEYOND` the tolerance is all
        that is known where nothing was decided on.
    """

    width: float
    low: Fraction
    high: Fraction
    decision: Decision
    marks: tuple[Mark, ...]
    zones: tuple[Zone, ...]

    def mark(self, part: Part) -> Mark | None:
        """Find one place; None where it is not there."""
        return next((mark for mark in self.marks if mark.part is part), None)


def place_band(
    value: float | None,
    uncertainty: Uncertainty | None,
    limit: Limit,
    rule: DecisionRule,
    *,
    width: float = 640.0,
) -> Band:
    """Lay out the limits, the guard band and a value on a linear scale.

    Parameters
    ----------
    value
        Unrounded; what is unset is not shown.
    uncertainty
        Of the value, in its unit; without it there is neither guard band nor interval.
    limit
        Tolerance limits, in the same unit; an open end runs to the end of the scale.
    rule
        By which the value is decided.
    width
        Of the whole picture [px], `NARROWEST` or more.

    Raises
    ------
    ValueError
        The picture is too narrow, or has no width.
    """
    if not NARROWEST <= width < math.inf:
        raise ValueError(f"a picture {width} px wide: must be {NARROWEST:g} px or more")
    decision = decide(value, uncertainty, limit, rule)
    places = dict(_places(value, uncertainty, limit, decision))
    low, high = _range(list(places.values()))

    def position(number: Fraction) -> float:
        return SIDE + (width - 2 * SIDE) * float((number - low) / (high - low))

    marks = [Mark(part, number, position(number)) for part, number in places.items()]
    return Band(
        width=width,
        low=low,
        high=high,
        decision=decision,
        marks=tuple(sorted(marks, key=lambda mark: mark.position)),
        zones=tuple(_zones({mark.part: mark.position for mark in marks}, decision, width)),
    )


def _places(
    value: float | None, uncertainty: Uncertainty | None, limit: Limit, decision: Decision
) -> Iterator[tuple[Part, Fraction]]:
    if limit.low is not None:
        yield Part.LIMIT_LOW, Fraction(limit.low)
    if limit.high is not None:
        yield Part.LIMIT_HIGH, Fraction(limit.high)
    if uncertainty is not None:
        yield from _bounds(Fraction(uncertainty.expanded), limit, decision)
    if value is not None and math.isfinite(value):
        yield Part.VALUE, Fraction(value)
        if uncertainty is not None:
            yield Part.INTERVAL_LOW, Fraction(value) - Fraction(uncertainty.expanded)
            yield Part.INTERVAL_HIGH, Fraction(value) + Fraction(uncertainty.expanded)


def _bounds(
    expanded: Fraction, limit: Limit, decision: Decision
) -> Iterator[tuple[Part, Fraction]]:
    """Give the bounds of a decision as they are before they become binary numbers."""
    if decision.guard_band is None:
        return
    rule = decision.rule
    if rule.kind is RuleKind.PROBABILITY:
        if decision.accept_low is not None:
            yield Part.ACCEPT_LOW, Fraction(decision.accept_low)
        if decision.accept_high is not None:
            yield Part.ACCEPT_HIGH, Fraction(decision.accept_high)
        return
    length = Fraction(rule.guard) * expanded
    two_bands = rule.kind is RuleKind.NON_BINARY
    if limit.low is not None:
        yield Part.ACCEPT_LOW, Fraction(limit.low) + length
        if two_bands:
            yield Part.REJECT_LOW, Fraction(limit.low) - length
    if limit.high is not None:
        yield Part.ACCEPT_HIGH, Fraction(limit.high) - length
        if two_bands:
            yield Part.REJECT_HIGH, Fraction(limit.high) + length


def _range(numbers: list[Fraction]) -> tuple[Fraction, Fraction]:
    low, high = min(numbers), max(numbers)
    margin = (high - low or abs(low) or 1 / _MARGIN) * _MARGIN
    return low - margin, high + margin


def _zones(at: dict[Part, float], decision: Decision, width: float) -> Iterator[Zone]:
    """Name the stretches: first those beyond the low end, from outside, then outwards again."""
    middle = ZoneKind.WITHIN if decision.guard_band is None else ZoneKind.ACCEPT
    below = _outwards(
        at.get(Part.LIMIT_LOW), at.get(Part.ACCEPT_LOW), at.get(Part.REJECT_LOW), decision
    )
    above = _outwards(
        at.get(Part.LIMIT_HIGH), at.get(Part.ACCEPT_HIGH), at.get(Part.REJECT_HIGH), decision
    )
    starts = [SIDE, *(start for start, _ in reversed(below)), *(start for start, _ in above)]
    kinds = [*(kind for _, kind in reversed(below)), middle, *(kind for _, kind in above)]
    for kind, start, end in zip(kinds, starts, [*starts[1:], width - SIDE], strict=True):
        if end > start:
            yield Zone(kind, start, end)


def _outwards(
    limit: float | None, accept: float | None, reject: float | None, decision: Decision
) -> list[tuple[float, ZoneKind]]:
    """Give where each stretch beyond the accepted one begins [px], from the inside outwards."""
    if limit is None:
        return []
    if accept is None or decision.guard_band is None:
        return [(limit, ZoneKind.BEYOND)]
    if reject is not None:
        return [
            (accept, ZoneKind.CONDITIONAL_PASS),
            (limit, ZoneKind.CONDITIONAL_FAIL),
            (reject, ZoneKind.REJECT),
        ]
    if decision.guard_band < 0.0:
        return [(limit, ZoneKind.ALLOWANCE), (accept, ZoneKind.REJECT)]
    return [(accept, ZoneKind.GUARD), (limit, ZoneKind.REJECT)]
