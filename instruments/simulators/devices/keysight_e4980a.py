"""Simulated Keysight E4980A with option 001, which sees the bench's two-pole in its fixture.

Source: Keysight E4980A/AL User's Guide, E4980-90230, "SCPI Command Reference" and "Data Transfer".
The command set holds that of its predecessor, the Agilent 4284A.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from math import hypot, isfinite

import numpy as np

from instruments.simulators.fixture import Corrections
from instruments.simulators.impedance_pairs import PAIRS, pair
from instruments.simulators.scpi_device import Call, DataError, ScpiDevice
from instruments.simulators.scpi_text import plain_number
from instruments.simulators.site import Site

__all__ = ["make"]

_OUT_OF_RANGE = -222
_SWEPT = {
    "frequency": "FREQuency[:CW]",
    "level": "VOLTage[:LEVel]",
    "current": "CURRent[:LEVel]",
    "bias": "BIAS:VOLTage[:LEVel]",
    "bias current": "BIAS:CURRent[:LEVel]",
}
_SWEEP_DONE = 8 + 16  # operation status: sweep and measurement completed
_NOISE = 2e-5  # relative
_HIGHEST = 1e10  # [ohm], beyond which the bridge finds no balance
_SHORT, _LONG = "+.5E", "+.9E"


class _Meter(ScpiDevice):
    options = "001"

    def __init__(self, site: Site) -> None:
        identity = f"Keysight Technologies,E4980A,{site.serial},A.06.15"
        super().__init__(identity, form="+.14E")
        self._site = site
        self._random = np.random.default_rng(site.seed)
        self._delivered = 0
        self._corrections = Corrections()
        self._points: list[float] = []
        self._swept = "frequency"
        self._data: str | None = None
        self._said = ""
        self._by_current = False
        self._done = 0
        self._was_biased = False
        site.world.watch(site.role, lambda: bool(self.value("bias on")))
        self._declare_signal()
        self._declare_function()
        self._declare_corrections()
        self._declare_list()
        self._declare_trigger()

    @property
    def overload(self) -> str:  # type: ignore[override]
        """The last reply as it reads where the bridge finds no balance."""
        before, separator, _ = self._said.rpartition(";")
        return f"{before}{separator}+9.90000E+37,+9.90000E+37,+1"

    def handle(self, line: str, refusal: tuple[int, str] | None = None) -> str | bytes | None:
        """Carry out one program message."""
        reply = super().handle(line, refusal)
        self._said = str(reply or "")
        return reply

    def bounded(
        self, name: str, header: str, default: float, low: float, high: float, form: str = "+.14E"
    ) -> None:
        """Add a number that this maker moves to the nearest end of its range, without an error."""
        self.number(name, header, default, low, high, form=form)
        setting = self._settings[name]

        def read(text: str) -> float:
            try:
                return float(setting.read(text))
            except DataError as error:
                if error.code != _OUT_OF_RANGE:
                    raise
            return min(max(plain_number(text), low), high)

        self._declare(name, header, replace(setting, read=read))

    def _declare_signal(self) -> None:
        self.bounded("frequency", _SWEPT["frequency"], 1e3, 20.0, 2e6)
        self.bounded("level", _SWEPT["level"], 1.0, 0.0, 20.0)
        self.bounded("current", _SWEPT["current"], 0.01, 0.0, 0.1)
        self.bounded("bias", _SWEPT["bias"], 0.0, -40.0, 40.0)
        self.bounded("bias current", _SWEPT["bias current"], 0.0, -0.1, 0.1)
        self.flag("bias on", "BIAS:STATe")
        self.flag("bias auto", "BIAS:RANGe:AUTO", True)
        self.flag("level control", "AMPLitude:ALC")
        self.flag("power", "OUTPut:HPOWer[:STATe]", True)
        self.flag("isolation", "OUTPut:DC:ISOLation[:STATe]")
        self.on(f"{_SWEPT['level']}?", lambda call: self._level("level", call))
        self.on(f"{_SWEPT['current']}?", lambda call: self._level("current", call))

    def _level(self, name: str, call: Call) -> str:
        # The level that is not in use does not exist.
        if self._by_current is not (name == "current"):
            raise DataError(-230, "Data corrupt or stale")
        return self._get(name, self._settings[name], call)

    def _declare_function(self) -> None:
        self.choice("function", "FUNCtion:IMPedance[:TYPE]", "|".join(PAIRS), "CPD")
        self.bounded("range", "FUNCtion:IMPedance:RANGe[:VALue]", 100.0, 0.1, 1e5)
        self.flag("auto", "FUNCtion:IMPedance:RANGe:AUTO", True)
        self.flag("monitor v", "FUNCtion:SMONitor:VAC[:STATe]")
        self.flag("monitor i", "FUNCtion:SMONitor:IAC[:STATe]")
        self.choice("aperture", "APERture", "SHORt|MEDium|LONG", "MED")
        self.bounded("averages", "APERture:AVERages", 1, 1, 256, "d")
        self.on("APERture", self._aperture)
        self.on("APERture?", lambda _: f"{self.value('aperture')},{self.amount('averages'):.0f}")
        self.choice("format", "FORMat[:DATA]", "ASCii|REAL", "ASC")
        self.flag("long", "FORMat:ASCii:LONG")
        self.flag("comparator", "COMParator[:STATe]")
        self.choice("page", "DISPlay:PAGE", "MEASurement|LIST|MSETup|BNUMber|BCOunt|CSETup|LTABle"
                    "|LSETup|CATAlog|SYSTem|SELF|SERVice|MLARge", "MEAS")  # fmt: skip
        self.text("line", "DISPlay:LINE")

    def _aperture(self, call: Call) -> None:
        time, _, averages = call.text.partition(",")
        self._set("aperture", self._settings["aperture"], Call(time))
        if averages:
            self._set("averages", self._settings["averages"], Call(averages))

    def _declare_corrections(self) -> None:
        for name in ("OPEN", "SHORt", "LOAD"):
            self.on(f"CORRection:{name}[:EXECute]", partial(self._correct, name))
            self.flag(f"{name} on", f"CORRection:{name}:STATe")
        self.choice("standard", "CORRection:LOAD:TYPE", "|".join(PAIRS), "CPD")
        self.bounded("length", "CORRection:LENGth", 0, 0, 4, "d")
        self.choice("method", "CORRection:METHod", "SINGle|MULTi", "SING")
        self.choice("method load", "CORRection:USE:DATA", "SINGle|MULTi", "SING")
        for name in ("OPEN", "SHORt", "LOAD"):
            self.on(f"CORRection:SPOT#:{name}[:EXECute]", partial(self._correct, name))
        self.flag("spot", "CORRection:SPOT#:STATe")
        self.bounded("spot frequency", "CORRection:SPOT#:FREQuency", 1e3, 20.0, 2e6)
        self.choice("spot standard", "CORRection:SPOT#:LOAD:STANdard", "|".join(PAIRS), "CPD")

    def _declare_list(self) -> None:
        for name, header in _SWEPT.items():
            self.on(f"LIST:{header}", partial(self._list, name))
            self.on(f"LIST:{header}?", lambda _: ",".join(f"{p:{self._form}}" for p in
                                                          self._points))  # fmt: skip
        self.choice("list mode", "LIST:MODE", "SEQuence|STEPped", "SEQ")
        self.on("LIST:CLEar[:ALL]", lambda _: self._points.clear())

    def _declare_trigger(self) -> None:
        self.choice("trigger", "TRIGger:SOURce", "INTernal|HOLD|EXTernal|BUS", "INT")
        self.bounded("delay", "TRIGger:DELay", 0.0, 0.0, 999.0)
        self.bounded("step delay", "TRIGger:TDELay", 0.0, 0.0, 999.0)
        self.flag("continuous", "INITiate:CONTinuous", True)
        # The 4284A's client asks for it under this name as well.
        self.flag("continuous trigger", "TRIGger:CONTinuous", True)
        self.on("INITiate[:IMMediate]", lambda _: None)
        self.on("TRIGger:INITiate[:IMMediate]", lambda _: None)
        self.on("TRIGger[:IMMediate]", lambda _: self._trigger())
        self.on("*TRG", self._triggered_by_bus)
        self.on("FETCh[:IMPedance[:FORMatted]]?", lambda _: self._fetched())
        self.on("FETCh:IMPedance:CORRected?", lambda _: self._parts())
        self.on("FETCh:SMONitor:VAC?", lambda _: f"{self.amount('level'):{self._digits}}")
        self.on("FETCh:SMONitor:IAC?", lambda _: f"{self._current():{self._digits}}")
        self.on("STATus:OPERation[:EVENt]?", lambda _: self._operation())
        self.on("STATus:OPERation:CONDition?", lambda _: "+0")

    def changed(self, name: str, place: int) -> None:
        """Follow the level in use, leave autoranging, and switch the bias."""
        if name in ("level", "current") and place:
            self._by_current = name == "current"
        if name == "range" and place:
            self.values["auto", 1] = False
        if name == "bias on":
            self._was_biased = self._site.switched(bool(self.value(name)), self._was_biased)

    def reset(self) -> None:
        """Go to the state of ``*RST``; what was measured for corrections is kept, but off."""
        self._points, self._data, self._by_current = [], None, False
        super().reset()

    @property
    def _digits(self) -> str:
        return _LONG if self.value("long") else _SHORT

    def _correct(self, name: str, _: Call) -> None:
        impedance, bench = self._site.world.impedance, self._site.world
        law = bench.fixture.around(lambda f: impedance.at(f, bench.ambient))
        if name == "OPEN":
            self._corrections.opened = law
        elif name == "SHORt":
            self._corrections.shorted = law
        self.put(f"{name} on", True)

    def _impedance(self) -> complex:
        bench, frequency = self._site.world, self.amount("frequency")
        bias = self.amount("bias") if self.value("bias on") else 0.0
        law = bench.fixture.around(lambda f: bench.impedance.at(f, bench.ambient, bias))
        found = self._corrections.corrected(
            law(frequency), frequency,
            opened=bool(self.value("OPEN on")), shorted=bool(self.value("SHORt on")),
        )  # fmt: skip
        spread = _NOISE / np.sqrt(self.amount("averages"))
        return found * complex(1.0 + self._random.normal(0, spread), self._random.normal(0, spread))

    def _current(self) -> float:
        return self.amount("level") / max(abs(self._impedance()), 1e-3)

    def _measure(self) -> str:
        self._delivered += 1
        self._site.say("delivered", samples=self._delivered)
        ohms = self._impedance()
        values = pair(str(self.value("function")), ohms, self.amount("frequency"))
        over = abs(ohms) > _HIGHEST or not all(isfinite(each) for each in values)
        texts = [f"{9.9e37 if over else each:{self._digits}}" for each in values]
        # The last field of a list is the decision between its limits.
        tail = ["+0"] if self.value("page") == "LIST" or self.value("comparator") else []
        return ",".join([*texts, f"{int(over):+d}", *tail])

    def _trigger(self) -> None:
        if self.value("page") != "LIST" or not self._points:
            self._data = self._measure()
            self._done |= 16
            return
        kept, found = self.amount(self._swept), []
        for point in self._points:
            self.values[self._swept, 1] = point
            found.append(self._measure())
        self.values[self._swept, 1] = kept
        self._data = ",".join(found)
        self._done |= _SWEEP_DONE

    def _triggered_by_bus(self, _: Call) -> str:
        if self.value("trigger") != "BUS":
            raise DataError(-211, "Trigger ignored")
        self._trigger()
        return self._fetched()

    def _fetched(self) -> str:
        if self.value("trigger") == "INT" or self._data is None:
            self._trigger()
        assert self._data is not None
        return self._data

    def _parts(self) -> str:
        ohms = self._impedance()
        if hypot(ohms.real, ohms.imag) > _HIGHEST:
            ohms = complex(9.9e37, 9.9e37)
        return f"{ohms.real:{self._digits}},{ohms.imag:{self._digits}}"

    def _list(self, name: str, call: Call) -> None:
        read = self._settings[name].read
        self._points, self._swept = [float(read(word)) for word in call.words], name

    def _operation(self) -> str:
        found, self._done = self._done, 0
        return f"{found:+d}"

    def places(self, call: Call) -> tuple[list[str], Iterable[int]]:
        """Take spots by their number; all else has one place."""
        return call.words, (call.suffixes[-1] if call.suffixes else 1,)


def make(site: Site) -> ScpiDevice:
    """Put a meter on the bench."""
    return _Meter(site)
