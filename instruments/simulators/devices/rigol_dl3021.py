"""Simulated Rigol DL3021: draws its current from the bench's circuit.

Source: Rigol DL3000 Series Programming Guide, PGJ10101-1110.
"""

import numpy as np

from instruments.simulators.scpi_device import ScpiDevice
from instruments.simulators.site import Site

__all__ = ["make"]

_STEP = 1e-4  # [A], read-back resolution
_NOISE = 2e-4  # [A]
_MODES = {"CURR": "CC", "RES": "CR", "VOLT": "CV", "POW": "CP"}


class _Load(ScpiDevice):
    def __init__(self, site: Site) -> None:
        super().__init__(
            f"RIGOL TECHNOLOGIES,DL3021,{site.serial},00.01.05.00.01",
            no_error='0,"No error"',
            form=".6f",
        )
        self._site = site
        self._random = np.random.default_rng(site.seed)
        self._load = site.world.circuit.load(site.role)
        site.world.watch(site.role, lambda: self._load.on)
        self.choice("mode", "[SOURce:]FUNCtion", "CURRent|RESistance|VOLTage|POWer", "CURR")
        # Set by CURRent, it answers CC.
        self.on("[SOURce:]FUNCtion?", lambda _: _MODES[str(self.value("mode"))])
        self.number("current", "[SOURce:]CURRent[:LEVel][:IMMediate]", 0.0, 0.0, 40.0)
        self.number("range", "[SOURce:]CURRent:RANGe", 40.0, 0.0, 40.0)
        self.number("slew", "[SOURce:]CURRent:SLEW[:BOTH]", 0.5, 0.001, 3.0)
        self.number("start", "[SOURce:]CURRent:VON", 0.0, 0.0, 150.0)
        self.flag("input", "[SOURce:]INPut[:STATe]")
        self.flag("sense", "[SOURce:]SENSe[:STATe]")
        self.on("MEASure[:SCALar]:VOLTage[:DC]?", lambda _: f"{self._volts():.6f}")
        self.on("MEASure[:SCALar]:CURRent[:DC]?", lambda _: f"{self._amperes():.6f}")
        self.on("MEASure[:SCALar]:POWer[:DC]?", lambda _: f"{self._volts() * self._amperes():.6f}")

    def changed(self, name: str, place: int) -> None:
        """Wire what was set to the circuit."""
        on = self._site.switched(bool(self.value("input")), self._load.on)
        self._load.on, self._load.current = on, self.amount("current")
        self._site.world.circuit.settle()

    def _volts(self) -> float:
        return self._site.world.circuit.voltage("out")

    def _amperes(self) -> float:
        drawn = self._load.drawn
        if drawn:
            drawn = round((drawn + self._random.normal(0.0, _NOISE)) / _STEP) * _STEP
        return float(drawn)


def make(site: Site) -> ScpiDevice:
    """Put a load on the bench."""
    return _Load(site)
