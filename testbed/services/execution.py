"""Starting runs and telling them what to do."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from testbed.domain.bookings import BookingState
from testbed.domain.clock import Clock
from testbed.domain.conformity import Limit
from testbed.domain.decision_rule import DecisionRule
from testbed.domain.objections import Objection, Refused
from testbed.domain.people import Actor, Authorisation, Role
from testbed.domain.review import ReviewState, objections_to_repeat
from testbed.domain.runs import RunState
from testbed.domain.starting import StartCase, UsedInstrument, objections_to_start
from testbed.engine.ports import Command, CommandKind
from testbed.procedure import ParameterValue, Procedure, complete_parameters
from testbed.procedure.parameters import ParameterError
from testbed.services.commands import BookingKind, Done, Started, StartRun
from testbed.services.steering import ControlledRun, objection_to_tell

__all__ = [
    "BenchCondition",
    "EarlierSegment",
    "ExecutionChange",
    "ExecutionService",
    "ExecutionStore",
    "NewRun",
    "StartFacts",
]

Methods = Mapping[str, type[Procedure]]
_ENDS = (CommandKind.ABORT, CommandKind.STOP_AFTER_PHASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartFacts:
    """What is on record about a booking under which a run is to start.

    Attributes
    ----------
    instruments
        Every piece of its equipment that plays a role on a bench.
    """

    booking: int
    number: str
    kind: BookingKind
    organisation: int
    state: str
    start: datetime
    end: datetime
    method: str
    specimen: str
    instruments: tuple[UsedInstrument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchCondition:
    """Whether a bench can take a run.

    Attributes
    ----------
    unsafe
        Whether its safe state waits for a proof.
    cause
        The first cause of that, "" where there is none.
    """

    unsafe: bool
    offline: bool
    busy: bool
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run about to be queued."""

    booking: int
    organisation: int
    bench: str
    method: str
    version: str
    parameters: Mapping[str, ParameterValue]
    limits: tuple[Limit, ...]
    rule: DecisionRule
    specimen: str
    maintenance: bool
    repeats: int | None = None
    continues: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierSegment:
    """A run that ended before it was done, and may be continued.

    Attributes
    ----------
    interrupted
        Whether it was interrupted; a run that was aborted or failed is not continued.
    continued
        Whether another run goes on with it already.
    """

    id: int
    number: str
    organisation: int
    method: str
    version: str
    parameters: Mapping[str, ParameterValue]
    limits: tuple[Limit, ...]
    rule: DecisionRule
    specimen: str
    interrupted: bool
    continued: bool


class ExecutionChange(Protocol):
    """One change of runs, all or nothing."""

    def facts(self, actor: Actor, booking: str) -> StartFacts | None:
        """Load a booking that the person may know of."""
        ...

    def authorisations(self, actor: Actor) -> tuple[Authorisation, ...]:
        """List what the person may perform and review."""
        ...

    def condition(self, bench: str, now: datetime) -> BenchCondition:
        """Tell whether a bench can take a run."""
        ...

    def sent_back(
        self, organisation: int, specimen: str, method: str
    ) -> tuple[int, str, ReviewState, bool] | None:
        """Find the latest run of a specimen that was sent back, and whether it was repeated.

        Gives id, number, review state; a repetition that did not complete does not count.
        """
        ...

    def earlier_segment(self, actor: Actor, number: str) -> EarlierSegment | None:
        """Load a run to be continued, if the person may know of it."""
        ...

    def owns_specimen(self, organisation: int, number: str) -> bool:
        """Tell whether an organisation has a specimen of that number."""
        ...

    def add(self, actor: Actor, new: NewRun, now: datetime) -> str:
        """Queue a run; gives its number."""
        ...

    def run(self, actor: Actor, number: str) -> ControlledRun | None:
        """Load a run that the person may know of."""
        ...

    def tell(self, run: int, command: Command) -> None:
        """Leave a command for the bench worker."""
        ...

    def withdraw(self, run: int, now: datetime) -> None:
        """End a run that no worker has claimed."""
        ...

    def clear_bench(self, bench: str) -> bool:
        """Let an unsafe bench be proven again; False where it is not marked so."""
        ...

    def audit(
        self, actor: Actor, organisation: int | None, subject: str, transition: str, detail: str
    ) -> None:
        """Put one transition on record."""
        ...

    def commit(self) -> None:
        """Let the change stand."""
        ...


class ExecutionStore(Protocol):
    """Where runs are kept."""

    def change(self, now: datetime) -> AbstractContextManager[ExecutionChange]:
        """Open a change; what is not committed has not happened."""
        ...


class ExecutionService:
    """The use cases of running tests."""

    def __init__(self, store: ExecutionStore, methods: Methods, clock: Clock) -> None:
        self._store = store
        self._methods = methods
        self._clock = clock

    def start(self, actor: Actor, command: StartRun) -> Started | Refused:
        """Queue a run under a live booking, or tell everything that stands against it."""
        method = self._methods.get(command.method)
        if method is None:
            accepted = ", ".join(sorted(self._methods))
            return _refused("method-unknown", method=command.method, accepted=accepted)
        now = self._clock.now()
        with self._store.change(now) as change:
            facts = change.facts(actor, command.booking)
            if facts is None:
                return _refused("booking-unknown", booking=command.booking)
            earlier = _earlier(actor, change, facts, command, method)
            if isinstance(earlier, Refused):
                return earlier
            if earlier is not None:
                command = replace(
                    command,
                    parameters=earlier.parameters,
                    limits=earlier.limits,
                    rule=earlier.rule,
                    specimen=earlier.specimen,
                )
            bench = _bench(facts.instruments, method.declared_needs())
            case = _case(actor, change, facts, command, method, bench, now)
            objections = list(objections_to_start(case))
            try:
                parameters = complete_parameters(method, command.parameters)
            except ParameterError as error:
                objections.append(Objection(error.code, error.values))
            specimen = command.specimen or facts.specimen
            if specimen and not change.owns_specimen(facts.organisation, specimen):
                objections.append(Objection("specimen-unknown", {"specimen": specimen}))
            repeats, refusal = _repetition(change, facts.organisation, specimen, command.method)
            objections += refusal
            if objections:
                return Refused(tuple(objections))
            new = NewRun(
                booking=facts.booking,
                organisation=facts.organisation,
                bench=bench,
                method=method.id,
                version=method.version,
                parameters=parameters,
                limits=command.limits,
                rule=command.rule,
                specimen=specimen,
                maintenance=facts.kind is BookingKind.MAINTENANCE,
                repeats=repeats,
                continues=None if earlier is None else earlier.id,
            )
            number = change.add(actor, new, now)
            change.audit(actor, facts.organisation, number, "queue", f"{method.id} {facts.number}")
            change.commit()
        return Started(number)

    def pause(self, actor: Actor, run: str) -> Done | Refused:
        """Let a run stand at its next point."""
        return self._tell(actor, run, Command(kind=CommandKind.PAUSE, by=actor.login))

    def resume(self, actor: Actor, run: str) -> Done | Refused:
        """Let a paused run go on."""
        return self._tell(actor, run, Command(kind=CommandKind.RESUME, by=actor.login))

    def abort(self, actor: Actor, run: str) -> Done | Refused:
        """End a run at its next point; its safe actions follow."""
        return self._tell(actor, run, Command(kind=CommandKind.ABORT, by=actor.login))

    def stop_after_phase(self, actor: Actor, run: str) -> Done | Refused:
        """End a run once its phase is done; what was left out makes it no complete test."""
        return self._tell(actor, run, Command(kind=CommandKind.STOP_AFTER_PHASE, by=actor.login))

    def answer(self, actor: Actor, run: str, prompt: int, text: str) -> Done | Refused:
        """Answer an open prompt; what it does not accept is refused, and it stays open."""
        command = Command(kind=CommandKind.ANSWER, prompt=prompt, text=text, by=actor.login)
        return self._tell(actor, run, command)

    def clear_bench(self, actor: Actor, bench: str, remark: str) -> Done | Refused:
        """Say that somebody has looked at an unsafe bench, with a remark on record.

        It takes work again once its worker has proven its safe state afresh.
        """
        if not actor.has(Role.ENGINEER):
            return _refused("bench-by-engineer", bench=bench)
        if not remark.strip():
            return _refused("remark-missing", bench=bench)
        with self._store.change(self._clock.now()) as change:
            if not change.clear_bench(bench):
                return _refused("bench-not-unsafe", bench=bench)
            change.audit(actor, None, bench, "clear", remark)
            change.commit()
        return Done()

    def _tell(self, actor: Actor, number: str, command: Command) -> Done | Refused:
        now = self._clock.now()
        with self._store.change(now) as change:
            run = change.run(actor, number)
            if run is None:
                return _refused("run-unknown", run=number)
            objection = objection_to_tell(actor, run, command)
            if objection is not None:
                return Refused((objection,))
            if run.state is RunState.QUEUED and command.kind in _ENDS:
                change.withdraw(run.id, now)
            else:
                change.tell(run.id, command)
            change.audit(actor, run.organisation, number, str(command.kind), command.text)
            change.commit()
        return Done()


def _refused(code: str, **values: str) -> Refused:
    return Refused((Objection(code, values),))


def _bench(instruments: Sequence[UsedInstrument], needed: Iterable[str]) -> str:
    """Choose the bench on which the booking has most of the roles."""
    roles = set(needed)
    votes: dict[str, int] = {}
    for used in instruments:
        votes[used.bench] = votes.get(used.bench, 0) + (used.role in roles)
    return max(votes, key=lambda bench: votes[bench], default="")


def _case(
    actor: Actor,
    change: ExecutionChange,
    facts: StartFacts,
    command: StartRun,
    method: type[Procedure],
    bench: str,
    now: datetime,
) -> StartCase:
    condition = change.condition(bench, now)
    return StartCase(
        actor=actor,
        authorisations=change.authorisations(actor),
        booking=facts.number,
        direct=facts.kind is BookingKind.DIRECT,
        maintenance=facts.kind is BookingKind.MAINTENANCE,
        organisation=facts.organisation,
        state=facts.state,
        approved_state=str(BookingState.APPROVED),
        start=facts.start,
        end=facts.end,
        booked_method=facts.method,
        booked_specimen=facts.specimen,
        method=method.id,
        version=method.version,
        specimen=command.specimen,
        needed=tuple(method.declared_needs()),
        instruments=facts.instruments,
        bench=bench,
        bench_unsafe=condition.unsafe,
        bench_cause=condition.cause,
        bench_offline=condition.offline,
        bench_busy=condition.busy,
        now=now,
    )


def _earlier(
    actor: Actor,
    change: ExecutionChange,
    facts: StartFacts,
    command: StartRun,
    method: type[Procedure],
) -> EarlierSegment | Refused | None:
    """Find the run to be continued, or tell why it cannot be."""
    if not command.continues:
        return None
    earlier = change.earlier_segment(actor, command.continues)
    if earlier is None or earlier.organisation != facts.organisation:
        return _refused("run-unknown", run=command.continues)
    if (earlier.method, earlier.version) != (method.id, method.version):
        return _refused("run-of-other-method", run=earlier.number, method=earlier.method)
    if not method.resumes_at:
        return _refused("method-not-resumable", method=method.id)
    if not earlier.interrupted:
        return _refused("run-not-interrupted", run=earlier.number)
    if earlier.continued:
        return _refused("run-continued", run=earlier.number)
    return earlier


def _repetition(
    change: ExecutionChange, organisation: int, specimen: str, method: str
) -> tuple[int | None, tuple[Objection, ...]]:
    """Link the new run with the one that was sent back, if the specimen has such a run."""
    earlier = change.sent_back(organisation, specimen, method) if specimen else None
    if earlier is None or earlier[2] is not ReviewState.SENT_BACK or earlier[3]:
        return None, ()
    return earlier[0], objections_to_repeat(
        earlier[1], earlier[2], same_method=True, repeated=earlier[3]
    )
