"""Integrals over recorded time."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Floats", "gaps", "trapezoid"]

Floats: TypeAlias = npt.NDArray[np.float64]


def trapezoid(y: Floats, x: Floats, steps: npt.NDArray[np.bool_] | None = None) -> float:
    """Integrate `y` over `x` by the trapezoidal rule.

    Parameters
    ----------
    y, x
        Same length; fewer than two samples give 0.
    steps
        Which of the ``len(x) - 1`` steps count; all where not given.
    """
    pieces = 0.5 * (y[1:] + y[:-1]) * np.diff(x)
    return float(np.sum(pieces if steps is None else pieces[steps]))


def gaps(time: Floats, longest: float) -> npt.NDArray[np.bool_]:
    """Mark the steps of `time` [s] that are longer than `longest` [s]: nothing is known there.

    Returns
    -------
    array
        One flag a step, ``len(time) - 1``.
    """
    # A time that has passed through differences of large numbers may be off by its rounding.
    flags: npt.NDArray[np.bool_] = np.diff(time) > longest * (1.0 + 1e-9)
    return flags
