"""A climatic chamber: air that follows its set-point, a specimen that follows the air."""

from dataclasses import dataclass
from math import exp

__all__ = ["Chamber", "ChamberModel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChamberModel:
    """What makes one chamber and specimen differ from another.

    Attributes
    ----------
    ambient
        Temperature of the room [degC].
    heating, cooling
        Fastest change of the air [K/min].
    air_tau, specimen_tau
        Time constants of the air after its set-point and of the specimen after the air [s].
    transmitter
        Slope of the specimen's temperature transmitter [V/degC].
    """

    ambient: float = 23.0
    heating: float = 3.0
    cooling: float = 1.5
    air_tau: float = 90.0
    specimen_tau: float = 420.0
    transmitter: float = 0.01

    def __post_init__(self) -> None:
        for name in ("heating", "cooling", "air_tau", "specimen_tau", "transmitter"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} {getattr(self, name)!r} is refused; accepted: above 0")


class Chamber:
    """The state of chamber and specimen [degC]."""

    def __init__(self, model: ChamberModel) -> None:
        self.model = model
        self.air = model.ambient
        self.specimen = model.ambient
        self.set_point = model.ambient
        self.running = False

    def pass_time(self, seconds: float) -> None:
        """Let heat flow for a short while."""
        goal = self.set_point if self.running else self.model.ambient
        tau = self.model.air_tau if self.running else 10 * self.model.air_tau
        change = (goal - self.air) * (1 - exp(-seconds / tau))
        most = self.model.heating * seconds / 60
        least = -self.model.cooling * seconds / 60
        self.air += min(max(change, least), most)
        self.specimen += (self.air - self.specimen) * (1 - exp(-seconds / self.model.specimen_tau))
