"""A limit has at least one end, and its ends are numbers in order."""

import math

import pytest

from testbed.domain.conformity import Limit


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ({}, "neither end"),
        ({"low": 2.0, "high": 1.0}, "above"),
        ({"low": math.nan}, "not finite"),
        ({"low": 1.0, "high": math.nan}, "not finite"),
        ({"high": math.inf}, "not finite"),
    ],
)
def test_a_limit_that_limits_nothing_is_refused(ends, said):
    with pytest.raises(ValueError, match=said):
        Limit(measurand="rm", **ends)


def test_both_ends_may_be_the_same():
    assert Limit(measurand="rm", low=1.0, high=1.0).low == 1.0
