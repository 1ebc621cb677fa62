"""The motion of a crosshead: it gains and loses speed at a finite rate."""

from math import copysign, inf, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Crosshead"]


class Crosshead:
    """Where the crosshead stands at any instant since its last order.

    Parameters
    ----------
    acceleration
        Of starting, stopping and changing speed [mm/s2].
    compliance
        Of frame and grips: crosshead travel per force, beyond the specimen's own [mm/N].
    """

    def __init__(self, acceleration: float, compliance: float = 0.0) -> None:
        self._acceleration = acceleration
        self.compliance = compliance
        self._from = 0.0  # [s]
        self._place = 0.0  # [mm]
        self._before = 0.0  # [mm/s]
        self._speed = 0.0  # [mm/s]

    def go(self, instant: float, speed: float) -> None:
        """Order a speed [mm/s] at an instant [s] after the last one; 0 stops."""
        place, before = float(self.travel(instant)), self.speed(instant)
        self._from, self._place, self._before, self._speed = instant, place, before, speed

    def stand(self, instant: float) -> None:
        """Order a stop and have it done: what remains of the motion is run out at once."""
        speed = self.speed(instant)
        place = float(self.travel(instant)) + speed * abs(speed) / (2 * self._acceleration)
        self._from, self._place, self._before, self._speed = instant, place, 0.0, 0.0

    def speed(self, instant: float) -> float:
        """Give the speed [mm/s]."""
        gained = min(self._acceleration * (instant - self._from), abs(self._speed - self._before))
        return self._before + copysign(gained, self._speed - self._before)

    def travel(self, instants: ArrayLike) -> NDArray[np.float64]:
        """Give the travel [mm] at instants [s] from the last order on."""
        passed = np.asarray(instants, float) - self._from
        change = self._speed - self._before
        gaining = np.minimum(passed, abs(change) / self._acceleration)
        bent = self._before * gaining + copysign(self._acceleration / 2, change) * gaining**2
        return np.asarray(self._place + bent + self._speed * (passed - gaining), np.float64)

    def reaches(self, travel: float) -> float:
        """Tell when an upward travel [mm] is reached [s]; infinite if never."""
        missing = travel - self._place
        if missing <= 0:
            return self._from
        ramp = abs(self._speed - self._before) / self._acceleration
        in_ramp = (self._before + self._speed) / 2 * ramp
        if in_ramp < missing:
            late = (missing - in_ramp) / self._speed if self._speed > 0 else inf
            return self._from + ramp + late
        bend = copysign(self._acceleration, self._speed - self._before)
        # The stable root of before x + bend x2 / 2 = missing.
        root = sqrt(max(self._before**2 + 2 * bend * missing, 0.0))
        return self._from + 2 * missing / (self._before + root)
