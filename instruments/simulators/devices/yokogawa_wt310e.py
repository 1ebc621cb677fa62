"""Simulated Yokogawa WT310E at a node of the bench's circuit, `node` = "in" or "out".

Source: WT310E/WT310EH/WT332E/WT333E Communication Interface User's Manual, IM WT310E-17EN,
chapters 5 (answers with their headers) and 6; ranges and over-range from IM WT310E-02EN, 1.5.
Integration, harmonics and the external sensor are not simulated.
"""

import re
from collections.abc import Callable
from math import isfinite, log10
from typing import Any

import numpy as np

from instruments.simulators.scpi_device import Call, DataError, ScpiDevice, Value
from instruments.simulators.site import Site

__all__ = ["make"]

_VOLTAGES = (15.0, 30.0, 60.0, 150.0, 300.0, 600.0)
_CURRENTS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
_UP, _OVER = 1.3, 1.4  # shares of a range at which it is left, and beyond which it shows nothing
_ZERO = 0.005  # share of a range below which rms values are zero
_UPDATE = 0.25  # [s]
_NOISE, _SHARE = 5e-5, 5e-4  # of the range; of the largest error admitted
_ITEMS = ("U", "I", "P", "S", "Q", "LAMBDA", "PHI", "FU", "FI", "UPPEAK", "UMPEAK", "IPPEAK",
          "IMPEAK", "URANGE", "IRANGE")  # fmt: skip
_SHORT = {"LAMB": "LAMBDA", "UPP": "UPPEAK", "UMP": "UMPEAK", "IPP": "IPPEAK", "IMP": "IMPEAK",
          "URAN": "URANGE", "IRAN": "IRANGE"}  # fmt: skip
_NAN, _INF = "NAN", "INF"


class _Analyser(ScpiDevice):
    overload = _INF
    error_headers = ("STAT:ERR", "STATUS:ERR")

    def __init__(self, site: Site) -> None:
        self._headers: dict[str, str] = {}
        super().__init__(f"YOKOGAWA,WT310E,{site.serial},F1.04", no_error='0,"NO ERROR"')
        self._site = site
        self._node = str(site.options.get("node", "out"))
        if self._node not in ("in", "out"):
            raise ValueError(f"node {self._node!r} is refused; accepted: in, out")
        self._random = np.random.default_rng(site.seed)
        # Its own errors, within the specification and the same as long as it lives.
        self._gains = 1.0 + self._random.uniform(-_SHARE, _SHARE, 2)
        self._offsets = self._random.uniform(-_SHARE, _SHARE, 2)
        self._ready_at = 0.0
        self._items: dict[int, str] = {}
        self._held: dict[str, str] | None = None
        self._delivered = 0
        self._declare_input()
        self._declare_interface()
        self._declare_numeric()
        self.power_on()
        self._ready_at = 0.0

    def _declare_input(self) -> None:
        self.choice("mode", "[INPut]:MODE", "RMS|VMEan|DC", "RMS")
        self.choice("crest", "[INPut]:CFACtor", "3|6|A6", "3")
        self.choice("wiring", "[INPut]:WIRing", "P1W2", "P1W2")
        self.choice("sync", "[INPut]:SYNChronize", "VOLTage|CURRent|OFF", "VOLT")
        for name, ranges in (("VOLTage", _VOLTAGES), ("CURRent", _CURRENTS)):
            what = name.upper()
            self.number(f"{what} range", f"[INPut]:{name}:RANGe", ranges[-1], 0.0, ranges[-1])
            self.on(f"[INPut]:{name}:RANGe?", self._range_answer(what))
            self.flag(f"{what} auto", f"[INPut]:{name}:AUTO")
        self.flag("line filter", "[INPut]:FILTer:LINE")
        self.flag("frequency filter", "[INPut]:FILTer:FREQuency")
        self.on("[INPut]:CRANge?", lambda _: "0")
        self.on("[INPut]:POVer?", lambda _: "0")
        self.flag("averaging", "MEASure:AVERaging[:STATe]")
        self.choice("averaging kind", "MEASure:AVERaging:TYPE", "LINear|EXPonent", "LIN")
        self.number("averaging count", "MEASure:AVERaging:COUNt", 8, 8, 64, form="d")
        self.flag("max hold", "MEASure:MHOLd")
        self.flag("hold", "SAMPle:HOLD")
        self.choice("rate", "SAMPle:RATE", "100MS|250MS|500MS|1S|2S|5S|10S|20S|AUTO", "250MS")

    def _declare_interface(self) -> None:
        self.flag("header", "COMMunicate:HEADer", True)
        self.flag("verbose", "COMMunicate:VERBose", True)
        self.flag("remote", "COMMunicate:REMote")
        self.flag("lockout", "COMMunicate:LOCKout")
        self.flag("keys", "SYSTem:KLOCk")
        self.choice("commands", "SYSTem:COMMunicate:COMMand", "WT200|WT300|WT300E", "WT300E")
        self.on("COMMunicate:WAIT", lambda _: None)
        self.on("STATus:ERRor?", lambda _: self._next_error())
        self.flag("messages", "STATus:QMESsage", True)
        self.on("*CAL?", lambda _: "0")
        self.on("STATus:CONDition?", lambda _: "0")
        self.on("STATus:EESR?", lambda _: "1")
        self.choice("filter", "STATus:FILTer#", "RISE|FALL|BOTH|NEVer", "NEV")
        self.on("SYSTem:MODel?", lambda _: '"WT310E"')
        self.on("SYSTem:SERial?", lambda _: f'"{self._site.serial}"')

    def _declare_numeric(self) -> None:
        self.choice("format", "NUMeric:FORMat", "ASCii|FLOat", "ASC")
        self.number("count", "NUMeric[:NORMal]:NUMber", 3, 1, 255, form="d")
        self.on("NUMeric[:NORMal]:ITEM#", self._set_item)
        self.on("NUMeric[:NORMal]:ITEM#?", self._item_answer)
        self.on("NUMeric[:NORMal]:PRESet", lambda _: self._preset())
        self.on("NUMeric[:NORMal]:CLEar", lambda _: self._items.clear())
        self.on("NUMeric[:NORMal]:VALue?", self._values)

    # Settings and how they are answered.

    def _declare(self, name: str, header: str, setting: Any) -> None:  # noqa: ANN401 (its own)
        super()._declare(name, header, setting)
        self._headers[name] = header

    def _get(self, name: str, setting: Any, call: Call) -> str:  # noqa: ANN401 (its own)
        reply = super()._get(name, setting, call)
        return reply if name.startswith("*") else self._with_header(self._headers[name], reply)

    def _with_header(self, header: str, reply: str) -> str:
        if not self.value("header"):
            return reply
        if self.value("verbose"):
            return f":{re.sub('[][]', '', header).upper()} {reply}"
        without = re.sub(r"\[.*?\]", "", header)
        return f":{re.sub('[a-z]', '', without).lstrip(':')} {reply}"

    def places(self, call: Call) -> tuple[list[str], tuple[int, ...]]:
        """Keep no settings apart: there is one element."""
        return call.words, (1,)

    def check(self, name: str, value: Value, place: int) -> None:
        """Refuse a range that it does not have."""
        ranges = {"VOLTAGE range": _VOLTAGES, "CURRENT range": _CURRENTS}.get(name)
        scale = 1.0 if self.value("crest") == "3" else 2.0
        if ranges and not any(abs(float(value) * scale / each - 1) < 1e-6 for each in ranges):
            raise DataError

    def changed(self, name: str, place: int) -> None:
        """Leave autoranging where a range is chosen, keep the values while they are held."""
        if name.endswith(" range") and place:
            self.values[name.replace("range", "auto"), 1] = False
        if name == "hold":
            self._held = self._fresh() if self.value("hold") else None

    def power_on(self) -> None:
        """Come back as shipped; the first values take an update."""
        super().power_on()
        self._ready_at = self._site.world.clock.now() + _UPDATE

    def reset(self) -> None:
        """Go to the state of ``*RST``."""
        self._preset()
        super().reset()

    def _next_error(self) -> str:
        if not self.errors:
            return self._no_error
        code, text = self.errors.popleft()
        return f'{abs(code)},"{text}"'

    def _range_answer(self, what: str) -> Callable[[Call], str]:
        header = self._headers[f"{what} range"]
        return lambda _: self._with_header(header, _engineering(self._range(what)))

    # Items.

    def _preset(self) -> None:
        self._items = {1: "U", 2: "I", 3: "P"}

    def _set_item(self, call: Call) -> None:
        words = [word.upper() for word in call.words]
        name = _SHORT.get(words[0], words[0]) if words else ""
        if name == "NONE":
            self._items.pop(call.suffixes[-1], None)
            return
        if name not in _ITEMS or words[1:] not in ([], ["1"]):
            raise DataError(-224, "Illegal parameter value")
        self._items[call.suffixes[-1]] = name

    def _item_answer(self, call: Call) -> str:
        number = call.suffixes[-1]
        name = self._items.get(number)
        return self._with_header(f"NUMeric[:NORMal]:ITEM{number}", f"{name},1" if name else "NONE")

    def _values(self, call: Call) -> str:
        count = int(self.amount("count"))
        wanted = [int(call.text)] if call.text.isdigit() else range(1, count + 1)
        self._delivered += 1
        self._site.say("delivered", samples=self._delivered)
        found = self._held if self._held is not None else self._fresh()
        return ",".join(found.get(self._items.get(number, ""), _NAN) for number in wanted)

    # What it measures.

    def _true(self, what: str) -> float:
        circuit = self._site.world.circuit
        return circuit.voltage(self._node) if what == "VOLTAGE" else circuit.current(self._node)

    def _range(self, what: str) -> float:
        if not self.value(f"{what} auto"):
            return self.amount(f"{what} range")
        ranges = _VOLTAGES if what == "VOLTAGE" else _CURRENTS
        scale = 1.0 if self.value("crest") == "3" else 0.5
        size = abs(self._true(what))
        fitting = [each * scale for each in ranges if size <= _UP * each * scale]
        return fitting[0] if fitting else ranges[-1] * scale

    def _indicated(self, what: str) -> float:
        """Give what it finds, not rectified; not a number beyond the range."""
        place, true, top = int(what == "CURRENT"), self._true(what), self._range(what)
        if abs(true) > _OVER * top:
            return float("inf")
        error = self._offsets[place] * top + self._random.normal(0.0, _NOISE * top)
        found = float(true * self._gains[place] + error)
        if self.value("mode") != "DC" and abs(found) < _ZERO * top:
            return 0.0
        return found

    def _fresh(self) -> dict[str, str]:
        if self._site.world.clock.now() < self._ready_at:
            return {}
        volts, amperes = self._indicated("VOLTAGE"), self._indicated("CURRENT")
        watts = volts * amperes if isfinite(volts) and isfinite(amperes) else float("inf")
        signed = self.value("mode") == "DC"
        found = {
            "U": volts if signed else abs(volts),
            "I": amperes if signed else abs(amperes),
            "P": watts,
            "S": abs(watts),
            "Q": 0.0 if isfinite(watts) else watts,
            "UPPEAK": volts,
            "UMPEAK": volts,
            "IPPEAK": amperes,
            "IMPEAK": amperes,
            "URANGE": self._range("VOLTAGE"),
            "IRANGE": self._range("CURRENT"),
        }
        if isfinite(watts) and watts:
            found |= {"LAMBDA": watts / abs(watts), "PHI": 0.0 if watts > 0 else 180.0}
        # Frequencies and, without power, the power factor are no numbers.
        return {name: _engineering(value) for name, value in found.items()}


def _engineering(value: float) -> str:
    """Write five digits and an exponent that is a multiple of three."""
    if not isfinite(value):
        return _INF
    power = 3 * int(np.floor(log10(abs(value)) / 3 + 1e-12)) if value else 0
    power = max(power, -9)
    scaled = value / 10.0**power
    digits = 4 - len(str(int(abs(scaled)))) + 1
    return f"{scaled:.{max(digits, 1)}f}E{power:+03d}"


def make(site: Site) -> ScpiDevice:
    """Put an analyser into the line."""
    return _Analyser(site)
