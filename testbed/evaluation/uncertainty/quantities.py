"""Input quantities: what is known of each value that a result is calculated from."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

__all__ = ["Correlations", "Distribution", "Input", "Kind", "half_width_over_uncertainty"]

# Correlation coefficients [-1..1] of pairs of inputs by their symbols; a pair once, in any order.
Correlations: TypeAlias = Mapping[tuple[str, str], float]

_SQRT_2, _SQRT_3, _SQRT_6 = math.sqrt(2.0), math.sqrt(3.0), math.sqrt(6.0)


class Kind(StrEnum):
    """How a standard uncertainty was evaluated (GUM, 4.2 and 4.3)."""

    A = "A"
    B = "B"


class Distribution(StrEnum):
    """What is known of a quantity, as a shape about its estimate (JCGM 101:2008, Table 1)."""

    NORMAL = "normal"
    RECTANGULAR = "rectangular"
    TRIANGULAR = "triangular"
    TRAPEZOIDAL = "trapezoidal"
    ARCSINE = "arcsine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input quantity of a measurement.

    Attributes
    ----------
    symbol
        Name under which the model takes it.
    unit
        Its unit, "1" for a pure number.
    estimate
        Best value [unit], corrected for what is known.
    uncertainty
        Standard uncertainty [unit], not negative; 0 for an exact value.
    kind
        Type A from observations, type B from anything else.
    distribution
        Shape. A normal one with finite degrees of freedom is Student's t (JCGM 101:2008, 6.4.9).
    degrees_of_freedom
        Larger than 0, infinite where the uncertainty is taken as exact. Of a bounded quantity they
        say how well its bounds are known (GUM, G.4.2).
    shape
        β of a trapezoid: length of its top over that of its base [0..1]; else 0.
    name
        What it is, in words.
    """

    symbol: str
    unit: str = "1"
    estimate: float
    uncertainty: float
    kind: Kind = Kind.B
    distribution: Distribution = Distribution.NORMAL
    degrees_of_freedom: float = math.inf
    shape: float = 0.0
    name: str = ""

    def __post_init__(self) -> None:
        if not self.symbol.isidentifier():
            raise ValueError(f"{self.symbol!r} cannot be the symbol of an input")
        if not math.isfinite(self.estimate):
            raise ValueError(f"{self.symbol}: an estimate of {self.estimate}")
        if not 0.0 <= self.uncertainty < math.inf:
            raise ValueError(f"{self.symbol}: a standard uncertainty of {self.uncertainty}")
        if not self.degrees_of_freedom > 0.0:
            raise ValueError(f"{self.symbol}: {self.degrees_of_freedom} degrees of freedom")
        if not 0.0 <= self.shape <= 1.0:
            raise ValueError(f"{self.symbol}: a trapezoid with β = {self.shape}")

    @property
    def half_width(self) -> float:
        """From the estimate to the bound [unit]; infinite where there is no bound."""
        return self.uncertainty * half_width_over_uncertainty(self.distribution, self.shape)

    @property
    def inexactness(self) -> float:
        """Half-width d [unit] of what the bounds of a rectangle are known to.

        JCGM 101:2008, 6.4.3, with d over the half-width from the degrees of freedom as the
        relative uncertainty of the standard uncertainty (GUM, G.4.2).
        """
        if math.isinf(self.degrees_of_freedom):
            return 0.0
        relative = 1.0 / math.sqrt(2.0 * self.degrees_of_freedom)
        # A bound that is known to worse than its own width reaches across the middle.
        return self.half_width * min(relative, 1.0)


def half_width_over_uncertainty(distribution: Distribution, shape: float = 0.0) -> float:
    """Tell how many standard uncertainties lie between estimate and bound (GUM, 4.3.7 and 4.3.9).

    Parameters
    ----------
    shape
        β of a trapezoid.
    """
    match distribution:
        case Distribution.RECTANGULAR:
            return _SQRT_3
        case Distribution.TRIANGULAR:
            return _SQRT_6
        case Distribution.ARCSINE:
            return _SQRT_2
        case Distribution.TRAPEZOIDAL:
            return _SQRT_6 / math.sqrt(1.0 + shape**2)
        case Distribution.NORMAL:
            return math.inf
