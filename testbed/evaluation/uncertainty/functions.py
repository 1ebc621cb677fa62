"""Mathematical functions that a model may use, whatever it is evaluated with.

One model serves plain numbers, arrays of draws, the uncertain numbers of GTC and the power series
that second-order terms are read from.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np

__all__ = [
    "Composable",
    "Number",
    "arccos",
    "arcsin",
    "arctan",
    "arctan2",
    "cos",
    "cosh",
    "exp",
    "log",
    "log10",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
]

# Floats, arrays, uncertain numbers and series: they share arithmetic, but no type that says so.
Number: TypeAlias = Any

_GTC_NAMES = {"arcsin": "asin", "arccos": "acos", "arctan": "atan"}


@runtime_checkable
class Composable(Protocol):
    """A number that says itself what a function of it is."""

    def composed(self, function: str) -> Number:
        """Apply the function of that name."""


def _function(name: str) -> Callable[[Number], Number]:
    of_numbers = getattr(np, name)

    def applied(value: Number) -> Number:
        if isinstance(value, float | int | np.ndarray | np.generic):
            return of_numbers(value)
        if isinstance(value, Composable):
            return value.composed(name)
        # Has been loaded with the first uncertain number.
        import GTC

        return getattr(GTC, _GTC_NAMES.get(name, name))(value)

    return applied


sqrt = _function("sqrt")
exp = _function("exp")
log = _function("log")
log10 = _function("log10")
sin = _function("sin")
cos = _function("cos")
tan = _function("tan")
arcsin = _function("arcsin")
arccos = _function("arccos")
arctan = _function("arctan")
sinh = _function("sinh")
cosh = _function("cosh")
tanh = _function("tanh")


def arctan2(y: Number, x: Number) -> Number:
    """Give the angle [rad] of the point (x, y), by the half angle; (x < 0, y = 0) has none."""
    return 2.0 * arctan(y / (sqrt(x * x + y * y) + x))
