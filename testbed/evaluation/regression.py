"""Least squares by QR on a centred, scaled basis.

The normal equations, and a rank cut-off meant for other problems, lose every digit on the harder
NIST reference sets without saying so.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from testbed.evaluation.integration import Floats

__all__ = ["Line", "fit_line", "fit_linear"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A straight line ``y = intercept + slope * x`` and how well it fits.

    Attributes
    ----------
    slope, intercept
        In the units of y/x and y.
    slope_deviation
        Standard deviation of the slope [y/x]; 0 with two points.
    r_squared
        Coefficient of determination [0..1].
    points
        Number of points fitted.
    """

    slope: float
    intercept: float
    slope_deviation: float
    r_squared: float
    points: int

    @property
    def relative_deviation(self) -> float:
        """Standard deviation of the slope over its size; infinite for a flat line."""
        return abs(self.slope_deviation / self.slope) if self.slope else math.inf


def fit_line(x: Floats, y: Floats) -> Line:
    """Fit a straight line by ordinary least squares, x taken as exact.

    Parameters
    ----------
    x, y
        Shape (n,), n at least 2, finite.

    Raises
    ------
    ValueError
        Fewer than two points, or all at one x.
    """
    if len(x) < 2:
        raise ValueError(f"a line needs two points, not {len(x)}")
    centre_x, centre_y = float(np.mean(x)), float(np.mean(y))
    dx, dy = x - centre_x, y - centre_y
    sxx = float(dx @ dx)
    if not sxx > 0.0:
        raise ValueError("all points lie at one x")
    # On a centred basis the constant and the slope are orthogonal: QR needs no more than this.
    slope = float(dx @ dy) / sxx
    residual = dy - slope * dx
    syy, sse = float(dy @ dy), float(residual @ residual)
    free = len(x) - 2
    return Line(
        slope=slope,
        intercept=centre_y - slope * centre_x,
        slope_deviation=math.sqrt(sse / free / sxx) if free else 0.0,
        r_squared=max(0.0, 1.0 - sse / syy) if syy > 0.0 else 0.0,
        points=len(x),
    )


def fit_linear(
    columns: npt.ArrayLike, y: npt.ArrayLike, *, constant: bool = True
) -> tuple[Floats, Floats]:
    """Fit ``y = b0 + b1 x1 + b2 x2 + …`` by QR on centred and scaled columns.

    Parameters
    ----------
    columns
        Shape (n, p): the predictors.
    y
        Shape (n,).
    constant
        Whether the model has the constant b0.

    Returns
    -------
    coefficients, deviations
        b0 first where there is one, and their standard deviations.

    Raises
    ------
    ValueError
        The columns depend on each other, or there are fewer rows than coefficients.
    """
    raw = np.asarray(columns, dtype=np.float64)
    target = np.asarray(y, dtype=np.float64)
    rows, width = raw.shape
    if rows < width + constant:
        raise ValueError(f"{rows} rows do not determine {width + constant} coefficients")
    centre = raw.mean(axis=0) if constant else np.zeros(width)
    middle = float(target.mean()) if constant else 0.0
    moved = raw - centre
    scale = np.sqrt(np.sum(moved**2, axis=0))
    if not np.all(scale > 0.0):
        raise ValueError("a column does not vary")
    q, r = np.linalg.qr(moved / scale)
    if np.min(np.abs(np.diag(r))) < np.finfo(float).eps * rows:
        raise ValueError("the columns depend on each other")
    wanted = target - middle
    scaled = np.linalg.solve(r, q.T @ wanted)
    # One refinement step wins back what the first solution lost to rounding.
    scaled = scaled + np.linalg.solve(r, q.T @ (wanted - (moved / scale) @ scaled))
    slopes = scaled / scale
    residual = wanted - (moved / scale) @ scaled
    free = rows - width - constant
    variance = float(residual @ residual) / free if free else 0.0
    inverse = np.linalg.solve(r, np.eye(width)) / scale[:, None]
    covariance = variance * inverse @ inverse.T
    deviations = np.sqrt(np.diag(covariance))
    if not constant:
        return slopes, deviations
    b0 = middle - float(centre @ slopes)
    b0_deviation = np.sqrt(variance / rows + float(centre @ covariance @ centre))
    return np.concatenate(([b0], slopes)), np.concatenate(([b0_deviation], deviations))
