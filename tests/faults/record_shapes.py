"""What the recorded runs of the fault trials look like, and what has to stand in them.

Every value, time and remark follows from its number alone and none is zero, so that a row in a
wrong place, a row of another run and a page of zeros all show. Nothing here reads by way of
`runs`: what is checked is what plain xarray finds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import prod
from pathlib import Path

import numpy as np
import xarray
from numpy.typing import NDArray

import runs

STEP = 2.0**-10  # [s], exact in float64
STARTED = datetime(2026, 3, 2, 9, tzinfo=UTC)
PHASES = ("loading", "holding", "unloading")
_PER_PHASE = 64
_SPAN = {"f8": 1_000_003, "f4": 65_521, "i2": 32_749}
_BLOCK = 1 << 18  # rows compared at a time
REMARK = "remark {} 힘"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A stream beside the main one.

    Attributes
    ----------
    every
        Main rows for each of its records.
    shape
        Of one record of a channel; () is a plain row.
    """

    name: str
    every: int
    shape: tuple[int, ...] = ()
    dtype: str = "f8"
    compress: bool = False
    channels: tuple[str, ...] = ("left", "right")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A kind of run.

    Attributes
    ----------
    rate
        Rows a second; 0 is as fast as it goes.
    how
        "append", "record" or "extend".
    batch
        Rows handed over between two looks at the clock.
    remark_every
        Main rows for each event; 0 is none.
    flush_every
        Main rows for each flush that is asked for; 0 leaves it to the writer.
    """

    name: str
    rate: float
    how: str = "append"
    batch: int = 1
    channels: int = 3
    sides: tuple[Side, ...] = ()
    remark_every: int = 0
    flush_every: int = 0

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of all that is counted: the rows, the streams beside them, the remarks."""
        return ("", *(side.name for side in self.sides), "events")

    def names(self) -> tuple[str, ...]:
        """Names of the channels of the main stream."""
        return tuple(f"channel_{k}" for k in range(self.channels))


SLOW = Side(name="slow", every=16)
WAVE = Side(name="waveform", every=32, shape=(500,), dtype="f4")
COUNTS = Side(name="counts", every=16, shape=(1000,), dtype="i2", channels=("raw",))
PACKED = Side(name="spectrum", every=24, shape=(400,), dtype="f4", compress=True)
IMAGE = Side(name="image", every=200, shape=(48, 64), dtype="i2", compress=True, channels=("grey",))
SCOPE = Side(name="scope", every=25, shape=(50_000,), dtype="f4", channels=("volts",))

SHAPES = {
    shape.name: shape
    for shape in (
        Shape(name="1 Hz", rate=1.0, remark_every=2),
        Shape(name="20 Hz by name", rate=20.0, how="record", remark_every=7),
        Shape(name="1 kHz", rate=1000.0, batch=10, remark_every=50),
        Shape(name="bursts", rate=8000.0, batch=4000, remark_every=9000),
        Shape(name="unthrottled", rate=0.0, batch=500, remark_every=20_000),
        Shape(name="unthrottled blocks", rate=0.0, how="extend", batch=6000, channels=5),
        Shape(name="flushing", rate=0.0, batch=20, flush_every=100, remark_every=1000),
        Shape(name="waveforms", rate=640.0, batch=32, sides=(WAVE, COUNTS)),
        Shape(name="large records", rate=500.0, batch=25, sides=(SCOPE, SLOW)),
        Shape(name="compressed", rate=480.0, batch=24, sides=(PACKED, IMAGE), remark_every=100),
        Shape(
            name="all at once",
            rate=3200.0,
            batch=16,
            sides=(SLOW, WAVE, COUNTS, PACKED, IMAGE),
            remark_every=320,
            flush_every=800,
        ),
    )
}


def header(shape: Shape) -> runs.Header:
    """Declare a run of that shape."""
    return runs.Header(
        run="R-2026-00042",
        title=f"{shape.name} 인장시험",
        started=STARTED,
        channels=tuple(runs.ChannelInfo(name, "N") for name in shape.names()),
        phases=PHASES,
        attributes={"specimen": "S-7", "firm": "남동정밀"},
        streams=tuple(_stream(side) for side in shape.sides),
    )


def _stream(side: Side) -> "runs.Rows | runs.Blocks":
    channels = tuple(runs.ChannelInfo(name, "V") for name in side.channels)
    if not side.shape:
        return runs.Rows(side.name, channels)
    axes = tuple(
        runs.Axis(f"{side.name}_axis_{k}", "s", np.arange(length) * STEP)
        for k, length in enumerate(side.shape)
    )
    return runs.Blocks(side.name, channels, axes, dtype=side.dtype, compress=side.compress)


def times(first: int, stop: int, every: int = 1) -> NDArray[np.float64]:
    """Give the times of the records `first` to `stop` of a stream [s]."""
    return np.arange(first + 1, stop + 1) * (STEP * every)


def phases(first: int, stop: int) -> NDArray[np.int16]:
    """Give the phases of main rows."""
    return (np.arange(first, stop) // _PER_PHASE % len(PHASES)).astype("i2")


def phase(number: int) -> int:
    """Give the phase of one main row."""
    return number // _PER_PHASE % len(PHASES)


def row(number: int, channels: int) -> list[float]:
    """Give one main row."""
    return [1.0 + (number * 7919 + k * 104_729) % _SPAN["f8"] for k in range(channels)]


def column(first: int, stop: int, channel: int) -> NDArray[np.float64]:
    """Give the values of one channel of plain rows."""
    return 1.0 + (np.arange(first, stop) * 7919 + channel * 104_729) % _SPAN["f8"]


def block(side: Side, first: int, stop: int, channel: int) -> NDArray[np.generic]:
    """Give the values of one channel of records `first` to `stop`, each of the side's shape."""
    if not side.shape:
        return column(first, stop, channel)
    number = np.arange(first, stop).reshape(-1, 1)
    place = np.arange(prod(side.shape)).reshape(1, -1)
    values = 1 + (number * 7919 + channel * 1237 + place * 31) % _SPAN[side.dtype]
    return values.astype(side.dtype).reshape(-1, *side.shape)


def differences(path: Path, shape: Shape) -> tuple[dict[str, int], list[str]]:
    """Read a file with plain xarray; gives the records of each stream, and every wrong part."""
    wrong: list[str] = []
    counts = {}
    with xarray.open_dataset(path) as plain:
        if plain.sizes["time"] and plain.time.dtype.kind != "M":
            wrong.append(f"time is {plain.time.dtype}")
    with xarray.open_dataset(path, decode_times=False) as found:
        counts[""] = found.sizes["time"]
        wrong += _main(found, shape)
    for side in shape.sides:
        with xarray.open_dataset(path, group=side.name, decode_times=False) as found:
            counts[side.name] = found.sizes[f"{side.name}_time"]
            wrong += _side(found, side)
    with xarray.open_dataset(path, group="events", decode_times=False) as found:
        counts["events"] = found.sizes["event_time"]
        wrong += _events(found, shape)
    return counts, wrong


def _main(found: xarray.Dataset, shape: Shape) -> Iterator[str]:
    for first, stop in _parts(found.sizes["time"], _BLOCK):
        part = {name: found[name].values[first:stop] for name in ("time", *shape.names(), "phase")}
        yield from compared(part, shape, first)


def compared(
    part: dict[str, NDArray[np.generic]], shape: Shape, first: int, *, gaps: bool = False
) -> Iterator[str]:
    """Compare columns of the main stream from row `first` on; gives every wrong one.

    Parameters
    ----------
    gaps
        Whether a value may still be missing (NaN, or a phase of -1): plain xarray gives every
        variable of a growing file the length of the longest.
    """
    stop = first + len(part["time"])
    expected = {"time": times(first, stop)}
    expected |= {name: column(first, stop, k) for k, name in enumerate(shape.names())}
    if shape.how != "extend":
        expected["phase"] = phases(first, stop).astype("f8")
    for name, values in expected.items():
        if gaps:
            there = part[name] != -1 if name == "phase" else ~np.isnan(part[name])
            yield from _unequal(name, part[name][there], values[there], first)
            continue
        yield from _unequal(name, part[name], values, first)


def _side(found: xarray.Dataset, side: Side) -> Iterator[str]:
    clock = f"{side.name}_time"
    for first, stop in _parts(found.sizes[clock], 1 << 10):
        part = found.isel({clock: slice(first, stop)})
        yield from _unequal(clock, part[clock].values, times(first, stop, side.every), first)
        for k, name in enumerate(side.channels):
            label = f"{side.name}/{name}"
            yield from _unequal(label, part[name].values, block(side, first, stop, k), first)


def _events(found: xarray.Dataset, shape: Shape) -> Iterator[str]:
    count = found.sizes["event_time"]
    expected = times(0, count, shape.remark_every or 1)
    yield from _unequal("event_time", found.event_time.values, expected, 0)
    for number, value in enumerate(found.text.values.tolist()):
        text = value.decode() if isinstance(value, bytes) else value
        if text != REMARK.format(number):
            yield f"event {number} says {text!r}"


def _unequal(
    name: str, found: NDArray[np.generic], expected: NDArray[np.generic], first: int
) -> Iterator[str]:
    if found.shape != expected.shape:
        yield f"{name} has shape {found.shape} instead of {expected.shape}"
        return
    differing = np.flatnonzero((found != expected).any(axis=tuple(range(1, found.ndim))))
    if len(differing):
        at = int(differing[0])
        yield (
            f"{name}: {len(differing)} wrong records from {first + at} on, "
            f"{found[at]!r} instead of {expected[at]!r}"[:300]
        )


def _parts(count: int, size: int) -> Iterator[tuple[int, int]]:
    for first in range(0, count, size):
        yield first, min(first + size, count)
