"""Simulated Keysight E36312A: output 1 is wired to the node of its bench."""

from collections.abc import Callable, Mapping
from typing import Any

from instruments.simulators.log import EventLog
from instruments.simulators.scpi_device import DataError, ScpiDevice, channels, number, switch
from instruments.simulators.world import ElectricalWorld, World

__all__ = ["make"]

_RATING = {1: (6.18, 5.15), 2: (25.75, 1.03), 3: (25.75, 1.03)}


class _Supply(ScpiDevice):
    def __init__(self, world: ElectricalWorld, serial: str, say: EventLog, channel: int) -> None:
        super().__init__(f"Keysight Technologies,E36312A,{serial},1.0.4-1.0.0-1.05")
        self._world = world
        self._say = say
        self._wired = channel
        self._settings = {each: [0.0, 0.1] for each in _RATING}
        self._on = dict.fromkeys(_RATING, False)
        self.on("[SOURce:]VOLTage[:LEVel][:IMMediate][:AMPLitude]", lambda p: self._set(p, 0))
        self.on("[SOURce:]VOLTage[:LEVel][:IMMediate][:AMPLitude]?", lambda p: self._get(p, 0))
        self.on("[SOURce:]CURRent[:LEVel][:IMMediate][:AMPLitude]", lambda p: self._set(p, 1))
        self.on("[SOURce:]CURRent[:LEVel][:IMMediate][:AMPLitude]?", lambda p: self._get(p, 1))
        self.on("OUTPut[:STATe]", self._switch)
        self.on("OUTPut[:STATe]?", self._switches)
        self.on("MEASure[:SCALar]:VOLTage[:DC]?", lambda p: self._measure(p, self._volts))
        self.on("MEASure[:SCALar]:CURRent[:DC]?", lambda p: self._measure(p, self._amperes))

    def reset(self) -> None:
        """Switch all outputs off."""
        self._switch("OFF,(@1:3)")

    def _set(self, parameters: str, which: int) -> None:
        value, _, where = parameters.partition(",")
        for channel in channels(where, 3):
            self._settings[channel][which] = number(value, 0.0, _RATING[channel][which])
        self._wire()

    def _get(self, where: str, which: int) -> str:
        return ",".join(f"{self._settings[each][which]:+.8E}" for each in channels(where, 3))

    def _switch(self, parameters: str) -> None:
        word, _, where = parameters.partition(",")
        for channel in channels(where, 3):
            changed = self._on[channel] is not switch(word)
            self._on[channel] = switch(word)
            if changed:
                self._say("output", on=any(self._on.values()), channel=channel)
        self._wire()

    def _switches(self, where: str) -> str:
        return ",".join("1" if self._on[each] else "0" for each in channels(where, 3))

    def _wire(self) -> None:
        self._world.supply_voltage, self._world.supply_current = self._settings[self._wired]
        self._world.supply_on = self._on[self._wired]

    def _measure(self, where: str, what: Callable[[int], float]) -> str:
        return ",".join(f"{what(each):+.8E}" for each in channels(where, 3))

    def _volts(self, channel: int) -> float:
        if channel == self._wired:
            return self._world.voltage()
        return self._settings[channel][0] if self._on[channel] else 0.0

    def _amperes(self, channel: int) -> float:
        return round(self._world.currents()[0], 5) if channel == self._wired else 0.0


def make(world: World, serial: str, say: EventLog, options: Mapping[str, Any]) -> ScpiDevice:
    """Put a supply on the bench, wired at the channel that the bench file names."""
    if not isinstance(world, ElectricalWorld):
        raise ValueError("keysight_e36312a has no place in this world")
    channel = int(options.get("channel", 1))
    if channel not in _RATING:
        raise DataError(text=f"channel {channel}: accepted are 1, 2 and 3")
    return _Supply(world, serial, say, channel)
