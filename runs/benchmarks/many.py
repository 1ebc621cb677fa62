"""One variable of a thousand runs as one array, beside a raw loop and xarray's own way."""

import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from runs.benchmarks import declared, raw
from runs.benchmarks.figures import Figure, interleaved, shares
from runs.benchmarks.rivals import Missing, Rivals
from runs.many.together import together
from runs.recording.writer import create

__all__ = ["measure"]

_RUNS, _ROWS = 1000, 1000
_DISTINCT = 50
_ROUNDS = 5
_VARIABLE = "c1"


def _record(directory: Path) -> list[Path]:
    """Record some runs, and copy them: sealing a thousand would take longer than to read them."""
    random = np.random.default_rng(7)
    times = np.arange(_ROWS) * 1e-3
    paths = [directory / f"run{number:04d}.h5" for number in range(_RUNS)]
    for path in paths[:_DISTINCT]:
        with create(path, declared.rows(), view=False) as writer:
            writer.extend(times, *random.normal(size=(raw.CHANNELS, _ROWS)))
    for number, path in enumerate(paths[_DISTINCT:]):
        shutil.copyfile(paths[number % _DISTINCT], path)
    return paths


def measure(directory: Path, rivals: Rivals) -> list[Figure]:
    """Make a thousand runs of four channels, then read one channel of all of them."""
    paths = _record(directory)
    expected = raw.read_stacked(paths, _VARIABLE)
    found = together(paths, _VARIABLE)
    if found.shape != expected.shape or not np.array_equal(found.values, expected):
        raise AssertionError("the runs read together are not what the files hold")
    taken = interleaved(
        _ROUNDS,
        {
            "raw": _seconds(lambda: raw.read_stacked(paths, _VARIABLE)),
            "together": _seconds(lambda: together(paths, _VARIABLE).values),
        },
    )
    ours = statistics.median(taken["together"])
    told = f"{ours:.3f} s"
    return [
        Figure(
            measured=f"a variable of {_RUNS:,} runs",
            result=told,
            value=1 / shares(taken["raw"], taken["together"]),
            against=f"raw h5py loop ({statistics.median(taken['raw']):.3f} s)",
            at_most=2,
        ),
        _beside_xarray(directory, rivals, ours),
    ]


def _beside_xarray(directory: Path, rivals: Rivals, ours: float) -> Figure:
    measured = "the same, beside open_mfdataset"
    try:
        theirs = rivals.ask("xarray_many", directory, _VARIABLE)["seconds"]
    except Missing as why:
        return Figure(measured=measured, at_least=12, missing=str(why))
    return Figure(
        measured=measured,
        result=f"{ours:.3f} s",
        value=theirs / ours,
        against=f"as fast ({theirs:.1f} s)",
        at_least=12,
    )


def _seconds(action: Callable[[], object]) -> Callable[[], float]:
    def timed() -> float:
        begun = time.perf_counter()
        action()
        return time.perf_counter() - begun

    return timed
