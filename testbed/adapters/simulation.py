"""Simulators as processes of their own: found by their announcement, started, told to end."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from testbed.adapters.remote_clock import ControlSocket

__all__ = ["Simulation", "SimulatorFailed", "running", "start"]

_START = 20.0  # [s]


class SimulatorFailed(Exception):
    """A simulator did not come up; the message has its last words."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """A simulator that lives.

    Attributes
    ----------
    announcement
        File in which it says where it can be reached.
    process
        The process, where this one started it.
    """

    announcement: Path
    pid: int
    address: str
    process: subprocess.Popen[bytes] | None = None

    def control(self) -> ControlSocket:
        """Open its control socket."""
        return ControlSocket(self.address)

    def stop(self) -> None:
        """Tell it to end, and see that it did."""
        try:
            process = psutil.Process(self.pid)
            process.terminate()
            process.wait(5)
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            process.kill()
        if self.process is not None:
            self.process.wait(5)


def running(state: Path) -> Simulation | None:
    """Find the simulator that serves this bench, if one lives."""
    announcement = state / "simulator.json"
    try:
        announced = json.loads(announcement.read_text(encoding="utf-8"))
        alive = psutil.pid_exists(announced["pid"])
        ours = alive and "instruments.simulators" in psutil.Process(announced["pid"]).cmdline()
    except (OSError, ValueError, KeyError, psutil.Error):
        return None
    return Simulation(announcement, announced["pid"], announced["control"]) if ours else None


def start(
    bench_file: Path, state: Path, options: Sequence[str] = (), *, with_parent: bool = True
) -> Simulation:
    """Start the simulator of a bench and wait until it can be reached.

    Parameters
    ----------
    state
        Directory for its announcement and its log.
    options
        Further options of ``python -m instruments.simulators``.

    Raises
    ------
    SimulatorFailed
        It ended, or did not announce itself in time.
    """
    state.mkdir(parents=True, exist_ok=True)
    announcement = state / "simulator.json"
    announcement.unlink(missing_ok=True)
    words = state / "simulator.err"
    command = [
        *(sys.executable, "-m", "instruments.simulators", str(bench_file)),
        *("--announce", str(announcement), "--log", str(state / "simulator.log")),
        *(("--with-parent",) if with_parent else ()),
        *options,
    ]
    with words.open("wb") as errors:
        # A session of its own: Ctrl-C reaches it through us alone, once the bench is safe.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    until = time.monotonic() + _START
    while time.monotonic() < until and process.poll() is None:
        if announcement.exists():
            announced = json.loads(announcement.read_text(encoding="utf-8"))
            return Simulation(announcement, process.pid, announced["control"], process)
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise SimulatorFailed(
        f"simulator of {bench_file.name}: {words.read_text(errors='replace')[-500:].strip()}"
    )
