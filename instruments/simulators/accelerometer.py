"""Voltages of the accelerometers on a shaker's table and on its specimen, instant by instant.

Random vibration is one long stretch of noise that repeats; another instant of the bench's clock
gives another stretch. Outside its profile it falls by 24 dB per octave, as that of a closed loop
does (IEC 60068-2-64:2008, 4.3), and not at once.
"""

from math import isclose
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.simulators.excitation import Excitation, Random, Sine

__all__ = ["PLACES", "SENSITIVITY", "Accelerometers"]

Array = NDArray[np.float64]
PLACES = ("table", "specimen")
SENSITIVITY = 0.01  # [V/(m/s2)], conditioner included
_STRETCH, _RATE = 8.0, 65536.0  # [s], [1/s]
_FALL = 2.0**8  # of the density over an octave


class _Stretch(NamedTuple):
    """What a stretch of noise was made for, and it."""

    seed: int
    profile: Random
    level: float
    resonance: float
    signals: tuple[Array, Array]


class Accelerometers:
    """Two accelerometers on what an excitation drives."""

    def __init__(self, excitation: Excitation) -> None:
        self._drive = excitation
        self._stretch: _Stretch | None = None

    def volts(self, place: str, times: ArrayLike, *, at: float) -> Array:
        """Give the voltage [V] of "table" or "specimen", `times` [s] after the instant `at` [s]."""
        instants = np.asarray(times, np.float64)
        drive, number = self._drive, PLACES.index(place)
        if not drive.level > 0.0:
            return np.zeros(instants.shape)
        match drive.profile:
            case Sine(frequency=frequency):
                now = drive.levels()
                peak, phase = ((now.control, 0.0), (now.response, now.phase))[number]
                # Whole turns are left out: seconds since 1970 leave no digits for milliseconds.
                turns = frequency * at % 1.0
                angle = 2.0 * np.pi * (frequency * instants + turns) + phase
                return np.asarray(SENSITIVITY * peak * np.sin(angle))
            case Random() as profile:
                signal = self._noise(profile, int(1e6 * at) % 2**32)[number]
                grid = np.arange(len(signal)) / _RATE
                return SENSITIVITY * np.interp(instants, grid, signal, period=_STRETCH)
        return np.zeros(instants.shape)

    def _noise(self, profile: Random, seed: int) -> tuple[Array, Array]:
        level, resonance = self._drive.level, self._drive.shaker.resonance
        kept = self._stretch
        if (
            kept is not None
            and kept.seed == seed
            and kept.profile is profile
            and kept.level == level
            and isclose(kept.resonance, resonance)
        ):
            return kept.signals
        lines, densities = profile.frequencies, level**2 * profile.densities
        lines = np.concatenate(([lines[0] / 2], lines, [2 * lines[-1]]))
        densities = np.concatenate(([densities[0] / _FALL], densities, [densities[-1] / _FALL]))
        signals = self._drive.shaker.signal(lines, densities, _STRETCH, _RATE, seed)
        self._stretch = _Stretch(seed, profile, level, resonance, signals)
        return signals
