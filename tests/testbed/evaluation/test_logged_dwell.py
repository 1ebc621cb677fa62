"""Dwells are found in the set-point of a log, and judged as far as the log proves them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.domain.conformity import Outcome
from testbed.evaluation.logged_dwell import dwells, judge_dwell, ramps


def log(*stretches, period=30.0):
    """Hold each set-point for so many minutes, led by a ramp of 30 min in between."""
    parts = []
    for number, (level, minutes) in enumerate(stretches):
        if number:
            before = stretches[number - 1][0]
            parts.append(np.linspace(before, level, 62)[1:-1])
        parts.append(np.full(int(minutes * 60.0 / period) + 1, level))
    set_point = np.concatenate(parts)
    return period * np.arange(len(set_point)), set_point


levels = st.lists(
    st.tuples(st.integers(-40, 150).map(float), st.sampled_from([10, 20, 31, 60, 120])),
    min_size=1,
    max_size=5,
).filter(lambda found: all(a[0] != b[0] for a, b in pairwise(found)))


@given(levels)
def test_every_planted_dwell_is_found_and_no_other(stretches):
    time, set_point = log(*stretches)
    found = dwells(time, set_point)
    expected = [(level, minutes * 60.0) for level, minutes in stretches if minutes >= 30]
    assert [(each.set_point, each.duration) for each in found] == expected
    for each in found:
        assert np.all(set_point[each.first : each.last + 1] == each.set_point)


@given(levels, st.floats(0.1, 5.0), st.data())
@settings(max_examples=50)
def test_a_planted_excursion_fails_its_dwell_and_no_other(stretches, tolerance, data):
    time, set_point = log(*stretches)
    found = dwells(time, set_point)
    if not found:
        return
    which = data.draw(st.integers(0, len(found) - 1))
    row = data.draw(st.integers(found[which].first, found[which].last))
    value = set_point + 0.5 * tolerance * np.sin(time)
    value[row] = set_point[row] + 1.01 * tolerance
    for number, each in enumerate(found):
        judged = judge_dwell(each, time, value, tolerance=tolerance, longest=90.0)
        assert judged.outcome is (Outcome.FAIL if number == which else Outcome.PASS)
        if number == which:
            assert judged.largest == pytest.approx(1.01 * tolerance)
            assert judged.at == time[row]
            assert judged.proven < each.duration


@given(st.integers(5, 100), st.integers(4, 12), st.booleans())
def test_a_gap_leaves_a_dwell_unproven_but_an_excursion_still_fails_it(first, rows, leave):
    time, set_point = log((55.0, 60.0))
    value = set_point + 0.1
    (whole,) = dwells(time, set_point)
    value[first : first + rows] = np.nan
    if leave:
        value[1] = 60.0
    judged = judge_dwell(whole, time, value, tolerance=2.0, longest=90.0)
    assert judged.outcome is (Outcome.FAIL if leave else Outcome.NOT_JUDGED)
    assert judged.unknown == pytest.approx(30.0 * (min(first + rows, 120) - first + 1), abs=31.0)


def test_a_sensor_that_begins_late_or_says_nothing_proves_nothing():
    time, set_point = log((55.0, 60.0))
    (whole,) = dwells(time, set_point)
    late = np.where(time < 300.0, np.nan, 55.0)
    assert judge_dwell(whole, time, late, tolerance=2.0, longest=90.0).outcome is Outcome.NOT_JUDGED
    silent = judge_dwell(whole, time, np.full(len(time), np.nan), tolerance=2.0, longest=90.0)
    assert (silent.outcome, silent.largest, silent.proven) == (Outcome.NOT_JUDGED, None, 0.0)
    assert silent.unknown == whole.duration


def test_a_set_point_that_is_missing_ends_no_dwell_and_one_that_creeps_does():
    time, set_point = log((55.0, 60.0))
    set_point[50] = np.nan
    assert len(dwells(time, set_point)) == 1
    creeping = 55.0 + 1e-3 * np.arange(len(time))
    assert dwells(time, creeping, within=0.01) == ()
    assert dwells(np.array([]), np.array([])) == ()


def test_a_dwell_counts_from_behind_its_settling():
    time, set_point = log((23.0, 40.0), (55.0, 60.0))
    lagging = set_point - 20.0 * np.exp(-np.maximum(time - 4200.0, 0.0) / 300.0)
    whole = dwells(time, set_point)[1]
    assert judge_dwell(whole, time, lagging, tolerance=1.0, longest=90.0).outcome is Outcome.FAIL
    (settled,) = dwells(time, set_point, settling=1800.0)
    assert settled.start == whole.start + 1800.0
    assert settled.end == whole.end
    judged = judge_dwell(settled, time, lagging, tolerance=1.0, longest=90.0)
    assert judged.outcome is Outcome.PASS
    assert dwells(time, set_point, settling=3601.0) == ()


def test_ramps_have_their_mean_rate():
    time, set_point = log((23.0, 60.0), (35.0, 60.0), (23.0, 60.0))
    up, down = ramps(dwells(time, set_point))
    assert up.rate == pytest.approx(12.0 / 30.5)
    assert down.rate == pytest.approx(-12.0 / 30.5)
