"""What Keithley's multimeters have beside those of other makers: filters, digits, references."""

from instruments.simulators.multimeter import FUNCTIONS, Multimeter
from instruments.simulators.site import Site

__all__ = ["KeithleyMeter"]

_NAMES = {"VOLT": "VOLT:DC", "CURR": "CURR:DC"}


class KeithleyMeter(Multimeter):
    """A multimeter of the maker's SCPI dialect."""

    def __init__(self, site: Site, identity: str, *, no_error: str) -> None:
        super().__init__(site, identity, no_error=no_error, names=_NAMES)
        for short, header in FUNCTIONS.items():
            stem = f"[SENSe#:]{header}"
            self.number(f"{short} digits", f"{stem}:DIGits", 6, 3, 7, form="d")
            self.number(f"{short} shown", f"DISPlay:{header}:DIGits", 6, 3, 7, form="d")
            self.flag(f"{short} filter", f"{stem}:AVERage[:STATe]")
            self.number(f"{short} filtered", f"{stem}:AVERage:COUNt", 10, 1, 100, form="d")
            self.choice(f"{short} kind", f"{stem}:AVERage:TCONtrol", "REPeat|MOVing|HYBRid", "REP")
            for word in ("REFerence", "RELative"):
                self.number(f"{short} {word}", f"{stem}:{word}", 0.0, -1e9, 1e9)
                self.flag(f"{short} {word} on", f"{stem}:{word}:STATe")
                self.on(f"{stem}:{word}:ACQuire", lambda _: None)
            self.number(f"{short} detector", f"{stem}:DETector:BANDwidth", 3.0, 3.0, 3e4)
            self.flag(f"{short} azero", f"{stem}:AZERo[:STATe]", True)
            self.number(
                f"{short} threshold", f"{stem}:THReshold[:VOLTage]:RANGe", 10.0, 0.0, 1010.0
            )
            self.flag(f"{short} threshold auto", f"{stem}:THReshold[:VOLTage]:RANGe:AUTO", True)
        self.flag("enabled", "DISPlay:ENABle", True)
        self.flag("continuous", "INITiate:CONTinuous", True)
        self.number("sequence delay", "TRIGger[:SEQuence]:DELay", 0.0, 0.0, 999999.0)
        self.number("sequence timer", "TRIGger[:SEQuence]:TIMer", 0.1, 0.001, 999999.0)
        self._buffer()
        self.text("format", "FORMat[:DATA]", "ASCII")
        self.text("elements", "FORMat:ELEMents", "READ")
        self.on("SENSe:DATA:FRESh?", lambda _: self.fresh())
        self.on("SENSe:DATA?", lambda _: self.fresh())
        self.on("DATA[:LATest]?", lambda _: self.fresh())
        self.on("STATus:QUEue:CLEar", lambda _: None)
        self.on("STATus:PRESet", lambda _: None)

    def _buffer(self) -> None:
        """Declare the buffer that readings are stored in."""
        self.number("measurement enable", "STATus:MEASurement:ENABle", 0, 0, 65535, form="d")
        self.choice("feed", "TRACe:FEED", "SENSe[1]|CALCulate[1]|NONE", "NONE")
        self.choice("feed control", "TRACe:FEED:CONTrol", "NEVer|NEXT|ALWays", "NEV")
        self.on("TRACe:CLEar", lambda _: self._memory.clear())
        self.on("TRACe:DATA?", lambda _: self._written())
        self.on("*STB?", lambda _: str(self._status()))

    @property
    def stored(self) -> int:
        """How many readings the buffer holds."""
        return len(self._memory)

    def _status(self) -> int:
        # Measurement event register, bit 9: buffer full; status byte, bits 0 (measurement summary),
        # 2 (error available) and 6 (service requested).
        full = bool(self._memory) and self.stored >= self.amount("points")
        summary = full and bool(int(self.amount("measurement enable")) & 512)
        status = int(summary) | 4 * bool(self.errors)
        return status | 64 * bool(status & int(self.amount("*SRE")))
