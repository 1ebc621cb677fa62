"""Windows against the raw samples: no spike is lost, gaps break the line, ends are exact."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.looking.building import build_view
from runs.looking.levels import Levels, Sampled
from runs.looking.pages import SPAN
from runs.looking.view import View
from runs.looking.window import Window, window
from tests.runs.columns import IDENTITY, Columns, noise

_ROWS = 20 * SPAN + 1234


def uneven(rows: int, seed: int) -> np.ndarray:
    """Make times with pauses, bursts, changes of rate and equal stamps; they never fall."""
    random = np.random.default_rng(seed)
    steps = 10.0 ** random.integers(-4, 1, size=rows // 500 + 1).repeat(500)[:rows]
    steps *= random.random(rows)
    steps[random.random(rows) < 0.05] = 0
    steps[random.random(rows) < 3e-4] = 100.0 * random.random()
    return np.cumsum(steps)


def steady(rows: int) -> np.ndarray:
    return np.arange(rows) * 1e-3


def inside(levels: Levels, time, first: float | None, last: float | None) -> tuple[int, int]:
    """Tell the rows inside a window."""
    start = 0 if first is None else int(np.searchsorted(time, first, "left"))
    stop = levels.rows if last is None else int(np.searchsorted(time, last, "right"))
    return start, max(stop, start)


def envelope(drawn: Window, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest point of each pixel column and of its two neighbours."""
    shown = ~np.isnan(drawn.y)
    low, high = np.full(len(edges) - 1, np.inf), np.full(len(edges) - 1, -np.inf)
    # A point on an edge belongs to both columns: how edge and point are rounded would decide.
    for speck in (-1e-9, 1e-9):
        places = drawn.x[shown] + speck * (edges[-1] - edges[0])
        column = np.clip(np.searchsorted(edges, places, "right") - 1, 0, len(edges) - 2)
        np.minimum.at(low, column, drawn.y[shown].astype(float))
        np.maximum.at(high, column, drawn.y[shown].astype(float))
    wide_low, wide_high = low.copy(), high.copy()
    for shift in (slice(1, None), slice(None, -1)):
        other = slice(None, -1) if shift.start else slice(1, None)
        wide_low[shift] = np.minimum(wide_low[shift], low[other])
        wide_high[shift] = np.maximum(wide_high[shift], high[other])
    return wide_low, wide_high


def check(drawn: Window, time, values, inner: tuple[int, int], pixels: int):
    """Check a window over time against the raw rows inside it and their two neighbours."""
    first, last = max(inner[0] - 1, 0), min(inner[1] + 1, len(time))
    assert len(drawn.x) == len(drawn.y) == drawn.points
    assert drawn.y.dtype == values.dtype
    assert (np.diff(drawn.x) >= 0).all()
    assert drawn.x[0] == time[first]
    assert drawn.x[-1] == time[last - 1]
    assert drawn.exact == (last - first <= 4 * pixels)
    if drawn.exact:
        assert np.array_equal(drawn.x, time[first:last])
        assert np.array_equal(drawn.y, values[first:last], equal_nan=values.dtype.kind == "f")
        return
    assert drawn.points <= 3 * pixels + 2
    begin, stop = inner
    times, samples = time[begin:stop], values[begin:stop].astype(float)
    edges = np.linspace(times[0], times[-1], pixels + 1)
    held = ~np.isnan(samples)
    column = np.clip(np.searchsorted(edges, times, "right") - 1, 0, pixels - 1)
    low, high = envelope(drawn, edges)
    assert (samples[held] >= low[column[held]]).all()
    assert (samples[held] <= high[column[held]]).all()
    # Nothing is drawn that was not measured inside the window or at its neighbours.
    shown = drawn.y[~np.isnan(drawn.y)]
    assert np.isin(shown, values[first:last]).all()
    assert np.isin(drawn.x, time[first:last]).all()
    breaks = np.flatnonzero(np.isnan(samples))
    width = (times[-1] - times[0]) / pixels
    marks = drawn.x[np.isnan(drawn.y)]
    for row in breaks[:: max(len(breaks) // 50, 1)]:
        assert np.abs(marks - times[row]).min() <= 2 * width


@pytest.fixture(scope="module")
def streams(tmp_path_factory):
    """Open streams of each kind, with their view and without one."""
    directory = tmp_path_factory.mktemp("windows")
    offsets = np.arange(5000) * 1e-3 - 1.0
    starts = np.arange(-(-_ROWS // 5000)) * 7.5
    clock = Sampled(starts, offsets)
    values = {
        "a": noise(_ROWS, 1),
        "b": noise(_ROWS, 2, gaps=1e-4),
        "c": noise(_ROWS, 3, dtype="i2"),
    }
    values["a"][np.random.default_rng(9).integers(0, _ROWS, 20)] = 1e6
    values["b"][3 * SPAN : 5 * SPAN] = np.nan
    wave = {"a": values["a"].astype("f4"), "b": values["b"].astype("f4"), "c": values["c"]}
    made = {
        "steady": Columns({"time": steady(_ROWS), **values}),
        "uneven": Columns({"time": uneven(_ROWS, 4), **values}),
        "sampled": Columns(wave, clock),
    }
    found = {}
    for name, source in made.items():
        build_view(directory / name, IDENTITY, source)
        time = source.columns.get("time")
        time = clock.at(np.arange(_ROWS)) if time is None else time
        found[name] = time, Levels(source, View(directory / name, IDENTITY, _ROWS))
        found[f"{name}, no view"] = time, Levels(source, None)
    return found


_STREAMS = st.sampled_from(
    [f"{n}{v}" for n in ("steady", "uneven", "sampled") for v in ("", ", no view")]
)


@settings(max_examples=150, deadline=None)
@given(
    _STREAMS,
    st.sampled_from("abc"),
    st.tuples(st.integers(0, _ROWS - 1), st.integers(0, _ROWS - 1)).map(sorted),
    st.floats(0, 1),
    st.tuples(st.booleans(), st.booleans()),
    st.sampled_from([1, 2, 3, 17, 100, 333, 2000]),
)
def test_every_sample_lies_inside_what_is_drawn(
    streams, stream: str, channel: str, rows, share: float, opened, pixels: int
):
    time, levels = streams[stream]
    near = rows[0] + int((rows[1] - rows[0]) * share**4)
    ends = [float(time[rows[0]]), float(time[near])]
    ends = [None if free else end for free, end in zip(opened, ends, strict=True)]
    drawn = window(levels, [channel], x_from=ends[0], x_to=ends[1], pixels=pixels)[channel]
    check(drawn, time, levels.source.columns[channel], inside(levels, time, *ends), pixels)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 3 * SPAN + 40),
    st.integers(1, 3000),
    st.floats(0, 0.99),
    st.floats(0, 1),
)
def test_a_spike_survives_at_every_place_and_pixel_count(
    spiked, row: int, pixels: int, start: float, share: float
):
    values, time = spiked
    values[row] = 1e9
    levels = Levels(Columns({"time": time, "a": values}), None)
    try:
        first = int(row * start)
        last = row + int((len(time) - 1 - row) * share)
        for ends in ((None, None), (time[first], time[last])):
            drawn = window(levels, ["a"], x_from=ends[0], x_to=ends[1], pixels=pixels)["a"]
            assert drawn.y.max() == 1e9
            span = (time[last] - time[first]) if ends[0] is not None else time[-1]
            at = drawn.x[np.argmax(drawn.y)]
            assert abs(at - time[row]) <= 2 * span / pixels or drawn.exact
    finally:
        values[row] = 0


@pytest.fixture(scope="module")
def spiked():
    rows = 3 * SPAN + 41
    values, time = np.zeros(rows), steady(rows)
    return values, time


def test_a_spike_just_outside_is_not_drawn():
    rows = 10 * SPAN
    values = noise(rows)
    values[1000] = values[rows - 1000] = 1e9
    levels = Levels(Columns({"time": steady(rows), "a": values}), None)
    inside = window(levels, ["a"], x_from=1.002, x_to=(rows - 1002) * 1e-3, pixels=100)["a"]
    assert not inside.exact
    assert inside.y.max() < 1e6
    at_the_neighbours = window(levels, ["a"], x_from=1.0005, pixels=100)["a"]
    assert at_the_neighbours.x[0] == 1.0
    assert at_the_neighbours.y[0] == 1e9


def test_a_window_between_two_samples_shows_both():
    time = np.arange(5000) / 1000
    levels = Levels(Columns({"time": time, "a": noise(5000)}), None)
    between = window(levels, ["a"], x_from=1.0002, x_to=1.0003, pixels=10)["a"]
    assert between.x.tolist() == [1.0, 1.001]
    assert window(levels, ["a"], x_from=-2, x_to=-1)["a"].x.tolist() == [0.0]
    assert window(levels, ["a"], x_from=7, x_to=8)["a"].x.tolist() == [4.999]
    exact = window(levels, ["a"], x_from=1.0, x_to=1.002)["a"]
    assert exact.exact
    assert exact.x.tolist() == [0.999, 1.0, 1.001, 1.002, 1.003]


@pytest.mark.parametrize("rows", [0, 1, 2, 15, 16, 17])
@pytest.mark.parametrize("x", ["time", "a"])
def test_short_streams_are_shown_whole(rows: int, x: str):
    columns = {"time": steady(rows), "a": noise(rows), "c": noise(rows, dtype="i2")}
    levels = Levels(Columns(columns), None)
    for channel in ("a", "c"):
        shown = window(levels, [channel], x=x, pixels=1000)[channel]
        assert shown.exact
        assert shown.y.tolist() == columns[channel].tolist()
        assert shown.x.tolist() == columns[x].tolist()
    if rows > 8:
        assert not window(levels, ["a"], x=x, pixels=2)["a"].exact


def test_nothing_but_gaps_is_nothing_but_gaps():
    rows = 3 * SPAN
    levels = Levels(Columns({"time": steady(rows), "a": np.full(rows, np.nan)}), None)
    shown = window(levels, ["a"], pixels=100)["a"]
    assert np.isnan(shown.y).all()
    assert 100 <= shown.points <= 102
    assert np.isnan(window(levels, ["a"], x="a", pixels=100)["a"].y).all()


def test_all_at_one_time_is_one_column():
    rows = 3 * SPAN
    values = noise(rows)
    levels = Levels(Columns({"time": np.full(rows, 5.0), "a": values}), None)
    shown = window(levels, ["a"], pixels=100)["a"]
    assert sorted(shown.y.tolist()) == [values.min(), values.max()]


def test_a_pause_needs_no_gap_and_keeps_its_ends():
    rows = 4 * SPAN
    time = steady(rows)
    time[rows // 2 + 5 :] += 1000.0
    values = noise(rows)
    values[rows // 2 + 4], values[rows // 2 + 5] = 1e6, -1e6
    shown = window(Levels(Columns({"time": time, "a": values}), None), ["a"], pixels=500)["a"]
    assert not np.isnan(shown.y).any()
    assert shown.x[np.argmax(shown.y)] <= time[rows // 2 + 4]
    assert shown.x[np.argmin(shown.y)] >= time[rows // 2 + 5]


def test_a_bucket_with_a_gap_shows_its_values_and_a_break():
    rows = 4 * SPAN
    values = noise(rows)
    values[20_000] = np.nan
    values[20_001] = 1e6
    shown = window(Levels(Columns({"time": steady(rows), "a": values}), None), ["a"], pixels=50)[
        "a"
    ]
    assert np.isnan(shown.y).sum() == 1
    assert np.nanmax(shown.y) == 1e6


@given(st.floats(-5, 40), st.sampled_from(["left", "right"]))
def test_times_are_found_by_a_few_small_reads(streams, time: float, side: str):
    for stream in ("steady", "uneven", "sampled"):
        times, levels = streams[stream]
        share = min(max(time / 35, 0), 1)
        wanted = time if stream == "sampled" else times[int(share * (_ROWS - 1))]
        before = levels.source.read_rows
        assert levels.seek(wanted, side) == np.searchsorted(times, wanted, side)
        assert levels.source.read_rows - before <= 2 * SPAN


def loops(rows: int, cycles: int) -> Columns:
    """Make stress over strain, around and around."""
    angle = np.linspace(0, 2 * np.pi * cycles, rows)
    return Columns(
        {
            "time": steady(rows),
            "strain": np.sin(angle),
            "stress": np.sin(angle + 0.3) + np.linspace(0, 1, rows),
            "steps": np.arange(rows, dtype="i4") // 100,
        }
    )


def boxes(drawn: Window, margin: float) -> tuple[np.ndarray, ...]:
    """Make boxes of each two points in a row."""
    x, y = drawn.x, drawn.y
    return (
        np.fmin(x[:-1], x[1:]) - margin,
        np.fmax(x[:-1], x[1:]) + margin,
        np.fmin(y[:-1], y[1:]) - margin,
        np.fmax(y[:-1], y[1:]) + margin,
    )


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([0.5, 1, 7, 300]),
    st.floats(-1.2, 1.2),
    st.floats(0, 0.8),
    st.sampled_from([20, 200, 1000]),
)
def test_over_a_channel_each_sample_lies_in_a_drawn_box(
    cycles: float, low: float, span: float, pixels: int
):
    source = loops(5 * SPAN + 3, cycles)
    levels = Levels(source, None)
    drawn = window(
        levels, ["stress", "steps"], x="strain", x_from=low, x_to=low + span, pixels=pixels
    )
    x, y = source.columns["strain"], source.columns["stress"]
    inside = np.flatnonzero((x >= low) & (x <= low + span))
    shown = drawn["stress"]
    assert shown.points <= (8 if shown.exact else 3) * pixels + 2
    assert drawn["steps"].y.dtype == np.dtype("i4")
    if len(inside) == 0:
        assert np.isin(shown.y[~np.isnan(shown.x)], y).all()
        return
    left, right, bottom, top = boxes(shown, 1e-12)
    for row in inside[:: max(len(inside) // 100, 1)]:
        held = (left <= x[row]) & (x[row] <= right) & (bottom <= y[row]) & (y[row] <= top)
        assert held.any()
    if shown.exact:
        assert np.isin(y[inside], shown.y).all()


def test_over_a_channel_the_diagonal_follows_the_trend():
    rows = 5 * SPAN
    up = np.linspace(0, 1, rows)
    source = Columns({"time": steady(rows), "x": up, "rises": 2 * up, "falls": -up, "back": 1 - up})
    levels = Levels(source, None)
    drawn = window(levels, ["rises", "falls"], x="x", pixels=100)
    assert np.allclose(drawn["rises"].y, 2 * drawn["rises"].x)
    assert np.allclose(drawn["falls"].y, -drawn["falls"].x)
    backward = window(levels, ["rises"], x="back", pixels=100)["rises"]
    assert np.allclose(backward.y, 2 - 2 * backward.x)
    assert (np.diff(backward.x) <= 0).all()


def test_over_a_channel_the_line_through_an_empty_window_is_shown():
    source = Columns({"time": steady(4), "x": np.array([0.0, 1, 9, 10]), "y": np.arange(4.0)})
    through = window(Levels(source, None), ["y"], x="x", x_from=4, x_to=5)["y"]
    assert through.x.tolist() == [1, 9]
    outside = window(Levels(source, None), ["y"], x="x", x_from=20, x_to=30)["y"]
    assert (outside.points, outside.exact) == (0, True)


def test_over_a_channel_leaving_the_window_breaks_the_line():
    x = np.array([0.0, 1, 2, 3, 2, 1, 0])
    source = Columns({"time": steady(7), "x": x, "y": np.arange(7)})
    part = window(Levels(source, None), ["y"], x="x", x_from=0, x_to=1)["y"]
    assert part.x[[0, 1, 2, -3, -2, -1]].tolist() == [0, 1, 2, 2, 1, 0]
    assert np.isnan(part.x[3])
    assert part.points == 7


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 3), st.integers(1, 3000))
def test_a_gap_breaks_the_line_over_a_channel_too(place: float, pixels: int):
    rows = 3 * SPAN
    x = np.linspace(0, 3, rows)
    y = np.ones(rows)
    y[min(int(place / 3 * rows), rows - 2) + 1 :][:1] = np.nan
    drawn = window(Levels(Columns({"time": x, "x": x, "y": y}), None), ["y"], x="x", pixels=pixels)
    broken = np.isnan(drawn["y"].x) | np.isnan(drawn["y"].y)
    assert broken.sum() == 1


def test_records_with_a_time_before_their_start_are_found():
    clock = Sampled(np.array([0.0, 10.0]), np.array([-1.0, 0.0, 1.0]))
    assert clock.at(np.arange(6)).tolist() == [-1, 0, 1, 9, 10, 11]
    assert [clock.seek(t, "left") for t in (-5, -1, 0.5, 1, 2, 9, 11, 12)] == [
        0,
        0,
        2,
        2,
        3,
        3,
        5,
        6,
    ]
    assert [clock.seek(t, "right") for t in (-5, -1, 1, 9, 11)] == [0, 1, 3, 4, 6]
    assert Sampled(np.empty(0), np.arange(3.0)).seek(1.0, "left") == 0
