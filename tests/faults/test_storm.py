"""Runs that end at random in every way: each output is off within 5 s, or the run says *unsafe*.

``TESTBED_STORM=500 pytest tests/faults/test_storm.py --timeout 7200`` runs the whole storm.
"""

import os
import random
import threading
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from testbed.adapters.methods import installed_methods
from testbed.adapters.remote_clock import RemoteClock
from testbed.engine.control import Aborted, Control
from testbed.engine.executor import carry_out
from testbed.engine.ports import Assignment, Progress, RunResult
from testbed.procedure import complete_parameters

CASES = int(os.environ.get("TESTBED_STORM", "9"))
IN_TIME = 5.0  # [s]
# Bench to method, parameters, and a clock that makes the run last some seconds.
BENCHES = {
    "battery-1": ("iec-61960-3", {"rated_capacity": 2.5}, "2000"),
    "climate-1": ("iec-60068-2-2", {"duration": 2.0}, "4000"),
    "utm-1": ("iso-6892-1", {"s0": 78.54}, "20"),
}
WAYS = ("abort", "abort twice", "unplug")


@pytest.fixture(scope="module", params=BENCHES)
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Any, Any]]:
    directory = tmp_path_factory.mktemp(request.param)
    path = Path(str(files("testbed.adapters") / "training" / f"{request.param}.toml"))
    simulator = simulation.start(path, directory, ("--clock", BENCHES[request.param][2]))
    yield request.param, simulator, read_bench(path).bench("@py", simulator.announcement)
    simulator.stop()


def test_every_output_is_off_in_time_or_the_run_says_unsafe(
    stage: tuple[str, Any, Any], tmp_path: Path
):
    name, simulator, bench = stage
    method_id, given, _ = BENCHES[name]
    method = installed_methods()[method_id]
    control = simulator.control()
    watched = simulator.control()
    clock = RemoteClock(watched)
    chance = random.Random(name)
    share = -(-CASES // len(BENCHES))
    for number in range(share):
        way = WAYS[number % len(WAYS)] if number < len(WAYS) else chance.choice(WAYS)
        control.ask("clear")
        control.ask("reset")
        assignment = Assignment(
            run=f"R-{number}",
            method=method.id,
            version=method.version,
            parameters=complete_parameters(method, given),
            limits=(),
            facts={},
            file=tmp_path / f"{number}.h5",
        )
        ended, result, after = _one(assignment, method, bench, clock, control, way, chance)
        outputs = control.ask("truth")["truth"]["outputs"]
        case = (name, number, way, round(after, 2), result.remark)
        assert ended <= IN_TIME + after, case
        if result.safe:
            assert not any(outputs.values()), (case, outputs)
            assert _off_within(control, IN_TIME, time.time() - ended), case
        time.sleep(0.6)
    control.close()
    watched.close()


def _one(
    assignment: Assignment,
    method: Any,
    bench: Any,
    clock: RemoteClock,
    control: Any,
    way: str,
    chance: random.Random,
) -> tuple[float, RunResult, float]:
    """Carry out one run and end it; gives seconds from then to its end, result, and grace."""
    steering = Control()

    def beat(progress: Progress) -> tuple[()]:
        if progress.prompt is not None:
            options = progress.prompt.options
            steering.answer(progress.prompt.number, options[0] if options else "")
        return ()

    results: list[RunResult] = []
    thread = threading.Thread(
        target=lambda: results.append(
            carry_out(assignment, method, bench, clock, beat, control=steering)
        )
    )
    thread.start()
    time.sleep(chance.uniform(0.3, 1.8))
    begun = time.monotonic()
    # What was pulled has to be noticed at the next exchange before anything can be done.
    grace = 0.0
    if way == "unplug":
        grace = 8.0
        role = chance.choice(sorted(method.declared_needs()))
        control.ask("fault", role=role, fault="disconnect", seconds=0.3)
    else:
        steering.abort(Aborted("remark.aborted", by="storm"))
        if way == "abort twice":
            time.sleep(0.05)
            steering.abort(Aborted("remark.aborted", by="storm"))
    thread.join(60)
    assert results, (assignment.method, way)
    return time.monotonic() - begun, results[0], grace


def _off_within(control: Any, seconds: float, since: float) -> bool:
    """Tell from the simulator's own log that nothing was switched on again, and all off in time."""
    on: dict[str, float] = {}
    for event in control.ask("log")["events"]:
        if event["event"] == "output":
            on.pop(event["role"], None)
            if event["on"]:
                on[event["role"]] = event["wall"]
    return not on or time.time() - since < seconds
