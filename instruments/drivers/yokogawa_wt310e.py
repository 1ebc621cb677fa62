"""Yokogawa WT310E power analyser (one element), over USB, GPIB, RS-232 or Ethernet (VXI-11).

Source: WT310E/WT310EH/WT332E/WT333E Communication Interface User's Manual, IM WT310E-17EN, chapter
6; accuracy and ranges from the Getting Started Guide, IM WT310E-02EN, 7.3. A value that does not
exist is written NAN, one beyond its range INF.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from instruments import scpi
from instruments.accuracy import NOMINAL, Accuracy, Conditions, Span
from instruments.errors import BadAnswer, InstrumentError, SettingRefused
from instruments.link import Link
from instruments.model import Model
from instruments.ranges import Range
from instruments.readings import Reading
from instruments.roles import PowerAnalyser
from instruments.scpi_instrument import ScpiInstrument
from instruments.settings import Settings

__all__ = ["YokogawaWT310E"]

Value = TypeVar("Value")
_PAGE = "IM WT310E-02EN, 7.3"
# Full scales at crest factor 3.
_VOLTAGES = (15.0, 30.0, 60.0, 150.0, 300.0, 600.0)
_CURRENTS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
_MODES = ("DC", "RMS")
_KNOWN_MODES = (*_MODES, "VME", "VMEAN")
_ITEMS = ("U", "I", "P")
# What is measured and what decides about it, in one line.
_QUESTION = (
    ":COMM:HEAD OFF;:INP:MODE?;:INP:CFAC?;:INP:VOLT:AUTO?;:INP:VOLT:RANG?;:INP:CURR:AUTO?"
    ";:INP:CURR:RANG?;:NUM:FORM ASC;:NUM:NORM:NUM 3;:NUM:NORM:ITEM1 U,1;:NUM:NORM:ITEM2 I,1"
    ";:NUM:NORM:ITEM3 P,1;:NUM:NORM:VAL?"
)
_KEPT = 6  # settings that come before the values


def _direct(unit: str, tops: tuple[float, ...]) -> Accuracy:
    """Read the line "DC": 0.1 % of reading and 0.2 % of range, 12 months after calibration."""
    spans = tuple(
        Span(top=top, reading=0.1, scale=0.2, reading_per_kelvin=0.03) for top in sorted(tops)
    )
    return Accuracy(unit=unit, page=_PAGE, beyond=1.4, spans={365: spans})


@dataclass(frozen=True, slots=True)
class _Asked:
    """The answer to the question above: settings, and the values as they were written."""

    mode: str
    crest: str
    automatic: tuple[bool, bool]
    ranges: tuple[float, float]
    values: tuple[str, ...]


class YokogawaWT310E(ScpiInstrument):
    """An analyser that measures one load, and drives nothing.

    Its mode and its ranges are read with every value; where they are not as wanted, at first or
    after a power cut, they are set and read again. By default the ranges follow the signal.

    Parameters
    ----------
    mode
        "dc" for mean values, "rms" for root mean squares.
    """

    about = Model(
        maker="yokogawa",
        name="WT310E",
        manual="WT310E Communication Interface User's Manual, IM WT310E-17EN",
        plays=(PowerAnalyser,),
        outputs=0,
        ranges=(
            Range("voltage range", _VOLTAGES[0], _VOLTAGES[-1], "V"),
            Range("current range", _CURRENTS[0], _CURRENTS[-1], "A"),
        ),
        accuracy={
            "voltage": _direct("V", _VOLTAGES),
            "current": _direct("A", _CURRENTS),
            "power": _direct("W", tuple({u * i for u in _VOLTAGES for i in _CURRENTS})),
        },
    )
    error_query = ":STAT:ERR?"

    def __init__(
        self,
        link: Link,
        ranges: Mapping[str, Range],
        conditions: Conditions = NOMINAL,
        serial: str = "",
        mode: str = "dc",
    ) -> None:
        super().__init__(link, ranges, conditions, serial)
        self._mode = mode.upper()
        # Full scales that were chosen [V], [A]; None where the range follows the signal.
        self._chosen: list[float | None] = [None, None]

    @classmethod
    def ranges_of(cls, mode: str = "dc") -> tuple[Range, ...]:
        """Give the measuring ranges."""
        if mode.upper() not in _MODES:
            raise SettingRefused("mode", mode, "dc or rms")
        return cls.about.ranges

    def set_voltage_range(self, volts: float | None) -> None:
        """Choose the full scale of the voltage [V], None to follow the signal."""
        self._choose(0, "voltage", volts, _VOLTAGES, "V")

    def set_current_range(self, amperes: float | None) -> None:
        """Choose the full scale of the current [A], None to follow the signal."""
        self._choose(1, "current", amperes, _CURRENTS, "A")

    def _choose(
        self, place: int, what: str, top: float | None, known: tuple[float, ...], unit: str
    ) -> None:
        if top is not None:
            self.accepted(f"{what} range", top)
            if top not in known:
                accepted = ", ".join(f"{each:g}" for each in known)
                raise SettingRefused(f"{what} range", top, f"{accepted} {unit}")
        self._chosen[place] = top
        self._prepare(f"choose the {what} range")

    def _prepare(self, doing: str) -> None:
        lines = [f":INP:MODE {self._mode}", ":INP:CFAC 3"]
        for name, top in zip(("VOLT", "CURR"), self._chosen, strict=True):
            lines.append(
                f":INP:{name}:AUTO ON"
                if top is None
                else f":INP:{name}:AUTO OFF;:INP:{name}:RANG {top:g}"
            )
        self.tell(";".join(lines), doing=doing)
        # What was measured before is thrown away: wait for the end of the next update.
        self.ask(":STAT:FILT1 FALL;:STAT:EESR?", str, doing=doing)
        self.tell(":COMM:WAIT 1", doing=doing)

    def _measured(self, place: int, function: str, element: int, doing: str) -> Reading:
        if element != 1:
            raise SettingRefused("element", element, "1")
        asked = self.ask(_QUESTION, _asked, doing=doing)
        if not self._as_wanted(asked):
            self._prepare(doing)
            asked = self.ask(_QUESTION, _asked, doing=doing)
            if not self._as_wanted(asked):
                raise self.fault("mode or range is not as it was set", doing=doing)
        volts, amperes = asked.ranges
        span = (volts, amperes, volts * amperes)[place]
        value = self._number(asked.values[place], doing)
        # A hair lower, so that the product of two ranges finds its line.
        return self.reading(value, function, span=span * (1 - 1e-9))

    def _as_wanted(self, asked: _Asked) -> bool:
        return (
            asked.mode == self._mode
            and asked.crest == "3"
            and all(
                automatic if top is None else not automatic and abs(found / top - 1) < 1e-6
                for automatic, found, top in zip(
                    asked.automatic, asked.ranges, self._chosen, strict=True
                )
            )
        )

    def _number(self, text: str, doing: str) -> float:
        try:
            return scpi.number(text)
        except InstrumentError as error:
            raise self._completed(error, _QUESTION, text, doing) from None

    def voltage(self, element: int = 1) -> Reading:
        """Measure the voltage [V]: its mean, or in mode "rms" its root mean square."""
        return self._measured(0, "voltage", element, "measure the voltage")

    def current(self, element: int = 1) -> Reading:
        """Measure the current [A]: its mean, or in mode "rms" its root mean square."""
        return self._measured(1, "current", element, "measure the current")

    def active_power(self, element: int = 1) -> Reading:
        """Measure the active power [W]."""
        return self._measured(2, "power", element, "measure the active power")

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back mode, crest factor, and both ranges with whether they follow the signal."""

        def of(question: str, read: Callable[[str], Value]) -> Callable[[], Value]:
            line = f":COMM:HEAD OFF;:INP:{question}?"
            return lambda: self.ask(line, read, doing=f"read back INP:{question}")

        return Settings(
            mode=of("MODE", scpi.word(*_KNOWN_MODES)),
            crest_factor=of("CFAC", str.strip),
            voltage_range=of("VOLT:RANG", scpi.number),
            voltage_automatic=of("VOLT:AUTO", scpi.boolean),
            current_range=of("CURR:RANG", scpi.number),
            current_automatic=of("CURR:AUTO", scpi.boolean),
        )


def _asked(reply: str) -> _Asked:
    *kept, last = reply.split(";")
    values = tuple(last.split(","))
    if len(kept) != _KEPT or len(values) != len(_ITEMS):
        # One value alone is still told for what it is.
        scpi.number(last)
        raise BadAnswer("six settings and three values were expected", reply=reply)
    mode, crest, *ranges = kept
    return _Asked(
        mode=scpi.word(*_KNOWN_MODES)(mode),
        crest=crest.strip(),
        automatic=(scpi.boolean(ranges[0]), scpi.boolean(ranges[2])),
        ranges=(scpi.number(ranges[1]), scpi.number(ranges[3])),
        values=values,
    )
