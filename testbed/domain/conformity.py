"""Conformity of a value with its limits, decided on the unrounded value.

A verdict without regard to uncertainty is provisional and not reportable: ISO/IEC 17025:2017,
7.8.6.1 asks for a decision rule that takes account of it, as `testbed.domain.decision` does.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Limit", "Outcome", "verdict"]


class Outcome(StrEnum):
    """What can be said of a value, or of a run.

    The conditional ones are those of a non-binary decision rule (ILAC-G8:09/2019, 4.2.3): within
    the tolerance, or beyond it, by less than the guard band. Refused is what a rule does not
    decide; not judged is what no limit was set for.
    """

    PASS = "pass"
    CONDITIONAL_PASS = "conditional_pass"
    CONDITIONAL_FAIL = "conditional_fail"
    FAIL = "fail"
    REFUSED = "refused"
    NOT_JUDGED = "not_judged"
    INVALID = "invalid"


# A failure stands whatever the other rows say. A refused row may hide one, so it comes before
# what is certain to be no worse than conditional.
_WORST_FIRST = (
    Outcome.FAIL,
    Outcome.REFUSED,
    Outcome.CONDITIONAL_FAIL,
    Outcome.CONDITIONAL_PASS,
    Outcome.PASS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a specification asks of one measurand; both ends included.

    Attributes
    ----------
    measurand
        Name of the measurement in the method.
    low, high
        In the unit of the measurement; None leaves an end open.
    source
        Where the limit comes from: a clause, or the customer's order.
    """

    measurand: str
    low: float | None = None
    high: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if not all(end is None or math.isfinite(end) for end in (self.low, self.high)):
            raise ValueError(f"limit on {self.measurand}: {self.low} or {self.high} is not finite")
        if self.low is None and self.high is None:
            raise ValueError(f"limit on {self.measurand} has neither end")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"limit on {self.measurand}: {self.low} is above {self.high}")


def verdict(outcomes: Iterable[Outcome], *, completed: bool, valid: bool) -> Outcome:
    """Join the rows to the worst of them; a run not completed, or not valid, has no verdict."""
    if not completed or not valid:
        return Outcome.INVALID
    rows = set(outcomes)
    return next((each for each in _WORST_FIRST if each in rows), Outcome.NOT_JUDGED)
