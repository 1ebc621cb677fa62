"""The power fails under a recording: what the disk had confirmed is there, and nothing is wrong."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.record_power import cuts, table
from tests.faults.writelog import History, entries, preloaded, shim


@pytest.fixture
def library(tmp_path: Path) -> Path:
    built = shim(tmp_path)
    if built is None:
        pytest.skip("no C compiler: power cuts cannot be tried here")
    return built


WRITES = """
import os, pathlib, sys
place = pathlib.Path(sys.argv[1])
with (place / "a").open("wb", buffering=0) as file:
    file.write(b"x" * 10_000)
    os.fsync(file.fileno())
    file.write(b"y" * 10_000)
    os.pwrite(file.fileno(), b"z" * 5000, 2000)
    os.ftruncate(file.fileno(), 18_000)
    os.pwritev(file.fileno(), [b"v" * 10, b"w" * 10], 17_500)
(place / "a").rename(place / "b")
directory = os.open(place, os.O_RDONLY)
os.fsync(directory)
(place / "c").write_text("never confirmed")
(place / "b").replace(place / "d")
with (place / "d").open("ab") as file:
    file.write(b"the end")
(place / "c").unlink()
(place / "e").write_text("e")
"""


def _history(place: Path, library: Path) -> History:
    log = place.with_suffix(".log")
    place.mkdir()
    subprocess.run(
        [sys.executable, "-c", WRITES, place],
        env=preloaded(library, place, log=log),
        check=True,
        timeout=60,
    )
    return History(place, entries(log))


def test_the_log_replayed_in_full_is_the_directory(tmp_path: Path, library: Path):
    history = _history(tmp_path / "place", library)
    replayed = history.cut(len(history.entries), random.Random(1), "all")
    assert replayed == {each.name: each.read_bytes() for each in (tmp_path / "place").iterdir()}
    assert set(replayed) == {"d", "e"}


def test_what_was_confirmed_survives_every_cut_and_the_rest_by_chance(
    tmp_path: Path, library: Path
):
    history = _history(tmp_path / "place", library)
    endings = set()
    for seed in range(200):
        kept = history.cut(len(history.entries), random.Random(seed))
        (confirmed,) = [data for name, data in kept.items() if name in ("b", "d")]
        assert confirmed[:2000] == b"x" * 2000
        assert set(confirmed[2000:7000]) <= set(b"xz")
        assert confirmed[7000:10_000] == b"x" * 3000
        endings.add((len(confirmed), frozenset(kept)))
    assert len(endings) > 10


def test_after_a_power_cut_everything_confirmed_is_read_and_right(tmp_path: Path, library: Path):
    found = cuts(10, tmp_path, library, seed=4, lanes=1, names=("all at once",))
    assert [f"{each.phase}, {each.place}: {each.wrong}" for each in found if each.wrong] == []
    assert {"interrupted", "completed"} & {each.status for each in found}, table(found)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_after_a_thousand_power_cuts_nothing_is_wrong(tmp_path: Path, library: Path):
    found = cuts(int(os.environ.get("TESTBED_CUTS", "1000")), tmp_path, library, seed=5)
    assert [f"{each.phase}, {each.place}: {each.wrong}" for each in found if each.wrong] == []
