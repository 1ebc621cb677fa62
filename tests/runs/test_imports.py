"""Foreign files become runs of ours, whole or not at all, and say where they come from."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import netCDF4
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import runs
from runs.imports import ImportPlan, ImportRefused, Mapped

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
STARTED = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
EXPORTS: dict[str, Callable[[Path, Path], object]] = {
    "csv": runs.to_csv,
    "parquet": runs.to_parquet,
    "netcdf": runs.to_netcdf,
}


def take(source: Path, target: Path, **plan: object) -> runs.Imported:
    return runs.imported(source, target, ImportPlan(**plan), now=NOW)  # type: ignore[arg-type]


def text(path: Path, content: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


finite = st.floats(allow_nan=True, allow_infinity=False)
rows = st.lists(
    st.tuples(st.floats(0, 1e6), finite, finite, st.integers(0, 2)), min_size=1, max_size=20
)


@settings(max_examples=10, deadline=None)
@given(rows, st.sampled_from(sorted(EXPORTS)))
def test_what_we_export_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    given_rows: list[tuple[float, float, float, int]],
    form: str,
) -> None:
    place = tmp_path_factory.mktemp("there-and-back")
    header = runs.Header(
        run="R-2026-00001",
        title="인장시험",
        started=STARTED,
        channels=(runs.ChannelInfo("force", "N", long_name="힘"), runs.ChannelInfo("T", "degC")),
        phases=("zero", "pull", "hold"),
        attributes={"specimen": "시료 1", "count": 3},
    )
    with runs.create(place / "run.h5", header) as writer:
        for time, force, temperature, phase in sorted(given_rows, key=lambda row: row[0]):
            writer.phase(phase)
            writer.append(time, force, temperature)
    EXPORTS[form](place / "run.h5", place / "out")
    done = take(place / "out", place / "back.h5")
    assert done.rows == len(given_rows)
    assert runs.verify(place / "back.h5").ok
    with (
        runs.open(place / "run.h5", decode_times=False) as one,
        runs.open(place / "back.h5", decode_times=False) as two,
    ):
        for name in ("time", "force", "T"):
            np.testing.assert_array_equal(two[name].values, one[name].values)
        before, after = runs.describe(place / "run.h5"), runs.describe(place / "back.h5")
        assert [after.phases[i] for i in two.phase.values] == (
            [before.phases[i] for i in one.phase.values]
        )
    assert (after.started, after.channels) == (before.started, before.channels)
    if form == "netcdf":
        assert done.whole
        assert (place / "back.h5").read_bytes() == (place / "run.h5").read_bytes()
    if form == "parquet":
        assert {**after.attributes, **before.attributes} == after.attributes
        assert (after.run, after.title, after.ended) == (before.run, before.title, before.ended)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
def test_a_machines_own_csv_is_understood(tmp_path: Path, encoding: str) -> None:
    source = text(
        tmp_path / "kraft.csv",
        "시험기;UTM-1\r\n시료;강판\r\n\r\n"
        "시간 [ms];Kraft [kN];변위 (mm);비고\r\n"
        "0;0,5;0;시작\r\n100;1,25e1;-0,1;\r\n250;;0,25;\r\n",
        encoding,
    )
    done = take(
        source,
        tmp_path / "run.h5",
        channels=(Mapped.parse("Kraft=force"), Mapped.parse("변위=extension [um]")),
        started=STARTED,
        attributes={"method": "iso-6892-1"},
    )
    assert done.channels == {"force": "kN", "extension": "um"}
    assert done.left_out == ("비고",)
    found = runs.describe(tmp_path / "run.h5")
    assert found.attributes["origin_sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
    assert found.attributes["origin_file"] == "kraft.csv"
    assert f"encoding {encoding}, delimiter ;, decimal ," in str(found.attributes["origin_format"])
    assert found.attributes["method"] == "iso-6892-1"
    mapping = json.loads(str(found.attributes["origin_mapping"]))
    assert mapping == {"Kraft [kN]": "force", "변위 (mm)": "extension"}
    with runs.open(tmp_path / "run.h5", decode_times=False) as run:
        assert run.time.values.tolist() == [0.0, 0.1, 0.25]
        np.testing.assert_array_equal(run.force, [0.5, 12.5, np.nan])
        assert run.force.attrs["long_name"] == "Kraft"
        np.testing.assert_array_equal(run.extension, [0.0, -0.1, 0.25])


@pytest.mark.parametrize(
    ("content", "plan"),
    [
        ("time [s],force [N]\n0,1.5\n1,2.5\n", {}),
        ("time\tforce\n(s)\t(N)\n0\t1.5\n1\t2.5\n", {}),
        ("time force\n[s] [N]\n0 1.5\n1 2.5\n", {}),
        ("force [N]\n1.5\n2.5\n", {"interval": 1.0}),
        ("time [min]|force [N]\n0|1,5\n0,016666666666666666|2,5\n", {}),
        ("time,force [N]\n2026-03-02 09:00:00.123456,1.5\n2026-03-02 09:00:01.123456,2.5\n", {}),
        ("time;force [N]\n2.3.2026 09:00;1\n", {"time_format": "%d.%m.%Y %H:%M", "skip": True}),
    ],
)
def test_spellings_of_one_and_the_same_table(
    tmp_path: Path, content: str, plan: dict[str, object]
) -> None:
    skip = plan.pop("skip", False)
    take(text(tmp_path / "a.txt", content), tmp_path / "run.h5", started=STARTED, **plan)
    with runs.open(tmp_path / "run.h5", decode_times=False) as run:
        if not skip:
            assert run.force.values.tolist() == [1.5, 2.5]
            np.testing.assert_allclose(run.time.values, [0.0, 1.0])
    if "2026-03" in content:
        assert runs.describe(tmp_path / "run.h5").started == STARTED


def test_instants_without_a_zone_belong_to_the_place(tmp_path: Path) -> None:
    content = "측정일시,force [N]\n2026-03-02 오후 6:00:00,1\n2026-03-02 오후 6:00:01,2\n"
    take(text(tmp_path / "a.csv", content), tmp_path / "run.h5", timezone=ZoneInfo("Asia/Seoul"))
    assert runs.describe(tmp_path / "run.h5").started == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_what_stands_for_no_value_becomes_a_gap_and_is_counted(tmp_path: Path) -> None:
    content = "time [s],u [V],i [A]\n0,9.9E37,1\n1,-1e38,2\n2,3.5,n/a\n3,9.9e37,4\n"
    done = take(text(tmp_path / "a.csv", content), tmp_path / "run.h5", started=STARTED)
    assert {(r.channel, r.value): r.count for r in done.replaced} == {
        ("u", 9.9e37): 2,
        ("u", -1e38): 1,
    }
    with runs.open(tmp_path / "run.h5") as run:
        np.testing.assert_array_equal(run.u, [np.nan, np.nan, 3.5, np.nan])
        np.testing.assert_array_equal(run.i, [1, 2, np.nan, 4])
    assert "u: 2 x 9.9e+37" in str(runs.describe(tmp_path / "run.h5").attributes["origin_gaps"])


@pytest.mark.parametrize(
    ("content", "plan", "named"),
    [
        ("time [s],f [N]\n0,1\n1,abc\n2,3\n3,x\n", {}, ["line 3: f [N]: 'abc'", "line 5"]),
        ("time [s],f [N]\n0,1\n2,2\n1,3\n", {}, ["line 4: time falls, from 2 s to 1 s"]),
        ("time [s],f [N]\n0,1\n1\n", {}, ["line 3: f [N]: the line has 1 of 2 cells"]),
        ("time [s],f [N]\n0,1\n,2\n", {}, ["line 3: there is no time"]),
        ("time [s],f [N]\n0,1\n1,inf\n", {}, ["line 3: f: infinity"]),
        ("time [s],f\n0,1\n", {}, ["'f' has no unit", "--channel 'f=f [UNIT]'"]),
        ("time [s],힘 [N]\n0,1\n", {}, ["'힘 [N]' is no name of a channel"]),
        ("a [s],f [N]\n0,1\n", {}, ["no column is called time", "'a [s]', 'f [N]'"]),
        ("time [s],f [N]\n0,1\n", {"started": None}, ["--started"]),
        ("time [lightyears],f [N]\n0,1\n", {}, ["lightyears", "accepted: s"]),
        (
            "date,time,f [N]\n2026-03-02,09:00:00,1\n2026-03-02,09:00:01,2\n",
            {},
            ["'time' holds neither seconds nor instants (day and clock in one column)"],
        ),
        (
            "time [s];f [N]\n" + "1;0\n" * 500 + "1;1,5\n",
            {},
            ["line 502: f [N]: '1,5' is no number; it would be with --decimal ,"],
        ),
        ("time,f [N]\n03/04/2026 09:00,1\n", {}, ["'time' holds neither"]),
        ("nothing of use\nhere\n", {}, ["no line of numbers"]),
        ("", {}, ["no line of numbers"]),
        (
            "time [s],f [N]\n0,1\n",
            {"channels": (Mapped("g", "force"),)},
            ["no column of it called 'g'"],
        ),
    ],
)
def test_what_cannot_be_taken_is_named_and_nothing_is_written(
    tmp_path: Path, content: str, plan: dict[str, object], named: list[str]
) -> None:
    source = text(tmp_path / "a.csv", content)
    with pytest.raises(ImportRefused) as refused:
        take(source, tmp_path / "run.h5", **{"started": STARTED, **plan})
    for part in named:
        assert part in str(refused.value)
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]


def test_many_wrong_lines_are_counted(tmp_path: Path) -> None:
    lines = "".join(f"{n},x\n" for n in range(30_000))
    source = text(tmp_path / "a.csv", f"time [s],f [N]\n0,1\n{lines}")
    with pytest.raises(ImportRefused, match=r"and 29980 more") as refused:
        take(source, tmp_path / "run.h5", started=STARTED)
    assert len(refused.value.problems) == 20


def test_a_run_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    source = text(tmp_path / "a.csv", "time [s],f [N]\n0,1\n")
    take(source, tmp_path / "run.h5", started=STARTED)
    before = (tmp_path / "run.h5").read_bytes()
    for again in (source, tmp_path / "run.h5"):
        with pytest.raises(ImportRefused, match="is there already"):
            take(again, tmp_path / "run.h5", started=STARTED)
    assert (tmp_path / "run.h5").read_bytes() == before


def test_a_changed_run_of_ours_is_not_taken(tmp_path: Path) -> None:
    source = text(tmp_path / "a.csv", "time [s],f [N]\n0,1\n1,2\n")
    take(source, tmp_path / "run.h5", started=STARTED)
    content = bytearray((tmp_path / "run.h5").read_bytes())
    at = content.index(np.array([1.0, 2.0]).tobytes())
    content[at] ^= 1
    (tmp_path / "changed.h5").write_bytes(content)
    with pytest.raises(ImportRefused, match="f, records 0 to 1"):
        take(tmp_path / "changed.h5", tmp_path / "new.h5")
    assert not (tmp_path / "new.h5").exists()


def test_netcdf_hdf5_and_parquet_of_others(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("time", 3)
        time = file.createVariable("time", "f8", ("time",))
        time.units = "minutes since 2026-03-02 09:00:00"
        time[:] = [0, 1, 2]
        load = file.createVariable("load", "i2", ("time",), fill_value=-99)
        load.units, load.scale_factor, load.long_name = "N", 0.5, "load"
        load.set_auto_maskandscale(False)
        load[:] = [1, -99, 3]
    take(tmp_path / "a.nc", tmp_path / "nc.h5")
    assert runs.describe(tmp_path / "nc.h5").started == datetime(2026, 3, 2, 9, tzinfo=UTC)
    with runs.open(tmp_path / "nc.h5", decode_times=False) as run:
        assert run.time.values.tolist() == [0.0, 60.0, 120.0]
        np.testing.assert_array_equal(run["load"], [0.5, np.nan, 1.5])
    moments = [STARTED + timedelta(seconds=n / 2) for n in range(3)]
    table = pa.table(
        {"when": moments, "load (N)": pa.array([1, None, 3], pa.int32()), "who": "abc"}
    )
    pq.write_table(table, tmp_path / "a.parquet")
    done = take(tmp_path / "a.parquet", tmp_path / "pq.h5")
    assert done.left_out == ("who",)
    assert runs.describe(tmp_path / "pq.h5").started == STARTED
    with runs.open(tmp_path / "pq.h5", decode_times=False) as run:
        assert run.time.values.tolist() == [0.0, 0.5, 1.0]
        np.testing.assert_array_equal(run["load"], [1.0, np.nan, 3.0])
