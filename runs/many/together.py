"""One quantity of many runs as one array, read as fast as the files can be opened."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from runs.errors import RecordRefused
from runs.many.columns import Head, columns, head

# Half of a program's start, and most of them open no data set: it is imported where it is used.
if TYPE_CHECKING:
    import xarray

__all__ = ["check_unit", "together"]


def together(paths: Sequence[Path], variable: str, *, times: bool = False) -> "xarray.DataArray":
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
    import xarray

    if not paths:
        raise RecordRefused("files", [], "at least one run file")
    wanted = ("time", variable) if times else (variable,)
    heads: list[Head] = []
    found: list[tuple[NDArray[np.float64], ...]] = []
    for path in paths:
        heads.append(head(path))
        check_unit(heads, variable)
        found.append(columns(heads[-1], wanted))
    rows = np.array([len(each[-1]) for each in found])
    coordinates: dict[str, tuple[object, ...]] = {
        "run": ("run", [each.run for each in heads]),
        "rows": ("run", rows, {"long_name": "samples of the run"}),
    }
    if times:
        moments = _stacked([each[0] for each in found], rows)
        coordinates["time"] = (("run", "sample"), moments, {"units": "s"})
    return xarray.DataArray(
        _stacked([each[-1] for each in found], rows),
        dims=("run", "sample"),
        coords=coordinates,
        name=variable,
        attrs={"units": heads[0].unit(variable)},
    )


def check_unit(heads: Sequence[Head], variable: str) -> None:
    """Refuse the last of some runs where it has not the variable in the unit of the first.

    Raises
    ------
    RecordRefused
        The variable is missing, or has another unit.
    """
    first, last = heads[0], heads[-1]
    if last.unit(variable) != first.unit(variable):
        found = f"{last.unit(variable)} in {last.path}"
        accepted = f"{first.unit(variable)} as in {first.path}"
        raise RecordRefused(f"unit of {variable}", found, accepted)


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
