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
        self.text("format", "FORMat[:DATA]", "ASCII")
        self.text("elements", "FORMat:ELEMents", "READ")
        self.on("SENSe:DATA:FRESh?", lambda _: self.fresh())
        self.on("SENSe:DATA?", lambda _: self.fresh())
        self.on("DATA[:LATest]?", lambda _: self.fresh())
        self.on("STATus:QUEue:CLEar", lambda _: None)
        self.on("STATus:PRESet", lambda _: None)
        self.flag("beeper", "SYSTem:BEEPer:STATe", True)
