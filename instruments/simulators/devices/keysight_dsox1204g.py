"""Simulated Keysight DSOX1204G: four inputs and a generator on the signal lines of the bench.

Source: Keysight InfiniiVision DSOX1204A/G Oscilloscopes Programmer's Guide.
"""

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from instruments.simulators.infiniivision import INPUTS, SOURCES, InfiniiVision, Record
from instruments.simulators.scpi_device import Call, DataError, ScpiDevice
from instruments.simulators.screen import picture
from instruments.simulators.site import Site
from instruments.simulators.waveform_items import worked_out

__all__ = ["make"]

_MIDDLE, _LOWEST, _HIGHEST = 128, 1, 255  # codes; 0 is a hole in the record
_CODES_UP = 200  # codes of the whole screen
_FORMATS = {"BYTE": 0, "WORD": 1, "ASC": 4}
_TYPES = {"NORM": 0, "PEAK": 1, "AVER": 2, "HRES": 3}
_NONE = "+9.9E+37"
_ITEMS = {
    "VPP": "pp", "VMAX": "max", "VMIN": "min", "VTOP": "top", "VBASe": "base",
    "VAMPlitude": "amplitude", "VAVerage": "mean", "VRMS": "rms", "FREQuency": "frequency",
    "PERiod": "period", "RISetime": "rise", "FALLtime": "fall", "PWIDth": "width",
    "NWIDth": "gap", "DUTYcycle": "duty", "NDUTy": "gap duty",
}  # fmt: skip
_SHARES = ("duty", "gap duty")


class _Scope(InfiniiVision):
    def __init__(self, site: Site) -> None:
        super().__init__(site, f"KEYSIGHT TECHNOLOGIES,DSO-X 1204G,{site.serial},02.12.2021071625")
        self._declare_waveform()
        self._declare_measurements()
        self._declare_rest()

    def _declare_waveform(self) -> None:
        self.choice("wave source", "WAVeform:SOURce", f"{SOURCES}|FUNCtion|FFT", "CHAN1")
        self.choice("format", "WAVeform:FORMat", "BYTE|WORD|ASCii", "BYTE")
        self.choice("order", "WAVeform:BYTeorder", "MSBFirst|LSBFirst", "MSBF")
        self.flag("unsigned", "WAVeform:UNSigned", True)
        self.choice("points mode", "WAVeform:POINts:MODE", "NORMal|MAXimum|RAW", "NORM")
        self.number("wave points", "WAVeform:POINts", 62_500, 100, 2_000_000, form="d")
        self.choice("view", "WAVeform:VIEW", "MAIN", "MAIN")
        self.on("WAVeform:POINts?", lambda _: f"{len(self._times(self.fresh())):+d}")
        self.on("WAVeform:PREamble?", lambda _: self._preamble())
        self.on("WAVeform:DATA?", lambda _: self._data())
        for name, place in (("TYPE", 1), ("COUNt", 3), ("XINCrement", 4), ("XORigin", 5),
                            ("XREFerence", 6), ("YINCrement", 7), ("YORigin", 8),
                            ("YREFerence", 9)):  # fmt: skip
            self.on(f"WAVeform:{name}?", partial(self._part, place))

    def _declare_measurements(self) -> None:
        self.choice("measured", "MEASure:SOURce", SOURCES, "CHAN1")
        for header, item in _ITEMS.items():
            self.on(f"MEASure:{header}", lambda _: None)
            self.on(f"MEASure:{header}?", partial(self._measured, item))
        self.on("MEASure:CLEar", lambda _: None)

    def _declare_rest(self) -> None:
        self.on("SYSTem:PRESet", lambda _: self.reset())
        self.on("SYSTem:SETup?", lambda _: self._block(self._setup().encode()))
        self.on("SYSTem:SETup", self._restore)
        self.on("DISPlay:DATA?", lambda _: self._block(picture(self._traces())))
        self.on("DISPlay:CLEar", lambda _: None)
        for header in ("SAVE:SETup", "SAVE:IMAGe", "RECall:SETup"):
            self.on(header, lambda _: None)

    def _setup(self) -> str:
        return ",".join(
            f"{name}:{place}={self._settings[name].write(value)}"
            for (name, place), value in sorted(self.values.items())
            if not name.startswith("*")
        )

    def _restore(self, call: Call) -> None:
        _, _, text = call.text.partition("#8")
        for entry in text[8:].split(","):
            where, _, written = entry.partition("=")
            name, _, place = where.rpartition(":")
            if name not in self._settings or not place.isdigit():
                raise DataError(-141, "Invalid character data")
            self.put(name, self._settings[name].read(written), int(place))

    # What clients fetch.

    def _wanted(self) -> int:
        source = str(self.value("wave source"))
        if not source.startswith("CHAN"):
            raise DataError(-221, "Settings conflict")
        return int(source[4:])

    def _times(self, record: Record) -> NDArray[np.float64]:
        """Give the instants that are transferred: each so many of the record."""
        every = max(math.ceil(record.points / self.amount("wave points")), 1)
        places = np.arange(0, record.points - every + 1, every, dtype=np.float64)
        return np.asarray(record.start + record.step * places, np.float64)

    def _codes(self, record: Record, number: int) -> NDArray[np.int64]:
        view = record.views[number]
        return self.digitiser.codes(
            record.taken, number, self._times(record),
            step=view.step / view.factor, zero=_MIDDLE - view.offset / view.step,
            lowest=_LOWEST, highest=_HIGHEST, coupling=view.coupling,
        )  # fmt: skip

    def _volts(self, record: Record, number: int) -> NDArray[np.float64]:
        view = record.views[number]
        codes = self._codes(record, number).astype(np.float64)
        return np.asarray((codes - _MIDDLE) * view.step + view.offset, np.float64)

    def _preamble(self) -> str:
        record = self.fresh()
        view, times = record.views[self._wanted()], self._times(record)
        form = str(self.value("format"))
        wide = 256 if form == "WORD" else 1
        kind = str(self.value("type"))
        count = int(self.amount("averages")) if kind == "AVER" else 1
        increment = float(times[1] - times[0]) if len(times) > 1 else record.step
        middle = 0 if not self.value("unsigned") else _MIDDLE * wide
        return (
            f"{_FORMATS[form]:+d},{_TYPES[kind]:+d},{len(times):+d},{count:+d},"
            f"{increment:+.8E},{times[0]:+.8E},+0,{view.step / wide:+.8E},{view.offset:+.8E},"
            f"{middle:+d}"
        )

    def _part(self, place: int, _: Call) -> str:
        return self._preamble().split(",")[place]

    def _data(self) -> bytes:
        if self.record is None:
            self.fresh()
        record = self.record
        assert record is not None
        form, number = str(self.value("format")), self._wanted()
        if form == "ASC":
            volts = self._volts(record, number)
            return self._block(",".join(f"{each:+.6E}" for each in volts).encode())
        codes = self._codes(record, number)
        if not self.value("unsigned"):
            codes = codes - _MIDDLE
        if form == "BYTE":
            return self._block(codes.astype(np.int64).astype(np.uint8).tobytes())
        order = ">" if self.value("order") == "MSBF" else "<"
        return self._block((codes * 256).astype(np.uint16).astype(f"{order}u2").tobytes())

    @staticmethod
    def _block(data: bytes) -> bytes:
        # This maker always writes eight digits.
        return f"#8{len(data):08d}".encode() + data

    def _measured(self, item: str, call: Call) -> str:
        named = [word for word in call.words if word.upper().startswith("CHAN")]
        source = named[0] if named else str(self.value("measured"))
        if not source[-1:].isdigit() or int(source[-1]) not in INPUTS:
            raise DataError(-221, "Settings conflict")
        if not self.acquired() and self.record is None:
            return _NONE
        record = self.fresh()
        times = self._times(record)
        step = float(times[1] - times[0]) if len(times) > 1 else record.step
        value = worked_out(item, self._volts(record, int(source[-1])), step)
        return _NONE if value is None else f"{value * (100 if item in _SHARES else 1):+.5E}"

    def _traces(self) -> dict[int, NDArray[np.float64]]:
        record = self.fresh()
        return {
            number: (self._codes(record, number) - _MIDDLE) / _CODES_UP + 0.5
            for number in INPUTS
            if self.value("display", number)
        }


def make(site: Site) -> ScpiDevice:
    """Put an oscilloscope on the bench."""
    return _Scope(site)
