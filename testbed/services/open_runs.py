"""Readers of run files, kept open between two looks at the same run."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import runs
from testbed.engine.part_curves import PartCurves
from testbed.engine.segments import parts

__all__ = ["OpenRun", "OpenRuns"]

_KEPT = 24


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run file that is open, for one thread at a time."""

    curves: runs.Curves | PartCurves
    lock: threading.Lock = field(default_factory=threading.Lock)

    def close(self) -> None:
        """Let go of the file, once nobody reads from it."""
        with self.lock:
            self.curves.close()


class OpenRuns:
    """Lends readers; keeps those of ended runs open, the least used ones go first.

    A file that was replaced (healed, imported anew) is opened anew. A growing file is opened for
    each look.
    """

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._held: OrderedDict[tuple[Path, int, int, int], OpenRun] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def lend(self, path: Path, *, ended: bool) -> Iterator[OpenRun]:
        """Lend an open run to one thread.

        Raises
        ------
        FileNotFoundError, runs.NotARun
            There is nothing to read.
        """
        if not ended:
            growing = _open(path)
            try:
                yield growing
            finally:
                growing.close()
            return
        held = self._hold(path)
        with held.lock:
            yield held

    def _hold(self, path: Path) -> OpenRun:
        state = path.stat()
        key = (path, state.st_ino, state.st_size, state.st_mtime_ns)
        with self._lock:
            held = self._held.get(key)
            if held is None:
                held = self._held[key] = _open(path)
            self._held.move_to_end(key)
            gone = [self._held.popitem(last=False)[1] for _ in range(len(self._held) - self._kept)]
        for each in gone:
            each.close()
        return held

    def close(self) -> None:
        """Close every reader."""
        with self._lock:
            gone = list(self._held.values())
            self._held.clear()
        for each in gone:
            each.close()


def _open(path: Path) -> OpenRun:
    files = parts(path)
    return OpenRun(runs.Curves(path) if len(files) == 1 else PartCurves(files))
