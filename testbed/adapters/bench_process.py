"""What the processes of one bench share: its file, its clock, its lock, its watchdog."""

import fcntl
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from testbed.adapters import simulation
from testbed.adapters.benches import BenchFile, BenchRefused, bench_files
from testbed.adapters.remote_clock import ControlSocket, LocalClock, RemoteClock
from testbed.engine.bench import Bench
from testbed.engine.ports import Assignment

__all__ = ["BenchLock", "OpenBench", "Watchdog", "find_bench", "open_bench"]


def find_bench(directory: Path, name: str) -> BenchFile:
    """Find a bench by name.

    Raises
    ------
    BenchRefused
        There is none of that name; the message lists those that there are.
    """
    found = bench_files(directory)
    if name not in found:
        raise BenchRefused(f"no bench {name!r}; accepted: {', '.join(found) or 'none yet'}")
    return found[name]


@dataclass(frozen=True, slots=True)
class OpenBench:
    """A bench that can be worked on.

    Attributes
    ----------
    control
        Control socket of its simulator, if it is simulated.
    """

    bench: Bench
    clock: LocalClock | RemoteClock
    control: ControlSocket | None

    def close(self) -> None:
        """Let go of the simulator's control socket."""
        if self.control is not None:
            self.control.close()


def open_bench(file: BenchFile, state: Path, visa_library: str) -> OpenBench:
    """Find the addresses and the clock of a bench; a simulator has to be there already.

    Raises
    ------
    BenchRefused
        The bench is simulated and its simulator does not live.
    """
    if not file.simulated:
        return OpenBench(file.bench(visa_library), LocalClock(), None)
    found = simulation.running(state)
    if found is None:
        raise BenchRefused(
            f"the simulator of {file.name} is not there; start it: "
            f"testbed simulators start {file.name}"
        )
    control = found.control()
    clock = RemoteClock(control)
    return OpenBench(
        file.bench(visa_library, found.announcement),
        LocalClock() if clock.factor == 1.0 else clock,
        control,
    )


class BenchLock:
    """The right to work on a bench; the kernel gives it back when its holder dies."""

    def __init__(self, state: Path) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(state / "bench.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)

    def take(self, within: float) -> bool:
        """Take it, waiting for `within` [s]; tells whether it was given."""
        until = time.monotonic() + within
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    return False
                time.sleep(0.05)
            else:
                return True

    def close(self) -> None:
        """Give it back."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Watchdog:
    """The process that drives the bench safe when this one dies; see ``testbed watchdog``.

    It reads from a pipe that only this process writes to: an end without a farewell means that
    this process is dead. One that is gone is replaced, before a run and during it.
    """

    def __init__(self, home: Path, bench: str, log: Path) -> None:
        self._command = [sys.executable, "-m", "testbed", "watchdog", "--home", str(home), bench]
        self._log = log
        self._last = "idle"
        self._turn = threading.Lock()
        self._start()

    def _start(self) -> None:
        with self._log.open("ab") as words:
            # A session of its own: what kills the worker's group does not kill the watchdog.
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=words,
                stderr=words,
                start_new_session=True,
            )
        assert self._process.stdin is not None
        self._pipe: BinaryIO = self._process.stdin  # type: ignore[assignment]

    @property
    def pid(self) -> int:
        """Number of its process."""
        return self._process.pid

    def watch(self, assignment: Assignment | None) -> None:
        """Say which run is going on."""
        with self._turn:
            self._last = "idle" if assignment is None else f"run {assignment.run}"
            self._replace_if_gone()
            self._say(self._last)

    def tend(self) -> None:
        """Replace it where it is gone."""
        with self._turn:
            if self._replace_if_gone():
                self._say(self._last)

    def dismiss(self) -> None:
        """Say farewell: nothing is left to be made safe."""
        with self._turn:
            self._say("bye")
            with suppress(OSError):
                self._pipe.close()
            self._process.wait(10)

    def _replace_if_gone(self) -> bool:
        if self._process.poll() is None:
            return False
        with suppress(OSError):
            self._pipe.close()
        self._start()
        return True

    def _say(self, line: str) -> None:
        # One that dies at this moment is replaced the next time.
        with suppress(OSError):
            self._pipe.write(line.encode() + b"\n")
            self._pipe.flush()
