"""Siglent SDS1104X-E oscilloscope, four inputs of 100 MHz, over LAN socket 5025.

Source: Siglent Programming Guide SDS1000 Series, SDS2000X and SDS2000X-E, PG01-E02E (COMM_HEADER,
CMR?, EXR?, INR?, WAVEFORM_SETUP, WAVEFORM); accuracy from the SDS1000X-E data sheet, DS0101E,
vertical system. The model has no SCPI error queue: after a setting both error registers are read,
and the setting itself is read back. Whether compound lines are taken is not said; none are sent.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from instruments import scpi, siglent_replies
from instruments.accuracy import NOMINAL, Accuracy, Conditions, Span
from instruments.errors import BadAnswer, InstrumentError, NoAnswer, SettingRefused
from instruments.line_instrument import LineInstrument
from instruments.link import Link
from instruments.model import Model
from instruments.ranges import Range
from instruments.readings import Identity, Waveform
from instruments.roles import Oscilloscope
from instruments.settings import Settings

__all__ = ["SiglentSDS1104XE"]

Value = TypeVar("Value")
_INPUTS = (1, 2, 3, 4)
_ACROSS, _UP, _PER_DIVISION = 14, 8, 25  # divisions of the screen, codes of a division
# Points with one input of each pair in use, and the name of half of it, for both.
_MEMORY = {14_000: ("14K", "7K"), 140_000: ("140K", "70K"), 1_400_000: ("1.4M", "700K")}
_LOOK_EVERY = 0.01  # [s]
_ACQUIRED = 1  # bit of the internal state change register
_STEPS = tuple(round(m * 10.0**e, 9) for e in range(-4, 2) for m in (1, 2, 5))[2:-2]  # [V]
_TIMES = tuple(round(m * 10.0**e, 12) for e in range(-9, 3) for m in (1, 2, 5))[:-2]  # [s]
_PROBES = (1.0, 10.0, 100.0, 1000.0)
_NEAR = 6e-3  # relative; replies have three digits
_SHEET = "SDS1000X-E data sheet DS0101E, vertical system: DC gain and offset accuracy"


@dataclass(frozen=True, slots=True)
class _Trigger:
    channel: int
    level: float
    slope: str


class SiglentSDS1104XE(LineInstrument):
    """An oscilloscope that takes one record at a time and reads it out of its memory.

    Windows are put on the smallest of the instrument's steps (1, 2, 5 of each decade) that holds
    them. What was set up is compared with the instrument before each record is taken: a power cut
    in between would have replaced it.

    Parameters
    ----------
    probe
        Attenuation of the probes.
    depth
        Memory [points] of one input of each pair (1 and 2, 3 and 4); both share it.
    wait
        How long to wait for a trigger [s], apart from the length of the record.
    """

    about = Model(
        maker="siglent",
        name="SDS1104X-E",
        also=("SDS1204X-E",),
        manual="Programming Guide SDS1000 Series, SDS2000X and SDS2000X-E, PG01-E02E",
        plays=(Oscilloscope,),
        outputs=0,
        ranges=(
            Range("full time", _ACROSS * _TIMES[0], _ACROSS * _TIMES[-1], "s"),
            Range("full scale", _UP * _STEPS[0], _UP * _STEPS[-1], "V"),
        ),
        accuracy={
            # Of the offset 1 %; of the full scale 3 %, up to 2 mV per division 4 %, and 1.5 %;
            # 2 mV, up to 1 mV per division 0.5 mV.
            "waveform": Accuracy(
                unit="V",
                page=_SHEET,
                spans={
                    365: tuple(
                        Span(
                            top=_UP * each,
                            reading=1.0,
                            scale=(4.0 if each < 2.1e-3 else 3.0) + 1.5,
                            floor=0.5e-3 if each < 1.1e-3 else 2e-3,
                        )
                        for each in _STEPS
                    )
                },
            )
        },
        line="text",
        port=5025,
    )

    def __init__(
        self,
        link: Link,
        ranges: Mapping[str, Range],
        conditions: Conditions = NOMINAL,
        serial: str = "",
        probe: float = 1.0,
        depth: int = 14_000,
        wait: float = 5.0,
    ) -> None:
        super().__init__(link, ranges, conditions, serial)
        self._probe = float(probe)
        self._depth = depth
        self._wait = wait
        self._scales: dict[int, float] = {}
        self._time_scale: float | None = None
        self._trigger: _Trigger | None = None

    @classmethod
    def ranges_of(
        cls, probe: float = 1.0, depth: int = 14_000, wait: float = 5.0
    ) -> tuple[Range, ...]:
        """Give the windows behind a probe."""
        if depth not in _MEMORY:
            raise SettingRefused("depth", depth, ", ".join(map(str, _MEMORY)))
        if probe not in _PROBES:
            raise SettingRefused("probe", probe, "1, 10, 100 or 1000")
        Range("wait", 0.0, 3600.0, "s").check(wait)
        span, scale = cls.about.ranges
        return span, Range("full scale", scale.low * probe, scale.high * probe, "V")

    @classmethod
    def identified(cls, reply: str) -> Identity:
        """Read the four fields of ``*IDN?``, which some firmware puts under a header."""
        return scpi.identity(reply.removeprefix("*IDN "))

    def identity(self) -> Identity:
        """Ask the instrument who it is."""
        return self._ask("*IDN?", self.identified, doing="identify the instrument")

    # Exchanges.

    def _ask(self, question: str, read: Callable[[str], Value], *, doing: str) -> Value:
        """Ask and read the reply; where none comes, tell what the registers say about it."""
        try:
            reply = self._link.query(question, doing=doing)
        except NoAnswer as silence:
            raise self._explained(silence, question, doing) from silence
        try:
            return read(reply)
        except InstrumentError as error:
            if isinstance(error, BadAnswer):
                self._link.distrust()
            error.command, error.reply = question, error.reply or reply
            error.doing, error.address = doing, self.address
            raise

    def _number(self, header: str, *, doing: str) -> float:
        return self._ask(f"{header}?", siglent_replies.quantity(header), doing=doing)

    def _word(self, header: str, *accepted: str, doing: str) -> str:
        return self._ask(f"{header}?", siglent_replies.word(header, *accepted), doing=doing)

    def _explained(self, silence: NoAnswer, question: str, doing: str) -> InstrumentError:
        try:
            said = self._errors(doing)
        except InstrumentError:
            return silence
        if not said:
            return silence
        return self.fault(f"the instrument reports {said}", doing=doing, command=question)

    def _errors(self, doing: str) -> str:
        """Read both error registers, which clears them; "" where there is no error."""
        said = [
            siglent_replies.error(each, int(self._number(each, doing=doing)))
            for each in siglent_replies.REGISTERS
        ]
        return "; ".join(filter(None, said))

    def _tell(self, *settings: str, doing: str) -> None:
        """Send settings, one line each, then read the error registers."""
        with self._link.exchange(doing) as line:
            for each in settings:
                line.send(each)
            said = self._errors(doing)
        if said:
            raise self.fault(
                f"the instrument reports {said}", doing=doing, command="; ".join(settings)
            )

    # Settings.

    def set_up(self, *, full_time: float, full_scale: float, channel: int = 1) -> None:
        """Choose the whole horizontal [s] and vertical [V] window of a channel, around 0 V."""
        _input(channel)
        span = self.accepted("full time", full_time) / _ACROSS
        scale = self.accepted("full scale", full_scale) / _UP
        seconds = _next(span, _TIMES)
        volts = _next(scale / self._probe, _STEPS) * self._probe
        doing = f"look at {full_scale:g} V for {full_time:g} s on channel {channel}"
        at = f"C{channel}"
        self._tell(
            f"{at}:ATTN {self._probe:g}",
            f"{at}:CPL D1M",
            f"{at}:INVS OFF",
            f"{at}:VDIV {volts:.3E}V",
            f"{at}:OFST 0V",
            f"TDIV {seconds:.3E}S",
            "TRDL 0S",
            "ACQW SAMPLING",
            doing=doing,
        )
        self._scales[channel], self._time_scale = volts, seconds
        self._compare(doing)

    def set_trigger(self, level: float, *, channel: int = 1, rising: bool = True) -> None:
        """Trigger on an edge of `channel` at `level` [V]."""
        _input(channel)
        if channel in self._scales:
            top = _UP / 2 * self._scales[channel]
            Range("level", -top, top, "V").check(level)
        slope = "POS" if rising else "NEG"
        doing = f"trigger on channel {channel} at {level:g} V"
        self._tell(
            f"TRSE EDGE,SR,C{channel},HT,OFF",
            f"C{channel}:TRCP DC",
            f"C{channel}:TRSL {slope}",
            f"C{channel}:TRLV {level:.4E}V",
            doing=doing,
        )
        self._trigger = _Trigger(channel, level, slope)
        self._compare(doing)

    def _compare(self, doing: str) -> None:
        for channel, scale in self._scales.items():
            at = f"C{channel}"
            self._same(f"{at}:ATTN", self._probe, _NEAR * self._probe, doing)
            self._same(f"{at}:VDIV", scale, _NEAR * scale, doing)
            self._same(f"{at}:OFST", 0.0, _NEAR * scale, doing)
            self._is(f"{at}:CPL", "D1M", doing)
            self._is(f"{at}:INVS", "OFF", doing)
        if self._time_scale is not None:
            self._same("TDIV", self._time_scale, _NEAR * self._time_scale, doing)
            self._same("TRDL", 0.0, _NEAR * self._time_scale, doing)
        if self._trigger is not None:
            channel, level = self._trigger.channel, self._trigger.level
            # A level lies on a code of the converter.
            allowed = self._scales.get(channel, abs(level)) / _PER_DIVISION
            self._same(f"C{channel}:TRLV", level, allowed, doing)
            self._is(f"C{channel}:TRSL", self._trigger.slope, doing)
            self._is("TRSE", f"EDGE,SR,C{channel},HT,OFF", doing)

    def _same(self, header: str, wanted: float, allowed: float, doing: str) -> None:
        found = self._number(header, doing=doing)
        if abs(found - wanted) > allowed:
            raise self.fault(
                f"the oscilloscope is set to {found:g} instead of {wanted:g}",
                doing=doing,
                command=f"{header}?",
            )

    def _is(self, header: str, wanted: str, doing: str) -> None:
        found = self._word(header, doing=doing)
        if found != wanted:
            raise self.fault(
                f"the oscilloscope is set to {found} instead of {wanted}",
                doing=doing,
                command=f"{header}?",
            )

    # Waveforms.

    def capture(self, *channels: int) -> tuple[Waveform, ...]:
        """Take one acquisition and fetch the waveforms of `channels` [V].

        Without a trigger that was set, the record is taken at once.

        Raises
        ------
        InstrumentFault
            No edge came in time, the signal left the window, or the instrument lost what was set.
        """
        for channel in channels:
            _input(channel)
        doing = "take a waveform of channel " + " and ".join(map(str, channels))
        # The block comes under a header, by which it is known.
        if self._word("CHDR", "OFF", "SHORT", "LONG", doing=doing) != "SHORT":
            self._tell("CHDR SHORT", doing=doing)
        both = {1, 2} <= set(channels) or {3, 4} <= set(channels)
        traces = (f"C{each}:TRA {'ON' if each in channels else 'OFF'}" for each in _INPUTS)
        memory = _MEMORY[self._depth][both]
        self._tell(*traces, f"MSIZ {memory}", "WFSU SP,0,NP,0,FP,0", doing=doing)
        self._compare(doing)
        self._acquire(doing)
        return tuple(self._fetched(channel, doing) for channel in channels)

    def _acquire(self, doing: str) -> None:
        length = _ACROSS * self._number("TDIV", doing=doing)
        self._tell("STOP", doing=doing)
        # Whatever was acquired before is not what is waited for.
        self._changes(doing)
        self._tell("TRMD SINGLE", "ARM", doing=doing)
        until = time.monotonic() + length + self._wait
        while not self._changes(doing) & _ACQUIRED:
            if time.monotonic() > until:
                self._tell("STOP", doing=doing)
                raise self.fault("no trigger came in time", doing=doing)
            if self._trigger is None:
                self._tell("FRTR", doing=doing)
            time.sleep(_LOOK_EVERY)

    def _changes(self, doing: str) -> int:
        return int(self._number("INR", doing=doing))

    def _fetched(self, channel: int, doing: str) -> Waveform:
        at = f"C{channel}"
        scale = self._number(f"{at}:VDIV", doing=doing)
        offset = self._number(f"{at}:OFST", doing=doing)
        probe = self._number(f"{at}:ATTN", doing=doing)
        if probe != self._probe:
            raise self.fault(
                f"the oscilloscope reckons with a probe of {probe:g} instead of {self._probe:g}",
                doing=doing,
            )
        rate = self._number("SARA", doing=doing)
        delay, width = self._number("TRDL", doing=doing), self._number("TDIV", doing=doing)
        codes = self._codes(channel, doing)
        if codes.min() == -128 or codes.max() == 127:
            raise self.fault(f"the signal leaves the window of channel {channel}", doing=doing)
        # Three digits tell a step of 1, 2 or 5 exactly.
        scale = min((each * probe for each in _STEPS), key=lambda each: abs(each - scale))
        limit = self.reading(
            offset / probe, "waveform", span=_UP * scale / probe * (1 - 1e-9)
        ).standard_uncertainty
        return Waveform(
            values=codes.astype(np.float64) * (scale / _PER_DIVISION) - offset,
            start=delay - _ACROSS * width / 2,
            step=1.0 / rate,
            unit="V",
            standard_uncertainty=None if limit is None else limit * probe,
        )

    def _codes(self, channel: int, doing: str) -> NDArray[np.int8]:
        question = f"C{channel}:WF? DAT2"
        lead = f"C{channel}:WF DAT2,"
        try:
            block = self._link.query_block(question, doing=doing, lead=lead, tail="\n\n")
        except NoAnswer as silence:
            raise self._explained(silence, question, doing) from silence
        if not block:
            raise self.nonsense("the block holds no points", doing=doing, command=question)
        return np.frombuffer(block, np.int8)

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back time scale [s], trigger, and scale [V], offset [V], probe of each channel."""

        def number(header: str) -> Callable[[], float]:
            return lambda: self._number(header, doing=f"read back {header}")

        def word(header: str) -> Callable[[], str]:
            return lambda: self._word(header, doing=f"read back {header}")

        found: dict[str, Callable[[], str | float]] = {
            "time_scale": number("TDIV"),
            "time_offset": number("TRDL"),
            "trigger": word("TRSE"),
        }
        for each in _INPUTS:
            found[f"scale_{each}"] = number(f"C{each}:VDIV")
            found[f"offset_{each}"] = number(f"C{each}:OFST")
            found[f"probe_{each}"] = number(f"C{each}:ATTN")
            found[f"coupling_{each}"] = word(f"C{each}:CPL")
        return Settings(**found)


def _input(channel: int) -> None:
    if channel not in _INPUTS:
        raise SettingRefused("channel", channel, "1, 2, 3 or 4")


def _next(wanted: float, steps: tuple[float, ...]) -> float:
    """Give the smallest step that holds what is wanted."""
    return next(each for each in steps if each >= wanted * (1 - 1e-9))
