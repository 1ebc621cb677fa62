"""Writing a run: rows and events, on disk and visible to others within a quarter of a second."""

import os
import struct
import threading
import time as clock
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import inf, isinf
from pathlib import Path
from types import TracebackType
from typing import Self

import h5py
import numpy as np

from runs import layout
from runs.errors import DiskFull, RecordFailed, RecordRefused
from runs.finish import finish
from runs.header import Attribute, Header, Sealed, check_attribute
from runs.locks import WriterLock

__all__ = ["ENDINGS", "RunWriter", "create"]

ENDINGS = ("completed", "aborted", "error", "interrupted")
_ROWS = 8192
_PERIOD = 0.25  # [s]
_RESERVE = 8 << 20  # [bytes]
_now = clock.monotonic


# Files that must never be closed.
_BROKEN: list[h5py.File] = []


class RunWriter:
    """The one writer of a run file; rows may come from one thread, flushes from another.

    Rows are buffered and written when 8192 have gathered or 0.25 s have passed; where no row comes
    for longer, `flush_if_due` has to be called (the engine does so with every heartbeat).

    Attributes
    ----------
    reserve
        Room [bytes] that stays free on the disk: HDF5 does not survive a failed write, so that a
        disk too full is refused before it is asked.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self.reserve = _RESERVE
        self._header = header
        self._names = tuple(channel.name for channel in header.channels)
        self._width = len(self._names) + 2
        # Rows are packed into place, so that one with a value that is no number leaves no trace.
        self._buffer = np.empty((_ROWS, self._width))
        self._bytes = self._buffer.data.cast("B")
        self._pack = struct.Struct(f"{self._width}d").pack_into
        self._stride = 8 * self._width
        self._filled = 0
        self._events: list[tuple[float, str, str]] = []
        self._phase = 0
        self._last = -float("inf")
        self._written = 0
        self._due = clock.monotonic() + _PERIOD
        self._guard = threading.RLock()
        self._open = True
        taken = RecordRefused("file", str(path), "a path where nothing is yet")
        if path.exists():
            raise taken
        self._lock = WriterLock(path)
        # Another may have written and sealed it between the look and the lock.
        if path.exists():
            self._lock.release()
            raise taken
        # The name appears only once the file is in SWMR mode: a kill before that leaves no file.
        growing = path.with_name(path.name + ".new")
        try:
            growing.unlink(missing_ok=True)
            self._file = layout.create_live(growing, header)
            growing.rename(path)
        except OSError as error:
            self._lock.release()
            raise RecordFailed(f"{path} could not be created: {error}") from error
        except BaseException:
            self._lock.release()
            raise

    @property
    def rows(self) -> int:
        """Rows recorded so far."""
        return self._written + self._filled

    def append(self, time: float, *values: float) -> None:
        """Record one row by position.

        Parameters
        ----------
        time
            Seconds [s] since the start; never less than that of the row before.
        values
            Every channel in the order of its declaration, in its unit; NaN is a gap.
        """
        if not self._last <= time < inf:
            raise RecordRefused("time", time, f"at least {self._last:g} s")
        with self._guard:
            if self._filled == _ROWS or not self._open:
                self.flush()
            filled = self._filled
            try:
                self._pack(self._bytes, filled * self._stride, time, *values, self._phase)
            except struct.error as error:
                accepted = f"{len(self._names)} numbers: {', '.join(self._names)}"
                raise RecordRefused("row", values, accepted) from error
            self._filled = filled = filled + 1
            self._last = time
            if filled == _ROWS or _now() > self._due:
                self.flush()

    def record(self, time: float, **channels: float) -> None:
        """Record one row by name.

        Raises
        ------
        RecordRefused
            A channel is unknown or missing, or its value is not a number.
        """
        try:
            values = [channels.pop(name) for name in self._names]
        except KeyError as missing:
            raise RecordRefused(
                "row without channel", missing.args[0], ", ".join(self._names)
            ) from None
        if channels:
            raise RecordRefused("channel", next(iter(channels)), ", ".join(self._names))
        for name, value in zip(self._names, values, strict=True):
            if not isinstance(value, (int, float, np.number)) or isinf(value):
                raise RecordRefused(name, value, "a finite number, or NaN for a gap")
        self.append(time, *values)

    def phase(self, index: int) -> None:
        """Let the rows from now on belong to the phase of that index."""
        if not 0 <= index < len(self._header.phases):
            raise RecordRefused("phase", index, f"0 to {len(self._header.phases) - 1}")
        self._phase = index

    def event(self, time: float, kind: str, text: str) -> None:
        """Leave a remark at `time` [s]; `kind` is "phase", "prompt", "note", "fault" or "late"."""
        with self._guard:
            self._alive()
            self._events.append((time, kind, text))

    def flush_if_due(self) -> None:
        """Flush where a quarter of a second has passed since the last time."""
        if _now() > self._due:
            self.flush()

    def flush(self) -> None:
        """Hand everything to the operating system, where a kill cannot take it back.

        Raises
        ------
        RecordFailed
            The disk does not take the rows: nothing more can be recorded, and `recover` heals
            what was flushed before.
        DiskFull
            The disk is nearly full. Nothing was tried; the rows stay in memory for the next time.
        """
        with self._guard:
            self._alive()
            self._has_room()
            try:
                if self._filled:
                    layout.append_rows(self._file, self._names, self._buffer[: self._filled])
                if self._events:
                    layout.append_events(self._file, self._events)
                if self._filled or self._events:
                    self._file.flush()
            except (OSError, RuntimeError) as error:
                # h5py tells a write that failed in a flush as RuntimeError, without its errno.
                # HDF5 crashes the process when a file is touched or freed after a failed write.
                self._open = False
                _BROKEN.append(self._file)
                self._lock.release()
                raise RecordFailed(f"{self.path} could not be written: {error}") from error
            self._written += self._filled
            self._filled = 0
            self._events = []
            self._due = _now() + _PERIOD

    def close(
        self,
        ending: str = "completed",
        *,
        attributes: Mapping[str, Attribute] | None = None,
        ended: datetime | None = None,
    ) -> Sealed:
        """Flush, seal the file in the layout that every reader knows, and let go of it.

        Parameters
        ----------
        ending
            "completed", "aborted", "error" or "interrupted".
        attributes
            What became known only during the run.
        ended
            When it ended; the time of the last row where not given.
        """
        if ending not in ENDINGS:
            raise RecordRefused("ending", ending, ", ".join(ENDINGS))
        for name, value in (attributes or {}).items():
            check_attribute(name, value)
            layout.check_free(name)
        with self._guard:
            self.flush()
            last = max(self._last, 0.0)
            instant = ended or self._header.started + timedelta(seconds=last)
            layout.set_end(self._file, ending, instant.astimezone(UTC))
            self._file.flush()
            self._file.close()
            self._open = False
            try:
                return finish(self.path, status=ending, ended=instant, attributes=attributes or {})
            finally:
                self._lock.release()

    def _has_room(self) -> None:
        disk = os.statvfs(self.path.parent)
        free = disk.f_bavail * disk.f_frsize
        if free - self._stride * self._filled < self.reserve:
            raise DiskFull(
                f"{self.path} could not be written: {free} bytes are free on the disk, "
                f"{self.reserve} have to stay so"
            )

    def _alive(self) -> None:
        if not self._open:
            raise RecordRefused("run", self._header.run, "a run that is not closed yet")

    def abandon(self) -> None:
        """Let go of the file without sealing it; `recover` heals it later."""
        with self._guard:
            if self._open:
                self._open = False
                self._file.close()
                self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._open:
            self.close("completed" if kind is None else "error")


def create(path: Path, header: Header) -> RunWriter:
    """Create a run file and begin to write it.

    Raises
    ------
    RecordRefused
        The path is taken, or the header cannot be written.
    RecordFailed
        The disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    return RunWriter(path, header)
