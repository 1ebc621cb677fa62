"""The difference of repeats to one of them, or to their mean, on a common grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from runs.looking.window import Window
from runs.many.envelope import Envelope, envelope

__all__ = ["Difference", "differences"]

Array = NDArray[np.float64]
Reference = Literal["first", "mean"]


@dataclass(frozen=True, slots=True)
class Difference:
    """How far a run lies above the reference.

    Attributes
    ----------
    x
        Where: samples of the first run where `exact`, else edges of the columns (one more).
    low, high
        The least and the greatest difference that the data allow; equal where `exact`. NaN where
        one of the two is missing.
    exact
        Whether this is the difference of samples; where the other run was not sampled at the same
        instant, its neighbours are joined by a straight line.
    """

    x: Array
    low: Array
    high: Array
    exact: bool


def differences(
    windows: Sequence[Window], edges: Array, *, to: Reference = "first"
) -> tuple[Difference, ...]:
    """Subtract the reference from each window.

    Where every window holds all its samples and x never falls, the samples are subtracted. Else
    each column tells what is certain: from its lowest minus the reference's highest to its
    highest minus the reference's lowest.

    Parameters
    ----------
    windows
        One channel of each run over the same x.
    edges
        Rising edges of the columns.
    to
        "first" window or the "mean" of all.
    """
    if not windows:
        return ()
    if all(window.exact and _never_falls(window.x) for window in windows):
        return _of_samples(windows, edges, to)
    envelopes = [envelope(window.x, window.y, edges) for window in windows]
    reference = envelopes[0]
    if to == "mean":
        reference = Envelope(_mean([e.low for e in envelopes]), _mean([e.high for e in envelopes]))
    return tuple(
        Difference(edges, each.low - reference.high, each.high - reference.low, exact=False)
        for each in envelopes
    )


def _never_falls(x: Array) -> bool:
    return bool(len(x) and np.isfinite(x).all() and (np.diff(x) >= 0).all())


def _of_samples(windows: Sequence[Window], edges: Array, to: Reference) -> tuple[Difference, ...]:
    first = windows[0]
    x = first.x[(first.x >= edges[0]) & (first.x <= edges[-1])]
    values = [_at(window, x) for window in windows]
    reference = values[0] if to == "first" else _mean(values)
    return tuple(Difference(x, v - reference, v - reference, exact=True) for v in values)


def _at(window: Window, x: Array) -> Array:
    """Read a window at other instants; NaN outside of it and inside its gaps."""
    values: Array = np.interp(x, window.x, window.y, left=np.nan, right=np.nan)
    return values


def _mean(values: Sequence[Array]) -> Array:
    """Average the runs that are there; NaN where none is."""
    stacked = np.stack(values)
    there = np.isfinite(stacked)
    counts = there.sum(axis=0)
    total = np.where(there, stacked, 0.0).sum(axis=0)
    average: Array = np.divide(total, counts, out=np.full(len(total), np.nan), where=counts > 0)
    return average
