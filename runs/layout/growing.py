"""The file while it grows: HDF5 1.10, one writer beside readers (SWMR).

In that mode nothing can be declared any more, and what is declared has its final length: text
attributes of the end are kept free for it.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import h5py
import numpy as np
from h5py import h5d, h5p
from numpy.typing import NDArray

from runs.errors import RecordRefused
from runs.header import Header
from runs.layout.appending import PAGE, missing
from runs.layout.nexus import declare_nexus
from runs.layout.plan import KIND_ROOM, TEXT_ROOM, VERSION, Variable, planned
from runs.streams import MAIN, Attribute, check_attribute

__all__ = [
    "check_free",
    "create_live",
    "cut",
    "declare",
    "end_attributes",
    "put",
    "set_end",
]

OWN = frozenset(
    {"Conventions", "testbed_layout", "run", "title", "started", "ended", "status", "rows",
     "_NCProperties", "_Netcdf4Dimid", "_Netcdf4Coordinates", "NX_class", "default", "phases",
     "history"}
)  # fmt: skip
STATUS_ROOM, ENDED_ROOM = 16, 40  # [bytes]
_HDF5_OF_1_10 = ("v110", "v110")

Maker = Callable[[h5py.File, Variable], h5py.Dataset]
"""Creates the dataset of a variable in a file, without attributes."""


def put(node: h5py.HLObject, name: str, value: object, room: int | None = None) -> None:
    """Write an attribute; text with a fixed length, as nothing may grow in a live file."""
    if isinstance(value, str):
        encoded = value.encode()
        dtype = h5py.string_dtype("utf-8", room or max(1, len(encoded)))
        node.attrs.create(name, encoded, dtype=dtype)
    else:
        # A boolean would become an HDF5 enumeration, which netCDF does not take as an attribute.
        node.attrs.create(name, int(value) if isinstance(value, bool) else value)


def check_free(name: str, value: Attribute) -> None:
    """Refuse an attribute that the file could not hold, or that the layout itself writes."""
    check_attribute(name, value)
    if name in OWN:
        raise RecordRefused("attribute name", name, "a name that the layout does not use")


def end_attributes(status: str, ended: str) -> tuple[tuple[str, str, int], ...]:
    """List the attributes that change at the end, with their room [bytes]."""
    return (("status", status, STATUS_ROOM), ("ended", ended, ENDED_ROOM))


def declare(
    file: h5py.File, header: Header, make: Maker, attributes: Mapping[str, Attribute]
) -> None:
    """Write what both forms of the file share: attributes, variables, dimensions.

    Parameters
    ----------
    make
        Creates the dataset of a variable.
    attributes
        What is known of the run beside its header.
    """
    file.attrs["_NCProperties"] = np.bytes_("version=2,testbed=1")
    # The last one that a checker exists for.
    put(file, "Conventions", "CF-1.11")
    file.attrs["testbed_layout"] = np.int32(VERSION)
    put(file, "run", header.run)
    put(file, "title", header.title)
    put(file, "started", header.started.astimezone(UTC).isoformat())
    put(file, "phases", "\n".join(header.phases) or " ")
    for name, value in {**header.attributes, **attributes}.items():
        check_free(name, value)
        if value != "":
            put(file, name, value)
    plan = planned(header)
    for group in dict.fromkeys(v.stream for v in plan if v.stream != MAIN):
        file.create_group(group, track_order=True)
    numbers: dict[str, int] = {}
    for variable in plan:
        dataset = make(file, variable)
        if variable.path in variable.dimensions:
            numbers[variable.path] = len(numbers)
            dataset.make_scale(variable.path.rpartition("/")[2])
            dataset.attrs["_Netcdf4Dimid"] = np.int32(numbers[variable.path])
        dataset.attrs["_Netcdf4Coordinates"] = np.array(
            [numbers[each] for each in variable.dimensions], "i4"
        )
        for number, each in enumerate(variable.dimensions):
            if each != variable.path:
                dataset.dims[number].attach_scale(file[each])
        for key, said in variable.attributes.items():
            put(dataset, key, said)
    declare_nexus(file, header)


def history(instant: datetime, what: str) -> str:
    """Say in a line what was done to the file; CF keeps these in `history`."""
    return f"{instant.astimezone(UTC).isoformat()} {what} by testbed {version('testbed-center')}"


def _growing(file: h5py.File, variable: Variable) -> h5py.Dataset:
    if variable.points is not None:
        return file.create_dataset(variable.path, data=variable.points.array(), track_order=True)
    dtype: object = variable.dtype
    if variable.is_text:
        dtype = h5py.string_dtype("utf-8", variable.dtype.itemsize)
    # A chunk has its place as soon as the variable is longer, and nothing is written there.
    allotment = h5p.create(h5p.DATASET_CREATE)
    allotment.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    return file.create_dataset(
        variable.path,
        variable.shape(0),
        maxshape=(None, *variable.record),
        chunks=variable.chunk,
        dtype=dtype,
        fillvalue=missing(variable),
        fill_time="never",
        dcpl=allotment,
        track_order=True,
    )


def create_live(path: Path, header: Header) -> h5py.File:
    """Create the file, declare everything, and go into SWMR mode."""
    file = h5py.File(
        path,
        "x",
        libver=_HDF5_OF_1_10,
        track_order=True,
        alignment_threshold=PAGE,
        alignment_interval=PAGE,
    )
    try:
        for name, value, room in end_attributes("recording", ""):
            put(file, name, value, room)
        put(file, "history", history(header.started, "recorded"))
        declare(file, header, _growing, {})
        file.flush()
        file.swmr_mode = True
    except BaseException:
        file.close()
        path.unlink()
        raise
    return file


def cut(text: str, room: int) -> bytes:
    """Encode text, and cut it at a character where it is longer than its room [bytes]."""
    # What an instrument sent may hold anything; a NUL would end the text, and a lone surrogate
    # has no bytes at all.
    plain = text.replace("\0", "\u2400").encode("utf-8", "backslashreplace")
    return plain[:room].decode(errors="ignore").encode()


def remarks(events: list[tuple[float, str, str]]) -> dict[str, NDArray[np.generic]]:
    """Arrange remarks (time [s], kind, text) by variable."""
    columns: dict[str, NDArray[np.generic]] = {}
    for name, number, room in (("kind", 1, KIND_ROOM), ("text", 2, TEXT_ROOM)):
        values = [cut(str(event[number]), room) for event in events]
        columns[name] = np.array(values, dtype=h5py.string_dtype("utf-8", room))
    return columns | {"event_time": np.array([event[0] for event in events], "f8")}


def set_end(file: h5py.File, status: str, ended: datetime) -> None:
    """Overwrite the attributes that were kept free for the end."""
    for name, value, room in end_attributes(status, ended.isoformat()):
        data = np.array(value.encode(), dtype=h5py.string_dtype("utf-8", room))
        file.attrs.modify(name, data)
