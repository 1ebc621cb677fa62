"""The run file while it grows, when it is sealed, and after its writer was killed."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray
from hypothesis import given, settings
from hypothesis import strategies as st

import runs
from runs import catalogue

STARTED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def header(**changes: object) -> runs.Header:
    values: dict[str, object] = {
        "run": "R-2026-00001",
        "title": "인장시험",
        "started": STARTED,
        "channels": (
            runs.ChannelInfo("force", "N", long_name="힘"),
            runs.ChannelInfo("extension", "mm"),
        ),
        "phases": ("zero", "pull"),
        "attributes": {"specimen": "시료 1", "count": 3},
        **changes,
    }
    return runs.Header(**values)  # type: ignore[arg-type]


rows = st.lists(
    st.tuples(st.floats(0, 10), st.floats(-1e6, 1e6), st.one_of(st.floats(-9, 9), st.just(np.nan))),
    max_size=50,
)


@settings(max_examples=20, deadline=None)
@given(rows)
def test_what_was_recorded_is_what_is_read(tmp_path_factory: pytest.TempPathFactory, given_rows):
    path = tmp_path_factory.mktemp("run") / "run.h5"
    given_rows = sorted(given_rows)
    with runs.create(path, header()) as writer:
        for moment, force, extension in given_rows:
            writer.record(moment, extension=extension, force=force)
    with runs.open(path, decode_times=False) as found:
        for column, name in enumerate(("time", "force", "extension")):
            expected = np.array([row[column] for row in given_rows])
            np.testing.assert_array_equal(found[name].values, expected)
    assert runs.verify(path).ok


def test_a_finished_run_opens_in_plain_xarray_netcdf_and_ncdump(tmp_path: Path):
    path = tmp_path / "run.h5"
    with runs.create(path, header()) as writer:
        writer.append(0.0, 1.0, 0.1)
        writer.phase(1)
        writer.event(0.5, "note", "조심")
        writer.append(1.5, 2.0, 0.2)
    with xarray.open_dataset(path) as found:
        assert list(found.data_vars) == ["force", "extension", "phase"]
        assert found.force.attrs["units"] == "N"
        assert found.time.values[1] == np.datetime64("2026-03-02T09:00:01.500")
        assert found.phase.attrs["flag_meanings"] == "zero pull"
        assert found.attrs["specimen"] == "시료 1"
    with netCDF4.Dataset(path) as found:
        assert found["events"]["text"][0] == "조심"
    listing = subprocess.run(["ncdump", "-h", path], capture_output=True, text=True, check=True)
    assert "double force(time)" in listing.stdout


def test_another_process_sees_rows_while_they_are_recorded(tmp_path: Path):
    path = tmp_path / "run.h5"
    read = (
        "import runs, sys, pathlib; p = pathlib.Path(sys.argv[1])\n"
        "print(runs.describe(p).status, runs.open(p).sizes['time'], runs.live(p).rows)"
    )
    with runs.create(path, header()) as writer:
        for number in range(1000):
            writer.append(number / 100, number, 0)
        writer.flush()
        seen = subprocess.run(
            [sys.executable, "-c", read, path], capture_output=True, text=True, check=True
        )
    assert seen.stdout.split() == ["recording", "1000", "1000"]


def test_a_live_reader_keeps_reading_through_the_sealing(tmp_path: Path):
    path = tmp_path / "run.h5"
    program = (
        "import runs, sys, datetime, pathlib\n"
        "h = runs.Header(run='R', title='', started=datetime.datetime.now(datetime.UTC),"
        " channels=(runs.ChannelInfo('force', 'N'),))\n"
        "w = runs.create(pathlib.Path(sys.argv[1]), h)\n"
        "w.append(0, 1); w.flush(); print('up', flush=True); sys.stdin.readline()\n"
        "w.append(1, 2); w.close(); print('closed', flush=True); sys.stdin.readline()\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", program, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with writer:
        assert writer.stdin
        assert writer.stdout
        writer.stdout.readline()
        with runs.live(path) as reader:
            assert reader.read()["force"].tolist() == [1.0]
            assert not reader.finished
            writer.stdin.write("\n")
            writer.stdin.flush()
            writer.stdout.readline()
            assert reader.read(after_row=1)["force"].tolist() == [2.0]
            assert reader.finished
        writer.stdin.write("\n")
        writer.stdin.flush()


KILLED = """
import runs, sys, time, datetime, pathlib
header = runs.Header(run="R", title="", started=datetime.datetime.now(datetime.UTC),
                     channels=(runs.ChannelInfo("number", "1"), runs.ChannelInfo("twice", "1")))
writer = runs.create(pathlib.Path(sys.argv[1]), header)
begun = time.monotonic()
print("up", flush=True)
number = 0
while True:
    writer.append(time.monotonic() - begun, number, 2 * number)
    number += 1
    if number % 50 == 0:
        time.sleep(0.001)
"""


@pytest.mark.parametrize("delay", np.random.default_rng(2).uniform(0, 0.9, 20).round(3))
def test_a_killed_writer_loses_at_most_a_second_and_no_value_is_wrong(tmp_path: Path, delay: float):
    path = tmp_path / "run.h5"
    writer = subprocess.Popen(
        [sys.executable, "-c", KILLED, path], stdout=subprocess.PIPE, text=True
    )
    with writer:
        assert writer.stdout
        writer.stdout.readline()
        begun = time.monotonic()
        time.sleep(delay)
        with pytest.raises(runs.WriterLives):
            runs.recover(path)
        lived = time.monotonic() - begun
        os.kill(writer.pid, signal.SIGKILL)
    assert runs.describe(path).status == "interrupted"
    healed = runs.recover(path)
    assert healed.changed
    assert runs.describe(path).status == "interrupted"
    with xarray.open_dataset(path, decode_times=False) as found:
        np.testing.assert_array_equal(found.number, np.arange(healed.rows))
        np.testing.assert_array_equal(found.twice, 2 * np.arange(healed.rows))
        last = float(found.time[-1]) if healed.rows else 0.0
    assert lived - last < 1.0
    assert runs.verify(path).ok
    assert runs.recover(path) == runs.Recovered(healed.rows, changed=False)
    assert [each.name for each in tmp_path.iterdir()] == ["run.h5"]


def test_a_changed_byte_is_found_and_its_part_is_named(tmp_path: Path):
    path = tmp_path / "run.h5"
    with runs.create(path, header()) as writer:
        for number in range(5000):
            writer.append(number, float(np.sin(number)), 0.5)
    recorded = runs.file_digest(path)
    assert runs.verify(path, recorded).ok
    content = bytearray(path.read_bytes())
    # The compressed block of `force` is the largest by far: a byte in the middle belongs to it.
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    found = runs.verify(path, recorded)
    assert "the file is not the one on record" in found.problems
    assert any("force" in problem for problem in found.problems)


def test_what_is_a_number_is_recorded_by_name(tmp_path: Path):
    path = tmp_path / "run.h5"
    given = [(1.5, 2), (np.float32(0.5), np.int16(3)), (float("nan"), True), (1.7e308, 1.7e308)]
    with runs.create(path, header()) as writer:
        for time, (force, extension) in enumerate(given):
            writer.record(float(time), force=force, extension=extension)
    with runs.open(path) as found:
        np.testing.assert_array_equal(found.force, [float(force) for force, _ in given])
        np.testing.assert_array_equal(found.extension, [float(each) for _, each in given])


@pytest.mark.parametrize(
    ("attempt", "named"),
    [
        (lambda w: w.record(0.0, force=1.0), "extension"),
        (lambda w: w.record(0.0, force=1.0, extension=0.0, heat=1.0), "heat"),
        (lambda w: w.record(0.0, force=float("inf"), extension=0.0), "force"),
        (lambda w: w.record(0.0, force=1.0, extension=10**400), "extension"),
        (lambda w: w.record(0.0, force=1j, extension=0.0), "force"),
        (lambda w: w.record(0.0, force=np.complex128(1j), extension=0.0), "force"),
        (lambda w: w.record(0.0, force=np.ones(1), extension=0.0), "force"),
        (lambda w: w.record(0.0, force="1", extension="2"), "force"),
        (lambda w: w.record(0.0, force=None, extension=0.0), "force"),
        (lambda w: (w.append(1.0, 0, 0), w.append(0.5, 0, 0)), "0.5"),
        (lambda w: w.append(float("nan"), 0, 0), "nan"),
        (lambda w: w.append(0.0, 1.0), "force"),
        (lambda w: w.phase(7), "7"),
    ],
)
def test_what_does_not_fit_is_refused_by_name_and_nothing_is_lost(tmp_path: Path, attempt, named):
    path = tmp_path / "run.h5"
    with runs.create(path, header()) as writer:
        before = writer.rows
        with pytest.raises(runs.RecordRefused, match=named):
            attempt(writer)
        assert writer.rows - before <= 1
    assert runs.verify(path).ok


def test_a_taken_path_and_a_bad_header_are_refused(tmp_path: Path):
    path = tmp_path / "run.h5"
    with runs.create(path, header()), pytest.raises(runs.RecordRefused):
        runs.create(path, header())
    for name in ("../x", "time", "", "a b"):
        with pytest.raises(runs.RecordRefused):
            runs.ChannelInfo(name, "1")
    with pytest.raises(runs.RecordRefused):
        header(started=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(runs.RecordRefused):
        runs.create(tmp_path / "y.h5", header(attributes={"status": "completed"}))
    assert not (tmp_path / "y.h5").exists()


def test_a_full_disk_is_told_and_nothing_is_lost_once_there_is_room_again(tmp_path: Path):
    path = tmp_path / "run.h5"
    with runs.create(path, header()) as writer:
        room = writer.reserve
        for number in range(100):
            writer.append(number, number, 0)
        writer.flush()
        # No disk has an exbibyte free: from here on this one counts as full.
        writer.reserve = 1 << 60
        writer.append(100, 100, 0)
        with pytest.raises(runs.RecordFailed, match="free on the disk"):
            writer.flush()
        writer.reserve = room
    with xarray.open_dataset(path) as found:
        np.testing.assert_array_equal(found.force, np.arange(101))


def test_something_else_is_not_a_run(tmp_path: Path):
    (tmp_path / "noise.h5").write_bytes(b"not hdf5 at all")
    with pytest.raises(runs.NotARun, match="noise"):
        runs.describe(tmp_path / "noise.h5")
    assert not runs.verify(tmp_path / "noise.h5").ok


@settings(max_examples=25, deadline=None)
@given(spike=st.integers(0, 4999), pixels=st.integers(10, 300))
def test_a_single_sample_spike_survives_every_thinning(tmp_path_factory, spike: int, pixels: int):
    path = tmp_path_factory.mktemp("run") / "run.h5"
    with runs.create(path, header()) as writer:
        for number in range(5000):
            writer.append(number, 99.0 if number == spike else 0.0, float(number))
    seen = runs.window(path, ("force",), pixels=pixels)["force"]
    assert seen.y.max() == 99.0
    # It is drawn at an end of its bucket, which begins in its pixel and may reach into the next.
    assert abs(seen.x[np.argmax(seen.y)] - spike) <= 2 * 4999 / pixels
    assert len(seen.x) <= 5 * pixels
    around = runs.window(path, ("force",), x_from=spike - 3, x_to=spike + 3, pixels=pixels)["force"]
    assert around.exact
    assert around.y.max() == 99.0


def test_a_gap_stays_a_gap_and_exports_as_an_empty_field(tmp_path: Path):
    path = tmp_path / "run.h5"
    with runs.create(path, header()) as writer:
        for number in range(1000):
            writer.append(number, np.nan if number == 500 else 1.0, 0.0)
    assert np.isnan(runs.window(path, ("force",), pixels=20)["force"].y).any()
    assert runs.to_csv(path, tmp_path / "run.csv") == 1000
    lines = (tmp_path / "run.csv").read_text().splitlines()
    assert lines[0] == "time_utc,time [s],force [N],extension [mm],phase"
    assert lines[501] == "2026-03-02T09:08:20.000000+00:00,500.0,,0.0,zero"
    runs.to_netcdf(path, tmp_path / "run.nc")
    with netCDF4.Dataset(tmp_path / "run.nc") as found:
        assert found["force"].units == "N"


def test_a_run_is_found_by_its_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    place = tmp_path / "runs" / "2026"
    place.mkdir(parents=True)
    with runs.create(place / "R-2026-00042.h5", header()) as writer:
        writer.append(0.0, 1.0, 2.0)
    monkeypatch.setenv("TESTBED_HOME", str(tmp_path))
    assert runs.describe("R-2026-00042").rows == 1
    with runs.open("R-2026-00042") as found:
        assert found.force.values == [1.0]
    with runs.live("R-2026-00042") as growing:
        assert growing.finished
    with pytest.raises(FileNotFoundError, match=r"R-2026-00043.*TESTBED_HOME"):
        runs.open("R-2026-00043")


def test_the_later_files_of_a_run_are_found_by_its_first(tmp_path: Path):
    for name in ("R-2026-00001.h5", "R-2026-00001.002.h5", "R-2026-00002.003.h5"):
        with runs.create(tmp_path / name, header()) as writer:
            writer.append(0.0, 1.0, 2.0)
    found = [each.place for each in catalogue.find(tmp_path)]
    assert found == ["R-2026-00001.h5", "R-2026-00002.003.h5"]
