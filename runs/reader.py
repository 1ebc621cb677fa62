"""Reading runs: plain xarray, descriptions and remarks."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from runs import layout
from runs.header import Description
from runs.opening.locks import writer_lives
from runs.places import located
from runs.streams import MAIN

# Half of a program's start, and most of them open no data set: it is imported where it is used.
if TYPE_CHECKING:
    import xarray

__all__ = ["Event", "describe", "events", "open", "open_tree"]


@dataclass(frozen=True, slots=True)
class Event:
    """A remark in the record: `time` [s since the start], what kind, and its text."""

    time: float
    kind: str
    text: str


def describe(path: Path | str) -> Description:
    """Tell what a file is, without its samples; a dead writer's file is *interrupted*."""
    path = located(path)
    with layout.open_file(path) as file:
        found = layout.describe(file)
    if found.status == "recording" and not writer_lives(path):
        return replace(found, status="interrupted")
    return found


def open(path: Path | str, *, decode_times: bool = True) -> "xarray.Dataset":
    """Open the main stream; a finished file lazily, a growing one as it stands.

    Parameters
    ----------
    decode_times
        Whether `time` becomes instants; else it is seconds [s] since the start.
    """
    import xarray

    path = located(path)
    with layout.open_file(path) as file:
        if not layout.is_sealed(file):
            return _as_it_stands(file, MAIN, decode_times)
    return xarray.open_dataset(path, engine="h5netcdf", decode_times=decode_times)


def open_tree(path: Path | str, *, decode_times: bool = True) -> "xarray.DataTree":
    """Open every stream: the main one at the root, the others and `events` below it."""
    import xarray

    path = located(path)
    with layout.open_file(path) as file:
        if not layout.is_sealed(file):
            streams = {"/": _as_it_stands(file, MAIN, decode_times)}
            for name in (*layout.describe(file).streams, layout.EVENTS):
                streams[f"/{name}"] = _as_it_stands(file, name, decode_times)
            return xarray.DataTree.from_dict(streams)
    tree = xarray.open_datatree(path, engine="h5netcdf", decode_times=decode_times)
    # Links to the main stream, which is there already.
    if layout.ENTRY in tree.children:
        del tree[layout.ENTRY]
    return tree


def _as_it_stands(file: layout.File, stream: str, decode_times: bool) -> "xarray.Dataset":
    import xarray

    # Read here, as h5netcdf would fill a row that is half written with zeros.
    growing = xarray.Dataset(
        {name: (dims, *rest) for name, (dims, *rest) in layout.snapshot(file, stream).items()},
        attrs=layout.global_attributes(file) if stream == MAIN else {},
    )
    return xarray.decode_cf(growing, decode_times=decode_times)


def events(path: Path | str) -> tuple[Event, ...]:
    """Read the remarks of a run, oldest first."""
    path = located(path)
    with layout.open_file(path) as file:
        group = file[layout.EVENTS]
        count = layout.row_count(file, layout.EVENTS)
        times, kinds, texts = (group[name][:count] for name in ("event_time", "kind", "text"))
    return tuple(
        Event(float(time), kind.decode(), text.decode())
        for time, kind, text in zip(times, kinds, texts, strict=True)
    )
