"""Keithley 2450 source-measure unit (200 V, 1 A, 20 W), over LAN socket 5025 or USB, SCPI.

Source: Model 2450 Reference Manual, 2450-901-01, sections 2 (output-off states) and 6 (commands);
ranges and accuracy from SPEC-2450 Rev. A, pages 2 and 3. The instrument has to be in its SCPI
command set (``*LANG SCPI``), not in that of the 2400.
"""

from collections.abc import Mapping

from instruments import scpi
from instruments.accuracy import NOMINAL, Accuracy, Conditions, Span
from instruments.errors import BadAnswer, SettingRefused
from instruments.link import Link
from instruments.model import Model
from instruments.ranges import Range
from instruments.readings import Reading
from instruments.roles import SourceMeasureUnit
from instruments.scpi_instrument import ScpiInstrument
from instruments.settings import Settings

__all__ = ["Keithley2450"]

_SHEET = "SPEC-2450 Rev. A, page 2, 1 year"
# Beyond the reference temperatures the whole specification grows by this share per kelvin.
_PER_KELVIN = 0.15
_TALL, _THIN = 21.0, 0.105  # above that voltage [V] no more than this current [A]
_LEAST_VOLTS, _LEAST_AMPERES = 0.02, 1e-9  # of a limit


def _specified(unit: str, rows: tuple[tuple[float, float, float], ...]) -> Accuracy:
    """Read rows of full scale, share of reading [%] and constant part [unit]."""
    spans = tuple(
        Span(
            top=top,
            reading=reading,
            scale=100.0 * constant / top,
            reading_per_kelvin=_PER_KELVIN * reading,
            scale_per_kelvin=_PER_KELVIN * 100.0 * constant / top,
        )
        for top, reading, constant in rows
    )
    return Accuracy(unit=unit, page=_SHEET, beyond=1.05, spans={365: spans})


_VOLTAGE = _specified(
    "V",
    (
        (0.02, 0.1, 150e-6),
        (0.2, 0.012, 200e-6),
        (2.0, 0.012, 300e-6),
        (20.0, 0.015, 1e-3),
        (200.0, 0.015, 10e-3),
    ),
)
_CURRENT = _specified(
    "A",
    (
        (1e-8, 0.1, 50e-12),
        (1e-7, 0.06, 100e-12),
        (1e-6, 0.025, 300e-12),
        (1e-5, 0.025, 700e-12),
        (1e-4, 0.02, 6e-9),
        (1e-3, 0.02, 60e-9),
        (1e-2, 0.02, 600e-9),
        (0.1, 0.025, 6e-6),
        (1.0, 0.03, 500e-6),
    ),
)


class Keithley2450(ScpiInstrument):
    """A source in all four quadrants that measures at its terminals.

    Off means off the circuit: its relay opens. In the state as shipped it would stay there as a
    source of 0 V and discharge a cell.

    Parameters
    ----------
    sense
        Wires: 4 to sense at the device, 2 at the terminals.
    """

    about = Model(
        maker="keithley",
        name="MODEL 2450",
        manual="Model 2450 Reference Manual, 2450-901-01",
        plays=(SourceMeasureUnit,),
        # Of either sign; a limit of the bench holds for source and compliance alike.
        ranges=(Range("voltage", 0.0, 210.0, "V"), Range("current", 0.0, 1.05, "A")),
        accuracy={"voltage": _VOLTAGE, "current": _CURRENT},
        port=5025,
    )

    def __init__(
        self,
        link: Link,
        ranges: Mapping[str, Range],
        conditions: Conditions = NOMINAL,
        serial: str = "",
        sense: int = 2,
    ) -> None:
        super().__init__(link, ranges, conditions, serial)
        self._remote = sense == 4

    @classmethod
    def ranges_of(cls, sense: int = 2) -> tuple[Range, ...]:
        """Give what the source accepts."""
        if sense not in (2, 4):
            raise SettingRefused("sense", sense, "2 or 4 wires")
        return cls.about.ranges

    def source_voltage(self, volts: float, *, current_limit: float) -> None:
        """Source a voltage [V], limiting the current [A]; from sourcing a current, it goes off."""
        self._within_power(volts, current_limit)
        if current_limit < _LEAST_AMPERES:
            raise SettingRefused("current limit", current_limit, f"from {_LEAST_AMPERES:g} A")
        level = f":SOUR:VOLT {volts:.9G}"
        limit = f":SOUR:VOLT:ILIM {current_limit:.9G}"
        self._source("VOLT", level, limit, current_limit > _THIN, f"source {volts:g} V")

    def source_current(self, amperes: float, *, voltage_limit: float) -> None:
        """Source a current [A], limiting the voltage [V]; from sourcing a voltage, it goes off."""
        self._within_power(voltage_limit, amperes)
        if voltage_limit < _LEAST_VOLTS:
            raise SettingRefused("voltage limit", voltage_limit, f"from {_LEAST_VOLTS:g} V")
        level = f":SOUR:CURR {amperes:.9G}"
        limit = f":SOUR:CURR:VLIM {voltage_limit:.9G}"
        self._source("CURR", level, limit, voltage_limit > _TALL, f"source {amperes:g} A")

    def _within_power(self, volts: float, amperes: float) -> None:
        self.accepted("voltage", abs(volts))
        self.accepted("current", abs(amperes))
        if abs(volts) > _TALL and abs(amperes) > _THIN:
            accepted = f"up to {_THIN:g} A above {_TALL:g} V"
            raise SettingRefused("current", amperes, accepted)

    def _source(self, function: str, level: str, limit: str, wide: bool, doing: str) -> None:
        # The tighter of both comes first, so that the pair is allowed at every moment.
        both = f"{level};{limit}" if wide else f"{limit};{level}"
        remote = "ON" if self._remote else "OFF"
        sense = f":SENS:VOLT:RSEN {remote};:SENS:CURR:RSEN {remote}"
        self.tell(f":SOUR:FUNC {function};:OUTP:SMOD HIMP;{sense};{both}", doing=doing)

    def switch_output(self, on: bool) -> None:
        """Switch the output and read back that it switched; off, it leaves the circuit."""
        wanted, doing = "on" if on else "off", f"switch the output {'on' if on else 'off'}"
        self.tell(f":OUTP:SMOD HIMP;:OUTP {wanted.upper()}", doing=doing)
        if self.output_is_on() is not on:
            raise self.fault(f"the output did not switch {wanted}", doing=doing)

    def output_is_on(self) -> bool:
        """Tell whether the output is on."""
        return self.ask(":OUTP?", scpi.boolean, doing="read the output switch")

    def limit_tripped(self) -> bool:
        """Tell whether the limit holds the source off its level."""
        question = ":SOUR:VOLT:ILIM:TRIP?;:SOUR:CURR:VLIM:TRIP?"
        return self.ask(question, _either, doing="read whether the limit holds")

    def voltage(self) -> Reading:
        """Measure the voltage at the terminals [V], or at the device with 4 wires."""
        return self._measured("VOLT", "voltage", "measure the voltage")

    def current(self) -> Reading:
        """Measure the current out of the terminals [A]; negative where it sinks."""
        return self._measured("CURR", "current", "measure the current")

    def _measured(self, function: str, quantity: str, doing: str) -> Reading:
        stem = f":SENS:{function}"
        question = f'{stem}:RSEN?;:OUTP?;:MEAS:{function}? "defbuffer1";{stem}:RANG?'
        remote, on, value, span = self.ask(question, _reading, doing=doing)
        if on and remote is not self._remote:
            raise self.fault("the sense wires are not as they were set", doing=doing)
        # A hair lower: ranges come back with few digits.
        return self.reading(value, quantity, span=span * (1 - 1e-6))

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back what is sourced, levels [V], [A], limits [A], [V], wires and switch."""

        def number(question: str) -> float:
            return self.ask(question, scpi.number, doing="read back the source")

        function = scpi.word("VOLT", "CURR", "VOLTAGE", "CURRENT")
        return Settings(
            function=lambda: self.ask(":SOUR:FUNC?", function, doing="read what is sourced"),
            voltage=lambda: number(":SOUR:VOLT?"),
            current_limit=lambda: number(":SOUR:VOLT:ILIM?"),
            current=lambda: number(":SOUR:CURR?"),
            voltage_limit=lambda: number(":SOUR:CURR:VLIM?"),
            remote_sense=lambda: self.ask(
                ":SENS:VOLT:RSEN?", scpi.boolean, doing="read the sense wires"
            ),
            off_state=lambda: self.ask(":OUTP:SMOD?", str.strip, doing="read the output-off state"),
            output=self.output_is_on,
        )

    def make_safe(self) -> None:
        """Switch the output off and read that back."""
        self.switch_output(False)


def _either(reply: str) -> bool:
    fields = reply.split(";")
    if len(fields) != 2:
        raise BadAnswer("two states were expected", reply=reply)
    first, second = map(scpi.boolean, fields)
    return first or second


def _reading(reply: str) -> tuple[bool, bool, float, float]:
    fields = reply.split(";")
    if len(fields) != 4:
        # One value alone is still told for what it is.
        scpi.number(fields[-1])
        raise BadAnswer("sense wires, switch, value and range were expected", reply=reply)
    remote, on, value, span = fields
    return scpi.boolean(remote), scpi.boolean(on), scpi.number(value), scpi.number(span)
