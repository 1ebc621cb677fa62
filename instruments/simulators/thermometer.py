"""Platinum resistance thermometers: the law of IEC 60751, and a probe that follows slowly.

References
----------
IEC 60751: R(t) = R0 (1 + A t + B t2 + C (t - 100) t3), C below 0 degC only.
"""

from dataclasses import dataclass
from math import exp, sqrt

from instruments.simulators.accepted import above_zero, not_negative

__all__ = ["Probe", "SensorModel", "prt_resistance", "prt_temperature"]

_A, _B, _C = 3.9083e-3, -5.775e-7, -4.183e-12
_LOWEST, _HIGHEST = -200.0, 850.0  # [degC]


def prt_resistance(temperature: float, r0: float = 100.0) -> float:
    """Give the resistance [ohm] at a temperature [degC], of a thermometer of `r0` at 0 degC."""
    if not _LOWEST <= temperature <= _HIGHEST:
        raise ValueError(
            f"{temperature!r} degC is refused; accepted: {_LOWEST:g} to {_HIGHEST:g} degC"
        )
    return r0 * _ratio(temperature)


def prt_temperature(resistance: float, r0: float = 100.0) -> float:
    """Give the temperature [degC] at a resistance [ohm]."""
    low, high = r0 * _ratio(_LOWEST), r0 * _ratio(_HIGHEST)
    rounding = 1e-5 * r0  # tables end with a milliohm
    if not low - rounding <= resistance <= high + rounding:
        raise ValueError(f"{resistance!r} ohm is refused; accepted: {low:.4g} to {high:.4g} ohm")
    ratio = resistance / r0
    t = (-_A + sqrt(_A * _A - 4 * _B * (1 - ratio))) / (2 * _B)
    if ratio >= 1:
        return t
    # Below 0 degC the quartic has no handy inverse; the quadratic's is close enough to start.
    for _ in range(6):
        slope = _A + 2 * _B * t + _C * (4 * t**3 - 300 * t**2)
        t -= (_ratio(t) - ratio) / slope
    return t


def _ratio(t: float) -> float:
    return 1 + _A * t + _B * t * t + (_C * (t - 100) * t**3 if t < 0 else 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorModel:
    """What makes one probe differ from another.

    Attributes
    ----------
    tau
        Time constant in the medium [s].
    r0
        Resistance at 0 degC [ohm].
    offset
        Deviation that a calibration would find [K].
    self_heating
        Of the measuring current, per square of it [K/mA2].
    """

    tau: float = 8.0
    r0: float = 100.0
    offset: float = 0.0
    self_heating: float = 0.0

    def __post_init__(self) -> None:
        above_zero(self, "tau", "r0")
        not_negative(self, "self_heating")
        if not abs(self.offset) < 50:
            raise ValueError(f"offset {self.offset!r} is refused; accepted: between -50 and 50")


class Probe:
    """The state of one probe, which begins at the temperature of its medium [degC]."""

    def __init__(self, model: SensorModel, temperature: float = 23.0) -> None:
        self.model = model
        self.temperature = temperature

    def pass_time(self, temperature: float, seconds: float) -> None:
        """Let it follow a medium of constant temperature [degC]."""
        share = 1 - exp(-seconds / self.model.tau)
        self.temperature += (temperature - self.temperature) * share

    def indication(self, milliamperes: float = 0.0) -> float:
        """Give the temperature that its resistance stands for [degC]."""
        warmed = self.model.self_heating * milliamperes**2
        return self.temperature + self.model.offset + warmed

    def resistance(self, milliamperes: float = 0.0) -> float:
        """Give its resistance under a measuring current [ohm]."""
        return prt_resistance(self.indication(milliamperes), self.model.r0)
