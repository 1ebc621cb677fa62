"""Type A evaluations of more than one quantity, or of more than one kind of variation."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from testbed.evaluation.uncertainty.quantities import Correlations, Input, Kind
from testbed.evaluation.uncertainty.sources import observations

__all__ = [
    "DayToDay",
    "FittedLine",
    "between_days",
    "fitted_line",
    "paired",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedLine:
    """A line ``intercept + slope (x - origin)`` as two correlated inputs.

    Attributes
    ----------
    intercept, slope
        In the units of y and y/x, with n - 2 degrees of freedom.
    correlation
        Of the two [-1..1].
    deviation
        Residual standard deviation s [unit of y].
    origin
        Where the intercept is taken [unit of x].
    """

    intercept: Input
    slope: Input
    correlation: float
    deviation: float
    origin: float

    @property
    def inputs(self) -> tuple[Input, Input]:
        """Both, for a model that takes them."""
        return self.intercept, self.slope

    @property
    def correlations(self) -> Correlations:
        """Their correlation, for a model that takes them."""
        return {(self.intercept.symbol, self.slope.symbol): self.correlation}


@dataclass(frozen=True, slots=True, kw_only=True)
class DayToDay:
    """Variation within days and between them, from an analysis of variance (GUM, H.5).

    Attributes
    ----------
    mean
        Of all observations [unit of these].
    deviation_of_means
        Standard deviation of the day means.
    between, within
        s_a from the day means and s_b from within the days; both estimate the standard deviation
        of one observation if days do not differ.
    between_freedom, within_freedom
        Degrees of freedom of s_a and s_b.
    ratio
        F = s_a²/s_b².
    day_effect
        s_B, standard deviation of the effect of a day; 0 where s_a does not exceed s_b.
    uncertainty
        Standard uncertainty of the mean: deviation of the means over the root of the days.
    """

    mean: float
    deviation_of_means: float
    between: float
    within: float
    between_freedom: int
    within_freedom: int
    ratio: float
    day_effect: float
    uncertainty: float

    def quantity(self, symbol: str, *, unit: str = "1", name: str = "") -> Input:
        """Give the mean as an input, with the degrees of freedom of the days."""
        return Input(
            symbol=symbol,
            unit=unit,
            estimate=self.mean,
            uncertainty=self.uncertainty,
            kind=Kind.A,
            degrees_of_freedom=self.between_freedom,
            name=name,
        )


def paired(
    readings: Mapping[str, Sequence[float]], units: Mapping[str, str] | None = None
) -> tuple[tuple[Input, ...], dict[tuple[str, str], float]]:
    """Take quantities that were observed together, time by time, with their correlations.

    Parameters
    ----------
    readings
        By symbol, each of the same length n of at least 2.
    units
        By symbol, "1" where not given.

    Returns
    -------
    inputs, correlations
        Means with s/√n and n - 1 degrees of freedom, and the correlation coefficients of each two
        that both vary.

    Raises
    ------
    ValueError
        There are not equally many of each, or fewer than two.

    References
    ----------
    JCGM 100:2008 (GUM), 5.2.3 and H.2.
    """
    if len({len(values) for values in readings.values()}) > 1:
        raise ValueError("quantities observed together have equally many observations")
    known = units or {}
    inputs = tuple(
        observations(symbol, values, unit=known.get(symbol, "1"))
        for symbol, values in readings.items()
    )
    correlations = {
        (one.symbol, other.symbol): _coefficient(readings[one.symbol], readings[other.symbol])
        for one, other in combinations(inputs, 2)
        if one.uncertainty and other.uncertainty
    }
    return inputs, correlations


def fitted_line(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    origin: float = 0.0,
    symbols: tuple[str, str] = ("intercept", "slope"),
    units: tuple[str, str] = ("1", "1"),
) -> FittedLine:
    """Fit a straight line by ordinary least squares, x taken as exact.

    Parameters
    ----------
    x, y
        Shape (n,), n at least 3, finite.
    origin
        Where the intercept is taken [unit of x].
    symbols, units
        Of intercept and slope.

    Raises
    ------
    ValueError
        There are fewer than three points, or all at one x.

    References
    ----------
    JCGM 100:2008 (GUM), H.3.2 and H.3.3.
    """
    across, up = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    count = len(across)
    if count < 3:
        raise ValueError(f"{count} points do not tell how well a line fits")
    centre = float(np.mean(across))
    dx = across - centre
    sxx = float(dx @ dx)
    if not sxx > 0.0:
        raise ValueError("all points lie at one x")
    middle = float(np.mean(up))
    slope = float(dx @ (up - middle)) / sxx
    residual = up - middle - slope * dx
    deviation = math.sqrt(float(residual @ residual) / (count - 2))
    # The mean of y and the slope are independent; the intercept is one and a multiple of the other.
    lever = origin - centre
    unit_variance = 1.0 / count + lever**2 / sxx
    intercept, gradient = (
        Input(
            symbol=symbol,
            unit=unit,
            estimate=estimate,
            uncertainty=deviation * math.sqrt(variance),
            kind=Kind.A,
            degrees_of_freedom=count - 2,
        )
        for symbol, unit, estimate, variance in zip(
            symbols, units, (middle + slope * lever, slope), (unit_variance, 1.0 / sxx), strict=True
        )
    )
    return FittedLine(
        intercept=intercept,
        slope=gradient,
        correlation=lever / math.sqrt(sxx * unit_variance),
        deviation=deviation,
        origin=origin,
    )


def between_days(
    means: Sequence[float], deviations: Sequence[float], observations_a_day: int
) -> DayToDay:
    """Tell apart what varies within days and between them, from what was kept of each day.

    Parameters
    ----------
    means, deviations
        Mean and standard deviation of each day's observations, same unit; two days at least.
    observations_a_day
        At least 2, every day as many.

    Raises
    ------
    ValueError
        There are fewer days or observations, or not as many deviations as means.

    References
    ----------
    JCGM 100:2008 (GUM), H.5.2.
    """
    days = len(means)
    if days < 2 or len(deviations) != days or observations_a_day < 2:
        raise ValueError("two days of two observations are needed, with a deviation for each day")
    spread = float(np.std(np.asarray(means) - means[0], ddof=1))
    between = spread * math.sqrt(observations_a_day)
    within = math.sqrt(float(np.mean(np.square(deviations))))
    if not within > 0.0:
        raise ValueError("the observations of a day do not vary")
    excess = max(between**2 - within**2, 0.0) / observations_a_day
    return DayToDay(
        mean=math.fsum(means) / days,
        deviation_of_means=spread,
        between=between,
        within=within,
        between_freedom=days - 1,
        within_freedom=days * (observations_a_day - 1),
        ratio=(between / within) ** 2,
        day_effect=math.sqrt(excess),
        uncertainty=spread / math.sqrt(days),
    )


def _coefficient(one: Sequence[float], other: Sequence[float]) -> float:
    first, second = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    first, second = first - np.mean(first), second - np.mean(second)
    size = math.sqrt(float(first @ first)) * math.sqrt(float(second @ second))
    # Rounding may carry what is fully correlated a little beyond 1.
    return min(max(float(first @ second) / size, -1.0), 1.0)
