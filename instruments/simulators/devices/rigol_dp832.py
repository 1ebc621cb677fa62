"""Simulated Rigol DP832.

Source: Rigol DP800 Series Programming Guide, PGH03108-1110.
"""

from functools import partial

from instruments.simulators.bench_supply import BenchSupply
from instruments.simulators.scpi_device import Call, ScpiDevice, Value
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
        self.number("ovp", "OUTPut:OVP:VALue", 33.0, 0.001, 35.2)
        self.number("ocp", "OUTPut:OCP:VALue", 3.3, 0.001, 3.52)
        self.flag("ovp on", "OUTPut:OVP[:STATe]")
        self.flag("ocp on", "OUTPut:OCP[:STATe]")
        # The same once more, of the selected channel.
        self.number("ovp", "[SOURce#:]VOLTage:PROTection[:LEVel]", 33.0, 0.001, 35.2)
        self.number("ocp", "[SOURce#:]CURRent:PROTection[:LEVel]", 3.3, 0.001, 3.52)
        for name, header in (("ovp on", "VOLTage"), ("ocp on", "CURRent")):
            self.flag(name, f"[SOURce#:]{header}:PROTection:STATe")
            for query in (f"[SOURce#:]{header}:PROTection:STATe?", f"OUTPut:{name[:3].upper()}?"):
                self.on(query, partial(self._word, name))
        self.on("APPLy", self._apply)

    def _at(self, call: Call) -> int:
        return next(iter(self.places(call)[1]))

    def value(self, name: str, place: int = 1) -> Value:
        """Give a setting; protection starts 10 % above the rating of its channel."""
        if name == "ovp" and (name, place) not in self.values:
            return 5.5 if place == 3 else 33.0
        return super().value(name, place)

    def _word(self, name: str, call: Call) -> str:
        return "ON" if self.value(name, self._at(call)) else "OFF"

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
