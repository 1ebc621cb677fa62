"""Power series in two variables up to third order, and the second-order terms of GUM 5.1.2.

A model that is evaluated with series gives its exact derivatives along with its value.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations_with_replacement
from typing import Self

import numpy as np

from testbed.evaluation.integration import Floats
from testbed.evaluation.uncertainty.functions import Number
from testbed.evaluation.uncertainty.quantities import Input

__all__ = ["Series", "second_order_terms"]

_ORDER = 3
_POWERS = [(p, q) for p in range(_ORDER + 1) for q in range(_ORDER + 1 - p)]
_LN_10 = math.log(10.0)


class Series:
    """A truncated power series in two variables s and t.

    Parameters
    ----------
    coefficients
        Shape (4, 4): entry (p, q) belongs to s^p t^q; only p + q <= 3 is used.
    """

    # Numpy's own scalars leave the arithmetic to the series.
    __array_ufunc__ = None
    __slots__ = ("coefficients",)

    def __init__(self, coefficients: Floats) -> None:
        self.coefficients = coefficients

    @classmethod
    def variable(cls, value: float, scale: float, power: tuple[int, int]) -> Self:
        """Give ``value + scale s`` for the power (1, 0), ``value + scale t`` for (0, 1)."""
        coefficients = np.zeros((_ORDER + 1, _ORDER + 1))
        coefficients[0, 0] = value
        coefficients[power] = scale
        return cls(coefficients)

    @property
    def value(self) -> float:
        """The constant term."""
        return float(self.coefficients[0, 0])

    def composed(self, function: str) -> "Series":
        """Apply a function of one variable by its Taylor coefficients."""
        return self._composed(_TAYLOR[function](self.value))

    def _composed(self, taylor: Sequence[float]) -> "Series":
        step = Series(self.coefficients.copy())
        step.coefficients[0, 0] = 0.0
        result = _constant(taylor[-1])
        for coefficient in reversed(taylor[:-1]):
            result = result * step + coefficient
        return result

    def __add__(self, other: Number) -> "Series":
        return Series(self.coefficients + _series(other).coefficients)

    def __sub__(self, other: Number) -> "Series":
        return Series(self.coefficients - _series(other).coefficients)

    def __rsub__(self, other: Number) -> "Series":
        return _series(other) - self

    def __neg__(self) -> "Series":
        return Series(-self.coefficients)

    def __pos__(self) -> "Series":
        return self

    def __abs__(self) -> "Series":
        return -self if self.value < 0.0 else self

    def __mul__(self, other: Number) -> "Series":
        if not isinstance(other, Series):
            return Series(self.coefficients * float(other))
        product = np.zeros((_ORDER + 1, _ORDER + 1))
        for p, q in _POWERS:
            product[p:, q:] += (
                self.coefficients[p, q] * other.coefficients[: _ORDER + 1 - p, : _ORDER + 1 - q]
            )
        # What lies beyond the third order is no part of the series.
        product[np.add.outer(range(_ORDER + 1), range(_ORDER + 1)) > _ORDER] = 0.0
        return Series(product)

    def __truediv__(self, other: Number) -> "Series":
        if not isinstance(other, Series):
            return Series(self.coefficients / float(other))
        return self * other._composed(_of_power(other.value, -1.0))

    def __rtruediv__(self, other: Number) -> "Series":
        return _series(other) / self

    def __pow__(self, power: Number) -> "Series":
        if isinstance(power, Series):
            return (power * self.composed("log")).composed("exp")
        return self._composed(_of_power(self.value, float(power)))

    def __rpow__(self, number: Number) -> "Series":
        return (self * math.log(number)).composed("exp")

    __radd__ = __add__
    __rmul__ = __mul__


def second_order_terms(
    model: Callable[..., Number], inputs: Sequence[Input]
) -> Mapping[tuple[str, str], float]:
    """Give what second-order terms add to u_c² for each pair of inputs that has any.

    Parameters
    ----------
    model
        Of the inputs by symbol.
    inputs
        Independent of each other.

    Returns
    -------
    mapping
        Of two symbols, the same twice for an input by itself, to
        ``[½ (∂²f/∂i∂j)² + ∂f/∂i ∂³f/∂i∂j²] u_i² u_j²`` summed over both orders of i and j [unit² of
        the result]; it may be negative.

    References
    ----------
    GUM (JCGM 100:2008), 5.1.2, note.
    """
    uncertain = [each for each in inputs if each.uncertainty > 0.0]
    estimates: dict[str, Number] = {each.symbol: each.estimate for each in inputs}
    terms = {}
    for one, other in combinations_with_replacement(uncertain, 2):
        given = dict(estimates)
        given[one.symbol] = Series.variable(one.estimate, one.uncertainty, (1, 0))
        if other is not one:
            given[other.symbol] = Series.variable(other.estimate, other.uncertainty, (0, 1))
        a = _series(model(**given)).coefficients
        term = (
            2.0 * a[2, 0] ** 2 + 6.0 * a[1, 0] * a[3, 0]
            if other is one
            else a[1, 1] ** 2 + 2.0 * a[1, 0] * a[1, 2] + 2.0 * a[0, 1] * a[2, 1]
        )
        if term != 0.0:
            terms[one.symbol, other.symbol] = float(term)
    return terms


def _constant(value: float) -> Series:
    return Series.variable(value, value, (0, 0))


def _series(value: Number) -> Series:
    return value if isinstance(value, Series) else _constant(float(value))


def _of_power(a: float, power: float) -> tuple[float, ...]:
    """Expand x^power about a, also about 0 where the power is whole and not negative."""
    coefficients, factor = [], 1.0
    for k in range(_ORDER + 1):
        coefficients.append(factor * a ** (power - k) if factor else 0.0)
        factor *= (power - k) / (k + 1)
    return tuple(coefficients)


def _of_tan(a: float) -> tuple[float, ...]:
    t = math.tan(a)
    slope = 1.0 + t * t
    return t, slope, t * slope, slope * (1.0 + 3.0 * t * t) / 3.0


def _of_tanh(a: float) -> tuple[float, ...]:
    t = math.tanh(a)
    slope = 1.0 - t * t
    return t, slope, -t * slope, slope * (3.0 * t * t - 1.0) / 3.0


def _of_arcsin(a: float) -> tuple[float, ...]:
    q = 1.0 / (1.0 - a * a)
    slope = math.sqrt(q)
    return math.asin(a), slope, a * q * slope / 2.0, (1.0 + 2.0 * a * a) * q * q * slope / 6.0


def _of_arccos(a: float) -> tuple[float, ...]:
    _, *rest = _of_arcsin(a)
    return math.acos(a), *(-coefficient for coefficient in rest)


def _of_arctan(a: float) -> tuple[float, ...]:
    q = 1.0 / (1.0 + a * a)
    return math.atan(a), q, -a * q * q, (3.0 * a * a - 1.0) * q**3 / 3.0


def _of_log(a: float) -> tuple[float, ...]:
    return math.log(a), 1.0 / a, -0.5 / a**2, 1.0 / (3.0 * a**3)


def _cycled(value: float, slope: float, sign: float) -> tuple[float, ...]:
    """Expand what returns to `sign` times itself when it is differentiated twice."""
    return value, slope, sign * value / 2.0, sign * slope / 6.0


_TAYLOR: Mapping[str, Callable[[float], tuple[float, ...]]] = {
    "sqrt": lambda a: _of_power(a, 0.5),
    "exp": lambda a: _cycled(math.exp(a), math.exp(a), 1.0),
    "log": _of_log,
    "log10": lambda a: tuple(c / _LN_10 for c in _of_log(a)),
    "sin": lambda a: _cycled(math.sin(a), math.cos(a), -1.0),
    "cos": lambda a: _cycled(math.cos(a), -math.sin(a), -1.0),
    "tan": _of_tan,
    "arcsin": _of_arcsin,
    "arccos": _of_arccos,
    "arctan": _of_arctan,
    "sinh": lambda a: _cycled(math.sinh(a), math.cosh(a), 1.0),
    "cosh": lambda a: _cycled(math.cosh(a), math.sinh(a), 1.0),
    "tanh": _of_tanh,
}
