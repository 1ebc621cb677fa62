"""The sidecar: whatever way it came about, it tells of the samples, or it is refused."""

import errno
import os
import tracemalloc
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.looking import building, pages
from runs.looking.building import ViewWriter, build_view
from runs.looking.levels import Levels
from runs.looking.pages import PAGE, SPAN
from runs.looking.pyramid import bins_of
from runs.looking.view import View, ViewRefused
from tests.runs.columns import IDENTITY, Columns, noise

_MIXED = {"time": np.dtype("f8"), "force": np.dtype("f8"), "counts": np.dtype("i2")}


def mixed(rows: int) -> dict[str, np.ndarray]:
    return {
        "time": np.arange(rows) * 0.01,
        "force": noise(rows, gaps=0.01),
        "counts": noise(rows, 1, dtype="i2"),
    }


def record(path: Path, columns, pieces) -> ViewWriter:
    """Record columns in pieces of the given lengths, over and over."""
    types = {name: column.dtype for name, column in columns.items()}
    writer = ViewWriter(path, IDENTITY, types)
    rows, start, turn = len(next(iter(columns.values()))), 0, 0
    while start < rows:
        stop = min(start + pieces[turn % len(pieces)], rows)
        writer.extend({name: column[start:stop] for name, column in columns.items()})
        start, turn = stop, turn + 1
    writer.close()
    return writer


def check(found: View, columns) -> None:
    """Compare each bin of each level with the samples under it."""
    for name, column in columns.items():
        for level in range(1, found.levels + 1):
            count = found.bins(level)
            expected = bins_of(column[: count * 16**level], 16**level)
            stored = found.slice(level, name, 0, count)
            assert stored.low.dtype == column.dtype
            nans = column.dtype.kind == "f"
            assert np.array_equal(stored.low, expected.low, equal_nan=nans)
            assert np.array_equal(stored.high, expected.high, equal_nan=nans)
            assert np.array_equal(stored.gap, expected.gap)


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 20 * SPAN),
    st.lists(st.integers(1, 3 * SPAN) | st.integers(1, 300), min_size=1, max_size=6),
)
def test_recorded_in_pieces_or_built_at_once_the_bytes_are_the_same(
    tmp_path_factory, rows: int, pieces: list[int]
):
    directory = tmp_path_factory.mktemp("view")
    if max(pieces) < 300:
        pieces = [*pieces, 5000]
    columns = mixed(rows)
    record(directory / "recorded", columns, pieces)
    build_view(directory / "built", IDENTITY, Columns(columns))
    assert (directory / "recorded").read_bytes() == (directory / "built").read_bytes()
    with View(directory / "built", IDENTITY, rows) as found:
        assert found.rows_covered == rows // SPAN * SPAN
        check(found, columns)


def test_levels_rise_by_sixteen(tmp_path: Path):
    columns = {"wave": noise(273 * SPAN + 5, gaps=0.001, dtype="f4")}
    build_view(tmp_path / "v", IDENTITY, Columns(columns))
    with View(tmp_path / "v", IDENTITY) as found:
        assert [found.bins(level) // PAGE for level in (1, 2, 3, 4)] == [273, 17, 1, 0]
        assert found.levels == 3
        check(found, columns)
        index = np.unique(np.random.default_rng(2).integers(0, found.bins(2), 500))
        assert np.array_equal(
            found.take(2, "wave", index).high, found.slice(2, "wave", 0, found.bins(2)).high[index]
        )


@given(st.integers(0, 5000))
def test_the_place_of_a_page_is_found_by_counting(total: int):
    order = []
    number = 0
    while len(order) < total:
        level, done = 1, number
        order.append((level, done))
        while (done + 1) % 16 == 0:
            level, done = level + 1, done // 16
            order.append((level, done))
        number += 1
    order = order[:total]
    assert [pages.place(level, number) for level, number in order] == list(range(total))
    counts = [sum(level == each for level, _ in order) for each in range(1, 9)]
    assert pages.pages_of(total) == [count for count in counts if count]


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 1))
def test_a_view_cut_at_any_byte_is_a_shorter_view(cut_view, share: float):
    whole, columns, path = cut_view
    path.write_bytes(whole[: int(share * len(whole))])
    if path.stat().st_size < told(whole):
        with pytest.raises(ViewRefused):
            View(path, IDENTITY)
        return
    with View(path, IDENTITY) as found:
        check(found, columns)
        levels = Levels(Columns(columns), found)
        for level in range(6):
            bins = levels.slice(level, "force", 0, levels.count(level))
            assert np.array_equal(
                bins.high, bins_of(columns["force"], 16**level).high, equal_nan=True
            )


def told(whole: bytes) -> int:
    """Tell how long the head is without the room behind it."""
    return len(whole[:4096].rstrip(b"\0"))


@pytest.fixture(scope="module")
def cut_view(tmp_path_factory):
    path = tmp_path_factory.mktemp("cut") / "v"
    columns = mixed(18 * SPAN + 77)
    build_view(path, IDENTITY, Columns(columns))
    return path.read_bytes(), columns, path


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**40), st.integers(1, 255))
def test_a_changed_byte_is_never_believed(cut_view, place: int, change: int):
    whole, columns, path = cut_view
    damaged = bytearray(whole)
    damaged[place % len(whole)] ^= change
    path.write_bytes(damaged)
    refused = False
    try:
        with View(path, IDENTITY, 18 * SPAN + 77) as found:
            check(found, columns)
    except ViewRefused:
        refused = True
    # The room behind the head is the only part that tells nothing.
    assert refused or told(whole) <= place % len(whole) < 4096


def test_zeros_after_a_power_loss_are_no_page(tmp_path: Path):
    record(tmp_path / "v", mixed(4 * SPAN), [SPAN])
    with (tmp_path / "v").open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.truncate(size - 5000)
        file.truncate(size)
    with View(tmp_path / "v", IDENTITY) as found:
        found.slice(1, "time", 0, 3 * PAGE)
        with pytest.raises(ViewRefused, match="page of level 1 is damaged"):
            found.slice(1, "counts", 0, 4 * PAGE)


@pytest.mark.parametrize(
    ("identity", "reason"),
    [
        (replace(IDENTITY, run="R-2026-00002"), "belongs to R-2026-00001"),
        (replace(IDENTITY, started=IDENTITY.started + timedelta(seconds=1)), "belongs to"),
        (replace(IDENTITY, stream="wave"), "belongs to"),
    ],
)
def test_a_foreign_view_is_refused(tmp_path: Path, identity, reason: str):
    record(tmp_path / "v", mixed(SPAN), [SPAN])
    with pytest.raises(ViewRefused, match=reason):
        View(tmp_path / "v", identity)


def test_what_is_missing_newer_foreign_or_longer_than_the_record_is_refused(tmp_path: Path):
    path = tmp_path / "v"
    with pytest.raises(ViewRefused, match="No such file"):
        View(path, IDENTITY)
    record(path, mixed(2 * SPAN), [SPAN])
    with pytest.raises(ViewRefused, match=f"covers {2 * SPAN} rows, there are {2 * SPAN - 1}"):
        View(path, IDENTITY, 2 * SPAN - 1)
    content = path.read_bytes()
    path.write_bytes(content[:8] + b"\2" + content[9:])
    with pytest.raises(ViewRefused, match="not a view of version 1"):
        View(path, IDENTITY)
    path.write_bytes(b"something else" * 1000)
    with pytest.raises(ViewRefused, match="not a view"):
        View(path, IDENTITY)
    path.write_bytes(b"")
    with pytest.raises(ViewRefused, match="ends within its head"):
        View(path, IDENTITY)


def matches(levels: Levels, column) -> bool:
    """Compare every bin of every level with the samples."""
    return all(
        np.array_equal(
            levels.slice(level, "force", 0, levels.count(level)).low,
            bins_of(column[: levels.rows], 16**level).low,
            equal_nan=True,
        )
        for level in range(5)
    )


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 2 * SPAN) | st.integers(0, 40), max_size=20), st.booleans())
def test_a_reader_sees_a_view_grow_and_reads_what_is_new(tmp_path_factory, steps, viewed: bool):
    path = tmp_path_factory.mktemp("live") / "v"
    columns = mixed(sum(steps))
    writer = ViewWriter(path, IDENTITY, _MIXED)
    with View(path, IDENTITY) as found:
        source = Columns(columns, rows=0)
        levels = Levels(source, found if viewed else None)
        for step in steps:
            start, stop = source.rows, source.rows + step
            writer.extend({name: column[start:stop] for name, column in columns.items()})
            source.rows = stop
            levels.refresh()
            # Small steps are gathered for eight pages.
            assert 0 <= stop - found.rows_covered < 8 * SPAN or not viewed
            before = source.read_rows
            levels.slice(1, "force", 0, levels.count(1))
            assert source.read_rows - before <= step + 16
            assert matches(levels, columns["force"])
        writer.close()
        found.refresh()
        assert found.rows_covered == sum(steps) // SPAN * SPAN


def test_a_view_ahead_of_the_rows_is_clipped(tmp_path: Path):
    columns = mixed(40 * SPAN)
    build_view(tmp_path / "v", IDENTITY, Columns(columns))
    with View(tmp_path / "v", IDENTITY) as found:
        for rows in (0, 1, SPAN - 1, 16 * SPAN, 17 * SPAN + 3, 33 * SPAN):
            levels = Levels(Columns(columns, rows=rows), found)
            for level in (1, 2, 3, 4):
                bins = levels.slice(level, "force", 0, levels.count(level))
                expected = bins_of(columns["force"][:rows], 16**level)
                assert np.array_equal(bins.high, expected.high, equal_nan=True)


def test_a_full_disk_ends_the_view_and_nothing_else(tmp_path: Path, monkeypatch):
    columns = mixed(8 * SPAN)
    writer = ViewWriter(tmp_path / "v", IDENTITY, _MIXED)
    writer.extend({name: column[:SPAN] for name, column in columns.items()})

    def full(file: int, data: memoryview) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(building.os, "write", full)
        writer.extend(columns)
    assert writer.lost is not None
    assert writer.lost.errno == errno.ENOSPC
    assert not (tmp_path / "v").exists()
    writer.extend(columns)
    writer.close()
    assert not (tmp_path / "v").exists()


def test_a_view_that_cannot_be_made_disturbs_nothing(tmp_path: Path):
    writer = ViewWriter(tmp_path / "nowhere" / "v", IDENTITY, _MIXED)
    assert isinstance(writer.lost, FileNotFoundError)
    writer.extend(mixed(2 * SPAN))
    writer.close()
    with pytest.raises(FileNotFoundError):
        build_view(tmp_path / "nowhere" / "v", IDENTITY, Columns(mixed(10)))


def test_a_view_that_cannot_be_built_leaves_the_old_one_and_no_litter(tmp_path: Path, monkeypatch):
    build_view(tmp_path / "v", IDENTITY, Columns(mixed(SPAN)))
    before = (tmp_path / "v").read_bytes()
    columns = Columns(mixed(3 * SPAN))
    written = []

    def soon_full(file: int, data: memoryview, write=os.write) -> int:
        written.append(file)
        if len(written) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data)

    monkeypatch.setattr(building.os, "write", soon_full)
    with pytest.raises(OSError, match="No space left"):
        build_view(tmp_path / "v", IDENTITY, columns)
    assert [each.name for each in tmp_path.iterdir()] == ["v"]
    assert (tmp_path / "v").read_bytes() == before


def test_a_view_being_read_survives_its_successor(tmp_path: Path):
    columns = mixed(2 * SPAN)
    record(tmp_path / "v", columns, [SPAN])
    with View(tmp_path / "v", IDENTITY) as found:
        ViewWriter(tmp_path / "v", IDENTITY, _MIXED).drop()
        assert not (tmp_path / "v").exists()
        check(found, columns)


def test_columns_of_different_lengths_are_refused(tmp_path: Path):
    writer = ViewWriter(tmp_path / "v", IDENTITY, _MIXED)
    with pytest.raises(ValueError, match=r"\[1, 2\]"):
        writer.extend({"time": np.zeros(1), "force": np.zeros(2), "counts": np.zeros(2, "i2")})
    writer.close()


def test_records_of_more_axes_are_taken_flat(tmp_path: Path):
    image = noise(4 * SPAN, dtype="f4").reshape(4, SPAN // 128, 128)
    writer = ViewWriter(tmp_path / "v", IDENTITY, {"image": image.dtype})
    for frame in image:
        writer.extend({"image": frame})
    writer.close()
    with View(tmp_path / "v", IDENTITY) as found:
        check(found, {"image": image.reshape(-1)})


def test_foreign_byte_order_is_turned(tmp_path: Path):
    column = noise(2 * SPAN)
    build_view(tmp_path / "v", IDENTITY, Columns({"x": column.astype(">f8")}))
    with View(tmp_path / "v", IDENTITY) as found:
        check(found, {"x": column})


def test_many_columns_are_built_in_pieces_as_small(tmp_path: Path):
    columns = Columns({f"c{number}": noise(SPAN + 9, number) for number in range(20)})
    build_view(tmp_path / "v", IDENTITY, columns)
    assert columns.largest * 20 * 8 <= 1 << 20
    with View(tmp_path / "v", IDENTITY) as found:
        check(found, columns.columns)


def test_building_takes_small_pieces_and_a_memory_that_does_not_grow(tmp_path: Path):
    def peak(rows: int) -> int:
        columns = Columns({name: np.broadcast_to(np.float64(1), rows) for name in ("time", "x")})
        tracemalloc.start()
        try:
            build_view(tmp_path / "v", IDENTITY, columns)
            assert columns.largest * 16 <= 1 << 20
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    short = peak(300 * SPAN)
    assert peak(3000 * SPAN) < short + (1 << 19)
