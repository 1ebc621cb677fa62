"""Simulated Rigol DP832.

Source: Rigol DP800 Series Programming Guide, PGH03108-1110.
"""

from instruments.simulators.bench_supply import BenchSupply
from instruments.simulators.scpi_device import Call, ScpiDevice
from instruments.simulators.site import Site

__all__ = ["make"]

_RATING = {1: (32.0, 3.2), 2: (32.0, 3.2), 3: (5.3, 3.2)}


class _Supply(BenchSupply):
    def __init__(self, site: Site) -> None:
        identity = f"RIGOL TECHNOLOGIES,DP832,{site.serial},00.01.16"
        super().__init__(site, identity, _RATING, no_error='0,"No error"', form=".3f")
        # Rigol answers switches by words.
        self.on("OUTPut[:STATe]?", self._switch)
        self.on("INSTrument[:SELect]", lambda call: self.select(call.text.upper().lstrip("CH")))
        self.on("INSTrument[:SELect]?", lambda _: f"CH{self.selected}")
        self.on("MEASure[:VOLTage][:DC]?", lambda call: f"{self.volts(self._at(call)):.4f}")
        self.on("MEASure:CURRent[:DC]?", lambda call: f"{self.amperes(self._at(call)):.4f}")
        self.on("MEASure:POWEr[:DC]?", self._watts)
        self.on("MEASure:ALL[:DC]?", self._all)
        self.on("OUTPut:MODE?", lambda _: "CV")
        self.number("ovp", "OUTPut:OVP:VALue", 33.0, 0.01, 35.2)
        self.number("ocp", "OUTPut:OCP:VALue", 3.3, 0.001, 3.52)
        self.flag("ovp on", "OUTPut:OVP[:STATe]")
        self.flag("ocp on", "OUTPut:OCP[:STATe]")
        self.on("APPLy", self._apply)

    def _at(self, call: Call) -> int:
        return next(iter(self.places(call)[1]))

    def _switch(self, call: Call) -> str:
        return "ON" if self.delivers(self._at(call)) else "OFF"

    def _watts(self, call: Call) -> str:
        channel = self._at(call)
        return f"{self.volts(channel) * self.amperes(channel):.3f}"

    def _all(self, call: Call) -> str:
        channel = self._at(call)
        return f"{self.volts(channel):.4f},{self.amperes(channel):.4f},{self._watts(call)}"

    def _apply(self, call: Call) -> None:
        given, channels = self.places(call)
        for channel in channels:
            for name, text in zip(("voltage", "current"), given, strict=False):
                value = self._settings[name].read(text)
                self.check(name, value, channel)
                self.put(name, value, channel)


def make(site: Site) -> ScpiDevice:
    """Put a supply on the bench, wired at the channel that the bench file names."""
    return _Supply(site)
