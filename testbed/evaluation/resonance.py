"""Resonances in a sweep of response over control, and how they compare with those of before.

Near a resonance the reciprocal of the squared ratio is almost a parabola, and the cotangent of the
phase of the motion relative to the table almost a line. Both are fitted, so that a resonance is
found between the points of the sweep.

References
----------
C. M. Harris, Shock and Vibration Handbook: single degree of freedom on a moving base, half-power
bandwidth. IEC 60068-2-6:2007, vibration response investigation.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from testbed.evaluation.integration import Floats

__all__ = ["Change", "Resonance", "compare", "find_resonances"]

_WIDE = 4.0  # times the least reciprocal: the points that are fitted reach so far
_DEGREE = 4
_EITHER_SIDE = 2  # points at the least


@dataclass(frozen=True, slots=True, kw_only=True)
class Resonance:
    """One resonance.

    Attributes
    ----------
    frequency
        At which the ratio is largest [Hz].
    ratio
        Response over control there [1].
    q
        Quality factor by the half-power bandwidth [1]; None where the sweep does not reach both
        half-power points.
    phase_frequency, phase_q
        Where the motion relative to the table lags by a quarter period [Hz], and the quality
        factor by the slope of that phase, half the frequency times its slope [1]; None where no
        phase is on record.
    """

    frequency: float
    ratio: float
    q: float | None
    phase_frequency: float | None
    phase_q: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A resonance before and after, None where it was found on one side alone.

    Attributes
    ----------
    frequency, q
        Relative change [%]; None where one of both is unknown.
    """

    before: Resonance | None
    after: Resonance | None

    @property
    def frequency(self) -> float | None:
        """Change of the frequency [%]."""
        if self.before is None or self.after is None:
            return None
        return 100.0 * (self.after.frequency / self.before.frequency - 1.0)

    @property
    def q(self) -> float | None:
        """Change of the quality factor by half-power [%]."""
        if self.before is None or self.after is None:
            return None
        if self.before.q is None or self.after.q is None:
            return None
        return 100.0 * (self.after.q / self.before.q - 1.0)


def find_resonances(
    frequency: npt.ArrayLike,
    ratio: npt.ArrayLike,
    phase: npt.ArrayLike | None = None,
    *,
    threshold: float = 2.0,
) -> tuple[Resonance, ...]:
    """Find resonances, the lowest first.

    Parameters
    ----------
    frequency
        Points of the sweep [Hz], in any order; of points at one frequency the mean is taken.
    ratio
        Amplitude of response over control [1]; what is not finite and above 0 is left out.
    phase
        Of the response against control [deg], negative where it lags; NaN where unknown.
    threshold
        Ratio from which a peak is a resonance [1].
    """
    at = np.asarray(frequency, np.float64)
    size = np.asarray(ratio, np.float64)
    angle = np.full(at.shape, np.nan) if phase is None else np.asarray(phase, np.float64)
    usable = np.isfinite(at) & np.isfinite(size) & (size > 0.0)
    at, size, angle = _merged(at[usable], size[usable], angle[usable])
    found = []
    taken = np.zeros(len(at), np.bool_)
    for peak in np.argsort(-size, kind="stable"):
        if size[peak] < threshold:
            break
        first, last = _around(size, int(peak), size[peak] / np.sqrt(2.0))
        # A smaller peak on the flank of a larger one is no resonance of its own.
        new = not taken[first : last + 1].any() and 0 < peak < len(at) - 1
        taken[first : last + 1] = True
        if new:
            found.append(_resonance(at, size, angle, int(peak)))
    return tuple(sorted(found, key=lambda each: each.frequency))


def compare(
    before: tuple[Resonance, ...], after: tuple[Resonance, ...], *, reach: float
) -> tuple[Change, ...]:
    """Pair resonances, the nearest first; what finds no partner within `reach` stands alone.

    Parameters
    ----------
    reach
        Largest change of frequency between partners [%].
    """
    near = sorted(
        (abs(np.log(two.frequency / one.frequency)), m, n)
        for m, one in enumerate(before)
        for n, two in enumerate(after)
        if abs(100.0 * (two.frequency / one.frequency - 1.0)) <= reach
    )
    partner: dict[int, int] = {}
    for _, m, n in near:
        if m not in partner and n not in partner.values():
            partner[m] = n
    changes = [
        Change(before=each, after=after[partner[m]] if m in partner else None)
        for m, each in enumerate(before)
    ]
    alone = [each for n, each in enumerate(after) if n not in partner.values()]
    return (*changes, *(Change(before=None, after=each) for each in alone))


def _merged(at: Floats, size: Floats, angle: Floats) -> tuple[Floats, Floats, Floats]:
    """Sort by frequency, and take one point for each."""
    points, place, count = np.unique(at, return_inverse=True, return_counts=True)
    sizes = np.bincount(place, size, len(points)) / count
    turned = np.exp(1j * np.radians(angle))
    real, imaginary = (np.bincount(place, each, len(points)) for each in (turned.real, turned.imag))
    return points, sizes, np.asarray(np.angle(real + 1j * imaginary), np.float64)


def _around(size: Floats, peak: int, least: float) -> tuple[int, int]:
    """Give the first and the last of the neighbouring points from `least` on."""
    low = np.flatnonzero(size < least)
    below, above = low[low < peak], low[low > peak]
    first = int(below[-1]) + 1 if len(below) else 0
    last = int(above[0]) - 1 if len(above) else len(size) - 1
    return first, last


def _window(size: Floats, peak: int) -> slice:
    first, last = _around(size, peak, size[peak] / np.sqrt(_WIDE))
    first = max(min(first, peak - _EITHER_SIDE), 0)
    last = min(max(last, peak + _EITHER_SIDE), len(size) - 1)
    return slice(first, last + 1)


def _resonance(at: Floats, size: Floats, angle: Floats, peak: int) -> Resonance:
    window = _window(size, peak)
    middle = at[peak]
    # Frequencies as shares of that of the peak, so that the polynomial is well scaled.
    place = at[window] / middle - 1.0
    lowest, least, width = _half_power(place, size[window])
    frequency = float(middle * (1.0 + lowest))
    phase = _phase(place, size[window], angle[window])
    return Resonance(
        frequency=frequency,
        ratio=float(1.0 / np.sqrt(least)),
        q=None if width is None else float(frequency / (middle * width)),
        phase_frequency=None if phase is None else float(middle * (1.0 + phase[0])),
        phase_q=None if phase is None else phase[1],
    )


def _half_power(place: Floats, size: Floats) -> tuple[float, float, float | None]:
    """Give where the reciprocal of the squared ratio is least, how much it is, and the width.

    Returns
    -------
    tuple
        Place of the minimum, the minimum, and the distance of the points where it is twice as
        large; None where one of them lies outside what was swept.
    """
    inverse = size**-2.0
    highest = int(np.argmin(inverse))
    # A share of the ratio is a share of its reciprocal: far points count as much as near ones.
    fitted = np.polynomial.Polynomial.fit(
        place, inverse, min(_DEGREE, len(place) - 1), w=1.0 / inverse
    )
    candidates = [x for x in _real_roots(fitted.deriv()) if place[0] <= x <= place[-1]]
    lowest = min(candidates, key=fitted, default=float(place[highest]))
    least = float(fitted(lowest))
    if not least > 0.0:
        return float(place[highest]), float(inverse[highest]), None
    ends = [x for x in _real_roots(fitted - 2.0 * least) if place[0] <= x <= place[-1]]
    below, above = [x for x in ends if x < lowest], [x for x in ends if x > lowest]
    width = min(above) - max(below) if below and above else None
    return lowest, least, width


def _phase(place: Floats, size: Floats, angle: Floats) -> tuple[float, float] | None:
    """Give where the relative motion lags by a quarter period, and the quality factor there.

    For a single degree of freedom with T = response over control, 1/(T - 1) is
    (fn/f)² - 1 + j fn/(Q f): the cotangent of its phase, times f, is Q (fn² - f²)/fn.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = 1.0 / (size * np.exp(1j * angle) - 1.0)
        cotangent = relative.real / relative.imag
    known = np.isfinite(cotangent)
    if np.count_nonzero(known) < 3:
        return None
    share, cot = 1.0 + place[known], cotangent[known]
    # An error of the phase moves its cotangent by 1 + cot² as much.
    fitted = np.polynomial.Polynomial.fit(place[known], cot * share, 2, w=1.0 / (1.0 + cot**2))
    roots = [x for x in _real_roots(fitted) if place[0] <= x <= place[-1]]
    if not roots:
        return None
    quarter = min(roots, key=abs)
    q = -0.5 * float(fitted.deriv()(quarter))
    return (quarter, q) if q > 0.0 else None


def _real_roots(polynomial: "np.polynomial.Polynomial") -> list[float]:
    roots = polynomial.roots()
    return [float(x.real) for x in roots if abs(x.imag) < 1e-9]
