"""Basic statistics: against exact rational arithmetic, and by the rules they keep."""

import math
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from testbed.evaluation.statistics import analyse_variance, describe

decimals = st.decimals(-100, 100, places=4, allow_nan=False)
series = st.lists(decimals, min_size=2, max_size=40).filter(lambda values: len(set(values)) > 1)


def exactly(values):
    """Mean, variance and lag-1 autocorrelation as fractions."""
    values = [Fraction(value) for value in values]
    mean = sum(values) / len(values)
    off = [value - mean for value in values]
    squares = sum(value * value for value in off)
    lag = sum(a * b for a, b in pairwise(off))
    return mean, squares / (len(values) - 1), lag / squares


@given(series, st.integers(0, 14))
def test_decimals_lose_nothing_behind_equal_leading_digits(values, places):
    moved = [value + 10**places for value in values]
    mean, variance, lag = exactly(moved)
    sample = describe(moved)
    assert sample.mean == pytest.approx(float(mean), rel=1e-15)
    assert sample.deviation == pytest.approx(math.sqrt(variance), rel=1e-12)
    assert sample.autocorrelation == pytest.approx(float(lag), rel=1e-10, abs=1e-12)
    assert sample.count == len(values)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40))
def test_floats_are_taken_as_the_numbers_they_are(values):
    assume(max(values) - min(values) > 1e-3)
    mean, variance, _ = exactly(values)
    sample = describe(values)
    assert sample.mean == pytest.approx(float(mean), rel=1e-12, abs=1e-9)
    assert sample.deviation == pytest.approx(math.sqrt(variance), rel=1e-9)


def test_readings_that_do_not_vary_have_no_autocorrelation():
    sample = describe([2.5, 2.5, 2.5])
    assert (sample.mean, sample.deviation) == (2.5, 0.0)
    assert math.isnan(sample.autocorrelation)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, math.nan], [Decimal("Infinity"), Decimal(1)]])
def test_what_has_no_spread_is_refused(values):
    with pytest.raises(ValueError, match=r"two readings|not finite"):
        describe(values)


@given(st.lists(series, min_size=2, max_size=5), st.integers(0, 14))
def test_variation_splits_into_between_and_within(groups, places):
    groups = [[value + 10**places for value in group] for group in groups]
    table = analyse_variance(groups)
    every = [value for group in groups for value in group]
    whole = exactly(every)[1] * (len(every) - 1)
    within = sum(exactly(group)[1] * (len(group) - 1) for group in groups)
    assert table.within_squares == pytest.approx(float(within), rel=1e-12)
    assert table.between_squares == pytest.approx(float(whole - within), rel=1e-9, abs=1e-12)
    assert table.between_freedom + table.within_freedom == len(every) - 1
    assert table.r_squared == pytest.approx(float(1 - within / whole), rel=1e-9, abs=1e-12)


@given(st.lists(series, min_size=2, max_size=4), st.randoms())
def test_the_order_of_groups_and_readings_does_not_matter(groups, random):
    shuffled = [random.sample(group, len(group)) for group in groups]
    random.shuffle(shuffled)
    one, other = analyse_variance(groups), analyse_variance(shuffled)
    assert one.within_squares == pytest.approx(other.within_squares, rel=1e-12)
    assert one.between_squares == pytest.approx(other.between_squares, rel=1e-9, abs=1e-12)


def test_two_groups_give_the_square_of_students_t():
    # Student 1908, extra sleep [h] by two drugs, taken as unpaired: t = -1.860813 (R, sleep data).
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    assert analyse_variance([first, second]).f_statistic == pytest.approx(1.860813**2, rel=1e-6)


def test_groups_that_do_not_vary_within_leave_no_doubt():
    table = analyse_variance([[1.0, 1.0], [2.0, 2.0]])
    assert (table.f_statistic, table.r_squared) == (math.inf, 1.0)
    assert table.residual_deviation == 0.0


@pytest.mark.parametrize("groups", [[], [[1.0, 2.0]], [[1.0], [2.0]], [[1.0, 2.0], []]])
def test_too_little_to_compare_is_refused(groups):
    with pytest.raises(ValueError, match="nothing between or within"):
        analyse_variance(groups)
