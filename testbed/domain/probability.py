"""Tails of the normal and of Student's distribution, accurate far from the middle.

The tail itself is computed, not one less the rest: a risk of 1e-9 keeps its digits.
"""

import math

__all__ = ["upper_tail"]

# From here on three terms of the expansion about the normal are exact to 1e-15, and the continued
# fraction, which needs ever more steps, is not.
_NEARLY_NORMAL = 1.0e4
_LARGEST_GAMMA = 100.0
_TINY = 1.0e-300


def upper_tail(z: float, dof: float = math.inf) -> float:
    """Tell the probability that a standardised variable lies above `z`.

    Parameters
    ----------
    z
        Distance from the middle in scale units; any sign, infinite allowed.
    dof
        Degrees of freedom of Student's distribution, above 0; infinite gives the normal.

    Returns
    -------
    float
        Between 0 and 1; the distribution function at `z` is the tail at ``-z``.

    Raises
    ------
    ValueError
        `z` is not a number, or `dof` is not above 0.

    References
    ----------
    DLMF 7.2.2 (normal) and 8.17.22 (incomplete beta function); Abramowitz and Stegun 26.7.1
    (Student); R. A. Fisher, Metron 5 (1925) 109 (many degrees of freedom).
    """
    if math.isnan(z):
        raise ValueError("the distance is not a number")
    if not dof > 0.0:
        raise ValueError(f"{dof} degrees of freedom: must be above 0")
    if math.isinf(dof):
        return 0.5 * math.erfc(z / math.sqrt(2.0))
    if z < 0.0:
        return 1.0 - _student(-z, dof)
    return _student(z, dof)


def _student(t: float, dof: float) -> float:
    if math.isinf(t):
        return 0.0
    if dof > _NEARLY_NORMAL:
        return _near_normal(t, dof)
    half = 0.5 * dof
    steps = t / math.sqrt(dof)
    square = steps * steps
    body = 1.0 / (1.0 + square)
    # Not one less `body`, which would lose the small ones, nor a quotient of infinite ones.
    rest = square * body if square < math.inf else 1.0
    # The square of a far distance overflows where a heavy tail is not yet nothing.
    log = math.log1p(square) if square < math.inf else 2.0 * math.log(steps)
    front = _gamma_ratio(half) * math.sqrt(rest / math.pi) * math.exp(-half * log)
    if body < (half + 1.0) / (half + 2.5):
        return 0.5 * front / (half * _continued_fraction(half, 0.5, body))
    return 0.5 - front / _continued_fraction(0.5, half, rest)


def _near_normal(t: float, dof: float) -> float:
    density = math.exp(-0.5 * t * t) / math.sqrt(2.0 * math.pi)
    if density == 0.0:
        return 0.0
    q = t * t
    first = (q + 1.0) / 4.0
    second = (((3.0 * q - 7.0) * q - 5.0) * q - 3.0) / 96.0
    third = (((((q - 11.0) * q + 14.0) * q + 6.0) * q - 3.0) * q - 15.0) / 384.0
    series = ((third / dof + second) / dof + first) / dof
    return 0.5 * math.erfc(t / math.sqrt(2.0)) + density * t * series


def _gamma_ratio(a: float) -> float:
    """Gamma function at `a` + 1/2 over that at `a`; series DLMF 5.11.13 where it is large."""
    if a < _LARGEST_GAMMA:
        return math.gamma(a + 0.5) / math.gamma(a)
    n = 1.0 / a
    terms = (1.0, -1 / 8, 1 / 128, 5 / 1024, -21 / 32768, -399 / 262144)
    return math.sqrt(a) * math.fsum(term * n**power for power, term in enumerate(terms))


def _continued_fraction(a: float, b: float, x: float) -> float:
    """Evaluate the denominator of DLMF 8.17.22 by Lentz's way; quick for x < (a+1)/(a+b+2)."""
    numerator, denominator, value = 1.0, 0.0, 1.0
    step = 0
    while True:
        step += 1
        m, odd = divmod(step, 2)
        if odd:
            d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        else:
            d = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        denominator = 1.0 / (1.0 + d * denominator or _TINY)
        numerator = 1.0 + d / numerator or _TINY
        change = numerator * denominator
        value *= change
        if abs(change - 1.0) < 1.0e-16 * 2:
            return value
