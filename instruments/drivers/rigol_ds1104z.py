"""Rigol DS1104Z oscilloscope, four inputs of 100 MHz, over LAN socket 5555.

Source: Rigol MSO1000Z/DS1000Z Series Programming Guide, PGA19108-1110 (ACQuire, CHANnel, TIMebase,
TRIGger, WAVeform); accuracy from the MSO1000Z/DS1000Z data sheet, DSA19100, vertical system.
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
from instruments.roles import Oscilloscope
from instruments.scpi_instrument import ScpiInstrument
from instruments.settings import Settings

__all__ = ["RigolDS1104Z"]

_INPUTS = (1, 2, 3, 4)
_ACROSS, _UP = 12, 8  # divisions of the screen
_PER_DIVISION = 25  # codes
_DEPTHS = (12_000, 120_000, 1_200_000, 12_000_000)  # points, with one input displayed
_AT_ONCE = 250_000  # points of one answer in bytes
_LOOK_EVERY = 0.01  # [s]
_STATES = ("TD", "WAIT", "RUN", "AUTO", "STOP")
_STEPS = tuple(round(m * 10.0**e, 9) for e in range(-3, 2) for m in (1, 2, 5))[:-2]  # [V]
_TIMES = tuple(round(m * 10.0**e, 12) for e in range(-9, 2) for m in (1, 2, 5))[2:]  # [s]
_NEAR = 1e-5  # relative; replies have seven digits
_SHEET = "MSO1000Z/DS1000Z data sheet DSA19100, vertical system: DC gain and DC offset accuracy"


@dataclass(frozen=True, slots=True)
class _Trigger:
    channel: int
    level: float
    slope: str


@dataclass(frozen=True, slots=True)
class _Preamble:
    points: int
    start: float
    step: float
    volts: float
    zero: int


class RigolDS1104Z(ScpiInstrument):
    """An oscilloscope that takes one record at a time and reads it out of its memory.

    Windows are put on the smallest of the instrument's steps (1, 2, 5 of each decade) that holds
    them. What was set up is compared with the instrument before each record is taken: a power cut
    in between would have replaced it.

    Parameters
    ----------
    probe
        Attenuation of the probes.
    depth
        Memory [points] with one input displayed; two share it, three and four have a quarter each.
    wait
        How long to wait for a trigger [s], apart from the length of the record.
    """

    about = Model(
        maker="rigol",
        name="DS1104Z",
        also=("DS1054Z", "DS1074Z"),
        manual="MSO1000Z/DS1000Z Series Programming Guide, PGA19108-1110",
        plays=(Oscilloscope,),
        outputs=0,
        ranges=(
            Range("full time", _ACROSS * 5e-9, _ACROSS * 50.0, "s"),
            Range("full scale", _UP * 10e-3, _UP * 100.0, "V"),
        ),
        accuracy={
            # Of the offset 1 %; of the full scale 3 %, below 10 mV per division 4 %, and a tenth of
            # a division; 2 mV.
            "waveform": Accuracy(
                unit="V",
                page=_SHEET,
                spans={
                    365: tuple(
                        Span(
                            top=_UP * each,
                            reading=1.0,
                            scale=(4.0 if each < 0.0099 else 3.0) + 100.0 * 0.1 / _UP,
                            floor=2e-3,
                        )
                        for each in _STEPS
                    )
                },
            )
        },
        port=5555,
    )

    def __init__(
        self,
        link: Link,
        ranges: Mapping[str, Range],
        conditions: Conditions = NOMINAL,
        serial: str = "",
        probe: float = 10.0,
        depth: int = _DEPTHS[0],
        wait: float = 5.0,
    ) -> None:
        super().__init__(link, ranges, conditions, serial)
        self._probe = probe
        self._depth = depth
        self._wait = wait
        self._scales: dict[int, float] = {}
        self._time_scale: float | None = None
        self._trigger: _Trigger | None = None

    @classmethod
    def ranges_of(
        cls, probe: float = 10.0, depth: int = _DEPTHS[0], wait: float = 5.0
    ) -> tuple[Range, ...]:
        """Give the windows behind a probe."""
        if depth not in _DEPTHS:
            raise SettingRefused("depth", depth, ", ".join(map(str, _DEPTHS)))
        if probe not in (1, 10, 100, 1000):
            raise SettingRefused("probe", probe, "1, 10, 100 or 1000")
        Range("wait", 0.0, 3600.0, "s").check(wait)
        return (
            cls.about.ranges[0],
            Range("full scale", _UP * _STEPS[0] * probe, _UP * _STEPS[-1] * probe, "V"),
        )

    def set_up(self, *, full_time: float, full_scale: float, channel: int = 1) -> None:
        """Choose the whole horizontal [s] and vertical [V] window of a channel, around 0 V."""
        self._input(channel)
        span = self.accepted("full time", full_time) / _ACROSS
        scale = self.accepted("full scale", full_scale) / _UP
        seconds = _next(span, _TIMES)
        volts = _next(scale / self._probe, _STEPS) * self._probe
        doing = f"look at {full_scale:g} V for {full_time:g} s on channel {channel}"
        at = f":CHAN{channel}"
        self.tell(
            f"{at}:PROB {self._probe:g};{at}:COUP DC;{at}:INV OFF;{at}:VERN OFF;"
            f"{at}:SCAL {volts:.6g};{at}:OFFS 0;:TIM:MODE MAIN;:TIM:SCAL {seconds:.6g};"
            f":TIM:OFFS 0;:ACQ:TYPE NORM",
            doing=doing,
        )
        self._scales[channel], self._time_scale = volts, seconds
        self._compare(doing)

    def set_trigger(self, level: float, *, channel: int = 1, rising: bool = True) -> None:
        """Trigger on an edge of `channel` at `level` [V]."""
        self._input(channel)
        if channel in self._scales:
            top = _UP / 2 * self._scales[channel]
            Range("level", -top, top, "V").check(level)
        slope = "POS" if rising else "NEG"
        doing = f"trigger on channel {channel} at {level:g} V"
        self.tell(
            f":TRIG:MODE EDGE;:TRIG:COUP DC;:TRIG:EDG:SOUR CHAN{channel};"
            f":TRIG:EDG:SLOP {slope};:TRIG:EDG:LEV {level:.6g}",
            doing=doing,
        )
        self._trigger = _Trigger(channel, level, slope)
        self._compare(doing)

    def _input(self, channel: int) -> None:
        if channel not in _INPUTS:
            raise SettingRefused("channel", channel, "1, 2, 3 or 4")

    def _expected(self) -> dict[str, tuple[float, float] | str]:
        """Give by question what was set up: a number and how far off it may be, or a word."""
        found: dict[str, tuple[float, float] | str] = {}
        for channel, scale in self._scales.items():
            found[f":CHAN{channel}:SCAL?"] = scale, _NEAR * scale
            found[f":CHAN{channel}:PROB?"] = self._probe, _NEAR * self._probe
            found[f":CHAN{channel}:OFFS?"] = 0.0, _NEAR * scale
            found[f":CHAN{channel}:INV?"] = 0.0, 0.0
            found[f":CHAN{channel}:COUP?"] = "DC"
        if self._time_scale is not None:
            found[":TIM:SCAL?"] = self._time_scale, _NEAR * self._time_scale
            found[":TIM:OFFS?"] = 0.0, _NEAR * self._time_scale
        if self._trigger is not None:
            channel, level = self._trigger.channel, self._trigger.level
            # A level lies on a code of the converter.
            found[":TRIG:EDG:LEV?"] = level, self._scales.get(channel, abs(level)) / _PER_DIVISION
            found[":TRIG:EDG:SOUR?"] = f"CHAN{channel}"
            found[":TRIG:EDG:SLOP?"] = self._trigger.slope
        return found

    def _compare(self, doing: str) -> None:
        expected = self._expected()
        if not expected:
            return
        question = ";".join(expected)

        def read(reply: str) -> list[float | str]:
            fields = reply.split(";")
            if len(fields) != len(expected):
                raise BadAnswer(f"{len(expected)} answers were expected", reply=reply)
            return [
                field.upper() if isinstance(wanted, str) else scpi.number(field)
                for field, wanted in zip(fields, expected.values(), strict=True)
            ]

        found = self.ask(question, read, doing=doing)
        for asked, has, wanted in zip(expected, found, expected.values(), strict=True):
            if isinstance(wanted, str) or isinstance(has, str):
                right, told = has == wanted, str(wanted)
            else:
                right, told = abs(has - wanted[0]) <= wanted[1], f"{wanted[0]:g}"
            if not right:
                raise self.fault(
                    f"the oscilloscope is set to {has} instead of {told}",
                    doing=doing,
                    command=asked,
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
        share = {1: 1, 2: 2}.get(len(set(channels)), 4)
        shown = ";".join(
            f":CHAN{each}:DISP {'ON' if each in channels else 'OFF'}" for each in _INPUTS
        )
        # The depth of memory can only be changed while it runs.
        self.tell(f":RUN;{shown};:ACQ:MDEP {self._depth // share}", doing=doing)
        self._compare(doing)
        self._acquire(doing)
        return tuple(self._fetched(channel, doing) for channel in channels)

    def _acquire(self, doing: str) -> None:
        length = _ACROSS * self.ask(":TIM:SCAL?", scpi.number, doing=doing)
        self.tell(":SING", doing=doing)
        until, stops = time.monotonic() + length + self._wait, 0
        # The first answers after the start may still be those from before it.
        while stops < 2:
            time.sleep(_LOOK_EVERY)
            status = self.ask(":TRIG:STAT?", scpi.word(*_STATES), doing=doing)
            stops = stops + 1 if status == "STOP" else 0
            if status == "WAIT" and self._trigger is None:
                self.tell(":TFOR", doing=doing)
            if not stops and time.monotonic() > until:
                self.tell(":STOP", doing=doing)
                raise self.fault("no trigger came in time", doing=doing, reply=status)

    def _fetched(self, channel: int, doing: str) -> Waveform:
        self.tell(f":WAV:SOUR CHAN{channel};:WAV:MODE RAW;:WAV:FORM BYTE", doing=doing)
        question = f":WAV:PRE?;:CHAN{channel}:SCAL?;:CHAN{channel}:PROB?"
        preamble, scale, probe = self.ask(question, _described, doing=doing)
        if probe != self._probe:
            raise self.fault(
                f"the oscilloscope reckons with a probe of {probe:g} instead of {self._probe:g}",
                doing=doing,
                command=question,
            )
        codes = self._codes(preamble.points, doing)
        if codes.min() == 0 or codes.max() == 255:
            raise self.fault(f"the signal leaves the window of channel {channel}", doing=doing)
        span = _UP * scale / probe
        limit = self.reading(0.0, "waveform", span=span * (1 - _NEAR)).standard_uncertainty
        return Waveform(
            values=(codes.astype(np.float64) - preamble.zero) * preamble.volts,
            start=preamble.start,
            step=preamble.step,
            unit="V",
            standard_uncertainty=None if limit is None else limit * probe,
        )

    def _codes(self, points: int, doing: str) -> NDArray[np.uint8]:
        parts = []
        for first in range(1, points + 1, _AT_ONCE):
            last = min(first + _AT_ONCE - 1, points)
            question = f":WAV:STAR {first};:WAV:STOP {last};:WAV:DATA?"
            try:
                part = self._link.query_block(question, doing=doing)
            except NoAnswer as silence:
                raise self._explained(silence, question, doing) from silence
            if len(part) != last - first + 1:
                what = f"{len(part)} points came instead of {last - first + 1}"
                raise self.nonsense(what, doing=doing, command=question)
            parts.append(np.frombuffer(part, np.uint8))
        return np.concatenate(parts)

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back time scale [s], trigger, and scale [V], offset [V], probe of each channel."""

        def number(question: str) -> Callable[[], float]:
            return lambda: self.ask(question, scpi.number, doing=f"read back {question}")

        def word(question: str) -> Callable[[], str]:
            return lambda: self.ask(question, str, doing=f"read back {question}")

        found: dict[str, Callable[[], str | float]] = {
            "time_scale": number(":TIM:SCAL?"),
            "time_offset": number(":TIM:OFFS?"),
            "trigger": word(":TRIG:EDG:SOUR?"),
            "level": number(":TRIG:EDG:LEV?"),
        }
        for each in _INPUTS:
            found[f"scale_{each}"] = number(f":CHAN{each}:SCAL?")
            found[f"offset_{each}"] = number(f":CHAN{each}:OFFS?")
            found[f"probe_{each}"] = number(f":CHAN{each}:PROB?")
            found[f"coupling_{each}"] = word(f":CHAN{each}:COUP?")
        return Settings(**found)


def _next(wanted: float, steps: tuple[float, ...]) -> float:
    """Give the smallest step that holds what is wanted."""
    return next(each for each in steps if each >= wanted * (1 - 1e-9))


def _described(reply: str) -> tuple[_Preamble, float, float]:
    """Read a preamble, the scale [V] and the factor of the probe."""
    fields = reply.split(";")
    if len(fields) != 3:
        raise BadAnswer("preamble, scale and probe were expected", reply=reply)
    (_, _, points, _, step, start, first, volts, zero, middle) = scpi.numbers(fields[0], 10)
    if points < 1 or first != 0 or not math.isfinite(step) or step <= 0 or volts <= 0:
        raise BadAnswer("the preamble makes no sense", reply=reply)
    preamble = _Preamble(int(points), start, step, volts, int(zero + middle))
    return preamble, scpi.number(fields[1]), scpi.number(fields[2])
