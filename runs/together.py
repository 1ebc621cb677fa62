"""One quantity of many runs as one array, read as fast as the files can be opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path

import numpy as np
import xarray
from numpy.typing import NDArray

from runs import layout
from runs.errors import RecordRefused
from runs.seal import Part, read_index

__all__ = ["together"]

_SECONDS = "s"
_OF_OURS = {"time": _SECONDS, "phase": "1"}
_NO_CHANNELS = (layout.EVENTS,)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one file gives: whose run it is, its columns, and the unit of the first of them."""

    run: str
    columns: tuple[NDArray[np.float64], ...]
    unit: str


def together(paths: Sequence[Path], variable: str, *, times: bool = False) -> xarray.DataArray:
    """Read one variable of the main stream of many runs into one array, eagerly.

    Parameters
    ----------
    paths
        Files of runs, sealed or growing; their order is that of the result.
    variable
        Channel that every one of them has, in one and the same unit.
    times
        Whether the coordinate `time` [s since the start of each run] comes along.

    Returns
    -------
    DataArray of shape (run, sample). Sample n is the n-th row of each run; a run that is shorter
    than the longest ends in NaN, and the coordinate `rows` says how many samples it has. The
    coordinate `run` bears the run numbers.

    Raises
    ------
    RecordRefused
        A file does not have the variable, or has it in another unit than the first one.
    NotARun
        A file is something else, or damaged.
    """
    if not paths:
        raise RecordRefused("files", [], "at least one run file")
    wanted = ("time", variable) if times else (variable,)
    parts = [_read(path, variable, wanted) for path in paths]
    for path, part in zip(paths, parts, strict=True):
        if part.unit != parts[0].unit:
            found = f"{part.unit} in {path}"
            raise RecordRefused(f"unit of {variable}", found, f"{parts[0].unit} as in {paths[0]}")
    rows = np.array([len(part.columns[-1]) for part in parts])
    coordinates: dict[str, tuple[object, ...]] = {
        "run": ("run", [part.run for part in parts]),
        "rows": ("run", rows, {"long_name": "samples of the run"}),
    }
    if times:
        moments = _stacked([part.columns[0] for part in parts], rows)
        coordinates["time"] = (("run", "sample"), moments, {"units": _SECONDS})
    values = _stacked([part.columns[-1] for part in parts], rows)
    return xarray.DataArray(
        values,
        dims=("run", "sample"),
        coords=coordinates,
        name=variable,
        attrs={"units": parts[0].unit},
    )


def _read(path: Path, variable: str, wanted: tuple[str, ...]) -> _Part:
    index = read_index(path)
    if index is None:
        return _by_hdf5(path, variable, wanted)
    parts = {part.path: part for part in index.parts}
    header = index.description["header"]
    units = {channel["name"]: channel["unit"] for channel in header["channels"]}
    if variable not in units and variable not in _OF_OURS:
        raise RecordRefused("variable", f"{variable} of {path}", ", ".join(units))
    unit = units.get(variable, _OF_OURS.get(variable, ""))
    with path.open("rb", buffering=0) as file:
        columns = tuple(_column(file, parts[name]) for name in wanted)
    return _Part(header["run"], columns, unit)


def _column(file: RawIOBase, part: Part) -> NDArray[np.float64]:
    """Read a variable of the main stream as it lies in the file, without HDF5."""
    values = np.empty(part.shape, part.dtype)
    if part.offset is not None:
        file.seek(part.offset)
        file.readinto(values.view("u1").data)
    return values


def _by_hdf5(path: Path, variable: str, wanted: tuple[str, ...]) -> _Part:
    """Read a growing file, or one of the first layout."""
    with layout.open_file(path) as file:
        if variable not in file or variable in _NO_CHANNELS:
            channels = ", ".join(layout.describe(file).channels)
            raise RecordRefused("variable", f"{variable} of {path}", channels)
        rows = layout.row_count(file)
        return _Part(
            _text(file.attrs["run"]),
            tuple(file[name][:rows] for name in wanted),
            _OF_OURS.get(variable) or _text(file[variable].attrs.get("units", "1")),
        )


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _stacked(
    columns: Sequence[NDArray[np.float64]], rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Lay columns one below the other; each is copied once, into its place."""
    longest = int(rows.max())
    shape = (len(columns), longest)
    whole = np.empty(shape) if (rows == longest).all() else np.full(shape, np.nan)
    for place, column in zip(whole, columns, strict=True):
        place[: len(column)] = column
    return whole
