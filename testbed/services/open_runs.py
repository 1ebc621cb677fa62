"""Readers of run files, kept open between two looks at the same run."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import runs

__all__ = ["OpenRun", "OpenRuns", "Reader"]

_KEPT = 24


class Reader(Protocol):
    """Gives windows of the curves in a run file."""

    def window(
        self,
        channels: tuple[str, ...],
        *,
        stream: str = "",
        x: str = "time",
        x_from: float | None = None,
        x_to: float | None = None,
        pixels: int = 1000,
    ) -> dict[str, runs.Window]:
        """Read a window, thinned to `pixels`."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run file that is open: what it is, and its windows."""

    described: runs.Description
    reader: Reader
    lock: threading.Lock = field(default_factory=threading.Lock)

    def close(self) -> None:
        """Let go of the file, once nobody reads from it."""
        with self.lock:
            self.reader.close()


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


@dataclass(frozen=True, slots=True)
class _Reopened:
    """Opens the file for each window."""

    path: Path

    def window(
        self,
        channels: tuple[str, ...],
        *,
        stream: str = "",
        x: str = "time",
        x_from: float | None = None,
        x_to: float | None = None,
        pixels: int = 1000,
    ) -> dict[str, runs.Window]:
        if stream:
            raise KeyError(stream)
        return runs.window(self.path, channels, x=x, x_from=x_from, x_to=x_to, pixels=pixels)

    def close(self) -> None:
        return None


def _open(path: Path) -> OpenRun:
    return OpenRun(runs.describe(path), _Reopened(path))
