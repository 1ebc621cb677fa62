"""Simulated Keysight 34465A: reads the node of its bench."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from instruments.simulators.log import EventLog
from instruments.simulators.scpi_device import ScpiDevice
from instruments.simulators.world import ClimaticWorld, ElectricalWorld, World

__all__ = ["make"]


class _Meter(ScpiDevice):
    def __init__(self, world: ElectricalWorld | ClimaticWorld, serial: str, say: EventLog) -> None:
        super().__init__(f"Keysight Technologies,34465A,{serial},A.03.03-03.15-03.03-00.52-02-01")
        self._world = world
        self._say = say
        self._random = np.random.default_rng(sum(map(ord, serial)))
        self._function = "VOLT"
        self._delivered = 0
        self.on("MEASure[:VOLTage][:DC]?", self._volts)
        self.on("MEASure:CURRent[:DC]?", lambda _: self._reading(0.0, 2e-8))
        self.on("MEASure:RESistance?", lambda _: "+9.90000000E+37")
        self.on("CONFigure[:VOLTage][:DC]", self._configure)
        self.on("CONFigure?", lambda _: f'"{self._function} +1.00000000E+01,+3.00000000E-06"')
        self.on("READ?", self._volts)
        self.on("[SENSe:]VOLTage[:DC]:NPLC", lambda _: None)

    def _configure(self, _: str) -> None:
        self._function = "VOLT"

    def _volts(self, _: str) -> str:
        return self._reading(self._world.voltage(), 2e-5)

    def _reading(self, value: float, noise: float) -> str:
        self._delivered += 1
        self._say("delivered", samples=self._delivered)
        return f"{value + self._random.normal(0.0, noise):+.8E}"


def make(world: World, serial: str, say: EventLog, options: Mapping[str, Any]) -> ScpiDevice:
    """Put a meter on the bench."""
    if not isinstance(world, ElectricalWorld | ClimaticWorld):
        raise ValueError("keysight_34465a has no place in this world")
    return _Meter(world, serial, say)
