"""A lithium-ion cell: open-circuit voltage, ohmic and polarisation resistance, counted charge."""

from bisect import bisect_right
from dataclasses import dataclass
from math import exp

__all__ = ["Cell", "CellModel"]

# State of charge to open-circuit voltage [V]; shape of an NMC/graphite cell.
_SOC = (-0.05, 0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.05)
_OCV = (1.5, 2.70, 3.00, 3.25, 3.42, 3.53, 3.60, 3.65, 3.72, 3.81, 3.91, 4.01, 4.09, 4.20, 4.35)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellModel:
    """What makes one cell differ from another.

    Attributes
    ----------
    capacity
        Charge between empty and full [A h].
    resistance
        Ohmic resistance [ohm].
    polarisation
        Resistance of the slow part [ohm], with its time constant `tau` [s].
    soc
        State of charge when mounted [0..1].
    """

    capacity: float = 2.5
    resistance: float = 0.025
    polarisation: float = 0.02
    tau: float = 40.0
    soc: float = 0.3

    def __post_init__(self) -> None:
        for name in ("capacity", "resistance", "polarisation", "tau"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} {getattr(self, name)!r} is refused; accepted: above 0")
        if not 0 <= self.soc <= 1:
            raise ValueError(f"soc {self.soc!r} is refused; accepted: 0 to 1")


class Cell:
    """The state of one mounted cell; currents are positive where they discharge it [A]."""

    def __init__(self, model: CellModel) -> None:
        self.model = model
        self.charge = model.soc * model.capacity * 3600.0  # [A s]
        self.discharged = 0.0  # [A s]
        self.charged = 0.0  # [A s]
        self._polarised = 0.0  # [V]

    @property
    def soc(self) -> float:
        """State of charge, 1 when full."""
        return self.charge / (self.model.capacity * 3600.0)

    @property
    def inner_voltage(self) -> float:
        """Voltage behind the ohmic resistance [V]."""
        soc = min(max(self.soc, _SOC[0]), _SOC[-1])
        place = min(bisect_right(_SOC, soc), len(_SOC) - 1)
        low, high = _SOC[place - 1], _SOC[place]
        share = (soc - low) / (high - low)
        return _OCV[place - 1] + share * (_OCV[place] - _OCV[place - 1]) - self._polarised

    def voltage(self, current: float) -> float:
        """Terminal voltage [V] while `current` flows."""
        return self.inner_voltage - current * self.model.resistance

    def pass_time(self, current: float, seconds: float) -> None:
        """Let a constant current flow."""
        moved = current * seconds
        self.charge -= moved
        if moved > 0:
            self.discharged += moved
        else:
            self.charged -= moved
        goal = current * self.model.polarisation
        self._polarised += (goal - self._polarised) * (1 - exp(-seconds / self.model.tau))
