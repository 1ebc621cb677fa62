"""Runs that hold everything a run file can hold, and the truth of what was recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import runs

__all__ = ["STARTED", "Truth", "Variable", "counted", "header", "write_rich", "write_rows"]

STARTED = datetime(2026, 3, 2, 0, 0, 0, 250_000, tzinfo=UTC)
PHASES = ("zero", "pull")
RECORDS = 5
POINTS = 1000
# More than eight attributes make HDF5 keep them in another form.
MANY = {f"note_{number}": f"{number}번째" for number in range(12)}


@dataclass(frozen=True, slots=True)
class Variable:
    """What was recorded in one variable; text as a list."""

    dimensions: tuple[str, ...]
    values: NDArray[np.generic] | list[str]
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Truth:
    """What was recorded in a file."""

    attributes: Mapping[str, object]
    variables: Mapping[str, Variable]


def _rows(count: int) -> tuple[NDArray[np.float64], ...]:
    """Give times and two channels: every bit of the mantissa is in use, with gaps at both ends."""
    random = np.random.default_rng(count)
    times = np.cumsum(random.uniform(1e-4, 2e-3, count))
    force = random.normal(0, 1e3, count)
    strain = random.normal(0, 1e-3, count)
    for gap in (0, count // 2, count - 1):
        if count > 1:
            strain[gap] = np.nan
    if count > 10:
        force[3:9] = (0.0, -0.0, 5e-324, -1.7976931348623157e308, 0.1, 1 / 3)
    return times, force, strain


def counted(first: int, count: int) -> tuple[NDArray[np.float64], ...]:
    """Give times and two channels of so many rows from one on; every seventh strain is a gap."""
    index = np.arange(first, first + count, dtype="f8")
    return index * 1e-3, np.sqrt(index), np.where(index % 7, index / 3, np.nan)


def header(title: str, *streams: object, **attributes: runs.header.Attribute) -> runs.Header:
    many = {"accuracy": "0.5 % 지시값", "standard_uncertainty": 0.25, "linearised": 1}
    return runs.Header(
        run="R-2026-00042",
        title=title,
        started=STARTED,
        channels=(
            runs.ChannelInfo("force", "N", long_name="힘", attributes={**many, **MANY}),
            runs.ChannelInfo("strain", "1", attributes={"accuracy": "class 0.5"}),
        ),
        phases=PHASES,
        attributes={
            "specimen": "시료 1",
            "count": -3,
            "temperature": 23.4,
            "none": 0,
            **attributes,
        },
        streams=streams,  # type: ignore[arg-type]
    )


def _main(header: runs.Header, times, force, strain, phase) -> dict[str, Variable]:  # type: ignore[no-untyped-def]
    told = {channel.name: channel for channel in header.channels}
    return {
        "time": Variable(("time",), times, {"calendar": "standard", "standard_name": "time"}),
        "force": Variable(
            ("time",), force, {"units": "N", "long_name": "힘", **told["force"].attributes}
        ),
        "strain": Variable(("time",), strain, {"units": "1", **told["strain"].attributes}),
        "phase": Variable(
            ("time",),
            phase.astype("<i2"),
            {"flag_values": [0, 1], "flag_meanings": "zero pull"},
        ),
    }


def _events(remarks: list[tuple[float, str, str]]) -> dict[str, Variable]:
    times, kinds, texts = (
        (list(each) for each in zip(*remarks, strict=True)) if remarks else ([],) * 3
    )
    return {
        "events/event_time": Variable(("event_time",), np.array(times, "<f8")),
        "events/kind": Variable(("event_time",), kinds),
        "events/text": Variable(("event_time",), texts),
    }


def _attributes(header: runs.Header, status: str = "completed") -> dict[str, object]:
    return {
        "run": header.run,
        "title": header.title,
        "status": status,
        "started": STARTED.isoformat(),
        **header.attributes,
    }


def write_rows(path: Path, count: int) -> Truth:
    """Record so many rows, and neither remark nor other stream."""
    head = header(f"{count} rows")
    times, force, strain = _rows(count)
    with runs.create(path, head) as writer:
        for row in zip(times, force, strain, strict=True):
            writer.append(*row)
    phase = np.zeros(count)
    variables = _main(head, times, force, strain, phase) | _events([])
    return Truth(_attributes(head) | {"rows": count}, variables)


def _streams() -> tuple[object, ...]:
    wave = runs.Axis("sample", "s", np.arange(POINTS) * 1e-6, "time since the record's start")
    hertz = runs.Axis("frequency", "Hz", np.linspace(0, 5e4, 257))
    across, down = runs.Axis("x", "mm", np.arange(7.0)), runs.Axis("y", "mm", np.arange(5.0) / 4)
    level = runs.Axis("bin", "1", np.arange(300.0))
    packed = {"scale_factor": 1e-3, "add_offset": -1.5}
    channel = runs.ChannelInfo
    return (
        runs.Rows("slow", (channel("chamber", "degC", "air_temperature", "챔버"),)),
        runs.Blocks("scope", (channel("ch1", "V"), channel("ch2", "A")), (wave,), dtype="f4"),
        runs.Blocks(
            "digitised",
            (channel("raw", "V", attributes=packed),),
            (level,),
            dtype="i2",
            compress=True,
        ),
        runs.Blocks("spectrum", (channel("density", "V2 Hz-1"),), (hertz,), dtype="f8"),
        runs.Blocks("camera", (channel("brightness", "1"),), (down, across), dtype="f4"),
        runs.Rows("silent", (channel("never", "V"),)),
        runs.Blocks("unused", (channel("never", "V"),), (runs.Axis("z", "m", np.arange(3.0)),)),
    )


def write_rich(path: Path) -> Truth:
    """Record a run of every kind of stream, with remarks and attributes in Korean."""
    head = header(
        "인장시험 — 모든 것", *_streams(), operator="홍길동", percent='50 %\n둘째 줄 "인용"'
    )
    random = np.random.default_rng(7)
    times, force, strain = _rows(1000)
    phase = np.repeat([0, 1], 500)
    slow_times, slow = np.arange(20) * 0.5, random.normal(23, 1, 20)
    starts = np.array([0.1, 0.3, 0.30000000000000004, 0.5, 0.9])
    blocks: dict[str, dict[str, NDArray[np.generic]]] = {
        "scope": {
            "ch1": random.normal(size=(RECORDS, POINTS)).astype("<f4"),
            "ch2": random.normal(size=(RECORDS, POINTS)).astype("<f4"),
        },
        "digitised": {"raw": random.integers(-32768, 32767, (RECORDS, 300), "<i2", endpoint=True)},
        "spectrum": {"density": random.normal(size=(RECORDS, 257)) ** 2},
        "camera": {"brightness": random.random((RECORDS, 5, 7)).astype("<f4")},
    }
    blocks["scope"]["ch1"][0, :3] = (np.nan, -0.0, 1e-45)
    remarks = [
        (0.0, "phase", "zero"),
        (0.25, "note", '조심: "뜨거움" \\ 23 °C ± 0.5, 1 µm — 😀'),
        (0.75, "answer", "12.0 mm by 홍길동"),
    ]
    with runs.create(path, head) as writer:
        for index, row in enumerate(zip(times, force, strain, strict=True)):
            if index == 500:
                writer.phase(1)
            writer.append(*row)
        for row in zip(slow_times, slow, strict=True):
            writer.stream("slow").append(*row)
        for name, channels in blocks.items():
            for record, start in enumerate(starts):
                writer.stream(name).append(start, *(each[record] for each in channels.values()))
        for remark in remarks:
            writer.event(*remark)
    variables = _main(head, times, force, strain, phase) | _events(remarks)
    variables["slow/slow_time"] = Variable(("slow_time",), slow_times)
    variables["slow/chamber"] = Variable(
        ("slow_time",),
        slow,
        {"units": "degC", "standard_name": "air_temperature", "long_name": "챔버"},
    )
    variables["silent/silent_time"] = Variable(("silent_time",), np.empty(0))
    variables["silent/never"] = Variable(("silent_time",), np.empty(0), {"units": "V"})
    variables["unused/unused_time"] = Variable(("unused_time",), np.empty(0))
    variables["unused/never"] = Variable(
        ("unused_time", "z"), np.empty((0, 3), "<f4"), {"units": "V"}
    )
    for stream in head.streams:
        if isinstance(stream, runs.Blocks):
            names = tuple(axis.name for axis in stream.axes)
            for axis in stream.axes:
                variables[f"{stream.name}/{axis.name}"] = Variable(
                    (axis.name,), np.asarray(axis.values), {"units": axis.unit}
                )
            if stream.name in blocks:
                clock = f"{stream.name}_time"
                variables[f"{stream.name}/{clock}"] = Variable((clock,), starts)
                for channel in stream.channels:
                    variables[f"{stream.name}/{channel.name}"] = Variable(
                        (clock, *names),
                        blocks[stream.name][channel.name],
                        {"units": channel.unit, **channel.attributes},
                    )
    return Truth(_attributes(head) | {"rows": 1000}, variables)
