"""What simulated multimeters have in common: functions, ranges, what they see of the world.

A meter reads the bench's circuit, or the transmitter of its chamber where there is no circuit.
"""

import math
from collections.abc import Mapping
from functools import partial

import numpy as np

from instruments.simulators.scpi_device import Call, DataError, ScpiDevice
from instruments.simulators.site import Site

__all__ = ["FUNCTIONS", "Multimeter"]

FUNCTIONS = {
    "VOLT": "VOLTage[:DC]",
    "VOLT:RAT": "VOLTage[:DC]:RATio",
    "VOLT:AC": "VOLTage:AC",
    "CURR": "CURRent[:DC]",
    "CURR:AC": "CURRent:AC",
    "RES": "RESistance",
    "FRES": "FRESistance",
    "FREQ": "FREQuency",
    "PER": "PERiod",
    "CAP": "CAPacitance",
    "TEMP": "TEMPerature",
    "CONT": "CONTinuity",
    "DIOD": "DIODe",
}
_RANGES: Mapping[str, tuple[float, ...]] = {
    "VOLT": (0.1, 1.0, 10.0, 100.0, 1000.0),
    "VOLT:AC": (0.1, 1.0, 10.0, 100.0, 750.0),
    "CURR": (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 3.0, 10.0),
    "CURR:AC": (1e-4, 1e-3, 1e-2, 0.1, 1.0, 3.0, 10.0),
    "RES": (100.0, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9),
    "FRES": (100.0, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9),
    "CAP": (1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4),
}
_NOISE = {"VOLT": 2e-5, "CURR": 2e-8, "RES": 1e-4, "FRES": 1e-4}
_OVER = 9.9e37


class Multimeter(ScpiDevice):
    """A bench multimeter.

    Parameters
    ----------
    names
        How this maker reports a function, where it is not by its short header.

    Attributes
    ----------
    ranges
        Full scales that differ from the usual ones, by function.
    cycles
        Shortest and longest integration time [power cycles].
    apertures
        The same in seconds [s].
    resolution
        Resolution after *RST.
    written
        How this maker writes settings, as a format specification.
    """

    ranges: Mapping[str, tuple[float, ...]] = {}
    cycles = (0.001, 100.0)
    apertures = (1e-5, 1.0)
    resolution = 3e-6
    written = "+.8E"

    def __init__(
        self,
        site: Site,
        identity: str,
        *,
        no_error: str = '+0,"No error"',
        names: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(identity, no_error=no_error, form=self.written)
        self._names = names or {}
        self._site = site
        self._random = np.random.default_rng(site.seed)
        self._delivered = 0
        self._memory: list[float] = []
        self._function = "VOLT"
        self._armed = False
        self._ranges = {**_RANGES, **self.ranges}
        self._declare_functions()
        self.on("[SENSe#:]FUNCtion[:ON]", lambda call: self._choose(call.text.strip("\"'")))
        self.on("[SENSe#:]FUNCtion[:ON]?", lambda _: f'"{self.reported()}"')
        self.on("CONFigure?", lambda _: self._configuration())
        self.on("INITiate[:IMMediate]", lambda _: self._initiate())
        self.on("*TRG", lambda _: self._triggered())
        self.on("FETCh?", lambda _: self._written())
        self.on("READ?", lambda _: self._read())
        self.on("DATA:POINts?", lambda _: f"{len(self._memory):+d}")
        self.on("DATA:LAST?", lambda _: f"{self._form_of(self._memory[-1])}"
                if self._memory else "9.91000000E+37")  # fmt: skip
        self.on("ROUTe:TERMinals?", lambda _: "FRON")
        self.on("SYSTem:LFRequency?", lambda _: "+60")
        self.on("[SENSe#:]ZERO:AUTO", lambda call: self._auto_zero(self._function, call))
        self.on(
            "[SENSe#:]ZERO:AUTO?", lambda _: str(int(bool(self.value(f"{self._function} zero"))))
        )
        self.flag("beeper", "SYSTem:BEEPer:STATe", True)
        self.on("DISPlay[:WINDow]:TEXT:CLEar", lambda _: self.put("display", ""))
        self.number("samples", "SAMPle:COUNt", 1, 1, 1e6, form="+d")
        self.number("triggers", "TRIGger:COUNt", 1, 1, 1e6, form="+d")
        self.number("delay", "TRIGger:DELay", 0.0, 0.0, 3600.0)
        self.flag("delay_auto", "TRIGger:DELay:AUTO", True)
        self.choice("source", "TRIGger:SOURce", "IMMediate|BUS|EXTernal|INTernal", "IMM")
        self.number("band", "[SENSe#:]DETector:BANDwidth", 20.0, 3.0, 200.0)
        self.text("display", "DISPlay[:WINDow]:TEXT[:DATA]")
        self.flag("screen", "DISPlay[:WINDow][:STATe]", True)
        self.choice("unit", "UNIT:TEMPerature", "C|F|K", "C")
        self.number("timer", "SAMPle:TIMer", 1.0, 0.0, 3600.0)
        self.choice("sampling", "SAMPle:SOURce", "IMMediate|TIMer", "IMM")

    def _declare_functions(self) -> None:
        for short, header in FUNCTIONS.items():
            self.on(f"MEASure:{header}?", partial(self._measure, short))
            self.on(f"CONFigure:{header}", partial(self._configure, short))
            ranges = self._ranges.get(short, (1.0,))
            stem = f"[SENSe#:]{header}"
            if short in ("FREQ", "PER"):
                stem = f"[SENSe#:]{header}:VOLTage"
                ranges = self._ranges["VOLT:AC"]
            default = 10.0 if 10.0 in ranges else ranges[len(ranges) // 2]
            self.number(f"{short} range", f"{stem}:RANGe[:UPPer]", default, 0.0, ranges[-1])
            self.flag(f"{short} auto", f"{stem}:RANGe:AUTO", True)
            stem = f"[SENSe#:]{header}"
            self.number(f"{short} nplc", f"{stem}:NPLC", 10.0, *self.cycles)
            self.number(f"{short} aperture", f"{stem}:APERture", 0.1, *self.apertures)
            self.flag(f"{short} aperture on", f"{stem}:APERture:ENABled", False)
            coarsest = ranges[-1] * 1e-3
            fine = min(self.resolution, coarsest)
            self.number(f"{short} resolution", f"{stem}:RESolution", fine, 0.0, coarsest)
            self.flag(f"{short} zero", f"{stem}:ZERO:AUTO", True)
            self.on(f"{stem}:ZERO:AUTO", partial(self._auto_zero, short))
            self.flag(f"{short} null", f"{stem}:NULL[:STATe]", False)
            self.number(f"{short} null value", f"{stem}:NULL:VALue", 0.0, -1e9, 1e9)
            self.number(f"{short} band", f"{stem}:BANDwidth", 20.0, 3.0, 200.0)
            self.choice(f"{short} impedance", f"{stem}:IMPedance:AUTO", "ON|OFF|1|0", "0")

    def reported(self) -> str:
        """Tell the present function as this maker does."""
        return self._names.get(self._function, self._function)

    def changed(self, name: str, place: int) -> None:
        """Put a range on the next one that the meter has, and leave autoranging."""
        function, _, what = name.rpartition(" ")
        if what in ("nplc", "aperture") and place:
            # Whichever was set last decides the integration time.
            self.values[f"{function} aperture on", 1] = what == "aperture"
        if what != "range" or place == 0 or function not in self._ranges:
            return
        wanted, ranges = self.amount(name), self._ranges[function]
        fitting = [each for each in ranges if each >= wanted]
        self.values[name, 1] = fitting[0] if fitting else ranges[-1]
        self.values[f"{function} auto", 1] = False

    def reset(self) -> None:
        """Go back to direct voltage, autoranging."""
        self._function = "VOLT"
        self._memory.clear()
        self._armed = False
        super().reset()

    def _choose(self, name: str) -> None:
        short = name.upper().replace("VOLTAGE", "VOLT").replace("CURRENT", "CURR")
        short = short.replace("FRESISTANCE", "FRES").replace("RESISTANCE", "RES")
        short = short.replace("FREQUENCY", "FREQ").removesuffix(":DC").removesuffix(":VOLT")
        self._function = short if short in FUNCTIONS else self._function
        if short not in FUNCTIONS:
            self.complain(-224, "Illegal parameter value")

    def _configure(self, function: str, call: Call) -> None:
        self._function = function
        named = call.words[0].upper() if call.words else "AUTO"
        self.values.pop((f"{function} range", 1), None)
        self.values[f"{function} auto", 1] = True
        if named not in ("AUTO", "DEF", "DEFAULT", "MIN", "MAX") and function in self._ranges:
            self.put(f"{function} range", self._settings[f"{function} range"].read(named))

    def _measure(self, function: str, call: Call) -> str | None:
        self._configure(function, call)
        self.values[f"{function} nplc", 1] = 10.0
        return self._read()

    def fresh(self) -> str:
        """Take and give one reading."""
        return self._form_of(self._taken())

    def _auto_zero(self, function: str, call: Call) -> None:
        # ONCE takes one zero measurement and leaves it at that.
        once = call.text.upper() == "ONCE"
        self.put(
            f"{function} zero", not once and self._settings[f"{function} zero"].read(call.text)
        )

    def _initiate(self) -> None:
        if self.value("source") in ("BUS", "EXT", "MAN"):
            self._memory, self._armed = [], True
        else:
            self._fill()

    def _triggered(self) -> None:
        if not self._armed:
            raise DataError(-211, "Trigger ignored")
        self._armed = False
        self._fill()

    def _read(self) -> str | None:
        if self.value("source") in ("BUS", "MAN"):
            raise DataError(-214, "Trigger deadlock")
        self._fill()
        return self._written()

    def _fill(self) -> None:
        count = int(self.amount("samples") * self.amount("triggers"))
        self._memory = [self._taken() for _ in range(min(count, 10_000))]

    def _written(self) -> str:
        if not self._memory:
            raise DataError(-230, "Data corrupt or stale")
        return ",".join(map(self._form_of, self._memory))

    def _form_of(self, value: float) -> str:
        return f"{value:+.8E}"

    def _taken(self) -> float:
        self._delivered += 1
        self._site.say("delivered", samples=self._delivered)
        true = self._true()
        if not math.isfinite(true):
            return _OVER
        value = true + float(self._random.normal(0.0, _NOISE.get(self._function, 1e-9)))
        if not self.value(f"{self._function} auto"):
            top = self.amount(f"{self._function} range")
            if abs(value) > 1.2 * top:
                return math.copysign(_OVER, value)
        return value

    def _true(self) -> float:
        world, node = self._site.world, str(self._site.options.get("node", "out"))
        inside = str(self._site.options.get("senses", ""))
        if not inside:
            inside = "circuit" if world.has("circuit") else "specimen"
        if self._function == "VOLT":
            if inside == "circuit":
                return world.circuit.voltage(node)
            return world.chamber.specimen * world.chamber.model.transmitter
        if self._function == "CURR":
            return world.circuit.current(node) if self._site.options.get("series") else 0.0
        if self._function in ("RES", "FRES"):
            leads = 0.0 if self._function == "FRES" else world.circuit.lead_resistance
            return world.circuit.resistance + leads
        if self._function == "TEMP":
            return world.ambient
        return 0.0

    def _configuration(self) -> str:
        function = self._function
        span = self.amount(f"{function} range")
        return f'"{function} {span:+.8E},{self.amount(f"{function} resolution"):+.8E}"'
