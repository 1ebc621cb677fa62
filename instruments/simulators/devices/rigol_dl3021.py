"""Simulated Rigol DL3021: draws its current from the node of its bench."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from instruments.simulators.log import EventLog
from instruments.simulators.scpi_device import DataError, ScpiDevice, number, switch
from instruments.simulators.world import ElectricalWorld, World

__all__ = ["make"]

_STEP = 1e-4  # [A], read-back resolution
_NOISE = 2e-4  # [A]


class _Load(ScpiDevice):
    def __init__(self, world: ElectricalWorld, serial: str, say: EventLog) -> None:
        super().__init__(f"RIGOL TECHNOLOGIES,DL3021,{serial},00.01.05.00.01",
                         no_error='0,"No error"')  # fmt: skip
        self._world = world
        self._say = say
        self._random = np.random.default_rng(sum(map(ord, serial)))
        self.on("[SOURce:]FUNCtion", self._function)
        self.on("[SOURce:]FUNCtion?", lambda _: "CC")
        self.on("[SOURce:]CURRent[:LEVel][:IMMediate]", self._set)
        self.on("[SOURce:]CURRent[:LEVel][:IMMediate]?", lambda _: f"{world.load_current:.6f}")
        self.on("[SOURce:]INPut[:STATe]", self._switch)
        self.on("[SOURce:]INPut[:STATe]?", lambda _: "1" if world.load_on else "0")
        self.on("MEASure:VOLTage[:DC]?", lambda _: f"{world.voltage():.6f}")
        self.on("MEASure:CURRent[:DC]?", self._amperes)

    def reset(self) -> None:
        """Switch the input off."""
        self._switch("OFF")

    def _function(self, word: str) -> None:
        if word.upper() not in ("CURR", "CURRENT"):
            raise DataError(-224, "Illegal parameter value")

    def _set(self, value: str) -> None:
        self._world.load_current = number(value, 0.0, 40.0)

    def _switch(self, word: str) -> None:
        on = switch(word)
        if on is not self._world.load_on:
            self._say("output", on=on)
        self._world.load_on = on

    def _amperes(self, _: str) -> str:
        drawn = self._world.currents()[1]
        if drawn:
            drawn = round((drawn + self._random.normal(0.0, _NOISE)) / _STEP) * _STEP
        return f"{drawn:.6f}"


def make(world: World, serial: str, say: EventLog, options: Mapping[str, Any]) -> ScpiDevice:
    """Put a load on the bench."""
    if not isinstance(world, ElectricalWorld):
        raise ValueError("rigol_dl3021 has no place in this world")
    return _Load(world, serial, say)
