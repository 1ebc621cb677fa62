"""Reading runs: plain xarray, descriptions, and windows thinned to the pixels that show them."""

from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
import xarray
from numpy.typing import NDArray

from runs import layout
from runs.header import Description
from runs.locks import writer_lives
from runs.streams import MAIN

__all__ = ["Event", "Window", "describe", "events", "open", "open_tree", "window"]

Array = NDArray[np.float64]
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Event:
    """A remark in the record: `time` [s since the start], what kind, and its text."""

    time: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Window:
    """A part of one curve.

    Attributes
    ----------
    x, y
        Same length; where thinned, the lowest and highest sample of each bucket, in order.
    exact
        Whether every sample is there.
    """

    x: Array
    y: Array
    exact: bool


def describe(path: Path) -> Description:
    """Tell what a file is, without its samples; a dead writer's file is *interrupted*."""
    with layout.open_file(path) as file:
        found = layout.describe(file)
    if found.status == "recording" and not writer_lives(path):
        return replace(found, status="interrupted")
    return found


def open(path: Path, *, decode_times: bool = True) -> xarray.Dataset:
    """Open the main stream; a finished file lazily, a growing one as it stands.

    Parameters
    ----------
    decode_times
        Whether `time` becomes instants; else it is seconds [s] since the start.
    """
    with layout.open_file(path) as file:
        if not layout.is_sealed(file):
            return _as_it_stands(file, MAIN, decode_times)
    return xarray.open_dataset(path, engine="h5netcdf", decode_times=decode_times)


def open_tree(path: Path, *, decode_times: bool = True) -> xarray.DataTree:
    """Open every stream: the main one at the root, the others and `events` below it."""
    with layout.open_file(path) as file:
        if not layout.is_sealed(file):
            streams = {"/": _as_it_stands(file, MAIN, decode_times)}
            for name in (*layout.describe(file).streams, layout.EVENTS):
                streams[f"/{name}"] = _as_it_stands(file, name, decode_times)
            return xarray.DataTree.from_dict(streams)
    return xarray.open_datatree(path, engine="h5netcdf", decode_times=decode_times)


def _as_it_stands(file: layout.File, stream: str, decode_times: bool) -> xarray.Dataset:
    # Read here, as h5netcdf would fill a row that is half written with zeros.
    growing = xarray.Dataset(
        {name: (dims, *rest) for name, (dims, *rest) in layout.snapshot(file, stream).items()},
        attrs=layout.global_attributes(file) if stream == MAIN else {},
    )
    return xarray.decode_cf(growing, decode_times=decode_times)


def events(path: Path) -> tuple[Event, ...]:
    """Read the remarks of a run, oldest first."""
    with layout.open_file(path) as file:
        group = file[layout.EVENTS]
        count = group["event_time"].shape[0]
        times, kinds, texts = (group[name][:count] for name in ("event_time", "kind", "text"))
    return tuple(
        Event(float(time), kind.decode(), text.decode())
        for time, kind, text in zip(times, kinds, texts, strict=True)
    )


def window(
    path: Path,
    channels: tuple[str, ...],
    *,
    x: str = "time",
    x_from: float | None = None,
    x_to: float | None = None,
    pixels: int = 1000,
) -> dict[str, Window]:
    """Read a window of channels over `x`, thinned so that no single-sample spike is lost.

    Parameters
    ----------
    x
        "time" [s since the start], or a channel.
    x_from, x_to
        Ends of the window in the unit of `x`, both included; None leaves an end open.
    pixels
        Width of the drawing; at most four points per pixel are returned.
    """
    with layout.open_file(path) as file:
        count = layout.row_count(file)
        start, stop = _rows(file, count, x, x_from, x_to)
        abscissa = file[x][start:stop]
        return {name: _thin(abscissa, file[name][start:stop], pixels) for name in channels}


def _rows(
    file: h5py.File, count: int, x: str, x_from: float | None, x_to: float | None
) -> tuple[int, int]:
    """Find the smallest run of rows that holds the window, with one neighbour on each side."""
    if x_from is None and x_to is None:
        return 0, count
    low = -np.inf if x_from is None else x_from
    high = np.inf if x_to is None else x_to
    first, last = count, 0
    for begin in range(0, count, _BLOCK):
        block = file[x][begin : min(begin + _BLOCK, count)]
        inside = np.flatnonzero((block >= low) & (block <= high))
        if len(inside):
            first = min(first, begin + int(inside[0]))
            last = max(last, begin + int(inside[-1]) + 1)
    if last == 0:
        # Nothing lies inside: the two neighbours still show the line that passes through.
        if x != "time":
            return 0, 0
        after = int(np.searchsorted(file[x][:count], low))
        return max(after - 1, 0), min(after + 1, count)
    return max(first - 1, 0), min(last + 1, count)


def _thin(x: Array, y: Array, pixels: int) -> Window:
    """Keep first, lowest, highest and last sample of each bucket; gaps stay gaps."""
    size = -(-len(y) // max(pixels, 1))
    if size <= 4:
        return Window(x, y, exact=True)
    starts = np.arange(0, len(y), size)
    kept = [starts, np.minimum(starts + size, len(y)) - 1]
    padded = np.full(len(starts) * size, np.nan)
    padded[: len(y)] = y
    buckets = padded.reshape(-1, size)
    holds = ~np.isnan(buckets).all(axis=1)
    for pick in (np.nanargmin, np.nanargmax):
        kept.append(starts[holds] + pick(buckets[holds], axis=1))
    gaps = np.isnan(buckets)
    gaps[-1, len(y) - starts[-1] :] = False
    broken = np.flatnonzero(gaps.any(axis=1))
    kept.append(starts[broken] + np.argmax(gaps[broken], axis=1))
    rows = np.unique(np.concatenate(kept))
    return Window(x[rows], y[rows], exact=False)
