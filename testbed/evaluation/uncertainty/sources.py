"""Inputs from what a laboratory has: certificates, bounds and observations.

Every constructor gives an `Input`; `symbol` and `unit` are as there, and the remaining lengths in
that unit. Names, shares and coverage are those of GUM (JCGM 100:2008), 4.2 and 4.3.
"""

import math
from collections.abc import Sequence

from testbed.evaluation.uncertainty.quantities import (
    Distribution,
    Input,
    Kind,
    half_width_over_uncertainty,
)

__all__ = [
    "arcsine",
    "certificate",
    "drift",
    "hysteresis",
    "observations",
    "pooled",
    "pooled_deviation",
    "rectangular",
    "resolution",
    "standard",
    "trapezoidal",
    "triangular",
]


def rectangular(
    symbol: str,
    estimate: float,
    half_width: float,
    *,
    unit: str = "1",
    degrees_of_freedom: float = math.inf,
    name: str = "",
) -> Input:
    """Take a quantity of which only bounds are known: u = a/√3 (GUM, 4.3.7)."""
    return _bounded(
        Distribution.RECTANGULAR,
        symbol,
        estimate,
        half_width,
        unit=unit,
        degrees_of_freedom=degrees_of_freedom,
        name=name,
    )


def triangular(
    symbol: str,
    estimate: float,
    half_width: float,
    *,
    unit: str = "1",
    degrees_of_freedom: float = math.inf,
    name: str = "",
) -> Input:
    """Take a quantity that is the likelier the nearer to its middle: u = a/√6 (GUM, 4.3.9)."""
    return _bounded(
        Distribution.TRIANGULAR,
        symbol,
        estimate,
        half_width,
        unit=unit,
        degrees_of_freedom=degrees_of_freedom,
        name=name,
    )


def arcsine(
    symbol: str,
    estimate: float,
    amplitude: float,
    *,
    unit: str = "1",
    degrees_of_freedom: float = math.inf,
    name: str = "",
) -> Input:
    """Take a quantity that swings sinusoidally, as a room's temperature: u = A/√2.

    References
    ----------
    JCGM 101:2008, 6.4.6; GUM, H.1.3.4.
    """
    return _bounded(
        Distribution.ARCSINE,
        symbol,
        estimate,
        amplitude,
        unit=unit,
        degrees_of_freedom=degrees_of_freedom,
        name=name,
    )


def trapezoidal(
    symbol: str,
    estimate: float,
    half_width: float,
    beta: float,
    *,
    unit: str = "1",
    degrees_of_freedom: float = math.inf,
    name: str = "",
) -> Input:
    """Take a symmetric trapezoid: u = a √((1 + β²)/6) (GUM, 4.3.9).

    Parameters
    ----------
    half_width
        Half of the base [unit].
    beta
        Top over base [0..1]: 0 is a triangle, 1 a rectangle.
    """
    if not 0.0 <= beta <= 1.0:
        raise ValueError(f"{symbol}: a trapezoid with β = {beta}")
    return _bounded(
        Distribution.TRAPEZOIDAL,
        symbol,
        estimate,
        half_width,
        unit=unit,
        degrees_of_freedom=degrees_of_freedom,
        name=name,
        shape=beta,
    )


def resolution(symbol: str, step: float, *, unit: str = "1", name: str = "") -> Input:
    """Take the deviation, estimated as 0, of a value shown in steps: u = d/(2√3) (GUM, F.2.2.1)."""
    return rectangular(symbol, 0.0, step / 2.0, unit=unit, name=name)


def hysteresis(symbol: str, difference: float, *, unit: str = "1", name: str = "") -> Input:
    """Take the deviation, estimated as 0, of indications that depend on where one came from.

    Parameters
    ----------
    difference
        Between the indications of rising and falling [unit]; u = δ/(2√3) (GUM, F.2.2.2).
    """
    return rectangular(symbol, 0.0, abs(difference) / 2.0, unit=unit, name=name)


def drift(symbol: str, limit: float, *, unit: str = "1", name: str = "") -> Input:
    """Take the change since calibration, estimated as 0 and at most `limit` [unit] either way."""
    return rectangular(symbol, 0.0, limit, unit=unit, name=name)


def certificate(
    symbol: str,
    estimate: float,
    expanded: float,
    factor: float = 2.0,
    *,
    unit: str = "1",
    degrees_of_freedom: float = math.inf,
    name: str = "",
) -> Input:
    """Take a calibrated value with U and k as certified: u = U/k (GUM, 4.3.3).

    Parameters
    ----------
    degrees_of_freedom
        ν_eff where the certificate states it.
    """
    if not factor > 0.0:
        raise ValueError(f"{symbol}: a coverage factor of {factor}")
    return Input(
        symbol=symbol,
        unit=unit,
        estimate=estimate,
        uncertainty=expanded / factor,
        degrees_of_freedom=degrees_of_freedom,
        name=name,
    )


def standard(
    symbol: str,
    estimate: float,
    uncertainty: float,
    *,
    unit: str = "1",
    degrees_of_freedom: float = math.inf,
    name: str = "",
) -> Input:
    """Take a value whose standard uncertainty is known as such, normal about it."""
    return Input(
        symbol=symbol,
        unit=unit,
        estimate=estimate,
        uncertainty=uncertainty,
        degrees_of_freedom=degrees_of_freedom,
        name=name,
    )


def observations(symbol: str, values: Sequence[float], *, unit: str = "1", name: str = "") -> Input:
    """Take the mean of repeated observations: u = s/√n with n - 1 (GUM, 4.2.3).

    Raises
    ------
    ValueError
        There are fewer than two.
    """
    mean, deviation = _mean_and_deviation(symbol, values)
    return Input(
        symbol=symbol,
        unit=unit,
        estimate=mean,
        uncertainty=deviation / math.sqrt(len(values)),
        kind=Kind.A,
        degrees_of_freedom=len(values) - 1,
        name=name,
    )


def pooled(
    symbol: str,
    values: Sequence[float],
    deviation: float,
    degrees_of_freedom: float,
    *,
    unit: str = "1",
    name: str = "",
) -> Input:
    """Take the mean of a few observations with the deviation that the method was validated with.

    Parameters
    ----------
    values
        This time's observations [unit], at least one.
    deviation
        Pooled standard deviation s_p [unit] of a single observation.
    degrees_of_freedom
        Of s_p, not of `values`: u = s_p/√n keeps them (GUM, 4.2.4 and H.1.3.2).
    """
    if not len(values):
        raise ValueError(f"{symbol}: no observation")
    return Input(
        symbol=symbol,
        unit=unit,
        estimate=math.fsum(values) / len(values),
        uncertainty=deviation / math.sqrt(len(values)),
        kind=Kind.A,
        degrees_of_freedom=degrees_of_freedom,
        name=name,
    )


def pooled_deviation(series: Sequence[Sequence[float]]) -> tuple[float, int]:
    """Pool the standard deviation of several series of observations of the same kind.

    Returns
    -------
    deviation, degrees_of_freedom
        s_p = √(Σ ν_i s_i² / Σ ν_i) and Σ ν_i.

    Raises
    ------
    ValueError
        No series has two observations.
    """
    squares, free = [], 0
    for values in series:
        if len(values) > 1:
            _, deviation = _mean_and_deviation("series", values)
            squares.append((len(values) - 1) * deviation**2)
            free += len(values) - 1
    if not free:
        raise ValueError("no series has two observations")
    return math.sqrt(math.fsum(squares) / free), free


def _bounded(
    distribution: Distribution,
    symbol: str,
    estimate: float,
    half_width: float,
    *,
    unit: str,
    degrees_of_freedom: float,
    name: str,
    shape: float = 0.0,
) -> Input:
    if not half_width >= 0.0:
        raise ValueError(f"{symbol}: a half-width of {half_width}")
    return Input(
        symbol=symbol,
        unit=unit,
        estimate=estimate,
        uncertainty=half_width / half_width_over_uncertainty(distribution, shape),
        distribution=distribution,
        degrees_of_freedom=degrees_of_freedom,
        shape=shape,
        name=name,
    )


def _mean_and_deviation(symbol: str, values: Sequence[float]) -> tuple[float, float]:
    if len(values) < 2:
        raise ValueError(f"{symbol}: {len(values)} observation has no deviation")
    mean = math.fsum(values) / len(values)
    square = math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
    return mean, math.sqrt(square)
