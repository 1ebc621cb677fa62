"""From an evaluation and its limits to the rows of the verdict table."""

import math
from collections.abc import Iterable

from testbed.domain.conformity import Judgement, Limit, Outcome, verdict
from testbed.domain.conformity import judge as judge_value
from testbed.evaluation.rounding import round_to
from testbed.procedure import Evaluation, Procedure
from testbed.procedure.results import Obtained

__all__ = ["judge"]

_UNSET = Obtained(None, "reason.not-evaluated")


def judge(
    procedure: type[Procedure],
    evaluation: Evaluation,
    limits: Iterable[Limit],
    *,
    completed: bool = True,
) -> tuple[Outcome, tuple[Judgement, ...]]:
    """Judge every declared measurement by simple acceptance of the unrounded value.

    A required measurement that is unset fails, and so does one that has a limit. The verdict is
    provisional: no value carries an uncertainty yet (ISO/IEC 17025:2017, 7.8.6.1).

    Parameters
    ----------
    procedure
        The method, for what it declares.
    evaluation
        What it obtained.
    limits
        The specification; several limits on one measurand are joined to the narrowest.
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
    for limit in limits:
        if limit.measurand not in measurements:
            raise ValueError(f"{procedure.id} has no measurand {limit.measurand!r}")
        known = asked.get(limit.measurand)
        asked[limit.measurand] = limit if known is None else _narrower(known, limit)
    rows = []
    for name, declared in measurements.items():
        obtained = evaluation.values.get(name, _UNSET)
        value = obtained.value
        if value is not None and not math.isfinite(value):
            obtained, value = Obtained(None, obtained.reason or "reason.not-a-number"), None
        rows.append(
            Judgement(
                measurand=name,
                symbol=declared.symbol,
                unit=declared.unit,
                value=value,
                rounded="" if value is None else round_to(value, declared.resolution),
                limit=asked.get(name),
                outcome=judge_value(value, asked.get(name), required=declared.required),
                clause=declared.clause,
                reason=obtained.reason,
            )
        )
    valid = not any(finding.invalidates for finding in evaluation.findings)
    return verdict((row.outcome for row in rows), completed=completed, valid=valid), tuple(rows)


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
