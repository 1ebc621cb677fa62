"""What an oscilloscope works out of a record on its screen: amplitudes, times, shares.

Levels follow IEEE 181-2011 in their simplest form: base and top are the ends of the signal, the
reference levels 10 %, 50 % and 90 % between them.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["ITEMS", "worked_out"]

Array = NDArray[np.float64]
_LOWER, _MIDDLE, _UPPER = 0.1, 0.5, 0.9


def worked_out(item: str, volts: Array, step: float) -> float | None:
    """Work out an item of a record; None where the record does not show it.

    Parameters
    ----------
    item
        A key of `ITEMS`.
    step
        Time between samples [s].
    """
    if len(volts) < 2:
        return None
    value = ITEMS[item](volts, step)
    return None if value is None or not math.isfinite(value) else value


def _level(volts: Array, share: float) -> float:
    low, high = float(volts.min()), float(volts.max())
    return low + share * (high - low)


def _crossings(volts: Array, level: float, *, rising: bool) -> Array:
    """Give the instants, in samples, at which a level is crossed."""
    above = (volts - level) if rising else (level - volts)
    places = np.flatnonzero((above[:-1] < 0) & (above[1:] >= 0))
    return places + above[places] / (above[places] - above[places + 1])


def _period(volts: Array, step: float) -> float | None:
    rises = _crossings(volts, _level(volts, _MIDDLE), rising=True)
    falls = _crossings(volts, _level(volts, _LOWER), rising=False)
    # Noise crosses the middle several times; one rise counts after each fall below the lower level.
    _, places = np.unique(np.searchsorted(falls, rises), return_index=True)
    if len(places) < 2:
        return None
    kept = rises[places]
    return float(step * (kept[-1] - kept[0]) / (len(kept) - 1))


def _frequency(volts: Array, step: float) -> float | None:
    period = _period(volts, step)
    return 1.0 / period if period else None


def _edge(volts: Array, step: float, *, rising: bool) -> float | None:
    start, end = (_LOWER, _UPPER) if rising else (_UPPER, _LOWER)
    begun = _crossings(volts, _level(volts, start), rising=rising)
    ended = _crossings(volts, _level(volts, end), rising=rising)
    for each in ended:
        before = begun[begun <= each]
        if len(before):
            return float(step * (each - before[-1]))
    return None


def _width(volts: Array, step: float, *, positive: bool) -> float | None:
    middle = _level(volts, _MIDDLE)
    begun = _crossings(volts, middle, rising=positive)
    ended = _crossings(volts, middle, rising=not positive)
    for each in begun:
        after = ended[ended > each]
        if len(after):
            return float(step * (after[0] - each))
    return None


def _duty(volts: Array, step: float, *, positive: bool) -> float | None:
    width, period = _width(volts, step, positive=positive), _period(volts, step)
    return None if width is None or period is None else width / period


ITEMS: Mapping[str, Callable[[Array, float], float | None]] = {
    "max": lambda volts, _: float(volts.max()),
    "min": lambda volts, _: float(volts.min()),
    "pp": lambda volts, _: float(np.ptp(volts)),
    "top": lambda volts, _: _level(volts, 1.0),
    "base": lambda volts, _: _level(volts, 0.0),
    "amplitude": lambda volts, _: float(np.ptp(volts)),
    "mean": lambda volts, _: float(volts.mean()),
    "rms": lambda volts, _: float(np.sqrt(np.mean(np.square(volts)))),
    "period": _period,
    "frequency": _frequency,
    "rise": lambda volts, step: _edge(volts, step, rising=True),
    "fall": lambda volts, step: _edge(volts, step, rising=False),
    "width": lambda volts, step: _width(volts, step, positive=True),
    "gap": lambda volts, step: _width(volts, step, positive=False),
    "duty": lambda volts, step: _duty(volts, step, positive=True),
    "gap duty": lambda volts, step: _duty(volts, step, positive=False),
}
