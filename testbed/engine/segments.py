"""A run in several files: what was interrupted and what continues it, or what grew for days.

A run that grows for days is kept in several files beside each other: ``R-2026-00042.h5``, then
``R-2026-00042.002.h5`` and so on. All of them count time from the same origin, and no sample lies
between the last row of one and the first of the next.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import runs

# Half of a program's start, and most of them open no data set: it is imported where it is used.
if TYPE_CHECKING:
    import xarray

__all__ = [
    "BEGAN",
    "all_parts",
    "digest",
    "ended",
    "joined",
    "joined_tree",
    "part",
    "parts",
    "verify",
]

BEGAN = "segment_began"
"""Attribute of every file but a run's first: time [s] at which it took over."""


def part(file: Path, number: int) -> Path:
    """Name the file that holds a part of a run, counted from 1."""
    return file if number == 1 else file.with_name(f"{file.stem}.{number:03d}{file.suffix}")


def parts(file: Path) -> tuple[Path, ...]:
    """List the files of the run whose first is `file`, oldest first; at least that one."""
    found = [file]
    while (following := part(file, len(found) + 1)).exists():
        found.append(following)
    return tuple(found)


def all_parts(files: Sequence[Path]) -> tuple[Path, ...]:
    """List the files of several runs, each of which goes on with the one before it."""
    return tuple(each for file in files for each in parts(file))


def digest(file: Path) -> str:
    """Hash a run: its file, or the hashes of its files in their order (SHA-256, hexadecimal)."""
    hashes = [runs.file_digest(each) for each in parts(file)]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def verify(file: Path, sha256: str | None = None) -> runs.Verification:
    """Compare every file of a run with its seal: see `runs.verify`.

    Parameters
    ----------
    sha256
        `digest` of the run as the centre has it on record, if it has.
    """
    files = parts(file)
    if len(files) == 1:
        return runs.verify(file, sha256)
    problems = [f"{each.name}: {p}" for each in files for p in runs.verify(each).problems]
    if sha256 is not None and digest(file) != sha256:
        problems.append("the files are not those on record")
    return runs.Verification(tuple(problems))


def _start(dataset: "xarray.Dataset") -> datetime:
    return datetime.fromisoformat(str(dataset.attrs["started"])).astimezone(UTC)


def joined(files: Sequence[Path]) -> "xarray.Dataset":
    """Read the segments of a run as one dataset, oldest first.

    Time is in seconds [s] since the first segment started, so that what lies between two segments
    is a gap. The attributes are those of the last one.

    Raises
    ------
    RunsError
        A segment cannot be read.
    """
    import xarray

    loaded: list[xarray.Dataset] = []
    for file in files:
        with runs.open(file, decode_times=False) as dataset:
            loaded.append(dataset.load())
    began = _start(loaded[0])
    shifted = [
        each.assign_coords(time=each["time"] + (_start(each) - began).total_seconds())
        for each in loaded
    ]
    whole = shifted[0] if len(shifted) == 1 else xarray.concat(shifted, "time", join="exact")
    whole["time"].attrs = dict(loaded[0]["time"].attrs)
    return whole.assign_attrs(loaded[-1].attrs)


def joined_tree(files: Sequence[Path]) -> "xarray.DataTree":
    """Read all streams of a run's segments as one tree: see `joined`."""
    import xarray

    trees = []
    for file in files:
        with runs.open_tree(file, decode_times=False) as tree:
            trees.append(tree.load())
    starts = [_start(tree.to_dataset()) for tree in trees]
    streams = {"/": joined(files)}
    for name in trees[0].children:
        found = [tree.children[name].to_dataset(inherit=False) for tree in trees]
        shifted = [
            _shifted(each, (start - starts[0]).total_seconds())
            for each, start in zip(found, starts, strict=True)
        ]
        streams[f"/{name}"] = _one_after_the_other(shifted)
    return xarray.DataTree.from_dict(streams)


def _shifted(stream: "xarray.Dataset", seconds: float) -> "xarray.Dataset":
    """Count the clock of a stream from an instant that lies `seconds` [s] earlier."""
    clocks = [name for name in stream.variables if str(name).endswith("_time")]
    moved = {name: (stream[name] + seconds).assign_attrs(stream[name].attrs) for name in clocks}
    return stream.assign(moved)


def _one_after_the_other(stream: "list[xarray.Dataset]") -> "xarray.Dataset":
    import xarray

    if len(stream) == 1:
        return stream[0]
    (clock,) = (name for name in stream[0].variables if str(name).endswith("_time"))
    return xarray.concat(stream, stream[0][clock].dims[0], join="exact", data_vars="minimal")


def ended(file: Path) -> datetime:
    """Tell when the last sample of a run was taken, UTC; when its last file began if it has none.

    Parameters
    ----------
    file
        The run's first file, or a later one to know of that alone.
    """
    with runs.open(parts(file)[-1], decode_times=True) as dataset:
        if not dataset.sizes["time"]:
            return _start(dataset) + timedelta(seconds=float(dataset.attrs.get(BEGAN, 0.0)))
        last = dataset["time"][-1].to_numpy().astype("datetime64[us]").item()
    return datetime.fromisoformat(str(last)).replace(tzinfo=UTC)
