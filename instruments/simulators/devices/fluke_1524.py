"""Simulated Fluke 1524: the first probe in the air around the specimen, the second at it.

Source: Fluke 1523/1524 Reference Thermometer Technical Guide, remote interface.
"""

import numpy as np

from instruments.simulators.scpi_device import Call, DataError, ScpiDevice
from instruments.simulators.site import Site
from instruments.simulators.thermometer import Probe

__all__ = ["make"]

_NOISE = 1e-3  # [K], standard deviation
_CURRENT = 1.0  # [mA]


class _Model1524(ScpiDevice):
    end = "\r\n"
    over = "serial"

    def __init__(self, site: Site) -> None:
        super().__init__(f"FLUKE,1524,{site.serial},1.20", no_error='0,"No error"')
        self._world = site.world
        self._plugged = int(site.options.get("probes", 2))
        self._random = np.random.default_rng(site.seed)
        # They follow from now on, not from the first question on.
        self._probe(1)
        self._probe(2)
        self.choice("unit", "UNIT:TEMPerature", "C|F|K", "C")
        for word in ("FETCh", "MEASure", "READ"):
            # Clients write the number of the input with a space and without.
            self.on(f"{word}?#", self._read)

    def _read(self, call: Call) -> str:
        text = call.words[0] if call.words else str(call.suffixes[-1])
        if text not in ("1", "2"):
            raise DataError
        if int(text) > self._plugged:
            raise DataError(-230, "Data corrupt or stale")
        celsius = self._probe(int(text)).indication(_CURRENT) + float(
            self._random.normal(0.0, _NOISE)
        )
        return f"{self._shown(celsius):.3f}"

    def _probe(self, number: int) -> Probe:
        return self._world.probe if number == 1 else self._world.contact_probe

    def _shown(self, celsius: float) -> float:
        match self.value("unit"):
            case "F":
                return celsius * 1.8 + 32.0
            case "K":
                return celsius + 273.15
        return celsius


def make(site: Site) -> ScpiDevice:
    """Put a thermometer on the bench."""
    return _Model1524(site)
