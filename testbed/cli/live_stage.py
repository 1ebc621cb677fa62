"""A centre with one run that goes on, its web server and its writer in processes of their own."""

import http.client
import multiprocessing
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from urllib.parse import urlencode

import runs
from testbed import bootstrap
from testbed.bootstrap import Testbed
from testbed.domain.names import Name
from testbed.domain.people import Activity, Role
from testbed.engine.ports import BenchState, Progress
from testbed.engine.record import RunRecord
from testbed.services.commands import Booked, BookingKind, RequestBooking, Started, StartRun
from testbed.services.register import NewEquipment
from testbed.settings import Settings

__all__ = ["LiveStage", "live_stage"]

_METHOD = "iec-61960-3"
_BENCH = "bench"
_WORD = "benchmark only"
_READY_WITHIN = 60.0  # [s]


@dataclass(frozen=True, slots=True)
class LiveStage:
    """Where the run can be watched.

    Attributes
    ----------
    port
        Of the web server on 127.0.0.1.
    server
        Process id of the web server.
    cookies
        One session for each person who watches.
    logins, word
        Their names, and the password of all.
    """

    port: int
    server: int
    run: str
    file: Path
    cookies: tuple[str, ...]
    logins: tuple[str, ...]
    word: str = _WORD


@contextmanager
def live_stage(home: Path, *, rate: float, people: int, before: int = 0) -> Iterator[LiveStage]:
    """Set a run up that goes on until this is left.

    Its channel "voltage" holds the instant [s of the monotonic clock] at which the row was
    delivered.

    Parameters
    ----------
    rate
        Rows [1/s].
    people
        Accounts that may watch.
    before
        Rows that the run has already.
    """
    known = Settings(home=home, database=f"sqlite:///{home / 'testbed.db'}")
    testbed = bootstrap.build(known)
    logins = tuple(f"engineer-{number}" for number in range(people))
    run, file = _started(testbed, logins)
    context = multiprocessing.get_context("spawn")
    stop, ready = context.Event(), context.Event()
    writer = context.Process(target=_write, args=(file, run, rate, before, ready, stop))
    beating = threading.Event()
    heart = threading.Thread(target=_beat, args=(testbed, run, beating), daemon=True)
    port = _free_port()
    web = subprocess.Popen(
        [sys.executable, "-m", "testbed", "web", "--home", str(home), "--port", str(port)]
    )
    try:
        writer.start()
        heart.start()
        if not ready.wait(_READY_WITHIN):
            raise RuntimeError("the writer does not come up")
        _await(port, web)
        cookies = tuple(_sign_in(port, login) for login in logins)
        yield LiveStage(port, web.pid, run, file, cookies, logins)
    finally:
        beating.set()
        stop.set()
        writer.join(30)
        web.terminate()
        web.wait(30)
        if heart.is_alive():
            heart.join()
        testbed.close()


def _started(testbed: Testbed, logins: Sequence[str]) -> tuple[str, Path]:
    register, people = testbed.register, testbed.people
    register.add_organisation(None, "centre", Name("센터", "Centre"))
    for login in logins:
        who = Name("담당", "Staff")
        people.create_account(login, who, "centre", [Role.ENGINEER], _WORD)
    version = testbed.methods()[_METHOD].version
    register.authorise(None, logins[0], _METHOD, version, Activity.PERFORM)
    codes = []
    for number, role in enumerate(testbed.methods()[_METHOD].declared_needs(), start=1):
        codes.append(f"EQ-{number}")
        register.add_equipment(
            None,
            NewEquipment(
                code=codes[-1],
                name=Name("장비", "Machine"),
                bench=_BENCH,
                role=role,
                methods=(_METHOD,),
                calibration_due=date(2999, 1, 1),
            ),
        )
    testbed.centre.introduce(_BENCH, Name("시험대", "Bench"))
    testbed.centre.bench_is(_BENCH, BenchState.READY)
    actor, now = people.find(logins[0]), testbed.clock.now()
    wish = RequestBooking(
        equipment=tuple(codes), start=now, end=now + timedelta(hours=4), kind=BookingKind.DIRECT
    )
    booked = testbed.booking.request(actor, wish)
    if not isinstance(booked, Booked):
        raise RuntimeError(f"the booking was refused: {booked}")
    parameters = {"rated_capacity": 2.5}
    started = testbed.execution.start(
        actor, StartRun(booking=booked.number, method=_METHOD, parameters=parameters)
    )
    if not isinstance(started, Started):
        raise RuntimeError(f"the run was refused: {started}")
    assignment = testbed.centre.claim(_BENCH)
    if assignment is None:
        raise RuntimeError("the run waits")
    return assignment.run, assignment.file


def _write(file: Path, run: str, rate: float, before: int, ready: Event, stop: Event) -> None:
    """Deliver rows on absolute time, as an instrument does."""
    header = runs.Header(
        run=run,
        title=run,
        started=datetime.now(UTC),
        channels=(runs.ChannelInfo("voltage", "V"), runs.ChannelInfo("current", "A")),
        phases=("connect",),
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    record = RunRecord(file, header)
    record.phase(0)
    for number in range(before):
        record.record(number / rate, voltage=time.monotonic(), current=float(number % 100))
    ready.set()
    began, number = time.monotonic(), before
    while not stop.is_set():
        wait = began + (number - before + 1) / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        record.record(number / rate, voltage=time.monotonic(), current=float(number % 100))
        number += 1
    record.close("completed", attributes={}, ended=datetime.now(UTC))


def _beat(testbed: Testbed, run: str, stop: threading.Event) -> None:
    while not stop.wait(0.25):
        progress = Progress(
            phase="connect",
            done=0.5,
            remaining=None,
            paused=False,
            prompt=None,
            rows=0,
            bench_time=datetime.now(UTC),
        )
        testbed.centre.beat(run, progress)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, web: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _READY_WITHIN
    while time.monotonic() < until and web.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the web server does not come up")


def _sign_in(port: int, login: str) -> str:
    """Sign in as a browser does; gives the cookie."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    form = urlencode({"login": login, "password": _WORD})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/login", form, headers)
    answer = connection.getresponse()
    cookie = answer.getheader("set-cookie", "").partition(";")[0]
    connection.close()
    if not cookie:
        raise RuntimeError(f"{login} could not sign in: {answer.status}")
    return cookie
