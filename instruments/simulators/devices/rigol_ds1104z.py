"""Simulated Rigol DS1104Z: four inputs that look at the signal lines of the bench.

Source: Rigol MSO1000Z/DS1000Z Series Programming Guide, PGA19108-1110. Also answered is what older
firmware knew and clients still send: WAVeform:POINts, :STATus, :BEGin, :END, :RESet.
"""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from instruments.simulators.digitiser import Acquisition, Digitiser, Edge
from instruments.simulators.ds1000z_commands import CHOICES, FLAGS, ITEMS, NUMBERS
from instruments.simulators.scpi_device import Call, DataError, ScpiDevice, Value
from instruments.simulators.scpi_text import plain_number
from instruments.simulators.screen import bitmap
from instruments.simulators.site import Site
from instruments.simulators.waveform_items import worked_out

__all__ = ["make"]

_INPUTS = (1, 2, 3, 4)
_ACROSS, _PER_DIVISION, _CENTRE = 12, 25, 127  # divisions, codes, code of the middle
_ON_SCREEN = 1200  # points
_FASTEST, _DEEPEST = 1e9, 12_000_000  # [1/s] and points, with one input displayed
_DEPTHS = (12_000, 120_000, 1_200_000, 12_000_000)
# Format to the most points of one answer, and its number in the preamble.
_MOST = {"BYTE": (250_000, 0), "WORD": (125_000, 1), "ASC": (15_625, 2)}
_MODES = {"NORM": 0, "MAX": 1, "RAW": 2}
_NOT_THERE = "9.9E37"
_SLOPES = {"POS": "rise", "NEG": "fall", "RFAL": "either"}


@dataclass(frozen=True, slots=True)
class _Record:
    """What an acquisition was taken with; later settings do not change it.

    Attributes
    ----------
    scales, offsets, probes
        By input: [V] per division, [V], and factor, negative where the trace is inverted.
    rate, depth
        Samples per second [1/s], and how many.
    time_scale, middle
        Per division [s], and at the middle of the screen [s].
    """

    taken: Acquisition
    scales: dict[int, float]
    offsets: dict[int, float]
    probes: dict[int, float]
    couplings: dict[int, str]
    rate: float
    depth: int
    time_scale: float
    middle: float


class _Scope(ScpiDevice):
    # An input that is overdriven shows in the samples, not in an answer.
    overload = ""

    def __init__(self, site: Site) -> None:
        identity = f"RIGOL TECHNOLOGIES,DS1104Z,{site.serial},00.04.04.04.03"
        super().__init__(identity, no_error='0,"No error"', form=".6e")
        self._inputs = Digitiser(site)
        self._probe = float(site.options.get("probe", 10.0))
        self._running = True
        self._record: _Record | None = None
        for name, header, default, low, high in NUMBERS:
            self.number(name, header, default, low, high)
        for name, header, on in FLAGS:
            self.flag(name, header, on)
        for name, header, options, usual in CHOICES:
            self.choice(name, header, options, usual)
        self._declare_acquisition()
        self._declare_waveform()
        self.reset()

    def _declare_acquisition(self) -> None:
        self.on("RUN", lambda _: self._run())
        self.on("STOP", lambda _: self._stop())
        self.on("SINGle", lambda _: self._single())
        self.on("TFORce", lambda _: self._force())
        self.on("CLEar", lambda _: None)
        self.on("AUToscale", lambda _: None)
        self.on("CHANnel#:PROBe", self._clip_on)
        self.on("CHANnel#:RANGe", self._span)
        self.on("CHANnel#:RANGe?", lambda call: format(8 * self._scale(call), self._form))
        self.on("TRIGger:STATus?", lambda _: self._status())
        self.on("TRIGger:POSition?", lambda _: "-1")
        self.number("averages", "ACQuire:AVERages", 2, 2, 1024, form="d")
        self.text("depth", "ACQuire:MDEPth", "AUTO")
        self.on("ACQuire:MDEPth", self._deepen)
        self.on("ACQuire:MDEPth?", lambda _: str(self.value("depth")))
        self.on("ACQuire:SRATe?", lambda _: format(self._rate()[0], self._form))
        self.on("MEASure:ITEM?", self._measured)
        for header, item in ITEMS.items():
            self.on(f"MEASure:{header}?", partial(self._item, item))

    def _declare_waveform(self) -> None:
        self.number("first", "WAVeform:STARt", 1, 1, _DEEPEST, form="d")
        self.number("last", "WAVeform:STOP", _ON_SCREEN, 1, _DEEPEST, form="d")
        self.number("points", "WAVeform:POINts", _ON_SCREEN, 1, _DEEPEST, form="d")
        self.on("WAVeform:POINts?", lambda _: str(self._points()))
        self.on("WAVeform:PREamble?", lambda _: ",".join(self._preamble().values()))
        for header, name in (("XINCrement", "xincrement"), ("XORigin", "xorigin"),
                             ("XREFerence", "xreference"), ("YINCrement", "yincrement"),
                             ("YORigin", "yorigin"), ("YREFerence", "yreference")):  # fmt: skip
            self.on(f"WAVeform:{header}?", partial(self._of_preamble, name))
        self.on("WAVeform:DATA?", lambda _: self._data())
        self.on("DISPlay:DATA?", lambda _: self._screen())
        self.on("WAVeform:STATus?", lambda _: f"IDLE,{self._points()}")
        for header in ("BEGin", "END", "RESet"):
            self.on(f"WAVeform:{header}", lambda _: None)

    # Settings.

    def check(self, name: str, value: Value, place: int) -> None:
        """Refuse inputs that are not there, and what goes beyond their ranges."""
        if place not in _INPUTS:
            raise DataError(-114, "Header suffix out of range")
        if name == "scale":
            factor = self.amount("probe", place)
            if not 0.999e-3 * factor <= float(value) <= 10.001 * factor:
                raise DataError

    def changed(self, name: str, place: int) -> None:
        """Put a scale on the next step that there is, unless fine steps are on."""
        if name == "scale" and place and not self.value("vernier", place):
            self.values[name, place] = _step(self.amount(name, place))
        if name == "time scale" and place:
            self.values[name, place] = _step(self.amount(name, place))

    def reset(self) -> None:
        """Run, with the first input on the screen."""
        super().reset()
        self.values["display", 1] = True
        self._running, self._record = True, None

    def _scale(self, call: Call) -> float:
        return self.amount("scale", call.suffixes[0])

    def _span(self, call: Call) -> None:
        place = call.suffixes[0]
        scale = plain_number(call.text) / 8
        self.check("scale", scale, place)
        self.put("scale", scale, place)

    def _clip_on(self, call: Call) -> None:
        place = call.suffixes[0]
        self.check("probe", 1.0, place)
        factor = float(self._settings["probe"].read(call.text))
        ratio = factor / self.amount("probe", place)
        self.values["probe", place] = factor
        # What is shown scales with the probe, so does the screen.
        for name in ("scale", "offset"):
            self.values[name, place] = self.amount(name, place) * ratio

    def _displayed(self) -> int:
        return max(1, sum(bool(self.value("display", each)) for each in _INPUTS))

    def _share(self) -> int:
        return {1: 1, 2: 2}.get(self._displayed(), 4)

    def _deepen(self, call: Call) -> None:
        word = call.text.upper()
        if not self._running:
            raise DataError(-221, "Settings conflict")
        if word == "AUTO":
            self.values["depth", 1] = word
            return
        depth = int(plain_number(word))
        if depth * self._share() not in _DEPTHS:
            raise DataError
        self.values["depth", 1] = str(depth)

    def _rate(self) -> tuple[float, int]:
        """Give the sample rate [1/s] and the depth of memory [points]."""
        window = _ACROSS * self.amount("time scale")
        fastest = _FASTEST / self._share()
        if self.value("depth") == "AUTO":
            depth = max(_ON_SCREEN // 2, min(_DEEPEST / self._share(), fastest * window))
        else:
            depth = float(str(self.value("depth")))
        return min(fastest, depth / window), int(depth)

    # Acquisition.

    def _edge(self) -> Edge | None:
        source = str(self.value("source"))
        if self.value("trigger") != "EDGE" or source == "AC":
            return None
        place = int(source[-1])
        level = self.amount("level") * self._probe / self.amount("probe", place)
        return Edge(source=place, level=level, slope=_SLOPES[str(self.value("slope"))])

    def _acquire(self, *, forced: bool = False) -> bool:
        window = _ACROSS * self.amount("time scale")
        edge = self._edge()
        taken = None if edge is None else self._inputs.take(edge, window)
        if taken is None:
            if not forced:
                return False
            taken = self._inputs.take(None, window)
        assert taken is not None
        rate, depth = self._rate()
        self._record = _Record(
            taken,
            {each: self.amount("scale", each) for each in _INPUTS},
            {each: self.amount("offset", each) for each in _INPUTS},
            {each: self._factor(each) for each in _INPUTS},
            {each: str(self.value("coupling", each)) for each in _INPUTS},
            rate, depth, self.amount("time scale"), self.amount("time offset"),
        )  # fmt: skip
        return True

    def _factor(self, place: int) -> float:
        return self.amount("probe", place) * (-1.0 if self.value("inverted", place) else 1.0)

    def _run(self) -> None:
        self._running = True
        if self.value("sweep") == "SING":
            self.values["sweep", 1] = "AUTO"

    def _stop(self) -> None:
        self._latest()
        self._running = False

    def _single(self) -> None:
        self.values["sweep", 1] = "SING"
        self._running, self._record = True, None

    def _force(self) -> None:
        if self._running:
            self._acquire(forced=True)
            self._running = self.value("sweep") != "SING"

    def _latest(self) -> _Record | None:
        """Give the record on the screen; while it runs, a fresh one."""
        if self._running:
            found = self._acquire(forced=self.value("sweep") == "AUTO")
            if found and self.value("sweep") == "SING":
                self._running = False
        return self._record

    def _status(self) -> str:
        if not self._running:
            return "STOP"
        sweep = self.value("sweep")
        record = self._latest()
        if sweep == "SING":
            return "WAIT" if self._running else "STOP"
        if record is None or (sweep == "NORM" and not record.taken.triggered):
            return "WAIT"
        return "TD" if record.taken.triggered else "AUTO"

    # Records.

    def _shown(self) -> _Record:
        record = self._latest()
        if record is None:
            raise DataError(-230, "Data corrupt or stale")
        return record

    def _from_memory(self) -> bool:
        return self.value("wave mode") != "NORM" and not self._running

    def _points(self) -> int:
        record = self._latest()
        return record.depth if record and self._from_memory() else _ON_SCREEN

    def _times(self, record: _Record) -> tuple[float, float, int]:
        """Give the first instant [s], the step [s] and the number of points to be read."""
        if self._from_memory():
            return record.middle - record.depth / record.rate / 2, 1 / record.rate, record.depth
        step = record.time_scale * _ACROSS / _ON_SCREEN
        return record.middle - _ACROSS / 2 * record.time_scale, step, _ON_SCREEN

    def _preamble(self) -> dict[str, str]:
        record, place = self._shown(), int(str(self.value("wave source"))[-1])
        start, step, points = self._times(record)
        volts = record.scales[place] / _PER_DIVISION
        averages = int(self.amount("averages")) if self.value("type") == "AVER" else 1
        return {
            "format": str(_MOST[str(self.value("form"))][1]),
            "type": str(_MODES[str(self.value("wave mode"))]),
            "points": str(points),
            "count": str(averages),
            "xincrement": format(step, self._form),
            "xorigin": format(start, self._form),
            "xreference": "0",
            "yincrement": format(volts, self._form),
            "yorigin": str(round(record.offsets[place] / volts)),
            "yreference": str(_CENTRE),
        }

    def _of_preamble(self, name: str, _: Call) -> str:
        return self._preamble()[name]

    def _codes(
        self, record: _Record, place: int, start: float, step: float, first: int, count: int
    ) -> NDArray[np.int64]:
        volts = record.scales[place] / _PER_DIVISION
        return self._inputs.codes(
            record.taken, place, start + step * np.arange(first, first + count, dtype=np.float64),
            step=volts * self._probe / record.probes[place],
            zero=_CENTRE + round(record.offsets[place] / volts),
            lowest=0, highest=255, coupling=record.couplings[place],
        )  # fmt: skip

    def _data(self) -> bytes:
        record, place = self._shown(), int(str(self.value("wave source"))[-1])
        start, step, points = self._times(record)
        first, last = int(self.amount("first")), min(int(self.amount("last")), points)
        form = str(self.value("form"))
        if not first <= last or last - first >= _MOST[form][0]:
            raise DataError
        codes = self._codes(record, place, start, step, first - 1, last - first + 1)
        if form == "ASC":
            volts = record.scales[place] / _PER_DIVISION
            zero = _CENTRE + round(record.offsets[place] / volts)
            body = ",".join(format(each, ".6e") for each in (codes - zero) * volts).encode()
        else:
            body = codes.astype("u1" if form == "BYTE" else "<u2").tobytes()
        return f"#9{len(body):09d}".encode() + body

    def _screen(self) -> bytes:
        record, traces = self._shown(), {}
        step = record.time_scale * _ACROSS / _ON_SCREEN
        start = record.middle - _ACROSS / 2 * record.time_scale
        for place in _INPUTS:
            if self.value("display", place):
                codes = self._codes(record, place, start, step, 0, _ON_SCREEN)
                traces[place] = 0.5 + (codes - _CENTRE) / (8.0 * _PER_DIVISION)
        data = bitmap(traces)
        return f"#9{len(data):09d}".encode() + data

    # Items.

    def _measured(self, call: Call) -> str:
        given = call.words
        for header, item in ITEMS.items():
            short = "".join(each for each in header if not each.islower())
            if given and given[0].upper() in (header.upper(), short):
                return self._item(item, Call(",".join(given[1:])))
        raise DataError(-224, "Illegal parameter value")

    def _item(self, item: str, call: Call) -> str:
        source = call.words[0] if call.words else str(self.value("measured"))
        place = int(str(self._settings["measured"].read(source))[-1])
        record = self._latest()
        if record is None:
            return _NOT_THERE
        step = record.time_scale * _ACROSS / _ON_SCREEN
        start = record.middle - _ACROSS / 2 * record.time_scale
        codes = self._codes(record, place, start, step, 0, _ON_SCREEN)
        volts = record.scales[place] / _PER_DIVISION
        zero = _CENTRE + round(record.offsets[place] / volts)
        value = worked_out(item, np.asarray(codes - zero, np.float64) * volts, step)
        return _NOT_THERE if value is None else format(value, ".6e")


def _step(value: float) -> float:
    """Give the nearest of the steps 1, 2, 5 of each decade."""
    decade = 10.0 ** math.floor(math.log10(value))
    steps = (1.0, 2.0, 5.0, 10.0)
    return decade * min(steps, key=lambda each: abs(math.log(value / decade / each)))


def make(site: Site) -> ScpiDevice:
    """Put an oscilloscope on the bench."""
    return _Scope(site)
