"""A resistor whose value follows its temperature, and whose temperature follows its current."""

from dataclasses import dataclass

from instruments.simulators.accepted import above_zero, not_negative
from instruments.simulators.thermal import ThermalMass

__all__ = ["Resistor", "ResistorModel"]

_OPEN = 1e12  # [ohm], of a burnt resistor
# The linear law ends far from the temperatures that it was measured at.
_LEAST_SHARE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class ResistorModel:
    """What makes one resistor differ from another.

    Attributes
    ----------
    resistance
        At the reference temperature [ohm].
    tempco
        Temperature coefficient of the resistance [1/K].
    reference
        Temperature at which `resistance` holds [degC].
    thermal_resistance, thermal_tau
        From the resistor to the air [K/W], and its time constant [s].
    contact
        Of leads and contacts [ohm]; two-wire measurements see it, four-wire ones do not.
    burns_at
        Temperature above which it is an open circuit for good [degC].
    """

    resistance: float = 100.0
    tempco: float = 3.9e-3
    reference: float = 20.0
    thermal_resistance: float = 20.0
    thermal_tau: float = 30.0
    contact: float = 0.0
    burns_at: float = 350.0

    def __post_init__(self) -> None:
        above_zero(self, "resistance", "thermal_resistance", "thermal_tau")
        not_negative(self, "contact")
        if not abs(self.tempco) < 1:
            raise ValueError(f"tempco {self.tempco!r} is refused; accepted: between -1 and 1")
        if not self.burns_at > self.reference:
            raise ValueError(f"burns_at {self.burns_at!r} is refused; accepted: above reference")


class Resistor:
    """The state of one resistor, which begins at the temperature of its air [degC]."""

    def __init__(self, model: ResistorModel, ambient: float) -> None:
        self.model = model
        self.burnt = False
        self._body = ThermalMass(ambient, model.thermal_resistance, model.thermal_tau)

    @property
    def temperature(self) -> float:
        """Of the resistor itself [degC]."""
        return self._body.temperature

    @property
    def resistance(self) -> float:
        """At the present temperature, as four wires find it [ohm]."""
        if self.burnt:
            return _OPEN
        model = self.model
        share = 1.0 + model.tempco * (self.temperature - model.reference)
        return model.resistance * max(share, _LEAST_SHARE)

    @property
    def two_wire(self) -> float:
        """What two wires find [ohm]."""
        return self.resistance + self.model.contact

    def thevenin(self) -> tuple[float, float]:
        """Give the voltage of its own, none [V], and the resistance behind it [ohm]."""
        return 0.0, self.resistance

    def pass_time(self, current: float, seconds: float, ambient: float) -> None:
        """Let a constant current [A] heat it in air of `ambient` [degC]."""
        if self.burnt:
            self._body.pass_time(0.0, seconds, ambient)
            return
        model = self.model
        watts = current**2 * self.resistance
        feedback = current**2 * model.resistance * model.tempco
        whole = min(self._body.reaches(model.burns_at, watts, ambient, feedback), seconds)
        self._body.pass_time(watts, whole, ambient, feedback)
        if whole < seconds:
            self.burnt = True
            self._body.pass_time(0.0, seconds - whole, ambient)
