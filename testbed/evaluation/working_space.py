"""How even and how steady the climate in a working space is, after stabilisation.

References
----------
IEC 60068-3-5: achieved temperature, fluctuation, gradient, variation in space.
IEC 60068-3-6: the same of humidity, found from the temperatures at one vapour pressure.
WMO-No. 8 (2018), annex 4.B: saturation vapour pressure over water after Magnus.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from testbed.evaluation.integration import Floats

__all__ = ["WorkingSpace", "humidity_spread", "of_working_space", "saturation", "worst_of"]

_A, _B, _C = 6.112, 17.62, 243.12  # [hPa], [1], [degC]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingSpace:
    """What the sensors of a working space say of one dwell.

    Attributes
    ----------
    uniformity
        Largest difference between the centre and any other place at one instant [K], positive.
    fluctuation
        Largest difference between highest and lowest temperature of one place [K].
    gradient
        Largest difference between the means of two places [K].
    mean_deviation
        Mean of the centre minus the nominal temperature [K].
    """

    uniformity: float
    fluctuation: float
    gradient: float
    mean_deviation: float


def of_working_space(space: Floats, nominal: float) -> WorkingSpace | None:
    """Work out evenness and steadiness from the samples of one dwell.

    Parameters
    ----------
    space
        Temperatures [degC], shape (places, time), the centre first; instants at which a place is
        missing are left out.
    nominal
        [degC].

    Returns
    -------
    WorkingSpace or None
        None where no instant has every place, or there is but one place.
    """
    whole = space[:, np.isfinite(space).all(axis=0)]
    if whole.shape[0] < 2 or not whole.shape[1]:
        return None
    # Of every place its own deviation from the nominal: small numbers, which add up exactly enough.
    deviation = whole - nominal
    means = deviation.mean(axis=1)
    return WorkingSpace(
        uniformity=float(np.abs(deviation[1:] - deviation[0]).max()),
        fluctuation=float((deviation.max(axis=1) - deviation.min(axis=1)).max()),
        gradient=float(means.max() - means.min()),
        mean_deviation=float(means[0]),
    )


def worst_of(spaces: Iterable[WorkingSpace]) -> WorkingSpace | None:
    """Join several dwells: of each quantity the largest; None where there is none."""
    found = list(spaces)
    if not found:
        return None
    return WorkingSpace(
        uniformity=max(each.uniformity for each in found),
        fluctuation=max(each.fluctuation for each in found),
        gradient=max(each.gradient for each in found),
        mean_deviation=max((each.mean_deviation for each in found), key=abs),
    )


def saturation(temperature: Floats) -> Floats:
    """Give the vapour pressure over water [hPa] at `temperature` [degC]."""
    pressure: Floats = _A * np.exp(_B * temperature / (_C + temperature))
    return pressure


def humidity_spread(space: Floats, monitor: Floats, humidity: Floats) -> float | None:
    """Find how far the relative humidity of any place lies from the monitored one [%].

    The vapour pressure is the same all over a ventilated space, so that differences of
    temperature alone make differences of relative humidity (IEC 60068-3-6).

    Parameters
    ----------
    space
        [degC], shape (places, time).
    monitor, humidity
        Temperature [degC] and relative humidity [%] where it is monitored.
    """
    whole = np.isfinite(space).all(axis=0) & np.isfinite(monitor) & np.isfinite(humidity)
    if not whole.any():
        return None
    vapour = humidity[whole] * saturation(monitor[whole])
    return float(np.abs(vapour / saturation(space[:, whole]) - humidity[whole]).max())
