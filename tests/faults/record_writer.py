"""The child that records, and tells through shared memory what it had handed over, and when.

``python -m tests.faults.record_writer PATH LEDGER SHAPE SECONDS [RESERVE]`` records one run in a
process of its own; the fault trials also call `record` in a forked process.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

import numpy as np

import runs
from tests.faults import record_shapes as shapes
from tests.faults.record_shapes import SHAPES, Shape, Side

_ENTRIES = 1 << 15
_STREAMS = 8
_HEAD = 8
_APART = 0.002  # [s]
_PATIENCE = 20.0  # [s], for which a full disk is waited out


class Stage(IntEnum):
    """How far a child has come."""

    STARTING = 0
    CREATING = 1
    RECORDING = 2
    CLOSING = 3
    CLOSED = 4
    GIVEN_UP = 5


class Ledger:
    """What was handed over by when, in a file that both sides map.

    The count of entries is written after the entry, so that a kill in between leaves no half one.
    """

    def __init__(self, path: Path, *, new: bool = False) -> None:
        size = (_HEAD + _ENTRIES * (1 + _STREAMS)) * 8
        if new:
            with path.open("wb") as file:
                file.truncate(size)
        words = np.memmap(path, "f8", "r+", shape=(size // 8,))
        self._head = words[:_HEAD]
        self._entries = words[_HEAD:].reshape(_ENTRIES, 1 + _STREAMS)

    @property
    def stage(self) -> Stage:
        """How far the child has come."""
        return Stage(int(self._head[0]))

    @stage.setter
    def stage(self, stage: Stage) -> None:
        self._head[0] = stage

    @property
    def refusals(self) -> int:
        """How often the disk refused, and the rows stayed in memory."""
        return int(self._head[3])

    @property
    def refused(self) -> float:
        """When the disk refused for the first time [s of the monotonic clock]; 0 is never."""
        return float(self._head[2])

    def refuse(self) -> None:
        """Note a refusal of the disk."""
        if not self._head[2]:
            self._head[2] = time.monotonic()
        self._head[3] += 1

    def note(self, counts: list[int]) -> None:
        """Note what has been handed over by now."""
        entry = int(self._head[1])
        if entry == _ENTRIES:
            raise RuntimeError("the ledger is full")
        self._entries[entry, 1 : 1 + len(counts)] = counts
        self._entries[entry, 0] = time.monotonic()
        self._head[1] = entry + 1

    def handed(self, by: float, streams: int) -> list[int]:
        """Give what had been handed over by an instant [s of the monotonic clock]."""
        entries = self._entries[: int(self._head[1])]
        known = int(np.searchsorted(entries[:, 0], by, side="right"))
        if not known:
            return [0] * streams
        return [int(count) for count in entries[known - 1, 1 : 1 + streams]]

    def since(self, stream: int, count: int, until: float, *, by: float = float("inf")) -> float:
        """Give for how long [s] the first record beyond `count` had been handed over.

        Known to some milliseconds, which is how far the entries are apart.

        Parameters
        ----------
        by
            What was handed over later does not count.
        """
        entries = self._entries[: int(self._head[1])]
        beyond = np.flatnonzero((entries[:, 1 + stream] > count) & (entries[:, 0] <= by))
        if not len(beyond):
            return 0.0
        return until - float(entries[beyond[0], 0])

    def begun(self) -> bool:
        """Tell whether its file was created."""
        return bool(self._head[1])

    def ends(self) -> tuple[float, float]:
        """Give the instants of the first and the last entry [s of the monotonic clock]."""
        entries = self._entries[: int(self._head[1])]
        return float(entries[0, 0]), float(entries[-1, 0])


@dataclass(slots=True)
class Recorder:
    """Hands a run over to its writer, row for row as the shape says."""

    shape: Shape
    writer: runs.RunWriter
    ledger: Ledger
    rows: int = 0
    sides: dict[str, int] = field(default_factory=dict)
    remarks: int = 0
    noted: float = 0.0

    def until(self, end: float) -> None:
        """Record until an instant [s of the monotonic clock]."""
        begun = time.monotonic()
        while (now := time.monotonic()) < end:
            if self.shape.rate:
                due = begun + (self.rows + self.shape.batch) / self.shape.rate
                if due > now:
                    time.sleep(min(due, end) - now)
                    continue
            self.batch()
            # As the engine does with every heartbeat: what the writer's own flushes met is told.
            patiently(self.ledger, self.writer.flush_if_due)
            self._note()
        self._note(anyway=True)

    def _note(self, *, anyway: bool = False) -> None:
        now = time.monotonic()
        if anyway or now - self.noted > _APART or self.shape.rate:
            counts = [self.rows, *(self.sides[side.name] for side in self.shape.sides)]
            self.ledger.note([*counts, self.remarks])
            self.noted = now

    def batch(self) -> None:
        """Hand the next rows over, and what belongs to them."""
        shape, stop = self.shape, self.rows + self.shape.batch
        if shape.how == "extend":
            columns = [shapes.column(self.rows, stop, k) for k in range(shape.channels)]
            patiently(
                self.ledger,
                self.writer.extend,
                shapes.times(self.rows, stop),
                *columns,
                taken=lambda: self.writer.rows >= stop,
            )
            self.rows = stop
        else:
            self._rows(stop)
        for side in shape.sides:
            for number in range(self.sides[side.name], stop // side.every):
                self._side(side, number)
        if shape.remark_every:
            for number in range(self.remarks, stop // shape.remark_every):
                at = float(shapes.times(number, number + 1, shape.remark_every)[0])
                text = shapes.REMARK.format(number)
                patiently(self.ledger, self.writer.event, at, "note", text)
                self.remarks = number + 1
        if shape.flush_every and stop // shape.flush_every != (stop - shape.batch) // (
            shape.flush_every
        ):
            patiently(self.ledger, self.writer.flush)

    def _rows(self, stop: int) -> None:
        shape, writer, names = self.shape, self.writer, self.shape.names()
        for number in range(self.rows, stop):
            if number == 0 or shapes.phase(number) != shapes.phase(number - 1):
                writer.phase(shapes.phase(number))
            values = shapes.row(number, shape.channels)
            at = (number + 1) * shapes.STEP
            try:
                if shape.how == "record":
                    writer.record(at, **dict(zip(names, values, strict=True)))
                else:
                    writer.append(at, *values)
            except runs.DiskFull:
                # Refused before or after the row was taken into memory: only the count tells.
                patiently(
                    self.ledger, writer.append, at, *values, taken=lambda: writer.rows > self.rows
                )
            self.rows = number + 1

    def _side(self, side: Side, number: int) -> None:
        at = float(shapes.times(number, number + 1, side.every)[0])
        values = [shapes.block(side, number, number + 1, k)[0] for k in range(len(side.channels))]
        stream = self.writer.stream(side.name)
        # Where the disk is full the record waits in memory all the same.
        patiently(self.ledger, stream.append, at, *values, taken=lambda: stream.rows > number)
        self.sides[side.name] = number + 1


def patiently(
    ledger: Ledger,
    hand_over: Callable[..., object],
    *given: object,
    taken: Callable[[], bool] = lambda: False,
) -> None:
    """Hand something over, again and again while the disk is full and until it was taken."""
    until = 0.0
    while not taken():
        try:
            hand_over(*given)
        except runs.DiskFull:
            now = time.monotonic()
            until = until or now + _PATIENCE
            ledger.refuse()
            if now > until:
                raise
            time.sleep(0.02)
        else:
            return


def record(
    path: Path, book: Path, name: str, seconds: float, reserve: int | None = None
) -> None:  # fmt: skip
    """Record a run of the named shape for so long, and close it as completed."""
    ledger, shape = Ledger(book), SHAPES[name]
    declared = shapes.header(shape)
    ledger.stage = Stage.CREATING
    try:
        writer = runs.create(path, declared)
        if reserve is not None:
            writer.reserve = reserve
        recorder = Recorder(shape, writer, ledger, sides={side.name: 0 for side in shape.sides})
        ledger.note([0] * len(shape.streams))
        ledger.stage = Stage.RECORDING
        recorder.until(time.monotonic() + seconds)
        ledger.stage = Stage.CLOSING
        patiently(ledger, writer.close)
        ledger.stage = Stage.CLOSED
    except runs.RecordFailed as error:
        ledger.refuse()
        ledger.stage = Stage.GIVEN_UP
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        # What an interpreter frees at its end may touch the file that HDF5 could not write.
        os._exit(3)


def main() -> None:
    """Record one run in this process."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    path, book, name, seconds, *reserve = sys.argv[1:]
    record(Path(path), Path(book), name, float(seconds), *(int(each) for each in reserve))


if __name__ == "__main__":
    main()
