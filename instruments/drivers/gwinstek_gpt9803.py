"""GW Instek GPT-9803 withstand and insulation tester (AC, DC, IR), over RS-232 or USB.

Source: GPT-9000 Series User Manual, "Remote Control" (commands) and appendix "GPT-9800
Specifications" (ranges, accuracy).

The tester itself refuses to switch on while its interlock is open (manual, "SIGNAL I/O Overview").
Its command set has no question for the interlock: it is known to be closed while the voltage is
on, and known to be open where the status of ``MEASure?`` says so. `start` relies on neither; it
reads back whether the voltage came on.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from instruments import scpi
from instruments.accuracy import NOMINAL, Accuracy, Conditions, Span
from instruments.errors import BadAnswer, InstrumentFault, SettingRefused
from instruments.link import Link
from instruments.model import Model
from instruments.ranges import Range
from instruments.readings import Identity, Reading
from instruments.roles import WithstandTester
from instruments.scpi_instrument import ScpiInstrument
from instruments.settings import Settings

__all__ = ["GwInstekGPT9803"]

Value = TypeVar("Value")
_SHEET = "GPT-9000 Series User Manual, appendix, GPT-9800 specifications"
_FUNCTIONS = ("ACW", "DCW", "IR")
_ENDED = {"PASS": True, "FAIL": False, "STOP": False}
_MOST_WATTS = 50.0  # [W] of direct voltage
_LONG = 240.0  # [s] from which an alternating current is limited to 30 mA
_VALUE = re.compile(r"\s*(\d+\.?\d*)\s*([kMGmu]?)\s*(V|A|ohm)\s*")
_PREFIX = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "m": 1e-3, "u": 1e-6}

_VOLTAGE = Accuracy(unit="V", page=_SHEET, spans={365: (Span(top=6000.0, reading=1.0, floor=5.0),)})
_LEAKAGE = Accuracy(
    unit="A",
    page=_SHEET,
    spans={
        365: (
            Span(top=1.11e-3, reading=1.5, floor=30e-6),
            Span(top=9.999e-3, reading=1.5, floor=3e-6),
            Span(top=42e-3, reading=1.5, floor=30e-6),
        )
    },
)
# Below 500 V the better share ends at 50 Mohm, from 500 V on at 500 Mohm.
_INSULATION = {
    below: Accuracy(
        unit="ohm",
        page=_SHEET,
        spans={
            365: (
                Span(top=better, reading=5.0, floor=1e6),
                Span(top=highest, reading=10.0, floor=1e6),
            )
        },
    )
    for below, better, highest in ((True, 50e6, 2e9), (False, 500e6, 9.999e9))
}


@dataclass(frozen=True, slots=True)
class _Result:
    """One answer to ``MEASure?``: function, status, voltage and finding as written."""

    function: str
    status: str
    voltage: str
    finding: str


class GwInstekGPT9803(ScpiInstrument):
    """A tester whose voltage is off unless it was read back to be on.

    Parameters
    ----------
    frequency
        Of the alternating test voltage [Hz]: 50 or 60.
    """

    about = Model(
        maker="GW Instek",
        name="GPT-9803",
        also=("GPT-9804",),
        manual="GPT-9000 Series User Manual",
        plays=(WithstandTester,),
        ranges=(
            Range("alternating voltage", 50.0, 5000.0, "V"),
            Range("direct voltage", 50.0, 6000.0, "V"),
            Range("insulation voltage", 50.0, 1000.0, "V"),
            Range("alternating limit", 1e-6, 42e-3, "A"),
            Range("direct limit", 1e-6, 11e-3, "A"),
            Range("withstand time", 0.5, 999.9, "s"),
            Range("insulation time", 1.0, 999.9, "s"),
        ),
        accuracy={
            "voltage": _VOLTAGE,
            "leakage": _LEAKAGE,
            "insulation below 500 V": _INSULATION[True],
            "insulation": _INSULATION[False],
        },
        line="text",
        baud=115200,
    )
    line_end = "\r\n"
    unasked = frozenset({"leakage", "insulation", "passed"})

    def __init__(
        self,
        link: Link,
        ranges: Mapping[str, Range],
        conditions: Conditions = NOMINAL,
        serial: str = "",
        frequency: float = 60,
    ) -> None:
        super().__init__(link, ranges, conditions, serial)
        self._frequency = frequency
        self._prepared: dict[str, str] = {}

    @classmethod
    def ranges_of(cls, frequency: float = 60) -> tuple[Range, ...]:
        """Give what the tester accepts."""
        if frequency not in (50, 60):
            raise SettingRefused("frequency", frequency, "50 or 60 Hz")
        return cls.about.ranges

    @classmethod
    def identified(cls, reply: str) -> Identity:
        """Read ``GPT-9803, serial, firmware``."""
        fields = [field.strip() for field in reply.lstrip(">").split(",")]
        if len(fields) != 3 or not re.fullmatch(r"GPT-\d{4}A?", fields[0]):
            raise BadAnswer("no tester of the GPT series answers", reply=reply)
        return Identity(maker="GW Instek", model=fields[0], serial=fields[1], firmware=fields[2])

    def identity(self) -> Identity:
        """Ask the tester who it is."""
        return self.ask("*IDN?", self.identified, doing="identify the tester")

    def _next_error(self, doing: str) -> scpi.QueuedError:
        reply = self._link.query("SYST:ERR?", doing=doing)
        code, _, text = reply.lstrip("> ").partition(",")
        try:
            return scpi.QueuedError(int(code, 0), text.strip())
        except ValueError:
            raise self.nonsense("no error code", doing=doing, reply=reply) from None

    def tell(self, setting: str, *, doing: str) -> None:
        """Send a setting, and ask for the error that it may have caused.

        Raises
        ------
        InstrumentFault
            The tester refused it.
        """
        with self._link.exchange(doing):
            self._link.write(setting, doing=doing)
            entry = self._next_error(doing)
        if entry.code:
            raise self.fault(f"the tester reports {entry}", doing=doing, command=setting)

    def set_withstand(
        self, volts: float, *, alternating: bool, limit: float, seconds: float
    ) -> None:
        """Prepare a withstand test: voltage [V], leakage limit [A], duration [s]."""
        kind = "alternating" if alternating else "direct"
        self.accepted(f"{kind} voltage", volts)
        self.accepted(f"{kind} limit", limit)
        self.accepted("withstand time", seconds)
        if alternating and limit > 30e-3 and seconds >= _LONG:
            raise SettingRefused("withstand time", seconds, f"below {_LONG:g} s above 30 mA")
        if not alternating and volts * limit > _MOST_WATTS:
            raise SettingRefused("direct limit", limit, f"up to {_MOST_WATTS:g} W")
        mode = "ACW" if alternating else "DCW"
        wanted = {
            f"MANU:{mode}:VOLT": f"{volts / 1000.0:.3f}",
            f"MANU:{mode}:CHIS": f"{limit * 1000.0:.3f}",
            f"MANU:{mode}:CLOS": "0.000",
            f"MANU:{mode}:TTIM": f"{seconds:.1f}",
        }
        if alternating:
            wanted["MANU:ACW:FREQ"] = f"{self._frequency:.0f}"
        self._prepare(mode, wanted, f"prepare {volts:g} V {kind}")

    def set_insulation(self, volts: float, *, seconds: float) -> None:
        """Prepare an insulation-resistance test: voltage [V] in steps of 50 V, duration [s]."""
        self.accepted("insulation voltage", volts)
        self.accepted("insulation time", seconds)
        if volts % 50.0:
            raise SettingRefused("insulation voltage", volts, "50 to 1000 V in steps of 50 V")
        wanted = {
            "MANU:IR:VOLT": f"{volts / 1000.0:.3f}",
            "MANU:IR:RLOS": "1",
            "MANU:IR:TTIM": f"{seconds:.1f}",
        }
        self._prepare("IR", wanted, f"prepare {volts:g} V for insulation resistance")

    def _prepare(self, mode: str, wanted: Mapping[str, str], doing: str) -> None:
        self._prepared = {}
        self.tell("MAIN:FUNC MANU", doing=doing)
        self.tell(f"MANU:EDIT:MODE {mode}", doing=doing)
        # The lower limit first: an upper one below it is refused.
        for header in sorted(wanted, key=lambda header: "CHIS" in header or "VOLT" in header):
            self.tell(f"{header} {wanted[header]}", doing=doing)
        prepared = {"MANU:EDIT:MODE": mode, **wanted}
        self._compare(prepared, doing)
        self._prepared = prepared

    def _compare(self, wanted: Mapping[str, str], doing: str) -> None:
        for header, text in wanted.items():
            found = self.ask(f"{header}?", _plain, doing=doing)
            if not _same(found, text):
                raise self.fault(
                    f"{header} is {found}, not {text}; prepare the test again", doing=doing
                )

    def interlock_closed(self) -> bool:
        """Tell whether the interlock is closed, as far as the tester shows it."""
        return self._result("read the interlock").status != "INTERLOCK"

    def start(self) -> None:
        """Switch the high voltage on, as it was prepared, and read back that it is.

        Raises
        ------
        InstrumentFault
            The interlock is open, no test is prepared, or a power cut lost what was prepared;
            the voltage is off.
        """
        doing = "switch the high voltage on"
        if not self._prepared:
            raise self.fault("no test is prepared", doing=doing)
        if not self.interlock_closed():
            raise self.fault("the interlock is open", doing=doing)
        self._compare(self._prepared, doing)
        try:
            self.tell("FUNC:TEST ON", doing=doing)
            if not self.is_on() and self._result(doing).status not in _ENDED:
                raise self.fault("the voltage did not come on: is the interlock open?", doing=doing)
        except InstrumentFault:
            self.stop()
            raise

    def stop(self) -> None:
        """Switch the high voltage off and read back that it is."""
        doing = "switch the high voltage off"
        with self._link.exchange(doing):
            self._link.write("FUNC:TEST OFF", doing=doing)
            entry = self._next_error(doing)
        # An error of before is no reason to doubt what is read back now.
        if self.is_on():
            raise self.fault(f"the high voltage is still on ({entry})", doing=doing)

    def is_on(self) -> bool:
        """Tell whether high voltage is on, as the tester says."""
        return self.ask("FUNC:TEST?", _switch, doing="read the high-voltage switch")

    def voltage(self) -> Reading:
        """Measure the test voltage [V]; after a test, that at its end."""
        doing = "measure the test voltage"
        return self.reading(self._number(self._result(doing).voltage, "V", doing), "voltage")

    def leakage(self) -> Reading:
        """Measure the leakage current [A] of a withstand test; after it, that at its end."""
        doing = "measure the leakage"
        result = self._of_test(doing, "ACW", "DCW")
        return self.reading(self._number(result.finding, "A", doing), "leakage")

    def insulation(self) -> Reading:
        """Measure the insulation resistance [ohm]; after the test, that at its end."""
        doing = "measure the insulation resistance"
        result = self._of_test(doing, "IR")
        low = self._number(result.voltage, "V", doing) < 500.0
        ohms = self._number(result.finding, "ohm", doing)
        return self.reading(ohms, "insulation below 500 V" if low else "insulation")

    def passed(self) -> bool:
        """Tell whether the last test ended without break-down.

        Raises
        ------
        InstrumentFault
            None has ended.
        """
        doing = "read the verdict"
        status = self._result(doing).status
        if status not in _ENDED:
            raise self.fault(f"no test has ended, the status is {status}", doing=doing)
        return _ENDED[status]

    def _of_test(self, doing: str, *functions: str) -> _Result:
        result = self._result(doing)
        if result.function not in functions:
            raise self.fault(f"the tester is in the function {result.function}", doing=doing)
        if result.status not in ("TEST", *_ENDED):
            raise self.fault(f"no test is there, the status is {result.status}", doing=doing)
        return result

    def _result(self, doing: str) -> _Result:
        return self.ask("MEAS?", _result, doing=doing)

    def _number(self, text: str, unit: str, doing: str) -> float:
        match = _VALUE.fullmatch(text)
        if match is None or match[3] != unit:
            raise self.fault("the tester shows no value", doing=doing, reply=text)
        return float(match[1]) * _PREFIX[match[2]]

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back function, test voltage [kV], duration [s] and switch."""

        def of_mode(what: str) -> Callable[[], float]:
            doing = f"read {what}"
            return lambda: self.ask(f"MANU:{self._mode()}:{what}?", scpi.number, doing=doing)

        return Settings(
            function=self._mode,
            kilovolts=of_mode("VOLT"),
            seconds=of_mode("TTIM"),
            on=self.is_on,
        )

    def _mode(self) -> str:
        return self.ask("MANU:EDIT:MODE?", scpi.word(*_FUNCTIONS), doing="read the function")

    def make_safe(self) -> None:
        """Switch the high voltage off and read that back."""
        self.stop()


def _plain(reply: str) -> str:
    return reply.strip().lstrip(">").strip()


def _same(found: str, wanted: str) -> bool:
    try:
        return abs(float(found) - float(wanted)) < 1e-9
    except ValueError:
        return found == wanted


def _switch(reply: str) -> bool:
    return scpi.word("TEST ON", "TEST OFF")(_plain(reply)) == "TEST ON"


def _result(reply: str) -> _Result:
    fields = [field.strip() for field in _plain(reply).split(",")]
    if len(fields) != 5 or fields[0] not in _FUNCTIONS or not re.match("[TR]=", fields[4]):
        raise BadAnswer("function, status, voltage, finding and time were expected", reply=reply)
    return _Result(*fields[:4])
