"""Results are the same only where every bit of them is."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.domain.conformity import Outcome
from testbed.domain.decision import Uncertainty
from testbed.domain.judgement import Judgement
from testbed.domain.same_bits import compare, same_bits
from testbed.procedure import method_versions

numbers = st.floats(allow_nan=False, allow_infinity=False)


def judged(name="rm", value=1.0, expanded=0.1, outcome=Outcome.PASS, reason=""):
    return Judgement(
        measurand=name, symbol=name, unit="1", value=value, rounded="", limit=None,
        outcome=outcome, reason=reason, uncertainty=Uncertainty(expanded=expanded),
    )  # fmt: skip


@given(numbers)
def test_a_number_is_itself_and_not_its_neighbour(number):
    assert same_bits(number, number)
    assert not same_bits(number, math.nextafter(number, math.inf))
    assert not same_bits(number, None)


def test_zeros_differ_by_their_sign_and_nothing_is_nothing():
    assert not same_bits(0.0, -0.0)
    assert same_bits(None, None)
    assert same_bits(math.nan, math.nan)


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (judged(), (True, True, True)),
        (judged(value=math.nextafter(1.0, 2.0)), (False, True, True)),
        (judged(expanded=math.nextafter(0.1, 1.0)), (True, False, True)),
        (judged(outcome=Outcome.FAIL), (True, True, False)),
    ],
)
def test_each_part_is_compared_by_itself(now, same):
    (row,) = compare([judged()], [now])
    assert (row.value, row.uncertainty, row.verdict) == same
    assert row.identical is all(same)


def test_another_reason_for_no_value_is_another_result():
    before, now = judged(value=None, reason="reason.a"), judged(value=None, reason="reason.b")
    assert not compare([before], [now])[0].identical


def test_what_only_one_evaluation_has_is_not_the_same():
    rows = compare([judged("a"), judged("b")], [judged("b"), judged("c")])
    assert [(row.either.measurand, row.identical) for row in rows] == [
        ("b", True), ("c", False), ("a", False),
    ]  # fmt: skip


def test_versions_of_a_method_are_those_with_data_oldest_first():
    assert method_versions("testbed.methods", "iso-6892-1")[:2] == ("1", "2")
    assert method_versions("testbed.methods", "no-such-method") == ()
