"""Many runs on one grid, lazily: over time, over a measured quantity, or cycle by cycle."""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from runs.errors import RecordRefused, RunsError
from runs.many.columns import Head, columns, head
from runs.many.together import check_unit

# Half of a program's start, and most of them open no data set: it is imported where it is used.
if TYPE_CHECKING:
    import xarray

__all__ = ["ExtraMissing", "align"]

Array = NDArray[np.float64]
_POINTS = 1000
_CYCLE = "cycle"


class ExtraMissing(RunsError, ImportError):
    """A package that only some need is not installed; the message says how to get it."""


def align(
    paths: Sequence[Path],
    variables: str | Sequence[str],
    over: str = "time",
    grid: int | ArrayLike = _POINTS,
    *,
    chunks: int = 1,
) -> "xarray.Dataset":
    """Put variables of many runs on one grid, by linear interpolation, as Dask arrays.

    Nothing but what the files say of themselves is read at once; with a number for `grid`, the
    values of `over` too. Everything else is read when it is asked for, `chunks` files a task.

    Parameters
    ----------
    variables
        Channels that every run has, in one and the same unit.
    over
        "time" [s since the start], a channel, or "cycle".
    grid
        Where to interpolate, rising; or how many points from the least to the greatest value
        that any run has. Over cycles it is the time since the cycle began [s].
    chunks
        Files to a task.

    Returns
    -------
    Dataset of dimensions (run, `over`), or (run, cycle, time). What a run does not reach is NaN,
    and a gap stays one. Percentiles are ``.quantile([…], "run")`` once ``.chunk(run=-1)``.

    Notes
    -----
    A quantity such as strain rises, and falls when the specimen breaks. What counts of it are the
    rows up to its peak that exceed everything before; the others are left out. `rows` of the
    result says how many count, run by run, and the attribute `cut` says so in words. Over time
    rows count that are later than the one before.

    Cycles are those of the channel `cycle`, whole numbers that rise. Where there is none, a cycle
    begins whenever the phase returns with which the run began.

    Raises
    ------
    ExtraMissing
        Dask is not installed.
    RecordRefused
        A variable is missing or has another unit, or the grid does not rise.
    """
    if not paths:
        raise RecordRefused("files", [], "at least one run file")
    names = (variables,) if isinstance(variables, str) else tuple(variables)
    heads: list[Head] = []
    for path in paths:
        heads.append(head(path))
        for name in names if over in ("time", _CYCLE) else (*names, over):
            check_unit(heads, name)
    if over == _CYCLE:
        return _by_cycle(heads, names, grid, chunks)
    points = _grid(grid, [_extent(each, over) for each in heads] if isinstance(grid, int) else [])

    def one(each: Head) -> Array:
        x, *values = columns(each, (over, *names))
        used = _rising(x)
        lines = [_interpolated(points, x[used], value[used]) for value in values]
        return np.stack([*lines, np.full(len(points), float(len(used)))])

    stacked = _lazy(heads, one, (len(names) + 1, len(points)), chunks)
    import xarray

    return xarray.Dataset(
        {
            name: (("run", over), stacked[:, number], {"units": heads[0].unit(name)})
            for number, name in enumerate(names)
        },
        coords={
            "run": ("run", [each.run for each in heads]),
            over: (over, points, {"units": heads[0].unit(over)}),
            "rows": ("run", stacked[:, -1, 0], {"long_name": "rows that count"}),
        },
        attrs={
            "aligned_over": over,
            "interpolation": "linear; NaN beyond the ends of a run",
            "cut": f"rows count up to the peak of {over} that exceed all before",
        },
    )


def _lazy(
    heads: Sequence[Head], one: Callable[[Head], Array], shape: tuple[int, ...], chunks: int
) -> Any:  # noqa: ANN401
    """Make a Dask array of a function of each file, some files to a task."""
    try:
        # Its own annotations are partial.
        array: Any = import_module("dask.array")
        delayed: Any = import_module("dask.delayed")
    except ImportError as error:
        raise ExtraMissing(
            "aligning runs needs Dask: pip install 'testbed-center[many]'"
        ) from error
    if chunks < 1:
        raise RecordRefused("chunks", chunks, "at least one file")

    def some(each: Sequence[Head]) -> Array:
        return np.stack([one(found) for found in each])

    later = delayed.delayed(some, pure=False)
    pieces = [
        array.from_delayed(
            later(heads[start : start + chunks]),
            (len(heads[start : start + chunks]), *shape),
            np.float64,
        )
        for start in range(0, len(heads), chunks)
    ]
    return array.concatenate(pieces)


def _rising(x: Array) -> NDArray[np.int64]:
    """Find the rows at which a quantity exceeds everything before; NaN never does."""
    highest = np.fmax.accumulate(x)
    before = np.concatenate(([np.nan], highest[:-1]))
    return np.flatnonzero((x > before) | (np.isnan(before) & ~np.isnan(x)))


def _interpolated(points: Array, x: Array, y: Array) -> Array:
    if not len(x):
        return np.full(len(points), np.nan)
    result: Array = np.interp(points, x, y, left=np.nan, right=np.nan)
    return result


def _extent(head: Head, over: str) -> tuple[float, float]:
    (x,) = columns(head, (over,))
    used = x[_rising(x)]
    return (float(used[0]), float(used[-1])) if len(used) else (np.inf, -np.inf)


def _grid(grid: int | ArrayLike, extents: Sequence[tuple[float, float]]) -> Array:
    if isinstance(grid, int):
        low = min((each[0] for each in extents), default=np.inf)
        high = max((each[1] for each in extents), default=-np.inf)
        if grid < 2 or low > high:
            raise RecordRefused("grid", grid, "two points or more, and runs that hold rows")
        return np.linspace(low, high, grid)
    points = np.asarray(grid, "f8")
    if points.ndim != 1 or not len(points) or not (np.diff(points) > 0).all():
        raise RecordRefused("grid", grid, "one dimension of numbers that rise")
    return points


def _cycles(head: Head) -> list[tuple[int, int, int]]:
    """Cut a run into cycles: number, first row, row after the last."""
    (marks,) = columns(head, (_CYCLE if _CYCLE in head.units else "phase",))
    if not len(marks):
        return []
    changes = np.flatnonzero(np.diff(marks) != 0) + 1
    if _CYCLE not in head.units:
        changes = changes[marks[changes] == marks[0]]
    starts = [0, *changes.tolist()]
    stops = [*starts[1:], len(marks)]
    if _CYCLE not in head.units:
        return [(n, *pair) for n, pair in enumerate(zip(starts, stops, strict=True), start=1)]
    return [
        (int(marks[start]), start, stop)
        for start, stop in zip(starts, stops, strict=True)
        if not np.isnan(marks[start])
    ]


def _by_cycle(
    heads: Sequence[Head], names: Sequence[str], grid: int | ArrayLike, chunks: int
) -> "xarray.Dataset":
    cut = [_cycles(each) for each in heads]
    numbers = sorted({number for cycles in cut for number, _, _ in cycles})
    if not numbers:
        raise RecordRefused("runs", len(heads), "runs that hold rows")
    extents = []
    if isinstance(grid, int):
        for each, cycles in zip(heads, cut, strict=True):
            (time,) = columns(each, ("time",))
            extents += [(0.0, float(time[stop - 1] - time[start])) for _, start, stop in cycles]
    points = _grid(grid, extents)
    of_head = {id(each): cycles for each, cycles in zip(heads, cut, strict=True)}
    place = {number: row for row, number in enumerate(numbers)}

    def one(each: Head) -> Array:
        time, *values = columns(each, ("time", *names))
        found = np.full((len(names), len(numbers), len(points)), np.nan)
        for number, start, stop in of_head[id(each)]:
            since = time[start:stop] - time[start]
            used = _rising(since)
            for row, value in enumerate(values):
                found[row, place[number]] = _interpolated(
                    points, since[used], value[start:stop][used]
                )
        return found

    stacked = _lazy(heads, one, (len(names), len(numbers), len(points)), chunks)
    dims = ("run", _CYCLE, "time")
    import xarray

    return xarray.Dataset(
        {
            name: (dims, stacked[:, number], {"units": heads[0].unit(name)})
            for number, name in enumerate(names)
        },
        coords={
            "run": ("run", [each.run for each in heads]),
            _CYCLE: (_CYCLE, numbers),
            "time": ("time", points, {"units": "s", "long_name": "time since the cycle began"}),
        },
        attrs={
            "aligned_over": _CYCLE,
            "interpolation": "linear; NaN where a run has no such cycle, and beyond its end",
        },
    )
