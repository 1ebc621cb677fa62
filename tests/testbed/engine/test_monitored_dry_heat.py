"""Dry heat on the simulated bench: a specimen that gets too hot ends the run, with all off."""

from pathlib import Path

import numpy as np
import pytest
import xarray

from testbed.engine.ports import Ending
from tests.testbed.engine.stage import stage

HOUR = 3600.0


def events(file: Path, kind: str) -> list[tuple[float, str]]:
    with xarray.open_datatree(file, decode_times=False) as tree:
        found = tree["events"].dataset
        kinds = [str(each) for each in found["kind"].to_numpy()]
        texts = [str(each) for each in found["text"].to_numpy()]
        times = np.asarray(found["event_time"].to_numpy(), float)
    return [(t, x) for k, x, t in zip(kinds, texts, times, strict=True) if k == kind]


def test_a_specimen_too_hot_ends_the_run_within_a_minute(tmp_path: Path) -> None:
    with stage("climate-1", tmp_path) as bench:
        # Three hours from now the sensor reads twice what it should.
        bench.control.ask(
            "fault", role="meter", fault="drift", size=1.0, count=1_000_000, after=3 * HOUR
        )
        file = tmp_path / "hot.h5"
        result = bench.run(file, "iec-60068-2-2", {"duration": 16.0})
        outputs = bench.control.ask("truth")["truth"]["outputs"]
    assert result.ending is Ending.ABORTED
    assert result.remark is not None
    assert result.remark.code == "remark.monitor-ends"
    assert result.remark.values["monitor"] == "specimen_too_hot"
    assert result.remark.values["accepted"] == "≤ 65 degC"
    assert float(result.remark.values["value"]) == pytest.approx(110.0, abs=3.0)
    assert result.safe
    assert not any(outputs.values())
    ((at, text),) = events(file, "alarm")
    assert text.startswith("specimen_too_hot: 1")
    assert 3 * HOUR <= at <= 3 * HOUR + 60.0
    watched = [text for _, text in events(file, "monitor")]
    assert watched == [
        "specimen_too_hot: ≤ 65 degC, each 60 s, else end",
        "room_climate: not watched, the bench has no room",
    ]


def test_an_undisturbed_run_says_what_was_watched_and_that_nothing_was_out(tmp_path: Path) -> None:
    with stage("climate-1", tmp_path) as bench:
        file = tmp_path / "well.h5"
        result = bench.run(file, "iec-60068-2-2", {"duration": 2.0})
    assert (result.ending, result.outcome) == (Ending.COMPLETED, "pass")
    assert result.findings == ()
    with xarray.open_dataset(file) as found:
        assert found.attrs["monitor_specimen_too_hot_out_of_band_s"] == 0.0
        assert found.attrs["ticks"] > 200
        assert found.attrs["ticks_missed"] == 0


ROOM = """
[roles.room]
driver = "fluke_1524"

[simulator.probe]
place = "room"
"""


def test_a_room_too_warm_suspends_the_recovery_until_it_has_settled(tmp_path: Path) -> None:
    with stage("climate-1", tmp_path, tail=ROOM) as bench:
        # From then on, twenty looks at the room, one a minute, read twice what they should.
        bench.control.ask(
            "fault",
            role="room",
            fault="drift",
            size=1.0,
            count=20,
            command="READ",
            after=4.5 * HOUR,
        )
        file = tmp_path / "warm.h5"
        result = bench.run(file, "iec-60068-2-2", {"duration": 2.0})
    assert (result.ending, result.outcome) == (Ending.COMPLETED, "pass")
    # While nothing is recorded, nothing is proven: the evaluation says so as well.
    assert [each.code for each in result.findings] == ["suspended", "ramp-gap"]
    assert result.findings[0].values["monitor"] == "room_climate"
    ((out, _),) = events(file, "alarm")
    ((back, text),) = events(file, "back")
    assert back - out == pytest.approx(20 * 60.0 + 600.0, abs=61.0)
    assert text == "room_climate: 20.00 min out of its band"
    with xarray.open_dataset(file, decode_times=False) as found:
        assert found.attrs["monitor_room_climate_out_of_band_s"] == pytest.approx(1200.0)
        time = found["time"].to_numpy()
        held = float(time[found["phase"].to_numpy() == 4].max() - out)
        assert not ((time > out + 1.0) & (time < back - 1.0)).any(), "nothing is recorded meanwhile"
    ends = events(file, "resume")[0][0]
    assert ends == pytest.approx(back, abs=1.0)
    # What the room has cost is added to the hour of recovery, not taken from it.
    assert held > back - out
