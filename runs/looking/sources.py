"""The raw samples of a stream, as curves need them: flat, piece by piece, with their times."""

import os
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from isal import isal_zlib

from runs import layout
from runs.errors import RecordRefused
from runs.header import Header
from runs.looking.building import ViewWriter
from runs.looking.levels import Clock, Sampled
from runs.looking.pages import Identity
from runs.looking.pyramid import Samples
from runs.points import Points
from runs.sealing.seal import Index, Part
from runs.streams import MAIN, Blocks, Rows

__all__ = [
    "SECONDS",
    "SealedStream",
    "StoredStream",
    "begun_views",
    "columns_of",
    "packing",
    "view_path",
]

SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0}
"""Units of an axis along which the samples of a record follow each other in time."""


def columns_of(variables: tuple[layout.Variable, ...], stream: str) -> dict[str, layout.Variable]:
    """Name the variables of a stream that make curves: channels, and `time` where rows have one.

    Raises
    ------
    RecordRefused
        There is no such stream, or its records have more than one axis.
    """
    found = {}
    for variable in variables:
        if variable.stream != stream or variable.points is not None or variable.is_text:
            continue
        name = "time" if variable.is_clock else variable.path.rpartition("/")[2]
        found[name] = variable
    if not found or stream == layout.EVENTS:
        raise RecordRefused("stream", stream, "a stream of the run")
    records = [variable.record for variable in found.values() if variable.record]
    if any(len(record) > 1 for record in records):
        raise RecordRefused("stream", stream, "a stream whose records have one axis")
    if records:
        del found["time"]
    return found


def _offsets(variables: tuple[layout.Variable, ...], column: layout.Variable) -> Points:
    """Tell when the samples of a record come after its start [s]; at once for other axes."""
    (axis,) = (each for each in variables if each.path == column.dimensions[1])
    assert axis.points is not None
    scale = SECONDS.get(str(axis.attributes.get("units", "")), 0.0)
    offsets = axis.points.scaled(scale)
    return offsets if offsets.rise else Points(len(offsets), step=0.0)


class _Values(Protocol):
    """Reads the samples of a variable, flattened."""

    def __call__(self, start: int, stop: int) -> Samples:
        """Read samples from `start` up to and without `stop`."""


class SealedStream:
    """A stream of a finished file, read without HDF5.

    Parameters
    ----------
    file
        Descriptor of the open file.
    """

    def __init__(
        self, file: int, index: Index, variables: tuple[layout.Variable, ...], stream: str
    ) -> None:
        columns = columns_of(variables, stream)
        parts = {name: index.part(column.path) for name, column in columns.items()}
        self._read = {name: _of_part(file, part) for name, part in parts.items()}
        self.names = tuple(columns)
        self.rows = prod(next(iter(parts.values())).shape)
        self.clock: Clock | None = None
        column = next(iter(columns.values()))
        if column.record:
            starts = _of_part(file, index.part(layout.clock_of(stream)))
            count = parts[self.names[0]].shape[0]
            clock = np.asarray(starts(0, count), "f8")
            self.clock = Sampled(clock, _offsets(variables, column))

    def read(self, name: str, start: int, stop: int) -> Samples:
        """Read samples, flattened."""
        return self._read[name](start, stop)


def _of_part(file: int, part: Part) -> _Values:
    return _Packed(file, part) if part.chunk else _Plain(file, part)


class _Plain:
    def __init__(self, file: int, part: Part) -> None:
        self._file = file
        self._dtype = np.dtype(part.dtype)
        self._offset = part.offset or 0

    def __call__(self, start: int, stop: int) -> Samples:
        values = np.empty(max(stop - start, 0), self._dtype)
        room = values.data.cast("B")
        at = self._offset + start * self._dtype.itemsize
        while room:
            got = os.preadv(self._file, [room], at)
            if not got:
                raise OSError(f"the file ends before byte {at + len(room)}")
            at, room = at + got, room[got:]
        return values


class _Packed:
    """Compressed chunks; each holds samples that follow each other."""

    def __init__(self, file: int, part: Part) -> None:
        self._file = file
        self._part = part
        self._dtype = np.dtype(part.dtype)
        line = prod(part.shape[2:])
        record = part.shape[1] * line
        self._begins = [start[0] * record + start[1] * line for start in part.starts]
        self._ends = [*self._begins[1:], prod(part.shape)]
        self._latest: tuple[int, Samples] = (-1, np.empty(0, self._dtype))

    def __call__(self, start: int, stop: int) -> Samples:
        first = int(np.searchsorted(self._begins, start, "right")) - 1
        parts = [np.empty(0, self._dtype)]
        for number in range(max(first, 0), len(self._begins)):
            begin = self._begins[number]
            if begin >= stop:
                break
            values = self._chunk(number)[: self._ends[number] - begin]
            parts.append(values[max(start - begin, 0) : stop - begin])
        return np.concatenate(parts)

    def _chunk(self, number: int) -> Samples:
        if self._latest[0] != number:
            offset, size = self._part.chunks[number]
            shuffled = np.frombuffer(isal_zlib.decompress(os.pread(self._file, size, offset)), "u1")
            plain = np.ascontiguousarray(shuffled.reshape(self._dtype.itemsize, -1).T)
            self._latest = (number, plain.view(self._dtype).ravel())
        return self._latest[1]


class StoredStream:
    """A stream of a growing file, or of one of layout 1, read by HDF5."""

    def __init__(
        self, file: layout.File, variables: tuple[layout.Variable, ...], stream: str
    ) -> None:
        columns = columns_of(variables, stream)
        self._file = file
        self._columns = columns
        self._stream = stream
        self._variables = variables
        self.names = tuple(columns)
        self.rows = 0
        self.clock: Clock | None = None
        self.refresh()

    def refresh(self) -> None:
        """See what was recorded meanwhile."""
        count = layout.row_count(self._file, self._stream)
        column = next(iter(self._columns.values()))
        self.rows = count * prod(column.record)
        if column.record:
            clock = self._file[layout.clock_of(self._stream)][:count]
            self.clock = Sampled(clock, _offsets(self._variables, column))

    def read(self, name: str, start: int, stop: int) -> Samples:
        """Read samples, flattened."""
        column = self._columns[name]
        dataset: Any = self._file[column.path]
        if not column.record:
            values: Samples = dataset[start:stop]
            return values
        size = prod(column.record)
        first, last = start // size, -(-stop // size)
        if last - first <= 1 and len(column.record) == 1:
            inside: Samples = dataset[first, start - first * size : stop - first * size]
            return inside
        flat: Samples = dataset[first:last].reshape(-1)
        return flat[start - first * size : stop - first * size]


def packing(column: layout.Variable) -> tuple[float, float] | None:
    """Tell scale and offset where a column holds counts (CF packing)."""
    attributes: Mapping[str, Any] = column.attributes
    if "scale_factor" not in attributes and "add_offset" not in attributes:
        return None
    return float(attributes.get("scale_factor", 1.0)), float(attributes.get("add_offset", 0.0))


def view_path(path: Path, stream: str) -> Path:
    """Give the path of a stream's view."""
    name = f"{path.name}.view" if stream == MAIN else f"{path.name}.{stream}.view"
    return path.with_name(name)


def begun_views(path: Path, header: Header) -> dict[str, ViewWriter]:
    """Begin the view of every stream that makes curves."""
    plan = layout.planned(header)
    found = {}
    for stream in (Rows(MAIN, header.channels), *header.streams):
        if isinstance(stream, Blocks) and len(stream.axes) > 1:
            continue
        columns = {name: each.dtype for name, each in columns_of(plan, stream.name).items()}
        identity = Identity(header.run, header.started, stream.name)
        found[stream.name] = ViewWriter(view_path(path, stream.name), identity, columns)
    return found
