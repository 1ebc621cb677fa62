"""Reading what the file says of itself, in either form and in every version of the layout."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from runs.errors import NotARun
from runs.header import Description, Header, StreamInfo
from runs.layout.growing import OWN
from runs.layout.plan import ENTRY, EVENTS, VERSION, clock_of
from runs.opening.files import Unhealed, opened
from runs.streams import MAIN, Attribute, Axis, Blocks, ChannelInfo, Rows, Stream

__all__ = [
    "DIGEST",
    "File",
    "describe",
    "global_attributes",
    "header_of",
    "is_sealed",
    "open_file",
    "row_count",
    "snapshot",
    "variables",
    "version",
]

File = h5py.File
DIGEST = "sha256"
_MADE_BY_SCALES = frozenset({"REFERENCE_LIST", "DIMENSION_LIST", "CLASS", "NAME"})
_HDF5_ONLY = _MADE_BY_SCALES | {"_Netcdf4Dimid", "_Netcdf4Coordinates"}
_FIELDS = ("units", "standard_name", "long_name")


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
                # A second handle in one process shares the cached sizes of the first.
                for variable in variables(file).values():
                    variable.refresh()
            yield file
        except (RuntimeError, KeyError, ValueError, OSError) as error:
            if _of_hdf5(error):
                raise NotARun(path, str(error.args[0])) from error
            raise


def _of_hdf5(error: Exception) -> bool:
    """Whether HDF5 could not read the file: h5py makes it any of four kinds, by HDF5's numbers."""
    if isinstance(error, RuntimeError):
        return True
    if isinstance(error, OSError) and error.errno is not None:
        return False
    said = str(error.args[0]) if error.args else ""
    return said.startswith(("Unable to", "Can't")) and said.endswith(")")


def _members(group: h5py.Group) -> Iterator[tuple[str, h5py.HLObject]]:
    """List what a group holds; its `items` leave out what cannot be opened."""
    for name in group:
        yield name, group[name]


def is_sealed(file: h5py.File) -> bool:
    """Whether the file was finished."""
    return "rows" in file.attrs


def version(file: h5py.File) -> int:
    """Tell by which layout it was written."""
    return int(file.attrs["testbed_layout"])


def row_count(file: h5py.File, stream: str = MAIN) -> int:
    """Count the complete records of a stream; of a growing file as of now."""
    if file.swmr_mode and not is_sealed(file):
        return min(_lengths(file[stream] if stream else file))
    count = int(file[clock_of(stream)].shape[0])
    if isinstance(file, Unhealed) and file.noted is not None:
        return min(count, file.noted.get(stream, 0))
    return count


def _lengths(group: h5py.Group) -> Iterator[int]:
    """Give how long each growing variable is, looked at anew.

    HDF5 hands the lengths over in no order, so that one who looks in between, or after a kill,
    may find time ahead of what it is the time of.
    """
    for _, node in _members(group):
        if isinstance(node, h5py.Dataset) and node.maxshape[0] is None:
            node.refresh()
            yield int(node.shape[0])


def snapshot(
    file: h5py.File, stream: str = MAIN
) -> dict[str, tuple[tuple[str, ...], NDArray[np.generic], dict[str, object]]]:
    """Read the complete records of a stream: dimensions, values and attributes by variable."""
    rows = row_count(file, stream)
    group = file[stream] if stream else file
    clock = clock_of(stream).rpartition("/")[2]
    found = {}
    for name, node in _members(group):
        if not isinstance(node, h5py.Dataset):
            continue
        grows = node.maxshape[0] is None
        axes = tuple(_axis_name(node, number) for number in range(1, node.ndim))
        dimensions = (clock, *axes) if grows else (name,)
        kept = {key: _plain(value) for key, value in node.attrs.items() if key not in _HDF5_ONLY}
        values = node[:rows] if grows else node[:]
        if values.dtype.kind == "S":
            values = np.array([each.decode() for each in values], dtype=object)
        found[name] = (dimensions, values, kept)
    return found


def _axis_name(node: h5py.Dataset, number: int) -> str:
    return str(node.dims[number][0].name).rpartition("/")[2]


def global_attributes(file: h5py.File) -> dict[str, Attribute]:
    """Read the attributes of the run itself."""
    return {name: _attribute(value) for name, value in file.attrs.items() if name[0] != "_"}


def variables(file: h5py.File) -> dict[str, h5py.Dataset]:
    """List every variable by path, the time coordinates included; a group's time comes first."""
    found = {name: node for name, node in _members(file) if isinstance(node, h5py.Dataset)}
    for group, members in _members(file):
        if isinstance(members, h5py.Group) and group != ENTRY:
            found |= {f"{group}/{name}": node for name, node in _members(members)}
    return found


def _as_text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _plain(value: object) -> object:
    return value.decode() if isinstance(value, bytes) else value


def _attribute(value: object) -> Attribute:
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, np.floating):
        return float(value)
    return _as_text(value)


def _units(group: h5py.Group, skip: tuple[str, ...]) -> dict[str, str]:
    return {
        name: _as_text(node.attrs.get("units", "1"))
        for name, node in _members(group)
        if isinstance(node, h5py.Dataset) and name not in skip
    }


def describe(file: h5py.File) -> Description:
    """Read everything but the samples."""
    attributes = file.attrs
    ended = _as_text(attributes["ended"])
    return Description(
        run=_as_text(attributes["run"]),
        title=_as_text(attributes["title"]),
        status=_as_text(attributes["status"]),
        rows=row_count(file),
        started=datetime.fromisoformat(_as_text(attributes["started"])),
        ended=datetime.fromisoformat(ended) if ended else None,
        channels=_units(file, ("time", "phase")),
        phases=_phases(file),
        attributes={
            name: _attribute(value) for name, value in attributes.items() if name not in OWN
        },
        streams={
            name: _stream_info(file, name, group)
            for name, group in _members(file)
            if isinstance(group, h5py.Group) and name not in (EVENTS, ENTRY)
        },
    )


def _phases(file: h5py.File) -> tuple[str, ...]:
    phases = _as_text(file.attrs["phases"]).strip()
    return tuple(phases.split("\n")) if phases else ()


def _axes(group: h5py.Group, clock: str) -> tuple[str, ...]:
    for name, node in _members(group):
        if name != clock and node.ndim and not node.is_scale:
            return tuple(_axis_name(node, number) for number in range(1, node.ndim))
    return ()


def _stream_info(file: h5py.File, name: str, group: h5py.Group) -> StreamInfo:
    clock = f"{name}_time"
    axes = _axes(group, clock)
    units = _units(group, (clock,))
    return StreamInfo(
        row_count(file, name),
        {each: unit for each, unit in units.items() if each not in axes},
        {each: units[each] for each in axes},
    )


def header_of(file: h5py.File) -> Header:
    """Read again what was declared before the first sample."""
    described = describe(file)
    streams: list[Stream] = []
    for name, info in described.streams.items():
        group = file[name]
        channels = _channels(group, tuple(info.channels))
        if not info.axes:
            streams.append(Rows(name, channels))
            continue
        axes = tuple(
            Axis(each, unit, group[each][:], _as_text(group[each].attrs.get("long_name", "")))
            for each, unit in info.axes.items()
        )
        dtype = group[channels[0].name].dtype
        streams.append(Blocks(name, channels, axes, f"{dtype.kind}{dtype.itemsize}"))
    return Header(
        run=described.run,
        title=described.title,
        started=described.started,
        channels=_channels(file, tuple(described.channels)),
        phases=described.phases,
        attributes={key: value for key, value in described.attributes.items() if key != "rows"},
        streams=tuple(streams),
    )


def _channels(group: h5py.Group, names: tuple[str, ...]) -> tuple[ChannelInfo, ...]:
    found = []
    for name in names:
        attributes = group[name].attrs
        unit, standard, long = (_as_text(attributes.get(key, "")) for key in _FIELDS)
        others = {
            key: _attribute(value)
            for key, value in attributes.items()
            if key not in _HDF5_ONLY and key not in _FIELDS and key != DIGEST
        }
        found.append(ChannelInfo(name, unit, standard, long, others))
    return tuple(found)
