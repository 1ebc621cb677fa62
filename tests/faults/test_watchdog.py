"""Whoever dies, and whatever is unplugged at that moment: safe, or *unsafe* and refusing work."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.domain.objections import Refused
from testbed.engine.ports import BenchState
from testbed.services.commands import StartRun
from tests.faults.bench_worker import BENCH, BenchAtWork, bench_at_work, rebuild
from tests.faults.test_killed_worker import until

METHOD = "iec-61960-3"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[BenchAtWork]:
    with bench_at_work(tmp_path / "centre") as opened:
        yield opened


def refusal(bench: BenchAtWork) -> dict[str, str]:
    row = next(iter(bench.testbed.queries.bookings(bench.engineer)))
    answer = bench.testbed.execution.start(
        bench.engineer,
        StartRun(booking=row.number, method=METHOD, parameters={"rated_capacity": 0.1}),
    )
    assert isinstance(answer, Refused)
    (found,) = (each for each in answer.objections if each.code == "run-bench-unsafe")
    return {key: str(value) for key, value in found.values.items()}


def command(bench: BenchAtWork, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "testbed", *words, "--home", bench.home, "--lang", "en"],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_watchdog_that_is_killed_is_replaced_before_and_during_a_run(bench: BenchAtWork):
    bench.hire()
    for process in bench.watchdogs():
        process.kill()
    until(lambda: len(bench.watchdogs()) == 1, 10, "another watches the idle worker")
    run = bench.begin()
    (first,) = bench.watchdogs()
    first.kill()
    until(lambda: [each.pid for each in bench.watchdogs()] not in ([], [first.pid]), 10, "another")
    # It has to have read of the run before the worker dies.
    until(lambda: bench.watchdogs()[0].cpu_times().user > 0.3, 10, "it is up")
    bench.kill()
    until(bench.off, 10, "every output is off")
    until(lambda: bench.ending(run) == "interrupted", 10, "interrupted")


def test_worker_and_watchdog_killed_at_once_leave_it_to_the_next_worker(bench: BenchAtWork):
    bench.hire()
    run = bench.begin()
    bench.kill(*bench.watchdogs())
    assert bench.on()
    bench.hire()
    until(bench.off, 10, "every output is off")
    until(lambda: bench.ending(run) == "interrupted", 10, "interrupted")
    until(lambda: bench.row().state is BenchState.READY, 10, "ready")


def test_what_is_unplugged_as_the_worker_dies_makes_the_bench_refuse_until_it_is_proven(
    bench: BenchAtWork,
):
    bench.hire()
    run = bench.begin()
    bench.control.ask("fault", role="load", fault="no_answer", count=1_000_000)
    bench.kill()
    until(lambda: bench.row().state is BenchState.UNSAFE, 60, "unsafe")
    assert bench.off()
    assert bench.ending(run) == "interrupted"
    assert bench.row().detail.startswith("load: ")
    assert refusal(bench)["cause"] == bench.row().detail

    # Neither another worker nor another centre forgets, and a proof alone does not clear it.
    bench.hire()
    rebuild(bench)
    assert bench.row().state is BenchState.UNSAFE
    bench.clear()
    until(lambda: bench.transitions().count("unsafe") == 2, 60, "the proof failed")
    assert bench.row().state is BenchState.UNSAFE
    said = command(bench, "benches", "list")
    assert "battery-1: Unsafe (load: " in said.stdout, said

    bench.control.ask("clear")
    assert bench.row().state is BenchState.UNSAFE
    said = command(bench, "benches", "clear", BENCH, "--login", "engineer", "--remark", "plugged")
    assert said.returncode == 0, said
    assert bench.row().state is BenchState.READY
    assert bench.transitions()[-2:] == ["clear", "prove"]
    again = bench.begin()
    bench.testbed.execution.abort(bench.engineer, again)
    until(lambda: bench.ending(again) == "aborted", 20, "aborted")


def test_a_bench_that_is_gone_altogether_is_unsafe(bench: BenchAtWork):
    bench.hire()
    run = bench.begin()
    bench.cut_power()
    bench.kill()
    until(lambda: bench.row().state is BenchState.UNSAFE, 40, "unsafe")
    assert "the simulator of battery-1 is not there" in bench.row().detail
    assert bench.ending(run) == "interrupted"
    bench.plug_in()
    said = command(bench, "benches", "clear", BENCH, "--login", "engineer", "--remark", "is back")
    assert said.returncode == 0, said
    bench.hire()
    until(lambda: bench.row().state is BenchState.READY, 10, "ready")


def test_a_worker_whose_simulator_was_replaced_makes_room_for_one_that_finds_it(
    bench: BenchAtWork,
):
    bench.hire()
    worker = bench.worker
    assert worker is not None
    bench.cut_power()
    bench.plug_in()
    assert worker.wait(20) == 0
    bench.hire()
    run = bench.begin()
    bench.testbed.execution.abort(bench.engineer, run)
    until(lambda: bench.ending(run) == "aborted", 20, "aborted")
    until(bench.off, 5, "off")


def test_a_bench_that_nobody_serves_is_proven_by_who_clears_it(bench: BenchAtWork):
    bench.hire()
    assert bench.worker is not None
    bench.worker.terminate()
    bench.worker.wait(30)
    bench.testbed.centre.bench_is(BENCH, BenchState.UNSAFE, "load: no answer")
    bench.control.ask("fault", role="load", fault="no_answer", count=1_000_000)
    words = ("benches", "clear", BENCH, "--login", "engineer", "--remark", "looked at it")
    said = command(bench, *words)
    assert said.returncode == 1
    assert "battery-1 is still not proven safe: load: " in said.stderr
    bench.control.ask("clear")
    assert command(bench, *words).returncode == 0
    assert bench.row().state is not BenchState.UNSAFE
