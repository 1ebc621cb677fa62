"""A small centre on a real database, with two firms, for the tests of its services."""

import atexit
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

import runs
from testbed.bootstrap import Testbed, build
from testbed.domain.conformity import Limit, Outcome
from testbed.domain.judgement import Judgement
from testbed.domain.names import Name
from testbed.domain.people import Activity, Actor, Role
from testbed.engine.ports import Assignment, BenchState, Ending, Progress, Prompt, RunResult
from testbed.procedure import Construction, Finding, Note
from testbed.services.commands import Booked, BookingKind, RequestBooking, Started, StartRun
from testbed.services.register import NewEquipment
from testbed.settings import Settings

METHOD = "iso-6892-1"
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
BENCHES = {"utm-1": "EQ-001", "utm-2": "EQ-002"}
# One process of the suite starts one server for them.
ON_POSTGRESQL = pytest.mark.xdist_group("postgresql")
ENGINES = ("sqlite", pytest.param("postgresql", marks=ON_POSTGRESQL))


class SetClock:
    """A clock that the test sets."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=max(seconds, 0))


@dataclass
class Centre:
    testbed: Testbed
    clock: SetClock
    specimens: dict[str, str] = field(default_factory=dict)

    def who(self, login: str) -> Actor:
        return self.testbed.people.find(login)

    def book(
        self,
        login: str = "alpha",
        bench: str = "utm-1",
        kind: BookingKind = BookingKind.REQUESTED,
        *,
        specimen: bool = True,
        hours: float = 2,
    ) -> str:
        now = self.clock.now()
        mine = self.specimens.get(login, "") if specimen else ""
        booked = self.testbed.booking.request(
            self.who(login),
            RequestBooking(
                equipment=(BENCHES[bench],),
                start=now,
                end=now + timedelta(hours=hours),
                kind=kind,
                method=METHOD if kind is BookingKind.REQUESTED else "",
                specimen=mine if kind is BookingKind.REQUESTED else "",
            ),
        )
        assert isinstance(booked, Booked), booked
        return booked.number

    def start(
        self,
        booking: str,
        login: str = "engineer",
        specimen: str = "",
        limits: tuple[Limit, ...] = (),
    ) -> str:
        started = self.testbed.execution.start(
            self.who(login),
            StartRun(
                booking=booking,
                method=METHOD,
                parameters={"s0": 33.93},
                specimen=specimen,
                limits=limits,
            ),
        )
        assert isinstance(started, Started), started
        return started.run

    def ready(self) -> None:
        for bench in BENCHES:
            self.testbed.centre.bench_is(bench, BenchState.READY)

    def claim(self, bench: str = "utm-1") -> Assignment:
        assignment = self.testbed.centre.claim(bench)
        assert assignment is not None
        return assignment

    def record(self, assignment: Assignment, rows: int = 200) -> None:
        write_record(assignment.file, assignment.run, self.clock.now(), rows)

    def finish(
        self, assignment: Assignment, ending: Ending = Ending.COMPLETED, *, safe: bool = True
    ) -> None:
        self.testbed.centre.finished(assignment.run, result(self.clock.now(), ending, safe=safe))

    def whole_run(
        self,
        login: str = "alpha",
        kind: BookingKind = BookingKind.REQUESTED,
        ending: Ending = Ending.COMPLETED,
        performer: str = "engineer",
    ) -> str:
        """Book, run and end; the next one finds the bench free and later."""
        self.ready()
        number = self.start(self.book(login, kind=kind), performer)
        assignment = self.claim()
        self.record(assignment)
        self.finish(assignment, ending)
        self.clock.sleep(3 * 3600)
        self.ready()
        return number


def write_record(path: Path, run: str, started: datetime, rows: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = runs.Header(
        run=run,
        title=f"{run} {METHOD}",
        started=started,
        channels=(
            runs.ChannelInfo("force", "N"),
            runs.ChannelInfo("extension", "mm"),
            runs.ChannelInfo("travel", "mm"),
        ),
        phases=("pull",),
    )
    with runs.create(path, header) as writer:
        writer.phase(0)
        for row in range(rows):
            writer.record(row * 0.02, force=row * 10.0, extension=row * 1e-3, travel=row * 2e-3)
        writer.close(ending="completed")


def result(now: datetime, ending: Ending = Ending.COMPLETED, *, safe: bool = True) -> RunResult:
    completed = ending is Ending.COMPLETED
    return RunResult(
        ending=ending,
        outcome=Outcome.FAIL if completed else Outcome.INVALID,
        judgements=(
            Judgement(
                measurand="rm",
                symbol="Rm",
                unit="MPa",
                value=497.0234,
                rounded="497",
                limit=Limit(measurand="rm", low=500.0),
                outcome=Outcome.FAIL,
            ),
        ),
        findings=(Finding("no-yield", {"share": 0.5}),),
        constructions=(Construction("offset-line", (0.0, 1.0), (0.0, 2.0)),),
        rows=200,
        safe=safe,
        ended=now,
    )


def progress(
    rows: int = 10,
    *,
    paused: bool = False,
    suspended: Note | None = None,
    prompt: Prompt | None = None,
    lease_ends: datetime | None = None,
) -> Progress:
    return Progress(
        phase="pull",
        done=0.25,
        remaining=30.0,
        paused=paused,
        suspended=suspended,
        prompt=prompt,
        rows=rows,
        bench_time=NOW,
        lease_ends=lease_ends,
    )


def furnish(testbed: Testbed, clock: SetClock) -> Centre:
    """Fill an empty centre: two firms, their people, two benches."""
    register, people = testbed.register, testbed.people
    register.add_organisation(None, "centre", Name("센터", "Centre"))
    register.add_organisation(None, "alpha", Name("알파금속", "Alpha Metals"))
    register.add_organisation(None, "beta", Name("베타전자", "Beta Electronics"))
    for login, organisation, roles in (
        ("engineer", "centre", (Role.ENGINEER,)),
        ("colleague", "centre", (Role.ENGINEER, Role.REVIEWER)),
        ("reviewer", "centre", (Role.REVIEWER,)),
        ("trainee", "centre", (Role.ENGINEER, Role.REVIEWER)),
        ("office", "centre", (Role.OFFICE,)),
        ("alpha", "alpha", (Role.SME,)),
        ("beta", "beta", (Role.SME,)),
    ):
        people.create_account(
            login, Name(f"{login} 담당", login), organisation, roles, "long enough password"
        )
    for login in ("engineer", "colleague", "alpha", "beta"):
        register.authorise(None, login, METHOD, "2", Activity.PERFORM)
    for login in ("engineer", "colleague", "reviewer"):
        register.authorise(None, login, METHOD, "2", Activity.REVIEW)
    for bench, code in BENCHES.items():
        register.add_equipment(
            None,
            NewEquipment(
                code=code,
                name=Name("만능재료시험기", "Universal testing machine"),
                serial=f"LF-{code}",
                bench=bench,
                role="frame",
                methods=(METHOD,),
                calibration_due=date(2027, 3, 31),
                calibration_certificate="KC-2026-0311",
            ),
        )
        testbed.centre.introduce(bench, Name("인장 시험대", "Tensile bench"))
    centre = Centre(testbed, clock)
    for firm, specimen in (("alpha", "SUS304 sheet"), ("beta", "Secret alloy")):
        number = register.add_specimen(centre.who(firm), specimen)
        assert isinstance(number, str)
        centre.specimens[firm] = number
    centre.ready()
    return centre


@cache
def _furnished() -> tuple[bytes, dict[str, str]]:
    """Furnish one centre; the others of this process start from its copy."""
    with TemporaryDirectory() as place:
        file = Path(place) / "testbed.db"
        clock = SetClock()
        testbed = build(Settings(home=Path(place), database=f"sqlite:///{file}"), clock)
        specimens = furnish(testbed, clock).specimens
        testbed.close()
        return file.read_bytes(), specimens


@cache
def _furnished_on_postgresql() -> tuple[str, dict[str, str]]:
    """Furnish one database; the others of this process are its copies."""
    with TemporaryDirectory() as home:
        url, clock = fresh_database(), SetClock()
        testbed = build(Settings(home=Path(home), database=url), clock)
        specimens = furnish(testbed, clock).specimens
        testbed.close()
        return make_url(url).database or "", specimens


def _furnished_at(home: Path, engine: str) -> tuple[str, dict[str, str]]:
    if engine == "postgresql":
        template, specimens = _furnished_on_postgresql()
        return fresh_database(template), specimens
    contents, specimens = _furnished()
    (home / "testbed.db").write_bytes(contents)
    return f"sqlite:///{home / 'testbed.db'}", specimens


@contextmanager
def open_centre(home: Path, engine: str = "sqlite") -> Iterator[Centre]:
    url, specimens = _furnished_at(home, engine)
    clock = SetClock()
    testbed = build(Settings(home=home, database=url), clock)
    try:
        yield Centre(testbed, clock, dict(specimens))
    finally:
        testbed.close()


def _program(name: str) -> str | None:
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(places[-1]) if places else shutil.which(name)


@cache
def _server() -> str:
    """Start the PostgreSQL of this process behind a socket; gives the directory of the socket."""
    if _program("initdb") is None:
        pytest.skip("PostgreSQL is not installed (make tools)")
    # PostgreSQL refuses to run as root; Debian's package brings the account for it.
    as_other = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    ends = ExitStack()
    atexit.register(ends.close)
    place = ends.enter_context(
        TemporaryDirectory(prefix="pg", dir="/tmp", ignore_cleanup_errors=True)
    )
    data = f"{place}/data"
    if as_other:
        shutil.chown(place, "postgres")

    def call(*arguments: str) -> None:
        subprocess.run([*as_other, *arguments], check=True, capture_output=True, cwd="/")

    call(str(_program("initdb")), "-D", data, "-A", "trust", "-U", "testbed", "-N", "-E", "UTF8")
    options = f"-c listen_addresses='' -k {place} -c fsync=off"
    control = str(_program("pg_ctl"))
    call(control, "-D", data, "-w", "-l", f"{place}/log", "-o", options, "start")
    ends.callback(call, control, "-D", data, "-m", "immediate", "-w", "stop")
    return place


_NUMBERS = count()


def fresh_database(template: str = "template1") -> str:
    """Give the URL of a new database on the PostgreSQL of this process, a copy of another one."""
    place, name = _server(), f"centre_{next(_NUMBERS)}"
    asked = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    asked = asked.format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(f"host={place} user=testbed dbname=postgres", autocommit=True) as opened:
        opened.execute(asked)
    return f"postgresql://testbed@/{name}?host={place}"
