"""A run as MATLAB reads it: `load("run.mat")` gives structs of column vectors.

Facts of the format (MAT-file version 7.3), as MATLAB R2006b and later write it: an HDF5 file
behind a user block of 512 bytes, whose first 128 are the MAT-file header (116 of text, 8 of
subsystem data, the version 0x0200, and "IM" for little-endian). Every object carries the
attribute MATLAB_class; dimensions lie in reversed order; text is UTF-16 in a uint16 dataset of
class "char"; a struct is a group, and MATLAB_fields keeps the order of its fields; a cell is a
dataset of references into the group "#refs#"; what is empty is a dataset of its dimensions with
the attribute MATLAB_empty.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import prod
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from runs import layout
from runs.errors import RecordRefused
from runs.exports.placing import Progress, placed, unseen
from runs.exports.tables import BLOCK, Table, blocks, table_of, unpacked
from runs.header import Description, Header
from runs.streams import Attribute, Blocks, ChannelInfo

__all__ = ["to_matlab"]

_USER_BLOCK = 512  # [bytes]
_REFERENCES = "#refs#"
_LONGEST_NAME = 63


def to_matlab(path: Path, out: Path, *, progress: Progress = unseen) -> int:
    """Write a run as a MAT-file of version 7.3; gives the rows.

    It holds the structs `run` (column vectors of time [s since the start], channels and phase),
    `units`, `about` and `events`, and the cell array `phases`, whose n-th name is phase n - 1.
    Other streams are fields of `streams`, with their units in `stream_units`; blocks are arrays
    whose first dimension counts the records.
    """
    with layout.open_file(path) as file, placed(out) as growing:
        found = layout.describe(file)
        header = layout.header_of(file)
        table = table_of(file, header)
        _check_names(header, found)
        with h5py.File(growing, "w", userblock_size=_USER_BLOCK) as target:
            _write_rows(file, table, target, progress)
            _struct(target, "units", {column.name: column.unit for column in table.columns})
            _struct(target, "about", _about(found))
            _cell(target, "phases", found.phases)
            _write_events(file, target)
            _write_streams(file, header, target)
            references = target.get(_REFERENCES)
            if references is not None:
                references.attrs["H5PATH"] = np.bytes_("/" + _REFERENCES)
        with growing.open("r+b") as head:
            head.write(_header())
    return table.rows


def _check_names(header: Header, found: Description) -> None:
    names = [channel.name for channel in header.channels] + list(found.attributes)
    for stream in header.streams:
        names += [stream.name, *(channel.name for channel in stream.channels)]
    for name in names:
        if len(name) > _LONGEST_NAME:
            raise RecordRefused("name", name, f"at most {_LONGEST_NAME} letters in MATLAB")


def _header() -> bytes:
    made = datetime.now(UTC).strftime("%a %b %d %H:%M:%S %Y")
    text = f"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: {made} HDF5 schema 1.00 ."
    return text.encode("ascii").ljust(116) + bytes(8) + b"\x00\x02IM"


def _about(found: Description) -> dict[str, Attribute]:
    return {
        "run": found.run,
        "title": found.title,
        "status": found.status,
        "started": found.started.isoformat(),
        "ended": found.ended.isoformat() if found.ended else "",
        "rows": found.rows,
        **found.attributes,
    }


def _write_rows(file: h5py.File, table: Table, target: h5py.File, progress: Progress) -> None:
    names = [column.name for column in table.columns]
    group = _group(target, "run", (*names, "phase"))
    kinds = {name: np.dtype("f8") for name in names} | {"phase": np.dtype("i2")}
    columns = {name: _column(group, name, table.rows, kind) for name, kind in kinds.items()}
    done = 0
    for block in blocks(file, table):
        count = len(block["time"])
        for name, values in block.items():
            columns[name][0, done : done + count] = values
        done += count
        progress(done, table.rows)


def _write_events(file: h5py.File, target: h5py.File) -> None:
    source = file[layout.EVENTS]
    count = layout.row_count(file, layout.EVENTS)
    group = _group(target, "events", ("time", "kind", "text"))
    _column(group, "time", count, np.dtype("f8"))
    if count:
        group["time"][0, :] = source["event_time"][:count]
    for name in ("kind", "text"):
        _cell(group, name, [text.decode() for text in source[name][:count]])


def _write_streams(file: h5py.File, header: Header, target: h5py.File) -> None:
    if not header.streams:
        return
    names = [stream.name for stream in header.streams]
    streams, units = _group(target, "streams", names), _group(target, "stream_units", names)
    for stream in header.streams:
        axes = stream.axes if isinstance(stream, Blocks) else ()
        said = {"time": "s"} | {axis.name: axis.unit for axis in axes}
        said |= {channel.name: channel.unit for channel in stream.channels}
        _struct(units, stream.name, said)
        group = _group(streams, stream.name, tuple(said))
        clock = file[layout.clock_of(stream.name)]
        _array(group, "time", clock, (), None)
        for axis in axes:
            _column(group, axis.name, len(axis.points), np.dtype("f8"))[0, :] = axis.values
        for channel in stream.channels:
            record = tuple(len(axis.points) for axis in axes)
            _array(group, channel.name, file[stream.name][channel.name], record, channel)


def _array(
    group: h5py.Group,
    name: str,
    source: h5py.Dataset,
    record: tuple[int, ...],
    about: ChannelInfo | None,
) -> None:
    """Write records as an array; HDF5 sees its dimensions in reversed order."""
    count = source.shape[0]
    dtype = unpacked(source[:0], about).dtype
    if not count:
        _empty(group, name, _kind(dtype), (0, 1))
        return
    step = max(1, BLOCK // prod(record))
    inner = tuple(reversed(record)) or (1,)
    node = group.create_dataset(name, (*inner, count), dtype, chunks=(*inner, min(step, count)))
    _class(node, _kind(dtype))
    for start in range(0, count, step):
        values = unpacked(source[start : start + step], about)
        node[..., start : start + len(values)] = values.T if record else values[np.newaxis]


def _kind(dtype: np.dtype[np.generic]) -> str:
    """Name the class of MATLAB that holds a type."""
    if dtype.kind == "f":
        return "single" if dtype.itemsize == 4 else "double"
    return f"{'u' if dtype.kind == 'u' else ''}int{8 * dtype.itemsize}"


def _group(parent: h5py.Group, name: str, fields: Sequence[str]) -> h5py.Group:
    group = parent.create_group(name)
    _class(group, "struct")
    letters = np.empty(len(fields), object)
    for number, field in enumerate(fields):
        letters[number] = np.array([letter.encode() for letter in field], "S1")
    group.attrs.create("MATLAB_fields", letters, dtype=h5py.vlen_dtype(np.dtype("S1")))
    return group


def _class(node: h5py.HLObject, name: str) -> None:
    node.attrs["MATLAB_class"] = np.bytes_(name)


def _column(group: h5py.Group, name: str, rows: int, dtype: np.dtype[np.generic]) -> h5py.Dataset:
    """Create a column vector; HDF5 sees one row, as the order of dimensions is reversed."""
    if not rows:
        return _empty(group, name, _kind(dtype), (0, 1))
    node = group.create_dataset(name, (1, rows), dtype, chunks=(1, min(rows, BLOCK)))
    _class(node, _kind(dtype))
    return node


def _empty(group: h5py.Group, name: str, kind: str, dimensions: tuple[int, int]) -> h5py.Dataset:
    node = group.create_dataset(name, data=np.array(dimensions, "u8"))
    _class(node, kind)
    node.attrs["MATLAB_empty"] = np.uint8(1)
    return node


def _value(group: h5py.Group, name: str, value: Attribute) -> h5py.Dataset:
    if isinstance(value, str):
        return _text(group, name, value)
    node = group.create_dataset(name, data=np.array([[float(value)]]))
    _class(node, "double")
    return node


def _text(group: h5py.Group, name: str, text: str) -> h5py.Dataset:
    if not text:
        return _empty(group, name, "char", (0, 0))
    letters: NDArray[np.uint16] = np.frombuffer(text.encode("utf-16-le"), "<u2")
    node = group.create_dataset(name, data=letters[:, np.newaxis])
    _class(node, "char")
    node.attrs["MATLAB_int_decode"] = np.int32(2)
    return node


def _struct(parent: h5py.Group, name: str, fields: Mapping[str, Attribute]) -> None:
    group = _group(parent, name, tuple(fields))
    for field, value in fields.items():
        _value(group, field, value)


def _cell(group: h5py.Group, name: str, texts: Sequence[str]) -> None:
    """Write a column of texts as a cell array."""
    if not texts:
        _empty(group, name, "cell", (0, 1))
        return
    store = group.file.require_group(_REFERENCES)
    references = np.empty((1, len(texts)), h5py.ref_dtype)
    for number, text in enumerate(texts):
        references[0, number] = _text(store, f"t{len(store)}", text).ref
    _class(group.create_dataset(name, data=references, dtype=h5py.ref_dtype), "cell")
