"""kill -9 of a bench worker in mid-run: outputs off, record saved, bench free for the next run."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import xarray

from testbed import bootstrap, settings
from testbed.domain.names import Name
from testbed.domain.people import Activity, Role
from testbed.services.commands import Booked, BookingKind, RequestBooking, Started, StartRun
from testbed.services.register import NewEquipment
from tests.journeys.centre import free_port

BENCH = """
name = "battery-1"
[roles.supply]
driver = "keysight_e36312a"
serial = "MY1"
equipment = "EQ-1"
[roles.load]
driver = "rigol_dl3021"
serial = "DL1"
equipment = "EQ-2"
[roles.meter]
driver = "keysight_34465a"
serial = "MY2"
equipment = "EQ-3"
[simulator]
world = "electrical"
clock = "60"
[simulator.dut]
capacity = 0.1
soc = 0.6
"""
ROLES = ("supply", "load", "meter")


def until(condition: Callable[[], bool], within: float, what: str) -> None:
    ends = time.monotonic() + within
    while not condition():
        assert time.monotonic() < ends, what
        time.sleep(0.1)


def centre(home: Path) -> bootstrap.Testbed:
    (home / "benches").mkdir(parents=True)
    (home / "benches" / "battery-1.toml").write_text(BENCH)
    testbed = bootstrap.build(settings.load(home, {}))
    testbed.register.add_organisation(None, "centre", Name("센터", "Centre"))
    roles = (Role.ENGINEER, Role.OFFICE)
    testbed.people.create_account(
        "engineer", Name("엔지니어", "Engineer"), "centre", roles, "a long password"
    )
    testbed.register.authorise(None, "engineer", "iec-61960-3", "2", Activity.PERFORM)
    for number, role in enumerate(ROLES, 1):
        new = NewEquipment(
            code=f"EQ-{number}",
            name=Name(role, role),
            bench="battery-1",
            role=role,
            methods=("iec-61960-3",),
        )
        testbed.register.add_equipment(None, new)
    return testbed


def start(testbed: bootstrap.Testbed) -> str:
    engineer = testbed.people.find("engineer")
    row = next(iter(testbed.queries.bookings(engineer)), None)
    if row is None:
        now = testbed.clock.now()
        booked = testbed.booking.request(
            engineer,
            RequestBooking(
                equipment=("EQ-1",),
                start=now,
                end=now + timedelta(hours=60),
                kind=BookingKind.REQUESTED,
                method="iec-61960-3",
            ),
        )
        assert isinstance(booked, Booked), booked
        number = booked.number
    else:
        number = row.number
    started = testbed.execution.start(
        engineer,
        StartRun(booking=number, method="iec-61960-3", parameters={"rated_capacity": 0.1}),
    )
    assert isinstance(started, Started), started

    def asked() -> bool:
        live = testbed.queries.live_one(engineer, started.run)
        return live is not None and live.prompt is not None

    until(asked, 20, "the run asks for its cell")
    testbed.execution.answer(engineer, started.run, 1, "option.done")
    return started.run


def outputs(home: Path) -> list[dict]:
    lines = (home / "state" / "battery-1" / "simulator.log").read_text().splitlines()
    return [entry for entry in map(json.loads, lines) if entry["event"] == "output"]


def delivered(home: Path, before: float) -> int:
    """Count the readings that the meter had delivered a second before an instant."""
    lines = (home / "state" / "battery-1" / "simulator.log").read_text().splitlines()
    counts = [
        entry["samples"]
        for entry in map(json.loads, lines)
        if entry["event"] == "delivered" and entry["wall"] < before
    ]
    return max(counts, default=0)


def test_a_killed_worker_leaves_a_safe_bench_a_healed_record_and_a_free_slot(tmp_path: Path):
    home = tmp_path / "centre"
    testbed = centre(home)
    engineer = testbed.people.find("engineer")
    with (tmp_path / "serve.log").open("wb") as words:
        server = subprocess.Popen(
            [sys.executable, "-m", "testbed", "serve", "--home", home, "--no-browser",
             "--port", str(free_port())],
            stdout=words,
            stderr=words,
        )  # fmt: skip
        try:
            known = testbed.queries.benches
            until(lambda: bool(known(engineer)) and testbed.queries.health().ok, 40, "ready")
            run = start(testbed)
            until(lambda: bool(outputs(home)) and outputs(home)[-1]["on"], 20, "charging")
            live = testbed.queries.live_one
            until(lambda: (live(engineer, run) or None) is not None
                  and live(engineer, run).rows > 12, 40, "rows")  # fmt: skip
            (bench,) = testbed.queries.benches(engineer)
            assert bench.worker_pid is not None
            os.kill(bench.worker_pid, signal.SIGKILL)
            killed = time.time()

            until(lambda: not outputs(home)[-1]["on"], 10, "every output is off")
            found = testbed.queries.run
            until(lambda: found(engineer, run).row.ending == "interrupted", 10, "interrupted")
            detail = found(engineer, run)
            path = home / "runs" / f"{detail.row.started.year}" / detail.file_name
            with xarray.open_dataset(path) as record:
                assert record.attrs["status"] == "interrupted"
                # The last reading before the kill may not have become a row any more.
                assert record.sizes["time"] >= delivered(home, killed - 1.0) - 1

            until(lambda: testbed.queries.health().ok, 30, "the bench works again")
            again = start(testbed)
            until(lambda: outputs(home)[-1]["on"], 20, "the next run charges")
            testbed.execution.abort(engineer, again)
            until(lambda: found(engineer, again).row.ending == "aborted", 20, "aborted")
            until(lambda: not outputs(home)[-1]["on"], 5, "outputs off after the abort")
        finally:
            server.send_signal(signal.SIGINT)
            assert server.wait(40) == 0, (tmp_path / "serve.log").read_text()
            testbed.close()
    assert not (home / "state" / "battery-1" / "simulator.json").exists()
