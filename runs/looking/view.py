"""The sidecar `<run>.h5.view`: the pyramid of one stream, appended while it is recorded.

It is derived data: never sealed, and rebuilt rather than repaired. `runs.looking.pages` tells how
it lies on the disk. Samples beyond its last full page are read raw.
"""

import contextlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from runs.looking.pages import (
    PAGE,
    SPAN,
    Identity,
    Strip,
    ViewRefused,
    checksums,
    head,
    pages_of,
    place,
    read_head,
    segments,
    strips,
)
from runs.looking.pyramid import FACTOR, PIECE, Bins, Samples, fold

__all__ = ["Columns", "Identity", "View", "ViewRefused", "ViewWriter", "build_view"]

_BATCH = 1 << 20  # of pages written, or of samples read, at once [bytes]
_HELD = 4 * SPAN  # samples


class Columns(Protocol):
    """What a view is built from: columns of one length."""

    @property
    def rows(self) -> int:
        """Number of samples in each column."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""

    def read(self, name: str, start: int, stop: int) -> Samples:
        """Read samples, flattened."""


class ViewWriter:
    """Appends to a view while a stream is recorded.

    A view that cannot be written never disturbs the recording: the writer removes it, keeps the
    reason in `lost`, and takes whatever follows without doing anything.

    Parameters
    ----------
    columns
        Names and types, in order; where rows have times of their own, `time` is one of them.
    """

    def __init__(
        self, path: Path, identity: Identity, columns: Mapping[str, np.dtype[Any]]
    ) -> None:
        self.path = path
        self.lost: OSError | None = None
        self._columns = {name: np.dtype(dtype).newbyteorder("<") for name, dtype in columns.items()}
        places = segments(self._columns)
        self._strips = strips(places)
        # What is long enough is folded where it lies, column by column.
        self._single = [strip for name in places for strip in strips({name: places[name]})]
        self._size = max(strip.stop for strip in self._strips)
        self._held = [np.empty((len(strip.names), _HELD), strip.dtype) for strip in self._strips]
        self._count = 0  # samples held
        self._pages = 0  # of level 1
        self._written = 0  # of all levels
        most = min(max(_BATCH // self._size, 1), FACTOR)
        self._batch = np.empty((most, self._size), np.uint8)
        self._upper: list[NDArray[np.uint8]] = []  # the growing page of level 2, 3, …
        self._file = -1
        try:
            # An old view is unlinked, not cut: someone may be reading it.
            path.unlink(missing_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            self._write(head(identity, self._columns))
        except OSError as error:
            self._lose(error)

    @property
    def rows_covered(self) -> int:
        """Samples under the pages written so far."""
        return self._pages * SPAN

    def extend(self, blocks: Mapping[str, Samples]) -> None:
        """Append as many samples to each column; arrays of more axes are taken in C order.

        Raises
        ------
        ValueError
            The columns are not of one length.
        """
        arrays = {name: np.ravel(blocks[name]) for name in self._columns}
        lengths = {len(array) for array in arrays.values()}
        if len(lengths) != 1:
            raise ValueError(f"columns of different lengths: {sorted(lengths)}")
        if self._file < 0:
            return
        try:
            self._extend(arrays, lengths.pop())
        except OSError as error:
            self._lose(error)

    def close(self) -> None:
        """End the view; what does not fill a page is left to be read raw."""
        if self._file >= 0:
            try:
                self._fold_held()
            except OSError as error:
                self._lose(error)
        file, self._file = self._file, -1
        if file >= 0:
            try:
                os.close(file)
            except OSError as error:
                self._lose(error)

    def drop(self) -> None:
        """Remove the view."""
        self._count = 0
        self.close()
        # Where it cannot be removed it stays what it is: a shorter view, or one that is refused.
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _lose(self, error: OSError) -> None:
        self.lost = error
        self.drop()

    def _write(self, data: "bytes | memoryview") -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest) :]

    def _extend(self, arrays: Mapping[str, Samples], count: int) -> None:
        few = count < _HELD
        begin = 0
        if self._count or few:
            # What comes in small pieces is gathered for several pages: one costs half as much then.
            wanted = _HELD if few else -(-self._count // SPAN) * SPAN
            begin = min(wanted - self._count, count)
            self._hold(arrays, 0, begin)
            if self._count == wanted:
                self._fold_held()
        if not few:
            pages = (count - begin) // SPAN
            values = [arrays[strip.names[0]][np.newaxis] for strip in self._single]
            self._fold(self._single, values, begin, pages)
            begin += pages * SPAN
        if begin < count:
            self._hold(arrays, begin, count)

    def _fold_held(self) -> None:
        """Fold the whole pages of what is held; what is beyond them is dropped."""
        pages, self._count = self._count // SPAN, 0
        self._fold(self._strips, self._held, 0, pages)

    def _fold(
        self, strips: Sequence[Strip], values: Sequence[Samples], begin: int, count: int
    ) -> None:
        while count:
            pages = min(count, len(self._batch), FACTOR - self._pages % FACTOR)
            samples = slice(begin, begin + pages * SPAN)
            self._append(strips, [each[:, samples] for each in values], pages)
            begin += pages * SPAN
            count -= pages

    def _hold(self, arrays: Mapping[str, Samples], begin: int, end: int) -> None:
        count = self._count + end - begin
        for strip, held in zip(self._strips, self._held, strict=True):
            for column, name in enumerate(strip.names):
                held[column, self._count : count] = arrays[name][begin:end]
        self._count = count

    def _append(self, strips: Sequence[Strip], values: Sequence[Samples], count: int) -> None:
        """Write `count` pages of level 1; they lie under one page of level 2."""
        pages = self._batch[:count]
        for strip, columns in zip(strips, values, strict=True):
            samples = columns.reshape(len(columns), count, SPAN).astype(strip.dtype, copy=False)
            bins = strip.bins(pages)
            step = max(PIECE // SPAN // len(columns), 1)
            for first in range(0, count, step):
                piece = samples[:, first : first + step]
                fold(piece, piece, None, bins[:, first : first + step])
        number, self._pages = self._pages, self._pages + count
        self._put(2, number, pages)

    def _put(self, above: int, number: int, pages: NDArray[np.uint8]) -> None:
        """Write pages from `number` on and fold them into the page above."""
        places = np.arange(self._written, self._written + len(pages))
        for strip in self._strips:
            words = strip.words(pages)
            words[..., -1] = checksums(words[..., :-1], places)
        self._write(pages.data.cast("B"))
        self._written += len(pages)
        if len(self._upper) < above - 1:
            self._upper.append(np.empty((1, self._size), np.uint8))
        page = self._upper[above - 2]
        share = PAGE // FACTOR
        first = number % FACTOR * share
        for strip in self._strips:
            lower, upper = strip.bins(pages), strip.bins(page)
            part = slice(first, first + len(pages) * share)
            shape = (len(strip.names), len(pages), share)
            into = Bins(*(each[:, 0, part].reshape(shape) for each in _parts(upper)))
            fold(lower.low, lower.high, lower.gap, into)
        if (number + len(pages)) % FACTOR == 0:
            self._put(above + 1, number // FACTOR, page)


def _parts(bins: Bins) -> tuple[NDArray[Any], ...]:
    return bins.low, bins.high, bins.gap


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
        low, high, gap = (each.reshape(-1)[first - shift : last - shift] for each in _parts(bins))
        return Bins(low, high, gap)

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


def build_view(path: Path, identity: Identity, source: Columns) -> None:
    """Write the view of a stream that is there already, in pieces of at most 1 MiB.

    It appears under its name only when it is whole; an older one stands until then.

    Raises
    ------
    OSError
        There is no room for it, or no right to write it.
    """
    file, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
    os.close(file)
    columns = {column: source.read(column, 0, 0).dtype for column in source.names}
    width = sum(dtype.itemsize for dtype in columns.values())
    step = max(_BATCH // width, 1)
    if step > SPAN:
        step -= step % SPAN
    writer = ViewWriter(Path(name), identity, columns)
    try:
        for start in range(0, source.rows, step):
            stop = min(start + step, source.rows)
            writer.extend({column: source.read(column, start, stop) for column in columns})
        writer.close()
        if writer.lost is not None:
            raise writer.lost
        os.replace(name, path)
    except BaseException:
        writer.drop()
        raise
