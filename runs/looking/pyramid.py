"""The kernel of the pyramid: lowest and highest of each group of samples, and where gaps are.

A *bin* tells of a group of neighbouring samples its lowest and highest value, in the type of the
samples, and whether one of them is a gap (NaN). A bin of nothing but gaps is NaN, NaN, gap.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FACTOR",
    "PIECE",
    "Bins",
    "Flags",
    "Samples",
    "bins_of",
    "fold",
    "fold_rising",
    "fold_turned",
    "merge",
    "shrink",
]

Samples = NDArray[np.integer[Any] | np.floating[Any]]
Flags = NDArray[np.bool_]

FACTOR = 16
"""Samples per bin of level 1, and bins per bin of the next level."""

PIECE = 1 << 16
"""Samples that are folded at once: what the fold moves about then stays in the cache."""


@dataclass(frozen=True, slots=True)
class Bins:
    """Neighbouring bins, in order; the three arrays have one shape."""

    low: Samples
    high: Samples
    gap: Flags

    def __len__(self) -> int:
        return len(self.low)

    def __getitem__(self, part: slice | tuple[slice, ...] | Flags | NDArray[np.intp]) -> "Bins":
        return Bins(self.low[part], self.high[part], self.gap[part])

    @staticmethod
    def empty(count: int | tuple[int, ...], dtype: np.dtype[Any]) -> "Bins":
        """Make room for bins."""
        return Bins(np.empty(count, dtype), np.empty(count, dtype), np.zeros(count, np.bool_))

    @staticmethod
    def of_raw(values: Samples) -> "Bins":
        """Take each sample as a bin of its own."""
        return Bins(values, values, gaps(values))

    @staticmethod
    def joined(parts: "list[Bins]") -> "Bins":
        """Put bins one after the other."""
        if len(parts) == 1:
            return parts[0]
        return Bins(
            np.concatenate([part.low for part in parts]),
            np.concatenate([part.high for part in parts]),
            np.concatenate([part.gap for part in parts]),
        )


def gaps(values: Samples) -> Flags:
    """Tell which samples are gaps; whole numbers have none."""
    if values.dtype.kind == "f":
        found: Flags = np.isnan(values)
        return found
    return np.zeros(values.shape, np.bool_)


def _turned(values: NDArray[Any], factor: int) -> NDArray[Any]:
    """Copy so that the members of a group lie `factor` rows apart, one group under the other.

    Reducing the copy along its first axis runs at the speed of memory, where reducing along a
    last axis of 16 pays the start of a loop for each group: about ten times as much.
    """
    groups = values.reshape(*values.shape[:-1], -1, factor)
    return np.ascontiguousarray(groups.transpose(groups.ndim - 1, *range(groups.ndim - 1)))


def fold(low: Samples, high: Samples, gap: Flags | None, into: Bins, factor: int = FACTOR) -> None:
    """Reduce each `factor` neighbours along the last axis to one bin.

    Parameters
    ----------
    low, high
        Lowest and highest of what is reduced; raw samples are both, as the same array.
    gap
        Its flags; None for raw samples, whose gaps are seen by their values.
    into
        Where the bins go; the last axis is `factor` times shorter.
    """
    lows = _turned(low, factor)
    if gap is None:
        fold_turned(lows, into)
        return
    np.minimum.reduce(lows, axis=0, out=into.low)
    np.fmax.reduce(_turned(high, factor), axis=0, out=into.high)
    into.gap[...] = False
    if gap.any():
        np.logical_or.reduce(_turned(gap, factor), axis=0, out=into.gap)
        np.fmin.reduce(lows, axis=0, out=into.low)


def fold_turned(samples: Samples, into: Bins) -> None:
    """Reduce raw samples that are `turned`, along their first axis: see `fold`."""
    np.minimum.reduce(samples, axis=0, out=into.low)
    np.fmax.reduce(samples, axis=0, out=into.high)
    # NaN spreads through `minimum`, and so tells of gaps; `fmin` steps over them.
    into.gap[...] = gaps(into.low)
    if into.gap.any():
        np.fmin.reduce(samples, axis=0, out=into.low)


def fold_rising(samples: Samples, into: Bins) -> None:
    """Reduce each 16 neighbours of what never falls, and has no gaps, to one bin: see `fold`."""
    into.low[...] = samples[::FACTOR]
    into.high[...] = samples[FACTOR - 1 :: FACTOR]
    into.gap[...] = False


def shrink(bins: Bins, factor: int = FACTOR) -> Bins:
    """Reduce each `factor` neighbouring bins to one; the last one may have fewer."""
    if factor == 1:
        return bins
    return _ragged(bins.low, bins.high, bins.gap, factor)


def bins_of(values: Samples, factor: int = FACTOR) -> Bins:
    """Reduce each `factor` samples to a bin; the last one may have fewer."""
    return _ragged(values, values, None, factor)


def _ragged(low: Samples, high: Samples, gap: Flags | None, factor: int) -> Bins:
    count = len(low)
    whole = count // factor
    found = Bins.empty(-(-count // factor), low.dtype)
    step = max(PIECE // factor, 1)
    edges = [*range(0, whole, step), whole]
    parts = [(first * factor, last * factor, factor) for first, last in pairwise(edges)]
    if count % factor:
        parts.append((whole * factor, count, count % factor))
    for start, stop, size in parts:
        into = found[start // factor : -(-stop // factor)]
        piece = low[start:stop]
        upper = piece if high is low else high[start:stop]
        fold(piece, upper, None if gap is None else gap[start:stop], into, size)
    return found


def merge(bins: Bins, starts: NDArray[np.intp]) -> Bins:
    """Reduce runs of bins of any length to one bin each; a run ends where the next one starts."""
    return Bins(
        np.fmin.reduceat(bins.low, starts),
        np.fmax.reduceat(bins.high, starts),
        np.logical_or.reduceat(bins.gap, starts),
    )
