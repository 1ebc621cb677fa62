"""The record of a run over a full disk, in several files, and in streams of their own clocks."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray

import runs
from instruments.readings import Reading, Waveform
from testbed.engine.context import LiveContext
from testbed.engine.control import Aborted
from testbed.engine.lease import Lease
from testbed.engine.monitors import Monitors
from testbed.engine.part_curves import PartCurves
from testbed.engine.record import RollOver, RunRecord
from testbed.engine.recording import WrongAxis
from testbed.engine.safety import SafeActions
from testbed.engine.segments import digest, joined, joined_tree, parts, verify
from testbed.engine.standstill import Standstill
from testbed.engine.uncertainties import Uncertainties, WrongUnit
from testbed.procedure import (
    Action,
    Axis,
    BlockStream,
    Channel,
    Monitor,
    Phase,
    Procedure,
    RowStream,
)
from tests.testbed.engine.course import START, Clock, Steering

ENDED = datetime(2026, 11, 25, tzinfo=UTC)
FAR = 1 << 60  # [bytes], more than any disk has


class Streams(Procedure):
    """A main stream, rows beside it, and waveforms of four samples."""

    id, version, standard = "streams", "1", ""
    channels = (Channel("force", "N"),)
    plots = ()
    streams = (
        RowStream("climate", (Channel("temperature", "degC"),)),
        BlockStream(
            "waveform",
            (Channel("voltage", "V"),),
            (Axis("offset", "s", lambda p: np.arange(4) * float(p["step"])),),
        ),
    )
    too_strong = Monitor(
        "N", lambda p: 0.0, low=-100.0, high=100.0, action=Action.END, channel="force"
    )


def head(method: type[Procedure] = Streams) -> runs.Header:
    return runs.Header(
        run="R-1",
        title="t",
        started=START,
        channels=(runs.ChannelInfo("force", "N"),),
        phases=("step", "after"),
        streams=(
            runs.Rows("climate", (runs.ChannelInfo("temperature", "degC"),)),
            runs.Blocks(
                "waveform",
                (runs.ChannelInfo("voltage", "V"),),
                (runs.Axis("offset", "s", np.arange(4) * 1e-3),),
            ),
        ),
    )


class Recorded:
    """A context over a record that lies on the disk."""

    def __init__(self, file: Path, rollover: RollOver | None = None) -> None:
        self.file = file
        self.clock = Clock()
        self.steering = Steering(self.clock)
        self.record = RunRecord(file, head(), rollover)
        self.procedure = Streams({"step": 1e-3}, {})
        self.context = LiveContext(
            clock=self.clock,
            record=self.record,
            procedure=self.procedure,
            control=self.steering,
            safe_actions=SafeActions(),
            started=START,
            lease=Lease(None, 0.0),
            standstill=Standstill({}),
            monitors=Monitors(self.procedure),
            uncertainties=Uncertainties(self.procedure.channels),
        )

    def phase(self, function) -> None:
        step = Phase("step", 1e9, lambda _, run: function(run))
        self.context.carry_out(self.procedure, step, 0)

    def close(self) -> xarray.Dataset:
        self.record.close("completed", attributes=self.context.attributes(), ended=ENDED)
        return joined(parts(self.file))


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Recorded]:
    opened = Recorded(tmp_path / "R-1.h5")
    yield opened
    opened.record.abandon()


def test_blocks_and_rows_lie_in_one_stream_in_their_order(recorded: Recorded) -> None:
    def step(run) -> None:
        run.record(force=Reading(value=1.0, unit="N", standard_uncertainty=0.1))
        run.sleep(1.0)
        run.record_block(np.arange(200) * 0.01, force=np.arange(200.0) / 2)

    recorded.phase(step)
    found = recorded.close()
    # Those before the first row take its time; no sample is lost.
    np.testing.assert_array_equal(found["force"], [1.0, *np.arange(200) / 2])
    np.testing.assert_array_equal(found["time"], [0.0, *np.arange(200) * 0.01])
    assert found.attrs["force_standard_uncertainty"] == 0.1


@pytest.mark.parametrize("peak", [101.0, -101.0])
def test_monitors_look_at_the_extremes_of_a_block(recorded: Recorded, peak: float) -> None:
    values = np.zeros(1000)
    values[500], values[501] = peak, np.nan

    def step(run) -> None:
        run.record_block(np.arange(1000) * 1e-3, force=np.zeros(1000))
        run.record_block(1.0 + np.arange(1000) * 1e-3, force=values)

    with pytest.raises(Aborted) as ended:
        recorded.phase(step)
    assert ended.value.values["value"] == f"{peak:g}"
    assert len(recorded.close()["force"]) == 2000


@pytest.mark.parametrize(
    ("times", "columns"),
    [
        ([1.0, 0.5], {"force": [1.0, 2.0]}),
        ([0.0, 1.0], {"force": [1.0]}),
        ([0.0, 1.0], {"force": [1.0, np.inf]}),
        ([0.0, 1.0], {"forces": [1.0, 2.0]}),
        ([0.0, 1.0], {}),
    ],
)
def test_a_block_that_does_not_fit_leaves_nothing(recorded: Recorded, times, columns) -> None:
    with pytest.raises(runs.RecordRefused):
        recorded.phase(lambda run: run.record_block(times, **columns))
    assert recorded.record.rows == 0


def test_streams_have_clocks_of_their_own(recorded: Recorded) -> None:
    wave = Waveform(
        values=np.array([1.0, 2.0, 3.0, 2.0]),
        start=0.0,
        step=1e-3,
        unit="V",
        standard_uncertainty=0.05,
    )

    def step(run) -> None:
        run.record(at=0.0, force=1.0)
        run.stream("climate").record(at=0.25, temperature=21.0)
        run.stream("climate").record_block([0.5, 0.75], temperature=[22.0, 23.0])
        run.stream("waveform").record(at=0.1, voltage=wave)
        run.stream("waveform").record(at=0.2, voltage=np.zeros(4))

    recorded.phase(step)
    recorded.close()
    tree = joined_tree(parts(recorded.file))
    np.testing.assert_array_equal(tree["climate"]["climate_time"], [0.25, 0.5, 0.75])
    np.testing.assert_array_equal(tree["climate"]["temperature"], [21.0, 22.0, 23.0])
    np.testing.assert_array_equal(tree["waveform"]["voltage"], [wave.values, np.zeros(4)])
    np.testing.assert_allclose(tree["waveform"]["offset"], np.arange(4) * 1e-3)
    assert tree.attrs["waveform_voltage_standard_uncertainty"] == 0.05


def test_a_waveform_has_to_be_what_its_stream_declares(recorded: Recorded) -> None:
    def taken(**change):
        values = {"values": np.zeros(4), "start": 0.0, "step": 1e-3, "unit": "V", **change}
        return lambda run: run.stream("waveform").record(voltage=Waveform(**values))

    for change, error in (
        ({"unit": "A"}, WrongUnit),
        ({"step": 2e-3}, WrongAxis),
        ({"values": np.zeros(5)}, WrongAxis),
    ):
        with pytest.raises(error):
            recorded.phase(taken(**change))
    with pytest.raises(runs.RecordRefused):
        recorded.phase(lambda run: run.stream("waveform").record(voltage=np.zeros(3)))
    with pytest.raises(LookupError, match="climate, waveform"):
        recorded.phase(lambda run: run.stream("spectrum"))


def test_a_full_disk_lets_the_run_stand_and_it_goes_on_by_itself(recorded: Recorded) -> None:
    writer = recorded.record._writer
    told = []

    def meanwhile() -> None:
        note = recorded.steering.progress(0, recorded.clock.now()).suspended
        told.append((note and note.code, recorded.record.rows))
        if len(told) == 5:
            writer.reserve = 0

    recorded.steering.meanwhile = meanwhile

    def step(run) -> None:
        run.record(force=0.0)
        writer.reserve = FAR
        recorded.record.full = 5.0
        run.sleep(0.1)
        run.record(force=1.0)

    recorded.phase(step)
    assert told[0] == ("remark.disk-full", 1)
    assert len(told) == 5
    found = recorded.close()
    np.testing.assert_array_equal(found["force"], [0.0, 1.0])
    kinds = [(e.kind, e.text.partition(",")[0]) for e in runs.events(recorded.file)]
    assert ("disk", "nearly full") in kinds
    assert ("disk", "there is room again") in kinds


def test_the_writers_own_flush_tells_that_the_disk_is_full(recorded: Recorded) -> None:
    record = recorded.record
    record.record(0.0, force=1.0)
    record._writer.reserve = FAR
    for index in range(1, 100):
        record.record(index * 0.01, force=1.0)
        time.sleep(0.01)
        if record.full is not None:
            break
    assert record.full is not None
    record.record(5.0, force=2.0)
    record.flush_if_due()
    assert record.full is not None
    record._writer.reserve = 0
    record.flush_if_due()
    assert record.full is None
    assert recorded.close()["force"].size == index + 2


def test_what_waits_for_room_is_bounded(recorded: Recorded) -> None:
    record = recorded.record
    record.record(0.0, force=1.0)
    record._writer.flush()
    record._writer.reserve = FAR
    times = 1.0 + np.arange(250_000) * 1e-3
    with pytest.raises(runs.DiskFull):
        record.extend(times, {"force": np.zeros(250_000)})
    assert 200_000 <= record.rows < 250_000
    record.abandon()
    assert runs.recover(recorded.file).rows == 1


def test_days_are_kept_in_linked_files_without_a_gap(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path / "R-1.h5", RollOver(hours=1.0))

    def step(run) -> None:
        for index in run.every(60.0, during=3 * 3600.0 + 60.0):
            run.record(force=float(index % 50))
            if index % 30 == 0:
                run.stream("waveform").record(voltage=np.full(4, float(index)))

    recorded.phase(step)
    found = recorded.close()
    files = parts(recorded.file)
    assert [file.name for file in files] == ["R-1.h5", "R-1.002.h5", "R-1.003.h5", "R-1.004.h5"]
    np.testing.assert_array_equal(found["time"], np.arange(182) * 60.0)
    np.testing.assert_array_equal(found["force"], np.arange(182) % 50)
    assert found.attrs["ticks"] == 182
    links = [runs.describe(file).attributes for file in files]
    assert [each.get("continues") for each in links] == [None, "R-1", "R-1.002", "R-1.003"]
    assert [each.get("segment") for each in links] == [None, 2, 3, 4]
    assert [each.get("continued_by") for each in links] == ["R-1.002", "R-1.003", "R-1.004", None]
    assert all(runs.verify(file).ok for file in files)
    tree = joined_tree(files)
    np.testing.assert_array_equal(tree["waveform"]["waveform_time"], np.arange(7) * 1800.0)
    assert len(digest(recorded.file)) == 64
    curves = PartCurves(files)
    whole = curves.window(("force",), pixels=400)["force"]
    np.testing.assert_array_equal(whole.x, found["time"])
    np.testing.assert_array_equal(whole.y, found["force"])
    across = curves.window(("force",), x_from=3500.0, x_to=3700.0, pixels=400)["force"]
    assert {3540.0, 3600.0, 3660.0} <= set(across.x)
    assert (curves.rows(), curves.inside(3540.0, 3660.0)) == (182, 3)
    assert curves.rows("waveform") == 7 * 4
    curves.close()


def test_a_file_that_has_grown_large_is_taken_over(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path / "R-1.h5", RollOver(size=1))
    recorded.record.record(0.0, force=1.0)
    recorded.record._looked -= 10.0
    recorded.record.record(1.0, force=2.0)
    found = recorded.close()
    np.testing.assert_array_equal(found["force"], [1.0, 2.0])
    assert len(parts(recorded.file)) == 2


def test_rows_are_taken_while_the_file_before_is_sealed(tmp_path: Path, monkeypatch) -> None:
    sealing, sealed = threading.Event(), threading.Event()
    close = runs.RunWriter.close

    def slow(writer, *args, **options):
        if writer.path.name == "R-1.h5":
            sealing.set()
            assert sealed.wait(20)
        return close(writer, *args, **options)

    monkeypatch.setattr(runs.RunWriter, "close", slow)
    recorded = Recorded(tmp_path / "R-1.h5", RollOver(hours=1.0))
    recorded.record.record(0.0, force=1.0)
    recorded.record.record(3600.0, force=2.0)
    assert sealing.wait(20)
    for index in range(100):
        recorded.record.record(3601.0 + index, force=3.0)
    assert recorded.record.rows == 102
    sealed.set()
    assert recorded.close().sizes["time"] == 102


def test_a_change_in_any_part_of_a_long_run_is_found_and_named(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path / "R-1.h5", RollOver(hours=1.0))
    for hour in range(3):
        recorded.record.record(3600.0 * hour, force=1.0)
    recorded.close()
    sealed = digest(recorded.file)
    assert verify(recorded.file, sealed).ok
    second = parts(recorded.file)[1]
    second.write_bytes(second.read_bytes().replace(np.float64(3600.0).tobytes(), b"\1" * 8))
    problems = verify(recorded.file, sealed).problems
    assert any(each.startswith("R-1.002.h5: ") for each in problems)
    assert "the files are not those on record" in problems
