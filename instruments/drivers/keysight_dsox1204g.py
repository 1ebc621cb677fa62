"""Keysight DSOX1204G oscilloscope, four inputs and a generator, over LAN socket 5025.

Source: Keysight InfiniiVision DSOX1204A/G Oscilloscopes Programmer's Guide, ":WAVeform Commands"
(formats, preamble, clipped codes), ":OPERegister", ":WGEN Commands"; ranges and accuracy from the
InfiniiVision 1000 X-Series data sheet, 5992-1965EN, "Vertical system" and "WaveGen".
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instruments import scpi
from instruments.accuracy import NOMINAL, Accuracy, Conditions, Span
from instruments.errors import BadAnswer, NoAnswer, SettingRefused
from instruments.link import Link
from instruments.model import Model
from instruments.ranges import Range
from instruments.readings import Waveform
from instruments.roles import FunctionGenerator, Oscilloscope
from instruments.scpi_instrument import ScpiInstrument
from instruments.settings import Settings

__all__ = ["KeysightDSOX1204G"]

_INPUTS = (1, 2, 3, 4)
_UP = 8  # divisions
_FULL_SCALES = (0.008, 0.016, 0.04, 0.08, 0.16, 0.4, 0.8, 1.6, 4.0, 8.0, 16.0, 40.0)  # [V]
_SMALL = 0.08  # [V], 10 mV per division: below it the gain is less certain
_OF_OFFSET = 0.01  # share of the offset by which it may be wrong
_LEVELS = 5.0  # [V], ends of the generator's signal at high resistance
_FASTEST_SQUARE = 10e6  # [Hz]
_RUNNING = 8  # bit of the operation status
_CLIPPED = (0x01FF, 0xFF00)  # words up to and from which a sample is clipped; 0 is a hole
_LOOK_EVERY = 0.01  # [s]
_NEAR = 1e-3  # relative, of settings read back
_FORMATS = ("BYTE", "WORD")
_SHEET = "InfiniiVision 1000 X-Series data sheet 5992-1965EN, DC vertical gain and offset accuracy"


@dataclass(frozen=True, slots=True)
class _Preamble:
    """How samples become volts and seconds."""

    points: int
    start: float
    step: float
    volts: float
    middle: float
    zero: float


class KeysightDSOX1204G(ScpiInstrument):
    """An oscilloscope that takes one record at a time, and the generator inside it.

    What was set up is compared with the instrument before each record, so that settings lost in a
    power cut show as a fault. A signal that leaves the window is a fault as well, for what was cut
    off is not what was there.

    Parameters
    ----------
    probe
        Attenuation of the probes.
    points
        Largest number of points to fetch of a record.
    form
        Form of the samples, "WORD" or "BYTE"; the words of averaged records are finer.
    wait
        How long to wait for a trigger [s], apart from the length of the record.
    """

    about = Model(
        maker="keysight",
        name="DSO-X 1204G",
        also=("DSO-X 1204A", "DSOX1204G", "DSOX1204A"),
        manual="InfiniiVision DSOX1204A/G Oscilloscopes Programmer's Guide",
        plays=(Oscilloscope, FunctionGenerator),
        ranges=(
            Range("full time", 50e-9, 500.0, "s"),
            Range("full scale", 0.08, 400.0, "V"),
            Range("frequency", 0.1, 20e6, "Hz"),
            Range("amplitude", 0.02, 10.0, "V"),
            Range("offset", -_LEVELS, _LEVELS, "V"),
            Range("duty", 20.0, 80.0, "%"),
        ),
        accuracy={
            # Without a probe: of the full scale 3 %, below 10 mV per division 4 %, and a tenth of
            # a division; 2 mV. One percent of the offset comes on top.
            "waveform": Accuracy(
                unit="V",
                page=_SHEET,
                spans={
                    365: tuple(
                        Span(
                            top=top,
                            reading=0.0,
                            scale=(4.0 if top < _SMALL else 3.0) + 100.0 * 0.1 / _UP,
                            floor=2e-3,
                        )
                        for top in _FULL_SCALES
                    )
                },
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
        probe: float = 10.0,
        points: int = 10_000,
        form: str = "WORD",
        wait: float = 5.0,
    ) -> None:
        super().__init__(link, ranges, conditions, serial)
        self._probe = probe
        self._points = points
        self._form = form
        self._wait = wait
        # By question what was set up: a number, or a word.
        self._expected: dict[str, float | str] = {}

    @classmethod
    def ranges_of(
        cls, probe: float = 10.0, points: int = 10_000, form: str = "WORD", wait: float = 5.0
    ) -> tuple[Range, ...]:
        """Give the windows behind a probe."""
        Range("probe", 0.1, 1e4, "").check(probe)
        Range("points", 100, 2_000_000, "").check(points)
        Range("wait", 0.0, 3600.0, "s").check(wait)
        if form not in _FORMATS:
            raise SettingRefused("form", form, ", ".join(_FORMATS))
        scale = Range("full scale", _FULL_SCALES[0] * probe, _FULL_SCALES[-1] * probe, "V")
        return tuple(
            scale if each.quantity == scale.quantity else each for each in cls.about.ranges
        )

    # The oscilloscope.

    def set_up(self, *, full_time: float, full_scale: float, channel: int = 1) -> None:
        """Choose the whole horizontal [s] and vertical [V] window of a channel, around 0 V."""
        self._input(channel)
        span = self.accepted("full time", full_time)
        scale = self.accepted("full scale", full_scale)
        doing = f"look at {full_scale:g} V for {full_time:g} s on channel {channel}"
        at = f":CHAN{channel}"
        self.tell(
            f"{at}:PROB {self._probe:g};{at}:COUP DC;{at}:INV OFF;{at}:RANG {scale:.6g};"
            f"{at}:OFFS 0;{at}:DISP ON;:TIM:MODE MAIN;:TIM:REF CENT;:TIM:POS 0;"
            f":TIM:RANG {span:.6g};:ACQ:TYPE NORM",
            doing=doing,
        )
        self._expected |= {
            f"{at}:PROB?": self._probe, f"{at}:RANG?": scale, f"{at}:OFFS?": 0.0,
            f"{at}:COUP?": "DC", ":TIM:RANG?": span, ":TIM:POS?": 0.0,
        }  # fmt: skip
        self._compare(doing)

    def set_middle(self, volts: float, *, channel: int = 1) -> None:
        """Put a voltage [V] into the middle of the vertical window, as on a ripple."""
        self._input(channel)
        doing = f"look around {volts:g} V on channel {channel}"
        self.tell(f":CHAN{channel}:OFFS {volts:.6g}", doing=doing)
        self._expected[f":CHAN{channel}:OFFS?"] = volts
        self._compare(doing)

    def set_trigger(self, level: float, *, channel: int = 1, rising: bool = True) -> None:
        """Trigger on an edge of `channel` at `level` [V]."""
        self._input(channel)
        at = f":CHAN{channel}"
        if isinstance(scale := self._expected.get(f"{at}:RANG?"), float):
            middle = float(self._expected[f"{at}:OFFS?"])
            Range("level", middle - scale / 2, middle + scale / 2, "V").check(level)
        slope = "POS" if rising else "NEG"
        doing = f"trigger on channel {channel} at {level:g} V"
        self.tell(
            f":TRIG:MODE EDGE;:TRIG:SWE NORM;:TRIG:EDGE:SOUR CHAN{channel};"
            f":TRIG:EDGE:SLOP {slope};:TRIG:EDGE:LEV {level:.6g}",
            doing=doing,
        )
        self._expected |= {
            ":TRIG:SWE?": "NORM", ":TRIG:EDGE:SOUR?": f"CHAN{channel}",
            ":TRIG:EDGE:SLOP?": slope, ":TRIG:EDGE:LEV?": level,
        }  # fmt: skip
        self._compare(doing)

    def _input(self, channel: int) -> None:
        if channel not in _INPUTS:
            raise SettingRefused("channel", channel, "1, 2, 3 or 4")

    def _compare(self, doing: str) -> None:
        """Ask in one line for all that was set up.

        Raises
        ------
        InstrumentFault
            The instrument is set otherwise.
        """
        if not self._expected:
            return
        wanted = self._expected

        def read(reply: str) -> list[float | str]:
            fields = reply.split(";")
            if len(fields) != len(wanted):
                raise BadAnswer(f"{len(wanted)} answers were expected")
            return [
                text.strip().upper() if isinstance(each, str) else scpi.number(text)
                for text, each in zip(fields, wanted.values(), strict=True)
            ]

        found = self.ask(";".join(wanted), read, doing=doing)
        for question, has in zip(wanted, found, strict=True):
            if not _same(has, wanted[question]):
                raise self.fault(
                    f"the oscilloscope is set to {has} instead of {wanted[question]}",
                    doing=doing,
                    command=question,
                )

    def capture(self, *channels: int) -> tuple[Waveform, ...]:
        """Take one acquisition and fetch the waveforms of `channels` [V].

        Without a trigger that was set, the record is taken at once.

        Raises
        ------
        InstrumentFault
            No edge came in time, the signal left the window, or the instrument lost what was set.
        """
        for channel in channels:
            self._input(channel)
        doing = "take a waveform of channel " + " and ".join(map(str, channels))
        self._compare(doing)
        self._acquire(channels, doing)
        return tuple(self._fetched(channel, doing) for channel in channels)

    def _acquire(self, channels: tuple[int, ...], doing: str) -> None:
        shown = ";".join(f":CHAN{channel}:DISP ON" for channel in channels)
        length = self.ask(":TIM:RANG?", scpi.number, doing=doing)
        self.tell(f"{shown};:SING", doing=doing)
        until = time.monotonic() + length + self._wait
        while int(self.ask(":OPER:COND?", scpi.number, doing=doing)) & _RUNNING:
            if time.monotonic() > until:
                self.tell(":STOP", doing=doing)
                raise self.fault("no trigger came in time", doing=doing)
            time.sleep(_LOOK_EVERY)

    def _fetched(self, channel: int, doing: str) -> Waveform:
        at = f":CHAN{channel}"
        question = (
            f":WAV:SOUR CHAN{channel};:WAV:FORM {self._form};:WAV:BYT MSBF;:WAV:UNS ON;"
            f":WAV:POIN:MODE RAW;:WAV:POIN {self._points};"
            f":WAV:PRE?;{at}:RANG?;{at}:OFFS?;{at}:PROB?"
        )
        read = _describing(_FORMATS.index(self._form))
        preamble, scale, offset, probe = self.ask(question, read, doing=doing)
        if not _same(probe, self._probe):
            raise self.fault(
                f"the oscilloscope reckons with a probe of {probe:g} instead of {self._probe:g}",
                doing=doing,
            )
        codes = self._codes(preamble, channel, doing)
        limit = self.reading(0.0, "waveform", span=scale / probe * (1 - _NEAR)).standard_uncertainty
        u = None if limit is None else limit * probe + _OF_OFFSET * abs(offset) / math.sqrt(3.0)
        return Waveform(
            values=(codes - preamble.zero) * preamble.volts + preamble.middle,
            start=preamble.start,
            step=preamble.step,
            unit="V",
            standard_uncertainty=u,
        )

    def _codes(self, preamble: _Preamble, channel: int, doing: str) -> NDArray[np.float64]:
        question, wide = ":WAV:DATA?", self._form == "WORD"
        try:
            data = self._link.query_block(question, doing=doing)
        except NoAnswer as silence:
            raise self._explained(silence, question, doing) from silence
        if len(data) != preamble.points * (2 if wide else 1):
            raise self.nonsense(
                f"{len(data)} bytes came for {preamble.points} points",
                doing=doing, command=question,
            )  # fmt: skip
        codes = np.frombuffer(data, ">u2" if wide else np.uint8)
        low, high = _CLIPPED if wide else (each >> 8 for each in _CLIPPED)
        if (codes == 0).any():
            raise self.fault("the record has holes", doing=doing, command=question)
        if codes.min() <= low or codes.max() >= high:
            raise self.fault(f"the signal leaves the window of channel {channel}", doing=doing)
        return codes.astype(np.float64)

    # The generator.

    def set_sine(self, hertz: float, *, amplitude: float, offset: float = 0.0) -> None:
        """Choose a sine: frequency [Hz], peak-to-peak amplitude and offset [V], at high load."""
        self._generate("SIN", hertz, amplitude, offset)

    def set_square(
        self, hertz: float, *, amplitude: float, offset: float = 0.0, duty: float = 50.0
    ) -> None:
        """Choose a square wave; `duty` is the share at the high level [%]."""
        share = self.accepted("duty", duty)
        if hertz > _FASTEST_SQUARE:
            raise SettingRefused("frequency", hertz, f"up to {_FASTEST_SQUARE:g} Hz as a square")
        self._generate("SQU", hertz, amplitude, offset, f";:WGEN:FUNC:SQU:DCYC {share:.4g}")

    def _generate(
        self, function: str, hertz: float, amplitude: float, offset: float, more: str = ""
    ) -> None:
        frequency = self.accepted("frequency", hertz)
        size, middle = self.accepted("amplitude", amplitude), self.accepted("offset", offset)
        if size / 2 + abs(middle) > _LEVELS * (1 + 1e-9):
            raise SettingRefused(
                "offset", offset, f"up to {_LEVELS - size / 2:g} V at {size:g} V of amplitude"
            )
        # A function's highest frequency is checked against the one that is set: this one last.
        self.tell(
            f":WGEN:OUTP:LOAD ONEM;:WGEN:OUTP:POL NORM;:WGEN:MOD:STAT OFF;:WGEN:FUNC {function};"
            f":WGEN:FREQ {frequency:.8g};:WGEN:VOLT {size:.6g};:WGEN:VOLT:OFFS {middle:.6g}{more}",
            doing=f"generate {frequency:g} Hz of {size:g} V",
        )

    def switch_output(self, on: bool) -> None:
        """Switch the generator's output and read back that it switched."""
        wanted, doing = "on" if on else "off", f"switch the generator {'on' if on else 'off'}"
        self.tell(f":WGEN:OUTP {wanted.upper()}", doing=doing)
        if self.output_is_on() is not on:
            raise self.fault(f"the generator did not switch {wanted}", doing=doing)

    def output_is_on(self) -> bool:
        """Tell whether the generator's output is on."""
        return self.ask(":WGEN:OUTP?", scpi.boolean, doing="read the generator's switch")

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back the windows [s], [V], the trigger and the generator [Hz], [V]."""

        def asked(question: str, name: str) -> Callable[[], float]:
            return lambda: self.ask(question, scpi.number, doing=f"read the {name}")

        def worded(question: str, name: str) -> Callable[[], str]:
            return lambda: self.ask(question, str, doing=f"read the {name}")

        questions: dict[str, Callable[[], str | float | bool]] = {
            "full_time": asked(":TIM:RANG?", "horizontal window"),
            "trigger": worded(":TRIG:EDGE:SOUR?", "trigger source"),
            "level": asked(":TRIG:EDGE:LEV?", "trigger level"),
            "sweep": worded(":TRIG:SWE?", "sweep"),
        }
        for each in _INPUTS:
            at, name = f":CHAN{each}", f"of channel {each}"
            questions[f"full_scale_{each}"] = asked(f"{at}:RANG?", f"vertical window {name}")
            questions[f"middle_{each}"] = asked(f"{at}:OFFS?", f"offset {name}")
            questions[f"probe_{each}"] = asked(f"{at}:PROB?", f"probe {name}")
        questions |= {
            "function": worded(":WGEN:FUNC?", "generator's function"),
            "frequency": asked(":WGEN:FREQ?", "generator's frequency"),
            "amplitude": asked(":WGEN:VOLT?", "generator's amplitude"),
            "offset": asked(":WGEN:VOLT:OFFS?", "generator's offset"),
            "output": self.output_is_on,
        }
        return Settings(**questions)

    def make_safe(self) -> None:
        """Switch the generator off and read that back."""
        self.switch_output(False)


def _same(has: float | str, wanted: float | str) -> bool:
    if isinstance(has, str) or isinstance(wanted, str):
        return has == wanted
    return math.isclose(has, wanted, rel_tol=_NEAR, abs_tol=1e-9)


def _describing(form: int) -> Callable[[str], tuple[_Preamble, float, float, float]]:
    """Make a reader of a preamble in a format, window [V], offset [V] and probe."""

    def read(reply: str) -> tuple[_Preamble, float, float, float]:
        fields = reply.split(";")
        if len(fields) != 4:
            raise BadAnswer("preamble, window, offset and probe were expected")
        found, _, points, _, step, start, first, volts, middle, zero = scpi.numbers(fields[0], 10)
        if found != form or points < 1 or step <= 0 or volts <= 0:
            raise BadAnswer("the preamble makes no sense")
        preamble = _Preamble(int(points), start - first * step, step, volts, middle, zero)
        scale, offset, probe = (scpi.number(field) for field in fields[1:])
        return preamble, scale, offset, probe

    return read
