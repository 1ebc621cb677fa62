"""One reader per growing record and process, whose frames all browsers share.

However many watch, the file is looked at once: by a cheap look at its time of change every
`_PERIOD`, and read in a thread of its own whenever something was flushed. Each frame is packed once
and the same bytes go to everybody. Whoever is behind gets frames of its own until it has caught up;
frames that several lack are packed once as well.
"""

import asyncio
import contextlib
import json
import struct
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from testbed.services.following import Curve

__all__ = ["FRAME", "Follower", "Frame", "Hub", "Tail", "Unreadable", "frame", "history"]

Value = TypeVar("Value")
FRAME = struct.Struct("<BBHIQ")
_BLOCK = 8_192  # rows
_SHARED = 128  # frames that are kept for those who are a little behind
_LACKED = 16  # frames that are kept for those who catch up
_PERIOD = 0.02  # [s]
_AT_LATEST = 0.25  # [s] after which it is read even if it does not seem to have changed
_PIXELS = 800
_FRESH = 2.0  # [s] for which a history serves whoever opens the page
_PATIENCE = 10.0  # [s] for one look into the file


class Unreadable(Exception):
    """The record does not answer: a damaged file can keep a reader waiting for ever."""


class Tail(Protocol):
    """A reader that follows one growing record."""

    @property
    def columns(self) -> Sequence[str]:
        """Names of the columns, in the order of the frames."""
        ...

    @property
    def rows(self) -> int:
        """Complete rows, as of now."""
        ...

    def stamp(self) -> object:
        """Give what changes whenever rows were added."""
        ...

    def read(self, after_row: int = 0, *, limit: int = 10_000) -> Mapping[str, NDArray[np.float64]]:
        """Read rows from `after_row` on."""
        ...

    def history(self, axes: Sequence[tuple[str, str]], *, pixels: int) -> tuple[Curve, ...]:
        """Give thinned curves from the first row on."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


@dataclass(frozen=True, slots=True)
class Frame:
    """Rows from `first` on, packed."""

    first: int
    count: int
    data: bytes


def frame(first_row: int, columns: Mapping[str, NDArray[np.float64]]) -> bytes:
    """Pack rows into one binary frame."""
    blocks = [np.ascontiguousarray(column, "<f8") for column in columns.values()]
    count = len(blocks[0])
    head = FRAME.pack(1, 1, len(blocks), count, first_row)
    return head + b"".join(block.tobytes() for block in blocks)


def history(rows: int, curves: Sequence[Curve]) -> tuple[str, bytes]:
    """Pack thinned curves of the first `rows` rows: what they are, and their points."""
    told = [{"x": each.x, "y": each.y, "count": len(each.xs)} for each in curves]
    points = sum(len(each.xs) for each in curves)
    blocks = [np.ascontiguousarray(axis, "<f8") for each in curves for axis in (each.xs, each.ys)]
    head = FRAME.pack(1, 2, len(curves), points, rows)
    packed = head + b"".join(block.tobytes() for block in blocks)
    return json.dumps({"kind": "history", "curves": told, "rows": rows}), packed


class Follower:
    """Follows one record for all who watch it.

    Attributes
    ----------
    columns
        Names in the order of the frames.
    rows
        Rows that frames can be had of.

    Parameters
    ----------
    reader
        The one thread that looks into the file.
    """

    def __init__(self, tail: Tail, reader: ThreadPoolExecutor) -> None:
        self._tail = tail
        self._reader = reader
        self.columns = tuple(tail.columns)
        self.rows = 0
        self._shared: OrderedDict[int, Frame] = OrderedDict()
        self._lacked: OrderedDict[tuple[int, int], asyncio.Task[Frame]] = OrderedDict()
        self._history: tuple[float, object, asyncio.Task[tuple[str, bytes]]] | None = None
        self._moved = asyncio.Event()
        self._failed: Exception | None = None
        self._task = asyncio.create_task(self._go())

    async def _ask(self, look: Callable[[], Value]) -> Value:
        """Look into the file, in its own thread and not for ever."""
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.wait_for(loop.run_in_executor(self._reader, look), _PATIENCE)
        except TimeoutError:
            raise Unreadable from None

    async def _go(self) -> None:
        try:
            self.rows = await self._ask(lambda: self._tail.rows)
            self._wake()
            stamp, looked = None, 0.0
            while True:
                now, found = time.monotonic(), self._tail.stamp()
                if found != stamp or now - looked >= _AT_LATEST:
                    stamp, looked = found, now
                    while await self._read_on():
                        pass
                await asyncio.sleep(_PERIOD)
        except Exception as error:
            self._failed = error
            self._wake()

    async def _read_on(self) -> bool:
        """Share what has come; tells whether there may be more at once."""
        first = self.rows
        columns = await self._ask(lambda: self._tail.read(first, limit=_BLOCK))
        count = len(next(iter(columns.values())))
        if count == 0:
            return False
        self._shared[first] = Frame(first, count, frame(first, columns))
        while len(self._shared) > _SHARED:
            self._shared.popitem(last=False)
        self.rows = first + count
        self._wake()
        return count == _BLOCK

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def moved(self, row: int, seconds: float) -> bool:
        """Wait until there is a row of that number, `seconds` [s] at most.

        Raises
        ------
        Unreadable
            The record does not answer, or cannot be read.
        """
        if self._failed is not None:
            raise Unreadable from self._failed
        if self.rows <= row:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._moved.wait()
        if self._failed is not None:
            raise Unreadable from self._failed
        return self.rows > row

    async def frame(self, first: int) -> Frame:
        """Give rows from `first` on, which have to be there: what all get, or what was missed."""
        if (shared := self._shared.get(first)) is not None:
            return shared
        until = next((each for each in self._shared if each > first), self.rows)
        key = first, min(_BLOCK, until - first)
        if key not in self._lacked:
            self._lacked[key] = asyncio.create_task(self._ask(lambda: self._packed(*key)))
            if len(self._lacked) > _LACKED:
                self._lacked.popitem(last=False)
        return await asyncio.shield(self._lacked[key])

    def _packed(self, first: int, limit: int) -> Frame:
        columns = self._tail.read(first, limit=limit)
        return Frame(first, len(next(iter(columns.values()))), frame(first, columns))

    async def history(self, axes: Sequence[tuple[str, str]]) -> tuple[str, bytes]:
        """Give the curves so far; those who ask within a moment get the same."""
        now, wanted = time.monotonic(), tuple(axes)
        known = self._history
        if known is None or now - known[0] > _FRESH or known[1] != wanted:
            rows = self.rows
            task = asyncio.create_task(
                self._ask(lambda: history(rows, self._tail.history(wanted, pixels=_PIXELS)))
            )
            self._history = known = now, wanted, task
        return await asyncio.shield(known[2])

    def end(self) -> None:
        """Stop following."""
        self._task.cancel()
        self._reader.submit(self._tail.close)
        self._reader.shutdown(wait=False)


@dataclass(slots=True)
class _Place:
    """What is opened once for all who watch one file."""

    opening: asyncio.Task[Follower | None]
    watchers: int = 0


class Hub:
    """The followers of this process, by file."""

    def __init__(self) -> None:
        self._places: dict[Path, _Place] = {}

    async def join(self, file: Path, open_tail: Callable[[], Tail | None]) -> Follower | None:
        """Follow a file together with whoever does so already; None while it cannot be followed.

        Each join that gives a follower is to be followed by one `leave`.

        Parameters
        ----------
        open_tail
            Opens it, where nobody follows it yet.

        Raises
        ------
        Unreadable
            The record does not answer.
        """
        if file not in self._places:
            self._places[file] = _Place(asyncio.create_task(_opened(open_tail)))
        place = self._places[file]
        place.watchers += 1
        try:
            follower = await asyncio.shield(place.opening)
        except BaseException:
            self._one_less(file, place)
            raise
        if follower is None:
            self._one_less(file, place)
        return follower

    def leave(self, file: Path) -> None:
        """Stop watching; the last one closes the file."""
        self._one_less(file, self._places[file])

    def _one_less(self, file: Path, place: _Place) -> None:
        place.watchers -= 1
        if place.watchers == 0:
            if self._places.get(file) is place:
                del self._places[file]
            place.opening.add_done_callback(_end)


async def _opened(open_tail: Callable[[], Tail | None]) -> Follower | None:
    reader = ThreadPoolExecutor(1, thread_name_prefix="live")
    opening = asyncio.get_running_loop().run_in_executor(reader, open_tail)
    try:
        tail = await asyncio.wait_for(opening, _PATIENCE)
    except TimeoutError:
        raise Unreadable from None
    finally:
        if not opening.done() or opening.cancelled() or opening.exception() or not opening.result():
            reader.shutdown(wait=False)
    return None if tail is None else Follower(tail, reader)


def _end(opening: asyncio.Task[Follower | None]) -> None:
    if not opening.cancelled() and opening.exception() is None and (found := opening.result()):
        found.end()
