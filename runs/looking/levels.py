"""All levels of one stream: from its view where it reaches, from the raw samples beyond."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from runs.looking.building import Columns
from runs.looking.pages import PAGE
from runs.looking.pyramid import FACTOR, PIECE, Bins, Samples, bins_of, shrink
from runs.looking.view import View
from runs.points import Points

__all__ = ["Clock", "Index", "Levels", "Sampled", "Side", "Source"]

Index = NDArray[np.int64]
Times = NDArray[np.float64]
Side = Literal["left", "right"]

_NEAR = 4096
"""Rows [1] that are sooner read along than skipped by another read."""

_TOP = 4096
"""Where a search by time begins: at the finest level of at most so many bins."""


class Clock(Protocol):
    """Knows the time of a sample by its row; times must not fall."""

    def at(self, rows: Index) -> Times:
        """Tell the times [s] of rows."""

    def seek(self, time: float, side: Side) -> int:
        """Find the first row that is not before `time` [s] (left), or after it (right)."""


class Source(Columns, Protocol):
    """The raw samples of one stream, each channel flattened."""

    @property
    def clock(self) -> Clock | None:
        """Knows the times; None where they are the column `time`."""


class Sampled:
    """The clock of records of one shape: each has its start, each sample its offset from that.

    Parameters
    ----------
    starts
        Time of each record [s].
    offsets
        Time of each sample of a record since its start [s], flattened; may begin below zero.

    Notes
    -----
    Where a record begins before the one before it has ended, times fall and `seek` finds some
    row of the time, not the first.
    """

    def __init__(self, starts: Times, offsets: Times | Points) -> None:
        self._starts = starts
        self._offsets = offsets

    def at(self, rows: Index) -> Times:
        """Tell the times [s] of rows."""
        record, place = np.divmod(rows, len(self._offsets))
        found: Times = self._starts[record] + self._offsets[place]
        return found

    def seek(self, time: float, side: Side) -> int:
        """Find the first row that is not before `time` [s] (left), or after it (right)."""
        size = len(self._offsets)
        bisect = bisect_left if side == "left" else bisect_right
        after = bisect(self._starts, time, key=lambda start: start + self._offsets[0])
        if not after:
            return 0
        start = self._starts[after - 1]
        within = bisect(self._offsets, time, key=lambda offset: start + offset)
        return (after - 1) * size + within


@dataclass(frozen=True, slots=True)
class _Computed:
    """Bins from `first` on, as they were when there were so many `rows`."""

    first: int
    rows: int
    bins: Bins

    def full(self, level: int, first: int) -> Bins:
        """Give those from `first` on that no further row changes."""
        end: int = self.rows // FACTOR**level
        return self.bins[first - self.first : max(end, first) - self.first]


class Levels:
    """Bins of every level of a stream, as it stood at the last `refresh`.

    Level 0 are the raw samples, each a bin of its own; a bin of level k tells of 16^k samples,
    the last one of fewer. What the view does not have is computed once from the level below.

    Parameters
    ----------
    view
        None where there is none: then everything is computed from the raw samples, which costs
        memory of a seventh of theirs; `build_view` first where they are many.
    """

    def __init__(self, source: Source, view: View | None) -> None:
        self.source = source
        self._view = view
        self._rows = source.rows
        self._computed: dict[tuple[int, str], _Computed] = {}
        self._top: Samples | None = None  # latest times of the bins where `seek` begins

    @property
    def rows(self) -> int:
        """Number of samples of each channel."""
        return self._rows

    def refresh(self) -> None:
        """See what was recorded meanwhile."""
        if self._view is not None:
            self._view.refresh()
        self._rows = self.source.rows
        self._top = None

    def count(self, level: int) -> int:
        """Tell how many bins a level has."""
        size: int = FACTOR**level
        return -(-self._rows // size)

    def slice(self, level: int, name: str, first: int, last: int) -> Bins:
        """Read the bins from `first` up to and without `last`."""
        if level == 0:
            return Bins.of_raw(self.source.read(name, first, last))
        stored = self._stored(level)
        parts = []
        if first < stored and self._view is not None:
            parts.append(self._view.slice(level, name, first, min(last, stored)))
        if last > stored or not parts:
            computed = self._beyond(level, name)
            parts.append(computed[max(first - stored, 0) : max(last - stored, 0)])
        return Bins.joined(parts)

    def take(self, level: int, name: str, index: Index) -> Bins:
        """Read single bins, by rising index."""
        first, last = (int(index[0]), int(index[-1]) + 1) if len(index) else (0, 0)
        if last - first == len(index):
            return self.slice(level, name, first, last)
        if level == 0:
            return Bins.of_raw(self._rows_at(name, index))
        stored = self._stored(level)
        split = int(np.searchsorted(index, stored))
        parts = []
        if split and self._view is not None:
            parts.append(self._view.take(level, name, index[:split]))
        if split < len(index):
            parts.append(self._beyond(level, name)[index[split:] - stored])
        return Bins.joined(parts)

    def times(self, level: int, index: Index, group: int = 1) -> tuple[Times, Times]:
        """Tell the times [s] of the first and the last sample of bins, by rising index.

        Parameters
        ----------
        group
            So many bins are taken as one; the last group may have fewer.
        """
        ends = slice(group - 1, None, group)
        ragged = len(index) % group
        clock = self.source.clock
        if clock is None:
            bins = self.take(level, "time", index)
            first, last = bins.low[::group], bins.high[ends]
            last = np.append(last, bins.high[-1]) if ragged else last
            return np.asarray(first, np.float64), np.asarray(last, np.float64)
        size: int = FACTOR**level
        begins = index[::group] * size
        if size == group == 1:
            times = clock.at(begins)
            return times, times
        final = np.append(index[ends], index[-1]) if ragged else index[ends]
        return clock.at(begins), clock.at(np.minimum((final + 1) * size, self._rows) - 1)

    def seek(self, time: float, side: Side) -> int:
        """Find the first row that is not before `time` [s] (left), or after it (right).

        Times in a column are searched from the top down: a few small reads, never a scan.
        """
        if self.source.clock is not None:
            return min(self.source.clock.seek(time, side), self._rows)
        level = 0
        while self.count(level) > _TOP:
            level += 1
        first, last = 0, self.count(level)
        if self._top is None:
            self._top = self.slice(level, "time", first, last).high
        latest = self._top
        while True:
            first += int(np.searchsorted(latest, time, side))
            if level == 0 or first == last:
                size: int = FACTOR**level
                return min(first * size, self._rows)
            step = min(level, 2)
            level -= step
            first, last = first * FACTOR**step, (first + 1) * FACTOR**step
            last = min(last, self.count(level))
            latest = self.slice(level, "time", first, last).high

    def _stored(self, level: int) -> int:
        """Tell how many bins of a level the view has that are full, and under rows we know."""
        if self._view is None:
            return 0
        whole = PAGE * FACTOR**level
        known: int = self._rows // whole * PAGE
        stored: int = min(self._view.bins(level), known)
        return stored

    def _beyond(self, level: int, name: str) -> Bins:
        """Compute the bins that the view does not have; full ones are kept from before."""
        first = self._stored(level)
        known = self._computed.get((level, name))
        if known is not None and (known.first, known.rows) == (first, self._rows):
            return known.bins
        parts = [] if known is None else [known.full(level, first)]
        start = (first + sum(len(part) for part in parts)) * FACTOR
        if level == 1:
            edges = [*range(start, self._rows, PIECE), self._rows]
            parts += [bins_of(self.source.read(name, *piece)) for piece in pairwise(edges)]
        else:
            parts.append(shrink(self.slice(level - 1, name, start, self.count(level - 1))))
        bins = Bins.joined(parts or [bins_of(self.source.read(name, 0, 0))])
        self._computed[level, name] = _Computed(first, self._rows, bins)
        return bins

    def _rows_at(self, name: str, index: Index) -> Samples:
        """Read single rows, with those between where they are near."""
        apart = (np.diff(index) > _NEAR) | (np.diff(index // PIECE) > 0)
        groups = np.split(index, np.flatnonzero(apart) + 1)
        return np.concatenate(
            [
                self.source.read(name, int(rows[0]), int(rows[-1]) + 1)[rows - rows[0]]
                for rows in groups
            ]
        )
