"""Least squares by orthogonal columns on a centred, scaled basis.

The normal equations, and a rank cut-off meant for other problems, lose every digit on the harder
NIST reference sets without saying so. A polynomial is fitted in Chebyshev polynomials of the scaled
predictor, which stay apart from each other where its powers do not.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from testbed.evaluation.integration import Floats
from testbed.evaluation.orthogonal import Wide, orthogonalise, precision, solve_upper, widen

__all__ = ["Line", "Regression", "fit_line", "fit_linear", "fit_polynomial", "regress"]


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


def fit_line(x: Floats, y: Floats, *, noise: float = 0.0) -> Line:
    """Fit a straight line by ordinary least squares.

    Parameters
    ----------
    x, y
        Shape (n,), n at least 2, finite.
    noise
        Standard deviation of independent noise on x, which makes every line too flat: the slope is
        corrected for it (Fuller, Measurement Error Models, 1987, 1.2). With 0, x is exact.

    Raises
    ------
    ValueError
        Fewer than two points, or all at one x, as far as the noise lets it be seen.
    """
    if len(x) < 2:
        raise ValueError(f"a line needs two points, not {len(x)}")
    centre_x, centre_y = float(np.mean(x)), float(np.mean(y))
    dx, dy = x - centre_x, y - centre_y
    sxx = float(dx @ dx) - len(x) * noise**2
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """A linear model fitted by ordinary least squares, and its analysis of variance.

    Attributes
    ----------
    coefficients, deviations
        b0 first where there is one, and their standard deviations [y/x of each].
    regression_squares, residual_squares
        Sums of squares [y²] explained by the model and left by it; about the mean where the model
        has a constant, else about zero.
    total_squares
        Sum of squares of y [y²], about the same.
    regression_freedom, residual_freedom
        Their degrees of freedom.
    """

    coefficients: tuple[float, ...]
    deviations: tuple[float, ...]
    regression_squares: float
    residual_squares: float
    total_squares: float
    regression_freedom: int
    residual_freedom: int

    @property
    def residual_deviation(self) -> float:
        """Residual standard deviation [y]; 0 where the model has as many coefficients as rows."""
        return math.sqrt(self.residual_mean_square)

    @property
    def regression_mean_square(self) -> float:
        """Mean square explained by the model [y²]."""
        return self.regression_squares / self.regression_freedom

    @property
    def residual_mean_square(self) -> float:
        """Mean square of the residuals [y²]; 0 where there is no degree of freedom."""
        return self.residual_squares / self.residual_freedom if self.residual_freedom else 0.0

    @property
    def r_squared(self) -> float:
        """Coefficient of determination [0..1]; 0 where y does not vary."""
        if not self.total_squares > 0.0:
            return 0.0
        return max(0.0, 1.0 - self.residual_squares / self.total_squares)

    @property
    def f_statistic(self) -> float:
        """Mean square of the regression over that of the residuals; infinite for an exact fit."""
        left = self.residual_mean_square
        return self.regression_mean_square / left if left > 0.0 else math.inf


def fit_linear(
    columns: npt.ArrayLike, y: npt.ArrayLike, *, constant: bool = True
) -> tuple[Floats, Floats]:
    """Fit ``y = b0 + b1 x1 + b2 x2 + …`` and give the coefficients alone; see `regress`.

    Returns
    -------
    coefficients, deviations
        b0 first where there is one, and their standard deviations.
    """
    fitted = regress(columns, y, constant=constant)
    return np.array(fitted.coefficients), np.array(fitted.deviations)


def regress(columns: npt.ArrayLike, y: npt.ArrayLike, *, constant: bool = True) -> Regression:
    """Fit ``y = b0 + b1 x1 + b2 x2 + …`` by ordinary least squares, the columns taken as exact.

    Parameters
    ----------
    columns
        Shape (n, p): the predictors, finite. Numbers given as `numpy.longdouble` keep their digits.
    y
        Shape (n,), finite.
    constant
        Whether the model has the constant b0.

    Raises
    ------
    ValueError
        The columns depend on each other as far as their numbers tell, there are fewer rows than
        coefficients, or a value is not finite.
    """
    basis, target = widen(columns), widen(y)
    solved = _solve(basis, target, precision(columns), constant=constant)
    return _regression(basis, target, solved, constant=constant)


def fit_polynomial(x: npt.ArrayLike, y: npt.ArrayLike, degree: int) -> Regression:
    """Fit ``y = b0 + b1 x + … + bd x^d`` by ordinary least squares, x taken as exact.

    Parameters
    ----------
    x, y
        Shape (n,), finite.
    degree
        d, at least 1.

    Raises
    ------
    ValueError
        No more than `degree` different x, or a value is not finite.
    """
    raw, target = widen(x), widen(y)
    if degree < 1:
        raise ValueError(f"a polynomial to be fitted has a degree of at least 1, not {degree}")
    if len(np.unique(raw)) <= degree:
        raise ValueError(f"{len(np.unique(raw))} different x do not determine degree {degree}")
    centre = (raw.max() + raw.min()) / 2
    half = (raw.max() - raw.min()) / 2
    back = _powers_of_chebyshev(centre, half, degree)
    basis = np.polynomial.chebyshev.chebvander((raw - centre) / half, degree)[:, 1:]
    coefficients, factor = _solve(basis, target, precision(x), constant=True)
    fitted = _regression(basis, target, (coefficients, factor), constant=True)
    # A standard deviation is the length of a row of the factor of the covariance; the change of
    # basis turns that factor, so no covariance has to be formed and lose half its digits.
    return replace(
        fitted,
        coefficients=_plain(back @ coefficients),
        deviations=_plain(_lengths(back @ factor) * fitted.residual_deviation),
    )


def _solve(basis: Wide, target: Wide, spacing: float, *, constant: bool) -> tuple[Wide, Wide]:
    """Find the coefficients and a factor F of their covariance, ``s² F Fᵀ``."""
    rows, width = basis.shape
    if rows < width + constant:
        raise ValueError(f"{rows} rows do not determine {width + constant} coefficients")
    centre = basis.mean(axis=0) if constant else np.zeros(width, dtype=np.longdouble)
    middle = target.mean() if constant else np.longdouble(0.0)
    moved, wanted = basis - centre, target - middle
    scale = _lengths(moved.T)
    # What is left of a constant column is the rounding of its mean.
    if not np.all(scale > spacing * rows * np.abs(centre)):
        raise ValueError("a column does not vary")
    scaled = moved / scale
    q, r = orthogonalise(scaled, spacing * rows)
    slopes = solve_upper(r, q.T @ wanted)
    # One step of refinement wins back what the first solution lost to rounding.
    slopes = slopes + solve_upper(r, q.T @ (wanted - scaled @ slopes))
    factor = solve_upper(r, np.eye(width, dtype=np.longdouble)) / scale[:, None]
    slopes = slopes / scale
    if not constant:
        return slopes, factor
    first = np.concatenate(([1 / np.sqrt(np.longdouble(rows))], -centre @ factor))
    below = np.column_stack((np.zeros(width, dtype=np.longdouble), factor))
    return np.concatenate(([middle - centre @ slopes], slopes)), np.vstack((first, below))


def _regression(
    basis: Wide, target: Wide, solved: tuple[Wide, Wide], *, constant: bool
) -> Regression:
    coefficients, factor = solved
    rows, width = basis.shape
    slopes = coefficients[1:] if constant else coefficients
    centre, middle = (basis.mean(axis=0), target.mean()) if constant else (0, 0)
    wanted, explained = target - middle, (basis - centre) @ slopes
    residual = wanted - explained
    free = rows - width - constant
    squares = residual @ residual
    deviation = np.sqrt(squares / free) if free else np.longdouble(0.0)
    return Regression(
        coefficients=_plain(coefficients),
        deviations=_plain(_lengths(factor) * deviation),
        regression_squares=float(explained @ explained),
        residual_squares=float(squares) if free else 0.0,
        total_squares=float(wanted @ wanted),
        regression_freedom=width,
        residual_freedom=free,
    )


def _powers_of_chebyshev(centre: np.longdouble, half: np.longdouble, degree: int) -> Wide:
    """Write each Chebyshev polynomial of ``(x - centre) / half`` in powers of x, a column each."""
    powers = np.zeros((degree + 1, degree + 1), dtype=np.longdouble)
    powers[0, 0] = 1
    powers[:2, 1] = -centre / half, 1 / half
    for k in range(2, degree + 1):
        before = powers[:, k - 1]
        raised = np.concatenate(([np.longdouble(0.0)], before[:-1]))
        powers[:, k] = 2 * (raised - centre * before) / half - powers[:, k - 2]
    return powers


def _lengths(rows: Wide) -> Wide:
    return np.asarray(np.sqrt(np.sum(rows**2, axis=1)))


def _plain(values: Wide) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
