"""A centre with one battery bench, its simulator and its worker, each a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from testbed import bootstrap
from testbed.adapters import simulation
from testbed.engine.ports import BenchState
from testbed.services.rows import BenchRow
from tests.faults.test_killed_worker import centre, start, until

BENCH = "battery-1"


class BenchAtWork:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.testbed = centre(home)
        self.engineer = self.testbed.people.find("engineer")
        self.state = home / "state" / BENCH
        self.worker: subprocess.Popen[bytes] | None = None
        self.plug_in()

    def plug_in(self) -> None:
        file = self.home / "benches" / f"{BENCH}.toml"
        self.simulator = simulation.start(file, self.state)
        self.control = self.simulator.control()

    def cut_power(self) -> None:
        """Kill the simulator, as if nothing of the bench was there any more."""
        self.control.close()
        os.kill(self.simulator.pid, signal.SIGKILL)
        if self.simulator.process is not None:
            self.simulator.process.wait()

    def hire(self) -> None:
        """Start a worker and wait until it reports."""
        with (self.home / "worker.log").open("ab") as words:
            self.worker = subprocess.Popen(
                [sys.executable, "-m", "testbed", "worker", "--home", self.home, BENCH],
                stdout=words,
                stderr=words,
            )
        until(lambda: self.row().worker_pid == self.worker.pid, 30, self.log())

    def log(self) -> str:
        return (self.home / "worker.log").read_text()

    def row(self) -> BenchRow:
        rows = self.testbed.queries.benches(self.engineer)
        return rows[0] if rows else BenchRow(
            name=BENCH, title=self.engineer.name, state=BenchState.OFFLINE, detail="", run="",
            seen_seconds_ago=None, worker_pid=None,
        )  # fmt: skip

    def watchdogs(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if "watchdog" in words and str(self.home) in words:
                found.append(process)
        return found

    def begin(self) -> str:
        """Start a run and wait until it charges."""
        run = start(self.testbed)
        until(self.on, 20, "the cell is charged")
        return run

    def on(self) -> bool:
        return any(self.control.ask("truth")["truth"]["outputs"].values())

    def off(self) -> bool:
        return not self.on()

    def kill(self, *processes: psutil.Process) -> None:
        """Kill the worker and what else is named, as one."""
        assert self.worker is not None
        for pid in (*(process.pid for process in processes), self.worker.pid):
            os.kill(pid, signal.SIGKILL)
        self.worker.wait()

    def ending(self, run: str) -> str | None:
        detail = self.testbed.queries.run(self.engineer, run)
        return None if detail is None else detail.row.ending

    def clear(self, remark: str = "looked at it") -> None:
        answer = self.testbed.execution.clear_bench(self.engineer, BENCH, remark)
        assert type(answer).__name__ == "Done", answer

    def transitions(self) -> list[str]:
        rows = self.testbed.queries.audit(self.engineer, BENCH)
        return [row.transition for row in rows]

    def close(self) -> None:
        if self.worker is not None and self.worker.poll() is None:
            self.worker.terminate()
            self.worker.wait(30)
        until(lambda: not self.watchdogs(), 30, "the watchdog ends")
        if self.simulator.process is not None and self.simulator.process.poll() is None:
            self.control.close()
            self.simulator.stop()
        self.testbed.close()


@contextmanager
def bench_at_work(home: Path) -> Iterator[BenchAtWork]:
    bench = BenchAtWork(home)
    try:
        yield bench
    finally:
        bench.close()


def rebuild(bench: BenchAtWork) -> bootstrap.Testbed:
    """Open the centre again, as after a restart."""
    bench.testbed.close()
    bench.testbed = bootstrap.build(bench.testbed.settings)
    return bench.testbed
