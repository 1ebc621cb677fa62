"""Fills the demonstration centre: its register, five weeks of bookings, a dozen real past runs.

Every past run is carried out by the engine on the bench's simulator, whose virtual clock starts
in the past; nothing is written into a result by hand.
"""

import multiprocessing
import os
import signal
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from importlib.resources import files

from testbed.adapters import simulation
from testbed.adapters.bench_process import OpenBench, find_bench, open_bench
from testbed.bootstrap import Testbed, build
from testbed.demo.plan import HISTORY, PastRun, Planned, bookings_around
from testbed.domain.names import Name
from testbed.domain.objections import Refused
from testbed.domain.people import Activity, Role
from testbed.engine.control import Aborted, Control
from testbed.engine.executor import carry_out
from testbed.engine.lease import Lease
from testbed.engine.ports import Assignment, BenchState, Command, CommandKind, Progress
from testbed.engine.worker import heal
from testbed.procedure import ParameterValue, Procedure, read_parameter
from testbed.services.commands import RequestBooking, StartRun
from testbed.services.register import NewEquipment
from testbed.settings import Settings

__all__ = ["SetClock", "answer_yes", "fill", "read_parameters"]


class SetClock:
    """A clock that stands where it was set."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        """Tell the instant."""
        return self.instant

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.instant += timedelta(seconds=max(seconds, 0.0))


def read_parameters(method: type[Procedure], texts: Mapping[str, str]) -> dict[str, ParameterValue]:
    """Read parameters as people type them."""
    declared = method.declared_params()
    return {name: read_parameter(declared[name], text) for name, text in texts.items()}


def answer_yes(progress: Progress) -> tuple[Command, ...]:
    """Answer every prompt with its first option, as the operator of the demonstration does."""
    asked = progress.prompt
    if asked is None or not asked.options:
        return ()
    return (Command(kind=CommandKind.ANSWER, prompt=asked.number, text=asked.options[0]),)


def fill(settings: Settings, now: datetime, say: Callable[[str], None]) -> None:
    """Fill an empty home with the demonstration centre.

    Parameters
    ----------
    now
        The present, around which the five weeks lie.
    say
        Tells people how far it is, in a line.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    settings.benches.mkdir(exist_ok=True)
    for source in (files("testbed.demo") / "benches").iterdir():
        (settings.benches / source.name).write_bytes(source.read_bytes())
    clock = SetClock(now - timedelta(days=40))
    testbed = build(settings, clock)
    try:
        _register(testbed, settings, now)
        numbers = _book(testbed, clock, now)
        for count, run in enumerate(HISTORY, 1):
            say(f"  past run {count} of {len(HISTORY)}: {run.specimen}")
            _carry_out(testbed, clock, run, numbers[run.key])
    finally:
        testbed.close()


def _register(testbed: Testbed, settings: Settings, now: datetime) -> None:
    source = files("testbed.demo") / "centre.toml"
    centre = tomllib.loads(source.read_text(encoding="utf-8"))
    for each in centre["organisation"]:
        testbed.register.add_organisation(None, each["code"], Name(**each["name"]))
    for each in centre["account"]:
        roles = [Role(role) for role in each["roles"]]
        testbed.people.create_account(
            each["login"],
            Name(**each["name"]),
            each["organisation"],
            roles,
            settings.demo_password,
        )
        for activity in Activity:
            for method in each.get(str(activity), ()):
                version = testbed.methods()[method].version
                testbed.register.authorise(None, each["login"], method, version, activity)
    for each in centre["equipment"]:
        days = each.pop("calibration_days")
        certificate = each.pop("certificate")
        testbed.register.add_equipment(
            None,
            NewEquipment(
                **{**each, "name": Name(**each["name"]), "methods": tuple(each.get("methods", ()))},
                # The centre has its equipment calibrated every year.
                calibrated_on=(now + timedelta(days=days - 365)).date(),
                calibration_due=(now + timedelta(days=days)).date(),
                calibration_certificate=certificate,
            ),
        )


def _book(testbed: Testbed, clock: SetClock, now: datetime) -> dict[str, str]:
    """Make every booking of the plan, at a moment before it; gives those of the past runs."""
    numbers: dict[str, str] = {}
    history = {run.key: run for run in HISTORY}
    office = testbed.people.find("office")
    for planned in sorted(bookings_around(now), key=lambda each: each.start):
        clock.instant = min(planned.start - timedelta(days=2), now - timedelta(hours=1))
        run = history.get(planned.run)
        specimen = _specimen(testbed, run) if run else ""
        booked = testbed.booking.request(
            testbed.people.find(planned.login), _wish(planned, specimen)
        )
        if isinstance(booked, Refused):
            # Calibrations lapse within the five weeks; who books then is told so.
            continue
        if booked.state == "requested" and planned.approved:
            clock.instant += timedelta(minutes=20)
            testbed.booking.approve(office, booked.number)
        if planned.run:
            numbers[planned.run] = booked.number
    return numbers


def _specimen(testbed: Testbed, run: PastRun) -> str:
    actor = testbed.people.find(run.login)
    for row in testbed.queries.specimens(actor):
        if row.name == run.specimen:
            return row.number
    added = testbed.register.add_specimen(actor, run.specimen)
    assert isinstance(added, str), added
    return added


def _wish(planned: Planned, specimen: str) -> RequestBooking:
    return RequestBooking(
        equipment=planned.equipment,
        start=planned.start,
        end=planned.end,
        kind=planned.kind,
        purpose=planned.purpose,
        method=planned.method,
        specimen=specimen,
    )


def _carry_out(testbed: Testbed, clock: SetClock, run: PastRun, booking: str) -> None:
    engineer = testbed.people.find("engineer")
    row = testbed.queries.booking(engineer, booking)
    assert row is not None
    clock.instant = row.start + timedelta(minutes=12)
    file = find_bench(testbed.settings.benches, run.bench)
    centre = testbed.centre
    centre.introduce(run.bench, file.title)
    centre.bench_is(run.bench, BenchState.READY)
    method = testbed.methods()[run.method]
    started = testbed.execution.start(
        engineer,
        StartRun(
            booking=booking,
            method=run.method,
            parameters=read_parameters(method, run.parameters),
            limits=run.limits,
        ),
    )
    if isinstance(started, Refused):
        raise RuntimeError(f"{run.key}: {started.objections}")
    assignment = centre.claim(run.bench)
    assert assignment is not None
    state = testbed.settings.state(run.bench)
    begin = str(clock.instant.timestamp())
    simulator = simulation.start(file.path, state, ("--clock", "virtual", "--start", begin))
    try:
        opened = open_bench(file, state, testbed.settings.visa_library)
        if run.model and opened.control is not None:
            opened.control.ask("specimen", model=dict(run.model))
        if run.ends == "interrupted":
            opened.close()
            _interrupt(testbed, run, clock.instant)
            opened = open_bench(file, state, testbed.settings.visa_library)
            clock.instant = opened.clock.now()
            heal(opened.bench, centre, opened.clock, centre.lost_runs(run.bench))
        else:
            _to_its_end(testbed, clock, run, assignment, opened)
        opened.close()
    finally:
        simulator.stop()
    _review(testbed, clock, run, started.run)


def _to_its_end(
    testbed: Testbed, clock: SetClock, run: PastRun, assignment: Assignment, opened: OpenBench
) -> None:
    control = Control()

    def beat(progress: Progress) -> tuple[Command, ...]:
        clock.instant = progress.bench_time
        if run.ends == "aborted" and progress.phase == "discharge":
            control.abort(Aborted("remark.aborted", by="engineer"))
        return (*testbed.centre.beat(assignment.run, progress), *answer_yes(progress))

    result = carry_out(
        assignment,
        testbed.methods()[run.method],
        opened.bench,
        opened.clock,
        beat,
        control=control,
        lease=Lease(assignment.lease_ends, assignment.lease_grace, clock),
    )
    clock.instant = result.ended
    testbed.centre.finished(assignment.run, result)


def _interrupt(testbed: Testbed, run: PastRun, instant: datetime) -> None:
    """Carry the run out in a process that is killed in the middle of it."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_until_killed, args=(testbed.settings, run.bench, instant))
    process.start()
    process.join()
    if process.exitcode != -signal.SIGKILL:
        raise RuntimeError(f"{run.key} was to be killed, but ended with {process.exitcode}")


def _until_killed(settings: Settings, bench: str, instant: datetime) -> None:
    testbed = build(settings, SetClock(instant))
    file = find_bench(settings.benches, bench)
    opened = open_bench(file, settings.state(bench), settings.visa_library)
    (assignment,) = testbed.centre.lost_runs(bench)

    def beat(progress: Progress) -> tuple[Command, ...]:
        if progress.phase == "discharge" and progress.done > 0.6:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer_yes(progress)

    method = testbed.methods()[assignment.method]
    lease = Lease(assignment.lease_ends, assignment.lease_grace, SetClock(instant))
    carry_out(assignment, method, opened.bench, opened.clock, beat, lease=lease)


def _review(testbed: Testbed, clock: SetClock, run: PastRun, number: str) -> None:
    if not run.review:
        return
    clock.instant += timedelta(hours=3)
    reviewer = testbed.people.find("reviewer")
    decide = testbed.review.accept if run.review == "accept" else testbed.review.send_back
    answer = decide(reviewer, number, run.comment)
    if isinstance(answer, Refused):
        raise RuntimeError(f"{run.key}: {answer.objections}")
