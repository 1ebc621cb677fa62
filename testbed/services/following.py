"""One growing record, followed over all its files by whoever looks on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import runs
from testbed.engine import segments
from testbed.engine.part_curves import PartCurves

__all__ = ["Curve", "FollowedRecord"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve as far as it has come, thinned so that no single-sample spike is lost."""

    x: str
    y: str
    xs: Array
    ys: Array


class FollowedRecord:
    """A growing record, read over and over by one thread; its rows are numbered over all files.

    A file that another has taken over grows no more: everything in it was flushed before.

    Raises
    ------
    FileNotFoundError
        There is no file yet.
    NotARun
        It cannot be read as a run.
    """

    def __init__(self, file: Path) -> None:
        if runs.describe(file).status == "interrupted":
            # A damaged file that nobody writes any more can keep a reader waiting for ever.
            raise runs.NotARun(file, "its writer is gone; it has to be healed first")
        self._file = file
        self._open = [runs.live(file)]
        self._before = [0]
        self.columns = ("time", *self._open[0].channels, "phase")
        self._take_over()

    def stamp(self) -> object:
        """Give what changes whenever something was flushed; costs next to nothing."""
        growing = segments.part(self._file, len(self._open))
        following = segments.part(self._file, len(self._open) + 1)
        return (
            _stamp(growing),
            _stamp(growing.with_name(f"{growing.name}.journal")),
            _stamp(following),
        )

    @property
    def rows(self) -> int:
        """Complete rows in all files, as of now."""
        self._take_over()
        return self._before[-1] + self._open[-1].rows

    @property
    def finished(self) -> bool:
        """Whether no row will follow."""
        self._take_over()
        return self._open[-1].finished

    def _take_over(self) -> None:
        while (following := segments.part(self._file, len(self._open) + 1)).exists():
            count = self._open[-1].rows
            self._open.append(runs.live(following))
            self._before.append(self._before[-1] + count)

    def read(self, after_row: int = 0, *, limit: int = 10_000) -> dict[str, Array]:
        """Read rows from `after_row` on, at most `limit` and of one file: every column."""
        self._take_over()
        place = max(at for at, before in enumerate(self._before) if before <= max(after_row, 0))
        first = after_row - self._before[place]
        if place + 1 < len(self._open):
            limit = min(limit, self._before[place + 1] - after_row)
        return self._open[place].read(first, limit=limit)

    def history(self, axes: Sequence[tuple[str, str]], *, pixels: int) -> tuple[Curve, ...]:
        """Give curves from the first row to the present one.

        Parameters
        ----------
        axes
            x and y of each; x is "time" or a channel.
        """
        curves = PartCurves(segments.parts(self._file))
        by_x: dict[str, Mapping[str, runs.Window]] = {}
        try:
            for x in dict.fromkeys(x for x, _ in axes):
                wanted = tuple(dict.fromkeys(y for each, y in axes if each == x))
                by_x[x] = curves.window(wanted, x=x, pixels=pixels)
        finally:
            curves.close()
        found = [(x, y, by_x[x][y]) for x, y in axes]
        return tuple(Curve(x, y, each.x, each.y.astype(np.float64)) for x, y, each in found)

    def close(self) -> None:
        """Let go of the files; may be called twice."""
        for each in self._open:
            each.close()


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
