"""What the channels of a scanner are wired to: points of the bench with a voltage or a temperature.

A channel is wired by the bench file, else as `default_point` says::

    [simulator.wiring.logger]
    inputs = {101 = "device", 102 = "air", 103 = "out"}

"place-1" to "place-9" lie in the working space of the chamber, the first in its centre; "humidity"
is the voltage of a hygrometer there.
"""

from collections.abc import Callable, Mapping

import numpy as np

from instruments.simulators.site import Site

__all__ = ["ROOM", "SEEBECK", "Points"]

# Kind to the thermopower near 25 degC [uV/K] (IEC 60584-1, tables of the electromotive force).
SEEBECK = {"B": 0.05, "E": 60.9, "J": 51.7, "K": 40.5, "N": 26.6, "R": 5.9, "S": 6.0, "T": 40.6}
ROOM = 23.0  # [degC]
_TERMINALS = 0.4  # [K], by which the terminals are warmer than the room
_SENSOR = 0.1  # [K], spread of the sensors at the terminals
_PLACES = 9
_HYGROMETER = 0.01  # [V/%]


class Points:
    """The points that the channels of one scanner reach.

    Parameters
    ----------
    site
        Its option ``inputs`` wires channels to "out", "in", "device", "specimen", "air", "room",
        "place-1" to "place-9", "humidity" or "open", a broken wire; its option ``wire`` is the kind
        of all thermocouples ("K").
    """

    def __init__(self, site: Site, random: np.random.Generator) -> None:
        self._world = site.world
        # Each module's sensor has an error of its own, which stays.
        self._sensor = {slot: float(random.normal(0.0, _SENSOR)) for slot in range(1, 4)}
        wired: Mapping[str, str] = site.options.get("inputs", {})
        self._wired = {int(channel): point for channel, point in wired.items()}
        self.kind = str(site.options.get("wire", "K"))
        self._temperatures: Mapping[str, Callable[[], float]] = {
            "device": lambda: self._world.circuit.temperature,
            "specimen": lambda: self._world.chamber.specimen,
            "air": lambda: self._world.ambient,
            "room": lambda: ROOM,
            **{f"place-{n}": self._place(n) for n in range(1, _PLACES + 1)},
        }
        known = (*self._temperatures, "out", "in", "humidity", "open")
        for channel, point in self._wired.items():
            if point not in known:
                raise ValueError(
                    f"input {channel} = {point!r} of {site.role} is refused; "
                    f"accepted: {', '.join(known)}"
                )
        if self.kind not in SEEBECK:
            raise ValueError(f"wire {self.kind!r} is refused; accepted: {', '.join(SEEBECK)}")

    def _place(self, number: int) -> Callable[[], float]:
        return lambda: self._world.chamber.sensors(_PLACES)[number - 1]

    def is_open(self, channel: int) -> bool:
        """Tell whether the wire of a channel is broken."""
        return self._wired.get(channel) == "open"

    def voltage(self, channel: int) -> float:
        """Give the voltage at a channel [V]: a node's, or a transmitter's where no circuit is."""
        world = self._world
        default = {101: "out", 102: "in"} if world.has("circuit") else {101: "specimen"}
        point = self._wired.get(channel, default.get(channel, ""))
        if point in ("out", "in"):
            return world.circuit.voltage(point)
        if point == "specimen":
            return world.chamber.specimen * world.chamber.model.transmitter
        if point == "humidity":
            return world.chamber.humidity * _HYGROMETER
        return 0.0

    def temperature(self, channel: int) -> float:
        """Give the temperature at the end of a channel's wire [degC]."""
        if self._world.has("chamber"):
            first = "specimen"
        else:
            first = "device" if self._world.has("circuit") else "air"
        point = self._wired.get(channel, first if channel % 100 == 1 else "air")
        return self._temperatures.get(point, self._temperatures["air"])()

    def terminals(self, channel: int) -> float:
        """Give the temperature at the terminals of a channel, as its module's sensor has it."""
        return ROOM + _TERMINALS + self._sensor[channel // 100]

    def thermocouple(
        self, channel: int, kind: str, *, junction: float | None, checked: bool
    ) -> float | None:
        """Give what a scanner makes of a thermocouple [degC], None where it finds it broken.

        Parameters
        ----------
        kind
            Kind that the scanner takes it for; another wire is a wrong scale.
        junction
            Temperature that it takes for the terminals' [degC], None where it measures it.
        checked
            Whether it looks for a broken wire; else that reads as the terminals.
        """
        cold = self.terminals(channel) if junction is None else junction
        if self.is_open(channel):
            return None if checked else cold
        scale = SEEBECK[self.kind] / SEEBECK[kind]
        return cold + (self.temperature(channel) - ROOM - _TERMINALS) * scale
