"""Statement of conformity of a measured value, with what the decision risks.

All is decided on unrounded numbers. Value, limit, uncertainty and the rule's multiple are the
binary numbers that they are stored as; the acceptance limit is formed from them without rounding
and then given as the outermost binary number inside it. So a value equal to the acceptance limit
passes, its neighbour outside does not, and no rounding of TL - w moves a verdict. The price is
that decimals are not what they look like: with TL = 0.3 and U = 0.1 the value 0.2 is larger than
the difference of the two and is not accepted.

References
----------
ILAC-G8:09/2019; JCGM 106:2012; ISO/IEC 17025:2017, 7.8.6.
"""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from testbed.domain.conformity import Limit, Outcome
from testbed.domain.decision_rule import DecisionRule, RuleKind
from testbed.domain.probability import upper_tail

__all__ = ["Decision", "Uncertainty", "Why", "decide"]


class Why(StrEnum):
    """Why a value fails without comparison, or is not decided at all."""

    UNSET = "unset"
    NO_UNCERTAINTY = "no-uncertainty"
    UNCERTAINTY_TOO_LARGE = "uncertainty-too-large"
    TUR_TOO_SMALL = "tur-too-small"
    TUR_UNDEFINED = "tur-undefined"
    GUARD_TOO_WIDE = "guard-too-wide"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """Uncertainty of a value, unrounded.

    Attributes
    ----------
    expanded
        U [unit of the value], 0 or above.
    k
        Coverage factor that `expanded` was formed with, above 0.
    dof
        Effective degrees of freedom, above 0.

    Raises
    ------
    ValueError
        A number is out of its range.
    """

    expanded: float
    k: float = 2.0
    dof: float = math.inf

    def __post_init__(self) -> None:
        if not 0.0 <= self.expanded < math.inf:
            raise ValueError(f"expanded uncertainty {self.expanded}: must be finite, not below 0")
        if not 0.0 < self.k < math.inf:
            raise ValueError(f"coverage factor {self.k}: must be finite and above 0")
        if not self.dof > 0.0:
            raise ValueError(f"{self.dof} degrees of freedom: must be above 0")

    @classmethod
    def of_standard(
        cls, standard: float, *, k: float = 2.0, dof: float = math.inf
    ) -> "Uncertainty":
        """Expand a standard uncertainty u [unit of the value] by its coverage factor."""
        return cls(expanded=k * standard, k=k, dof=dof)

    @property
    def standard(self) -> float:
        """Standard uncertainty u [unit of the value]."""
        return self.expanded / self.k


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A verdict on one value, with where the bounds lie and what it risks.

    Attributes
    ----------
    rule
        That decided.
    outcome
        The verdict.
    why
        Reason of a refusal, or of a failure without a value; None otherwise.
    guard_band
        Signed distance w from tolerance to acceptance limit [unit], above 0 inside the
        tolerance; None where nothing was decided on.
    accept_low, accept_high
        Acceptance limits [unit], both accepted; None at an open end or without decision.
    reject_low, reject_high
        For a non-binary rule: last values that fail but conditionally [unit].
    inside, outside
        Probability that the true value lies inside, or outside, the tolerance; together 1. None
        without value or uncertainty.
    """

    rule: DecisionRule
    outcome: Outcome
    why: Why | None = None
    guard_band: float | None = None
    accept_low: float | None = None
    accept_high: float | None = None
    reject_low: float | None = None
    reject_high: float | None = None
    inside: float | None = None
    outside: float | None = None

    @property
    def false_acceptance(self) -> float | None:
        """Specific risk of a pass, conditional or not: that the true value lies outside (PFA)."""
        accepted = (Outcome.PASS, Outcome.CONDITIONAL_PASS)
        return self.outside if self.outcome in accepted else None

    @property
    def false_rejection(self) -> float | None:
        """Specific risk of a failure, conditional or not: that the true value is inside (PFR)."""
        rejected = (Outcome.FAIL, Outcome.CONDITIONAL_FAIL)
        return self.inside if self.outcome in rejected else None


_Test = Callable[[float], bool]


@dataclass(frozen=True, slots=True)
class _Bounds:
    guard_band: float
    accept_low: float | None
    accept_high: float | None
    reject_low: float | None = None
    reject_high: float | None = None


def decide(
    value: float | None, uncertainty: Uncertainty | None, limit: Limit, rule: DecisionRule
) -> Decision:
    """Decide whether a value conforms.

    Parameters
    ----------
    value
        Unrounded; None, or what is not a finite number, is unset and fails.
    uncertainty
        Of the value; None refuses, as no rule takes account of what is not known.
    limit
        Tolerance limits, in the unit of the value; both ends included.
    rule
        As agreed before the test.

    Returns
    -------
    Decision
        Refused where a condition of the rule is not met, or no number lies between the
        acceptance limits.
    """
    unset = value is None or not math.isfinite(value)
    bounds = None if uncertainty is None else _bounds(uncertainty, limit, rule)
    kept = bounds if isinstance(bounds, _Bounds) else None
    if value is None or unset:
        return _decision(rule, Outcome.FAIL, kept, why=Why.UNSET)
    if uncertainty is None:
        return _decision(rule, Outcome.REFUSED, None, why=Why.NO_UNCERTAINTY)
    risks = _risks(value, uncertainty, limit)
    if isinstance(bounds, Why):
        return _decision(rule, Outcome.REFUSED, None, why=bounds, risks=risks)
    assert kept is not None
    return _decision(rule, _outcome(value, kept, limit, rule), kept, risks=risks)


def _decision(
    rule: DecisionRule,
    outcome: Outcome,
    bounds: _Bounds | None,
    *,
    why: Why | None = None,
    risks: tuple[float, float] | None = None,
) -> Decision:
    inside, outside = risks or (None, None)
    if bounds is None:
        return Decision(rule=rule, outcome=outcome, why=why, inside=inside, outside=outside)
    return Decision(
        rule=rule,
        outcome=outcome,
        why=why,
        guard_band=bounds.guard_band,
        accept_low=bounds.accept_low,
        accept_high=bounds.accept_high,
        reject_low=bounds.reject_low,
        reject_high=bounds.reject_high,
        inside=inside,
        outside=outside,
    )


def _outcome(value: float, bounds: _Bounds, limit: Limit, rule: DecisionRule) -> Outcome:
    if _within(value, bounds.accept_low, bounds.accept_high):
        return Outcome.PASS
    if rule.kind is not RuleKind.NON_BINARY:
        return Outcome.FAIL
    if _within(value, limit.low, limit.high):
        return Outcome.CONDITIONAL_PASS
    if _within(value, bounds.reject_low, bounds.reject_high):
        return Outcome.CONDITIONAL_FAIL
    return Outcome.FAIL


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _bounds(uncertainty: Uncertainty, limit: Limit, rule: DecisionRule) -> _Bounds | Why:
    expanded = Fraction(uncertainty.expanded)
    if rule.u_max is not None and uncertainty.expanded > rule.u_max:
        return Why.UNCERTAINTY_TOO_LARGE
    if rule.tur_min is not None:
        if limit.low is None or limit.high is None:
            return Why.TUR_UNDEFINED
        if Fraction(limit.high) - Fraction(limit.low) < Fraction(rule.tur_min) * 2 * expanded:
            return Why.TUR_TOO_SMALL
    if rule.risk is not None:
        bounds = _bounds_by_risk(uncertainty, limit, rule.risk)
    else:
        bounds = _bounds_by_band(Fraction(rule.guard) * expanded, limit, rule)
    if bounds is None or _turned(bounds.accept_low, bounds.accept_high):
        return Why.GUARD_TOO_WIDE
    return bounds


def _turned(low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and low > high


def _bounds_by_band(band: Fraction, limit: Limit, rule: DecisionRule) -> _Bounds:
    low = None if limit.low is None else Fraction(limit.low)
    high = None if limit.high is None else Fraction(limit.high)
    two_bands = rule.kind is RuleKind.NON_BINARY
    return _Bounds(
        guard_band=-_at_most(-band),
        accept_low=None if low is None else -_at_most(-(low + band)),
        accept_high=None if high is None else _at_most(high - band),
        reject_low=None if low is None or not two_bands else -_at_most(-(low - band)),
        reject_high=None if high is None or not two_bands else _at_most(high + band),
    )


def _at_most(exact: Fraction) -> float:
    """Find the largest binary number that is not above `exact`."""
    try:
        near = float(exact)
    except OverflowError:
        return sys.float_info.max if exact > 0 else -math.inf
    return near if Fraction(near) <= exact else math.nextafter(near, -math.inf)


def _risks(value: float, uncertainty: Uncertainty, limit: Limit) -> tuple[float, float]:
    """Probabilities that the true value lies inside, and outside (JCGM 106:2012, 7.2 to 7.4)."""
    to_high = math.inf if limit.high is None else _steps(limit.high - value, uncertainty)
    to_low = math.inf if limit.low is None else _steps(value - limit.low, uncertainty)
    above, below = upper_tail(to_high, uncertainty.dof), upper_tail(to_low, uncertainty.dof)
    outside = min(1.0, above + below)
    if to_high < 0.0:
        return max(0.0, upper_tail(-to_high, uncertainty.dof) - below), outside
    if to_low < 0.0:
        return max(0.0, upper_tail(-to_low, uncertainty.dof) - above), outside
    return 1.0 - outside, outside


def _steps(distance: float, uncertainty: Uncertainty) -> float:
    """Give a distance as a multiple of u; without any uncertainty it is settled by its sign."""
    if uncertainty.standard == 0.0:
        return math.inf if distance >= 0.0 else -math.inf
    return distance / uncertainty.standard


def _bounds_by_risk(uncertainty: Uncertainty, limit: Limit, risk: float) -> _Bounds | None:
    """Search the last accepted numbers; a low end is the high end of the mirror image."""

    def accepted(value: float) -> bool:
        return _risks(value, uncertainty, limit)[1] <= risk

    def mirrored(value: float) -> bool:
        return accepted(-value)

    u = uncertainty.standard
    high = low = None
    if limit.low is not None and limit.high is not None:
        middle = 0.5 * limit.low + 0.5 * limit.high
        if not accepted(middle):
            return None
        high = _last(accepted, middle, _beyond(accepted, limit.high, u))
        low = -_last(mirrored, -middle, _beyond(mirrored, -limit.low, u))
        band = Fraction(limit.high) - Fraction(high)
    elif limit.high is not None:
        high = _edge(accepted, limit.high, u)
        band = Fraction(limit.high) - Fraction(high or 0)
    else:
        assert limit.low is not None
        edge = _edge(mirrored, -limit.low, u)
        low = None if edge is None else -edge
        band = Fraction(low or 0) - Fraction(limit.low)
    if high is None and low is None:
        return None
    return _Bounds(guard_band=-_at_most(-band), accept_low=low, accept_high=high)


def _edge(accepted: _Test, limit: float, u: float) -> float | None:
    """Find the last accepted number about a one-sided upper limit; None where there is none."""
    inside, steps = limit, 1.0
    while not accepted(inside):
        inside, steps = limit - steps * u, 2.0 * steps
        if math.isinf(inside):
            return None
    return _last(accepted, inside, _beyond(accepted, limit, u))


def _beyond(accepted: _Test, limit: float, u: float) -> float:
    """Find a number at or above a limit that is not accepted, or the largest there is."""
    outside, steps = limit, 1.0
    while accepted(outside) and outside < sys.float_info.max:
        further = max(math.nextafter(limit, math.inf), limit + steps * u)
        outside, steps = min(further, sys.float_info.max), 2.0 * steps
    return outside


def _last(accepted: _Test, inside: float, outside: float) -> float:
    """Narrow down to neighbouring binary numbers, of which the first is accepted."""
    if accepted(outside):
        return outside
    while True:
        middle = inside + 0.5 * (outside - inside)
        if math.isinf(middle):
            middle = 0.5 * inside + 0.5 * outside
        if middle in (inside, outside):
            return inside
        if accepted(middle):
            inside = middle
        else:
            outside = middle
