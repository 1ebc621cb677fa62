"""What other programs get of a run is what the run holds, or nothing at all."""

from datetime import UTC, datetime
from pathlib import Path

import h5py
import mat73
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import runs
from runs.exports import matlab, tables

STARTED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FROZEN = Path(__file__).parent / "frozen" / "layout-1-sealed.h5"

number = st.floats(allow_nan=True, allow_infinity=False)
rows = st.lists(st.tuples(st.floats(0, 10), number, number, st.integers(0, 1)), max_size=30)


def write(path: Path, given_rows: list[tuple[float, float, float, int]]) -> Path:
    header = runs.Header(
        run="R-2026-00001",
        title="인장시험",
        started=STARTED,
        channels=(
            runs.ChannelInfo("force", "N", long_name="힘"),
            runs.ChannelInfo("extension", "mm", standard_name="extension"),
        ),
        phases=("zero", "pull"),
        attributes={"specimen": "시료 1", "count": 3, "area": 33.93, "remark": " "},
    )
    with runs.create(path, header) as writer:
        for moment, force, extension, phase in sorted(given_rows, key=lambda row: row[0]):
            writer.phase(phase)
            writer.append(moment, force, extension)
        writer.event(0.5, "note", "조심")
    return path


@settings(max_examples=8, deadline=None)
@given(rows)
def test_a_parquet_file_holds_every_row_unit_and_attribute(
    tmp_path_factory: pytest.TempPathFactory, given_rows: list[tuple[float, float, float, int]]
) -> None:
    place = tmp_path_factory.mktemp("export")
    path = write(place / "run.h5", given_rows)
    assert runs.to_parquet(path, place / "run.parquet") == len(given_rows)
    table = pq.read_table(place / "run.parquet")
    with runs.open(path, decode_times=False) as found:
        for name in ("time", "force", "extension"):
            np.testing.assert_array_equal(table[name].to_numpy(), found[name].values)
        labels = [("zero", "pull")[index] for index in found.phase.values]
    assert table["phase"].to_pylist() == labels
    assert table.schema.field("force").metadata[b"unit"] == b"N"
    assert table.schema.field("force").metadata[b"long_name"].decode() == "힘"
    assert '"specimen": "시료 1"' in table.schema.metadata[b"testbed"].decode()


@settings(max_examples=8, deadline=None)
@given(rows)
def test_a_matlab_file_gives_structs_of_column_vectors(
    tmp_path_factory: pytest.TempPathFactory, given_rows: list[tuple[float, float, float, int]]
) -> None:
    place = tmp_path_factory.mktemp("export")
    path = write(place / "run.h5", given_rows)
    assert runs.to_matlab(path, place / "run.mat") == len(given_rows)
    loaded = mat73.loadmat(place / "run.mat")
    with runs.open(path, decode_times=False) as found:
        for name in ("time", "force", "extension", "phase"):
            # What is empty is None to mat73.
            values = np.ravel(loaded["run"][name]) if given_rows else np.array([])
            np.testing.assert_array_equal(values, found[name].values)
    assert set(loaded["run"]) == {"time", "force", "extension", "phase"}
    assert loaded["units"] == {"time": "s", "force": "N", "extension": "mm"}
    assert loaded["about"]["specimen"] == "시료 1"
    assert (loaded["about"]["area"], loaded["about"]["count"]) == (33.93, 3)
    assert np.ravel(loaded["phases"]).tolist() == ["zero", "pull"]
    assert np.ravel(loaded["events"]["text"]).tolist() == ["조심"]


def test_a_matlab_file_is_laid_out_as_matlab_lays_it_out(tmp_path: Path) -> None:
    runs.to_matlab(FROZEN, tmp_path / "run.mat")
    head = (tmp_path / "run.mat").read_bytes()[:520]
    assert head.startswith(b"MATLAB 7.3 MAT-file, Platform: ")
    assert head[116:128] == bytes(8) + b"\x00\x02IM"
    assert head[512:520] == b"\x89HDF\r\n\x1a\n"
    assert head[520:] == b""
    with h5py.File(tmp_path / "run.mat") as file:
        assert file.userblock_size == 512
        nodes = dict(file["run"])
        assert file["run"].attrs["MATLAB_class"] == b"struct"
        fields = [b"".join(letters).decode() for letters in file["run"].attrs["MATLAB_fields"]]
        assert set(fields) == set(nodes)
        assert fields[0] == "time"
        rows = runs.describe(FROZEN).rows
        assert {node.shape for node in nodes.values()} == {(1, rows)}
        assert nodes["time"].attrs["MATLAB_class"] == b"double"
        assert nodes["phase"].attrs["MATLAB_class"] == b"int16"
        title = file["about/title"]
        assert (title.dtype, title.attrs["MATLAB_int_decode"]) == (np.dtype("<u2"), 2)
        assert title.shape[1] == 1


@pytest.mark.parametrize("export", [runs.to_parquet, runs.to_matlab])
def test_an_export_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, export: object
) -> None:
    path = write(tmp_path / "run.h5", [(0.0, 1.0, 2.0, 0), (1.0, 1.0, 2.0, 0)])
    out = tmp_path / "out"
    out.write_text("the former one")
    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr(tables, "BLOCK", 1)

    def stop(done: int, total: int) -> None:
        assert (done, total) == (1, 2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(path, out, progress=stop)  # type: ignore[operator]
    assert out.read_text() == "the former one"
    assert sorted(tmp_path.iterdir()) == before


def with_streams(path: Path) -> Path:
    axis = runs.Axis("delay", "s", np.array([0.0, 0.5, 1.0]))
    header = runs.Header(
        run="R-2026-00002",
        title="",
        started=STARTED,
        channels=(runs.ChannelInfo("force", "N"),),
        streams=(
            runs.Rows("slow", (runs.ChannelInfo("room", "degC"),)),
            runs.Blocks(
                "waveform",
                (runs.ChannelInfo("u", "V", attributes={"scale_factor": 0.5}),),
                (axis,),
                dtype="i2",
            ),
            runs.Blocks(
                "image",
                (runs.ChannelInfo("grey", "1"),),
                (runs.Axis("y", "px", np.arange(2.0)), runs.Axis("x", "px", np.arange(3.0))),
                dtype="u1",
            ),
            runs.Rows("silent", (runs.ChannelInfo("w", "W"),)),
        ),
    )
    with runs.create(path, header) as writer:
        writer.append(0.0, 1.0)
        writer.stream("slow").append(0.25, 20.5)
        for number in range(2):
            writer.stream("waveform").append(number * 2.0, np.arange(3, dtype="i2") + 10 * number)
            image = np.arange(6, dtype="u1").reshape(2, 3) + 10 * number
            writer.stream("image").append(number * 2.0, image.astype("u1"))
    return path


@pytest.mark.parametrize("block", [1, 1 << 17])
def test_other_streams_are_exported_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(tables, "BLOCK", block)
    monkeypatch.setattr(matlab, "BLOCK", block)
    path = with_streams(tmp_path / "run.h5")
    assert runs.to_csv(path, tmp_path / "a.csv", stream="waveform") == 6
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[0] == "time_utc,time [s],delay [s],u [V]"
    assert lines[5].split(",")[1:] == ["2.0", "0.5", "5.5"]
    assert runs.to_csv(path, tmp_path / "b.csv", stream="slow") == 1
    assert runs.to_parquet(path, tmp_path / "c.parquet", stream="image") == 12
    table = pq.read_table(tmp_path / "c.parquet")
    assert table.column_names == ["time", "y", "x", "grey"]
    assert table["grey"].to_pylist() == [*range(6), *range(10, 16)]
    assert table["y"].to_pylist() == [0, 0, 0, 1, 1, 1] * 2
    assert runs.to_parquet(path, tmp_path / "d.parquet", stream="silent") == 0
    with pytest.raises(runs.RecordRefused, match="slow, waveform, image, silent"):
        runs.to_csv(path, tmp_path / "e.csv", stream="sound")
    runs.to_matlab(path, tmp_path / "run.mat")
    loaded = mat73.loadmat(tmp_path / "run.mat")
    np.testing.assert_array_equal(
        loaded["streams"]["waveform"]["u"], [[0.0, 0.5, 1.0], [5.0, 5.5, 6.0]]
    )
    assert loaded["streams"]["image"]["grey"].shape == (2, 2, 3)
    np.testing.assert_array_equal(
        loaded["streams"]["image"]["grey"][1], np.arange(6).reshape(2, 3) + 10
    )
    assert loaded["stream_units"]["waveform"] == {"time": "s", "delay": "s", "u": "V"}
