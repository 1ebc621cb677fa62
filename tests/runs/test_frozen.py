"""Files of older layouts, kept as they were written: they open for ever."""

import gzip
import math
import shutil
from datetime import UTC, datetime
from pathlib import Path

import h5py
import numpy as np
import pytest

import runs

FROZEN = Path(__file__).parent / "frozen"


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    path = tmp_path / "R-2026-00002.h5"
    with gzip.open(FROZEN / "layout-1-killed.h5.gz") as packed, path.open("wb") as out:
        shutil.copyfileobj(packed, out)
    return path


def check_content(path: Path, status: str) -> None:
    told = runs.describe(path)
    assert told.status == status
    assert told.rows == 300
    assert told.started == datetime(2026, 11, 25, 1, 2, 3, tzinfo=UTC)
    assert told.channels == {"force": "N", "chamber_temperature": "degC"}
    assert told.phases == ("preload", "pull")
    assert told.attributes["operator"] == "시험"
    with runs.open(path, decode_times=False) as found:
        rows = np.arange(300)
        force = np.array([1000 * math.sin(row / 30) for row in rows])
        force[7] = np.nan
        np.testing.assert_array_equal(found.time, [row * 0.1 for row in rows])
        np.testing.assert_array_equal(found.force, force)
        np.testing.assert_array_equal(found.phase, rows >= 100)
    assert [event.text for event in runs.events(path)] == ["pull", "끝"]


def test_a_sealed_file_of_layout_1_reads_and_verifies():
    path = FROZEN / "layout-1-sealed.h5"
    check_content(path, "completed")
    assert runs.verify(path, runs.file_digest(path)).ok
    assert not runs.verify(path, "0" * 64).ok
    assert runs.recover(path) == runs.Recovered(300, changed=False)


def test_a_killed_writers_file_of_layout_1_reads_and_becomes_a_sealed_one_of_today(killed: Path):
    check_content(killed, "interrupted")
    assert runs.recover(killed) == runs.Recovered(300, changed=True)
    check_content(killed, "interrupted")
    assert runs.verify(killed).ok


def test_a_sealed_file_of_layout_2_reads_and_verifies():
    path = FROZEN / "layout-2-sealed.h5"
    check_content(path, "completed")
    assert runs.verify(path, runs.file_digest(path)).ok
    assert runs.recover(path) == runs.Recovered(300, changed=False)
    with runs.open_tree(path, decode_times=False) as tree:
        records = np.arange(3)[:, np.newaxis]
        np.testing.assert_array_equal(tree["slow/room"], [20.0, 21.0, 22.0])
        np.testing.assert_array_equal(tree["scope/voltage"], np.arange(200) + records)
        np.testing.assert_allclose(tree["counts/current"], (np.arange(50) + records) * 0.001)
        np.testing.assert_array_equal(tree["counts/step"], np.geomspace(1e-3, 1, 50))
    (drawn,) = runs.window(path, ("current",), stream="counts").values()
    assert drawn.y.max() == pytest.approx(0.051)


def test_a_changed_value_of_layout_1_is_found(tmp_path: Path):
    path = tmp_path / "changed.h5"
    content = bytearray((FROZEN / "layout-1-sealed.h5").read_bytes())
    with h5py.File(FROZEN / "layout-1-sealed.h5") as file:
        chunk = file["force"].id.get_chunk_info(0)
    content[chunk.byte_offset + chunk.size // 2] ^= 1
    path.write_bytes(content)
    (problem,) = runs.verify(path).problems
    assert problem.startswith("variable force ")
