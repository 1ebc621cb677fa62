"""Simulated Keithley DMM6500 with its SCPI command set.

Source: Model DMM6500 Reference Manual, DMM6500-901-01, section 12.
"""

from instruments.simulators.keithley_meter import KeithleyMeter
from instruments.simulators.scpi_device import ScpiDevice
from instruments.simulators.site import Site

__all__ = ["make"]


class _Dmm6500(KeithleyMeter):
    options = "NONE"

    def __init__(self, site: Site) -> None:
        identity = f"KEITHLEY INSTRUMENTS,MODEL DMM6500,{site.serial},1.7.12b"
        super().__init__(site, identity, no_error='0,"No error;0;0 0"')
        self.on("[SENSe#:]FUNCtion[:ON]?", lambda _: self.reported())
        self.choice("language", "*LANG", "SCPI|TSP|SCPI2000|SCPI34401", "SCPI")
        self.number("line", "SYSTem:LFRequency", 60, 50, 60, form="d")
        self.on("SYSTem:TIME?", lambda _: "Thu Sep 21 09:06:41 2023")
        self.on("DISPlay:CLEar", lambda _: None)
        self.text("screen name", "DISPlay:SCReen")
        self.text("user text", "DISPlay:USER#:TEXT[:DATA]")
        self.on("[SENSe:]AZERo:ONCE", lambda _: None)


def make(site: Site) -> ScpiDevice:
    """Put a meter on the bench."""
    return _Dmm6500(site)
