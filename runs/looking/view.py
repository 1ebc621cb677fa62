"""The sidecar `<run>.h5.view`, read: the pyramid of one stream, which may still be growing.

It is derived data: never sealed, and rebuilt rather than repaired. `runs.looking.pages` tells how
it lies on the disk. Samples beyond its last full page are read raw.
"""

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from runs.looking.pages import (
    PAGE,
    Identity,
    ViewRefused,
    checksums,
    pages_of,
    place,
    read_head,
    segments,
)
from runs.looking.pyramid import FACTOR, Bins

__all__ = ["Identity", "View", "ViewRefused"]


class View:
    """A view, opened for reading; it may grow meanwhile.

    Parameters
    ----------
    identity
        Whose view it must be.
    rows
        How many samples the finished stream has; a view of more is refused. None while it grows.

    Raises
    ------
    ViewRefused
        It is missing, foreign, of a newer version, damaged or too long. Damage within a page is
        found, and raised by the same error, when the page is read.
    """

    def __init__(self, path: Path, identity: Identity, rows: int | None = None) -> None:
        self.path = path
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise ViewRefused(path, str(error)) from error
        try:
            self._columns = self._read_head(identity)
            self._segments = segments(self._columns)
            self._size = max(segment.stop for segment in self._segments.values())
            self.refresh()
            if rows is not None and self.rows_covered > rows:
                raise ViewRefused(path, f"it covers {self.rows_covered} rows, there are {rows}")
        except ViewRefused:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self.close()

    def close(self) -> None:
        """Let the file go."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self._columns)

    @property
    def levels(self) -> int:
        """How many levels are stored."""
        return len(self._pages)

    @property
    def rows_covered(self) -> int:
        """Samples under the pages of level 1; the rest is to be read raw."""
        return self.bins(1) * FACTOR

    def bins(self, level: int) -> int:
        """How many bins of a level are stored."""
        return self._pages[level - 1] * PAGE if level <= len(self._pages) else 0

    def refresh(self) -> None:
        """See what was appended meanwhile."""
        try:
            places = (os.fstat(self._file).st_size - self._begin) // self._size
        except OSError as error:
            raise ViewRefused(self.path, str(error)) from error
        self._pages = pages_of(max(places, 0))

    def slice(self, level: int, name: str, first: int, last: int) -> Bins:
        """Read the bins from `first` up to and without `last`."""
        if first >= last:
            return Bins.empty(0, self._columns[name])
        begin = first // PAGE
        bins = self._read(level, name, np.arange(begin, (last - 1) // PAGE + 1))
        shift = begin * PAGE
        part = slice(first - shift, last - shift)
        low, high, gap = bins.low.reshape(-1), bins.high.reshape(-1), bins.gap.reshape(-1)
        return Bins(low[part], high[part], gap[part])

    def take(self, level: int, name: str, index: NDArray[np.int64]) -> Bins:
        """Read single bins, by rising index."""
        numbers = index // PAGE
        fresh = np.diff(numbers, prepend=-1) > 0
        bins = self._read(level, name, numbers[fresh])
        where = (np.cumsum(fresh) - 1, index % PAGE)
        return Bins(bins.low[where], bins.high[where], bins.gap[where])

    def _read_head(self, identity: Identity) -> dict[str, np.dtype[Any]]:
        try:
            self._begin, theirs, columns = read_head(
                lambda length, offset: os.pread(self._file, length, offset)
            )
        except (OSError, ValueError) as error:
            raise ViewRefused(self.path, str(error)) from error
        if theirs != identity:
            raise ViewRefused(self.path, f"it belongs to {theirs}")
        return columns

    def _read(self, level: int, name: str, numbers: NDArray[np.int64]) -> Bins:
        """Read a segment of each page in turn, and check them; shape (pages, bins)."""
        segment = self._segments[name]
        length = segment.stop - segment.start
        places = place(level, numbers)
        pages = np.empty((len(numbers), length), np.uint8)
        room = pages.data.cast("B")
        offsets = (places * self._size + (self._begin + segment.start)).tolist()
        try:
            for at, offset in enumerate(offsets):
                os.preadv(self._file, [room[at * length : (at + 1) * length]], offset)
        except OSError as error:
            raise ViewRefused(self.path, str(error)) from error
        words = pages.view(np.uint64)
        if not np.array_equal(checksums(words[:, :-1], places), words[:, -1]):
            raise ViewRefused(self.path, f"a page of level {level} is damaged")
        return segment.bins(pages)
