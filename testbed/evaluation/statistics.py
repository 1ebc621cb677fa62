"""Mean, standard deviation, autocorrelation and one-way analysis of variance, two passes each.

Everything is computed about the first value, which is subtracted exactly from decimals: readings
that differ in their last digits alone keep those digits, where the same readings turned into
doubles first have lost them already (thirteen equal leading digits leave three).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from itertools import pairwise
from typing import TypeAlias

__all__ = ["Number", "Sample", "VarianceTable", "analyse_variance", "describe"]

Number: TypeAlias = float | Decimal
"""A reading: a float as it is, or a decimal with all the digits that were printed."""

# Enough for the difference of any two readings that a double could hold too.
_EXACT = Context(prec=700)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a series of readings says about itself.

    Attributes
    ----------
    count
        Number of readings.
    mean
        Arithmetic mean, in the unit of the readings.
    deviation
        Experimental standard deviation, divided by ``count - 1`` (GUM 4.2.2), same unit.
    autocorrelation
        Coefficient at lag 1 [-1..1]: the sum of products of neighbouring deviations from the mean
        over the sum of all squares; not a number where the readings do not vary.
    """

    count: int
    mean: float
    deviation: float
    autocorrelation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceTable:
    """One-way analysis of variance.

    Attributes
    ----------
    between_squares, within_squares
        Sums of squares between and within the groups, in the square of the readings' unit.
    between_freedom, within_freedom
        Their degrees of freedom.
    """

    between_squares: float
    within_squares: float
    between_freedom: int
    within_freedom: int

    @property
    def between_mean_square(self) -> float:
        """Mean square between the groups."""
        return self.between_squares / self.between_freedom

    @property
    def within_mean_square(self) -> float:
        """Mean square within the groups."""
        return self.within_squares / self.within_freedom

    @property
    def f_statistic(self) -> float:
        """Mean square between over mean square within; infinite where nothing varies within."""
        within = self.within_mean_square
        return self.between_mean_square / within if within > 0.0 else math.inf

    @property
    def r_squared(self) -> float:
        """Share of the whole sum of squares that lies between the groups [0..1]."""
        whole = self.between_squares + self.within_squares
        return self.between_squares / whole if whole > 0.0 else 0.0

    @property
    def residual_deviation(self) -> float:
        """Standard deviation within the groups, in the unit of the readings."""
        return math.sqrt(self.within_mean_square)


def describe(values: Sequence[Number]) -> Sample:
    """Find mean, standard deviation and autocorrelation of readings in the order they were taken.

    Raises
    ------
    ValueError
        Fewer than two readings, or one that is not finite.
    """
    if len(values) < 2:
        raise ValueError(f"a standard deviation needs two readings, not {len(values)}")
    origin = values[0]
    moved = _distances(values, origin)
    mean = math.fsum(moved) / len(moved)
    off = [value - mean for value in moved]
    squares = math.fsum(value * value for value in off)
    products = math.fsum(a * b for a, b in pairwise(off))
    return Sample(
        count=len(values),
        mean=_sum(origin, mean),
        deviation=math.sqrt(squares / (len(values) - 1)),
        autocorrelation=products / squares if squares > 0.0 else math.nan,
    )


def analyse_variance(groups: Sequence[Sequence[Number]]) -> VarianceTable:
    """Split the variation of grouped readings into between and within (ISO 5725-2, 7.4).

    Parameters
    ----------
    groups
        At least two, none empty, more readings than groups; they need not be of one size.

    Raises
    ------
    ValueError
        Too few groups or readings, or a reading that is not finite.
    """
    sizes = [len(group) for group in groups]
    if len(groups) < 2 or min(sizes) < 1 or sum(sizes) <= len(groups):
        raise ValueError(f"groups of {sizes} readings have nothing between or within")
    origin = groups[0][0]
    moved = [_distances(group, origin) for group in groups]
    means = [math.fsum(group) / len(group) for group in moved]
    mean = math.fsum(value for group in moved for value in group) / sum(sizes)
    between = math.fsum(n * (m - mean) ** 2 for n, m in zip(sizes, means, strict=True))
    within = math.fsum(
        (value - m) ** 2 for group, m in zip(moved, means, strict=True) for value in group
    )
    return VarianceTable(
        between_squares=between,
        within_squares=within,
        between_freedom=len(groups) - 1,
        within_freedom=sum(sizes) - len(groups),
    )


def _distances(values: Sequence[Number], origin: Number) -> list[float]:
    if not all(math.isfinite(value) for value in (*values, origin)):
        raise ValueError("a reading is not finite")
    return [_difference(value, origin) for value in values]


def _difference(value: Number, origin: Number) -> float:
    if isinstance(value, Decimal) or isinstance(origin, Decimal):
        return float(_EXACT.subtract(Decimal(value), Decimal(origin)))
    return float(value) - float(origin)


def _sum(origin: Number, distance: float) -> float:
    if isinstance(origin, Decimal):
        return float(_EXACT.add(origin, Decimal(distance)))
    return float(origin) + distance
