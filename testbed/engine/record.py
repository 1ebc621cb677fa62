"""The record of a run as the engine keeps it: over a full disk, and in as many files as it takes.

A disk that is full does not lose a row: what was recorded waits in memory, `full` says so, and the
run stands until there is room. A run of days goes on in a further file whenever the one in hand has
grown for long enough; the file before is sealed in a thread while the new one takes the rows.
"""

import shutil
import threading
import time as clock
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import runs
from testbed.engine.segments import BEGAN, part

__all__ = ["RollOver", "RunRecord"]

_LOOK = 1.0  # [s] between two looks at the size of the file
_HOUR = 3600.0
_AT_ONCE = 8192  # rows
_LARGEST = 200_000  # rows that may wait for room on the disk

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RollOver:
    """After how much of it a run goes on in a further file.

    Attributes
    ----------
    hours
        Of the bench's clock [h].
    size
        Of the growing file [bytes].
    """

    hours: float = 24.0
    size: int = 2 << 30


class RunRecord:
    """Writes a run; rows may come from one thread, flushes from another.

    Parameters
    ----------
    file
        Where the first file comes to lie; others beside it: see `testbed.engine.segments`.

    Attributes
    ----------
    full
        Free room on the disk [MB] while it is too little to go on; None while there is enough.
    """

    def __init__(self, file: Path, header: runs.Header, rollover: RollOver | None = None) -> None:
        self._file = file
        self._header = header
        self._rollover = rollover or RollOver()
        self._guard = threading.RLock()
        self._writer = runs.create(file, header)
        self._number = 1
        self._before = 0
        self._phase: int | None = None
        self._began: float | None = None
        self._looked = clock.monotonic()
        self._kept = 0
        self._sealing: list[threading.Thread] = []
        self._unsealed: list[runs.RunsError] = []
        self.full: float | None = None

    @property
    def rows(self) -> int:
        """Rows of the main stream so far, in all files."""
        with self._guard:
            return self._before + self._writer.rows

    def record(self, time: float, **channels: float) -> None:
        """Record one row of the main stream by name: see `runs.RunWriter.record`."""
        with self._guard:
            self._turn_if_due(time)
            self._write(lambda: self._writer.record(time, **channels), 1)

    def extend(self, times: Array, columns: Mapping[str, Array]) -> None:
        """Record many rows of the main stream.

        Raises
        ------
        RecordRefused
            A channel is missing or not declared, or something does not fit.
        """
        names = [channel.name for channel in self._header.channels]
        ordered = _ordered("", names, columns)
        with self._guard:
            for first in range(0, len(times), _AT_ONCE):
                piece = slice(first, first + _AT_ONCE)
                self._turn_if_due(float(times[first]))
                rows = [times[piece], *(column[piece] for column in ordered)]
                self._write(lambda rows=rows: self._writer.extend(*rows), len(rows[0]))  # type: ignore[misc]

    def extend_stream(self, stream: str, times: Array, columns: Mapping[str, Array]) -> None:
        """Record rows of another stream."""
        with self._guard:
            ordered = _ordered(stream, self._names(stream), columns)
            self._write(lambda: self._writer.stream(stream).extend(times, *ordered), len(times))

    def block(self, stream: str, time: float, arrays: Mapping[str, Array]) -> None:
        """Record one record of a block stream."""
        with self._guard:
            ordered = _ordered(stream, self._names(stream), arrays)
            self._write(lambda: self._writer.stream(stream).append(time, *ordered), 1)

    def _names(self, stream: str) -> list[str]:
        for each in self._header.streams:
            if each.name == stream:
                return [channel.name for channel in each.channels]
        declared = ", ".join(each.name for each in self._header.streams) or "none"
        raise runs.RecordRefused("stream", stream, declared)

    def _write(self, write: Callable[[], None], count: int) -> None:
        """Write rows, or keep them in memory while there is no room for them.

        Raises
        ------
        DiskFull
            More wait than may.
        """
        try:
            write()
        except runs.DiskFull:
            self._kept += count
            self._is_full()
            if self._kept > _LARGEST:
                raise
        else:
            self._kept = self._kept + count if self.full is not None else 0

    def _is_full(self) -> None:
        self.full = shutil.disk_usage(self._file.parent).free / 1e6

    def phase(self, index: int) -> None:
        """Let the rows from now on belong to the phase of that index."""
        with self._guard:
            self._phase = index
            self._writer.phase(index)

    def event(self, time: float, kind: str, text: str) -> None:
        """Leave a remark at `time` [s]."""
        with self._guard:
            self._writer.event(time, kind, text)

    def flush_if_due(self) -> None:
        """Flush what is due; where the disk is full, look whether there is room again.

        Raises
        ------
        RecordFailed
            Nothing more can be recorded.
        """
        with self._guard:
            try:
                if self.full is None:
                    self._writer.flush_if_due()
                else:
                    self._writer.flush()
            except runs.DiskFull:
                self._is_full()
            else:
                self.full, self._kept = None, 0

    def _turn_if_due(self, time: float) -> None:
        """Go on in a further file where the one in hand has grown for long enough."""
        if self._began is None:
            self._began = time
        now, long_enough = clock.monotonic(), time - self._began >= self._rollover.hours * _HOUR
        if not long_enough and now - self._looked < _LOOK:
            return
        self._looked = now
        if self.full is None and (long_enough or self._size() >= self._rollover.size):
            try:
                self._turn(time)
            except runs.DiskFull:
                self._is_full()

    def _size(self) -> int:
        return part(self._file, self._number).stat().st_size

    def _turn(self, time: float) -> None:
        old, old_file = self._writer, part(self._file, self._number)
        new_file = part(self._file, self._number + 1)
        old.event(time, "segment", f"goes on in {new_file.stem}")
        # All of it has to be readable before anybody can find the next file.
        old.flush()
        attributes = dict(self._header.attributes)
        attributes["continues"] = old_file.stem
        attributes["segment"] = int(attributes.get("segment", 1)) + 1
        attributes[BEGAN] = time
        header = replace(self._header, attributes=attributes)
        new = runs.create(new_file, header)
        if self._phase is not None:
            new.phase(self._phase)
        new.event(time, "segment", f"continues {old_file.stem}")
        self._before += old.rows
        self._writer, self._header, self._began = new, header, time
        self._number += 1
        ended = header.started + timedelta(seconds=time)
        seal = threading.Thread(
            target=self._seal, args=(old, new_file.stem, ended), name=f"seal {old_file.name}"
        )
        self._sealing.append(seal)
        seal.start()

    def _seal(self, writer: runs.RunWriter, follower: str, ended: datetime) -> None:
        try:
            writer.close("completed", attributes={"continued_by": follower}, ended=ended)
        except runs.RunsError as error:
            writer.abandon()
            self._unsealed.append(error)

    def close(
        self,
        ending: str,
        *,
        attributes: Mapping[str, str | float | int],
        ended: datetime,
    ) -> None:
        """Seal the last file and wait for those before it.

        Raises
        ------
        RunsError
            A file could not be sealed; `runs.recover` heals it later.
        """
        with self._guard:
            self._writer.close(ending, attributes=attributes, ended=ended)
        for thread in self._sealing:
            thread.join()
        if self._unsealed:
            raise self._unsealed[0]

    def abandon(self) -> None:
        """Let go of the file without sealing it."""
        with self._guard:
            self._writer.abandon()
        for thread in self._sealing:
            thread.join()


def _ordered(stream: str, names: list[str], columns: Mapping[str, Array]) -> list[Array]:
    """Put arrays into the order of their declaration."""
    what = f"stream {stream}" if stream else "row"
    if unknown := set(columns) - set(names):
        raise runs.RecordRefused(f"channel of {what}", sorted(unknown)[0], ", ".join(names))
    if missing := set(names) - set(columns):
        raise runs.RecordRefused(f"{what} without channel", sorted(missing)[0], ", ".join(names))
    return [columns[name] for name in names]
