"""Rows and records between the call that records them and the flush that writes them."""

import struct
from collections.abc import Callable, Mapping, Sequence
from math import inf, isfinite, isinf, prod
from operator import itemgetter
from threading import RLock
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from runs.errors import RecordRefused
from runs.streams import MAIN, Blocks, Rows

__all__ = ["BlockBuffer", "Recorder", "RowBuffer"]

ROWS = 8192
_AT_ONCE = 1 << 20  # [bytes]
_NUMBERS = (int, float, np.integer, np.floating)


class Recorder(Protocol):
    """What records into one stream: numbers where it has rows, arrays where it has blocks."""

    @property
    def rows(self) -> int:
        """Records so far."""

    def append(self, time: float, /, *values: Any) -> None:  # noqa: ANN401
        """Record one by position."""

    def record(self, time: float, /, **channels: Any) -> None:  # noqa: ANN401
        """Record one by name."""

    def extend(self, times: ArrayLike, /, *columns: Any) -> None:  # noqa: ANN401
        """Record many at once."""


def _name(stream: str) -> str:
    return f"stream {stream}" if stream else "row"


def _in_order(names: tuple[str, ...], channels: Mapping[str, Any]) -> list[Any]:
    try:
        values = [channels[name] for name in names]
    except KeyError as missing:
        raise RecordRefused("row without channel", missing.args[0], ", ".join(names)) from None
    if len(channels) > len(names):
        (unknown, *_) = (name for name in channels if name not in names)
        raise RecordRefused("channel", unknown, ", ".join(names))
    return values


def _picker(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    """Make what picks the values of those names, in order."""
    if len(names) > 1:
        return itemgetter(*names)
    # Of one name, it would give the value itself.
    return lambda channels: [channels[name] for name in names]


class RowBuffer:
    """Takes the rows of a stream.

    Rows are packed into bytes in one step that the interpreter does not interrupt, so that the
    thread that records and the one that flushes need no lock between them, and a row with a value
    that is no number leaves no trace.

    Parameters
    ----------
    full
        Called when 8192 rows wait, or whenever `hasten` was called.
    """

    def __init__(self, stream: Rows, guard: RLock, full: Callable[[], None]) -> None:
        self.name = stream.name
        self.names = tuple(channel.name for channel in stream.channels)
        self._row = struct.Struct(f"<{len(self.names) + 1}d")
        self._pack = self._row.pack
        self._picked = _picker(self.names)
        self._bytes = bytearray()
        self._limit = ROWS * self._row.size
        self._guard = guard
        self._full = full
        self._last = -inf
        self._taken = 0
        self._phase = 0
        self._phases: list[tuple[int, int]] = []

    @property
    def rows(self) -> int:
        """Rows recorded so far."""
        return self._taken + self.waiting

    @property
    def waiting(self) -> int:
        """Rows that are not written yet."""
        return len(self._bytes) // self._row.size

    @property
    def waiting_size(self) -> int:
        """Size [bytes] of what is not written yet."""
        return len(self._bytes)

    @property
    def last(self) -> float:
        """Time [s] of the newest row; minus infinity before the first."""
        return self._last

    def append(self, *row: float) -> None:
        """Record one row by position.

        Parameters
        ----------
        row
            First the seconds [s] since the start, never less than those of the row before; then
            every channel in the order of its declaration, in its unit. NaN is a gap.

        Raises
        ------
        RecordRefused
            The row does not fit, or the run is closed; nothing was recorded.
        DiskFull
            There is no room for what waits. The row waits with it, unless so many wait that it
            was refused; the error then says so.
        """
        if not self._last <= row[0] < inf:
            raise self._late(row[0])
        try:
            self._bytes += self._pack(*row)
        except struct.error as error:
            accepted = f"{len(self.names)} numbers: {', '.join(self.names)}"
            raise RecordRefused(_name(self.name), row[1:], accepted) from error
        self._last = row[0]
        if len(self._bytes) >= self._limit:
            self._full()

    def record(self, time: float, /, **channels: float) -> None:
        """Record one row by name.

        Raises
        ------
        RecordRefused
            A channel is unknown or missing, or its value is not a number.
        """
        try:
            values = self._picked(channels)
            total = sum(values)
            # What nearly every row has; whatever else is looked at one by one.
            sound = len(channels) == len(values) and type(total) is float and isfinite(total)
        except (KeyError, TypeError, OverflowError):
            sound = False
        if not sound:
            values = _in_order(self.names, channels)
            self._check(values)
        # As `append` does; a thousand calls a second cost a fifth less without another one each.
        if not self._last <= time < inf:
            raise self._late(time)
        self._bytes += self._pack(time, *values)
        self._last = time
        if len(self._bytes) >= self._limit:
            self._full()

    def _late(self, time: float) -> RecordRefused:
        return RecordRefused("time", time, f"at least {self._last:g} s")

    def _check(self, values: Sequence[float]) -> None:
        for name, value in zip(self.names, values, strict=True):
            try:
                sound = isinstance(value, _NUMBERS) and not isinf(value)
            except OverflowError:
                # A whole number beyond those of float64.
                sound = False
            if not sound:
                raise RecordRefused(name, value, "a finite number, or NaN for a gap")

    def extend(self, times: ArrayLike, /, *columns: ArrayLike) -> None:
        """Record many rows at once: their times [s], then one array for each channel.

        Raises
        ------
        RecordRefused
            Lengths differ, time falls, or a value is no number; nothing was recorded.
        """
        rows = self._arranged(times, columns)
        if not len(rows):
            return
        for start in range(0, len(rows), ROWS):
            piece = rows[start : start + ROWS]
            self._bytes += piece.tobytes()
            self._last = float(piece[-1, 0])
            if len(self._bytes) >= self._limit:
                self._full()

    def _arranged(self, times: ArrayLike, columns: tuple[ArrayLike, ...]) -> NDArray[np.float64]:
        if len(columns) != len(self.names):
            accepted = f"{len(self.names)} columns: {', '.join(self.names)}"
            raise RecordRefused(_name(self.name), f"{len(columns)} columns", accepted)
        try:
            clock = np.asarray(times, "f8")
            rows = np.empty((len(clock), len(columns) + 1))
        except (TypeError, ValueError) as error:
            raise RecordRefused("times", times, "an array of numbers [s]") from error
        if clock.ndim != 1:
            raise RecordRefused("times", clock.shape, "one dimension")
        falls = np.diff(clock, prepend=self._last if len(clock) else [])
        if not (falls >= 0).all() or not np.isfinite(clock[-1:]).all():
            worst = int(np.argmin(falls >= 0))
            raise RecordRefused("time", float(clock[worst]), "times that never fall, finite")
        rows[:, 0] = clock
        for number, (name, column) in enumerate(zip(self.names, columns, strict=True), start=1):
            try:
                values = np.asarray(column, "f8")
            except (TypeError, ValueError) as error:
                raise RecordRefused(name, column, "an array of numbers") from error
            if values.shape != clock.shape:
                raise RecordRefused(name, values.shape, f"{len(clock)} values")
            if np.isinf(values).any():
                raise RecordRefused(name, "infinity", "finite numbers, or NaN for a gap")
            rows[:, number] = values
        return rows

    def phase(self, index: int) -> None:
        """Let the rows from now on belong to the phase of that index."""
        with self._guard:
            self._phases.append((self.rows, index))

    def hasten(self) -> None:
        """Let the next row call for a flush, as something has to be told."""
        self._limit = 0

    def relax(self) -> None:
        """Let rows gather again."""
        self._limit = ROWS * self._row.size

    def take(self) -> dict[str, NDArray[Any]]:
        """Copy the waiting rows, by variable, time last; `taken` removes them."""
        width, count = len(self.names) + 1, self.waiting
        rows = np.frombuffer(self._bytes[: count * self._row.size], "<f8")
        columns = rows.reshape(count, width).T.copy()
        named: dict[str, NDArray[Any]] = dict(zip(self.names, columns[1:], strict=True))
        if self.name == MAIN:
            named["phase"] = self._phase_column(count)
        named["time" if self.name == MAIN else f"{self.name}_time"] = columns[0]
        return named

    def _phase_column(self, count: int) -> NDArray[np.int16]:
        column = np.empty(count, "<i2")
        column.fill(self._phase)
        for row, index in self._phases:
            if row < self._taken + count:
                column[row - self._taken :] = index
        return column

    def taken(self, count: int) -> None:
        """Forget the first `count` waiting rows: they are written."""
        del self._bytes[: count * self._row.size]
        self._taken += count
        while self._phases and self._phases[0][0] < self._taken:
            self._phase = self._phases.pop(0)[1]


class BlockBuffer:
    """Takes the records of a block stream.

    Parameters
    ----------
    full
        Called when a mebibyte waits.
    """

    def __init__(self, stream: Blocks, guard: RLock, full: Callable[[], None]) -> None:
        self.name = stream.name
        self.names = tuple(channel.name for channel in stream.channels)
        self._shape = stream.shape
        self._dtype = np.dtype(stream.dtype).newbyteorder("<")
        self._size = self._dtype.itemsize * prod(stream.shape) * len(self.names)
        self._guard = guard
        self._full = full
        self._last = -inf
        self._records: list[tuple[float, tuple[NDArray[np.generic], ...]]] = []
        self._taken = 0

    @property
    def rows(self) -> int:
        """Records so far."""
        return self._taken + len(self._records)

    @property
    def waiting(self) -> int:
        """Records that are not written yet."""
        return len(self._records)

    @property
    def waiting_size(self) -> int:
        """Size [bytes] of what is not written yet."""
        return self._size * len(self._records)

    @property
    def last(self) -> float:
        """Time [s] of the newest record; minus infinity before the first."""
        return self._last

    def append(self, time: float, /, *arrays: ArrayLike) -> None:
        """Record one block: its time [s], then for each channel an array of the axes' shape.

        Raises
        ------
        RecordRefused
            Time falls, or an array has another shape or type; nothing was recorded.
        DiskFull
            There is no room for what waits. The record waits with it.
        """
        if not self._last <= time < inf:
            raise RecordRefused("time", time, f"at least {self._last:g} s")
        if len(arrays) != len(self.names):
            accepted = f"{len(self.names)} arrays: {', '.join(self.names)}"
            raise RecordRefused(_name(self.name), f"{len(arrays)} arrays", accepted)
        values = tuple(self._checked(*pair) for pair in zip(self.names, arrays, strict=True))
        with self._guard:
            self._records.append((float(time), values))
            self._last = time
            try:
                if self._size * len(self._records) >= _AT_ONCE:
                    self._full()
            finally:
                if self._records and self._records[-1][1] is values:
                    # It waits, and its owner may use the arrays again.
                    kept = tuple(value.copy() for value in values)
                    self._records[-1] = (float(time), kept)

    def record(self, time: float, /, **channels: ArrayLike) -> None:
        """Record one block by name.

        Raises
        ------
        RecordRefused
            A channel is unknown or missing, or an array does not fit.
        """
        self.append(time, *_in_order(self.names, channels))

    def extend(self, times: ArrayLike, /, *columns: ArrayLike) -> None:
        """Record many blocks at once: their times [s], then for each channel their stack."""
        clock = np.asarray(times, "f8")
        stacks = [np.asarray(column) for column in columns]
        for name, stack in zip(self.names, stacks, strict=False):
            if len(stack) != len(clock):
                raise RecordRefused(name, stack.shape, f"{len(clock)} arrays")
        for number, time in enumerate(clock.tolist()):
            self.append(time, *(stack[number] for stack in stacks))

    def _checked(self, name: str, array: ArrayLike) -> NDArray[np.generic]:
        given = np.asarray(array)
        accepted = f"an array of {self._dtype.name} with shape {self._shape}"
        if given.shape != self._shape:
            raise RecordRefused(name, given.shape, accepted)
        if not np.can_cast(given.dtype, self._dtype, "same_kind"):
            raise RecordRefused(name, given.dtype, accepted)
        return np.ascontiguousarray(given, self._dtype)

    def take(self) -> dict[str, NDArray[Any]]:
        """Stack the waiting records, by variable, time last; `taken` removes them."""
        named: dict[str, NDArray[Any]] = {}
        for number, name in enumerate(self.names):
            arrays = [record[1][number] for record in self._records]
            named[name] = arrays[0][np.newaxis] if len(arrays) == 1 else np.stack(arrays)
        named[f"{self.name}_time"] = np.array([record[0] for record in self._records])
        return named

    def hasten(self) -> None:
        """Nothing to do: a record that waits has told already."""

    def relax(self) -> None:
        """Nothing to do."""

    def taken(self, count: int) -> None:
        """Forget the first `count` waiting records: they are written."""
        del self._records[:count]
        self._taken += count
