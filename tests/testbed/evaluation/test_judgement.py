"""The verdict table: unrounded comparison, unset is failed, nothing is guessed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.domain.conformity import Limit, Outcome
from testbed.domain.decision import Why
from testbed.domain.decision_rule import FOUR_OUTCOMES, ILAC_G8, SIMPLE
from testbed.evaluation import judge, round_to
from testbed.evaluation.uncertainty import propagate, standard
from testbed.procedure import Evaluation, Finding, Measurement, Obtained, Procedure


class Demo(Procedure):
    id = "demo"
    version = "1"
    standard = "none"
    channels = ()
    plots = ()
    needed = Measurement("MPa", symbol="R", resolution=1.0)
    extra = Measurement("%", resolution=0.5, required=False)


def budget(value):
    return propagate(lambda x: x, [standard("x", value, 1.0)], draws=None)


def judged(limits=(), findings=(), completed=True, rule=SIMPLE, known=True, **values):
    evaluation = Evaluation(
        values={n: v if isinstance(v, Obtained) else Obtained(v) for n, v in values.items()},
        findings=findings,
        budgets={n: budget(v) for n, v in values.items() if known and isinstance(v, float)}
        if not any(isinstance(v, float) and not math.isfinite(v) for v in values.values())
        else {},
    )
    outcome, rows = judge(Demo, evaluation, limits, rule, completed=completed)
    return outcome, {row.measurand: row for row in rows}


def at_least(low, measurand="needed"):
    return Limit(measurand=measurand, low=low)


def test_the_unrounded_value_is_compared():
    outcome, rows = judged([at_least(500.0)], needed=499.9999)
    assert outcome is Outcome.FAIL
    assert rows["needed"].rounded == "500"


def test_a_value_on_the_limit_passes_and_its_neighbour_fails():
    assert judged([at_least(500.0)], needed=500.0)[0] is Outcome.PASS
    assert judged([at_least(500.0)], needed=math.nextafter(500.0, 0))[0] is Outcome.FAIL


def test_a_required_value_that_is_unset_fails_without_any_limit():
    outcome, rows = judged(needed=Obtained(None, "reason.no-record"))
    assert outcome is Outcome.FAIL
    assert rows["needed"].reason == "reason.no-record"


def test_an_optional_value_that_is_unset_fails_only_against_a_limit():
    assert judged(needed=1.0)[0] is Outcome.NOT_JUDGED
    assert judged([at_least(1.0, "extra")], needed=1.0)[0] is Outcome.FAIL


def test_a_value_that_is_no_number_counts_as_unset():
    outcome, rows = judged(needed=math.nan)
    assert outcome is Outcome.FAIL
    assert rows["needed"].value is None
    assert rows["needed"].reason == "reason.not-a-number"


def test_two_limits_on_one_measurand_are_joined_to_the_narrowest():
    limits = [at_least(10.0), Limit(measurand="needed", low=5.0, high=20.0, source="order")]
    _, rows = judged(limits, needed=12.0)
    assert (rows["needed"].limit.low, rows["needed"].limit.high) == (10.0, 20.0)
    assert rows["needed"].limit.source == "order"


def test_a_limit_on_something_unknown_is_an_error():
    with pytest.raises(ValueError, match="no measurand"):
        judged([at_least(1.0, "else")], needed=1.0)


def test_a_finding_that_invalidates_and_an_end_before_its_time_leave_no_verdict():
    bad = (Finding("gap", invalidates=True),)
    assert judged([at_least(1.0)], bad, needed=2.0)[0] is Outcome.INVALID
    assert judged([at_least(1.0)], completed=False, needed=2.0)[0] is Outcome.INVALID


@pytest.mark.parametrize(
    ("value", "resolution", "text"),
    [
        (27.165, 0.5, "27.0"),
        (27.25, 0.5, "27.0"),
        (27.75, 0.5, "28.0"),
        (737.09, 1.0, "737"),
        (0.15, 0.1, "0.2"),
        (0.25, 0.1, "0.2"),
        (29432.0, 10.0, "29430"),
        (-0.001, 0.01, "0.00"),
        (-1.26, 0.1, "-1.3"),
        (0.999135, 0.00001, "0.99914"),
    ],
)
def test_rounding_follows_iso_80000_1(value, resolution, text):
    assert round_to(value, resolution) == text


@given(st.floats(-1e9, 1e9), st.sampled_from([10.0, 1.0, 0.5, 0.1, 0.02, 0.001]))
def test_rounding_stays_within_half_a_step_and_is_idempotent(value, resolution):
    text = round_to(value, resolution)
    assert abs(float(text) - value) <= resolution * 0.5000001 + 1e-6
    assert round_to(float(text), resolution) == text


def test_a_resolution_must_be_positive():
    with pytest.raises(ValueError, match="not positive"):
        round_to(1.0, 0.0)


def test_a_limit_without_an_uncertainty_is_not_decided():
    outcome, rows = judged([at_least(500.0)], known=False, needed=600.0)
    assert outcome is Outcome.REFUSED
    assert rows["needed"].decision.why is Why.NO_UNCERTAINTY


def test_the_rule_that_was_agreed_decides_by_the_uncertainty_of_the_value():
    # U is 2.0 with k = 2 (95.45 %).
    for value, simple, guarded, four in [
        (503.0, Outcome.PASS, Outcome.PASS, Outcome.PASS),
        (501.0, Outcome.PASS, Outcome.FAIL, Outcome.CONDITIONAL_PASS),
        (499.0, Outcome.FAIL, Outcome.FAIL, Outcome.CONDITIONAL_FAIL),
        (497.0, Outcome.FAIL, Outcome.FAIL, Outcome.FAIL),
    ]:
        for rule, expected in ((SIMPLE, simple), (ILAC_G8, guarded), (FOUR_OUTCOMES, four)):
            assert judged([at_least(500.0)], rule=rule, needed=value)[0] is expected


def test_value_and_uncertainty_are_stated_to_the_same_digit():
    _, rows = judged(needed=123.456789)
    assert rows["needed"].stated == ("123.5", "2.0")
    assert rows["needed"].budget["rows"][0]["symbol"] == "x"
