"""An analytical balance: settling, linearity, temperature drift, zero and tare.

References
----------
OIML R 76-1:2006, 4.5.1: zero-setting works within 4 % of the capacity, at start within 20 %.
"""

from dataclasses import dataclass
from math import exp, inf, pi, sin

import numpy as np

from instruments.simulators.accepted import above_zero, not_negative

__all__ = ["Balance", "BalanceModel"]

_ZERO_SHARE = 0.02  # of the capacity, within which it may be zeroed
_START_SHARE = 0.2  # of the capacity, within which it takes a load for its zero at start
_OVER = 9  # readabilities above the capacity that are still shown
_DRAWN_EVERY = 0.1  # [s]


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceModel:
    """What makes one balance differ from another.

    Attributes
    ----------
    capacity, readability
        Largest load and step of the display [g].
    linearity
        Greatest deviation between zero and capacity [g].
    repeatability
        Standard deviation of the indication [g].
    settling
        Time constant [s].
    drift
        Of the sensitivity with temperature since it was adjusted [1/K].
    adjusted_at
        Temperature of the last adjustment [degC].
    """

    capacity: float = 220.0
    readability: float = 1e-4
    linearity: float = 2e-4
    repeatability: float = 5e-5
    settling: float = 0.4
    drift: float = 1.5e-6
    adjusted_at: float = 23.0

    def __post_init__(self) -> None:
        above_zero(self, "capacity", "readability", "settling")
        not_negative(self, "linearity", "repeatability")
        if not self.readability < self.capacity / 100:
            raise ValueError(
                f"readability {self.readability!r} is refused; accepted: "
                "below a hundredth of capacity"
            )


class Balance:
    """The state of one balance; masses in grams."""

    def __init__(self, model: BalanceModel, seed: int = 1) -> None:
        self.model = model
        self._seed = seed
        self._load = 0.0
        self._pan = 0.0
        self._zero = 0.0
        self._tare = 0.0
        self._elapsed = 0.0
        self._starting = False
        self._temperature = model.adjusted_at
        self._adjusted_at = model.adjusted_at

    def load(self, grams: float) -> None:
        """Put a mass on the pan, in place of what lay there; negative lifts the pan."""
        self._load = grams

    def pass_time(self, seconds: float, ambient: float | None = None) -> None:
        """Let it settle, in a room of `ambient` [degC] if that changed."""
        self._elapsed += seconds
        self._pan += (self._load - self._pan) * (1 - exp(-seconds / self.model.settling))
        if ambient is not None:
            self._temperature = ambient

    def restart(self) -> None:
        """Lose the tare, and look for a new zero once the pan stands still."""
        self._zero = self._tare = 0.0
        self._starting = True

    @property
    def lying(self) -> float:
        """What truly lies on the pan [g]."""
        return self._load

    @property
    def ready(self) -> bool:
        """Whether it has found its zero since it was started; a loaded pan holds that up."""
        if self._starting and self.stable:
            self._starting = abs(self._pan) > _START_SHARE * self.model.capacity
            if not self._starting:
                self._zero = self.gross
        return not self._starting

    @property
    def stable(self) -> bool:
        """Whether the indication stands still."""
        return abs(self._load - self._pan) < self.model.readability / 2

    @property
    def gross(self) -> float:
        """Indication without tare, before its step [g]."""
        model = self.model
        share = self._pan / model.capacity
        bent = model.linearity * sin(2 * pi * share) if 0 < share < 1 else 0.0
        drifted = self._pan * model.drift * (self._temperature - self._adjusted_at)
        return self._pan + bent + drifted + self._noise() - self._zero

    @property
    def overload(self) -> bool:
        """Whether more lies on the pan than it shows."""
        return self.gross + self._zero > self.model.capacity + _OVER * self.model.readability

    @property
    def underload(self) -> bool:
        """Whether the pan is lifted or missing."""
        return self.gross < -_ZERO_SHARE * self.model.capacity

    @property
    def tare_weight(self) -> float:
        """What is taken off the indication [g]."""
        return self._tare

    def indication(self) -> float:
        """Give what the display shows [g]; infinite over, minus infinite under its range."""
        if self.overload:
            return inf
        if self.underload:
            return -inf
        return self._step(self.gross - self._tare)

    def zero(self) -> bool:
        """Set a new zero; tells whether it did: only when stable and nearly unloaded."""
        within = abs(self.gross + self._zero) <= _ZERO_SHARE * self.model.capacity
        if not self.stable or not within:
            return False
        self._zero += self.gross
        self._tare = 0.0
        return True

    def untare(self) -> None:
        """Forget the tare."""
        self._tare = 0.0

    def preset(self, grams: float) -> bool:
        """Take a known tare off the indication; tells whether its range allows that."""
        if not 0 <= grams <= self.model.capacity:
            return False
        self._tare = self._step(grams)
        return True

    def tare(self) -> bool:
        """Take the present load off the indication; tells whether it did: only when stable."""
        if not self.stable or self.overload or self.gross < -self.model.readability:
            return False
        self._tare = max(self._step(self.gross), 0.0)
        return True

    def adjust(self) -> bool:
        """Adjust the sensitivity with the built-in weight; tells whether it did."""
        if not self.stable or abs(self._load) > self.model.readability:
            return False
        self._adjusted_at = self._temperature
        return True

    def _noise(self) -> float:
        # Drawn from the instant: whoever asks twice is answered alike, in whatever steps time ran.
        instant = int(self._elapsed / _DRAWN_EVERY + 1e-6)
        random = np.random.default_rng((self._seed, instant))
        return float(random.normal(0.0, self.model.repeatability))

    def _step(self, grams: float) -> float:
        return round(grams / self.model.readability) * self.model.readability
