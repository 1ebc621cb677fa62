"""Following a run while another process records it."""

from pathlib import Path
from types import TracebackType
from typing import Self

import h5py
import numpy as np
from numpy.typing import NDArray

from runs import layout
from runs.errors import NotARun
from runs.places import located

__all__ = ["LiveRun", "live"]


class LiveRun:
    """A growing file, read over and over; it stays readable when the run is sealed meanwhile.

    Sealing replaces the file under the same name; this reader keeps the old one, which holds
    every row, and `finished` tells.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._inode = path.stat().st_ino
        try:
            self._file = h5py.File(path, "r", swmr=True, libver="latest", locking=False)
        except OSError:
            try:
                self._file = h5py.File(path, "r", locking=False)
            except OSError as error:
                raise NotARun(path, str(error)) from error
        self._channels = tuple(layout.describe(self._file).channels)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels, in recording order."""
        return self._channels

    @property
    def finished(self) -> bool:
        """Whether the run was sealed since, or had been when it was opened."""
        if layout.is_sealed(self._file):
            return True
        try:
            return self.path.stat().st_ino != self._inode
        except FileNotFoundError:
            return True

    @property
    def rows(self) -> int:
        """Complete rows, as of now."""
        return layout.row_count(self._file)

    def read(self, after_row: int = 0, *, limit: int = 10_000) -> dict[str, NDArray[np.float64]]:
        """Read rows from `after_row` on, at most `limit`: `time` [s], channels and `phase`."""
        stop = min(self.rows, after_row + limit)
        columns = {}
        for name in ("time", *self._channels, "phase"):
            columns[name] = self._file[name][after_row:stop].astype(np.float64)
        return columns

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def live(path: Path | str) -> LiveRun:
    """Follow the run in `path`.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    NotARun
        It cannot be read as a run.
    """
    return LiveRun(located(path))
