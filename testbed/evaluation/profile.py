"""Profiles of vibration: what a table is asked to do at each frequency.

References
----------
IEC 60068-2-64:2008: break points of a spectral density, joined straight in double-logarithmic
scales. IEC 60068-2-6:2007: constant displacement below the crossover, constant acceleration above.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from instruments.spectrum import effective
from testbed.evaluation.integration import Floats

__all__ = ["Profile", "crossover", "sine_demand"]


@dataclass(frozen=True, slots=True)
class Profile:
    """A spectral density by its break points.

    Attributes
    ----------
    breakpoints
        Frequencies [Hz], strictly ascending and above 0, to one-sided densities [(m/s2)2/Hz],
        above 0; at least two.

    Raises
    ------
    ValueError
        They are not so.
    """

    breakpoints: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        frequencies = [frequency for frequency, _ in self.breakpoints]
        rising = all(a < b for a, b in pairwise(frequencies))
        usable = all(math.isfinite(x) and x > 0.0 for point in self.breakpoints for x in point)
        if len(self.breakpoints) < 2 or not rising or not usable:
            raise ValueError(
                f"break points {self.breakpoints}; accepted: two or more, frequencies ascending, "
                "all above 0"
            )

    @classmethod
    def of(cls, frequencies: Sequence[float], densities: Sequence[float]) -> "Profile":
        """Pair frequencies [Hz] with densities [(m/s2)2/Hz]."""
        return cls(tuple(zip(map(float, frequencies), map(float, densities), strict=True)))

    @property
    def low(self) -> float:
        """Lowest frequency f1 [Hz]."""
        return self.breakpoints[0][0]

    @property
    def high(self) -> float:
        """Highest frequency f2 [Hz]."""
        return self.breakpoints[-1][0]

    @property
    def rms(self) -> float:
        """Effective acceleration [m/s2], in closed form."""
        return effective(self.breakpoints)

    def density(self, frequencies: npt.ArrayLike) -> Floats:
        """Give the density [(m/s2)2/Hz] at frequencies [Hz]; NaN outside f1 to f2."""
        at = np.asarray(frequencies, np.float64)
        known, levels = (np.log(each) for each in np.array(self.breakpoints).T)
        found = np.full(at.shape, np.nan)
        inside = (at >= self.low) & (at <= self.high)
        found[inside] = np.exp(np.interp(np.log(at[inside]), known, levels))
        return found


def crossover(acceleration: float, displacement: float) -> float:
    """Give the frequency [Hz] at which a peak displacement becomes a peak acceleration.

    Parameters
    ----------
    acceleration
        Peak [m/s2].
    displacement
        Peak [m]: a = (2 pi f)² d.
    """
    return math.sqrt(acceleration / displacement) / (2.0 * math.pi)


def sine_demand(frequencies: npt.ArrayLike, acceleration: float, displacement: float) -> Floats:
    """Give the peak acceleration [m/s2] that a sine profile asks for at frequencies [Hz].

    Parameters
    ----------
    acceleration
        Peak above the crossover [m/s2].
    displacement
        Peak below it [m]; infinite where acceleration alone is asked for.
    """
    omega = 2.0 * np.pi * np.asarray(frequencies, np.float64)
    return np.minimum(omega**2 * displacement, acceleration)
