"""The variables of a run file, planned from its header alone; both of its forms follow the plan.

::

    /                        main stream; dimension `time`
    /time          float64   seconds since the attribute `started`, CF encoded
    /<channel>     float64   with `units`
    /phase         int16     index into the CF attributes flag_values, flag_meanings
    /<stream>/<stream>_time  float64, dimension of its own; for blocks the start of each record
    /<stream>/<axis>         float64, fixed: what a dimension inside a record means
    /<stream>/<channel>      float64 (rows), or records of any type with the axes' shape
    /events/event_time       float64, dimension of its own
    /events/kind, text       one remark each
    /entry/data              links to the main stream, for readers of NeXus
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil, prod

import numpy as np
from numpy.typing import NDArray

from runs.header import Header
from runs.points import Points
from runs.streams import MAIN, Attribute, Blocks, ChannelInfo, Rows

__all__ = [
    "ENTRY",
    "EVENTS",
    "KIND_ROOM",
    "TEXT_ROOM",
    "VERSION",
    "Variable",
    "clock_of",
    "planned",
]

VERSION = 2
EVENTS = "events"
ENTRY = "entry"
KIND_ROOM, TEXT_ROOM = 32, 1024  # [bytes]
_ROWS = 8192
_REMARKS = 64
# Linux writes pieces of up to a mebibyte at a steady speed; larger ones are not faster.
_PIECE = 1 << 20  # [bytes]
_LEAST = 64 << 10  # [bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable of the file.

    Attributes
    ----------
    path
        Its name, with its group.
    stream
        The stream whose records it grows with; "events" for remarks.
    dtype
        Little-endian type, or fixed-length bytes for text.
    record
        Shape of one record; empty for rows.
    chunk
        Records in a chunk, then the chunk's extent in each dimension of the record.
    dimensions
        Paths of the coordinate variables of its dimensions.
    points
        Where it does not grow: what it holds.
    """

    path: str
    stream: str
    dtype: np.dtype[np.generic]
    record: tuple[int, ...] = ()
    chunk: tuple[int, ...] = (_ROWS,)
    dimensions: tuple[str, ...]
    attributes: Mapping[str, Attribute | NDArray[np.generic]] = field(default_factory=dict)
    points: Points | None = None
    compress: bool = False

    @property
    def is_clock(self) -> bool:
        """Whether it is the time of its stream; that is written last and read first."""
        return self.path == self.dimensions[0] and self.points is None

    @property
    def is_text(self) -> bool:
        """Whether it holds text."""
        return self.dtype.kind == "S"

    @property
    def record_size(self) -> int:
        """Size of one record [bytes]."""
        return self.dtype.itemsize * prod(self.record)

    def shape(self, count: int) -> tuple[int, ...]:
        """Shape with `count` records."""
        return (count, *self.record) if self.points is None else (len(self.points),)


def clock_of(stream: str) -> str:
    """Give the path of a stream's time."""
    if stream == MAIN:
        return "time"
    return f"{stream}/event_time" if stream == EVENTS else f"{stream}/{stream}_time"


def planned(header: Header) -> tuple[Variable, ...]:
    """Plan every variable, in the order of their declaration; a group's clock comes first."""
    plan = [*_rows(Rows(MAIN, header.channels), header.started), _phase(header.phases)]
    for stream in header.streams:
        if isinstance(stream, Blocks):
            plan += _blocks(stream, header.started)
        else:
            plan += _rows(stream, header.started)
    return (*plan, *_events(header.started))


def _clock(stream: str, started: datetime, what: str, chunk: int = _ROWS) -> Variable:
    instant = started.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
    path = clock_of(stream)
    return Variable(
        path=path,
        stream=stream,
        dtype=np.dtype("<f8"),
        chunk=(chunk,),
        dimensions=(path,),
        attributes={
            "units": f"seconds since {instant}",
            "calendar": "standard",
            # Instants come from a computer's clock, whose days all have 86,400 s.
            "units_metadata": "leap_seconds: none",
            "standard_name": "time",
            "long_name": what,
        },
    )


def _described(channel: ChannelInfo) -> dict[str, Attribute]:
    # CF wants one of the two names.
    long_name = channel.long_name or ("" if channel.standard_name else channel.name)
    said: dict[str, Attribute] = {
        "units": channel.unit,
        "standard_name": channel.standard_name,
        "long_name": long_name,
        **channel.attributes,
    }
    return {name: value for name, value in said.items() if value != ""}


def _inside(stream: str, name: str) -> str:
    return name if stream == MAIN else f"{stream}/{name}"


def _rows(stream: Rows, started: datetime) -> list[Variable]:
    return [
        _clock(stream.name, started, "time of the sample"),
        *(
            Variable(
                path=_inside(stream.name, channel.name),
                stream=stream.name,
                dtype=np.dtype("<f8"),
                dimensions=(clock_of(stream.name),),
                attributes=_described(channel),
            )
            for channel in stream.channels
        ),
    ]


def _phase(phases: tuple[str, ...]) -> Variable:
    attributes: dict[str, Attribute | NDArray[np.generic]] = {"long_name": "phase of the procedure"}
    if phases:
        attributes["flag_values"] = np.arange(len(phases), dtype="i2")
        attributes["flag_meanings"] = " ".join(phases)
    return Variable(
        path="phase",
        stream=MAIN,
        dtype=np.dtype("<i2"),
        dimensions=("time",),
        attributes=attributes,
    )


def _blocks(stream: Blocks, started: datetime) -> list[Variable]:
    dtype = np.dtype(stream.dtype).newbyteorder("<")
    chunk = _block_chunk(stream.shape, dtype.itemsize)
    axes = [
        Variable(
            path=_inside(stream.name, axis.name),
            stream=stream.name,
            dtype=np.dtype("<f8"),
            dimensions=(_inside(stream.name, axis.name),),
            attributes={
                key: value
                for key, value in (("units", axis.unit), ("long_name", axis.long_name or axis.name))
                if value
            },
            points=axis.points,
        )
        for axis in stream.axes
    ]
    scales = (clock_of(stream.name), *(axis.path for axis in axes))
    return [
        _clock(stream.name, started, "start of the record"),
        *axes,
        *(
            Variable(
                path=_inside(stream.name, channel.name),
                stream=stream.name,
                dtype=dtype,
                record=stream.shape,
                chunk=chunk,
                dimensions=scales,
                attributes=_described(channel),
                compress=stream.compress,
            )
            for channel in stream.channels
        ),
    ]


def _block_chunk(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Let small records share a chunk, and cut large ones along their first axis."""
    size = itemsize * prod(shape)
    if size <= _LEAST:
        return (max(1, _LEAST // size), *shape)
    line = itemsize * prod(shape[1:])
    pieces = ceil(shape[0] / max(1, _PIECE // line))
    # Pieces of one length are written as they are; a shorter last one has to be filled up.
    even = next((n for n in range(pieces, 2 * pieces) if shape[0] % n == 0), pieces)
    return (1, ceil(shape[0] / even), *shape[1:])


def _events(started: datetime) -> list[Variable]:
    texts = (("kind", KIND_ROOM), ("text", TEXT_ROOM))
    return [
        _clock(EVENTS, started, "time of the remark", _REMARKS),
        *(
            Variable(
                path=f"{EVENTS}/{name}",
                stream=EVENTS,
                dtype=np.dtype(f"S{room}"),
                chunk=(_REMARKS,),
                dimensions=(clock_of(EVENTS),),
                attributes={"long_name": f"{name} of the remark"},
            )
            for name, room in texts
        ),
    ]
