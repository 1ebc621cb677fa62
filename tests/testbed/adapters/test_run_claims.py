"""Bench workers that are processes of their own fight for runs."""

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from testbed.domain.objections import Refused
from testbed.services.commands import StartRun
from tests.testbed.centres import ENGINES, METHOD, open_centre

WORKERS = 3
RUNS = 8

WORKER = """
import sys
from pathlib import Path
from testbed.bootstrap import build
from testbed.settings import Settings
from tests.testbed.centres import SetClock, result

home = Path(sys.argv[1])
clock = SetClock()
testbed = build(Settings(home=home, database=sys.argv[2]), clock)
print("ready", flush=True)
while not (home / "stop").exists():
    assignment = testbed.centre.claim("utm-1")
    if assignment is not None:
        print(assignment.run, flush=True)
        testbed.centre.finished(assignment.run, result(clock.now()))
testbed.close()
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_every_run_is_claimed_by_exactly_one_process(tmp_path: Path, engine: str) -> None:
    with open_centre(tmp_path, engine) as centre:
        database = centre.testbed.settings.database
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER, tmp_path, database],
                stdout=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parents[3],
            )
            for _ in range(WORKERS)
        ]
        try:
            for worker in workers:
                assert worker.stdout is not None
                assert worker.stdout.readline() == "ready\n"
            booking, engineer = centre.book(), centre.who("engineer")
            command = StartRun(booking=booking, method=METHOD, parameters={"s0": 10.0})
            started: list[str] = []
            until = time.monotonic() + 60
            while len(started) < RUNS and time.monotonic() < until:
                answer = centre.testbed.execution.start(engineer, command)
                if not isinstance(answer, Refused):
                    started.append(answer.run)
            while centre.testbed.queries.live(engineer) and time.monotonic() < until:
                time.sleep(0.05)
        finally:
            (tmp_path / "stop").touch()
            said = [worker.communicate(timeout=30)[0] for worker in workers]
        assert [worker.returncode for worker in workers] == [0] * WORKERS
        assert Counter(" ".join(said).split()) == Counter(started)
        assert len(started) == RUNS
