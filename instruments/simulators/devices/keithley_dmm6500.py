"""Simulated Keithley DMM6500 with its SCPI command set.

Source: Model DMM6500 Reference Manual, DMM6500-901-01, section 12.
"""

from instruments.simulators.keithley_meter import KeithleyMeter
from instruments.simulators.scpi_device import DataError, ScpiDevice, Value
from instruments.simulators.site import Site

__all__ = ["make"]


_RANGES = {
    "RES": (10.0, 100.0, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8),
    "FRES": (1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8),
    "CAP": (1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3),
}
_LARGEST = 7_000_000  # readings of the standard style
_EVENTS = "NONE|COMMand|DISPlay|NOTify1|NOTify2|NOTify3|TIMer1|TIMer2|TIMer3|TIMer4|EXTernal"
_BRIGHTNESS = "ON100|ON75|ON50|ON25|OFF|BLACkout"


class _Dmm6500(KeithleyMeter):
    options = "NONE"
    cycles = (0.0005, 15.0)
    ranges = _RANGES
    written = "G"

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
        self.choice("format", "FORMat[:DATA]", "ASCii|REAL|SREal", "ASC")
        self.choice("brightness", "DISPlay:LIGHt:STATe", _BRIGHTNESS, "ON50")
        self.number("bias", "[SENSe#:]DIODe:BIAS:LEVel", 1e-3, 1e-5, 1e-2)
        self.number("points", "TRACe:POINts", 100_000, 0, _LARGEST, form="d")
        self.on("TRACe:ACTual?", lambda _: str(self.stored))
        # The timers of the trigger model.
        self.number("timer delay", "TRIGger:TIMer#:DELay", 1e-5, 8e-6, 1e5)
        self.choice("timer start", "TRIGger:TIMer#:STARt:STIMulus", _EVENTS, "NONE")
        self._without_card()

    def check(self, name: str, value: Value, place: int) -> None:
        """Refuse a buffer of a few readings."""
        if name == "points" and 0 < float(value) < 10:
            raise DataError

    def changed(self, name: str, place: int) -> None:
        """Give a buffer of size 0 all the memory."""
        if name == "points" and place and not self.amount(name):
            self.values[name, place] = float(_LARGEST)
        super().changed(name, place)

    def _without_card(self) -> None:
        """Answer about the slot for a scanner card, which is empty."""
        self.on("SYSTem:CARD#:IDN?", lambda _: "Empty Slot")
        for header in ("VMAX", "VCHannel:STARt", "VCHannel:END"):
            self.on(f"SYSTem:CARD#:{header}?", lambda _: "0")
        self.number("pseudo card", "SYSTem:PCARd#", 0, 0, 2001, form="d")
        self.text("scan", "ROUTe:SCAN[:CREate]", "")
        self.number("scans", "ROUTe:SCAN:COUNt:SCAN", 1, 0, 1e8, form="d")
        self.number("scan interval", "ROUTe:SCAN:INTerval", 0.0, 0.0, 1e5)


def make(site: Site) -> ScpiDevice:
    """Put a meter on the bench."""
    return _Dmm6500(site)
