"""Writing a run: rows, blocks and events, on disk and visible to others within a quarter second."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
from numpy.typing import NDArray

from runs import layout
from runs.errors import DiskFull, RecordFailed, RecordRefused, RunsError
from runs.header import Header, Sealed
from runs.layout import EVENTS, Chunk
from runs.memory import kept_memory
from runs.opening.locks import beside
from runs.recording.buffers import BlockBuffer, Recorder, RowBuffer
from runs.recording.confirming import Disk
from runs.recording.thinning import thinned
from runs.sealing.finish import finish, reaches_disk
from runs.sealing.journal import Ending, Journal
from runs.streams import MAIN, Attribute, Blocks, Rows

__all__ = ["ENDINGS", "RunWriter", "create"]

ENDINGS = ("completed", "aborted", "error", "interrupted")
_PERIOD = 0.25  # [s]
_RESERVE = 8 << 20  # [bytes]
# Files that must never be closed.
_BROKEN: list[h5py.File] = []


class RunWriter:
    """The one writer of a run file.

    What is recorded waits in memory until 8192 rows or a mebibyte have gathered; threads of
    the writer's own hand over what waits, and have the disk confirm it, every quarter of a second.

    Attributes
    ----------
    append, record, extend
        Those of the main stream: see `RowBuffer`.
    reserve
        Room [bytes] that stays free on the disk: HDF5 does not survive a failed write, so that a
        disk too full is refused before it is asked.
    """

    def __init__(self, path: Path, header: Header, *, view: bool = True) -> None:
        kept_memory()
        self.path = path
        self.reserve = _RESERVE
        self._header = header
        self._guard = threading.RLock()
        self._main = RowBuffer(Rows(MAIN, header.channels), self._guard, self.flush)
        self._buffers: dict[str, RowBuffer | BlockBuffer] = {MAIN: self._main}
        for stream in header.streams:
            make = BlockBuffer if isinstance(stream, Blocks) else RowBuffer
            self._buffers[stream.name] = make(stream, self._guard, self.flush)  # type: ignore[arg-type]
        self.append = self._main.append
        self.record = self._main.record
        self.extend = self._main.extend
        self._events: list[tuple[float, str, str]] = []
        self._count = dict.fromkeys((*self._buffers, EVENTS), 0)
        self._trouble: RunsError | None = None
        self._open = True
        self._create(path, header)
        self._variables = {
            each.path: layout.Growing(self._file, each)
            for each in layout.planned(header)
            if each.points is None
        }
        self._begun: dict[str, list[Chunk]] = {}
        descriptor = self._file.id.get_vfd_handle()
        self._disk = Disk(path, descriptor, self._journal, self._guard)
        self._views = thinned(path, header) if view else {}
        # The first is held for as long as the run is open.
        self._recording, self._turn = threading.Lock(), threading.Lock()
        self._recording.acquire()
        self._threads = [
            threading.Thread(target=self._tend, name=f"{name} tender of {path}", daemon=True)
            for name in ("first", "second")
        ]
        for thread in self._threads:
            thread.start()

    def _create(self, path: Path, header: Header) -> None:
        taken = RecordRefused("file", str(path), "a path where nothing is yet")
        if path.exists():
            raise taken
        try:
            self._journal = Journal(path)
        except OSError as error:
            raise RecordFailed(f"{path} could not be created: {error}") from error
        # Another may have written and sealed it between the look and the lock.
        if path.exists():
            self._journal.release()
            raise taken
        # The name appears only once the file is in SWMR mode: a kill before that leaves no file.
        growing = beside(path, "new")
        try:
            growing.unlink(missing_ok=True)
            self._file = layout.create_live(growing, header)
            self._journal.begin(header)
            # It has its name only once its content and its journal are on the disk.
            reaches_disk(growing, path.parent)
            growing.rename(path)
            reaches_disk(path.parent)
        except BaseException as error:
            self._journal.release()
            if isinstance(error, OSError):
                raise RecordFailed(f"{path} could not be created: {error}") from error
            raise

    @property
    def rows(self) -> int:
        """Rows of the main stream recorded so far."""
        return self._main.rows

    def stream(self, name: str) -> Recorder:
        """Give the stream of that name, to record into it.

        Raises
        ------
        RecordRefused
            It was not declared.
        """
        if name not in self._buffers:
            declared = ", ".join(each for each in self._buffers if each) or "none was declared"
            raise RecordRefused("stream", name, declared)
        return self._buffers[name]

    def phase(self, index: int) -> None:
        """Let the rows from now on belong to the phase of that index."""
        if not 0 <= index < len(self._header.phases):
            raise RecordRefused("phase", index, f"0 to {len(self._header.phases) - 1}")
        self._main.phase(index)

    def event(self, time: float, kind: str, text: str) -> None:
        """Leave a remark at `time` [s]; `kind` is "phase", "prompt", "note", "fault" or "late"."""
        with self._guard:
            self._alive()
            self._events.append((time, kind, text))

    def flush_if_due(self) -> None:
        """Tell what the writer's own flushes met since the last time.

        Raises
        ------
        DiskFull
            There is still no room; what was recorded waits in memory.
        RecordFailed
            Nothing more can be recorded.
        """
        if self._trouble is not None:
            self.flush()

    def flush(self) -> None:
        """Hand everything to the operating system, where a kill cannot take it back.

        Raises
        ------
        RecordFailed
            The disk does not take the rows: this is the end, and `recover` heals what was flushed.
        DiskFull
            The disk is nearly full. Nothing was tried; the rows stay in memory for the next time.
        """
        with self._guard:
            self._alive()
            waiting = [buffer for buffer in self._buffers.values() if buffer.waiting]
            if not (waiting or self._events):
                return
            size = sum(buffer.waiting_size for buffer in self._buffers.values())
            self._disk.check_room(size, self.reserve)
            try:
                for buffer in waiting:
                    self._write(buffer)
                self._write_events()
                self._file.flush()
                self._journal.note(self._count, self._begun)
                self._disk.begin(chain.from_iterable(self._begun.values()))
                self._begun = {}
            except (OSError, RuntimeError) as error:
                # h5py tells a write that failed in a flush as RuntimeError, without its errno.
                raise self._broken(error) from error
            self._settle(None)
            for view in self._views.values():
                view.settle()

    def _write(self, buffer: RowBuffer | BlockBuffer) -> None:
        columns = buffer.take()
        prefix = f"{buffer.name}/" if buffer.name else ""
        *_, clock = columns.values()
        if buffer.name in self._views:
            self._views[buffer.name].take({**columns, "time": clock}, len(clock))
        for name, values in columns.items():
            self._append(prefix + name, values)
        buffer.taken(len(clock))
        self._count[buffer.name] += len(clock)

    def _append(self, path: str, values: NDArray[Any]) -> None:
        chunks = self._variables[path].append(values)
        if chunks:
            self._begun.setdefault(path, []).extend(chunks)

    def _write_events(self) -> None:
        if not self._events:
            return
        for name, values in layout.remarks(self._events).items():
            self._append(f"{EVENTS}/{name}", values)
        self._count[EVENTS] += len(self._events)
        self._events = []

    def _tend(self) -> None:
        """Flush every quarter of a second and have the disk confirm it, in turns of two threads.

        The one whose turn it is waits and flushes, and asks the disk while the other waits. As
        long as a disk takes seconds to confirm, the other does without it.
        """
        while self._open:
            try:
                with self._turn:
                    if self._recording.acquire(timeout=_PERIOD):
                        self._recording.release()
                        return
                    self._flush_open()
                if not self._disk.is_waited_for:
                    self._confirm()
            except DiskFull as error:
                self._settle(error)
            except RunsError:
                # It is told to the thread that records, by its next call.
                return

    def _flush_open(self) -> None:
        with self._guard:
            if self._open:
                self.flush()

    def _confirm(self) -> None:
        try:
            self._disk.confirm()
        except OSError as error:
            with self._guard:
                if self._open:
                    raise self._broken(error) from error

    def _settle(self, trouble: RunsError | None) -> None:
        if trouble is self._trouble:
            return
        self._trouble = trouble
        for buffer in self._buffers.values():
            if trouble is None:
                buffer.relax()
            else:
                buffer.hasten()

    def _broken(self, error: Exception) -> RecordFailed:
        # HDF5 crashes the process when a file is touched or freed after a failed write.
        self._stop()
        _BROKEN.append(self._file)
        self._journal.release(keep=True)
        failed = RecordFailed(f"{self.path} could not be written: {error}")
        self._settle(failed)
        return failed

    def _alive(self) -> None:
        if self._open:
            return
        if self._trouble is not None:
            raise RecordFailed(str(self._trouble))
        raise RecordRefused("run", self._header.run, "a run that is not closed yet")

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
            When it ended; the time of the last record where not given.
        """
        if ending not in ENDINGS:
            raise RecordRefused("ending", ending, ", ".join(ENDINGS))
        for name, value in (attributes or {}).items():
            layout.check_free(name, value)
        with self._guard:
            self.flush()
            # What is said to have ended so has to be on the disk in full.
            self._confirm()
            last = max(0.0, *(buffer.last for buffer in self._buffers.values()))
            instant = ended or self._header.started + timedelta(seconds=last)
            done = False
            try:
                self._end(Ending(ending, instant.astimezone(UTC), dict(attributes or {})))
                sealed = finish(self.path)
                done = True
            finally:
                self._journal.release(keep=not done)
        self._join()
        return sealed

    def _end(self, ending: Ending) -> None:
        try:
            self._journal.end(ending)
            layout.set_end(self._file, ending.status, ending.ended)
            self._file.flush()
        except (OSError, RuntimeError) as error:
            _BROKEN.append(self._file)
            raise RecordFailed(f"{self.path} could not be written: {error}") from error
        finally:
            self._stop()
        self._file.close()

    def _stop(self) -> None:
        self._open = False
        self._disk.leave()
        self._recording.release()
        for view in self._views.values():
            view.close()
        for buffer in self._buffers.values():
            buffer.hasten()

    def _join(self) -> None:
        for thread in self._threads:
            thread.join()

    def abandon(self) -> None:
        """Let go of the file without sealing it; `recover` heals it later."""
        with self._guard:
            if self._open:
                self._stop()
                self._file.close()
                self._journal.release(keep=True)
        self._join()

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


def create(path: Path, header: Header, *, view: bool = True) -> RunWriter:
    """Create a run file and begin to write it.

    Parameters
    ----------
    view
        Whether its curves are thinned while it is recorded, so that they can be looked at at once.

    Raises
    ------
    RecordRefused
        The path is taken, or the header cannot be written.
    RecordFailed
        The disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    return RunWriter(path, header, view=view)
