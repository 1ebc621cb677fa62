"""The places of chunks, told as they are written, are those that HDF5 itself tells of the file."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import runs
from runs.layout import appending
from runs.sealing.journal import read_journal


def _writer(path: Path) -> runs.RunWriter:
    def blocks(name: str, *shape: int) -> runs.Blocks:
        axes = tuple(
            runs.Axis(f"{name}_axis{number}", "s", np.arange(size) / 7)
            for number, size in enumerate(shape)
        )
        return runs.Blocks(name, (runs.ChannelInfo(f"{name}_v", "V"),), axes)

    header = runs.Header(
        run="R",
        title="",
        started=datetime.now(UTC),
        channels=tuple(runs.ChannelInfo(f"c{number}", "V") for number in range(3)),
        streams=(
            runs.Rows("slow", (runs.ChannelInfo("t", "degC"),)),
            blocks("small", 30),
            blocks("even", 250_000),
            # A prime, so that no piece length divides it.
            blocks("uneven", 300_007),
            blocks("image", 301, 1001),
        ),
    )
    return runs.create(path, header, view=False)


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    asked: list[tuple[int, ...]] = []
    true = appending._looked_up

    def noted(dataset: object, start: tuple[int, ...]) -> int:
        asked.append(start)
        return true(dataset, start)

    monkeypatch.setattr(appending, "_looked_up", noted)
    return asked


def test_the_journal_knows_the_place_of_every_chunk(
    tmp_path: Path, looked_up: list[tuple[int, ...]]
):
    path = tmp_path / "run.h5"
    chance = np.random.default_rng(3)
    writer = _writer(path)
    time = 0.0
    expected = chance.normal(size=(4, 250_000)).astype("f4")
    for turn in range(12):
        count = int(chance.integers(1, 20_000))
        times = time + np.arange(count) * 1e-3
        writer.extend(times, *np.ones((3, count)))
        time = float(times[-1])
        writer.stream("slow").append(time, 20.0)
        writer.stream("small").extend(np.full(700, time), np.ones((700, 30), "f4"))
        writer.stream("even").append(time, expected[turn % 4])
        writer.stream("uneven").append(time, np.ones(300_007, "f4"))
        writer.stream("image").append(time, np.full((301, 1001), turn, "f4"))
        for number in range(50):
            writer.event(time, "note", f"{number} of turn {turn}")
        writer.flush()
    told = read_journal(path)
    assert told is not None
    with runs.layout.open_file(path) as file:
        for variable in runs.layout.planned(told.header):
            if variable.points is None:
                assert sorted(told.chunks[variable.path]) == runs.layout.chunks_of(
                    file[variable.path]
                ), variable.path
    written = sum(map(len, told.chunks.values()))
    assert written > 100
    assert len(looked_up) < written / 2
    writer.abandon()
    runs.recover(path)
    with runs.open_tree(path) as tree:
        assert np.array_equal(tree["even/even_v"][5], expected[1])
        assert (tree["image/image_v"][7] == 7).all()
        assert (tree["uneven/uneven_v"] == 1).all()


def test_small_chunks_that_fill_a_gap_between_pages_are_found_there(tmp_path: Path):
    path = tmp_path / "run.h5"
    header = runs.Header(
        run="R", title="", started=datetime.now(UTC), channels=(runs.ChannelInfo("c", "V"),)
    )
    writer = runs.create(path, header, view=False)
    for turn in range(40):
        writer.append(float(turn), 1.0)
        for number in range(30):
            writer.event(float(turn), "note", f"{number} of turn {turn}")
        writer.flush()
    told = read_journal(path)
    assert told is not None
    with runs.layout.open_file(path) as file:
        for name in ("events/event_time", "events/kind", "events/text", "time", "c", "phase"):
            assert sorted(told.chunks[name]) == runs.layout.chunks_of(file[name]), name
    writer.close()
    assert len(runs.events(path)) == 40 * 30


def test_a_place_that_hdf5_does_not_tell_is_no_place(tmp_path: Path):
    writer = _writer(tmp_path / "run.h5")
    dataset = writer._variables["c0"]._dataset
    with pytest.raises(OSError, match="no place to the records from 0 on"):
        appending._looked_up(dataset, (0,))
    writer.abandon()
