"""Streams beside the main one: rows at another rate, waveforms, packed counts, pictures."""

import json
import os
import signal
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray
from hypothesis import given, settings
from hypothesis import strategies as st

import runs
from runs.opening.locks import beside
from runs.sealing.journal import read_journal

STARTED = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
SAMPLES, LINES, COLUMNS = 300_000, 700, 1024


def header() -> runs.Header:
    return runs.Header(
        run="R-2026-00007",
        title="streams",
        started=STARTED,
        channels=(runs.ChannelInfo("force", "N", attributes={"standard_uncertainty": 0.25}),),
        phases=("hold", "pull"),
        attributes={"method": "시험"},
        streams=(
            runs.Rows("slow", (runs.ChannelInfo("room", "degC", "air_temperature"),)),
            runs.Blocks(
                "scope",
                (runs.ChannelInfo("voltage", "V"),),
                (runs.Axis("sample_time", "s", np.arange(SAMPLES) * 1e-6),),
            ),
            runs.Blocks(
                "counts",
                (runs.ChannelInfo("current", "A", attributes={"scale_factor": 0.001}),),
                (runs.Axis("offset", "s", np.geomspace(1e-3, 1, 1000)),),
                dtype="i2",
                compress=True,
            ),
            runs.Blocks(
                "camera",
                (runs.ChannelInfo("picture", "1"),),
                (
                    runs.Axis("line", "mm", np.arange(LINES)),
                    runs.Axis("column", "mm", np.arange(COLUMNS)),
                ),
                dtype="u2",
                compress=True,
            ),
        ),
    )


def wave(number: int) -> np.ndarray:
    return np.sin(np.arange(SAMPLES, dtype="f4") / 1000) + number


def counts(number: int) -> np.ndarray:
    return (np.arange(1000) * 3 + number).astype("i2")


def picture(number: int) -> np.ndarray:
    return (np.arange(LINES * COLUMNS).reshape(LINES, COLUMNS) % 60_000 + number).astype("u2")


def fill(writer: runs.RunWriter) -> None:
    for number in range(9000):
        if number == 4000:
            writer.phase(1)
            writer.event(40.0, "phase", "당김")
        writer.append(number / 100, float(number))
    slow, scope = writer.stream("slow"), writer.stream("scope")
    for number in range(3):
        slow.record(number * 30.0, room=23.0 + number)
        scope.append(number * 20.0, wave(number))
        writer.stream("camera").append(number, picture(number))
    writer.stream("counts").extend(np.arange(130), np.stack([counts(n) for n in range(130)]))


def check(tree: xarray.DataTree) -> None:
    np.testing.assert_array_equal(tree["force"], np.arange(9000.0))
    np.testing.assert_array_equal(tree["phase"], np.arange(9000) >= 4000)
    np.testing.assert_array_equal(tree["slow/room"], [23.0, 24.0, 25.0])
    np.testing.assert_array_equal(tree["scope/voltage"], [wave(n) for n in range(3)])
    np.testing.assert_array_equal(tree["camera/picture"], [picture(n) for n in range(3)])
    expected = np.array([counts(n) for n in range(130)]) * 0.001
    np.testing.assert_allclose(tree["counts/current"], expected, rtol=1e-15)
    np.testing.assert_array_equal(tree["counts/offset"], np.geomspace(1e-3, 1, 1000))
    assert str(tree["scope/scope_time"].values[1]).startswith("2026-11-25T09:30:20")
    assert list(tree["events/text"].values) == ["당김"]


def killed(path: Path, act: Callable[[runs.RunWriter], None]) -> None:
    """Let a process record, and kill it when it has flushed."""
    child = os.fork()
    if child == 0:
        try:
            writer = runs.create(path, header())
            act(writer)
            writer.flush()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


@pytest.mark.parametrize("engine", ["h5netcdf", "netcdf4"])
def test_every_stream_is_read_by_plain_xarray(tmp_path: Path, engine: str) -> None:
    path = tmp_path / "run.h5"
    with runs.create(path, header()) as writer:
        fill(writer)
        writer.flush()
        check(runs.open_tree(path))
    with xarray.open_datatree(path, engine=engine) as tree:
        check(tree)
        assert tree["force"].attrs["standard_uncertainty"] == 0.25
    told = runs.describe(path)
    assert told.streams["camera"].axes == {"line": "mm", "column": "mm"}
    assert [told.streams[name].records for name in ("slow", "scope", "counts")] == [3, 3, 130]
    assert runs.verify(path).ok


@pytest.mark.parametrize("with_journal", [True, False])
def test_every_stream_of_a_killed_writer_is_healed(tmp_path: Path, with_journal: bool) -> None:
    path = tmp_path / "run.h5"
    killed(path, fill)
    if not with_journal:
        beside(path).unlink()
    assert runs.describe(path).status == "interrupted"
    assert runs.recover(path) == runs.Recovered(9000, changed=True)
    with runs.open_tree(path) as tree:
        check(tree)
        assert tree.attrs["status"] == "interrupted"
    assert runs.verify(path).ok
    assert sorted(each.name for each in tmp_path.iterdir()) == ["run.h5"]


def test_a_structure_that_is_torn_costs_no_value(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    killed(path, fill)
    journaled = read_journal(path)
    assert journaled is not None
    values = sorted(
        place for chunks in journaled.chunks.values() for *_, place, size in chunks if size
    )
    with path.open("r+b") as file:
        file.write(bytes(values[0]))
    assert runs.recover(path).rows == 9000
    with runs.open_tree(path) as tree:
        check(tree)


def test_after_another_start_of_the_computer_only_what_the_disk_confirmed_counts(
    tmp_path: Path,
) -> None:
    path = tmp_path / "run.h5"

    def act(writer: runs.RunWriter) -> None:
        writer.append(0.0, 0.0)
        writer.flush()
        while b'"synced":1}' not in beside(path).read_bytes():
            time.sleep(0.01)
        for number in range(1, 20_000):
            writer.append(float(number), float(number))

    killed(path, act)
    journal = beside(path)
    lines = journal.read_bytes().splitlines(keepends=True)
    said = [json.loads(line[9:]) for line in lines[1:]]
    notes = [each["count"][""] for each in said if "count" in each]
    confirmed = notes[max(each["synced"] for each in said if "synced" in each) - 1]
    same_start = read_journal(path)
    assert same_start is not None
    assert same_start.count[""] == 20_000
    head = json.loads(lines[0][9:])
    head["boot"] = "another start"
    text = json.dumps(head).encode()
    journal.write_bytes(b"%08x %b\n" % (zlib.crc32(text), text) + b"".join(lines[1:]))
    assert runs.recover(path).rows == confirmed < 20_000


def test_a_note_that_was_torn_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    killed(path, lambda writer: writer.extend(np.arange(100.0), np.arange(100.0)))
    journal = beside(path)
    journal.write_bytes(journal.read_bytes() + b'12345678 {"count":{"":5')
    assert runs.recover(path).rows == 100


@settings(max_examples=30, deadline=None)
@given(
    shape=st.lists(st.integers(1, 40), min_size=1, max_size=2),
    records=st.integers(0, 70),
    dtype=st.sampled_from(["f4", "f8", "i2", "u1"]),
    compress=st.booleans(),
    pieces=st.integers(1, 9),
)
def test_blocks_of_any_shape_come_back(
    tmp_path_factory: pytest.TempPathFactory,
    shape: list[int],
    records: int,
    dtype: str,
    compress: bool,
    pieces: int,
) -> None:
    path = tmp_path_factory.mktemp("run") / "run.h5"
    axes = tuple(runs.Axis(f"axis{n}", "1", np.arange(size)) for n, size in enumerate(shape))
    stream = runs.Blocks("block", (runs.ChannelInfo("value", "1"),), axes, dtype, compress)
    told = runs.Header(
        run="R",
        title="",
        started=STARTED,
        channels=(runs.ChannelInfo("force", "N"),),
        streams=(stream,),
    )
    values = np.arange(records * int(np.prod(shape))).reshape(records, *shape).astype(dtype)
    with runs.create(path, told) as writer:
        for number, value in enumerate(values):
            writer.stream("block").append(number, value)
            if number % pieces == 0:
                writer.flush()
    with runs.open_tree(path) as tree:
        np.testing.assert_array_equal(tree["block/value"], values)
    assert runs.verify(path).ok


@pytest.mark.parametrize(
    ("attempt", "named"),
    [
        (lambda w: w.stream("scoop"), "scoop"),
        (lambda w: w.stream("scope").append(0.0, np.zeros(5, "f4")), "voltage"),
        (lambda w: w.stream("counts").append(0.0, np.zeros(1000)), "current"),
        (lambda w: w.stream("scope").record(0.0, current=wave(0)), "voltage"),
        (lambda w: w.stream("slow").append(0.0, 1.0, 2.0), "room"),
        (lambda w: w.extend([0.0, 1.0], [1.0]), "force"),
        (lambda w: w.extend([1.0, 0.0], [1.0, 2.0]), "time"),
        (lambda w: w.extend([0.0, 1.0], [1.0, np.inf]), "force"),
    ],
)
def test_what_does_not_fit_a_stream_is_refused_by_name(
    tmp_path: Path, attempt: Callable[[runs.RunWriter], None], named: str
) -> None:
    path = tmp_path / "run.h5"
    with runs.create(path, header()) as writer:
        with pytest.raises(runs.RecordRefused, match=named):
            attempt(writer)
        fill(writer)
    with runs.open_tree(path) as tree:
        check(tree)


@pytest.mark.parametrize(
    "streams",
    [
        lambda: (runs.Rows("force", (runs.ChannelInfo("a", "1"),)),),
        lambda: (runs.Rows("time", (runs.ChannelInfo("a", "1"),)),),
        lambda: (runs.Blocks("b", (runs.ChannelInfo("a", "1"),), ()),),
        lambda: (runs.Blocks("b", (runs.ChannelInfo("a", "1"),), (runs.Axis("a", "1", [0.0]),)),),
        lambda: (runs.Blocks("b", (), (runs.Axis("a", "1", [0.0]),)),),
        lambda: (runs.Rows("b", (runs.ChannelInfo("a", "1", attributes={"units": "V"}),)),),
        lambda: runs.Axis("x", "s", [[1.0]]),
        lambda: runs.Axis("x", "s", [np.nan]),
    ],
)
def test_a_stream_that_a_file_could_not_hold_is_refused_before_the_run(
    streams: Callable[[], tuple[runs.Rows | runs.Blocks, ...]],
) -> None:
    with pytest.raises(runs.RecordRefused):
        runs.Header(
            run="R",
            title="",
            started=STARTED,
            channels=(runs.ChannelInfo("force", "N"),),
            streams=streams(),
        )
