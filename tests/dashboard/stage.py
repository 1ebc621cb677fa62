"""A real centre with one firm's runs, behind the real application."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import uvicorn

import runs
from dashboard.app import create
from dashboard.security import COOKIE
from testbed.bootstrap import build
from testbed.domain.conformity import Limit, Outcome
from testbed.domain.decision_rule import SIMPLE, DecisionRule
from testbed.domain.names import Name
from testbed.domain.people import Activity, Actor, Role
from testbed.engine.ports import Assignment, BenchState, Ending, Progress, Prompt, RunResult
from testbed.evaluation.judgement import judge
from testbed.methods.iso_6892_1 import TensileTest
from testbed.procedure import Note, method_data
from testbed.services.commands import (
    Booked,
    BookingKind,
    Done,
    RequestBooking,
    Started,
    StartRun,
)
from testbed.services.register import NewEquipment
from testbed.settings import Settings
from tests.testbed.evaluation.curves import L0, S0, lueders, necking

RUN_FIRST, RUN_SECOND, RUN_LIVE = "R-2026-00001", "R-2026-00002", "R-2026-00003"
PASSWORD = "a long enough password"
METHOD = "iso-6892-1"
PEOPLE = {
    "sme": ("firm-a", "기업 담당자", "Firm staff", Role.SME),
    "other": ("firm-b", "다른 기업", "Other firm", Role.SME),
    "engineer": ("centre", "시험 담당자", "Engineer", Role.ENGINEER),
    "reviewer": ("centre", "검토자", "Reviewer", Role.REVIEWER),
    "office": ("centre", "운영실", "Office", Role.OFFICE),
}


class StageClock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Stage:
    """A real centre on SQLite with one firm's runs; the bench's part is played by the test."""

    def __init__(self, home: Path) -> None:
        self.clock = StageClock()
        settings = Settings(home=home, database=f"sqlite:///{home / 'testbed.db'}")
        self.testbed = build(settings, self.clock)
        people, register = self.testbed.people, self.testbed.register
        for code, ko, en in (
            ("centre", "실증화센터", "Centre"),
            ("firm-a", "가 소재", "A Materials"),
            ("firm-b", "나 부품", "B Parts"),
        ):
            register.add_organisation(None, code, Name(ko, en))
        for login, (code, ko, en, role) in PEOPLE.items():
            refused = people.create_account(login, Name(ko, en), code, {role}, PASSWORD)
            assert refused is None
        self.tokens = {login: people.sign_in(login, PASSWORD)[0] for login in PEOPLE}
        frame = NewEquipment(
            code="EQ-001",
            name=Name("만능재료시험기", "Testing machine"),
            maker="Testbed",
            model="LF-100",
            serial="LF100-0001",
            bench="utm-1",
            role="frame",
            methods=(METHOD,),
            calibration_due=date(2027, 3, 31),
        )
        register.add_equipment(None, frame)
        register.authorise(None, "engineer", METHOD, "2", Activity.PERFORM)
        register.authorise(None, "reviewer", METHOD, "2", Activity.REVIEW)
        centre = self.testbed.centre
        for bench, ko, en in (
            ("utm-1", "인장 시험대", "Tensile bench"),
            ("climate-1", "환경 시험대", "Climatic bench"),
        ):
            centre.introduce(bench, Name(ko, en))
            centre.bench_is(bench, BenchState.READY)

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        self.testbed.close()

    def cookie(self, login: str, address: str) -> dict[str, str]:
        """Make the session cookie of a person."""
        return {"name": COOKIE, "value": self.tokens[login], "url": address}

    def hand_over(self, assignment: Assignment) -> None:
        """End a run as the bench does after an abort."""
        result = RunResult(
            ending=Ending.ABORTED,
            outcome=Outcome.INVALID,
            judgements=(),
            findings=(),
            constructions=(),
            rows=900,
            safe=True,
            ended=self.clock.now(),
        )
        self.testbed.centre.finished(assignment.run, result)

    def actor(self, login: str) -> Actor:
        return self.testbed.people.find(login)

    def begin(self, name: str, rule: DecisionRule = SIMPLE) -> Assignment:
        """Let the firm book, the centre approve, the engineer start, the bench claim."""
        firm, command = self.actor("sme"), self.testbed.booking
        specimen = self.testbed.register.add_specimen(firm, name)
        assert isinstance(specimen, str)
        wish = RequestBooking(
            equipment=("EQ-001",),
            start=self.clock.now(),
            end=self.clock.now() + timedelta(hours=1),
            kind=BookingKind.REQUESTED,
            method=METHOD,
            specimen=specimen,
        )
        booked = command.request(firm, wish)
        assert isinstance(booked, Booked), booked
        if booked.state == "requested":
            assert isinstance(command.approve(self.actor("engineer"), booked.number), Done)
        limits = (Limit(measurand="rm", low=440.0, source="KS D 3503"),)
        parameters = {"s0": S0, "l0": L0}
        started = self.testbed.execution.start(
            self.actor("engineer"),
            StartRun(
                booking=booked.number,
                method=METHOD,
                parameters=parameters,
                limits=limits,
                rule=rule,
            ),
        )
        assert isinstance(started, Started), started
        assignment = self.testbed.centre.claim("utm-1")
        assert assignment is not None
        assignment.file.parent.mkdir(parents=True, exist_ok=True)
        return assignment

    def carry_out(
        self, name: str, *, scale: float = 1.0, rule: DecisionRule = SIMPLE, version: str = "1"
    ) -> str:
        """Carry a whole run out, with a record that was really written and evaluated.

        Version 1 of the method states no uncertainty, version 2 does.
        """
        assignment = self.begin(name, rule)
        rows, found, outcome, judgements = write_tensile(
            assignment, self.clock.now(), scale=scale, version=version
        )
        self.clock.sleep(180.0)
        result = RunResult(
            ending=Ending.COMPLETED,
            outcome=outcome,
            judgements=judgements,
            findings=found.findings,
            constructions=found.constructions,
            rows=rows,
            safe=True,
            ended=self.clock.now(),
        )
        self.testbed.centre.finished(assignment.run, result)
        self.clock.sleep(3600.0)
        self.testbed.centre.bench_is("utm-1", BenchState.READY)
        return assignment.run

    def beat(
        self,
        run: str,
        *,
        prompt: Prompt | None = None,
        paused: bool = False,
        suspended: Note | None = None,
        stopping: bool = False,
    ):
        """Send a heartbeat as the bench does; gives the commands that wait."""
        self.testbed.centre.bench_is("utm-1", BenchState.RUNNING)
        return self.testbed.centre.beat(
            run,
            Progress(
                phase="pull",
                done=0.42,
                remaining=95.0,
                paused=paused,
                suspended=suspended,
                stopping=stopping,
                prompt=prompt,
                rows=100,
                bench_time=self.clock.now(),
            ),
        )


def write_tensile(assignment: Assignment, started: datetime, *, scale: float, version: str = "1"):
    """Record a pull with a yield point and evaluate the file as the engine does."""
    stress, strain = necking(*lueders(rows=2500)[:2])
    header = runs.Header(
        run=assignment.run,
        title="인장시험",
        started=started,
        channels=tuple(runs.ChannelInfo(c.name, c.unit) for c in TensileTest.channels),
        phases=("mount", "pull", "finish"),
        attributes={},
    )
    with runs.create(assignment.file, header) as writer:
        writer.phase(1)
        for index, (s, e) in enumerate(zip(stress * scale, strain, strict=True)):
            writer.append(index * 0.02, np.round(s * S0 * 2) / 2, e * L0, 1.5 * e * L0)
        sealed = writer.close(ending="completed")
    data = method_data("testbed.methods", METHOD, version)
    with runs.open(assignment.file, decode_times=False) as dataset:
        found = TensileTest.evaluate(dataset.load(), assignment.parameters, data)
    outcome, judgements = judge(TensileTest, found, assignment.limits, assignment.rule)
    return sealed.rows, found, outcome, judgements


@contextmanager
def served(stage: Stage) -> Iterator[str]:
    """Serve the pages on a free port."""
    config = uvicorn.Config(create(stage.testbed), port=0, log_level="warning", lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            threading.Event().wait(0.02)
        address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        yield address
    finally:
        server.should_exit = True
        thread.join()


__all__ = ["PASSWORD", "PEOPLE", "RUN_FIRST", "RUN_LIVE", "RUN_SECOND", "Stage", "served"]
