"""Simulated Rohde & Schwarz HMP4040.

Source: R&S HMP Series SCPI Programmers Manual, 5800.4730.02.
"""

from instruments.simulators.bench_supply import BenchSupply
from instruments.simulators.scpi_device import Call, ScpiDevice
from instruments.simulators.site import Site

__all__ = ["make"]

_RATING = dict.fromkeys((1, 2, 3, 4), (32.05, 10.0))


class _Supply(BenchSupply):
    def __init__(self, site: Site) -> None:
        identity = f"ROHDE&SCHWARZ,HMP4040,{site.serial},HW50020001/SW2.62"
        super().__init__(site, identity, _RATING, no_error='0,"No error"', form=".3f")
        self.flag("general", "OUTPut:GENeral")
        self.flag("output", "OUTPut:SELect")
        self.on("OUTPut[:STATe]", self._both)
        self.on("OUTPut[:STATe]?", lambda _: str(int(self.delivers(self.selected))))
        self.on("INSTrument[:SELect]", lambda call: self.select(call.text[-1:]))
        self.on("INSTrument[:SELect]?", lambda _: f"OUTP{self.selected}")
        self.on("MEASure[:SCALar]:VOLTage[:DC]?", lambda _: f"{self.volts(self.selected):.3f}")
        self.on("MEASure[:SCALar]:CURRent[:DC]?", lambda _: f"{self.amperes(self.selected):.4f}")
        self.on("SYSTem:MIX", lambda _: None)
        self.flag("fuse", "FUSE[:STATe]")
        self.number("ovp", "VOLTage:PROTection[:LEVel]", 33.0, 0.0, 33.0)

    def delivers(self, channel: int) -> bool:
        """Need the channel's own switch and the general one."""
        return bool(self.value("output", channel)) and bool(self.value("general"))

    def _both(self, call: Call) -> None:
        on = self._settings["output"].read(call.text)
        self.put("output", on, self.selected)
        if on:
            self.put("general", True)


def make(site: Site) -> ScpiDevice:
    """Put a supply on the bench, wired at the channel that the bench file names."""
    return _Supply(site)
