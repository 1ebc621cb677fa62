"""Windows of curves: as many points as the screen has pixels, whatever the length of the run.

Over time each pixel column gets the lowest and the highest of its samples, so that no spike is
lost, and a break where a gap lies. Over another channel (stress over strain) samples lie in no
order of x; there each run of neighbouring samples that passes through the window gets the
diagonal of the box that holds it. Its ends are true lowest and highest values of both channels,
but not always of the same sample, so that a loop narrower than its box is drawn as the diagonal;
a closer window resolves it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runs.looking.levels import Index, Levels, Times
from runs.looking.pyramid import FACTOR, Bins, Flags, Samples, merge, shrink

__all__ = ["Window", "window"]

_EXACT = 4
"""Up to so many samples per pixel all are given."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of one curve.

    Attributes
    ----------
    x
        Same length as `y`. Over time it never falls; over a channel it is NaN where the line
        is to be broken, as the curve leaves the window there or a gap lies.
    y
        In the type of the channel. Where thinned, lowest and highest of each pixel in the order
        of the trend, and NaN where a gap lies.
    exact
        Whether every sample is there.
    """

    x: Times
    y: Samples
    exact: bool

    @property
    def points(self) -> int:
        """How many points it has."""
        return len(self.x)


def window(
    levels: Levels,
    channels: Sequence[str],
    *,
    x: str = "time",
    x_from: float | None = None,
    x_to: float | None = None,
    pixels: int = 1000,
) -> dict[str, Window]:
    """Read a window of channels over `x`, thinned so that no single-sample spike is lost.

    Parameters
    ----------
    x
        "time" [s since the start], or a channel.
    x_from, x_to
        Ends of the window in the unit of `x`, both included; None leaves an end open. One
        neighbour outside on each side is given as well, so that lines run out of the frame.
    pixels
        Width of the drawing; at most four points per pixel are returned, and one at each end.

    Raises
    ------
    ViewRefused
        A page of the view is damaged: rebuild it.
    """
    pixels = max(pixels, 1)
    if x == "time":
        return _over_time(levels, channels, x_from, x_to, pixels)
    low = np.float64(-np.inf if x_from is None else x_from)
    high = np.float64(np.inf if x_to is None else x_to)
    return _over_channel(levels, channels, x, low, high, pixels)


def _over_time(
    levels: Levels, channels: Sequence[str], x_from: float | None, x_to: float | None, pixels: int
) -> dict[str, Window]:
    start = 0 if x_from is None else levels.seek(x_from, "left")
    stop = levels.rows if x_to is None else max(levels.seek(x_to, "right"), start)
    first, last = max(start - 1, 0), min(stop + 1, levels.rows)
    if last - first <= _EXACT * pixels:
        x, _ = levels.times(0, np.arange(first, last))
        return {
            name: Window(x, levels.source.read(name, first, last), exact=True) for name in channels
        }
    cover = _cover(levels, start, stop, pixels)
    return {name: cover.draw(levels, name) for name in channels}


@dataclass(frozen=True, slots=True)
class _Part:
    """Bins of one level, by rising index, so many in a row as one; of these the kept ones."""

    level: int
    index: Index
    group: int
    kept: Flags

    def rows(self) -> Index:
        """Tell the first row of each."""
        begins: Index = (self.index[:: self.group] * FACTOR**self.level)[self.kept]
        return begins

    def bins(self, levels: Levels, name: str) -> Bins:
        """Read them of a channel."""
        return shrink(levels.take(self.level, name, self.index), self.group)[self.kept]


@dataclass(frozen=True, slots=True)
class _Cover:
    """Bins, to be put in `order`, that hold the rows of a window.

    Attributes
    ----------
    starts
        Where in that order a bucket begins.
    first, last
        Times of the first and the last sample of each bucket [s].
    """

    parts: list[_Part]
    order: Index
    starts: NDArray[np.intp]
    first: Times
    last: Times

    def draw(self, levels: Levels, name: str) -> Window:
        """Draw a channel: of each bucket the lowest and highest, and a break where a gap is."""
        bins = Bins.joined([part.bins(levels, name) for part in self.parts])[self.order]
        buckets = merge(bins, self.starts)
        low, high = buckets.low, buckets.high
        empty = np.isnan(low)
        # A gap breaks the line behind its bucket; before it, where only its beginning is a gap.
        ends = np.append(self.starts[1:], len(bins)) - 1
        before = bins.gap[self.starts] & ~bins.gap[ends] & ~empty
        after = buckets.gap & ~before & ~empty
        single = empty | ((low == high) & (self.first == self.last))
        falls = _trend(buckets) < 0
        return _laced(
            (self.first, _void(low), before),
            (self.first, np.where(falls, high, low), np.ones_like(empty)),
            (self.last, np.where(falls, low, high), ~single),
            (self.last, _void(low), after),
        )


def _cover(levels: Levels, start: int, stop: int, pixels: int) -> _Cover:
    """Choose bins for the rows from `start` up to and without `stop`, and one row on each side.

    The middle is made of bins of the coarsest level that still has more than one for each pixel.
    Towards the ends they become finer, so that none reaches beyond, and so they do wherever one
    is wider than a pixel: at a pause, or where the rate was lower.
    """
    level, group = _coarsest(stop - start, pixels)
    begin, end = (float(levels.times(0, np.array([row]))[0][0]) for row in (start, stop - 1))
    width = (end - begin) / pixels
    steps = [(level, group), *((below, 1) for below in range(level - (group == 1), -1, -1))]
    outer = _ends(start, stop, level, levels.rows)
    index = np.arange(-(-start // FACTOR**level), stop // FACTOR**level)
    parts, spans = [], []
    for below, size in steps:
        left, right = outer.get(below, (index[:0], index[:0])) if size == 1 else ((), ())
        index = np.concatenate([left, index, right]).astype(np.int64, copy=False)
        if not len(index):
            continue
        first, last = levels.times(below, index, size)
        narrow = (last - first <= width) | (below == 0 and size == 1)
        parts.append(_Part(below, index, size, narrow))
        spans.append((first[narrow], last[narrow]))
        if size == 1:
            index = (index[~narrow, np.newaxis] * FACTOR + np.arange(FACTOR)).reshape(-1)
        else:
            index = index[np.repeat(~narrow, size)[: len(index)]]
    order = np.argsort(np.concatenate([part.rows() for part in parts]), kind="stable")
    first, last = (np.concatenate(each)[order] for each in zip(*spans, strict=True))
    with np.errstate(divide="ignore", over="ignore"):
        scale = np.float64(1) / width
    columns = np.floor((first - begin) * scale) if np.isfinite(scale) else np.zeros(len(first))
    columns = np.clip(columns, 0, pixels - 1)
    columns[0] = -1 if start else columns[0]
    columns[-1] = pixels if stop < levels.rows else columns[-1]
    starts = np.flatnonzero(np.diff(columns, prepend=-2) != 0)
    ends = np.append(starts[1:], len(columns)) - 1
    return _Cover(parts, order, starts, first[starts], last[ends])


def _coarsest(rows: int, pixels: int) -> tuple[int, int]:
    """Choose a level, and how many bins in a row to take as one, for a bit more than `pixels`.

    The quarter more is so that where samples come regularly none is wider than a pixel.
    """
    wanted = max(pixels + pixels // 4, 4)
    level = 0
    while rows // FACTOR ** (level + 1) >= wanted:
        level += 1
    return level, max(rows // FACTOR**level // wanted, 1)


def _ends(start: int, stop: int, level: int, rows: int) -> dict[int, tuple[Index, Index]]:
    """Fill the rows of a window before the first, and after the last whole bin of `level`.

    Every second level is enough. Of level 0 there is one row more on each side.
    """
    found = {}
    upper = FACTOR**level
    for lower in (*range(level - 2, 0, -2), 0):
        size = FACTOR**lower
        step = upper // size
        left = np.arange(-(-start // size), -(-start // upper) * step)
        right = np.arange(stop // upper * step, stop // size)
        found[lower] = (left, right)
        upper = size
    left, right = found[0]
    if start:
        left = np.insert(left, 0, start - 1)
    if stop < rows:
        right = np.append(right, stop)
    found[0] = (left, right)
    return found


def _over_channel(
    levels: Levels, channels: Sequence[str], x: str, low: np.float64, high: np.float64, pixels: int
) -> dict[str, Window]:
    level, index, across = _meeting(levels, x, low, high, FACTOR * pixels)
    leaves = np.diff(index, append=index[-1:]) > 1
    exact = level == 0 and len(index) <= _EXACT * pixels
    group = 1 if exact else -(-len(index) // pixels)
    across = shrink(across, group)
    leaves = np.logical_or.reduceat(leaves, np.arange(0, len(leaves), group))
    found = {}
    for name in channels:
        bins = shrink(levels.take(level, name, index), group)
        found[name] = _diagonals(across, bins, leaves, exact=exact)
    return found


def _meeting(
    levels: Levels, x: str, low: np.float64, high: np.float64, most: int
) -> tuple[int, Index, Bins]:
    """Find the bins through which the curve passes from `low` to `high`, and their x.

    From the top down only bins that meet the window are looked into; it ends at the finest level
    of which at most about `most` do.
    """
    level = 0
    while levels.count(level) > most:
        level += 1
    index = np.arange(levels.count(level))
    while True:
        bins = levels.take(level, x, index)
        met = (bins.low <= high) & (bins.high >= low)
        # Of two in a row, the line between them may pass through while neither is inside.
        lower, upper = np.fmin(bins.low[:-1], bins.low[1:]), np.fmax(bins.high[:-1], bins.high[1:])
        both = (lower <= high) & (upper >= low) & (np.diff(index) == 1)
        met[:-1] |= both
        met[1:] |= both
        index, bins = index[met], bins[met]
        if level == 0 or len(index) * FACTOR > most:
            return level, index, bins
        level -= 1
        index = (index[:, np.newaxis] * FACTOR + np.arange(FACTOR)).reshape(-1)
        index = index[index < levels.count(level)]


def _diagonals(across: Bins, bins: Bins, leaves: Flags, *, exact: bool) -> Window:
    """Draw each bucket as the diagonal of its box, by the trend of its neighbours."""
    left, right = (np.asarray(each, np.float64) for each in (across.low, across.high))
    low, high = bins.low, bins.high
    empty = np.isnan(left) | np.isnan(low)
    single = empty | ((left == right) & (low == high))
    rightward = _trend(across) >= 0
    upward = _trend(bins) >= 0
    ends = np.where(rightward, left, right), np.where(rightward, right, left)
    broken = leaves | ((bins.gap | across.gap) & ~empty)
    return _laced(
        (ends[0], np.where(upward, low, high), np.ones_like(empty)),
        (ends[1], np.where(upward, high, low), ~single),
        (np.full_like(left, np.nan), _void(low), broken),
        exact=exact,
    )


def _trend(bins: Bins) -> Times:
    """Tell how much each bin's successor lies above its predecessor."""
    middle = bins.low / 2 + bins.high / 2
    around = np.concatenate([middle[:1], middle, middle[-1:]]).astype(np.float64)
    found: Times = around[2:] - around[:-2]
    return found


def _void(values: Samples) -> Samples:
    """Make gaps to go with `values`; whole numbers have none, and get what is never shown."""
    return np.full_like(values, np.nan) if values.dtype.kind == "f" else values


def _laced(*points: tuple[Times, Samples, Flags], exact: bool = False) -> Window:
    """Put the points of each bucket one after the other, those that are to be shown."""
    x, y, shown = (np.stack(each, axis=1) for each in zip(*points, strict=True))
    return Window(x[shown], y[shown], exact)
