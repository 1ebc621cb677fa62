"""A body of one temperature that dissipates power and gives its heat to the air around it."""

from dataclasses import dataclass
from math import expm1, inf, log1p

from instruments.simulators.accepted import above_zero

__all__ = ["ABSOLUTE_ZERO", "HeatModel", "ThermalMass"]

ABSOLUTE_ZERO = -273.15  # [degC]
_LARGEST_EXPONENT = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatModel:
    """How a body keeps its heat.

    Attributes
    ----------
    thermal_resistance
        From the body to the air [K/W].
    tau
        Time constant of warming and cooling [s].
    """

    thermal_resistance: float = 20.0
    tau: float = 30.0

    def __post_init__(self) -> None:
        above_zero(self, "thermal_resistance", "tau")

    @property
    def capacity(self) -> float:
        """Heat that warms the body by one kelvin [J/K]."""
        return self.tau / self.thermal_resistance


class ThermalMass:
    """The temperature of one body [degC].

    Parameters
    ----------
    ambient
        Temperature of body and air at the beginning [degC].
    thermal_resistance, tau
        See `HeatModel`, [K/W] and [s].
    """

    def __init__(self, ambient: float, thermal_resistance: float, tau: float) -> None:
        self.model = HeatModel(thermal_resistance=thermal_resistance, tau=tau)
        self.temperature = max(ambient, ABSOLUTE_ZERO)

    def pass_time(
        self, watts: float, seconds: float, ambient: float, feedback: float = 0.0
    ) -> None:
        """Let a constant power heat the body; exact for a step of any length.

        Parameters
        ----------
        watts
            Power at the present temperature [W]; negative cools.
        seconds
            Length of the step [s].
        ambient
            Temperature of the air [degC].
        feedback
            What the power gains with the body's temperature [W/K], as in a resistor with tempco.
        """
        slope, rate = self._law(watts, ambient, feedback)
        self.temperature += slope * _share(rate, seconds)
        self.temperature = max(self.temperature, ABSOLUTE_ZERO)

    def reaches(
        self, temperature: float, watts: float, ambient: float, feedback: float = 0.0
    ) -> float:
        """Tell after how long it would be as warm as `temperature` [s]; infinite if never."""
        slope, rate = self._law(watts, ambient, feedback)
        missing = temperature - self.temperature
        if missing <= 0:
            return 0.0
        if slope <= 0 or rate * missing >= slope:
            return inf
        return missing / slope if rate == 0 else -log1p(-rate * missing / slope) / rate

    def _law(self, watts: float, ambient: float, feedback: float) -> tuple[float, float]:
        """Give the present warming [K/s] and the rate at which it fades [1/s]."""
        model = self.model
        slope = (ambient - self.temperature + model.thermal_resistance * watts) / model.tau
        return slope, (1.0 - model.thermal_resistance * feedback) / model.tau


def _share(rate: float, seconds: float) -> float:
    """Integrate exp(-rate t) over the step [s]; a negative rate is a thermal runaway."""
    exponent = -rate * seconds
    if abs(exponent) < 1e-12:
        return seconds
    return expm1(min(exponent, _LARGEST_EXPONENT)) / -rate
