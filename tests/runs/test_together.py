"""One quantity of many runs as one array, whatever their lengths and states."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import runs

STARTED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FROZEN = Path(__file__).parent / "frozen" / "layout-1-sealed.h5"


def write(path: Path, number: str, force: np.ndarray, *, unit: str = "N") -> Path:
    channels = (runs.ChannelInfo("force", unit), runs.ChannelInfo("extension", "mm"))
    header = runs.Header(run=number, title="pull", started=STARTED, channels=channels)
    with runs.create(path, header) as writer:
        for row, value in enumerate(force):
            writer.append(row * 0.1, value, row * 0.01)
    return path


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=6))
def test_every_sample_of_every_run_is_in_its_place(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int]
) -> None:
    place = tmp_path_factory.mktemp("many")
    columns = [np.arange(length) + 100.0 * number for number, length in enumerate(lengths)]
    paths = [write(place / f"{n}.h5", f"R-{n}", column) for n, column in enumerate(columns)]
    found = runs.together(paths, "force", times=True)
    assert found.dims == ("run", "sample")
    assert found.shape == (len(lengths), max(lengths))
    assert found.rows.values.tolist() == lengths
    assert found.attrs["units"] == "N"
    for number, column in enumerate(columns):
        row = found.sel(run=f"R-{number}")
        np.testing.assert_array_equal(row[: len(column)], column)
        np.testing.assert_array_equal(row.time[: len(column)], np.arange(len(column)) * 0.1)
        assert np.isnan(row[len(column) :]).all()
        assert np.isnan(row.time[len(column) :]).all()


def test_files_of_the_first_layout_and_growing_ones_stand_beside_the_others(
    tmp_path: Path,
) -> None:
    sealed = write(tmp_path / "sealed.h5", "R-1", np.arange(5.0))
    header = runs.Header(
        run="R-2", title="", started=STARTED, channels=(runs.ChannelInfo("force", "N"),)
    )
    with runs.create(tmp_path / "growing.h5", header) as writer:
        writer.append(0.0, 7.0)
        writer.flush()
        found = runs.together([sealed, writer.path, FROZEN], "force")
    with runs.open(FROZEN) as frozen:
        expected = frozen.force.values
        row = found.sel(run=frozen.attrs["run"])
        np.testing.assert_array_equal(row[: len(expected)], expected)
    assert found.rows.values.tolist() == [5, 1, len(expected)]
    assert found.sel(run="R-2").values[0] == 7.0


def test_what_does_not_belong_together_is_refused_by_name(tmp_path: Path) -> None:
    newton = write(tmp_path / "newton.h5", "R-1", np.arange(5.0))
    kilo = write(tmp_path / "kilo.h5", "R-2", np.arange(5.0), unit="kN")
    with pytest.raises(runs.RecordRefused, match=r"kN in .*kilo.h5.*accepted: N as in"):
        runs.together([newton, kilo], "force")
    with pytest.raises(runs.RecordRefused, match=r"torque of .*newton.h5.*force, extension"):
        runs.together([newton], "torque")
    with pytest.raises(runs.RecordRefused, match="at least one run file"):
        runs.together([], "force")
    other = tmp_path / "other.h5"
    other.write_bytes(b"something else")
    with pytest.raises(runs.NotARun):
        runs.together([newton, other], "force")
