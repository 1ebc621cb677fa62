"""Mean, scatter and confidence interval of a series of test pieces."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.evaluation.series import summarise

RESULTS = st.lists(st.floats(1.0, 1e4), min_size=2, max_size=30)


def test_five_results_have_the_interval_of_student():
    found = summarise([98.0, 99.0, 100.0, 101.0, 102.0])
    assert (found.mean, found.count, found.enough) == (100.0, 5, True)
    assert found.deviation == pytest.approx(math.sqrt(2.5))
    # t(0.975; 4) = 2.776 (ISO 2602:1980, table 1).
    assert found.half_width == pytest.approx(2.776 * math.sqrt(2.5) / math.sqrt(5.0), rel=3e-4)
    assert found.interval == (100.0 - found.half_width, 100.0 + found.half_width)


def test_four_results_are_not_enough_and_say_so():
    assert summarise([1.0, 2.0, 3.0, 4.0]).enough is False
    assert summarise([1.0, 2.0, 3.0], least=3).enough is True


@pytest.mark.parametrize("values", [[], [1.0], [1.0, math.nan], [1.0, math.inf]])
def test_what_has_no_scatter_is_refused(values):
    with pytest.raises(ValueError, match=r"scatter|finite"):
        summarise(values)


@pytest.mark.parametrize("confidence", [0.0, 1.0, -0.5, math.nan])
def test_a_confidence_is_between_zero_and_one(confidence):
    with pytest.raises(ValueError, match="confidence"):
        summarise([1.0, 2.0], confidence=confidence)


@given(RESULTS, st.randoms(use_true_random=False))
def test_the_order_of_the_pieces_does_not_matter(values, random):
    shuffled = values.copy()
    random.shuffle(shuffled)
    assert summarise(shuffled) == summarise(values)


@given(RESULTS)
def test_the_unit_prefix_does_not_matter(values):
    once, again = summarise(values), summarise([1e3 * value for value in values])
    assert again.mean == pytest.approx(1e3 * once.mean, rel=1e-12)
    # The mean is off by its rounding, and so is every difference from it.
    rounding = 1e-12 * 1e3 * max(values)
    assert again.deviation == pytest.approx(1e3 * once.deviation, rel=1e-9, abs=rounding)


def test_the_interval_covers_as_often_as_it_says():
    random = np.random.default_rng(178)
    lots = random.normal(100.0, 3.0, (2000, 5))
    covered = [low <= 100.0 <= high for low, high in (summarise(lot).interval for lot in lots)]
    assert 0.93 <= np.mean(covered) <= 0.97
