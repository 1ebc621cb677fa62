"""The sidecar `<run>.h5.view`, written: while a stream is recorded, or from what is there.

What it is and how it is read: `runs.looking.view`. How it lies on the disk: `runs.looking.pages`.
"""

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from runs.looking.pages import PAGE, SPAN, TIME, Identity, checksums, head, segments, strips
from runs.looking.pyramid import FACTOR, PIECE, Bins, Samples, fold, fold_rising, fold_turned

__all__ = ["Columns", "ViewWriter", "build_view"]

_BATCH = 1 << 20  # of pages written, or of samples read, at once [bytes]
_HELD = 8 * SPAN  # samples
_AT_ONCE = SPAN // 2  # samples of each column, which then stay in the cache


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
        Names and types; where rows have times of their own, which never fall, they are `time`.
    """

    def __init__(
        self, path: Path, identity: Identity, columns: Mapping[str, np.dtype[Any]]
    ) -> None:
        self.path = path
        self.lost: OSError | None = None
        types = {name: np.dtype(dtype).newbyteorder("<") for name, dtype in columns.items()}
        # Columns of one type side by side are folded together; times by themselves.
        self._columns = dict(sorted(types.items(), key=lambda each: (each[1].str, each[0] == TIME)))
        self._strips = strips(segments(self._columns))
        self._size = max(strip.stop for strip in self._strips)
        # Bins of what is held, and the samples that are not folded yet.
        self._held = [
            Bins.empty((len(strip.names), _HELD // FACTOR), strip.dtype) for strip in self._strips
        ]
        self._rest = {name: np.empty(_AT_ONCE, dtype) for name, dtype in self._columns.items()}
        self._count = 0  # samples held
        self._settled = 0  # of them, those that may be written
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
        self.fold(blocks)
        self.write()

    def fold(self, blocks: Mapping[str, Samples]) -> None:
        """Append samples as `extend` does, but keep them in memory until `write` is called.

        A view must not know of more than the record has.
        """
        arrays = {name: np.ravel(blocks[name]) for name in self._columns}
        lengths = {len(array) for array in arrays.values()}
        if len(lengths) != 1:
            raise ValueError(f"columns of different lengths: {sorted(lengths)}")
        if self._file >= 0:
            self._hold(arrays, lengths.pop())

    def write(self) -> None:
        """Write what was folded, once it fills several pages: one costs half as much then."""
        self._settled = self._count
        if self._file >= 0 and self._count >= _HELD:
            try:
                self._write_held()
            except OSError as error:
                self._lose(error)

    def close(self) -> None:
        """End the view; what does not fill a page, or is not to be written, is left out."""
        if self._file >= 0:
            try:
                self._write_held()
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
        self._settled = 0
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

    def _hold(self, arrays: Mapping[str, Samples], count: int) -> None:
        """Fold samples in pieces that stay in the cache; gather those that fill none."""
        self._make_room(self._count + count)
        begin = 0
        while begin < count:
            within = self._count % _AT_ONCE
            if within or count - begin < _AT_ONCE:
                stop = min(begin + _AT_ONCE - within, count)
                for name, rest in self._rest.items():
                    rest[within : within + stop - begin] = arrays[name][begin:stop]
                piece = self._rest
            else:
                stop = begin + min((count - begin) // _AT_ONCE * _AT_ONCE, PIECE)
                piece = {name: each[begin:stop] for name, each in arrays.items()}
            self._count += stop - begin
            begin = stop
            if self._count % _AT_ONCE == 0:
                self._gather(piece)

    def _make_room(self, count: int) -> None:
        """Let so many samples be held."""
        bins, held = -(-count // FACTOR), self._count // FACTOR
        if bins <= self._held[0].low.shape[1]:
            return
        for number, strip in enumerate(self._strips):
            larger = Bins.empty((len(strip.names), bins), strip.dtype)
            _copy(self._held[number][:, :held], larger[:, :held])
            self._held[number] = larger

    def _gather(self, arrays: Mapping[str, Samples]) -> None:
        """Fold the newest samples into the last of the bins that are held."""
        last, groups = self._count // FACTOR, len(next(iter(arrays.values()))) // FACTOR
        for strip, held in zip(self._strips, self._held, strict=True):
            into = held[:, last - groups : last]
            if strip.names == (TIME,):
                fold_rising(arrays[TIME], into)
                continue
            samples = np.empty((FACTOR, len(strip.names), groups), strip.dtype)
            for column, name in enumerate(strip.names):
                samples[:, column] = arrays[name].reshape(groups, FACTOR).T
            fold_turned(samples, into)

    def _write_held(self) -> None:
        """Write the whole pages of what is settled, and keep the rest."""
        count, done = self._settled // SPAN, 0
        while done < count:
            pages = self._next_pages(count - done)
            for strip, held in zip(self._strips, self._held, strict=True):
                part = held[:, done * PAGE : (done + len(pages)) * PAGE]
                _copy(part, strip.bins(pages))
            done += len(pages)
            self._append(pages)
        if not count:
            return
        first, last = count * PAGE, self._count // FACTOR
        for held in self._held:
            _copy(held[:, first:last], held[:, : last - first])
        self._count -= count * SPAN
        self._settled -= count * SPAN

    def _next_pages(self, wanted: int) -> NDArray[np.uint8]:
        """Give room for pages of level 1 that lie under one page of level 2."""
        return self._batch[: min(wanted, len(self._batch), FACTOR - self._pages % FACTOR)]

    def _append(self, pages: NDArray[np.uint8]) -> None:
        number, self._pages = self._pages, self._pages + len(pages)
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


def _copy(bins: Bins, into: Bins) -> None:
    for each, target in zip(_parts(bins), _parts(into), strict=True):
        target[...] = each.reshape(target.shape)


def _parts(bins: Bins) -> tuple[NDArray[Any], ...]:
    return bins.low, bins.high, bins.gap


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
