"""Random vibration by break points of its spectral density.

Break points are joined straight in double-logarithmic scales (IEC 60068-2-64:2008, 4.3): a density
S = S1 (f/f1)^n between two of them, whose area and moments have closed forms.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

__all__ = ["effective"]


def effective(breakpoints: Sequence[tuple[float, float]], *, integrated: int = 0) -> float:
    """Give the effective value of an acceleration or of its integral.

    Parameters
    ----------
    breakpoints
        Frequencies [Hz], ascending, to one-sided densities [(m/s2)2/Hz], above 0.
    integrated
        0 for the acceleration [m/s2], 1 for the velocity [m/s], 2 for the displacement [m].
    """
    area = sum(_area(first, second, -2.0 * integrated) for first, second in pairwise(breakpoints))
    return math.sqrt(area) / math.pow(2.0 * math.pi, integrated)


def _area(first: tuple[float, float], second: tuple[float, float], power: float) -> float:
    """Integrate the density times f^power between two break points."""
    (low, start), (high, end) = first, second
    octaves = math.log(high / low)
    slope = math.log(end / start) / octaves + power + 1.0
    scale = start * math.pow(low, power + 1.0)
    # Near zero the closed form is a difference of equals.
    if abs(slope * octaves) < 1e-9:
        return scale * octaves
    return scale * math.expm1(slope * octaves) / slope
