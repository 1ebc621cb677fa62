"""A smooth course near one row of a noisy record: as many neighbours as still lie on a parabola."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from testbed.evaluation.integration import Floats

__all__ = ["Parabola", "highest", "parabola_near"]

_NARROWEST, _WIDEST = 4, 512  # rows on either side
_FAILURES = 2


@dataclass(frozen=True, slots=True)
class Parabola:
    """A parabola through the rows near `row`.

    Attributes
    ----------
    row
        Where its abscissa is 0.
    first, stop
        Rows that it was fitted to, `stop` excluded.
    coefficients
        Constant, slope and curvature by rows: ``c0 + c1 (i - row) + c2 (i - row)²``.
    """

    row: int
    first: int
    stop: int
    coefficients: tuple[float, float, float]

    def at(self, row: float) -> float:
        """Give its value at a row, or between two."""
        c0, c1, c2 = self.coefficients
        distance = row - self.row
        return c0 + distance * (c1 + distance * c2)

    def deviation(self, noise: float) -> float:
        """Bound its standard deviation, where a sample has that of `noise`: 3/√n at its ends."""
        return noise * min(3.0 / math.sqrt(self.stop - self.first), 1.0)

    def highest(self) -> float:
        """Give its largest value among the rows that it was fitted to."""
        _, c1, c2 = self.coefficients
        ends = [float(self.first), float(self.stop - 1)]
        vertex = self.row - c1 / (2.0 * c2) if c2 < 0.0 else math.nan
        inside = [vertex] if ends[0] < vertex < ends[1] else []
        return max(self.at(each) for each in (*ends, *inside))

    def crossing(self) -> float | None:
        """Find where it changes sign, nearest to `row`, among the rows that it was fitted to."""
        c0, c1, c2 = self.coefficients
        roots = np.roots([c2, c1, c0]) if c2 else np.array([-c0 / c1] if c1 else [])
        real = [float(root.real) for root in roots if abs(root.imag) <= 1e-12 * abs(root)]
        inside = [root for root in real if self.first <= self.row + root <= self.stop - 1]
        return self.row + min(inside, key=abs) if inside else None


def parabola_near(values: Floats, row: int, noise: float) -> Parabola | None:
    """Fit the widest stretch of rows about `row` that departs from a parabola by noise alone.

    Parameters
    ----------
    values
        Taken at even steps, at least as far as the course bends.
    noise
        Standard deviation of the noise on them, above 0.

    Returns
    -------
    Parabola or None
        None where not even the narrowest stretch follows a parabola: the course has a corner.
    """
    best, failed = None, 0
    half = _NARROWEST
    while half <= _WIDEST:
        first, stop = max(row - half, 0), min(row + half + 1, len(values))
        if stop - first < _NARROWEST + 1:
            break
        found = _fitted(values[first:stop], first, row)
        rest = _rest(values[first:stop], found)
        free = stop - first - 3
        # Three standard deviations of a standard deviation with so many degrees of freedom; the
        # noise itself is known to a tenth.
        if rest <= noise * (1.1 + 3.0 / math.sqrt(2.0 * free)):
            best, failed = _straightened(values[first:stop], found, noise), 0
        else:
            failed += 1
        # Noise alone fails once in a while, and about its largest value rather so; a corner or a
        # bend fails for all wider stretches.
        if failed > _FAILURES or (first == 0 and stop == len(values)):
            break
        half *= 2
    return best


def highest(values: Floats, noise: float, allowed: float) -> tuple[float, float]:
    """Find the highest value, and its standard deviation.

    Where noise is more than the share `allowed` of it, it is the highest of the course, which
    noise does not raise.
    """
    top = int(np.argmax(values))
    raw = float(values[top])
    course = parabola_near(values, top, noise) if noise > allowed * raw else None
    if course is None:
        return raw, noise
    # On a long flat top the noise decides which row is the highest: look where the mean is.
    again = parabola_near(values, _highest_mean(values, course.stop - course.first), noise)
    found = [each for each in (course, again) if each is not None]
    surest = min(each.deviation(noise) for each in found)
    # A course of few rows is as high as their noise makes it.
    sure = [each for each in found if each.deviation(noise) <= 2.0 * surest]
    best = max(sure, key=Parabola.highest)
    return best.highest(), best.deviation(noise)


def _highest_mean(values: Floats, width: int) -> int:
    """Find the middle of the `width` neighbouring rows, at most all, with the highest mean."""
    width = min(width, len(values))
    sums = np.concatenate(([0.0], np.cumsum(values - values[0])))
    return int(np.argmax(sums[width:] - sums[:-width])) + width // 2


def _abscissae(first: int, row: int, count: int) -> NDArray[np.float64]:
    return np.arange(first - row, first - row + count, dtype=np.float64)


def _fitted(values: Floats, first: int, row: int, degree: int = 2) -> Parabola:
    rows = _abscissae(first, row, len(values))
    scale = float(np.max(np.abs(rows)))
    q, r = np.linalg.qr(np.vander(rows / scale, degree + 1, increasing=True))
    c0, c1, *curved = np.linalg.solve(r, q.T @ values)
    stop = first + len(values)
    c2 = float(curved[0]) / scale**2 if curved else 0.0
    return Parabola(row, first, stop, (float(c0), float(c1) / scale, c2))


def _straightened(values: Floats, found: Parabola, noise: float) -> Parabola:
    """Take a straight line where the curvature is no larger than what noise makes of one."""
    count = len(values)
    # Standard deviation of the curvature of a parabola through evenly spaced points.
    deviation = noise * math.sqrt(180.0 / (count * (count**2 - 1.0) * (count**2 - 4.0)))
    if abs(found.coefficients[2]) > 2.0 * deviation:
        return found
    return _fitted(values, found.first, found.row, degree=1)


def _rest(values: Floats, found: Parabola) -> float:
    rows = _abscissae(found.first, found.row, len(values))
    c0, c1, c2 = found.coefficients
    left = values - (c0 + rows * (c1 + rows * c2))
    return math.sqrt(float(left @ left) / (len(values) - 3))
