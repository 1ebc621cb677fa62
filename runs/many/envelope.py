"""The lowest and the highest that a curve reaches in each column of a common grid.

A curve is a polyline: neighbouring samples are joined, a sample that is not finite breaks it. Runs
that were sampled at other instants, or thinned, meet on one grid this way, and nothing that a
column holds is left out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Envelope", "columns", "envelope"]

Array = NDArray[np.float64]
Numbers = NDArray[np.integer[Any] | np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a curve reaches in each column.

    Attributes
    ----------
    low, high
        Same length; NaN where the curve does not enter the column.
    """

    low: Array
    high: Array

    @property
    def middle(self) -> Array:
        """Halfway between lowest and highest."""
        # Halved before they are added: two huge values have a middle, too.
        return self.low / 2 + self.high / 2


def columns(low: float, high: float, count: int) -> Array:
    """Divide the span from `low` to `high` into `count` columns; gives their `count` + 1 edges.

    Raises
    ------
    ValueError
        The span is not finite, or no span.
    """
    if not (np.isfinite(low) and np.isfinite(high) and low < high and count > 0):
        raise ValueError(f"no grid of {count} columns from {low} to {high}")
    return np.linspace(low, high, count + 1)


def envelope(x: Array, y: Numbers, edges: Array) -> Envelope:
    """Find the lowest and highest that a polyline reaches between each two edges.

    Parameters
    ----------
    x, y
        Samples in recording order; x may turn back.
    edges
        Rising; a point on an edge belongs to both columns beside it.
    """
    values = np.asarray(y, np.float64)
    count = len(edges) - 1
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    good = np.isfinite(x) & np.isfinite(values)
    for side in ("left", "right"):
        column = np.searchsorted(edges, x[good], side=side) - 1
        _take(low, high, column, values[good])
    edge, value = _crossings(x, values, good, edges)
    _take(low, high, edge - 1, value)
    _take(low, high, edge, value)
    empty = low > high
    low[empty] = high[empty] = np.nan
    return Envelope(low, high)


def _take(low: Array, high: Array, column: NDArray[np.intp], value: Array) -> None:
    inside = (column >= 0) & (column < len(low))
    np.minimum.at(low, column[inside], value[inside])
    np.maximum.at(high, column[inside], value[inside])


def _crossings(
    x: Array, y: Array, good: NDArray[np.bool_], edges: Array
) -> tuple[NDArray[np.intp], Array]:
    """Find where the polyline crosses which edge, and at which value."""
    joined = np.flatnonzero(good[:-1] & good[1:])
    x1, x2, y1, y2 = x[joined], x[joined + 1], y[joined], y[joined + 1]
    first = np.searchsorted(edges, np.minimum(x1, x2), side="left")
    last = np.searchsorted(edges, np.maximum(x1, x2), side="right")
    # A vertical part lies between its two ends, which are samples.
    crossed = np.where(x1 == x2, 0, last - first)
    part = np.repeat(np.arange(len(joined)), crossed)
    before = np.cumsum(crossed) - crossed
    edge = np.repeat(first - before, crossed) + np.arange(len(part))
    share = (edges[edge] - x1[part]) / (x2 - x1)[part]
    value = y1[part] * (1 - share) + y2[part] * share
    bottom, top = np.minimum(y1, y2)[part], np.maximum(y1, y2)[part]
    return edge, np.clip(value, bottom, top)
