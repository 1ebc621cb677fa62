"""A stream of a run as a table that is read in blocks, so that its length costs nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import h5py
import numpy as np
from numpy.typing import NDArray

from runs import layout
from runs.errors import RecordRefused
from runs.header import Header
from runs.streams import MAIN, Blocks, ChannelInfo, Stream

__all__ = ["Column", "Columns", "Table", "blocks", "stream_of", "table_of", "unpacked"]

BLOCK = 1 << 17  # [rows]
Columns = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of numbers."""

    name: str
    unit: str
    about: ChannelInfo | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A stream as a table.

    Attributes
    ----------
    stream
        "" for the main one.
    columns
        The time [s since the start] first, then the axes of its records, then the channels.
    rows
        A record of a block stream makes as many rows as it has samples.
    phases
        Names of the phases that the column `phase` counts; the main stream alone has it.
    record
        Shape of a record; empty for rows.
    """

    stream: str
    columns: tuple[Column, ...]
    rows: int
    phases: tuple[str, ...]
    record: tuple[int, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, with `phase` where there is one."""
        names = tuple(column.name for column in self.columns)
        return names if self.stream else (*names, "phase")


def stream_of(header: Header, name: str) -> Stream | None:
    """Find a stream beside the main one; None for that.

    Raises
    ------
    RecordRefused
        There is no such stream.
    """
    if name == MAIN:
        return None
    for stream in header.streams:
        if stream.name == name:
            return stream
    accepted = ", ".join(stream.name for stream in header.streams) or "the main stream alone"
    raise RecordRefused("stream", name, accepted)


def table_of(file: h5py.File, header: Header, name: str = MAIN) -> Table:
    """Describe a stream."""
    stream = stream_of(header, name)
    records = layout.row_count(file, name)
    time = Column("time", "s")
    if stream is None:
        columns = (time, *(_column(channel) for channel in header.channels))
        return Table(MAIN, columns, records, header.phases)
    channels = tuple(_column(channel) for channel in stream.channels)
    if not isinstance(stream, Blocks):
        return Table(name, (time, *channels), records, ())
    axes = tuple(Column(axis.name, axis.unit) for axis in stream.axes)
    shape = tuple(len(axis.points) for axis in stream.axes)
    return Table(name, (time, *axes, *channels), records * prod(shape), (), shape)


def _column(channel: ChannelInfo) -> Column:
    return Column(channel.name, channel.unit, channel)


def blocks(file: h5py.File, table: Table) -> Iterator[Columns]:
    """Read the rows in their order, some at a time: every column by name."""
    group = file[table.stream] if table.stream else file
    clock = file[layout.clock_of(table.stream)]
    samples = prod(table.record)
    step = max(1, BLOCK // samples)
    records = table.rows // samples
    for start in range(0, records, step):
        stop = min(start + step, records)
        time = np.repeat(clock[start:stop], samples)
        found: Columns = {"time": time}
        for number, column in enumerate(table.columns[1 : 1 + len(table.record)]):
            shape = [1] * (1 + len(table.record))
            shape[1 + number] = -1
            axis = np.reshape(group[column.name][:], shape)
            whole = np.broadcast_to(axis, (stop - start, *table.record))
            found[column.name] = whole.ravel()
        for column in table.columns[1 + len(table.record) :]:
            values = group[column.name][start:stop]
            found[column.name] = unpacked(values, column.about).ravel()
        if not table.stream:
            found["phase"] = group["phase"][start:stop]
        yield found


def unpacked(values: NDArray[np.generic], about: ChannelInfo | None) -> NDArray[np.generic]:
    """Turn counts into values, where the channel says how (CF packing)."""
    attributes = about.attributes if about else {}
    if "scale_factor" not in attributes and "add_offset" not in attributes:
        return values
    scale = float(attributes.get("scale_factor", 1.0))
    counts: NDArray[np.float64] = values.astype("f8")
    return counts * scale + float(attributes.get("add_offset", 0.0))
