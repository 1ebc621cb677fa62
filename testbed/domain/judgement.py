"""One row of the verdict table: a value, its uncertainty, its limit and what was decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from testbed.domain.conformity import Limit, Outcome
from testbed.domain.decision import Decision, Uncertainty

__all__ = ["Judgement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One row of the verdict table.

    Attributes
    ----------
    value
        Unrounded, in `unit`; None where it could not be obtained, then `reason` says why.
    rounded
        As the method rounds it.
    uncertainty
        Of the value, unrounded; None where the method states none.
    stated
        Value and U [unit] as they are stated together (ILAC-P14:09/2020, 5.3); "" without U.
    decision
        How the limit was decided on; None without a limit.
    budget
        Where the uncertainty comes from, as plain data.
    """

    measurand: str
    symbol: str
    unit: str
    value: float | None
    rounded: str
    limit: Limit | None
    outcome: Outcome
    clause: str = ""
    reason: str = ""
    uncertainty: Uncertainty | None = None
    stated: tuple[str, str] = ("", "")
    decision: Decision | None = None
    budget: Mapping[str, Any] | None = None
