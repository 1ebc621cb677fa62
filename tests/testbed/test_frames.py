"""Binary windows: what a browser reads out of a frame is what was recorded, within its budget."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs import Window
from runs.many.difference import Difference
from testbed.api.frames import HEAD, START, frame, of_difference, of_window
from testbed.services.looking import MOST_POINTS, Seen, View


def unpack(content: bytes) -> list[dict]:
    """Read a frame as the browser does."""
    magic, count = START.unpack_from(content)
    assert magic == b"TBW1"
    traces, at = [], START.size + count * HEAD.size
    for index in range(count):
        kind, place, exact, points, x0, xs, y0, ys, inside, samples = HEAD.unpack_from(
            content, START.size + index * HEAD.size
        )
        blocks = []
        for width in {0: (8, 8), 1: (4, 4), 2: (8,)}[kind]:
            number = "<f8" if kind == 0 else "<f4"
            values = np.frombuffer(content, number, points * (2 if kind == 2 else 1), at)
            blocks.append(values.astype(float))
            at += -(-points * width // 8) * 8
        if kind == 2:
            x, y = x0 + xs * np.arange(points + 1), y0 + ys * blocks[0].reshape(-1, 2)
        else:
            x, y = x0 + xs * blocks[0], y0 + ys * blocks[1]
        about = {"kind": kind, "place": place, "exact": bool(exact)}
        traces.append({"x": x, "y": y, "inside": inside, "samples": samples, **about})
    assert at == len(content)
    return traces


def seen(x, y, *, exact=False):
    return Seen(3, Window(np.asarray(x, float), np.asarray(y, float), exact), 5, 99)


def test_few_points_arrive_to_the_last_bit():
    x, y = [0.1, 1e300, 3.0], [math.pi, math.nan, -0.1]
    (got,) = unpack(frame([of_window(seen(x, y, exact=True), View(y="force"))]))
    np.testing.assert_array_equal(got["x"], x)
    np.testing.assert_array_equal(got["y"], y)
    assert (got["place"], got["exact"], got["inside"], got["samples"]) == (3, True, 5, 99)


@given(
    st.floats(-1e12, 1e12),
    st.floats(1e-9, 1e9),
    st.floats(0, 1e9),
    st.floats(1e-6, 1e6),
)
def test_many_points_resolve_the_window_wherever_it_lies(level, height, start, width):
    rng = np.random.default_rng(1)
    y = level + height * rng.uniform(size=MOST_POINTS)
    x = start + width * np.sort(rng.uniform(size=MOST_POINTS))
    view = View(y="force", low=start, high=start + width)
    content = frame([of_window(seen(x, y), view)])
    assert len(content) <= 60_000
    (got,) = unpack(content)
    # A quarter of one of 2,000 pixels, and the spacing of float64 where that is coarser.
    pixel = max(np.ptp(y) / 8000, 4 * np.spacing(abs(level) + height))
    assert np.abs(got["y"] - y).max() <= pixel
    assert np.abs(got["x"] - x).max() <= max(width / 8000, 4 * np.spacing(start + width))


def test_a_neighbour_far_away_does_not_blur_the_window():
    x = np.concatenate(([0.0], 1e6 + np.linspace(0, 1, 4998), [1e9]))
    view = View(y="force", low=1e6, high=1e6 + 1)
    (got,) = unpack(frame([of_window(seen(x, np.sin(x)), view)]))
    assert np.abs(got["x"] - x)[1:-1].max() < 1 / 8000


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_gaps_and_extreme_values_arrive(scale):
    y = np.tile([1.0, math.nan, -2.0, 3.0], 1000) * scale
    (got,) = unpack(frame([of_window(seen(np.arange(4000.0), y), View(y="force"))]))
    assert np.isnan(got["y"]).sum() == 1000
    np.testing.assert_allclose(got["y"], y, rtol=1e-6, equal_nan=True)


def test_several_traces_keep_their_places_and_an_empty_one_is_empty():
    odd = Seen(0, Window(np.arange(3001.0), np.arange(3001.0), exact=False), None, 3001)
    empty = Seen(7, Window(np.array([]), np.array([]), exact=True), 0, 0)
    one, none = unpack(frame([of_window(odd, View(y="a")), of_window(empty, View(y="a"))]))
    assert (one["place"], one["inside"], none["place"], len(none["x"])) == (0, -1, 7, 0)
    np.testing.assert_allclose(one["y"], np.arange(3001.0), atol=1e-3)
    assert unpack(frame([])) == []


def test_a_difference_comes_as_points_or_as_columns():
    x = np.linspace(0.0, 4.0, 5)
    exact = Difference(x, x * 2, x * 2, exact=True)
    wide = Difference(x, x[:-1] - 1, x[:-1] + 1, exact=False)
    points, columns = unpack(frame([of_difference(0, exact), of_difference(1, wide)]))
    np.testing.assert_allclose(points["y"], x * 2)
    np.testing.assert_allclose(columns["x"], x)
    np.testing.assert_allclose(columns["y"], np.column_stack((x[:-1] - 1, x[:-1] + 1)))
