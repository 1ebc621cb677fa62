"""Many runs on one grid: lazily, one task a file, and what is cut is said."""

from datetime import UTC, datetime
from pathlib import Path

import dask
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import runs
from runs.many import alignment as module

STARTED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def write(
    path: Path, number: str, phases: np.ndarray | None = None, **channels: np.ndarray
) -> Path:
    time = channels.pop("time")
    header = runs.Header(
        run=number,
        title="",
        started=STARTED,
        channels=tuple(runs.ChannelInfo(name, "N") for name in channels),
        phases=("charge", "rest", "discharge"),
    )
    with runs.create(path, header, view=False) as writer:
        for row in range(len(time)):
            if phases is not None:
                writer.phase(int(phases[row]))
            writer.append(time[row], *(values[row] for values in channels.values()))
    return path


def test_runs_of_different_rates_meet_on_one_grid_of_time(tmp_path: Path) -> None:
    paths = []
    for number, rate in enumerate((10, 37, 100)):
        time = np.arange(0, 2 + number, 1 / rate)
        paths.append(write(tmp_path / f"{number}.h5", f"R-{number}", time=time, force=3 * time))
    found = runs.align(paths, "force", grid=np.linspace(0, 4, 9))
    assert dask.is_dask_collection(found.force.data)
    assert found.force.data.npartitions == 3
    assert found.force.attrs["units"] == "N"
    for number in range(3):
        row = found.force.sel(run=f"R-{number}").values
        inside = found.time.values <= 2 + number - 0.11
        np.testing.assert_allclose(row[inside], 3 * found.time.values[inside])
        assert np.isnan(row[found.time.values > 2 + number]).all()
    band = runs.align(paths, ["force"], grid=[0.5, 1.0], chunks=3).chunk(run=-1)
    quantiles = band.force.quantile([0.1, 0.9], "run").values
    np.testing.assert_allclose(quantiles, [[1.5, 3.0], [1.5, 3.0]])
    whole = runs.align(paths, "force", grid=5)
    assert whole.time.values[[0, -1]].tolist() == [0.0, pytest.approx(3.99)]


def test_over_a_quantity_that_falls_the_rows_up_to_its_peak_count(tmp_path: Path) -> None:
    strain = np.array([0.0, 1.0, 0.9, 2.0, 3.0, 2.5, 0.0])
    force = np.array([0.0, 10.0, 99.0, 20.0, 30.0, 99.0, 99.0])
    path = write(tmp_path / "a.h5", "R-1", time=np.arange(7.0), strain=strain, force=force)
    found = runs.align([path], "force", over="strain", grid=[0.5, 1.5, 2.5, 3.5])
    np.testing.assert_allclose(found.force.values, [[5.0, 15.0, 25.0, np.nan]])
    assert found.rows.values.tolist() == [4]
    assert "up to the peak of strain" in found.attrs["cut"]
    assert found.strain.attrs["units"] == "N"


@given(arrays(float, st.integers(0, 30), elements=st.sampled_from([np.nan, 0, 1, 2, 3, 2.5, -1])))
def test_the_rows_that_count_rise_and_end_at_the_peak(x: np.ndarray) -> None:
    used = x[module._rising(x)]
    assert (np.diff(used) > 0).all()
    assert not np.isnan(used).any()
    if not np.isnan(x).all():
        assert used[-1] == np.nanmax(x)


def test_cycles_lie_side_by_side(tmp_path: Path) -> None:
    time = np.arange(9.0)
    cycle = np.array([1, 1, 1, 2, 2, 2, 2, 3, 3.0])
    one = write(tmp_path / "a.h5", "R-1", time=time, cycle=cycle, u=time)
    found = runs.align([one], "u", over="cycle", grid=[0.0, 2.0, 3.0])
    assert found.cycle.values.tolist() == [1, 2, 3]
    nan = np.nan
    np.testing.assert_array_equal(found.u.values[0], [[0, 2, nan], [3, 5, 6], [7, nan, nan]])
    # Charge, rest, discharge, rest; and again.
    phases = np.array([0, 1, 2, 1, 0, 0, 1, 2, 0])
    two = write(tmp_path / "b.h5", "R-2", phases, time=time, u=time)
    by_phase = runs.align([two], "u", over="cycle", grid=[0.0, 3.0])
    np.testing.assert_array_equal(by_phase.u.values[0], [[0, 3], [4, 7], [8, nan]])
    both = runs.align([one, two], "u", over="cycle", grid=3)
    assert both.u.dims == ("run", "cycle", "time")
    assert both.time.values[-1] == 3.0


def test_nothing_is_read_before_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [
        write(tmp_path / f"{n}.h5", f"R-{n}", time=np.arange(5.0), u=np.arange(5.0) + n)
        for n in range(4)
    ]
    read: list[str] = []
    plain = module.columns

    def noted(head: object, names: object) -> object:
        read.append(head.run)  # type: ignore[attr-defined]
        return plain(head, names)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "columns", noted)
    found = runs.align(paths, "u", grid=[1.0, 2.0])
    assert read == []
    with dask.config.set(scheduler="synchronous"):
        assert found.u.sel(run="R-2").values.tolist() == [3.0, 4.0]
    assert read == ["R-2"]


@pytest.mark.parametrize(
    ("how", "match"),
    [
        ({"variables": "w"}, "w of"),
        ({"variables": "u", "over": "w"}, "w of"),
        ({"variables": "u", "grid": [2.0, 1.0]}, "numbers that rise"),
        ({"variables": "u", "grid": 1}, "two points"),
        ({"variables": "u", "grid": [1.0], "chunks": 0}, "at least one file"),
    ],
)
def test_what_cannot_be_aligned_is_refused(tmp_path: Path, how: dict, match: str) -> None:
    path = write(tmp_path / "a.h5", "R-1", time=np.arange(5.0), u=np.arange(5.0))
    with pytest.raises(runs.RecordRefused, match=match):
        runs.align([path], **how)


def test_without_dask_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.h5", "R-1", time=np.arange(5.0), u=np.arange(5.0))

    def absent(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(module, "import_module", absent)
    with pytest.raises(ImportError, match=r"testbed-center\[many\]"):
        runs.align([path], "u", grid=[1.0])
