"""From an evaluation and its limits to the rows of the verdict table."""

import math
from collections.abc import Iterable

from testbed.domain.conformity import Limit, Outcome, verdict
from testbed.domain.decision import Decision, Uncertainty, decide
from testbed.domain.decision_rule import SIMPLE, DecisionRule
from testbed.domain.judgement import Judgement
from testbed.evaluation.rounding import round_report, round_to
from testbed.procedure import Evaluation, Procedure
from testbed.procedure.results import Obtained, StatedUncertainty

__all__ = ["judge"]

_UNSET = Obtained(None, "reason.not-evaluated")


def judge(
    procedure: type[Procedure],
    evaluation: Evaluation,
    limits: Iterable[Limit],
    rule: DecisionRule = SIMPLE,
    *,
    completed: bool = True,
) -> tuple[Outcome, tuple[Judgement, ...]]:
    """Judge every declared measurement by its unrounded value and uncertainty.

    A required measurement that is unset fails, and so does one that has a limit. Where a value
    with a limit has no uncertainty, nothing is decided (ISO/IEC 17025:2017, 7.8.6.1).

    Parameters
    ----------
    procedure
        The method, for what it declares.
    evaluation
        What it obtained.
    limits
        The specification; several limits on one measurand are joined to the narrowest.
    rule
        That decides on them, as agreed before the test.
    completed
        Whether the run ended by itself; without that there is no verdict.

    Raises
    ------
    ValueError
        A limit names a measurand that the method does not declare, or two limits exclude
        each other.
    """
    measurements = procedure.declared_measurements()
    asked: dict[str, Limit] = {}
    for each in limits:
        if each.measurand not in measurements:
            raise ValueError(f"{procedure.id} has no measurand {each.measurand!r}")
        known = asked.get(each.measurand)
        asked[each.measurand] = each if known is None else _narrower(known, each)
    rows = []
    for name, declared in measurements.items():
        obtained = evaluation.values.get(name, _UNSET)
        value = obtained.value
        if value is not None and not math.isfinite(value):
            obtained, value = Obtained(None, obtained.reason or "reason.not-a-number"), None
        limit, budget = asked.get(name), evaluation.budgets.get(name)
        uncertainty = None if budget is None or value is None else _uncertainty(budget)
        decision = None if limit is None else decide(value, uncertainty, limit, rule)
        rows.append(
            Judgement(
                measurand=name,
                symbol=declared.symbol,
                unit=declared.unit,
                value=value,
                rounded="" if value is None else round_to(value, declared.resolution),
                limit=limit,
                outcome=_outcome(value, decision, required=declared.required),
                clause=declared.clause,
                reason=obtained.reason,
                uncertainty=uncertainty,
                stated=_stated(value, uncertainty),
                decision=decision,
                budget=None if budget is None else budget.as_plain(),
            )
        )
    valid = not any(finding.invalidates for finding in evaluation.findings)
    return verdict((row.outcome for row in rows), completed=completed, valid=valid), tuple(rows)


def _uncertainty(budget: StatedUncertainty) -> Uncertainty:
    free = budget.degrees_of_freedom
    return Uncertainty(
        expanded=budget.expanded, k=budget.factor, dof=math.inf if free is None else free
    )


def _stated(value: float | None, uncertainty: Uncertainty | None) -> tuple[str, str]:
    if value is None or uncertainty is None or uncertainty.expanded == 0.0:
        return "", ""
    return round_report(value, uncertainty.expanded)


def _outcome(value: float | None, decision: Decision | None, *, required: bool) -> Outcome:
    if decision is not None:
        return decision.outcome
    return Outcome.FAIL if value is None and required else Outcome.NOT_JUDGED


def _narrower(one: Limit, other: Limit) -> Limit:
    lows = [low for low in (one.low, other.low) if low is not None]
    highs = [high for high in (one.high, other.high) if high is not None]
    sources = [source for source in (one.source, other.source) if source]
    return Limit(
        measurand=one.measurand,
        low=max(lows, default=None),
        high=min(highs, default=None),
        source="; ".join(dict.fromkeys(sources)),
    )
