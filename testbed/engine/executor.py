"""Carries out one run from its assignment to a sealed file and a verdict.

Whatever happens on the way, the safe actions run, every role is driven safe and read back, and
the file is sealed or left in a state from which it can be healed.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import runs
from instruments.errors import InstrumentError, SettingRefused
from instruments.roles import Instrument
from testbed.domain.conformity import Outcome
from testbed.engine.bench import (
    Bench,
    ConnectionFailed,
    close,
    connect,
    make_safe,
    prove_safe,
    safe_steps,
)
from testbed.engine.context import BenchClock, LiveContext, PhaseTooLong
from testbed.engine.control import Aborted, Control
from testbed.engine.evaluating import Evaluated, evaluate_files
from testbed.engine.heading import header
from testbed.engine.interrupts import interrupts
from testbed.engine.lease import Lease
from testbed.engine.monitors import Monitors
from testbed.engine.ports import Assignment, Command, CommandKind, Ending, Progress, RunResult
from testbed.engine.record import RollOver, RunRecord
from testbed.engine.safety import SafeActions
from testbed.engine.segments import all_parts, ended, joined
from testbed.engine.snapshots import snapshot
from testbed.engine.standstill import Standstill
from testbed.engine.surroundings import conditions, facts, room_of
from testbed.engine.uncertainties import Uncertainties
from testbed.procedure import Finding, Note, Procedure

__all__ = ["Beat", "carry_out"]

Beat = Callable[[Progress], tuple[Command, ...]]
"""Sends the heartbeat of the run and brings back the commands that wait."""

_PULSE = 0.25  # [s]


@dataclass(slots=True)
class _Course:
    """What became of the run so far."""

    ending: Ending = Ending.COMPLETED
    remark: Note | None = None
    unsafe: dict[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def ends(self, ending: Ending, code: str, **values: str | float) -> None:
        if self.ending is Ending.COMPLETED:
            self.ending, self.remark = ending, Note(code, values)


def carry_out(
    assignment: Assignment,
    method: type[Procedure],
    bench: Bench,
    clock: BenchClock,
    beat: Beat,
    *,
    control: Control | None = None,
    lease: Lease | None = None,
    rollover: RollOver | None = None,
) -> RunResult:
    """Carry out a run.

    Parameters
    ----------
    beat
        Called four times a second from a thread of its own.
    control
        For who wants to pause or abort without the heartbeat's commands.
    lease
        How long the bench may be used; as the assignment says where not given.
    rollover
        When the record goes on in a further file.
    """
    control = control or Control()
    course = _Course()
    started = clock.now()
    roles = method.roles_at(bench.roles)
    lease = lease or Lease(assignment.lease_ends, assignment.lease_grace)
    if lease.over:
        course.ends(Ending.ABORTED, "remark.lease-ended", end=str(lease.ends))
        return _result(course, started, rows=0)
    try:
        room = room_of(bench)
        stated = conditions(roles, assignment.calibrated, room, started.date())
        connected = connect(bench, roles, stated)
    except ConnectionFailed as failure:
        course.ends(
            Ending.ERROR, "remark.no-connection", role=failure.role, cause=str(failure.__cause__)
        )
        course.unsafe = prove_safe(bench, roles)
        return _result(course, clock.now(), rows=0)
    try:
        surroundings = facts(stated, room)
        with interrupts(control):
            return _recorded(
                assignment,
                method,
                connected,
                surroundings,
                clock,
                beat,
                control,
                lease,
                course,
                started,
                rollover,
            )
    finally:
        close(connected.values())


def _recorded(
    assignment: Assignment,
    method: type[Procedure],
    connected: Mapping[str, Instrument],
    surroundings: Mapping[str, str | float],
    clock: BenchClock,
    beat: Beat,
    control: Control,
    lease: Lease,
    course: _Course,
    started: datetime,
    rollover: RollOver | None,
) -> RunResult:
    safe_actions = SafeActions()
    try:
        head = header(assignment, method, connected, started, surroundings)
        record = RunRecord(assignment.file, head, rollover)
    except (runs.RunsError, InstrumentError) as error:
        course.ends(Ending.ERROR, "remark.no-record", cause=str(error))
        course.unsafe = make_safe(connected)
        return _result(course, clock.now(), rows=0)
    procedure = method(assignment.parameters, connected)
    first, earlier = 0, None
    if assignment.continues:
        first = [each.name for each in method.declared_phases()].index(method.resumes_at)
        before = all_parts(assignment.continues)
        earlier = joined(before)
        gap = (started - ended(before[-1])).total_seconds()
        record.event(0.0, "gap", f"{gap:.3f} s after {before[-1].stem}")
    context = LiveContext(
        clock=clock,
        record=record,
        procedure=procedure,
        control=control,
        safe_actions=safe_actions,
        started=started,
        monitors=Monitors(procedure),
        lease=lease,
        standstill=Standstill(connected, method.keeps_on),
        earlier=earlier,
        uncertainties=Uncertainties(method.channels),
    )
    expected = started + timedelta(seconds=procedure.forecast())
    with _Pulse(control, lease, record, clock, beat, expected):
        try:
            for index, phase in enumerate(method.declared_phases()):
                if index < first:
                    continue
                context.carry_out(procedure, phase, index)
        except Exception as error:
            _sort(error, course, control.phase)
        course.unsafe = safe_actions.run(*safe_steps(connected))
        learnt = snapshot(connected, "end") | context.attributes()
        course.findings = context.findings()
    return _sealed(assignment, method, record, clock, course, learnt)


def _sort(error: Exception, course: _Course, phase: str) -> None:
    match error:
        case Aborted():
            course.ends(Ending.ABORTED, error.code, **error.values)
        case PhaseTooLong():
            course.ends(Ending.ERROR, "remark.phase-limit", phase=phase, limit=error.limit)
        case InstrumentError() | SettingRefused():
            course.ends(Ending.ERROR, "remark.instrument", phase=phase, cause=str(error))
        case runs.RunsError():
            course.ends(Ending.ERROR, "remark.record", phase=phase, cause=str(error))
        case TimeoutError():
            course.ends(Ending.ERROR, "remark.too-late", phase=phase, cause=str(error))
        case _:
            cause = f"{type(error).__name__}: {error}"
            course.ends(Ending.ERROR, "remark.failed", phase=phase, cause=cause)


def _sealed(
    assignment: Assignment,
    method: type[Procedure],
    record: RunRecord,
    clock: BenchClock,
    course: _Course,
    learnt: Mapping[str, str | float],
) -> RunResult:
    ended = clock.now()
    rows = record.rows
    try:
        for role, failure in course.unsafe.items():
            record.event(0.0, "unsafe", f"{role}: {failure}")
        record.close(str(course.ending), attributes=learnt, ended=ended)
    except runs.RunsError as error:
        record.abandon()
        course.ends(Ending.ERROR, "remark.record", phase="", cause=str(error))
        return _result(course, ended, rows=rows)
    if course.ending is not Ending.COMPLETED:
        return _result(course, ended, rows=rows)
    try:
        found = evaluate_files(
            method,
            method.version,
            (*assignment.continues, assignment.file),
            assignment.parameters,
            assignment.limits,
            assignment.rule,
        )
    except Exception as error:
        course.remark = Note("remark.evaluation", {"cause": f"{type(error).__name__}: {error}"})
        return _result(course, ended, rows=rows)
    return _result(course, ended, rows=rows, found=found)


def _result(
    course: _Course,
    ended: datetime,
    *,
    rows: int,
    found: Evaluated | None = None,
) -> RunResult:
    remark = course.remark
    if course.unsafe and remark is None:
        cause = "; ".join(f"{role}: {failure}" for role, failure in course.unsafe.items())
        remark = Note("remark.not-safe", {"cause": cause})
    return RunResult(
        ending=course.ending,
        outcome=Outcome.INVALID if found is None else found.outcome,
        judgements=() if found is None else found.judgements,
        findings=(*course.findings, *(() if found is None else found.findings)),
        constructions=() if found is None else found.constructions,
        rows=rows,
        safe=not course.unsafe,
        unsafe="; ".join(f"{role}: {failure}" for role, failure in course.unsafe.items()),
        ended=ended,
        remark=remark,
    )


class _Pulse:
    """The heartbeat of a run: sends progress, takes commands in, and flushes what is due."""

    def __init__(
        self,
        control: Control,
        lease: Lease,
        record: RunRecord,
        clock: BenchClock,
        beat: Beat,
        expected: datetime,
    ) -> None:
        self._control = control
        self._lease = lease
        self._record = record
        self._clock = clock
        self._beat = beat
        self._expected = expected
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._pulse, daemon=True)

    def _pulse(self) -> None:
        while not self._ended.is_set():
            self._control.await_news(_PULSE)
            self._once()

    def _once(self) -> None:
        try:
            now = self._clock.now()
            progress = self._control.progress(self._record.rows, now)
            if progress.remaining is None and self._expected > now:
                left = (self._expected - now).total_seconds()
                progress = replace(progress, remaining=left)
            progress = replace(
                progress,
                lease_ends=self._lease.ends,
                paused=progress.paused or self._lease.waiting,
            )
            for command in self._beat(progress):
                if command.kind is CommandKind.LEASE and command.until is not None:
                    self._lease.renew(command.until)
                else:
                    self._control.take(command)
            self._record.flush_if_due()
        except runs.RunsError as error:
            self._control.abort(Aborted("remark.record", phase="", cause=str(error)))

    def __enter__(self) -> None:
        self._once()
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._control.hurry()
        self._thread.join()
