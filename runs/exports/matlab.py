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
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from runs import layout
from runs.errors import RecordRefused
from runs.exports.placing import Progress, placed, unseen
from runs.exports.tables import BLOCK, Table, blocks, main_table
from runs.header import Description
from runs.streams import Attribute

__all__ = ["to_matlab"]

_USER_BLOCK = 512  # [bytes]
_REFERENCES = "#refs#"
_LONGEST_NAME = 63


def to_matlab(path: Path, out: Path, *, progress: Progress = unseen) -> int:
    """Write a run as a MAT-file of version 7.3; gives the rows.

    It holds the structs `run` (column vectors of time [s since the start], channels and phase),
    `units`, `about` and `events`, and the cell array `phases`, whose n-th name is phase n - 1.
    """
    with layout.open_file(path) as file, placed(out) as growing:
        found = layout.describe(file)
        table = main_table(file, found)
        for name in (*(column.name for column in table.columns), *found.attributes):
            if len(name) > _LONGEST_NAME:
                raise RecordRefused("name", name, f"at most {_LONGEST_NAME} letters in MATLAB")
        with h5py.File(growing, "w", userblock_size=_USER_BLOCK) as target:
            _write_rows(file, table, target, progress)
            _struct(target, "units", {column.name: column.unit for column in table.columns})
            _struct(target, "about", _about(found))
            _cell(target, "phases", found.phases)
            _write_events(file, target)
            references = target.get(_REFERENCES)
            if references is not None:
                references.attrs["H5PATH"] = np.bytes_("/" + _REFERENCES)
        with growing.open("r+b") as head:
            head.write(_header())
    return table.rows


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
    kind = "double" if dtype.kind == "f" else f"int{8 * dtype.itemsize}"
    if not rows:
        return _empty(group, name, kind, (0, 1))
    node = group.create_dataset(name, (1, rows), dtype, chunks=(1, min(rows, BLOCK)))
    _class(node, kind)
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
