"""The run file, version 1: the one place that knows its HDF5 names.

::

    /                      main stream; dimension `time`, unlimited while recording
    /time        float64   seconds since the attribute `started`, CF encoded
    /<channel>   float64   with `units`
    /phase       int16     index into the CF attributes flag_values, flag_meanings
    /events/event_time     float64, dimension of its own
    /events/kind, text     one remark each

While recording it is an HDF5 1.10 file in single-writer-multiple-reader mode, where nothing can
be declared any more; when closed it is rewritten into the layout that every reader knows
(superblock 0, fixed dimensions), and every variable carries the SHA-256 of its bytes.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from runs.digests import digest
from runs.errors import NotARun, RecordRefused
from runs.header import Attribute, Description, Header
from runs.opening import opened

__all__ = [
    "DIGEST",
    "EVENTS",
    "append_events",
    "append_rows",
    "check_free",
    "create_live",
    "describe",
    "global_attributes",
    "open_file",
    "rewrite",
    "row_count",
    "set_end",
    "snapshot",
    "variables",
]

VERSION = 1
EVENTS = "events"
DIGEST = "sha256"
_OWN = frozenset(
    {"Conventions", "testbed_layout", "run", "title", "started", "ended", "status", "rows",
     "_NCProperties", "_Netcdf4Dimid", "_Netcdf4Coordinates", "NX_class", "phases"}
)  # fmt: skip
_MADE_BY_SCALES = frozenset({"REFERENCE_LIST", "DIMENSION_LIST", "CLASS", "NAME"})
_HDF5_ONLY = _MADE_BY_SCALES | {"_Netcdf4Dimid", "_Netcdf4Coordinates"}
_CHUNK = 8192
_KIND, _TEXT = 32, 1024
_STATUS, _ENDED = 16, 40
_HDF5_OF_1_10 = ("v110", "v110")


def _text(value: str, length: int | None = None) -> tuple[bytes, np.dtype[np.bytes_]]:
    encoded = value.encode()
    return encoded, h5py.string_dtype("utf-8", length or max(1, len(encoded)))


def _put(node: h5py.HLObject, name: str, value: Attribute, length: int | None = None) -> None:
    """Write an attribute; text with a fixed length, as nothing may grow in a live file."""
    if isinstance(value, str):
        data, dtype = _text(value, length)
        node.attrs.create(name, data, dtype=dtype)
    else:
        # A boolean would become an HDF5 enumeration, which netCDF does not take as an attribute.
        node.attrs.create(name, int(value) if isinstance(value, bool) else value)


def _variable(
    group: h5py.Group, name: str, dtype: object, dimension: int, **attributes: Attribute
) -> h5py.Dataset:
    dataset = group.create_dataset(
        name, (0,), maxshape=(None,), chunks=(_CHUNK,), dtype=dtype, track_order=True
    )
    dataset.attrs["_Netcdf4Coordinates"] = np.array([dimension], "i4")
    for key, value in attributes.items():
        if value != "":
            _put(dataset, key, value)
    return dataset


def create_live(path: Path, header: Header) -> h5py.File:
    """Create the file, declare everything, and go into SWMR mode."""
    file = h5py.File(path, "x", libver=_HDF5_OF_1_10, track_order=True)
    try:
        _declare(file, header)
        file.flush()
        file.swmr_mode = True
    except BaseException:
        file.close()
        path.unlink()
        raise
    return file


def _declare(file: h5py.File, header: Header) -> None:
    file.attrs["_NCProperties"] = np.bytes_("version=2,testbed=1")
    _put(file, "Conventions", "CF-1.12")
    _put(file, "NX_class", "NXentry")
    file.attrs["testbed_layout"] = np.int32(VERSION)
    _put(file, "run", header.run)
    _put(file, "title", header.title)
    _put(file, "started", header.started.astimezone(UTC).isoformat())
    _put(file, "ended", "", _ENDED)
    _put(file, "status", "recording", _STATUS)
    _put(file, "phases", "\n".join(header.phases) or " ")
    for name, value in header.attributes.items():
        check_free(name)
        if value != "":
            _put(file, name, value)
    time = _variable(file, "time", "f8", 0, **_time_attributes(header.started))
    time.make_scale("time")
    time.attrs["_Netcdf4Dimid"] = np.int32(0)
    for channel in header.channels:
        variable = _variable(
            file,
            channel.name,
            "f8",
            0,
            units=channel.unit,
            standard_name=channel.standard_name,
            long_name=channel.long_name,
        )
        variable.dims[0].attach_scale(time)
    phase = _variable(file, "phase", "i2", 0, long_name="phase of the procedure")
    if header.phases:
        phase.attrs["flag_values"] = np.arange(len(header.phases), dtype="i2")
        _put(phase, "flag_meanings", " ".join(header.phases))
    phase.dims[0].attach_scale(time)
    _declare_events(file.create_group(EVENTS, track_order=True), header.started)


def _declare_events(group: h5py.Group, started: datetime) -> None:
    time = _variable(group, "event_time", "f8", 1, **_time_attributes(started))
    time.make_scale("event_time")
    time.attrs["_Netcdf4Dimid"] = np.int32(1)
    for name, length in (("kind", _KIND), ("text", _TEXT)):
        variable = _variable(group, name, h5py.string_dtype("utf-8", length), 1)
        variable.dims[0].attach_scale(time)


def check_free(name: str) -> None:
    """Refuse the name of an attribute that the layout itself writes."""
    if name in _OWN:
        raise RecordRefused("attribute name", name, "a name that the layout does not use")


def _time_attributes(started: datetime) -> dict[str, Attribute]:
    instant = started.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
    return {
        "units": f"seconds since {instant}",
        "calendar": "standard",
        "standard_name": "time",
        "long_name": "time of the sample",
    }


def append_rows(file: h5py.File, names: tuple[str, ...], rows: NDArray[np.float64]) -> None:
    """Append a block of rows (time, channels in order of `names`, phase); time goes last.

    A reader trusts the length of `time`, so that a row is there in full or not at all.
    """
    count = row_count(file)
    total = count + len(rows)
    for column, name in enumerate((*names, "phase"), start=1):
        dataset = file[name]
        dataset.resize((total,))
        dataset[count:] = rows[:, column]
    file["time"].resize((total,))
    file["time"][count:] = rows[:, 0]


def append_events(file: h5py.File, events: list[tuple[float, str, str]]) -> None:
    """Append events (time [s], kind, text); text beyond its room is cut at a character."""
    group = file[EVENTS]
    count = group["event_time"].shape[0]
    for name, column, room in (("kind", 1, _KIND), ("text", 2, _TEXT)):
        values = [_cut(str(event[column]), room) for event in events]
        group[name].resize((count + len(events),))
        group[name][count:] = np.array(values, dtype=h5py.string_dtype("utf-8", room))
    group["event_time"].resize((count + len(events),))
    group["event_time"][count:] = [event[0] for event in events]


def _cut(text: str, room: int) -> bytes:
    # What an instrument sent may hold anything; a NUL would end the text, and a lone surrogate
    # has no bytes at all.
    plain = text.replace("\0", "\u2400").encode("utf-8", "backslashreplace")
    return plain[:room].decode(errors="ignore").encode()


def set_end(file: h5py.File, status: str, ended: datetime) -> None:
    """Overwrite the attributes that were kept free for the end."""
    for name, value, length in (("status", status, _STATUS), ("ended", ended.isoformat(), _ENDED)):
        data, dtype = _text(value, length)
        file.attrs.modify(name, np.array(data, dtype=dtype))


def row_count(file: h5py.File) -> int:
    """Count complete rows."""
    return int(file["time"].shape[0])


@contextmanager
def open_file(path: Path) -> Iterator[h5py.File]:
    """Open a finished or growing file for reading.

    Raises
    ------
    NotARun
        The file is something else, or damaged.
    """
    with ExitStack() as live, opened(path, live) as file:
        try:
            if "testbed_layout" not in file.attrs or "time" not in file:
                raise NotARun(path, "it has not our layout")
            if int(file.attrs["testbed_layout"]) > VERSION:
                raise NotARun(path, f"its layout {file.attrs['testbed_layout']} is newer than ours")
            if file.swmr_mode:
                # A second handle in one process shares the cached sizes of the first. Time comes
                # first, as it is written last: what it covers is there in every channel.
                for variable in variables(file).values():
                    variable.refresh()
            yield file
        except RuntimeError as error:
            # What h5py raises where the file's own structure is damaged.
            raise NotARun(path, str(error)) from error


def snapshot(file: h5py.File) -> dict[str, tuple[NDArray[np.generic], dict[str, object]]]:
    """Read the complete rows of the main stream: values and attributes of each variable."""
    rows = row_count(file)
    return {
        name: (
            node[:rows],
            {
                key: _as_text(value) if isinstance(value, bytes) else value
                for key, value in node.attrs.items()
                if key not in _HDF5_ONLY
            },
        )
        for name, node in file.items()
        if isinstance(node, h5py.Dataset)
    }


def global_attributes(file: h5py.File) -> dict[str, Attribute]:
    """Read the attributes of the run itself."""
    return {name: _attribute(value) for name, value in file.attrs.items() if name[0] != "_"}


def variables(file: h5py.File) -> dict[str, h5py.Dataset]:
    """List every variable by path, the time coordinates included."""
    found = {name: node for name, node in file.items() if isinstance(node, h5py.Dataset)}
    found |= {f"{EVENTS}/{name}": node for name, node in file[EVENTS].items()}
    return found


def _as_text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _attribute(value: object) -> Attribute:
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, np.floating):
        return float(value)
    return _as_text(value)


def describe(file: h5py.File) -> Description:
    """Read everything but the samples."""
    attributes = file.attrs
    ended = _as_text(attributes["ended"])
    phases = _as_text(attributes["phases"]).strip()
    return Description(
        run=_as_text(attributes["run"]),
        title=_as_text(attributes["title"]),
        status=_as_text(attributes["status"]),
        rows=row_count(file),
        started=datetime.fromisoformat(_as_text(attributes["started"])),
        ended=datetime.fromisoformat(ended) if ended else None,
        channels={
            name: _as_text(node.attrs.get("units", "1"))
            for name, node in file.items()
            if isinstance(node, h5py.Dataset) and name not in ("time", "phase")
        },
        phases=tuple(phases.split("\n")) if phases else (),
        attributes={
            name: _attribute(value) for name, value in attributes.items() if name not in _OWN
        },
    )


def rewrite(
    source: h5py.File,
    target: Path,
    *,
    size: int,
    status: str,
    ended: datetime,
    attributes: Mapping[str, Attribute],
) -> int:
    """Copy a live file into the finished layout; gives the number of rows.

    Only what `time` covers is taken, so that a row torn by a crash is left behind; nor what lies
    beyond `size`, the true length [bytes] of the live file.
    """
    with h5py.File(target, "w", track_order=True) as file:
        for name, value in source.attrs.items():
            file.attrs[name] = _as_text(value) if isinstance(value, bytes) else value
        for name, value in attributes.items():
            if value != "":
                file.attrs[name] = int(value) if isinstance(value, bool) else value
        file.attrs["status"] = status
        file.attrs["ended"] = ended.isoformat()
        rows = _sound_rows(source, size)
        file.attrs["rows"] = np.int64(rows)
        _copy_group(source, file, "time", 0, rows)
        events = file.create_group(EVENTS, track_order=True)
        _copy_group(source[EVENTS], events, "event_time", 1, len(source[EVENTS]["event_time"]))
        file.flush()
    return rows


def _sound_rows(source: h5py.File, size: int) -> int:
    """Count rows up to where a value lies beyond the true end of the file, or time falls.

    No writer records that; it is what a block looks like whose size reached the disk and whose
    values did not (they read as zero).
    """
    last = -np.inf
    rows = row_count(source)
    for node in source.values():
        if isinstance(node, h5py.Dataset) and node.chunks:
            beyond: list[int] = []

            def look(chunk: h5py.h5d.StoreInfo, beyond: list[int] = beyond) -> None:
                if chunk.byte_offset + chunk.size > size:
                    beyond.append(chunk.chunk_offset[0])

            node.id.chunk_iter(look)
            rows = min(rows, *beyond, rows)
    for start in range(0, rows, 1 << 20):
        times = source["time"][start : min(start + (1 << 20), rows)]
        falls = np.flatnonzero(np.diff(times, prepend=last) < 0)
        if len(falls):
            return start + int(falls[0])
        last = times[-1]
    return rows


def _copy_group(
    source: h5py.Group, target: h5py.Group, scale: str, dimension: int, count: int
) -> None:
    for name, node in source.items():
        if not isinstance(node, h5py.Dataset):
            continue
        textual = node.dtype.kind == "S"
        copy = target.create_dataset(
            name,
            (count,),
            dtype=h5py.string_dtype() if textual else node.dtype,
            track_order=True,
            **_storage(count, textual),
        )
        for start in range(0, count, 1 << 20):
            copy[start : start + (1 << 20)] = node[start : min(start + (1 << 20), count)]
        for key, value in node.attrs.items():
            if key not in _MADE_BY_SCALES:
                copy.attrs[key] = _as_text(value) if isinstance(value, bytes) else value
        # Of the source, so that checking the copy against it finds what went wrong on the way.
        copy.attrs[DIGEST] = digest(node, count)
    target[scale].make_scale(scale)
    target[scale].attrs["_Netcdf4Dimid"] = np.int32(dimension)
    for name, node in target.items():
        if isinstance(node, h5py.Dataset) and name != scale:
            node.dims[0].attach_scale(target[scale])


def _storage(count: int, textual: bool) -> dict[str, object]:
    if count == 0 or textual:
        return {}
    return {"chunks": (min(count, 1 << 17),), "compression": "gzip", "compression_opts": 1,
            "shuffle": True}  # fmt: skip
