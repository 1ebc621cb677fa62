"""Simulated Keithley 2450 with its SCPI command set: sources into and sinks from the circuit.

Source: Model 2450 Reference Manual, 2450-901-01, sections 2 (output-off states), 4 (limits,
ranges) and 6 (commands). Trigger models other than the linear sweep are not simulated.
"""

from functools import partial
from math import copysign, isfinite

import numpy as np

from instruments.simulators.reading_buffer import Buffers, Point
from instruments.simulators.scpi_device import Call, DataError, ScpiDevice, Value
from instruments.simulators.scpi_text import plain_number
from instruments.simulators.site import Site

__all__ = ["make"]

_HEADERS = {"VOLT": "VOLTage[:DC]", "CURR": "CURRent[:DC]", "RES": "RESistance"}
_NAMES = {"VOLT": '"VOLT:DC"', "CURR": '"CURR:DC"', "RES": '"RES"'}
_UNITS = {"VOLT": "Volt DC", "CURR": "Amp DC", "RES": "Ohm"}
# Full scale to the errors admitted: share of the reading, constant part.
_ADMITTED = {
    "VOLT": {0.02: (1e-3, 150e-6), 0.2: (1.2e-4, 200e-6), 2.0: (1.2e-4, 300e-6),
             20.0: (1.5e-4, 1e-3), 200.0: (1.5e-4, 10e-3)},
    "CURR": {1e-8: (1e-3, 50e-12), 1e-7: (6e-4, 100e-12), 1e-6: (2.5e-4, 300e-12),
             1e-5: (2.5e-4, 700e-12), 1e-4: (2e-4, 6e-9), 1e-3: (2e-4, 60e-9),
             1e-2: (2e-4, 600e-9), 0.1: (2.5e-4, 6e-6), 1.0: (3e-4, 500e-6)},
    "RES": {20.0: (7.3e-4, 1e-3), 200.0: (5.3e-4, 1e-2), 2e3: (4.5e-4, 0.1), 2e4: (4.3e-4, 1.0),
            2e5: (4.6e-4, 10.0), 2e6: (4.9e-4, 100.0), 2e7: (5.2e-4, 500.0),
            2e8: (3.49e-3, 5e3)},
}  # fmt: skip
# Test current of a resistance range [A].
_TEST = {20.0: 0.1, 200.0: 1e-2, 2e3: 1e-3, 2e4: 1e-4, 2e5: 1e-5, 2e6: 1e-6, 2e7: 1e-6, 2e8: 1e-7}
_BEYOND = 1.05
_TALL, _THIN = 21.0, 0.105  # above that voltage [V] no more than this current [A]
_OVER, _NO_VALUE = 9.9e37, 9.91e37
_CONFLICT = DataError(-221, "Settings conflict")


class _Smu(ScpiDevice):
    options = "NONE"

    def __init__(self, site: Site) -> None:
        super().__init__(
            f"KEITHLEY INSTRUMENTS,MODEL 2450,{site.serial},1.7.12b",
            no_error='0,"No error;0;0 0"',
            form="G",
        )
        self._site = site
        self._circuit = site.world.circuit
        self._source = site.world.circuit.source(site.role)
        self._source.sinks = True
        self._random = np.random.default_rng(site.seed)
        # Its own errors, within the specification and the same as long as it lives.
        self._own = {name: self._random.uniform(-0.5, 0.5, 2) for name in _ADMITTED}
        self._buffers = Buffers()
        self._sense = "VOLT"
        self._function = "VOLT"
        self._was_on = False
        self._delivered = 0
        self._last = dict.fromkeys(_ADMITTED, 0.0)
        self._sweep: tuple[str, list[float], str] | None = None
        self._test_current = 1e-3
        self._declare_source()
        self._declare_sense()
        self._declare_buffers()
        self._declare_system()
        site.world.watch(site.role, lambda: bool(self.value("output")))
        self._wire()

    def _declare_source(self) -> None:
        self.choice("source", "SOURce#:FUNCtion[:MODE]", "VOLTage|CURRent", "VOLT")
        rows = (("VOLT", "VOLTage", 210.0, "ILIMit", 1.05e-4, 1e-9, 1.05),
                ("CURR", "CURRent", 1.05, "VLIMit", 21.0, 0.02, 210.0))  # fmt: skip
        for short, name, most, limit, default, least, largest in rows:
            stem = f"SOURce#:{name}"
            level = "[:LEVel][:IMMediate][:AMPLitude]"
            self.number(f"{short} level", f"{stem}{level}", 0.0, -most, most)
            self.number(f"{short} limit", f"{stem}:{limit}[:LEVel]", default, least, largest)
            self.on(f"{stem}:{limit}[:LEVel]:TRIPped?", partial(self._tripped, short))
            top = max(_ADMITTED[short])
            self.number(f"{short} span", f"{stem}:RANGe", min(_ADMITTED[short]), -most, most)
            self.on(f"{stem}:RANGe?", partial(self._source_range, short))
            self.flag(f"{short} span auto", f"{stem}:RANGe:AUTO", True)
            self.number(f"{short} delay", f"{stem}:DELay", 0.0, 0.0, 1e4)
            self.flag(f"{short} delay auto", f"{stem}:DELay:AUTO", True)
            self.number(f"{short} user delay", f"{stem}:DELay:USER#", 0.0, 0.0, 1e4)
            self.flag(f"{short} read back", f"{stem}:READ:BACK", True)
            self.flag(f"{short} capacitance", f"{stem}:HIGH:CAPacitance")
            self.choice(f"{short} protection", f"{stem}:PROTection[:LEVel]",
                        "PROT2|PROT5|PROT10|PROT20|PROT40|PROT60|PROT80|PROT100|PROT120|PROT140|"
                        "PROT160|PROT180|NONE", "NONE")  # fmt: skip
            self.on(f"{stem}:PROTection[:LEVel]:TRIPped?", lambda _: "0")
            self.choice(f"{short} off", f"OUTPut#:{name}:SMODe",
                        "NORMal|HIMPedance|ZERO|GUARd", "NORM")  # fmt: skip
            self.on(f"SOURce#:SWEep:{name}:LINear", partial(self._set_sweep, short, top))
        self.on("OUTPut#:SMODe", self._all_off_modes)
        self.on("OUTPut#:SMODe?", lambda _: str(self.value(f"{self.value('source')} off")))
        self.flag("output", "OUTPut#[:STATe]")
        self.on("OUTPut#:INTerlock:TRIPped?", lambda _: "0")

    def _declare_sense(self) -> None:
        self.on("[SENSe#:]FUNCtion[:ON]", lambda call: self._choose(call.text))
        self.on("[SENSe#:]FUNCtion[:ON]?", lambda _: _NAMES[self._sense])
        self.number("count", "[SENSe#:]COUNt", 1, 1, 300_000, form="d")
        self.on("[SENSe#:]AZERo:ONCE", lambda _: None)
        for short, header in _HEADERS.items():
            stem, tops = f"[SENSe#:]{header}", _ADMITTED[short]
            self.number(f"{short} range", f"{stem}:RANGe[:UPPer]", min(tops),
                        -max(tops) * _BEYOND, max(tops) * _BEYOND)  # fmt: skip
            self.on(f"{stem}:RANGe[:UPPer]?", partial(self._range_answer, short))
            self.flag(f"{short} auto", f"{stem}:RANGe:AUTO", True)
            for edge, default in (("LLIMit", min(tops)), ("ULIMit", max(tops))):
                self.number(f"{short} {edge}", f"{stem}:RANGe:AUTO:{edge}", default,
                            min(tops), max(tops) * _BEYOND)  # fmt: skip
            self.flag(f"{short} rebound", f"{stem}:RANGe:AUTO:REBound")
            self.number(f"{short} nplc", f"{stem}:NPLCycles", 1.0, 0.01, 10.0)
            self.flag(f"{short} remote", f"{stem}:RSENse")
            self.flag(f"{short} azero", f"{stem}:AZERo[:STATe]", True)
            self.flag(f"{short} filter", f"{stem}:AVERage[:STATe]")
            self.number(f"{short} filtered", f"{stem}:AVERage:COUNt", 10, 1, 100, form="d")
            self.choice(f"{short} kind", f"{stem}:AVERage:TCONtrol", "REPeat|MOVing", "REP")
            self.number(f"{short} user", f"{stem}:DELay:USER#", 0.0, 0.0, 1e4)
            self.flag(f"{short} offset", f"{stem}:OCOMpensated")
            self.number(f"{short} relative", f"{stem}:RELative", 0.0, -1e12, 1e12)
            self.flag(f"{short} relative on", f"{stem}:RELative:STATe")
            self.choice(f"{short} unit", f"{stem}:UNIT", "OHM|WATT|AMP|VOLT",
                        {"VOLT": "VOLT", "CURR": "AMP", "RES": "OHM"}[short])  # fmt: skip
            self.number(f"{short} digits", f"DISPlay:{header}:DIGits", 5, 3, 6, form="d")
            self.on(f"MEASure:{header}?", partial(self._measure, short))
        self.on("MEASure?", partial(self._measure, ""))
        self.on("READ?", partial(self._measure, ""))

    def _declare_buffers(self) -> None:
        buffers = self._buffers
        self.on("FETCh?", lambda call: buffers.last(_first(call), call.words[1:]))
        self.on("TRACe:POINts?", lambda call: str(buffers.named(_first(call)).maxlen))
        self.on("TRACe:POINts", lambda call: buffers.resize(_word(call, 1), _count(call, 0)))
        self.on("TRACe:ACTual?", lambda call: str(len(buffers.named(_first(call)))))
        self.on("TRACe:CLEar", lambda call: buffers.named(_first(call)).clear())
        self.on("TRACe:MAKE", lambda call: buffers.make(_first(call), _count(call, 1)))
        self.on("TRACe:DELete", lambda call: buffers.delete(_first(call)))
        self.on("TRACe:DATA?", lambda call: buffers.written(
            _word(call, 2), _count(call, 0), _count(call, 1), call.words[3:]))  # fmt: skip
        self.on("TRACe:TRIGger", lambda call: self._take(self._sense, _first(call)))
        for which in ("AVERage", "MAXimum", "MINimum", "STDDev", "PK2Pk"):
            self.on(f"TRACe:STATistics:{which}?", partial(self._statistic, which))
        self.on("TRACe:STATistics:CLEar", lambda call: buffers.named(_first(call)).clear())
        self.choice("fill", "TRACe:FILL:MODE", "CONTinuous|ONCE", "CONT")
        self.on("INITiate[:IMMediate]", lambda _: self._initiate())
        self.on("*TRG", lambda _: self._initiate())

    def _declare_system(self) -> None:
        self.choice("language", "*LANG", "SCPI|TSP|SCPI2400", "SCPI")
        self.choice("terminals", "ROUTe:TERMinals", "FRONt|REAR", "FRON")
        self.on("SYSTem:LFRequency?", lambda _: "60")
        self.choice("format", "FORMat[:DATA]", "ASCii|REAL|SREal", "ASC")
        self.number("precision", "FORMat:ASCii:PRECision", 0, 0, 16, form="d")
        self.on("SYSTem:CLEar", lambda _: self.errors.clear())
        self.on("SYSTem:EVENtlog:NEXT?", lambda _: self._next_error())
        for header in ("STATus:CLEar", "STATus:PRESet", "DISPlay:CLEar"):
            self.on(header, lambda _: None)
        self.text("screen", "DISPlay:SCReen")
        self.text("user text", "DISPlay:USER#:TEXT[:DATA]")

    # Settings.

    def check(self, name: str, value: Value, place: int) -> None:
        """Refuse what lies outside the power that the model delivers."""
        function, _, what = name.partition(" ")
        if what not in ("level", "limit") or function not in ("VOLT", "CURR"):
            return
        other = abs(self.amount(f"{function} {'limit' if what == 'level' else 'level'}"))
        pair = (abs(float(value)), other)
        is_volts = (function == "VOLT") is (what == "level")
        volts, amperes = pair if is_volts else pair[::-1]
        if volts > _TALL and amperes > _THIN:
            raise _CONFLICT

    def changed(self, name: str, place: int) -> None:
        """Carry what was set to the circuit."""
        function, _, what = name.partition(" ")
        if what in ("range", "span") and place:
            self.values[f"{function} {'auto' if what == 'range' else 'span auto'}", 1] = False
        if what == "delay" and place:
            self.values[f"{function} delay auto", 1] = False
        if name == "source" and self._function != self.value("source"):
            # Another function is never switched through to the terminals.
            self._function = str(self.value("source"))
            self.values["output", 1] = False
        self._wire()

    def reset(self) -> None:
        """Go to the state of ``*RST``: source of 0 V, off."""
        self._sense, self._sweep = "VOLT", None
        self._buffers.reset()
        super().reset()
        self._wire()

    def _source_range(self, function: str, call: Call) -> str:
        if call.words:
            return self._get(f"{function} span", self._settings[f"{function} span"], call)
        what = "level" if self.value(f"{function} span auto") else "span"
        wanted = abs(self.amount(f"{function} {what}"))
        tops = list(_ADMITTED[function])
        return f"{next((top for top in tops if top * _BEYOND >= wanted), tops[-1]):G}"

    def _all_off_modes(self, call: Call) -> None:
        for short in ("VOLT", "CURR"):
            self.put(f"{short} off", self._settings[f"{short} off"].read(call.text))

    def _choose(self, text: str) -> None:
        name = text.strip().strip("\"'").upper().removesuffix(":DC")
        name = {"VOLTAGE": "VOLT", "CURRENT": "CURR", "RESISTANCE": "RES"}.get(name, name)
        if name not in _HEADERS:
            raise DataError(-224, "Illegal parameter value")
        self._sense = name
        self._wire()

    def _wire(self) -> None:
        source, on = self._source, bool(self.value("output"))
        function = str(self.value("source"))
        self._was_on = self._site.switched(on, self._was_on)
        source.on = True
        if on and self._sense == "RES":
            source.voltage, source.limit = _TALL, self._test_current
        elif on:
            level, limit = self.amount(f"{function} level"), self.amount(f"{function} limit")
            if function == "VOLT":
                source.voltage, source.limit = level, limit
            else:
                source.voltage, source.limit = copysign(limit, level), abs(level)
        else:
            span = next(top for top in _ADMITTED["CURR"]
                        if top * _BEYOND >= min(self.amount("VOLT limit"), 1.05))  # fmt: skip
            mode = self.value(f"{function} off")
            source.on = mode != "HIMP"
            source.voltage = 0.0
            source.limit = {"NORM": 0.1 * span, "ZERO": span}.get(str(mode), 0.0)
        remote = on and bool(self.value(f"{self._sense} remote"))
        source.leads = 0.0 if remote else self._circuit.lead_resistance
        self._circuit.settle()

    # What it measures.

    def _terminals(self) -> tuple[float, float]:
        amperes = self._source.delivered
        return self._circuit.voltage("in") + self._source.leads * amperes, amperes

    def _tripped(self, function: str, _: Call) -> str:
        if not self.value("output") or self.value("source") != function or self._sense == "RES":
            return "0"
        volts, amperes = self._terminals()
        level, limit = self.amount(f"{function} level"), self.amount(f"{function} limit")
        found, other = (volts, amperes) if function == "VOLT" else (amperes, volts)
        missed = abs(found - level) > 1e-6 * max(abs(level), 1e-9)
        return str(int(missed and abs(other) >= limit * (1 - 1e-6)))

    def _true(self, function: str) -> float:
        if not self._source.on:
            return _NO_VALUE
        if function == "RES":
            return self._resistance()
        volts, amperes = self._terminals()
        return volts if function == "VOLT" else amperes

    def _resistance(self) -> float:
        automatic, found = bool(self.value("RES auto")), _OVER
        if not self.value("output"):
            return _OVER
        for top, current in _TEST.items():
            if not automatic and top * _BEYOND < self.amount("RES range"):
                continue
            self._test_current = current
            self._wire()
            volts, amperes = self._terminals()
            found = volts / amperes if abs(amperes) > 1e-13 else _OVER
            if found <= top * _BEYOND or not automatic:
                break
        return found

    def _span(self, function: str, value: float) -> float:
        """Give the range in use; the quantity that is sourced follows its source."""
        tops = list(_ADMITTED[function])
        if self.value(f"{function} auto") or function == self.value("source"):
            return next((top for top in tops if abs(value) <= top * _BEYOND), tops[-1])
        wanted = abs(self.amount(f"{function} range"))
        return next((top for top in tops if top * _BEYOND >= wanted), tops[-1])

    def _indicated(self, function: str) -> float:
        true = self._true(function)
        if abs(true) >= _OVER:
            return true
        span = self._span(function, true)
        if abs(true) > span * _BEYOND:
            return copysign(_OVER, true)
        share, constant = _ADMITTED[function][span]
        gain, offset = self._own[function]
        noise = self._random.normal(0.0, 0.02 * constant)
        self._last[function] = true
        return float(true * (1 + gain * share) + offset * constant + noise)

    def _take(self, function: str, buffer: str) -> None:
        points = self._buffers.named(buffer)
        source = str(self.value("source"))
        for _ in range(int(self.amount("count"))):
            value = self._indicated(function)
            volts, amperes = self._terminals()
            sourced = volts if source == "VOLT" else amperes
            if not self.value(f"{source} read back"):
                sourced = self.amount(f"{source} level")
            points.append(
                Point(
                    value=value,
                    unit=_UNITS[function],
                    source=sourced,
                    source_unit=_UNITS[source],
                    at=self._site.world.clock.now(),
                )
            )
            self._delivered += 1
        self._site.say("delivered", samples=self._delivered)

    def _measure(self, function: str, call: Call) -> str:
        if function:
            self._choose(function)
        self._take(self._sense, _first(call))
        return self._buffers.last(_first(call), call.words[1:])

    def _range_answer(self, function: str, call: Call) -> str:
        if call.words:
            return self._get(f"{function} range", self._settings[f"{function} range"], call)
        return f"{self._span(function, self._last[function]):G}"

    def _statistic(self, which: str, call: Call) -> str:
        return self._buffers.statistic(_first(call), which)

    # Sweeps.

    def _set_sweep(self, function: str, top: float, call: Call) -> None:
        words = call.words
        if len(words) < 3:
            raise DataError(-109, "Missing parameter")
        start, stop, points = (plain_number(word) for word in words[:3])
        repeats = plain_number(words[4]) if len(words) > 4 else 1.0
        if not (isfinite(start) and max(abs(start), abs(stop)) <= top * _BEYOND):
            raise DataError
        if not (2 <= points <= 1e6 and 1 <= repeats <= 1e5):
            raise DataError
        levels = list(np.linspace(start, stop, int(points))) * int(repeats)
        for level in (start, stop):
            self.check(f"{function} level", level, 1)
        self._sweep = (function, levels, words[8] if len(words) > 8 else "")

    def _initiate(self) -> None:
        if self._sweep is None:
            self._take(self._sense, "")
            return
        function, levels, buffer = self._sweep
        self._buffers.named(buffer).clear()
        if self.value("source") != function:
            self.put("source", function)
        self.put("output", True)
        for level in levels:
            self.put(f"{function} level", float(level))
            self._take(self._sense, buffer)
        # The sweep's trigger model ends with the output off.
        self.put("output", False)


def _word(call: Call, place: int) -> str:
    return call.words[place] if len(call.words) > place else ""


def _first(call: Call) -> str:
    return _word(call, 0)


def _count(call: Call, place: int) -> int:
    return int(plain_number(_word(call, place)))


def make(site: Site) -> ScpiDevice:
    """Put a source-measure unit on the bench."""
    return _Smu(site)
