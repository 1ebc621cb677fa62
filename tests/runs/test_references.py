"""Virtual references open in zarr and xarray, and hold what the files hold."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray

import runs

STARTED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FROZEN = Path(__file__).parent / "frozen" / "layout-1-sealed.h5"


def write(path: Path, number: str, rows: int, unit: str = "N") -> Path:
    header = runs.Header(
        run=number,
        title="인장시험",
        started=STARTED,
        channels=(runs.ChannelInfo("force", unit, long_name="힘"), runs.ChannelInfo("T", "degC")),
        phases=("zero", "pull"),
    )
    with runs.create(path, header, view=False) as writer:
        writer.phase(1)
        for row in range(rows):
            writer.append(row * 0.1, float(row), np.nan if row == 2 else -row)
    return path


def opened(store: dict[str, object], place: Path, group: str = "") -> xarray.Dataset:
    file = place / "references.json"
    file.write_text(json.dumps(store))
    return xarray.open_dataset(
        f"reference://{group}",
        engine="zarr",
        chunks=None,
        decode_times=False,
        backend_kwargs={
            "consolidated": False,
            "storage_options": {"fo": str(file), "remote_protocol": "file"},
        },
    )


def test_runs_of_one_length_are_one_dataset(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{n}.h5", f"R-{n}", 50) for n in range(5)]
    with opened(runs.references(paths), tmp_path) as found:
        assert dict(found.sizes) == {"run": 5, "sample": 50}
        expected = runs.together(paths, "T", times=True)
        np.testing.assert_array_equal(found["T"].values, expected.values)
        np.testing.assert_array_equal(found["time"].values, expected.time.values)
        assert found["run"].values.tolist() == [f"R-{n}" for n in range(5)]
        assert found.force.attrs == {"units": "N", "long_name": "힘"}
        assert found.phase.values.tolist() == [[1] * 50] * 5


def test_runs_of_many_lengths_are_groups(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{n}.h5", f"R-{n}", n) for n in (0, 3, 7)]
    store = runs.references(paths, by_run=True)
    for path, rows in zip(paths, (0, 3, 7), strict=True):
        with opened(store, tmp_path, f"R-{rows}") as found, runs.open(path) as expected:
            np.testing.assert_array_equal(found.force.values, expected.force.values)
            assert found.attrs["title"] == "인장시험"


def test_what_cannot_be_referred_to_is_refused(tmp_path: Path) -> None:
    one = write(tmp_path / "a.h5", "R-1", 3)
    two = write(tmp_path / "b.h5", "R-2", 4)
    three = write(tmp_path / "c.h5", "R-3", 3, unit="kN")
    with pytest.raises(runs.RecordRefused, match=r"4 in .*b\.h5.*by_run=True"):
        runs.references([one, two])
    with pytest.raises(runs.RecordRefused, match="in the same units"):
        runs.references([one, three])
    with pytest.raises(runs.RecordRefused, match="sealed in layout 2"):
        runs.references([FROZEN])
    with pytest.raises(runs.RecordRefused, match="a URL for each"):
        runs.references([one], [])
