"""Simulated Siglent SDS1104X-E: four inputs that look at the signal lines of the bench.

Source: Siglent Programming Guide SDS1000 Series, SDS2000X and SDS2000X-E, PG01-E02E.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instruments.simulators.digitiser import Acquisition, Digitiser, Edge
from instruments.simulators.scpi_device import Call, DataError, ScpiDevice, Value
from instruments.simulators.scpi_text import plain_number
from instruments.simulators.screen import bitmap
from instruments.simulators.sds1000xe_commands import (
    CHOICES,
    ITEMS,
    MEMORY,
    NUMBERS,
    TRIGGERS,
)
from instruments.simulators.siglent_dialect import ENVIRONMENT, Read, SiglentDevice
from instruments.simulators.site import Site
from instruments.simulators.wave_descriptor import wave_descriptor
from instruments.simulators.waveform_items import worked_out

__all__ = ["make"]

_INPUTS = (1, 2, 3, 4)
_ACROSS, _PER_DIVISION, _ON_SCREEN = 14, 25, 1400
_FASTEST = 1e9  # [1/s], with one input of a pair in use
_ATTENUATIONS = tuple(m * 10.0**e for e in range(-1, 5) for m in (1, 2, 5))[:-2]
_ACQUIRED, _READY = 1, 8192  # bits of the internal state change register
_EDGE = {"kind": "EDGE", "SR": "C1", "HT": "TI", "HV": "8.00E-08S"}
_SLOPES = {"POS": "rise", "NEG": "fall", "WINDOW": "either"}


@dataclass(frozen=True, slots=True)
class _Record:
    """What an acquisition was taken with; later settings do not change it.

    A factor is negative where the trace is inverted.
    """

    taken: Acquisition
    scales: dict[int, float]
    offsets: dict[int, float]
    factors: dict[int, float]
    couplings: dict[int, str]
    rate: float
    points: int
    start: float


class _Scope(SiglentDevice):
    def __init__(self, site: Site) -> None:
        super().__init__(f"Siglent Technologies,SDS1104X-E,{site.serial},8.2.6.1.37R9")
        self._inputs = Digitiser(site)
        self._probe = float(site.options.get("probe", 1.0))
        self._trigger = dict(_EDGE)
        self._sparse = {"SP": 0, "NP": 0, "FP": 0}
        self._state = _READY
        self._record: _Record | None = None
        for name, short, long, default, low, high, unit in NUMBERS:
            self.number(name, short, default, low, high)
            self.both(short, long, self.quantity(name, unit))
        for name, short, long, options, usual in CHOICES:
            self.choice(name, short, options, usual)
            self.both(short, long, self.word(name))
        self._declare_scales()
        self._declare_trigger()
        self._declare_acquisition()
        self.reset()

    # Settings.

    def _declare_scales(self) -> None:
        self.number("factor", "C#:ATTN", 1.0, 0.1, 10_000.0)
        self.on("C#:ATTN", self._attenuate)
        self.both("C#:ATTN", "ATTENUATION", lambda at: (f"{self.amount('factor', at):g}", ""))
        self.choice("band", "C#:BWL", "ON|OFF", "OFF")
        self.on("BWL", self._limit_band)
        self.both("C#:BWL", "BANDWIDTH_LIMIT", self.word("band"))
        self.choice("way", "ACQW", "SAMPLING|PEAK_DETECT|AVERAGE|HIGH_RES", "SAMPLING")
        self.on("ACQW", self._choose_way)
        self.both("ACQW", "ACQUIRE_WAY", self._way)

    def _choose_way(self, call: Call) -> None:
        for name, word in zip(("way", "averages"), call.words, strict=False):
            self.put(name, self._settings[name].read(word))

    def _way(self, _: int) -> tuple[str, str]:
        way = str(self.value("way"))
        return (f"{way},{self.value('averages')}" if way == "AVERAGE" else way), ""

    def check(self, name: str, value: Value, place: int) -> None:
        """Refuse inputs that are not there, and what goes beyond their ranges."""
        if place not in _INPUTS:
            raise DataError(-113, "Undefined header")
        if name == "mode" and value == "STOP":
            # What is on the screen stays there.
            self._latest()
        if name == "scale":
            factor = self.amount("factor", place)
            if not 0.999 * 500e-6 * factor <= float(value) <= 10.001 * factor:
                raise DataError

    def changed(self, name: str, place: int) -> None:
        """Put a time scale on the next step that there is; start where it is told so."""
        if name == "time scale" and place:
            decade = 10.0 ** math.floor(math.log10(self.amount(name)) + 1e-9)
            steps = [decade * each for each in (1.0, 2.0, 5.0, 10.0)]
            self.values[name, 1] = next(each for each in steps
                                        if each >= self.amount(name) * 0.9999)  # fmt: skip
        if name == "mode" and place and self.value("mode") == "SINGLE":
            self._arm()

    def reset(self) -> None:
        """Run, with the first input on the screen."""
        super().reset()
        self.values["trace", 1] = "ON"
        self._trigger = dict(_EDGE)
        self._record, self._state = None, _READY

    def _attenuate(self, call: Call) -> None:
        place, factor = self.place(call), plain_number(call.text)
        self.check("factor", factor, place)
        if not any(math.isclose(factor, each) for each in _ATTENUATIONS):
            raise DataError
        ratio = factor / self.amount("factor", place)
        self.values["factor", place] = factor
        for name in ("scale", "offset"):
            self.values[name, place] = self.amount(name, place) * ratio

    def _limit_band(self, call: Call) -> None:
        given = call.words
        for where, word in zip(given[::2], given[1::2], strict=False):
            if where[:1].upper() != "C" or where[1:] not in map(str, _INPUTS):
                raise DataError
            self.put("band", self._settings["band"].read(word), int(where[1:]))

    # Trigger.

    def _declare_trigger(self) -> None:
        self.on("TRSE", self._select)
        self.both("TRSE", "TRIG_SELECT", lambda _: (self._selected(), ""))
        self.number("level", "C#:TRLV", 0.0, -1e5, 1e5)
        self._of_source("level", "TRLV", "TRIG_LEVEL", self.quantity("level", "V"))
        for name, short, long, options, usual in TRIGGERS:
            self.choice(name, f"C#:{short}", options, usual)
            self._of_source(name, short, long, self.word(name))

    def _of_source(self, name: str, short: str, long: str, read: Read) -> None:
        """Take and tell a setting of an input, or without one of the trigger's source."""
        self.both(f"C#:{short}", long, read)
        setting = self._settings[name]

        def put(call: Call) -> None:
            self.put(name, setting.read(call.text), self._source())

        def told(_: Call) -> str:
            place = self._source()
            return self.written(f"C{place}:{short}", f"C{place}:{long}", *read(place))

        for header in (short, long):
            self.on(header, put)
            self.on(f"{header}?", told)

    def _source(self) -> int:
        source = self._trigger["SR"]
        return int(source[1]) if source[0] == "C" else 1

    def _select(self, call: Call) -> None:
        kind, *pairs = (each.upper() for each in call.words)
        given = dict(zip(pairs[::2], pairs[1::2], strict=False))
        if kind not in ("EDGE", "SLEW", "GLIT", "INTV", "RUNT", "DROP"):
            raise DataError
        if given.get("SR", "C1") not in ("C1", "C2", "C3", "C4", "EX", "EX/5", "LINE"):
            raise DataError
        if given.get("HT", "TI") not in ("TI", "OFF"):
            raise DataError
        self._trigger |= {"kind": kind, **given}

    def _selected(self) -> str:
        found = self._trigger
        hold = "OFF" if found["HT"] == "OFF" else f"{found['HT']},HV,{found['HV']}"
        return f"{found['kind']},SR,{found['SR']},HT,{hold}"

    def _edge(self) -> Edge | None:
        if self._trigger["kind"] != "EDGE" or self._trigger["SR"][0] != "C":
            return None
        place = self._source()
        level = self.amount("level", place) * self._probe / self.amount("factor", place)
        return Edge(source=place, level=level, slope=_SLOPES[str(self.value("slope", place))])

    # Acquisition.

    def _declare_acquisition(self) -> None:
        self.on("ARM", lambda _: self._arm())
        self.on("STOP", lambda _: self._stop())
        self.on("FRTR", lambda _: self._force())
        self.on("FORCE_TRIGGER", lambda _: self._force())
        self.both("SAST", "SAMPLE_STATUS", lambda _: (self._status(), ""))
        self.both("SARA", "SAMPLE_RATE", lambda _: self._scaled(self._rate()[0], "Sa/s"))
        self.both("SANU", "SAMPLE_NUM", lambda _: self._scaled(self._rate()[1], "pts"))
        self.on("INR?", lambda _: self.written("INR", "INR", self._changes()))
        for header in ("WFSU", "WAVEFORM_SETUP"):
            self.on(header, self._set_up)
            self.on(f"{header}?", self._setup_told)
        for header in ("C#:WF?", "C#:WAVEFORM?"):
            self.on(header, self._waveform)
        for header in ("SCDP", "SCREEN_DUMP"):
            self.on(header, lambda _: self._screen())
        for header in ("C#:PAVA?", "C#:PARAMETER_VALUE?"):
            self.on(header, self._parameter)

    def _scaled(self, value: float, unit: str) -> tuple[str, str]:
        if self.value("header") == "OFF":
            return f"{value:.2E}", ""
        for size, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
            if value >= size:
                return f"{value / size:.2f}", prefix + unit
        return f"{value:.2f}", unit

    def _rate(self) -> tuple[float, int]:
        """Give the sample rate [1/s] and the number of points."""
        pairs = ((1, 2), (3, 4))
        both = any(all(self.value("trace", each) == "ON" for each in pair) for pair in pairs)
        memory = MEMORY[str(self.value("memory"))]
        memory = min(memory, 7e6) if both else memory
        window = _ACROSS * self.amount("time scale")
        rate = min(_FASTEST / 2 if both else _FASTEST, memory / window)
        return rate, round(rate * window)

    def _stop(self) -> None:
        self.check("mode", "STOP", 1)
        self.put("mode", "STOP")

    def _arm(self) -> None:
        self._record = None
        self._state &= ~_ACQUIRED
        self.values["mode", 1] = "SINGLE"

    def _force(self) -> None:
        if self.value("mode") != "STOP":
            self._acquire(forced=True)

    def _acquire(self, *, forced: bool) -> None:
        window, edge = _ACROSS * self.amount("time scale"), self._edge()
        taken = None if edge is None else self._inputs.take(edge, window)
        if taken is None and forced:
            taken = self._inputs.take(None, window)
        if taken is None:
            return
        rate, points = self._rate()
        self._record = _Record(
            taken,
            {each: self.amount("scale", each) for each in _INPUTS},
            {each: self.amount("offset", each) for each in _INPUTS},
            {each: self._factor(each) for each in _INPUTS},
            {each: {"A": "AC", "D": "DC", "G": "GND"}[str(self.value("coupling", each))[0]]
             for each in _INPUTS},
            rate, points, self.amount("delay") - window / 2,
        )  # fmt: skip
        self._state |= _ACQUIRED
        if self.value("mode") == "SINGLE":
            self.values["mode", 1] = "STOP"

    def _factor(self, place: int) -> float:
        sign = -1.0 if self.value("inverted", place) == "ON" else 1.0
        return sign * self.amount("factor", place)

    def _latest(self) -> _Record | None:
        """Give the record on the screen; while it runs, a fresh one."""
        if self.value("mode") != "STOP":
            self._acquire(forced=self.value("mode") == "AUTO")
        return self._record

    def _changes(self) -> str:
        self._latest()
        found, self._state = self._state, _READY
        return str(found)

    def _status(self) -> str:
        if self.value("mode") == "STOP":
            return "Stop"
        record = self._latest()
        if self.value("mode") == "STOP":
            return "Stop"
        if record is None:
            return "Ready"
        return "Trig'd" if record.taken.triggered else "Auto"

    # Records.

    def _set_up(self, call: Call) -> None:
        given = call.words
        wanted = dict(zip((each.upper() for each in given[::2]), given[1::2], strict=False))
        if not wanted or not all(each in self._sparse for each in wanted):
            raise DataError
        values = {name: int(plain_number(text)) for name, text in wanted.items()}
        if min(values.values()) < 0:
            raise DataError
        self._sparse |= values

    def _setup_told(self, _: Call) -> str:
        body = ",".join(f"{name},{value}" for name, value in self._sparse.items())
        return self.written("WFSU", "WAVEFORM_SETUP", body)

    def _codes(self, record: _Record, place: int, numbers: NDArray[np.int64]) -> NDArray[np.int8]:
        volts = record.scales[place] / _PER_DIVISION
        return self._inputs.codes(
            record.taken, place, record.start + numbers.astype(np.float64) / record.rate,
            step=volts * self._probe / record.factors[place],
            zero=record.offsets[place] / volts,
            lowest=-128, highest=127, coupling=record.couplings[place],
        ).astype(np.int8)  # fmt: skip

    def _waveform(self, call: Call) -> bytes:
        place, part = self.place(call), (call.text or "ALL").upper()
        record = self._latest()
        if place not in _INPUTS or part not in ("DESC", "DAT2", "ALL"):
            raise DataError
        if record is None or self.value("trace", place) != "ON":
            raise DataError(ENVIRONMENT, "Environment error")
        every, most, first = (self._sparse[name] for name in ("SP", "NP", "FP"))
        numbers = np.arange(first, record.points, max(every, 1))[: most or None]
        body = b"" if part == "DAT2" else self._descriptor(record, place, len(numbers))
        if part != "DESC" and len(numbers):
            body += self._codes(record, place, numbers).tobytes()
        # The descriptor alone comes under the name of the whole, on instruments as well.
        name = "DAT2" if part == "DAT2" else "ALL"
        lead = self.written(f"C{place}:WF", f"C{place}:WAVEFORM", f"{name},")
        return lead.encode() + f"#9{len(body):09d}".encode() + body + b"\n"

    def _descriptor(self, record: _Record, place: int, points: int) -> bytes:
        return wave_descriptor(
            points=points,
            first=self._sparse["FP"],
            every=max(self._sparse["SP"], 1),
            memory=record.points,
            gain=record.scales[place] / _PER_DIVISION,
            offset=record.offsets[place],
            step=1 / record.rate,
            start=record.start,
            probe=abs(record.factors[place]),
        )

    def _screen(self) -> bytes:
        record, traces = self._latest(), {}
        if record is not None:
            numbers = np.arange(0, record.points, max(1, record.points // _ON_SCREEN))
            for place in _INPUTS:
                if self.value("trace", place) == "ON":
                    codes = self._codes(record, place, numbers).astype(np.float64)
                    traces[place] = 0.5 + codes / (8.0 * _PER_DIVISION)
        return bitmap(traces)

    def _parameter(self, call: Call) -> str:
        place, asked = self.place(call), (call.text or "ALL").upper()
        if place not in _INPUTS or asked not in (*ITEMS, "ALL"):
            raise DataError
        body = ",".join(
            f"{name},{self._item(place, name)}" for name in (ITEMS if asked == "ALL" else (asked,))
        )
        return self.written(f"C{place}:PAVA", f"C{place}:PARAMETER_VALUE", body)

    def _item(self, place: int, name: str) -> str:
        record, (item, unit) = self._latest(), ITEMS[name]
        if record is None:
            return "****"
        every = max(1, record.points // _ON_SCREEN)
        codes = self._codes(record, place, np.arange(0, record.points, every))
        step = record.scales[place] / _PER_DIVISION
        volts = codes.astype(np.float64) * step - record.offsets[place]
        value = worked_out(item, volts, every / record.rate)
        if value is None:
            return "****"
        shown = f"{100 * value if unit == '%' else value:.2E}"
        return shown if self.value("header") == "OFF" else shown + unit


def make(site: Site) -> ScpiDevice:
    """Put an oscilloscope on the bench."""
    return _Scope(site)
