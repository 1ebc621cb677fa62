"""Simulated GW Instek GPT-9803 on the insulation of its bench.

Source: GPT-9000 Series User Manual, "Remote Control". The automatic tests (AUTO) are not simulated.
Of the manual no page says how a value beyond its range or an open interlock is written: here they
are "OVER" and the status "INTERLOCK".
"""

from collections.abc import Iterable
from math import inf

from instruments.simulators.high_voltage import Program
from instruments.simulators.scpi_device import Call, DataError, ScpiDevice, Value
from instruments.simulators.site import Site

__all__ = ["make"]

_MODES = ("ACW", "DCW", "IR")
_LARGEST = {"ACW": 0.042, "DCW": 0.011}  # [A] that it can measure
_MOST_WATTS = 50.0  # [W] of direct voltage
_HIGHEST_RESISTANCE = 9.999e9  # [ohm]
# Codes of SCPI to those of this maker.
_CODES = {
    -113: (0x14, "Command Error"),
    -222: (0x15, "Value Error"),
    -104: (0x16, "String Error"),
    -224: (0x16, "String Error"),
    -109: (0x17, "Query Error"),
    -221: (0x18, "Mode Error"),
    -284: (0x18, "Mode Error"),
    -203: (0x18, "Mode Error"),
}
_MODE_ERROR = DataError(-221, "Mode Error")


class _Tester(ScpiDevice):
    end = "\r\n"
    over = "serial"
    overload = ">ACW, VIEW , OVER kV , OVER mA ,T=000.0S"

    def __init__(self, site: Site) -> None:
        super().__init__(f"GPT-9803, {site.serial}, V1.00", no_error="0x00,No Error", form=".3f")
        self._site = site
        self._world = site.world
        self._output = site.world.high_voltage
        self._output.switched = lambda on: site.say("output", on=on)
        site.world.watch(site.role, lambda: self._output.on)
        self._step = 1
        self._returns = False
        self._declare_tests()
        self._declare_extras()
        self.on("FUNCtion:TEST", self._test)
        self.on("FUNCtion:TEST?", lambda _: "TEST ON" if self._output.on else "TEST OFF")
        self.on("MEASure?", lambda _: self._measured())
        self.on("MANU:STEP", self._choose)
        self.on("MANU:STEP?", lambda _: str(self._step))

    def _declare_tests(self) -> None:
        self.choice("main", "MAIN:FUNCtion", "MANU|AUTO", "MANU")
        self.choice("mode", "MANU:EDIT:MODE", "ACW|DCW|IR", "ACW")
        self.number("ramp", "MANU:RTIMe", 0.1, 0.1, 999.9, form=".1f")
        for mode, highest, most in (("ACW", 5.0, 42.0), ("DCW", 6.0, 11.0)):
            stem = f"MANU:{mode}"
            self.number(f"{mode} voltage", f"{stem}:VOLTage", 0.1, 0.05, highest)
            self.number(f"{mode} most", f"{stem}:CHISet", 1.0, 0.001, most)
            self.number(f"{mode} least", f"{stem}:CLOSet", 0.0, 0.0, most)
            self.number(f"{mode} time", f"{stem}:TTIMe", 1.0, 0.5, 999.9, form=".1f")
            self.number(f"{mode} reference", f"{stem}:REF", 0.0, 0.0, most)
            self.number(f"{mode} arc", f"{stem}:ARCCurrent", 1.0, 0.001, most)
        self.number("ACW frequency", "MANU:ACW:FREQuency", 60, 50, 60, form="d")
        self.number("IR voltage", "MANU:IR:VOLTage", 0.05, 0.05, 1.0)
        self.number("IR most", "MANU:IR:RHISet", 9999, 1, 9999, form="d")
        self.number("IR least", "MANU:IR:RLOSet", 1, 1, 9999, form="d")
        self.number("IR time", "MANU:IR:TTIMe", 1.0, 1.0, 999.9, form=".1f")
        self.number("IR reference", "MANU:IR:REF", 0, 0, 9999, form="d")

    def _declare_extras(self) -> None:
        self.text("name", "MANU:NAME", "MANU_NAME")
        # These names are written without quotes.
        self.on("MANU:NAME?", lambda _: str(self.value("name", self._step)))
        self.choice("arc mode", "MANU:UTILity:ARCMode", "OFF|ON_CONT|ON_STOP", "OFF")
        self.choice("pass hold", "MANU:UTILity:PASShold", "OFF|ON", "OFF")
        self.choice("fail mode", "MANU:UTILity:FAILmode", "STOP|CONT|HOLD", "STOP")
        self.choice("max hold", "MANU:UTILity:MAXHold", "OFF|ON", "OFF")
        self.choice("grounding", "MANU:UTILity:GROUNDMODE", "OFF|ON", "OFF")
        self.choice("return", "TESTok:RETurn", "OFF|ON", "OFF")
        self.number("contrast", "SYSTem:LCD:CONTrast", 5, 1, 8, form="d")
        self.number("brightness", "SYSTem:LCD:BRIGhtness", 2, 1, 2, form="d")
        for name in ("PSOUND", "FSOUND", "KEYSound"):
            self.choice(f"buzzer {name}", f"SYSTem:BUZZer:{name}", "OFF|ON", "ON")
        for name in ("PTIMe", "FTIMe"):
            self.number(f"buzzer {name}", f"SYSTem:BUZZer:{name}", 0.5, 0.2, 999.9, form=".1f")

    @property
    def _mode(self) -> str:
        return str(self.value("mode", self._step))

    def places(self, call: Call) -> tuple[list[str], Iterable[int]]:
        """Keep the settings of each of the hundred manual tests apart."""
        return call.words, (self._step,)

    def check(self, name: str, value: Value, place: int) -> None:
        """Refuse what belongs to another mode, is too strong, or comes during a test."""
        if self._output.on:
            raise _MODE_ERROR
        mode, _, what = name.partition(" ")
        if mode in _MODES and mode != self._mode:
            raise _MODE_ERROR
        if name == "IR voltage" and abs(float(value) / 0.05 - round(float(value) / 0.05)) > 1e-6:
            raise DataError
        if name in ("DCW voltage", "DCW most"):
            other = self.amount("DCW most" if what == "voltage" else "DCW voltage", place)
            if float(value) * other > _MOST_WATTS:
                raise DataError

    def _choose(self, call: Call) -> None:
        if not call.text.isdigit() or not 0 <= int(call.text) <= 100:
            raise DataError
        self._step = int(call.text)

    def _test(self, call: Call) -> None:
        match call.text.upper():
            case "ON":
                if not self._output.start(self._world.clock.now(), self._program()):
                    raise _MODE_ERROR
            case "OFF":
                self._output.stop(self._world.clock.now())
            case _:
                raise DataError(-224, "String Error")

    def _program(self) -> Program:
        mode, step = self._mode, self._step
        volts = 1000.0 * self.amount(f"{mode} voltage", step)
        seconds = self.amount(f"{mode} time", step)
        if mode == "IR":
            return Program(
                volts=volts,
                ramp=0.1,
                seconds=seconds,
                # A current source of this size stands behind the voltage.
                most=_LARGEST["DCW"],
                least_resistance=1e6 * self.amount("IR least", step),
            )
        return Program(
            volts=volts,
            frequency=self.amount("ACW frequency", step) if mode == "ACW" else 0.0,
            ramp=self.amount("ramp", step),
            seconds=seconds,
            most=self.amount(f"{mode} most", step) / 1000.0,
            least=self.amount(f"{mode} least", step) / 1000.0,
        )

    def _measured(self) -> str:
        output, mode = self._output, self._mode
        if output.on:
            status = "TEST"
        elif not self._world.interlock_closed:
            status = "INTERLOCK"
        else:
            status = output.verdict or "VIEW"
        time = output.elapsed - (0.0 if output.ramping else output.program.ramp)
        shown = f"{'R' if output.ramping else 'T'}={max(time, 0.0):05.1f}S"
        self._site.say("delivered", samples=1)
        return f">{mode}, {status} , {output.volts / 1000.0:.3f}kV ,{self._finding(mode)},{shown}"

    def _finding(self, mode: str) -> str:
        amperes = self._output.amperes
        if mode == "IR":
            ohms = self._output.volts / amperes if amperes > 0 else inf
            if ohms > _HIGHEST_RESISTANCE:
                return " OVER M ohm "
            return f"{ohms / 1e6:.{3 if ohms < 1e7 else 0}f}M ohm "
        if amperes > _LARGEST[mode]:
            return " OVER mA "
        return f"{amperes * 1000.0:.3f} mA " if amperes < 0.01 else f"{amperes * 1000.0:.2f} mA "

    def reset(self) -> None:
        """Go to the state as shipped; the voltage goes off."""
        self._output.stop(self._world.clock.now())
        self._output.clear()
        self._step = 1
        super().reset()

    def complain(self, code: int, text: str) -> None:
        """Queue an error by the codes of this maker."""
        super().complain(*_CODES.get(code, (0x17, "Query Error")))

    def _next_error(self) -> str:
        if not self.errors:
            return self._no_error
        code, text = self.errors.popleft()
        return f"0x{code:02X},{text}"


def make(site: Site) -> ScpiDevice:
    """Put a tester on the bench."""
    return _Tester(site)
