"""A run whose booking ends stands safe, waits for an extension, and goes on or ends."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import xarray

from testbed.engine.lease import Lease
from testbed.engine.ports import Ending, RunResult
from testbed.methods.iec_61960_3 import BatteryCapacity
from tests.testbed.centres import NOW, SetClock
from tests.testbed.engine.stage import Stage, stage

CELL = {"rated_capacity": 2.5, "rest": 0.0}
HOUR = timedelta(hours=1)


def until(condition: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < ends, what
        time.sleep(0.02)


def begin(
    opened: Stage, file: Path, lease: Lease, method: str, given: dict
) -> tuple[threading.Thread, list[RunResult]]:
    results: list[RunResult] = []
    thread = threading.Thread(
        target=lambda: results.append(opened.run(file, method, given, lease=lease))
    )
    thread.start()
    return thread, results


def lease_events(file: Path) -> list[str]:
    with xarray.open_datatree(file, decode_times=False) as tree:
        events = tree["events"].dataset
        return [
            str(text)
            for kind, text in zip(events["kind"].to_numpy(), events["text"].to_numpy(), strict=True)
            if str(kind) == "lease"
        ]


def test_outputs_go_off_and_on_again_where_the_booking_is_extended(tmp_path: Path):
    clock = SetClock()
    lease = Lease(NOW + HOUR, 900.0, clock)
    with stage("battery-1", tmp_path, "3000") as opened:
        thread, results = begin(opened, tmp_path / "R-1.h5", lease, "iec-61960-3", CELL)
        until(lambda: opened.outputs()["supply"], "the cell is charged")
        clock.sleep(3600)
        until(lambda: lease.waiting, "the run waits")
        until(lambda: not any(opened.outputs().values()), "all outputs are off")
        time.sleep(0.5)
        assert lease.waiting
        assert not any(opened.outputs().values())
        lease.renew(NOW + 3 * HOUR)
        until(lambda: opened.outputs()["supply"], "charging goes on")
        thread.join(60)
        assert not any(opened.outputs().values())
    assert results[0].ending is Ending.COMPLETED, results
    ended, extended = lease_events(tmp_path / "R-1.h5")
    assert ended.endswith("supply off")
    assert extended.startswith("extended until 2026-11-24 06:00")


def test_nobody_extends_it_and_the_run_ends_safe(tmp_path: Path):
    clock = SetClock()
    lease = Lease(NOW + HOUR, 900.0, clock)
    with stage("battery-1", tmp_path, "3000") as opened:
        thread, results = begin(opened, tmp_path / "R-2.h5", lease, "iec-61960-3", CELL)
        until(lambda: opened.outputs()["supply"], "the cell is charged")
        clock.sleep(3600)
        until(lambda: lease.waiting, "the run waits")
        clock.sleep(899)
        time.sleep(0.5)
        assert thread.is_alive()
        clock.sleep(1)
        thread.join(20)
        assert not any(opened.outputs().values())
    assert results[0].ending is Ending.ABORTED
    assert results[0].remark is not None
    assert results[0].remark.code == "remark.lease-ended"
    assert results[0].safe


def test_a_chamber_keeps_its_climate_while_the_run_waits(tmp_path: Path):
    clock = SetClock()
    lease = Lease(NOW + HOUR, 900.0, clock)
    with stage("climate-1", tmp_path, "4000") as opened:
        thread, results = begin(
            opened, tmp_path / "R-3.h5", lease, "iec-60068-2-2", {"duration": 1.0}
        )
        until(lambda: opened.outputs()["chamber"], "the chamber heats")
        clock.sleep(3600)
        until(lambda: lease.waiting, "the run waits")
        time.sleep(0.3)
        assert opened.outputs()["chamber"]
        lease.renew(NOW + 3 * HOUR)
        thread.join(60)
    assert results[0].ending is Ending.COMPLETED, results
    assert lease_events(tmp_path / "R-3.h5")[0].endswith("chamber kept")


def test_a_crosshead_stops_by_the_hold_of_its_phase(tmp_path: Path):
    clock = SetClock()
    lease = Lease(NOW + HOUR, 900.0, clock)
    with stage("utm-1", tmp_path, "20") as opened:
        thread, results = begin(opened, tmp_path / "R-4.h5", lease, "iso-6892-1", {"s0": 78.54})
        until(lambda: opened.outputs()["frame"], "the crosshead moves")
        clock.sleep(3600)
        until(lambda: lease.waiting, "the run waits")
        until(lambda: not opened.outputs()["frame"], "it stands")
        lease.renew(NOW + 3 * HOUR)
        until(lambda: opened.outputs()["frame"], "it goes on")
        thread.join(60)
    assert results[0].ending is Ending.COMPLETED, results


def test_a_run_that_somebody_paused_loses_its_outputs_too(tmp_path: Path):
    clock = SetClock()
    lease = Lease(NOW + HOUR, 900.0, clock)
    with stage("battery-1", tmp_path, "3000") as opened:
        thread, results = begin(opened, tmp_path / "R-7.h5", lease, "iec-61960-3", CELL)
        until(lambda: opened.outputs()["supply"], "the cell is charged")
        opened.steering.pause()
        time.sleep(0.5)
        assert opened.outputs()["supply"]
        clock.sleep(3600)
        until(lambda: not any(opened.outputs().values()), "all outputs are off")
        lease.renew(NOW + 3 * HOUR)
        until(lambda: opened.outputs()["supply"], "it is as it was when it was paused")
        opened.steering.resume()
        thread.join(60)
    assert results[0].ending is Ending.COMPLETED, results


def test_a_method_may_keep_an_output_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(BatteryCapacity, "keeps_on", ("supply",))
    clock = SetClock()
    lease = Lease(NOW + HOUR, 900.0, clock)
    with stage("battery-1", tmp_path, "3000") as opened:
        thread, results = begin(opened, tmp_path / "R-5.h5", lease, "iec-61960-3", CELL)
        until(lambda: opened.outputs()["supply"], "the cell is charged")
        clock.sleep(3600)
        until(lambda: lease.waiting, "the run waits")
        time.sleep(0.3)
        assert opened.outputs()["supply"]
        clock.sleep(901)
        thread.join(20)
        assert not any(opened.outputs().values())
    assert results[0].ending is Ending.ABORTED


def test_without_a_live_booking_no_instrument_is_opened(tmp_path: Path):
    with stage("battery-1", tmp_path) as opened:
        gone = {role: replace(each, driver="none") for role, each in opened.bench.roles.items()}
        opened.bench = replace(opened.bench, roles=gone)
        lease = Lease(NOW, 900.0, SetClock())
        result = opened.run(tmp_path / "R-6.h5", "iec-61960-3", CELL, lease=lease)
    # To open one would have failed.
    assert (result.ending, result.rows, result.safe) == (Ending.ABORTED, 0, True)
    assert not (tmp_path / "R-6.h5").exists()
