"""A simulated training bench in virtual time, and a run on it without a centre."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from testbed.adapters.methods import installed_methods
from testbed.adapters.remote_clock import RemoteClock
from testbed.engine.bench import Bench
from testbed.engine.control import Control
from testbed.engine.executor import carry_out
from testbed.engine.lease import Lease
from testbed.engine.ports import Assignment, Progress, RunResult
from testbed.procedure import complete_parameters


class Stage:
    def __init__(self, bench: Bench, simulator: simulation.Simulation) -> None:
        self.bench = bench
        self.control = simulator.control()
        self._clock_line = simulator.control()
        self.clock = RemoteClock(self._clock_line)
        self.steering = Control()

    def run(
        self,
        file: Path,
        method: str,
        given: dict[str, Any],
        lease: Lease | None = None,
        **facts: Any,
    ) -> RunResult:
        chosen = installed_methods()[method]
        assignment = Assignment(
            run=file.stem,
            method=method,
            version=chosen.version,
            parameters=complete_parameters(chosen, given),
            limits=(),
            facts={},
            file=file,
            **facts,
        )
        return carry_out(
            assignment,
            chosen,
            self.bench,
            self.clock,
            self.answer,
            control=self.steering,
            lease=lease,
        )

    def outputs(self) -> dict[str, bool]:
        on: dict[str, bool] = self.control.ask("truth")["truth"]["outputs"]
        return on

    def answer(self, progress: Progress) -> tuple[()]:
        prompt = progress.prompt
        if prompt is not None:
            self.steering.answer(prompt.number, prompt.options[0] if prompt.options else "")
        return ()

    def close(self) -> None:
        self.control.close()
        self._clock_line.close()


@contextmanager
def stage(
    name: str, directory: Path, clock: str = "virtual", head: str = "", tail: str = ""
) -> Iterator[Stage]:
    """Open a training bench; `head` goes before its bench file, `tail` after it."""
    source = files("testbed.adapters") / "training" / f"{name}.toml"
    path = directory / f"{name}.toml"
    path.write_text(f"{head}\n{source.read_text(encoding='utf-8')}\n{tail}", encoding="utf-8")
    simulator = simulation.start(path, directory / "state", ("--clock", clock))
    opened = Stage(read_bench(path).bench("@py", simulator.announcement), simulator)
    try:
        yield opened
    finally:
        opened.close()
        simulator.stop()
