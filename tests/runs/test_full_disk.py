"""A disk that fills up while a run is recorded, in a process of its own."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import runs

RECORD = """
import datetime, pathlib, signal, sys, resource, runs
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
header = runs.Header(run="R", title="", started=datetime.datetime.now(datetime.UTC),
    channels=(runs.ChannelInfo("number", "1"), runs.ChannelInfo("twice", "1")))
writer = runs.create(pathlib.Path(sys.argv[1]), header)
writer.reserve = int(sys.argv[2])
if sys.argv[3] == "failing":
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
number = flushed = 0
try:
    while True:
        writer.append(number, number, 2 * number)
        number += 1
        if number % 1000 == 0:
            writer.flush()
            flushed = number
except runs.RecordFailed as error:
    print(type(error).__name__, flushed)
try:
    writer.close("error")
except runs.RunsError:
    writer.abandon()
sys.stdout.flush()
"""


@pytest.fixture
def nearly_full(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A directory with room for 4 MB beside what a writer keeps free, and what it keeps free."""
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", small]
    if subprocess.run(mount, capture_output=True, check=False).returncode == 0:
        yield small, 8 << 20
        subprocess.run(["umount", small], check=True)
    else:
        yield small, shutil.disk_usage(small).free - (4 << 20)


def _recorded(path: Path, reserve: int, how: str) -> tuple[int, str, int]:
    done = subprocess.run(
        [sys.executable, "-c", RECORD, path, str(reserve), how],
        capture_output=True,
        text=True,
        check=False,
    )
    kind, flushed = done.stdout.split()
    return done.returncode, kind, int(flushed)


def test_a_full_disk_ends_the_record_with_every_flushed_row_readable(nearly_full):
    directory, reserve = nearly_full
    path = directory / "run.h5"
    code, kind, flushed = _recorded(path, reserve, "full")
    assert (code, kind) == (0, "DiskFull")
    assert flushed > 10_000
    assert runs.describe(path).status == "interrupted"
    with runs.open(path, decode_times=False) as found:
        expected = np.arange(found.sizes["time"])
        assert len(expected) >= flushed
        np.testing.assert_array_equal(found.time, expected)
        np.testing.assert_array_equal(found.number, expected)
        np.testing.assert_array_equal(found.twice, 2 * expected)


def test_a_write_that_fails_inside_hdf5_leaves_no_wrong_row_behind(tmp_path: Path):
    path = tmp_path / "run.h5"
    _, kind, flushed = _recorded(path, 0, "failing")
    assert kind == "RecordFailed"
    healed = runs.recover(path)
    assert healed.rows >= flushed
    with runs.open(path, decode_times=False) as found:
        expected = np.arange(healed.rows)
        np.testing.assert_array_equal(found.time, expected)
        np.testing.assert_array_equal(found.number, expected)
        np.testing.assert_array_equal(found.twice, 2 * expected)
