"""The processes of a centre: simulators, one worker per bench, the web; kept alive, then ended."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from testbed.adapters import simulation
from testbed.adapters.benches import BenchFile

__all__ = ["Parent", "Supervisor"]

_PATIENCE = 15.0  # [s] that a process has to end by itself
_BACK_OFF = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(slots=True)
class _Child:
    name: str
    command: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    next_start: float = 0.0
    started: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Starts processes and starts them again when they die, until told to stop.

    Attributes
    ----------
    home
        Directory of the centre.
    say
        Tells people what happens, in a line.
    """

    home: Path
    say: Callable[[str], None]
    _children: list[_Child] = field(default_factory=list)
    _simulators: dict[str, tuple[BenchFile, Path, Sequence[str]]] = field(default_factory=dict)
    _running: dict[str, simulation.Simulation] = field(default_factory=dict)

    def add_simulator(self, bench: BenchFile, state: Path, options: Sequence[str] = ()) -> None:
        """Start the simulator of a bench, or keep the one that lives."""
        self._simulators[bench.name] = (bench, state, options)
        self._running[bench.name] = simulation.running(state) or simulation.start(
            bench.path, state, options
        )

    def add(self, name: str, arguments: Sequence[str], log: Path) -> None:
        """Start ``python -m testbed`` with arguments."""
        log.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "testbed", *arguments]
        child = _Child(name, command, log)
        self._children.append(child)
        self._start(child)

    def _start(self, child: _Child) -> None:
        with child.log.open("ab") as words:
            child.process = subprocess.Popen(
                [*child.command, "--with-parent"],
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                start_new_session=True,
            )
        child.started = time.monotonic()

    def pids(self) -> dict[str, int]:
        """Give the processes by name."""
        return {child.name: child.process.pid for child in self._children if child.process}

    def tend(self, stop: threading.Event, *, with_parent: bool = False) -> None:
        """Look after all processes until `stop` is set, or the parent has gone."""
        parent = Parent()
        while not stop.wait(0.2):
            if with_parent and parent.has_gone():
                return
            for child in self._children:
                self._look_after(child)
            for name, (bench, state, options) in self._simulators.items():
                process = self._running[name].process
                if process is not None and process.poll() is not None:
                    self.say(f"simulator of {name} ended and is started again")
                    self._running[name] = simulation.start(bench.path, state, options)

    def _look_after(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is not None:
            code = child.process.poll()
            if code is None:
                return
            child.failures = 0 if now - child.started > 30 else child.failures + 1
            wait = _BACK_OFF[min(child.failures, len(_BACK_OFF) - 1)]
            self.say(f"{child.name} ended (code {code}) and is started again; see {child.log}")
            child.process = None
            child.next_start = now + wait
        elif now >= child.next_start:
            self._start(child)

    def stop(self) -> bool:
        """End everything: workers first, as they leave their benches safe, simulators last.

        Returns whether each process ended by itself and well; those that did not are named.
        """
        alive = [(child, child.process) for child in self._children if child.process is not None]
        for _, process in alive:
            if process.poll() is None:
                process.terminate()
        until = time.monotonic() + _PATIENCE
        for _, process in alive:
            try:
                process.wait(max(until - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        # Uvicorn ends by the signal itself, as does what had not yet begun to work.
        well = (0, -signal.SIGTERM)
        failed = [child for child, process in alive if process.returncode not in well]
        for child in failed:
            self.say(f"{child.name} did not end well; see {child.log}")
        self._children.clear()
        for running in self._running.values():
            running.stop()
        self._running.clear()
        return not failed


class Parent:
    """The process that started this one; tells when it has gone, or is about to.

    GNU make does not pass SIGINT on to its children: it stops catching the signal (its handler is
    gone from the mask in /proc) and waits for them.
    """

    def __init__(self) -> None:
        self._pid = os.getppid()
        self._made = self._is_make() and self._catches_interrupt()

    def has_gone(self) -> bool:
        """Tell whether the parent has ended, or is make that was interrupted."""
        return os.getppid() != self._pid or (self._made and not self._catches_interrupt())

    def _is_make(self) -> bool:
        try:
            return Path(f"/proc/{self._pid}/comm").read_text().strip() in ("make", "gmake")
        except OSError:
            return False

    def _catches_interrupt(self) -> bool:
        try:
            status = Path(f"/proc/{self._pid}/status").read_text()
        except OSError:
            return False
        caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
        return bool(int(caught.split()[1], 16) >> (signal.SIGINT - 1) & 1)
