"""Insulation under test voltage: leakage, slow absorption, capacitance, breakdown, earth bond."""

from dataclasses import dataclass
from math import exp, hypot, pi, sqrt

from instruments.simulators.accepted import above_zero, not_negative

__all__ = ["Insulation", "InsulationModel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InsulationModel:
    """What makes one insulation differ from another.

    Attributes
    ----------
    resistance
        Of conduction alone, which remains after a long time at dc [ohm].
    capacitance
        Across the insulation [F].
    loss
        Dielectric loss factor at mains frequency [1].
    breakdown
        Peak voltage that it withstands [V].
    absorption, absorption_tau
        Current into the dielectric at first, as a multiple of the conducted one [1], and the time
        constant with which it fades [s].
    carbonised
        What a breakdown leaves [ohm].
    grounding
        From the housing to the protective earth terminal [ohm].
    """

    resistance: float = 5e9
    capacitance: float = 1e-9
    loss: float = 0.01
    breakdown: float = 3200.0
    absorption: float = 2.0
    absorption_tau: float = 180.0
    carbonised: float = 10e3
    grounding: float = 0.045

    def __post_init__(self) -> None:
        above_zero(self, "resistance", "breakdown", "absorption_tau", "carbonised", "grounding")
        not_negative(self, "capacitance", "loss", "absorption")


class Insulation:
    """The state of one insulation: what its dielectric has absorbed, and whether it is whole."""

    def __init__(self, model: InsulationModel) -> None:
        self.model = model
        self.broken = False
        self._absorbed = 0.0  # [V]

    @property
    def grounding(self) -> float:
        """Resistance of the protective bonding [ohm]."""
        return self.model.grounding

    def withstands(self, volts: float, frequency: float = 0.0) -> bool:
        """Tell whether it stays whole at a dc voltage, or an ac one in rms [V]."""
        peak = abs(volts) * (sqrt(2.0) if frequency > 0 else 1.0)
        return not self.broken and peak <= self.model.breakdown

    def current(self, volts: float, frequency: float = 0.0) -> float:
        """Give the leakage [A] at this moment: dc with its sign, ac in rms.

        Above the breakdown voltage this is the current through the arc's channel.
        """
        model = self.model
        if not self.withstands(volts, frequency):
            return volts / model.carbonised
        if frequency > 0:
            reactive = 2 * pi * frequency * model.capacitance
            active = (1.0 + model.absorption) / model.resistance + reactive * model.loss
            return abs(volts) * hypot(active, reactive)
        absorbing = (volts - self._absorbed) * model.absorption / model.resistance
        return volts / model.resistance + absorbing

    def pass_time(self, volts: float, seconds: float, frequency: float = 0.0) -> None:
        """Let a constant voltage stand [V]; it is broken at once where it cannot."""
        if not self.withstands(volts, frequency):
            self.broken = True
            self._absorbed = 0.0
            return
        mean = 0.0 if frequency > 0 else volts
        share = exp(-seconds / self.model.absorption_tau)
        self._absorbed = mean + (self._absorbed - mean) * share
