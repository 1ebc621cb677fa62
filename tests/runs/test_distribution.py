"""Envelopes, differences and percentile bands: what must hold for any curves."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from runs import Window
from runs.many.difference import differences
from runs.many.distribution import distribution
from runs.many.envelope import Envelope, columns, envelope

VALUES = st.floats(-1e6, 1e6, allow_nan=False)
EDGES = columns(0.0, 10.0, 20)


def polylines(*, rising: bool):
    def build(drawn):
        x, y = np.array(drawn[0]), np.array(drawn[1])
        size = min(len(x), len(y))
        x = np.sort(np.unique(x)) if rising else x
        size = min(size, len(x))
        return x[:size], y[:size]

    x = st.lists(st.floats(-2, 12, width=32), min_size=2, max_size=60)
    return st.tuples(x, st.lists(VALUES, min_size=60, max_size=60)).map(build)


@given(polylines(rising=False))
def test_an_envelope_holds_every_sample_and_every_point_between(line):
    x, y = line
    found = envelope(x, y, EDGES)
    for share in (0.0, 0.25, 0.5, 1.0):
        # The end itself: reckoned from the start, it would be rounded by the length of the step.
        px = x[1:] if share == 1.0 else x[:-1] + (x[1:] - x[:-1]) * share
        py = y[:-1] + (y[1:] - y[:-1]) * share
        for at, value in zip(px, py, strict=True):
            if 0 <= at < 10:
                column = int(np.searchsorted(EDGES, at, side="right")) - 1
                slack = 1e-6 * max(1.0, np.abs(y).max())
                assert found.low[column] - slack <= value <= found.high[column] + slack


@given(polylines(rising=False))
def test_an_envelope_reaches_no_further_than_the_samples(line):
    x, y = line
    found = envelope(x, y, EDGES)
    there = np.isfinite(found.low)
    assert (found.low[there] >= y.min()).all()
    assert (found.high[there] <= y.max()).all()
    assert (found.low[there] <= found.high[there]).all()


def test_a_gap_is_not_bridged_and_a_spike_is_not_lost():
    x = np.arange(11.0)
    y = np.zeros(11)
    y[3] = np.nan
    y[7] = 99.0
    found = envelope(x, y, columns(0.0, 10.0, 10))
    assert np.isnan(found.low[[2, 3]]).tolist() == [False, False]  # samples at both sides
    assert np.isnan(envelope(x, y, columns(2.2, 3.8, 4)).low).all()
    assert found.high[6] == found.high[7] == 99.0
    assert found.low[6] == 0.0


def test_a_vertical_jump_on_an_edge_shows_on_both_sides():
    found = envelope(np.array([4.0, 5.0, 5.0, 6.0]), np.array([0.0, 0.0, 8.0, 8.0]), EDGES)
    before, after = 9, 10
    assert (found.high[before], found.low[after]) == (8.0, 0.0)


@pytest.mark.parametrize("span", [(1.0, 1.0, 4), (0.0, np.inf, 4), (0.0, 1.0, 0), (2.0, 1.0, 4)])
def test_there_is_no_grid_without_a_span(span):
    with pytest.raises(ValueError, match="no grid"):
        columns(*span)


@given(polylines(rising=True), polylines(rising=True), st.sampled_from(["first", "mean"]))
def test_a_thinned_difference_encloses_the_exact_one(one, other, to):
    exact = [Window(*each, exact=True) for each in (one, other)]
    thinned = [Window(*each, exact=False) for each in (one, other)]
    wide = differences(thinned, EDGES, to=to)
    for sharp, band in zip(differences(exact, EDGES, to=to), wide, strict=True):
        assert sharp.exact
        assert not band.exact
        np.testing.assert_array_equal(sharp.low, sharp.high)
        for at, value in zip(sharp.x, sharp.low, strict=True):
            column = min(int(np.searchsorted(EDGES, at, side="right")) - 1, 19)
            if np.isfinite(value) and to == "first":
                slack = 1e-3
                assert band.low[column] - slack <= value <= band.high[column] + slack


def test_a_run_does_not_differ_from_itself_and_the_mean_lies_halfway():
    x = np.arange(5.0)
    one, other = Window(x, x * 2, exact=True), Window(x, x * 2 + 4, exact=True)
    own, above = differences([one, other], columns(0.0, 4.0, 4))
    np.testing.assert_array_equal(own.low, 0.0)
    np.testing.assert_array_equal(above.high, 4.0)
    below, over = differences([one, other], columns(0.0, 4.0, 4), to="mean")
    np.testing.assert_array_equal(below.low, -2.0)
    np.testing.assert_array_equal(over.low, 2.0)
    assert differences([], EDGES) == ()


def test_no_value_is_told_where_a_run_has_none():
    x = np.arange(6.0)
    gap = np.array([0.0, 1.0, np.nan, 3.0, 4.0, 5.0])
    _, found = differences(
        [Window(x, x, exact=True), Window(x[:5], gap[:5], exact=True)], columns(0.0, 5.0, 5)
    )
    assert np.isnan(found.low).tolist() == [False, False, True, False, False, True]


def flat(values, width=7):
    return [Envelope(np.full(width, v), np.full(width, v)) for v in values]


@given(st.lists(VALUES, min_size=3, max_size=40), st.randoms(use_true_random=False))
def test_bands_are_numpys_percentiles_in_order_whatever_the_order_of_the_runs(values, random):
    edges = columns(0.0, 7.0, 7)
    found = distribution(edges, flat(values))
    expected = np.percentile(values, [5, 25, 50, 75, 95])
    got = [found.outer.low, found.inner.low, found.median, found.inner.high, found.outer.high]
    np.testing.assert_allclose([each[3] for each in got], expected, rtol=1e-9, atol=1e-6)
    assert all((a <= b + 1e-6).all() for a, b in pairwise(got))
    random.shuffle(values)
    again = distribution(edges, flat(values))
    np.testing.assert_array_equal(found.outer.high, again.outer.high)


@given(arrays(np.float64, (12, 9), elements=VALUES), st.floats(0.1, 100), VALUES)
def test_bands_follow_a_change_of_unit(values, factor, offset):
    edges = columns(0.0, 9.0, 9)
    runs = [Envelope(each, each + 1.0) for each in values]
    moved = [Envelope(e.low * factor + offset, e.high * factor + offset) for e in runs]
    one, other = distribution(edges, runs), distribution(edges, moved)
    np.testing.assert_allclose(
        other.outer.high, one.outer.high * factor + offset, rtol=1e-6, atol=1e-3
    )


def test_who_is_outside_for_longest_comes_first_and_what_is_missing_is_not_outside():
    width = 10
    runs = flat(np.linspace(-1.0, 1.0, 60), width)
    high, low = np.zeros(width), np.zeros(width)
    high[2:8] = 50.0
    low[4] = -200.0
    short = np.full(width, np.nan)
    short[0] = 0.0
    runs += [Envelope(high, high), Envelope(low, low), Envelope(short, short)]
    found = distribution(columns(0.0, 1.0, width), runs)
    outliers = {each.index: each for each in found.outliers}
    assert outliers[60].outside == 6
    assert outliers[60].farthest == pytest.approx(50.0, rel=0.03)
    assert outliers[61].farthest == pytest.approx(-200.0, rel=0.01)
    assert (outliers[61].at, outliers[61].share) == (4, 0.1)
    assert 62 not in outliers
    ranked = [each.outside for each in found.outliers]
    assert ranked == sorted(ranked, reverse=True)
    assert found.counts[0] == 63
    assert found.counts[5] == 62


def test_two_runs_make_no_band_and_no_runs_make_none():
    edges = columns(0.0, 1.0, 7)
    for values in ([], [1.0, 2.0]):
        found = distribution(edges, flat(values))
        assert np.isnan(found.median).all()
        assert found.outliers == ()
    with pytest.raises(ValueError, match="7 columns"):
        distribution(edges, flat([1.0], width=3))
