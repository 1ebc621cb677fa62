"""Keysight E4980A precision LCR meter, 20 Hz to 2 MHz, over LAN socket 5025.

Source: Keysight E4980A/AL User's Guide, E4980-90230, "SCPI Command Reference" and "Data Transfer"
(status field); accuracy from the E4980A data sheet, 5989-4435EN, "Relative accuracy", tables 12,
13, 15 to 17, 19 and 20.

The instrument moves what lies outside its range to the nearest end, without an error: the ranges
here are strict, and every measurement reads back what it was made with.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from instruments import scpi
from instruments.accuracy import NOMINAL, Accuracy, Conditions, Span
from instruments.errors import BadAnswer, InstrumentFault, SettingRefused
from instruments.link import Link
from instruments.model import Model
from instruments.ranges import Range
from instruments.readings import Impedance, Reading
from instruments.roles import LcrMeter
from instruments.scpi_instrument import ScpiInstrument
from instruments.settings import Settings

__all__ = ["KeysightE4980A", "relative_accuracy"]

_SHEET = "E4980A data sheet 5989-4435EN, relative accuracy, tables 12 and 13, at 0.3 V to 1 V"

# Tables 12 and 13: columns by level [V], and by measurement time the level at which the first
# column is printed [V], and rows: frequencies [Hz] and basic accuracy [%].
_LEVELS = (0.005, 0.05, 0.3, 1.0, 10.0, 20.0)
_BASIC = {
    "SHOR": (
        0.05,
        (
            (20.0, 125.0, (0.6, 0.6, 0.3, 0.3, 0.3)),
            (125.0, 1e6, (0.2, 0.2, 0.1, 0.15, 0.15)),
            (1e6, 2e6, (0.4, 0.4, 0.2, 0.3, 0.3)),
        ),
    ),
    "MED": (
        0.03,
        (
            (20.0, 100.0, (0.25, 0.25, 0.1, 0.15, 0.15)),
            (100.0, 1e6, (0.1, 0.1, 0.05, 0.1, 0.15)),
            (1e6, 2e6, (0.2, 0.2, 0.1, 0.2, 0.3)),
        ),
    ),
}
# Tables 16, 17, 19: short offset above and up to 1.08 ohm [ohm], and open offset up to 100 kHz,
# up to 1 MHz and above [S].
_SMALL = 1.08
_OFFSETS = {
    "SHOR": (2.5e-3, 1e-3, (2e-9, 20e-9, 40e-9)),
    "MED": (0.6e-3, 0.2e-3, (0.5e-9, 5e-9, 10e-9)),
}
_REFERENCE = (18.0, 28.0)  # [degC]
_ELSEWHERE = 4.0  # factor outside of them, table 15
_YEAR = 365
_TIMES = ("SHOR", "MED", "LONG")
_STATUS = {
    -1: "the instrument has no data",
    1: "the reading is over-range",
    3: "the signal source is overloaded",
    4: "the level could not be held",
}


def relative_accuracy(
    ohms: float, frequency: float, level: float, time: str, ambient: float = 23.0
) -> float:
    """Give the largest relative error of an impedance [%], open and short corrected.

    The calibration's own uncertainty is not in it: it stands on the certificate.

    Parameters
    ----------
    ohms
        Magnitude of the impedance.
    frequency, level
        Of the test signal [Hz], [V rms].
    time
        Measurement time: "SHOR", "MED" or "LONG".
    ambient
        Temperature of the room [degC].
    """
    mode = "SHOR" if time == "SHOR" else "MED"
    short, small, open_offsets = _OFFSETS[mode]
    zs = short * (1 + 0.4 / level) if ohms > _SMALL else small * (1 + 1 / level)
    zs *= 1.0 + math.sqrt(1000.0 / frequency)
    yo = open_offsets[(frequency > 1e5) + (frequency > 1e6)]
    yo *= 1 + (0.1 if level <= 2.0 else 2.0) / level
    if frequency <= 1e5:
        yo *= 1.0 + math.sqrt(100.0 / frequency)
    kt = 1.0 if _REFERENCE[0] <= ambient <= _REFERENCE[1] else _ELSEWHERE
    return (_basic(mode, frequency, level) + 100.0 * (zs / ohms + yo * ohms)) * kt


def _basic(mode: str, frequency: float, level: float) -> float:
    """Give the basic accuracy [%]; where several cells apply, the best holds."""
    printed, rows = _BASIC[mode]
    columns = tuple(pairwise(_LEVELS))
    return min(
        value * (max(printed / level, 1.0) if place == 0 else 1.0)
        for low, high, values in rows
        for place, (value, (least, most)) in enumerate(zip(values, columns, strict=True))
        if low <= frequency <= high and least <= level <= most
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """One measurement [ohm], and with what it was made [Hz], [V]."""

    resistance: float
    reactance: float
    frequency: float
    level: float
    time: str


def _measured(reply: str) -> _Measured:
    """Read function, frequency, level, measurement time and data of one measurement."""
    fields = reply.split(";")
    time = fields[3].split(",")[0] if len(fields) == 5 else ""
    if len(fields) != 5 or fields[0] != "RX" or time not in _TIMES:
        raise BadAnswer("function, frequency, level, time and data were expected")
    values = fields[4].split(",")
    # A comparator that is on adds its bin.
    if len(values) not in (3, 4):
        raise BadAnswer("two values and a status were expected")
    status = int(scpi.number(values[2]))
    if status != 0:
        raise InstrumentFault(_STATUS.get(status, f"the status is {status}"))
    return _Measured(
        resistance=scpi.number(values[0]),
        reactance=scpi.number(values[1]),
        frequency=scpi.number(fields[1]),
        level=scpi.number(fields[2]),
        time=time,
    )


class KeysightE4980A(ScpiInstrument):
    """An LCR meter that is triggered for each measurement.

    Function, format and trigger are set in the line that measures, and frequency, level and
    measurement time are asked for in it, so that a measurement after a power cut is refused
    where these are no longer what was set.
    """

    about = Model(
        maker="keysight",
        name="E4980A",
        manual="E4980A/AL User's Guide, E4980-90230",
        plays=(LcrMeter,),
        ranges=(
            Range("frequency", 20.0, 2e6, "Hz"),
            Range("level", 0.005, 2.0, "V"),
            Range("bias", 0.0, 2.0, "V"),
        ),
        accuracy={
            "impedance": Accuracy(
                unit="ohm",
                page=_SHEET,
                spans={
                    _YEAR: tuple(
                        Span(top=math.inf, reading=values[2], low=low, high=high)
                        for low, high, values in _BASIC["MED"][1]
                    )
                },
                reference=_REFERENCE,
            )
        },
        port=5025,
    )

    def __init__(
        self,
        link: Link,
        ranges: Mapping[str, Range],
        conditions: Conditions = NOMINAL,
        serial: str = "",
    ) -> None:
        super().__init__(link, ranges, conditions, serial)
        self._set: dict[str, float] = {}

    def set_frequency(self, hertz: float) -> None:
        """Set the frequency of the test signal [Hz]."""
        value = self.accepted("frequency", hertz)
        self.tell(f":FREQ {value:.8g}", doing=f"set {value:g} Hz")
        self._set["frequency"] = value

    def set_level(self, volts: float) -> None:
        """Set the level of the test signal [V rms]."""
        value = self.accepted("level", volts)
        self.tell(f":VOLT {value:.6g}", doing=f"set {value:g} V")
        self._set["level"] = value

    def set_time(self, time: str, averages: int = 1) -> None:
        """Choose the measurement time, "SHOR", "MED" or "LONG", and the number of averages."""
        if time not in _TIMES:
            raise SettingRefused("time", time, ", ".join(_TIMES))
        if not 1 <= averages <= 256:
            raise SettingRefused("averages", averages, "1 to 256")
        self.tell(f":APER {time},{averages}", doing=f"choose {time} with {averages} averages")

    def set_bias(self, volts: float) -> None:
        """Set the direct bias [V]; it is applied once switched on."""
        value = self.accepted("bias", volts)
        self.tell(f":BIAS:VOLT {value:.6g}", doing=f"set a bias of {value:g} V")

    def switch_bias(self, on: bool) -> None:
        """Switch the direct bias and read back that it switched."""
        wanted, doing = "on" if on else "off", f"switch the bias {'on' if on else 'off'}"
        self.tell(f":BIAS:STAT {wanted.upper()}", doing=doing)
        if self.bias_is_on() is not on:
            raise self.fault(f"the bias did not switch {wanted}", doing=doing)

    def bias_is_on(self) -> bool:
        """Tell whether direct bias is applied."""
        return self.ask(":BIAS:STAT?", scpi.boolean, doing="read the bias switch")

    def correct_open(self) -> None:
        """Measure the open fixture at all frequencies, and correct for it from now on."""
        self._correct("OPEN")

    def correct_short(self) -> None:
        """Measure the shorted fixture at all frequencies, and correct for it from now on."""
        self._correct("SHOR")

    def _correct(self, standard: str) -> None:
        doing = f"correct for the fixture, {'open' if standard == 'OPEN' else 'shorted'}"
        self.tell(f":CORR:{standard};:CORR:{standard}:STAT ON", doing=doing)
        if not self.ask(f":CORR:{standard}:STAT?", scpi.boolean, doing=doing):
            raise self.fault("the correction is not on", doing=doing)

    def impedance(self) -> Impedance:
        """Trigger one measurement; its frequency is confirmed in the same exchange."""
        doing = "measure the impedance"
        found = self.ask(
            ":FORM ASC;:FORM:ASC:LONG ON;:FUNC:IMP RX;:INIT:CONT ON;:TRIG:SOUR BUS;"
            ":FUNC:IMP?;:FREQ?;:VOLT?;:APER?;*TRG",
            _measured,
            doing=doing,
        )
        for quantity, wanted in self._set.items():
            present = getattr(found, quantity)
            if not math.isclose(present, wanted, rel_tol=1e-3):
                raise self.fault(
                    f"the {quantity} is {present:g} where {wanted:g} was set: settings are lost",
                    doing=doing,
                )
        u = self._uncertainty(found)
        resistance, reactance = (
            Reading(value=part, unit="ohm", standard_uncertainty=u)
            for part in (found.resistance, found.reactance)
        )
        return Impedance(resistance=resistance, reactance=reactance, frequency=found.frequency)

    def _uncertainty(self, found: _Measured) -> float | None:
        # Both parts are specified relative to the magnitude (equations 8 to 10).
        ohms, conditions = math.hypot(found.resistance, found.reactance), self._conditions
        if conditions.since_calibration > _YEAR or not ohms > 0 or found.level < _LEVELS[0]:
            return None
        percent = relative_accuracy(
            ohms, found.frequency, found.level, found.time, conditions.ambient
        )
        return percent / 100.0 * ohms / math.sqrt(3.0)

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back frequency [Hz], level [V], measurement time, bias and corrections."""
        return Settings(
            frequency=lambda: self.ask(":FREQ?", scpi.number, doing="read the frequency set"),
            level=lambda: self.ask(":VOLT?", scpi.number, doing="read the level set"),
            time=lambda: self.ask(":APER?", str, doing="read the measurement time"),
            bias=lambda: self.ask(":BIAS:VOLT?", scpi.number, doing="read the bias set"),
            bias_on=self.bias_is_on,
            open_correction=lambda: self.ask(
                ":CORR:OPEN:STAT?", scpi.boolean, doing="read the open correction"
            ),
            short_correction=lambda: self.ask(
                ":CORR:SHOR:STAT?", scpi.boolean, doing="read the short correction"
            ),
        )

    def make_safe(self) -> None:
        """Switch the direct bias off and read that back."""
        self.switch_bias(False)
