"""Where a simulated instrument stands: its role, its world, its log, its options."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from instruments.simulators.log import EventLog
from instruments.simulators.world import World

__all__ = ["Site"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a device module's `make` is given.

    Attributes
    ----------
    role
        Role on the bench.
    serial
        Serial number of the bench file.
    say
        Writes an event into the simulator's log.
    options
        Further keys of the role in the bench file.
    """

    role: str
    world: World
    serial: str
    say: EventLog
    options: Mapping[str, Any] = field(default_factory=dict)

    def switched(self, on: bool, was: bool, **values: object) -> bool:
        """Log an output that was switched; gives the new state."""
        if on is not was:
            self.say("output", on=on, **values)
        return on

    @property
    def seed(self) -> int:
        """A number of its own for each instrument's noise."""
        return sum(map(ord, self.role + self.serial))
