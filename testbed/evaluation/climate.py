"""Dwells and ramps of a climatic programme, as far as the record of its sensors proves them.

A dwell is judged on the monitoring sensors alone. It begins when they come to stay in the band,
and where the record has a gap nothing is proven.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from testbed.evaluation.integration import Floats, gaps, trapezoid
from testbed.procedure.climate import PLACES, Segment

if TYPE_CHECKING:
    import xarray

__all__ = [
    "ClimateRecord",
    "Dwell",
    "Rates",
    "Visit",
    "find_dwell",
    "judged_dwell",
    "mean_between",
    "overshoot",
    "ramp_rates",
    "read_record",
    "staying_since",
    "visits",
]

Rows = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClimateRecord:
    """The rows of a record in the order of time; those without a time are left out.

    Attributes
    ----------
    time
        Ascending [s]; the same instant may come twice.
    monitor
        Of the monitoring sensor [degC].
    space
        Of the working space, its centre first [degC], shape (9, time).
    segment
        Index into the programme.
    humidity
        Of the monitoring hygrometer [%]; None where none was recorded.
    """

    time: Floats
    monitor: Floats
    space: Floats
    segment: Floats
    humidity: Floats | None = None

    def rows(self, which: Rows | Flags | slice) -> "ClimateRecord":
        """Take some of the rows."""
        return ClimateRecord(
            time=self.time[which],
            monitor=self.monitor[which],
            space=self.space[:, which],
            segment=self.segment[which],
            humidity=None if self.humidity is None else self.humidity[which],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Rows that follow each other in one segment.

    Attributes
    ----------
    index
        Of the segment.
    first, last
        Of its rows in the record, `last` included.
    """

    index: int
    first: int
    last: int

    @property
    def rows(self) -> slice:
        """Its rows."""
        return slice(self.first, self.last + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dwell:
    """What a record proves of one dwell: of several stays in the band the longest.

    Attributes
    ----------
    onset
        When the monitoring sensors came to stay in the band [s]; None if they never did.
    settled
        From when on the climate counts as stable [s]: the time that they have to stay after
        `onset`, in which every sample lies inside the band.
    end
        Last sample before they left it [s], or of the record.
    proven
        Time [s] from `onset` to `end`, less its gaps.
    largest
        Largest deviation of each quantity from `settled` to the last sample of all, in its unit:
        what leaves the band behind a dwell is not passed over.
    gap_count, gap_longest, gap_at
        Gaps, the longest of them [s], and when it began [s].
    """

    onset: float | None
    end: float
    settled: float = 0.0
    proven: float = 0.0
    largest: tuple[float, ...] = ()
    gap_count: int = 0
    gap_longest: float = 0.0
    gap_at: float = 0.0

    def holds(self, duration: float, tolerances: Sequence[float]) -> bool:
        """Tell whether `duration` [s] is proven, and no sample was out of its tolerance."""
        if self.onset is None or self.proven < duration:
            return False
        return all(size <= allowed for size, allowed in zip(self.largest, tolerances, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Lowest and highest mean rate [K/min] along a ramp, in the direction of the ramp."""

    lowest: float
    highest: float


def read_record(dataset: "xarray.Dataset") -> ClimateRecord:
    """Read the rows of a run in the order of time, whatever order they lie in.

    Parameters
    ----------
    dataset
        `monitor_temperature`, `space_1` to `space_9` [degC] and `segment` over `time` [s], and
        `humidity` [%] where the method records it.
    """
    time = _column(dataset, "time")
    segment = _column(dataset, "segment")
    monitor = _column(dataset, "monitor_temperature")
    keep = np.flatnonzero(np.isfinite(time) & np.isfinite(segment))
    # Rows of one instant lie by their segment, as they were taken.
    order = keep[np.lexsort((monitor[keep], segment[keep], time[keep]))]
    record = ClimateRecord(
        time=time,
        monitor=monitor,
        space=np.stack([_column(dataset, f"space_{n}") for n in range(1, PLACES + 1)]),
        segment=segment,
        humidity=_column(dataset, "humidity") if "humidity" in dataset else None,
    )
    return record.rows(order)


def visits(record: ClimateRecord) -> tuple[Visit, ...]:
    """Cut a record into the stretches that it spent in one segment each."""
    if not len(record.segment):
        return ()
    changes = np.flatnonzero(np.diff(record.segment)) + 1
    edges = [0, *(int(each) for each in changes), len(record.segment)]
    return tuple(
        Visit(index=int(record.segment[first]), first=first, last=end - 1)
        for first, end in pairwise(edges)
    )


def staying_since(time: Floats, inside: Flags, stays: float, longest: float) -> float | None:
    """Find the instant [s] from which on every sample is inside for the time `stays`.

    Parameters
    ----------
    time
        Strictly ascending [s].
    stays
        [s]; the record has to cover it without a gap.
    longest
        A step longer than this [s] is a gap.
    """
    for first, last in _stretches(inside, gaps(time, longest)):
        if time[last] - time[first] >= stays:
            return float(time[first])
    return None


def find_dwell(
    time: Floats,
    deviations: Sequence[Floats],
    tolerances: Sequence[float],
    *,
    stays: float,
    longest: float,
) -> Dwell:
    """Find what a record proves of a dwell.

    A stay in the band ends with the first sample outside of it; a gap does not end it, but proves
    nothing either. After an excursion a dwell begins anew.

    Parameters
    ----------
    time
        [s], in any order. Of several samples at one instant the worst counts, and a sample that
        is no number is none.
    deviations
        From the nominal value, one array for each monitored quantity.
    tolerances
        On either side, the ends included; in the units of the deviations.
    stays
        How long every sample has to be inside from the beginning of the dwell on [s].
    longest
        A step longer than this [s] is a gap, and a gap proves nothing.
    """
    instants, sizes, inside = _worst(time, deviations, tolerances)
    if not len(instants):
        return Dwell(onset=None, end=0.0)
    torn = gaps(instants, longest)
    proven = np.where(torn, 0.0, np.diff(instants))
    best: tuple[float, int, int] | None = None
    for first, last in _stretches(inside, np.zeros(len(torn), dtype=np.bool_)):
        stay = slice(first, last + 1)
        onset = staying_since(instants[stay], inside[stay], stays, longest)
        if onset is not None:
            begin = int(np.searchsorted(instants, onset))
            length = float(np.sum(proven[begin:last]))
            if best is None or length >= best[0]:
                best = (length, begin, last)
    if best is None:
        return Dwell(onset=None, end=float(instants[-1]))
    length, begin, last = best
    settled = float(instants[begin]) + stays
    steps = np.where(torn, np.diff(instants), 0.0)[begin:last]
    widest = int(np.argmax(steps)) if steps.any() else -1
    return Dwell(
        onset=float(instants[begin]),
        end=float(instants[last]),
        settled=settled,
        proven=length,
        largest=tuple(float(size[instants >= settled].max()) for size in sizes),
        gap_count=int(np.count_nonzero(steps)),
        gap_longest=float(steps[widest]) if widest >= 0 else 0.0,
        gap_at=float(instants[begin + widest]) if widest >= 0 else 0.0,
    )


def judged_dwell(record: ClimateRecord, segment: Segment, *, stays: float, longest: float) -> Dwell:
    """Find what rows of a record prove of the dwell that a segment asks for."""
    deviations = [record.monitor - segment.temperature]
    tolerances = [segment.tolerance]
    if segment.humidity is not None and segment.humidity_tolerance is not None:
        missing = np.full(len(record.time), np.nan)
        humidity = missing if record.humidity is None else record.humidity
        deviations.append(humidity - segment.humidity)
        tolerances.append(segment.humidity_tolerance)
    return find_dwell(record.time, deviations, tolerances, stays=stays, longest=longest)


def overshoot(record: ClimateRecord, start: float, target: float) -> float | None:
    """Find by how much the monitoring sensor went past `target` [degC], coming from `start`.

    Returns
    -------
    float or None
        [K], 0 where it never went past; None where nothing was recorded.
    """
    value = record.monitor[np.isfinite(record.monitor)]
    if not len(value):
        return None
    past = value - target if target >= start else target - value
    return max(float(past.max()), 0.0)


def ramp_rates(
    time: Floats,
    value: Floats,
    start: float,
    target: float,
    *,
    share: tuple[float, float],
    over: float,
    longest: float,
) -> Rates | None:
    """Find the lowest and the highest mean rate between two shares of a change of temperature.

    Parameters
    ----------
    time
        [s], in any order; of several samples at one instant the mean counts.
    value, start, target
        The monitoring sensor, and what it changes from and to [degC].
    share
        Between which shares of the change rates are looked for (IEC 60068-3-5: 0.1 and 0.9).
    over
        Longest time that a rate is averaged over [s]; a shorter change is averaged as a whole.
    longest
        A step longer than this [s] is a gap.

    Returns
    -------
    Rates or None
        None where the record does not cover the change without a gap.
    """
    instants, mean = _means(time, value)
    if len(instants) < 2 or start == target:
        return None
    done = (mean - start) / (target - start)
    ends = [_first_crossing(instants, done, each) for each in share]
    if ends[0] is None or ends[1] is None or ends[1] <= ends[0]:
        return None
    begin, end = ends[0], ends[1]
    around = (instants[1:] > begin) & (instants[:-1] < end)
    if gaps(instants, longest)[around].any():
        return None
    window = min(over, end - begin)
    inner = instants[(instants >= begin) & (instants <= end - window)]
    starts = np.unique(np.concatenate((inner, [begin, end - window])))
    change = np.interp(starts + window, instants, mean) - np.interp(starts, instants, mean)
    rates = change * np.sign(target - start) / window * 60.0
    return Rates(lowest=float(rates.min()), highest=float(rates.max()))


def mean_between(time: Floats, value: Floats, first: float, last: float) -> float | None:
    """Average a quantity over time from `first` to `last` [s]; None where there is no sample."""
    instants, mean = _means(time, value)
    held = (instants >= first) & (instants <= last)
    if not held.any():
        return None
    span = float(instants[held][-1] - instants[held][0])
    if span <= 0.0:
        return float(mean[held][0])
    return trapezoid(mean[held], instants[held]) / span


def _column(dataset: "xarray.Dataset", name: str) -> Floats:
    return dataset[name].to_numpy().astype(np.float64)


def _stretches(inside: Flags, broken: Flags) -> Iterator[tuple[int, int]]:
    """Give the first and the last sample of each stretch that is inside and nowhere broken."""
    if not len(inside):
        return
    ends = broken | ~(inside[1:] & inside[:-1])
    edges = [0, *(int(each) + 1 for each in np.flatnonzero(ends)), len(inside)]
    for first, end in pairwise(edges):
        if inside[first]:
            yield first, end - 1


def _worst(
    time: Floats, deviations: Sequence[Floats], tolerances: Sequence[float]
) -> tuple[Floats, list[Floats], Flags]:
    """Bring samples into the order of time, the largest deviation of each instant."""
    usable = np.isfinite(time)
    for each in deviations:
        usable &= np.isfinite(each)
    instants, which = np.unique(time[usable], return_inverse=True)
    sizes = []
    inside = np.ones(len(instants), dtype=np.bool_)
    for each, allowed in zip(deviations, tolerances, strict=True):
        size = np.zeros(len(instants))
        np.maximum.at(size, which, np.abs(each[usable]))
        sizes.append(size)
        inside &= size <= allowed
    return instants, sizes, inside


def _means(time: Floats, value: Floats) -> tuple[Floats, Floats]:
    """Bring samples into the order of time, the mean of each instant."""
    usable = np.isfinite(time) & np.isfinite(value)
    order = np.lexsort((value[usable], time[usable]))
    instants, which, counts = np.unique(
        time[usable][order], return_inverse=True, return_counts=True
    )
    return instants, np.bincount(which, value[usable][order], len(instants)) / counts


def _first_crossing(time: Floats, done: Floats, share: float) -> float | None:
    """Find when a change first reaches a share of itself [s], between two samples."""
    reached = np.flatnonzero(done >= share)
    if not len(reached) or reached[0] == 0:
        return None
    at = int(reached[0])
    part = (share - done[at - 1]) / (done[at] - done[at - 1])
    return float(time[at - 1] + part * (time[at] - time[at - 1]))
