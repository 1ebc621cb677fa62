"""What people, instruments and other processes do to a record that it has to survive."""

import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray

import runs


def header(**changes: object) -> runs.Header:
    values: dict[str, object] = {
        "run": "R-2026-00001",
        "title": "t",
        "started": datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC),
        "channels": (runs.ChannelInfo("force", "N"), runs.ChannelInfo("extension", "mm")),
        **changes,
    }
    return runs.Header(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", ["x", None, object()])
def test_a_value_that_is_no_number_leaves_the_rows_around_it_whole(tmp_path: Path, wrong):
    path = tmp_path / "run.h5"
    with runs.create(path, header()) as writer:
        writer.append(0.0, 1.0, 2.0)
        with pytest.raises(runs.RecordRefused):
            writer.append(1.0, 5.0, wrong)
        with pytest.raises(runs.RecordRefused, match="extension"):
            writer.record(1.0, force=5.0, extension=wrong)
        writer.append(2.0, 3.0, 4.0)
    with runs.open(path, decode_times=False) as found:
        assert found.time.values.tolist() == [0.0, 2.0]
        assert found.extension.values.tolist() == [2.0, 4.0]


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "a\0b"},
        {"title": "\udcff"},
        {"run": "\0"},
        {"phases": ("a b",)},
        {"phases": ("c\nd",)},
        {"attributes": {"long": "x" * 70_000}},
        {"attributes": {"none": None}},
        {"attributes": {"a/b": "1"}},
        {"attributes": {"huge": 2**64}},
    ],
)
def test_a_header_that_the_file_could_not_hold_is_refused_before_the_run(changes):
    with pytest.raises(runs.RecordRefused):
        header(**changes)


@pytest.mark.parametrize(
    "attributes", [{"status": "x"}, {"rows": 1}, {"gone": None}, {"a b": "1"}, {"n": "\0"}]
)
def test_closing_refuses_a_bad_attribute_and_can_be_repeated(tmp_path: Path, attributes):
    path = tmp_path / "run.h5"
    writer = runs.create(path, header())
    writer.append(0.0, 1.0, 2.0)
    with pytest.raises(runs.RecordRefused):
        writer.close(attributes=attributes)
    assert writer.close(attributes={"fine": True}).rows == 1
    assert runs.describe(path).status == "completed"


def test_whatever_an_instrument_sent_may_stand_in_an_event(tmp_path: Path):
    path = tmp_path / "run.h5"
    with runs.create(path, header()) as writer:
        writer.event(0.0, "fault", "answer \0\udcff\x07 " + "힘" * 2000)
    (event,) = runs.events(path)
    assert event.text.startswith("answer \u2400\\udcff")
    assert runs.verify(path).ok


def test_after_the_end_nothing_can_be_added(tmp_path: Path):
    writer = runs.create(tmp_path / "run.h5", header())
    writer.close()
    for attempt in (lambda: writer.append(0.0, 1.0, 2.0), lambda: writer.event(0.0, "note", "")):
        with pytest.raises(runs.RecordRefused, match="closed"):
            attempt()


TORN = """
import datetime, pathlib, sys, runs
header = runs.Header(run="R", title="", started=datetime.datetime.now(datetime.UTC),
                     channels=(runs.ChannelInfo("force", "N"),))
writer = runs.create(pathlib.Path(sys.argv[1]), header)
writer.append(1.0, 1.0)
writer.flush()
file = writer._file
for name in ("force", "phase"):
    file[name].resize((3,))
    file[name][1:] = 7
file.flush()
print("torn", flush=True)
sys.stdin.readline()
file["time"].resize((3,))
file["time"][1:] = [2.0, 3.0]
file.flush()
print("whole", flush=True)
sys.stdin.readline()
"""


def test_a_half_written_block_is_never_seen_and_a_second_reader_is_not_stale(tmp_path: Path):
    path = tmp_path / "run.h5"
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", TORN, path], stdin=pipe, stdout=pipe, text=True
    ) as writer:
        assert writer.stdin
        assert writer.stdout
        writer.stdout.readline()
        with runs.live(path) as reader:
            assert reader.rows == 1
            assert runs.open(path, decode_times=False).force.values.tolist() == [1.0]
            assert runs.describe(path).rows == 1
            writer.stdin.write("\n")
            writer.stdin.flush()
            writer.stdout.readline()
            # The live reader was not refreshed since, and shares its cache with the next handle.
            assert runs.describe(path).rows == 3
            assert runs.window(path, ("force",))["force"].y.tolist() == [1.0, 7.0, 7.0]
            assert runs.open(path).force.values.tolist() == [1.0, 7.0, 7.0]
        writer.kill()


def test_a_run_that_others_hold_open_can_still_be_described(tmp_path: Path):
    path = tmp_path / "run.h5"
    with runs.create(path, header()) as writer:
        writer.append(0.0, 1.0, 2.0)
    # Plain xarray asks for a lock, which HDF5 does not mix with handles that ask for none.
    with xarray.open_dataset(path) as held:
        assert runs.describe(path).rows == 1
        assert held.time.values[0] == np.datetime64("2026-03-02T09:00:00.123456")


ABANDONED = """
import datetime, os, pathlib, sys, runs
header = runs.Header(run="R", title="", started=datetime.datetime.now(datetime.UTC),
                     channels=(runs.ChannelInfo("force", "N"),))
writer = runs.create(pathlib.Path(sys.argv[1]), header)
for number in range(20_000):
    writer.append(number, number)
writer.flush()
os._exit(9)
"""


def test_looking_at_a_dead_writers_file_changes_no_byte_of_it(tmp_path: Path):
    path = tmp_path / "run.h5"
    subprocess.run([sys.executable, "-c", ABANDONED, path], check=False)
    before = path.read_bytes()
    assert runs.describe(path).status == "interrupted"
    assert runs.open(path, decode_times=False).sizes["time"] == 20_000
    assert runs.window(path, ("force",), pixels=10)["force"].y.max() == 19_999
    assert path.read_bytes() == before
    assert runs.recover(path) == runs.Recovered(20_000, changed=True)


def test_a_damaged_file_of_a_dead_writer_is_answered_and_never_hangs(tmp_path: Path):
    path = tmp_path / "run.h5"
    subprocess.run([sys.executable, "-c", ABANDONED, path], check=False)
    sound = path.read_bytes()
    look = (
        "import pathlib, runs, sys\n"
        "for p in sorted(pathlib.Path(sys.argv[1]).glob('*.h5')):\n"
        "    try: runs.describe(p); runs.open(p)\n"
        "    except runs.NotARun: pass\n"
    )
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    chance = random.Random(4)
    for number in range(60):
        content = bytearray(sound)
        for _ in range(3):
            content[chance.randrange(8000)] ^= 0xFF
        (damaged / f"{number}.h5").write_bytes(content)
    (damaged / "cut.h5").write_bytes(sound[:3000])
    (damaged / "head.h5").write_bytes(sound[:40])
    subprocess.run([sys.executable, "-c", look, damaged], check=True, timeout=20)
