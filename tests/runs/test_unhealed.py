"""What is left of a killed or cut-off recording, looked at before and after it is healed."""

import errno
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray

import runs

RECORD = """
import datetime, os, pathlib, sys, numpy as np, runs
start = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)
axis = runs.Axis("offset", "s", np.arange(4.0))
counts = runs.Blocks("counts", (runs.ChannelInfo("raw", "1"),), (axis,), dtype="i2")
levels = runs.Blocks("levels", (runs.ChannelInfo("level", "1"),), (axis,), dtype="u1")
header = runs.Header(run="R", title="", started=start, channels=(runs.ChannelInfo("force", "N"),),
                     phases=("a", "b"), streams=(counts, levels))
writer = runs.create(pathlib.Path(sys.argv[1]), header)
for number in range(100):
    writer.append(number, number + 0.5)
    writer.stream("counts").append(number, np.full(4, number, "i2"))
    writer.event(number, "note", f"remark {number}")
writer.flush()
writer._recording.release()
writer._join()
file = writer._file
"""
HALF = """
for name in ("force", "phase", "counts/raw", "levels/level", "events/text"):
    file[name].resize(150, axis=0)
"""
ALL = """
for name in ("time", "counts/counts_time", "levels/levels_time", "events/event_time"):
    file[name].resize(150, axis=0)
    file[name][100:] = np.arange(100.0, 150.0)
"""
END = """
file.flush()
print("there", flush=True)
sys.stdin.readline()
os._exit(9)
"""


def _recorded(path: Path, *more: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", "".join((RECORD, *more, END)), path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout
    assert child.stdout.readline() == "there\n"
    return child


def test_to_plain_xarray_what_a_growing_file_lacks_is_missing_and_not_zero(tmp_path: Path):
    path = tmp_path / "run.h5"
    with _recorded(
        path, "file['time'].resize(150, axis=0)\n", "file['counts/raw'].resize(150, 0)\n"
    ) as child:
        swmr = {"engine": "h5netcdf", "driver_kwds": {"swmr": True}, "decode_times": False}
        with xarray.open_dataset(path, **swmr) as found:
            assert found.sizes["time"] == 150
            assert found.force[:100].values.tolist() == [n + 0.5 for n in range(100)]
            assert np.isnan(found.force[100:]).all()
            assert np.isnan(found.time[100:]).all()
            assert (found.phase[100:] == -1).all()
        with xarray.open_dataset(path, group="counts", **swmr) as found:
            assert np.isnan(found.counts_time[100:]).all()
            assert (found.raw[100:] == -(2**15)).all()
        child.kill()


@pytest.mark.parametrize("ahead", ["time", "force", "phase"])
def test_where_one_variable_is_ahead_a_growing_file_has_the_rows_that_all_have(
    tmp_path: Path, ahead: str
):
    path = tmp_path / "run.h5"
    with _recorded(path, f"file['{ahead}'].resize(150, axis=0)\n") as child:
        with runs.live(path) as reader:
            assert reader.rows == 100
            assert {len(column) for column in reader.read(10).values()} == {90}
        assert runs.describe(path).rows == 100
        assert runs.open(path).sizes["time"] == 100
        assert len(runs.window(path, ("force",), pixels=1000)["force"].y) == 100
        child.kill()


def test_of_a_dead_writers_file_only_what_its_journal_notes_is_shown(tmp_path: Path):
    path = tmp_path / "run.h5"
    with _recorded(path, HALF, ALL) as child:
        child.communicate("\n")
    # As after a flush that failed half-way: HDF5 counts more than there is.
    assert runs.describe(path).rows == 100
    assert runs.describe(path).streams["counts"].records == 100
    assert runs.describe(path).streams["levels"].records == 0
    with runs.open(path, decode_times=False) as found:
        assert found.force.values.tolist() == [n + 0.5 for n in range(100)]
    assert runs.open_tree(path)["counts"].sizes["counts_time"] == 100
    assert [event.text for event in runs.events(path)] == [f"remark {n}" for n in range(100)]
    assert runs.window(path, ("force",), pixels=1000)["force"].y.max() == 99.5
    assert runs.recover(path) == runs.Recovered(100, changed=True)


def test_after_another_start_of_the_computer_only_what_the_disk_confirmed_is_shown(
    tmp_path: Path, monkeypatch
):
    path = tmp_path / "run.h5"
    more = "writer._confirm()\nwriter.append(100.0, 100.5)\nwriter.flush()\n"
    with _recorded(path, more) as child:
        child.communicate("\n")
    assert runs.describe(path).rows == 101
    for reader in (runs.opening.lines, runs.sealing.journal):
        monkeypatch.setattr(reader, "boot", lambda path: "another")
    assert runs.describe(path).rows == 100
    assert runs.recover(path).rows == 100


def test_a_mount_of_another_file_system_is_known_from_this_one(tmp_path: Path):
    if runs.opening.lines._mount(tmp_path / "run.h5") == "":
        pytest.skip("this Linux does not number its mounts for good")
    here, there = tmp_path / "run.h5", Path("/proc/run.h5")
    assert runs.opening.lines.boot(here) == runs.opening.lines.boot(here.with_name("other.h5"))
    assert runs.opening.lines.boot(here) != runs.opening.lines.boot(there)
    assert runs.opening.lines.boot(here).split()[0] == runs.opening.lines.boot(there).split()[0]


def test_without_its_journal_a_dead_writers_file_shows_what_hdf5_counts(tmp_path: Path):
    path = tmp_path / "run.h5"
    with _recorded(path) as child:
        child.communicate("\n")
    path.with_name("run.h5.journal").unlink()
    assert runs.describe(path).rows == 100
    assert runs.recover(path) == runs.Recovered(100, changed=True)


@pytest.mark.parametrize("damage", ["a torn line", "many torn lines"])
def test_a_torn_end_of_the_journal_hides_nothing_that_was_noted_before(tmp_path: Path, damage: str):
    path = tmp_path / "run.h5"
    with _recorded(path) as child:
        child.communicate("\n")
    with path.with_name("run.h5.journal").open("ab") as journal:
        journal.write(b'00000000 {"count":{"":7}' + (b"}\n" * 100_000 if "many" in damage else b""))
    assert runs.describe(path).rows == 100


def test_a_journal_that_outlived_the_sealing_goes_with_the_next_recovery(tmp_path: Path):
    path = tmp_path / "run.h5"
    with _recorded(path) as child:
        child.communicate("\n")
    journal = path.with_name("run.h5.journal")
    noted = journal.read_bytes()
    runs.recover(path)
    sealed = path.read_bytes()
    # As after a power cut that took the removal back.
    journal.write_bytes(noted)
    assert runs.recover(path) == runs.Recovered(100, changed=False)
    assert not journal.exists()
    assert path.read_bytes() == sealed


def test_a_dead_writers_file_without_room_for_its_copy_stays_as_it_is(tmp_path: Path, monkeypatch):
    path = tmp_path / "run.h5"
    with _recorded(path) as child:
        child.communicate("\n")
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir() if each.suffix != ".view"}
    real = runs.sealing.finish.os.statvfs
    full = lambda place: type("Full", (), {"f_bavail": 1, "f_frsize": real(place).f_frsize})()  # noqa: E731
    monkeypatch.setattr(runs.sealing.finish.os, "statvfs", full)
    with pytest.raises(runs.RecordFailed, match="are needed for its copy"):
        runs.recover(path)
    monkeypatch.undo()
    assert {
        each.name: each.read_bytes() for each in tmp_path.iterdir() if each.suffix != ".view"
    } == before
    assert runs.recover(path).rows == 100


def test_a_disk_that_fails_while_a_file_is_sealed_is_told_as_what_it_is(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    with _recorded(path) as child:
        child.communicate("\n")
    remove = Path.unlink

    def fails(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    def cannot(file: Path, *, missing_ok: bool = False) -> None:
        if file.name.endswith(".sealed"):
            fails()
        remove(file, missing_ok=missing_ok)

    # The copy cannot be written, and what there is of it cannot be removed either.
    monkeypatch.setattr(runs.sealing.finish, "_write", fails)
    monkeypatch.setattr(Path, "unlink", cannot)
    with pytest.raises(runs.RecordFailed, match=r"could not be sealed: .*Input/output error"):
        runs.sealing.finish.finish(path)
    monkeypatch.undo()
    assert runs.recover(path).rows == 100


def test_what_a_seal_covers_includes_the_axes(tmp_path: Path):
    path = tmp_path / "run.h5"
    with _recorded(path) as child:
        child.communicate("\n")
    runs.recover(path)
    with h5py.File(path, "r") as file:
        place = file["counts/offset"].id.get_offset()
    with path.open("r+b") as file:
        file.seek(place + 8)
        file.write(b"\1")
    (problem,) = runs.verify(path).problems
    assert "counts/offset" in problem
