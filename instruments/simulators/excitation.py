"""What drives a shaker: a profile, a level that ramps, and limits beyond which it is cut off."""

from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray

from instruments.simulators.shaker import Shaker, between, rms

__all__ = ["Excitation", "Levels", "Random", "Sine"]

_RAMPING, _STEADY = 0.05, 5.0  # [s] in one step, while the level moves and while it is held
_LINES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sine:
    """One frequency [Hz] at a peak acceleration of the table [m/s2]."""

    frequency: float
    acceleration: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Random:
    """A spectral density of the table by its lines.

    Attributes
    ----------
    frequencies, densities
        Lines [Hz] and one-sided densities [(m/s2)2/Hz].
    """

    frequencies: NDArray[np.float64] = field(repr=False)
    densities: NDArray[np.float64] = field(repr=False)

    @classmethod
    def of(cls, frequencies: list[float], densities: list[float]) -> "Random":
        """Join break points, straight in double-logarithmic scales."""
        lines = np.geomspace(frequencies[0], frequencies[-1], _LINES)
        lines[0], lines[-1] = frequencies[0], frequencies[-1]
        found = between(lines, np.asarray(frequencies, float), np.asarray(densities, float))
        return cls(frequencies=lines, densities=found)

    def rms(self, order: int = 0) -> float:
        """Give the effective acceleration, its first or its second integral [m/s2, m/s, m]."""
        return rms(self.frequencies, self.densities / (2 * np.pi * self.frequencies) ** (2 * order))


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """What table and specimen do: peak for a sine, effective for random vibration.

    Attributes
    ----------
    control, response
        Acceleration of the table and of the specimen [m/s2].
    phase
        Of the response against the table [rad]; 0 where there is none.
    """

    control: float = 0.0
    response: float = 0.0
    phase: float = 0.0


class Excitation:
    """The state of one drive in closed loop.

    Attributes
    ----------
    level
        Share of the demanded acceleration that the ramp has reached [1].
    deviation
        Factor below the demand at which the control level cuts the drive off [1].
    most_response
        Acceleration of the specimen that cuts it off [m/s2].
    cut_by
        What cut it off: "CONTROL", "RESPONSE", or what `cut` was told; "" for nothing.
    """

    def __init__(self, shaker: Shaker) -> None:
        self.shaker = shaker
        self.profile: Sine | Random | None = None
        self.level = 0.0
        self.deviation = 0.0
        self.most_response = inf
        self.cut_by = ""
        self._slope = 0.0

    @property
    def driven(self) -> bool:
        """Whether the table is driven, or about to be."""
        return self.level > 0.0 or self._slope > 0.0

    @property
    def ramping(self) -> bool:
        """Whether the level moves."""
        return self._slope != 0.0

    @property
    def rising(self) -> bool:
        """Whether the level moves up."""
        return self._slope > 0.0

    def start(self, profile: Sine | Random, seconds: float) -> None:
        """Ramp up to a profile."""
        self.profile, self.level, self.cut_by = profile, 0.0, ""
        self._slope = 1.0 / seconds

    def run_down(self, seconds: float) -> None:
        """Ramp down to rest from where the level is."""
        if self.driven:
            self._slope = -1.0 / seconds

    def cut(self, why: str = "") -> None:
        """Take the drive off at once."""
        self.level = self._slope = 0.0
        self.cut_by = why

    def pass_time(self, seconds: float) -> None:
        """Let the level move, the loop watch its limits, and the specimen tire."""
        while seconds > 1e-9 and self.driven:
            step = min(seconds, _RAMPING if self.ramping else _STEADY)
            seconds -= step
            reached = min(max(self.level + self._slope * step, 0.0), 1.0)
            self._wear((self.level + reached) / 2, step)
            self.level = reached
            if self.level in (0.0, 1.0):
                self._slope = 0.0
            self._watch()

    def _wear(self, level: float, seconds: float) -> None:
        match self.profile:
            case Sine(frequency=frequency, acceleration=acceleration):
                self.shaker.pass_time(frequency, level * acceleration, seconds)
            case Random(frequencies=frequencies, densities=densities):
                self.shaker.pass_random(frequencies, level**2 * densities, seconds)

    def _watch(self) -> None:
        now = self.levels()
        if now.response > self.most_response:
            self.cut("RESPONSE")
        elif now.control < self._demanded() * self.deviation:
            self.cut("CONTROL")

    def _demanded(self) -> float:
        match self.profile:
            case Sine(acceleration=acceleration):
                return self.level * acceleration
            case Random() as random:
                return self.level * random.rms()
        return 0.0

    def levels(self) -> Levels:
        """Tell what table and specimen do at present."""
        if not self.level > 0.0:
            return Levels()
        match self.profile:
            case Sine(frequency=frequency, acceleration=acceleration):
                drive = self.shaker.drive(frequency, self.level * acceleration)
                return Levels(control=drive.control, response=drive.response, phase=drive.phase)
            case Random(frequencies=frequencies, densities=densities):
                control, response = self.shaker.rms(frequencies, self.level**2 * densities)
                return Levels(control=control, response=response)
        return Levels()

    def truth(self) -> dict[str, object]:
        """Tell the true state."""
        now = self.levels()
        return {
            "shaker.control": now.control,
            "shaker.response": now.response,
            "shaker.resonance_Hz": self.shaker.resonance,
            "shaker.damage": self.shaker.damage,
        }
