"""Percentile bands over many runs of one method, and the runs that leave them.

Each run comes as what it reaches in each column of a common grid (`runs.many.envelope`), so that a
thousand runs of any length cost the same. In a column a run is not one value but a span from its
lowest to its highest. The band takes that into account: its lower edge is a percentile of the
lowest values, its upper edge one of the highest. Where the columns are finer than the curves move,
both are the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runs.many.envelope import Envelope

__all__ = ["Band", "Distribution", "Outlier", "distribution"]

Array = NDArray[np.float64]
OUTER = (5.0, 95.0)
INNER = (25.0, 75.0)
# A percentile of fewer runs would only draw those runs.
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class Band:
    """Lower and upper edge in each column; NaN where too few runs are there."""

    low: Array
    high: Array


@dataclass(frozen=True, slots=True)
class Outlier:
    """A run that leaves the outer band.

    Attributes
    ----------
    index
        Place of the run among those given.
    outside
        Number of columns in which it lies wholly outside.
    share
        The same as a share of the columns that it enters, 0 to 1.
    farthest
        Its greatest distance from the band, in the unit of the channel; below is negative.
    at
        Column of that distance.
    """

    index: int
    outside: int
    share: float
    farthest: float
    at: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """What many runs look like together.

    Attributes
    ----------
    edges
        Edges of the columns, one more than columns.
    outer, inner
        5th to 95th, and 25th to 75th percentile.
    median
        Median of the runs' middles.
    counts
        How many runs enter each column.
    outliers
        Those that are outside for longest first.
    """

    edges: Array
    outer: Band
    inner: Band
    median: Array
    counts: NDArray[np.int64]
    outliers: tuple[Outlier, ...]


def distribution(edges: Array, runs: Sequence[Envelope], *, listed: int = 20) -> Distribution:
    """Gather runs into bands.

    Parameters
    ----------
    edges
        Edges of the common grid.
    runs
        What each run reaches in each column; NaN where it does not enter it.
    listed
        Longest list of outliers.

    Raises
    ------
    ValueError
        A run is not on the grid.
    """
    width = len(edges) - 1
    if any(len(run.low) != width or len(run.high) != width for run in runs):
        raise ValueError(f"every run needs {width} columns")
    low = np.array([run.low for run in runs]).reshape(len(runs), width)
    high = np.array([run.high for run in runs]).reshape(len(runs), width)
    counts = np.isfinite(low).sum(axis=0)
    enough = counts >= _FEWEST
    lows, highs = _sorted(low), _sorted(high)
    outer, inner = (
        Band(_percentile(lows, counts, enough, a), _percentile(highs, counts, enough, b))
        for a, b in (OUTER, INNER)
    )
    median = _percentile(_sorted(low / 2 + high / 2), counts, enough, 50.0)
    return Distribution(edges, outer, inner, median, counts, _outliers(low, high, outer, listed))


def _sorted(values: Array) -> Array:
    return np.sort(values, axis=0)  # NaN last


def _percentile(ranked: Array, counts: Array, enough: NDArray[np.bool_], percent: float) -> Array:
    """Interpolate between ranks as `numpy.nanpercentile` does, in one step for all columns."""
    out = np.full(ranked.shape[1], np.nan)
    column = np.flatnonzero(enough)
    rank = (counts[column] - 1) * (percent / 100)
    below = np.floor(rank).astype(np.intp)
    above = np.minimum(below + 1, counts[column] - 1)
    share = rank - below
    bottom, top = ranked[below, column], ranked[above, column]
    out[column] = bottom + (top - bottom) * share
    return out


def _outliers(low: Array, high: Array, band: Band, listed: int) -> tuple[Outlier, ...]:
    # Comparisons with NaN are false: what is missing is not outside.
    under, over = np.maximum(band.low - high, 0.0), np.maximum(low - band.high, 0.0)
    signed = np.where(over > 0, over, np.where(under > 0, -under, 0.0))
    outside = (signed != 0).sum(axis=1)
    there = np.isfinite(low).sum(axis=1)
    found = np.lexsort((-np.abs(signed).max(axis=1, initial=0.0), -outside))
    return tuple(
        Outlier(
            index=int(index),
            outside=int(outside[index]),
            share=float(outside[index] / there[index]),
            farthest=float(signed[index, at]),
            at=at,
        )
        for index in found[:listed]
        if outside[index]
        for at in (int(np.abs(signed[index]).argmax()),)
    )
