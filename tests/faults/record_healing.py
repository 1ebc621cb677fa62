"""Reading a recording: healed and by plain xarray when its writer is dead, and while it grows."""

import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray

import runs
from tests.faults import record_shapes as shapes
from tests.faults.record_shapes import Shape
from tests.faults.record_writer import Ledger, Stage

__all__ = ["Healed", "again", "heal", "look"]


@dataclass(frozen=True, slots=True)
class Healed:
    """What was found after a recovery, with plain xarray."""

    counts: dict[str, int]
    status: str
    seconds: float
    wrong: list[str]


def heal(path: Path, shape: Shape) -> Healed:
    """Recover a file and read it without our code."""
    before = _as_it_stands(path, shape)
    begun = time.monotonic()
    runs.recover(path)
    taken = time.monotonic() - begun
    counts, wrong = shapes.differences(path, shape)
    wrong += before
    wrong += runs.verify(path).problems
    wrong += _thinned(path, shape, counts[""])
    status = runs.describe(path).status
    if runs.recover(path).changed:
        wrong.append("a second recovery changed the file")
    left = {each.name for each in path.parent.glob(path.name + ".*") if each.suffix != ".view"}
    wrong += [f"{name} is left over" for name in sorted(left)]
    return Healed(counts, status, taken, wrong)


def _as_it_stands(path: Path, shape: Shape) -> list[str]:
    """Look at a file that nobody has healed: torn structure is told, wrong values never."""
    try:
        with runs.open(path, decode_times=False) as found:
            columns = {name: found[name].values for name in ("time", *shape.names(), "phase")}
    except runs.NotARun:
        return []
    return [f"unhealed: {line}" for line in shapes.compared(columns, shape, 0)]


def _thinned(path: Path, shape: Shape, rows: int) -> Iterator[str]:
    """Compare the curves with the values: a view beside the file may be older, newer or torn."""
    found = runs.window(path, shape.names(), pixels=100)
    for k, name in enumerate(shape.names()):
        values = shapes.column(0, rows, k)
        drawn = found[name].y
        if rows and (drawn.min() != values.min() or drawn.max() != values.max()):
            yield f"the curve of {name} runs from {drawn.min()} to {drawn.max()}"
        if not np.isin(drawn, values).all() or (rows > 0) != (len(drawn) > 0):
            yield f"the curve of {name} shows what is not there"


def again(path: Path, shape: Shape) -> None:
    """Record at a path where a killed creation left no file."""
    with runs.create(path, shapes.header(shape)) as writer:
        writer.append(shapes.STEP, *shapes.row(0, shape.channels))
    assert runs.describe(path).rows == 1


def look(path: Path, shape: Shape, book: Path) -> tuple[int, int, list[str]]:
    """Look at a growing file over and over; gives looks, failed looks and wrong values."""
    ledger, wrong = Ledger(book), []
    looks = blind = 0
    stop = path.with_suffix(".stop")
    while not path.exists() and ledger.stage < Stage.CLOSING and not stop.exists():
        time.sleep(0.002)
    chance = random.Random(str(path))
    while not stop.exists() and not wrong and path.exists():
        try:
            wrong += _followed(path, shape, chance)
            wrong += _plainly(path, shape)
            looks += 1
        except (OSError, RuntimeError, KeyError, runs.NotARun) as error:
            blind += 1
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
        time.sleep(0.01)
    return looks, blind, wrong


def _followed(path: Path, shape: Shape, chance: random.Random) -> list[str]:
    wrong = []
    with runs.live(path) as reader:
        for _ in range(3):
            after = chance.randrange(reader.rows + 1)
            part = reader.read(after)
            wrong += [f"live: {line}" for line in shapes.compared(part, shape, after)]
    return wrong


def _plainly(path: Path, shape: Shape) -> list[str]:
    with xarray.open_dataset(
        path, engine="h5netcdf", driver_kwds={"swmr": True}, decode_times=False
    ) as found:
        first = max(found.sizes["time"] - 10_000, 0)
        part = found.isel(time=slice(first, None))
        columns = {name: part[name].values for name in ("time", *shape.names(), "phase")}
    return [f"swmr: {line}" for line in shapes.compared(columns, shape, first, gaps=True)]
