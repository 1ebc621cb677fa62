"""Simulated Keysight DAQ970A with a DAQM901A multiplexer in each slot.

Source: Keysight DAQ970A/DAQ973A Programming Guide, DAQ970-90012.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial

import numpy as np

from instruments.simulators.scanned_functions import FUNCTIONS
from instruments.simulators.scanned_points import SEEBECK, Points
from instruments.simulators.scpi_device import Call, DataError, ScpiDevice
from instruments.simulators.scpi_text import block, channel_list
from instruments.simulators.site import Site

__all__ = ["make"]

_SLOTS = (1, 2, 3)
# Places 21 and 22 of a DAQM901A measure current; the others do not.
_CHANNELS = tuple(100 * slot + place for slot in _SLOTS for place in range(1, 23))
_CURRENT_PLACES = (21, 22)
_NOISE = {"VOLT": 5e-6, "TEMP": 0.02}
_OVER = 9.9e37
_NOTHING = "+9.91000000E+37"
_KELVIN = 273.15
_LONGEST = 100_000  # readings in memory


class _Logger(ScpiDevice):
    def __init__(self, site: Site) -> None:
        identity = f"Keysight Technologies,DAQ970A,{site.serial},A.02.04-00.16-11.29-00.02-02-01"
        super().__init__(identity)
        self._site = site
        self._random = np.random.default_rng(site.seed)
        self._points = Points(site, self._random)
        self._delivered = 0
        self._functions: dict[int, str] = {}
        self._list: list[int] = []
        self._monitored: list[int] = []
        self._closed: set[int] = set()
        self._memory: list[tuple[float, int, float]] = []
        self._begun: float | None = None
        self._swept = 0
        self._declare_functions()
        self._declare_temperature()
        self._declare_routes()
        self._declare_trigger()
        self._declare_format()
        self._declare_system()

    def _declare_functions(self) -> None:
        for short, (header, _, ranges) in FUNCTIONS.items():
            self.on(f"CONFigure:{header}", partial(self._configure, short))
            self.on(f"MEASure:{header}?", partial(self._measure, short))
            stem = f"[SENSe:]{header}"
            wide = f"{stem}:VOLTage" if short in ("FREQ", "PER") else stem
            self.number(f"{short} range", f"{wide}:RANGe[:UPPer]", ranges[-1], 0.0, ranges[-1])
            self.flag(f"{short} auto", f"{wide}:RANGe:AUTO", True)
            self.number(f"{short} nplc", f"{stem}:NPLC", 1.0, 0.02, 200.0)
            self.number(f"{short} aperture", f"{stem}:APERture", 0.0167, 2e-5, 4.0)
            self.number(f"{short} resolution", f"{stem}:RESolution", 3e-6, 0.0, 1e9)
            self.flag(f"{short} zero", f"{stem}:ZERO:AUTO", True)
        self.on("CONFigure?", self._configuration)
        self.on("[SENSe:]FUNCtion", self._choose)
        self.on("[SENSe:]FUNCtion?", lambda call: ",".join(
            f'"{self._function(channel)}"' for channel in self.places(call)[1]))  # fmt: skip
        self.number("impedance", "INPut:IMPedance:AUTO", 0, 0, 1, form="d")

    def _declare_temperature(self) -> None:
        stem = "[SENSe:]TEMPerature:TRANsducer"
        self.choice("probe", f"{stem}:TYPE", "TCouple|RTD|FRTD|THERmistor", "TC")
        self.choice("kind", f"{stem}:TCouple:TYPE", "|".join(SEEBECK), "J")
        self.choice("junction", f"{stem}:TCouple:RJUNction:TYPE", "INTernal|EXTernal|FIXed", "INT")
        self.number("fixed", f"{stem}:TCouple:RJUNction", 0.0, -20.0, 80.0)
        self.flag("check", f"{stem}:TCouple:CHECk")
        for kind in ("RTD", "FRTD"):
            self.number(f"{kind} type", f"{stem}:{kind}:TYPE", 85, 85, 91, form="+d")
            self.number(f"{kind} zero", f"{stem}:{kind}:RESistance[:REFerence]", 100, 49, 2100)
        self.number("thermistor", f"{stem}:THERmistor:TYPE", 5000, 2252, 10000, form="+d")
        self.on("[SENSe:]TEMPerature:RJUNction?", self._junctions)
        self.choice("unit", "UNIT:TEMPerature", "C|F|K", "C")

    def _declare_routes(self) -> None:
        self.on("ROUTe:SCAN", lambda call: self._scan(self._named(call.text)))
        self.on("ROUTe:SCAN:CREate", lambda call: self._scan(self._named(call.text)))
        self.on("ROUTe:SCAN:ADD", lambda c: self._scan({*self._list, *self._named(c.text)}))
        self.on("ROUTe:SCAN?", lambda _: block(self._channels(self._list).encode()).decode())
        self.on("ROUTe:SCAN:SIZE?", lambda _: f"{len(self._list):+d}")
        self.on("ROUTe:CLOSe", lambda call: self._closed.update(self._named(call.text)))
        self.on("ROUTe:OPEN", lambda call: self._closed.difference_update(self._named(call.text)))
        self.on("ROUTe:OPEN:ALL", lambda _: self._closed.clear())
        self.on("ROUTe:CLOSe?", lambda call: self._relays(call, closed=True))
        self.on("ROUTe:OPEN?", lambda call: self._relays(call, closed=False))
        self.on("ROUTe:DONE?", lambda _: "1")
        self.number("delay", "ROUTe:CHANnel:DELay", 0.0, 0.0, 60.0)
        self.flag("delay auto", "ROUTe:CHANnel:DELay:AUTO", True)
        self.flag("monitor", "ROUTe:MONitor:STATe")
        self.on("ROUTe:MONitor[:CHANnel]", lambda call: self._monitor(self._named(call.text)))
        self.on("ROUTe:MONitor[:CHANnel]?", lambda _: self._channels(self._monitored))
        self.on("ROUTe:MONitor:DATA?", lambda _: self._seen())

    def _declare_trigger(self) -> None:
        self.choice("source", "TRIGger:SOURce", "IMMediate|BUS|EXTernal|TIMer|ALARm1", "IMM")
        self.number("count", "TRIGger:COUNt", 1, 1, 1_000_000)
        self.number("timer", "TRIGger:TIMer", 0.0, 0.0, 360_000.0)
        self.number("samples", "SAMPle:COUNt", 1, 1, _LONGEST, form="+d")
        self.on("INITiate[:IMMediate]", lambda _: self._initiate())
        self.on("*TRG", lambda _: None)
        self.on("ABORt", lambda _: self._abort())
        self.on("READ?", self._read)
        self.on("FETCh?", lambda _: self._written(self._taken()))
        self.on("R?", lambda call: self._removed(call, framed=True))
        self.on("DATA:REMove?", lambda call: self._removed(call, framed=False))
        self.on("DATA:POINts?", lambda _: f"{len(self._taken()):+d}")
        self.on("DATA:LAST?", self._last)

    def _declare_format(self) -> None:
        for name in ("ALARm", "CHANnel", "TIME", "UNIT"):
            self.flag(f"with {name}", f"FORMat:READing:{name}")
        self.choice("time", "FORMat:READing:TIME:TYPE", "ABSolute|RELative", "REL")
        self.number("gain", "CALCulate:SCALe:GAIN", 1.0, -1e15, 1e15)
        self.number("offset", "CALCulate:SCALe:OFFSet", 0.0, -1e15, 1e15)
        self.flag("scaled", "CALCulate:SCALe:STATe")
        for end in ("UPPer", "LOWer"):
            self.number(f"limit {end}", f"CALCulate:LIMit:{end}[:DATA]", 0.0, -1e15, 1e15)
            self.flag(f"limit {end} on", f"CALCulate:LIMit:{end}:STATe")

    def _declare_system(self) -> None:
        self.on("SYSTem:CTYPe?", self._module)
        self.on("SYSTem:LFRequency?", lambda _: "+60")
        self.on("SYSTem:TIME:SCAN?", lambda _: self._stamp(self._begun or 0.0))
        self.on("SYSTem:TIME?", lambda _: self._stamp(self._site.world.clock.now())[11:])
        self.on("SYSTem:DATE?", lambda _: self._stamp(self._site.world.clock.now())[:10])
        self.on("SYSTem:TIME", lambda _: None)
        self.on("SYSTem:DATE", lambda _: None)
        self.on("SYSTem:PRESet", lambda _: self.reset())
        self.flag("dmm", "INSTrument:DMM[:STATe]", True)
        self.on("INSTrument:DMM:INSTalled?", lambda _: "1")
        self.text("display", "DISPlay:TEXT")
        self.on("DISPlay:TEXT:CLEar", lambda _: self.put("display", ""))
        self.flag("screen", "DISPlay[:STATe]", True)
        self.on("STATus:OPERation:CONDition?", lambda _: "+0")

    # Channels.

    def places(self, call: Call) -> tuple[list[str], Iterable[int]]:
        """Take the channel list off the parameters; what has none is of the whole instrument."""
        given = call.words
        if given and given[-1].startswith("("):
            return given[:-1], self._named(given[-1])
        return given, [1]

    def _named(self, text: str) -> list[int]:
        if text.replace(" ", "") == "(@)":
            return []
        # A range runs over the places that there are.
        spans = channel_list(text, range(100, 400))
        if not all(channel in _CHANNELS for channel in spans) and ":" not in text:
            raise DataError
        return [channel for channel in spans if channel in _CHANNELS]

    @staticmethod
    def _channels(channels: Iterable[int]) -> str:
        return f"(@{','.join(map(str, channels))})"

    def _function(self, channel: int) -> str:
        return self._functions.get(channel, "VOLT")

    def _scan(self, channels: Iterable[int]) -> None:
        self._list = sorted(set(channels))
        self._abort()

    def _relays(self, call: Call, *, closed: bool) -> str:
        named = self._named(call.text)
        return ",".join(str(int((channel in self._closed) is closed)) for channel in named)

    def _monitor(self, channels: list[int]) -> None:
        self._monitored = channels[:1]

    def _seen(self) -> str:
        if not self.value("monitor") or not self._monitored:
            return _NOTHING
        return f"{self._reading(self._monitored[0])[0]:+.8E}"

    # Configuration.

    def _choose(self, call: Call) -> None:
        given, channels = self.places(call)
        name = given[0].strip("\"'").upper().removesuffix(":DC") if given else ""
        short = name.replace("VOLTAGE", "VOLT").replace("CURRENT", "CURR")
        short = short.replace("TEMPERATURE", "TEMP").replace("RESISTANCE", "RES")
        if short not in FUNCTIONS:
            raise DataError(-224, "Illegal parameter value")
        self._assign(short, channels)

    def _assign(self, function: str, channels: Iterable[int]) -> None:
        wanted = list(channels)
        for channel in wanted:
            if function.startswith("CURR") is not (channel % 100 in _CURRENT_PLACES):
                raise DataError(303, "Channel not able to perform requested operation")
        for channel in wanted:
            self._functions[channel] = function

    def _configure(self, function: str, call: Call) -> None:
        given, places = self.places(call)
        channels = [place for place in places if place != 1] or self._list
        self._assign(function, channels)
        for channel in channels:
            # What was configured before is lost, but the unit of temperature.
            for name in self._settings:
                if name.startswith(f"{function} ") or name in ("junction", "check", "fixed"):
                    self.values.pop((name, channel), None)
            if function == "TEMP":
                self._sensor_of(given, channel)
            elif given and given[0].upper() not in ("AUTO", "DEF", "DEFAULT"):
                read = self._settings[f"{function} range"].read
                self.put(f"{function} range", read(given[0]), channel)
        self._scan(channels)

    def _sensor_of(self, given: list[str], channel: int) -> None:
        probe, kind = [*given, "DEF", "DEF"][:2]
        if probe.upper() not in ("DEF", "DEFAULT"):
            self.put("probe", self._settings["probe"].read(probe), channel)
        if self.value("probe", channel) == "TC" and kind.upper() not in ("DEF", "DEFAULT"):
            self.put("kind", self._settings["kind"].read(kind), channel)

    def changed(self, name: str, place: int) -> None:
        """Put a range on the next one that there is, and leave autoranging."""
        function, _, what = name.rpartition(" ")
        if what == "range" and place and function in FUNCTIONS:
            ranges, wanted = FUNCTIONS[function][2], self.amount(name, place)
            self.values[name, place] = next((top for top in ranges if top >= wanted), ranges[-1])
            self.values[f"{function} auto", place] = False

    def _configuration(self, call: Call) -> str:
        channels = [place for place in self.places(call)[1] if place != 1] or self._list
        texts = []
        for channel in channels:
            function = self._function(channel)
            span = self.amount(f"{function} range", channel)
            if function == "TEMP":
                probe = f"{self.value('probe', channel)},{self.value('kind', channel)}"
                texts.append(f'"TEMP {probe},+1.00000000E+00,+3.00000000E-06"')
            else:
                texts.append(f'"{function} {span:+.8E},+3.00000000E-06"')
        return ",".join(texts)

    def reset(self) -> None:
        """Go to the state of ``*RST``: no channel configured, none scanned, all relays open."""
        self._functions.clear()
        self._list, self._memory, self._begun, self._swept = [], [], None, 0
        self._monitored = []
        self._closed.clear()
        super().reset()

    # Scanning.

    def _initiate(self) -> None:
        if not self._list:
            raise DataError(-221, "Settings conflict; scan list is empty")
        self._memory, self._swept = [], 0
        self._begun = self._site.world.clock.now()
        self._taken()

    def _abort(self) -> None:
        self._begun = None

    def _taken(self) -> list[tuple[float, int, float]]:
        """Take the sweeps that have become due since the scan began."""
        if self._begun is not None:
            due = int(self.amount("count"))
            if self.value("source") == "TIM" and self.amount("timer") > 0:
                passed = self._site.world.clock.now() - self._begun
                due = min(due, int(passed / self.amount("timer") + 1e-9) + 1)
            while self._swept < due and len(self._memory) < _LONGEST:
                self._swept += 1
                self._memory += [self._reading(channel) for channel in self._list]
        return self._memory

    def _read(self, call: Call) -> str:
        if call.text:
            self._scan(self._named(call.text))
        self._initiate()
        return self._written(self._taken())

    def _measure(self, function: str, call: Call) -> str:
        self._configure(function, call)
        self.values["source", 1], self.values["count", 1] = "IMM", 1
        self._initiate()
        return self._written(self._taken())

    def _removed(self, call: Call, *, framed: bool) -> str | bytes:
        held = self._taken()
        count = int(float(call.text)) if call.text else len(held)
        taken, self._memory = held[:count], held[count:]
        text = self._written(taken) if taken else ""
        return block(text.encode()) if framed else text

    def _last(self, call: Call) -> str:
        channels = self._named(call.words[-1]) if call.text else []
        for found in reversed(self._taken()):
            if not channels or found[1] in channels:
                return self._written([found])
        return _NOTHING

    def _written(self, readings: list[tuple[float, int, float]]) -> str:
        if not readings:
            raise DataError(-230, "Data corrupt or stale")
        return ",".join(map(self._text, readings))

    def _text(self, found: tuple[float, int, float]) -> str:
        value, channel, at = found
        function = self._function(channel)
        unit = str(self.value("unit", channel)) if function == "TEMP" else FUNCTIONS[function][1]
        text = f"{value:+.8E}" + (f" {unit}" if self.value("with UNIT") else "")
        if self.value("with TIME"):
            begun = self._begun if self._begun is not None else at
            absolute = self.value("time") == "ABS"
            text += "," + (self._stamp(at) if absolute else f"{at - begun:013.3f}")
        if self.value("with CHANnel"):
            text += f",{channel}"
        return text + (",0" if self.value("with ALARm") else "")

    @staticmethod
    def _stamp(at: float) -> str:
        return datetime.fromtimestamp(at, UTC).strftime("%Y,%m,%d,%H,%M,%S.%f")[:-3]

    # Measuring.

    def _reading(self, channel: int) -> tuple[float, int, float]:
        self._delivered += 1
        self._site.say("delivered", samples=self._delivered)
        function = self._function(channel)
        value = self._true(function, channel)
        if abs(value) < _OVER:
            value += float(self._random.normal(0.0, _NOISE.get(function, 1e-9)))
            ranges = FUNCTIONS[function][2]
            top = ranges[-1]
            if not self.value(f"{function} auto", channel):
                top = self.amount(f"{function} range", channel)
            if function != "TEMP" and abs(value) > 1.2 * top:
                value = float(np.copysign(_OVER, value))
        if self.value("scaled", channel) and abs(value) < _OVER:
            value = value * self.amount("gain", channel) + self.amount("offset", channel)
        return value, channel, self._site.world.clock.now()

    def _true(self, function: str, channel: int) -> float:
        if function == "VOLT":
            return self._points.voltage(channel)
        if function != "TEMP":
            return 0.0
        celsius = self._celsius(channel)
        unit = str(self.value("unit", channel))
        if abs(celsius) >= _OVER or unit == "C":
            return celsius
        return celsius + _KELVIN if unit == "K" else celsius * 1.8 + 32.0

    def _celsius(self, channel: int) -> float:
        if self.value("probe", channel) != "TC":
            found = None if self._points.is_open(channel) else self._points.temperature(channel)
        else:
            fixed = self.value("junction", channel) == "FIX"
            found = self._points.thermocouple(
                channel,
                str(self.value("kind", channel)),
                junction=self.amount("fixed", channel) if fixed else None,
                checked=bool(self.value("check", channel)),
            )
        return _OVER if found is None else found

    def _junctions(self, call: Call) -> str:
        unit = {"C": lambda t: t, "K": lambda t: t + _KELVIN, "F": lambda t: t * 1.8 + 32.0}
        return ",".join(
            f"{unit[str(self.value('unit', channel))](self._points.terminals(channel)):+.8E}"
            for channel in self.places(call)[1]
        )

    def _module(self, call: Call) -> str:
        if call.text.strip() not in map(str, _SLOTS):
            raise DataError
        return f"Keysight Technologies,DAQM901A,{self._site.serial}{call.text.strip()},02.00"


def make(site: Site) -> ScpiDevice:
    """Put a logger on the bench."""
    return _Logger(site)
