"""Runs at simulated benches, each struck at a random instant in one of many ways.

A strike is aimed at a real ``testbed run`` process: it is aborted, interrupted twice or killed, or
one of its instruments is unplugged. What was switched on is read from the simulator's own log.
``python -m tests.faults.storm 500`` runs a whole storm.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed import bootstrap, settings
from testbed.adapters import simulation
from testbed.adapters.bench_process import BenchLock
from testbed.adapters.benches import add_training_benches
from testbed.engine.ports import BenchState
from testbed.services.rows import BenchRow

IN_TIME = 5.0  # [s]
# Bench to method, parameters, and a clock that makes the run last some seconds.
BENCHES = {
    "battery-1": ("iec-61960-3", ("rated_capacity=2.5 A h",), "2000"),
    "climate-1": ("iec-60068-2-2", ("duration=2 h",), "3000"),
    "utm-1": ("iso-6892-1", ("s0=78.54 mm2",), "20"),
}
WAYS = ("abort", "interrupt twice", "kill", "unplug", "unplug and kill")


@dataclass(slots=True)
class Stage:
    """A centre with one bench whose simulator outlives all that happens to the runs.

    Attributes
    ----------
    seen
        Events of the simulator's log that belong to earlier runs.
    dark_until
        When the plug that was pulled is back [s of the monotonic clock].
    """

    bench: str
    home: Path
    testbed: bootstrap.Testbed
    control: Any
    seen: int = 0
    dark_until: float = 0.0

    @property
    def method(self) -> str:
        """The method that the bench is for."""
        return BENCHES[self.bench][0]

    def command(self) -> list[str]:
        """Give the command that carries out a run here."""
        method, parameters, _ = BENCHES[self.bench]
        given = [word for text in parameters for word in ("--param", text)]
        return [sys.executable, "-m", "testbed", "run", method, "--bench", self.bench, "--yes",
                "--home", str(self.home), "--lang", "en", *given]  # fmt: skip

    def said(self) -> str:
        """Give the last words of the present run, and of the bench."""
        words = (self.home / f"{self.bench}.log").read_text(errors="replace")[-600:]
        row = self._row()
        return f"{words} ({row.state}: {row.detail})"

    def events(self) -> list[dict[str, Any]]:
        """List what was switched since the present run began."""
        found: list[dict[str, Any]] = self.control.ask("log", after=self.seen)["events"]
        return [event for event in found if event["event"] == "output"]

    def on(self) -> dict[str, bool]:
        """Tell by role what is on, now."""
        outputs: dict[str, bool] = self.control.ask("truth")["truth"]["outputs"]
        return outputs

    def state(self) -> BenchState:
        """Tell what the centre holds of the bench."""
        return self._row().state

    def _row(self) -> BenchRow:
        actor = self.testbed.people.find("bench")
        rows = self.testbed.queries.benches(actor)
        return next(row for row in rows if row.name == self.bench)

    def plug_back(self) -> None:
        """Wait until every plug is back, and take away what was not pulled yet."""
        self.control.ask("clear")
        time.sleep(max(self.dark_until - time.monotonic(), 0.0))

    def idle(self) -> bool:
        """Tell whether no run is on record as running, and no process works on the bench."""
        if self.testbed.queries.live(self.testbed.people.find("bench")):
            return False
        with BenchLock(self.home / "state" / self.bench) as lock:
            return lock.take(within=0.0)


@contextmanager
def stage(bench: str, home: Path) -> Iterator[Stage]:
    """Set a centre up and start the simulator of one of its benches."""
    add_training_benches(home / "benches")
    state = home / "state" / bench
    options = ("--clock", BENCHES[bench][2])
    simulator = simulation.start(home / "benches" / f"{bench}.toml", state, options)
    testbed = bootstrap.build(settings.load(home, {}))
    control = simulator.control()
    try:
        yield Stage(bench, home, testbed, control)
    finally:
        control.close()
        testbed.close()
        simulator.stop()


def wait(condition: Callable[[], bool], within: float) -> bool:
    """Wait for a condition; tells whether it came true in time."""
    until = time.monotonic() + within
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def strike(place: Stage, way: str, chance: random.Random) -> str:
    """Carry out one run and strike it; gives what was wrong afterwards, "" where nothing was."""
    place.plug_back()
    place.control.ask("reset")
    place.seen = len(place.control.ask("log")["events"])
    with (place.home / f"{place.bench}.log").open("ab") as words:
        process = subprocess.Popen(
            place.command(), stdin=subprocess.DEVNULL, stdout=words, stderr=words,
            start_new_session=True,
        )  # fmt: skip
    try:
        if not wait(lambda: bool(place.events()) or process.poll() is not None, 40):
            return "nothing was ever switched on"
        if process.poll() is not None:
            return f"the run ended by itself with code {process.returncode}: {place.said()}"
        time.sleep(chance.uniform(0.0, 1.0))
        unplugged = _carry_out(place, way, process, chance)
        struck = time.monotonic()
        left = max(IN_TIME - (time.monotonic() - struck), 0.0)
        wait(lambda: not any(place.on().values()), left)
        late = [role for role, on in place.on().items() if on and role != unplugged]
        if not wait(lambda: process.poll() is not None and place.idle(), 60):
            return "the run or its watchdog did not end within a minute"
        return _judged(place, late)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _carry_out(
    place: Stage, way: str, process: subprocess.Popen[bytes], chance: random.Random
) -> str:
    """Strike; gives the role that was unplugged, "" where none was."""
    role = ""
    if way.startswith("unplug"):
        role = chance.choice(sorted(place.testbed.methods()[place.method].declared_needs()))
        seconds = chance.choice((0.2, 1.5, 12.0))
        place.control.ask("fault", role=role, fault="disconnect", seconds=seconds)
        # It is pulled at the next line, which every method says within the second.
        place.dark_until = time.monotonic() + seconds + 1.0
        time.sleep(chance.uniform(0.0, 0.5))
    if way == "abort":
        actor = place.testbed.people.find("bench")
        live = place.testbed.queries.live(actor)
        place.testbed.execution.abort(actor, live[0].row.number)
    elif way == "interrupt twice":
        process.send_signal(signal.SIGINT)
        time.sleep(chance.uniform(0.0, 0.3))
        process.send_signal(signal.SIGINT)
    elif way.endswith("kill"):
        process.kill()
        process.wait()
    return role


def _judged(place: Stage, late: list[str]) -> str:
    if late:
        return f"still on after {IN_TIME:g} s: {', '.join(late)}"
    on = [role for role, is_on in place.on().items() if is_on]
    if place.state() is not BenchState.UNSAFE:
        return f"on, and the bench calls itself safe: {', '.join(on)}" if on else ""
    # An unsafe bench refuses work and says why, until a person has looked at it.
    before = len(place.events())
    refused = subprocess.run(place.command(), capture_output=True, text=True, timeout=60)
    if refused.returncode == 0 or "safe" not in refused.stdout + refused.stderr:
        return f"an unsafe bench took work: {refused.stdout}{refused.stderr}"
    if any(event["on"] for event in place.events()[before:]):
        return "an unsafe bench switched something on"
    place.plug_back()
    wait(lambda: _cleared(place), 40)
    if place.state() is BenchState.UNSAFE:
        return "the bench could not be cleared after its instruments were back"
    on = [role for role, is_on in place.on().items() if is_on]
    return f"on after the bench was cleared: {', '.join(on)}" if on else ""


def _cleared(place: Stage) -> bool:
    clearing = subprocess.run(
        [sys.executable, "-m", "testbed", "benches", "clear", place.bench, "--login", "bench",
         "--remark", "looked at", "--home", str(place.home)],
        capture_output=True,
        timeout=60,
    )  # fmt: skip
    return clearing.returncode == 0


def storm(bench: str, home: Path, ways: list[str], seed: int) -> list[str]:
    """Strike one run after the other; gives what was wrong, a line each."""
    chance = random.Random(f"{bench} {seed}")
    wrong = []
    with stage(bench, home) as place:
        for number, way in enumerate(ways):
            found = strike(place, way, chance)
            if found:
                wrong.append(f"{bench} {number} {way}: {found}")
    return wrong


def main() -> None:
    """Run a storm of as many strikes as asked for, over all benches."""
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    share = -(-count // len(BENCHES))
    chance = random.Random(seed)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as directory, ProcessPoolExecutor(len(BENCHES)) as pool:
        jobs = [
            pool.submit(storm, bench, Path(directory) / bench, chance.choices(WAYS, k=share), seed)
            for bench in BENCHES
        ]
        wrong = [line for job in jobs for line in job.result()]
    print("\n".join(wrong))
    taken = time.monotonic() - begun
    print(f"{share * len(BENCHES)} strikes in {taken:.0f} s, {len(wrong)} exceptions")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
