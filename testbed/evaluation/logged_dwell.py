"""Dwells in the log of a chamber that knows no phases: found in its set-point, judged elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from testbed.domain.conformity import Outcome
from testbed.evaluation.dwell import time_inside
from testbed.evaluation.integration import Floats, gaps

__all__ = ["Dwell", "JudgedDwell", "Ramp", "dwells", "judge_dwell", "ramps"]

_HALF_AN_HOUR = 1800.0
_MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dwell:
    """A stretch of the log with one set-point.

    Attributes
    ----------
    set_point
        In the unit of the log.
    first, last
        Its rows, both included.
    start, end
        Time of these rows [s].
    """

    set_point: float
    first: int
    last: int
    start: float
    end: float

    @property
    def duration(self) -> float:
        """Time from its first row to its last [s]."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """The way of the set-point from one dwell to the next: mean rate [unit/min]."""

    start: float
    end: float
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedDwell:
    """What the log proves of a dwell.

    Attributes
    ----------
    tolerance
        Allowed deviation from the set-point, either side, in its unit.
    largest
        Largest size of the deviation; None where the sensor has no sample.
    at
        Time of it [s].
    proven
        Time between neighbouring samples that both lie inside the tolerance [s].
    unknown
        Time of the dwell that lies in gaps [s].
    outcome
        Failed where a sample lies outside; passed where the whole dwell is proven inside; not
        judged where no sample lies outside but gaps leave a part unproven.
    """

    dwell: Dwell
    tolerance: float
    largest: float | None
    at: float | None
    proven: float
    unknown: float
    outcome: Outcome


def dwells(
    time: Floats,
    set_point: Floats,
    *,
    shortest: float = _HALF_AN_HOUR,
    settling: float = 0.0,
    within: float = 1e-6,
) -> tuple[Dwell, ...]:
    """Find the stretches in which the set-point stands still.

    Parameters
    ----------
    time
        Ascending [s], shape (n,).
    set_point
        Shape (n,); a row that is no number tells nothing and ends no dwell.
    shortest
        Shortest dwell [s], after settling.
    settling
        How long [s] the specimen is given after the set-point has come to its place; a dwell
        begins with the first row behind that.
    within
        How far the set-point may lie from where the dwell began.

    Returns
    -------
    tuple
        In the order of the log. A dwell may hold gaps: see `judge_dwell`.
    """
    rows = np.flatnonzero(np.isfinite(time) & np.isfinite(set_point))
    found = []
    for first, last in _steady(set_point[rows], within):
        first += int(np.searchsorted(time[rows[first : last + 1]], time[rows[first]] + settling))
        if first > last:
            continue
        start, end = float(time[rows[first]]), float(time[rows[last]])
        if last > first and end - start >= shortest:
            found.append(
                Dwell(
                    set_point=float(set_point[rows[first]]),
                    first=int(rows[first]),
                    last=int(rows[last]),
                    start=start,
                    end=end,
                )
            )
    return tuple(found)


def _steady(value: Floats, within: float) -> list[tuple[int, int]]:
    """Cut where a value leaves its neighbour, or has crept away from where it began."""
    found = []
    edges = [0, *(np.flatnonzero(np.abs(np.diff(value)) > within) + 1).tolist(), len(value)]
    for first, stop in pairwise(edges):
        while first < stop:
            crept = np.flatnonzero(np.abs(value[first:stop] - value[first]) > within)
            end = first + int(crept[0]) if len(crept) else stop
            found.append((first, end - 1))
            first = end
    return found


def ramps(found: Sequence[Dwell]) -> tuple[Ramp, ...]:
    """Tell the mean rates [unit/min] by which the set-point goes from each dwell to the next."""
    ways = []
    for before, after in pairwise(found):
        took = after.start - before.end
        if took > 0.0 and after.set_point != before.set_point:
            rate = (after.set_point - before.set_point) / took * _MINUTE
            ways.append(Ramp(start=before.end, end=after.start, rate=rate))
    return tuple(ways)


def judge_dwell(
    dwell: Dwell, time: Floats, value: Floats, *, tolerance: float, longest: float
) -> JudgedDwell:
    """Judge one dwell on a sensor, as far as its samples prove it.

    Parameters
    ----------
    time
        Ascending [s], shape (n,): the rows that `dwell` counts.
    value
        Of the specimen's own sensor, in the unit of the set-point, shape (n,). Rows that are no
        number leave gaps. The sensor that the chamber is controlled by says little of the
        specimen: IEC 60068-3-5:2018.
    tolerance
        Allowed deviation, either side, itself included.
    longest
        A step longer than this [s] is a gap, and a gap proves nothing.
    """
    rows = slice(dwell.first, dwell.last + 1)
    keep = np.isfinite(time[rows]) & np.isfinite(value[rows])
    held, deviation = time[rows][keep], value[rows][keep] - dwell.set_point
    # What lies between the ends of the dwell and the sensor's first and last sample counts too.
    edges = np.concatenate(([dwell.start], held, [dwell.end]))
    torn = gaps(edges, longest)
    unknown = float(np.sum(np.diff(edges)[torn]))
    if not len(held):
        return JudgedDwell(
            dwell=dwell, tolerance=tolerance, largest=None, at=None, proven=0.0,
            unknown=dwell.duration, outcome=Outcome.NOT_JUDGED,
        )  # fmt: skip
    worst = int(np.argmax(np.abs(deviation)))
    largest = float(abs(deviation[worst]))
    if largest > tolerance:
        outcome = Outcome.FAIL
    else:
        outcome = Outcome.NOT_JUDGED if torn.any() else Outcome.PASS
    return JudgedDwell(
        dwell=dwell,
        tolerance=tolerance,
        largest=largest,
        at=float(held[worst]),
        proven=time_inside(held, deviation, tolerance, longest),
        unknown=unknown,
        outcome=outcome,
    )
