"""The working day of one bench: claim a run, carry it out, hand it over; heal what was lost."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import runs
from testbed.domain.conformity import Outcome
from testbed.engine.bench import Bench, prove_safe
from testbed.engine.context import BenchClock
from testbed.engine.control import Aborted, Control
from testbed.engine.executor import carry_out
from testbed.engine.ports import Assignment, BenchState, Centre, Ending, RunResult
from testbed.engine.record import RollOver
from testbed.engine.segments import parts
from testbed.procedure import Note, Procedure

__all__ = ["Watch", "Worker", "give_up", "heal"]

_IDLE = 1.0  # [s] between two signs of life
_LOOK = 0.2  # [s] between two looks for work
_TRIES = 3
_AGAIN = 1.0  # [s] until what did not answer is tried again


def _nothing() -> None:
    """Look after nothing."""


Watch = Callable[[Assignment | None], None]
"""Tells the watchdog which run is going on."""


def heal(bench: Bench, centre: Centre, clock: BenchClock, lost: Iterable[Assignment]) -> bool:
    """Bring a bench back whose worker died: safe first, then its files, then the record.

    Returns whether every role was read back as safe. A lost run is never carried out again.
    """
    failures = _proof(bench)
    _close(centre, clock, lost, _cause(failures))
    if failures:
        centre.bench_is(bench.name, BenchState.UNSAFE, _cause(failures))
    else:
        centre.proven(bench.name)
    return not failures


def give_up(bench: str, centre: Centre, clock: BenchClock, lost: Iterable[Assignment],
            cause: str) -> None:  # fmt: skip
    """Put on record that a bench whose worker died cannot even be reached."""
    _close(centre, clock, lost, cause)
    centre.bench_is(bench, BenchState.UNSAFE, cause)


def _proof(bench: Bench) -> dict[str, str]:
    """Drive a bench safe; what was just unplugged or restarted may answer a moment later."""
    failures = prove_safe(bench, bench.roles)
    for _ in range(_TRIES - 1):
        if not failures:
            break
        time.sleep(_AGAIN)
        failures = prove_safe(bench, tuple(failures))
    return failures


def _cause(failures: Mapping[str, str]) -> str:
    return "; ".join(f"{role}: {failure}" for role, failure in failures.items())


def _close(centre: Centre, clock: BenchClock, lost: Iterable[Assignment], unsafe: str) -> None:
    for assignment in lost:
        rows, remark = 0, Note("remark.interrupted")
        try:
            if assignment.file.exists():
                rows = sum(runs.recover(file).rows for file in parts(assignment.file))
        except (runs.RunsError, OSError) as error:
            # A record that cannot be healed must not keep its bench from work.
            remark = Note("remark.record", {"phase": "", "cause": str(error)})
        result = RunResult(
            ending=Ending.INTERRUPTED,
            outcome=Outcome.INVALID,
            judgements=(),
            findings=(),
            constructions=(),
            rows=rows,
            safe=not unsafe,
            unsafe=unsafe,
            ended=clock.now(),
            remark=remark,
        )
        centre.finished(assignment.run, result)


@dataclass(slots=True, kw_only=True)
class Worker:
    """Works for one bench until told to stop.

    Attributes
    ----------
    watch
        Told before each run and after it.
    tend
        Called about every second, also during a run, to look after the watchdog.
    rollover
        When the record of a run goes on in a further file.
    """

    bench: Bench
    centre: Centre
    clock: BenchClock
    methods: Mapping[str, type[Procedure]]
    watch: Watch
    tend: Callable[[], None] = _nothing
    rollover: RollOver = field(default_factory=RollOver)

    def work(self, stop: threading.Event) -> None:
        """Heal what a predecessor left, then carry out one run after the other."""
        heal(self.bench, self.centre, self.clock, self.centre.lost_runs(self.bench.name))
        since = _IDLE
        while not stop.is_set():
            if since >= _IDLE:
                self.tend()
                if self.centre.is_cleared(self.bench.name):
                    heal(self.bench, self.centre, self.clock, ())
                self.centre.bench_is(self.bench.name, BenchState.READY)
                since = 0.0
            assignment = self.centre.claim(self.bench.name)
            if assignment is None:
                stop.wait(_LOOK)
                since += _LOOK
                continue
            self._carry_out(assignment, stop)
            since = _IDLE
        self.centre.bench_is(self.bench.name, BenchState.OFFLINE)

    def _carry_out(self, assignment: Assignment, stop: threading.Event) -> None:
        self.centre.bench_is(self.bench.name, BenchState.RUNNING, assignment.run)
        self.watch(assignment)
        control = Control()
        ended = threading.Event()

        def look_out() -> None:
            while not ended.wait(_IDLE):
                self.tend()
                self.centre.bench_is(self.bench.name, BenchState.RUNNING, assignment.run)
                if stop.is_set():
                    control.abort(Aborted("remark.worker-stopped"))

        threading.Thread(target=look_out, daemon=True).start()
        try:
            result = carry_out(
                assignment,
                self.methods[assignment.method],
                self.bench,
                self.clock,
                lambda progress: self.centre.beat(assignment.run, progress),
                control=control,
                rollover=self.rollover,
            )
        finally:
            ended.set()
        self.centre.finished(assignment.run, result)
        self.watch(None)
        if not result.safe:
            self.centre.bench_is(self.bench.name, BenchState.UNSAFE, result.unsafe)
