"""The balance: settling, steps, linearity, zero and tare, drift."""

from math import inf, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.simulators.balance import Balance, BalanceModel

QUIET = {"repeatability": 0.0, "linearity": 0.0, "drift": 0.0}
masses = st.floats(0.001, 220.0)


def settled(grams, **values):
    balance = Balance(BalanceModel(**values))
    balance.load(grams)
    balance.pass_time(60.0)
    return balance


@given(masses)
def test_a_faultless_balance_errs_by_half_a_step(grams):
    assert settled(grams, **QUIET).indication() == pytest.approx(grams, abs=0.5001e-4)


@given(masses)
def test_a_real_one_errs_by_no_more_than_it_says(grams):
    assert settled(grams).indication() == pytest.approx(grams, abs=2e-4 + 5 * 5e-5 + 1e-4)


@given(st.floats(1.0, 220.0), st.floats(0.01, 2.0))
def test_it_settles_exponentially(grams, seconds):
    balance = Balance(BalanceModel(**QUIET))
    balance.load(grams)
    balance.pass_time(seconds)
    two = Balance(BalanceModel(**QUIET))
    two.load(grams)
    two.pass_time(seconds / 2)
    two.pass_time(seconds / 2)
    assert two.indication() == pytest.approx(balance.indication(), abs=1.001e-4)
    assert balance.indication() < grams
    # Stable once the rest is below half a step.
    assert balance.stable is (seconds > 0.4 * log(grams / 0.5e-4))


@given(st.floats(1.0, 100.0), st.floats(1.0, 100.0))
def test_the_tare_is_taken_off(vessel, content):
    balance = settled(vessel)
    assert balance.tare()
    assert balance.indication() == pytest.approx(0.0, abs=1.001e-4)
    balance.load(vessel + content)
    assert not balance.stable
    assert not balance.tare()
    balance.pass_time(60.0)
    assert balance.indication() == pytest.approx(content, abs=1e-3)
    balance.load(0.0)
    balance.pass_time(60.0)
    assert balance.indication() == pytest.approx(-balance.tare_weight, abs=4e-4)


def test_zero_is_for_a_nearly_empty_pan():
    balance = settled(3.0)
    assert balance.zero()
    assert balance.indication() == 0.0
    balance.load(10.0)
    balance.pass_time(60.0)
    assert balance.indication() == pytest.approx(7.0, abs=1e-3)
    assert not balance.zero()


def test_over_and_under_its_range_it_shows_no_number():
    assert settled(220.0005).indication() < inf
    over = settled(221.0)
    assert over.overload
    assert over.indication() == inf
    assert not over.tare()
    under = settled(-10.0)
    assert under.underload
    assert under.indication() == -inf


def test_it_drifts_with_the_room_until_it_is_adjusted():
    balance = Balance(BalanceModel(repeatability=0.0, linearity=0.0))
    balance.pass_time(60.0, 33.0)
    balance.load(200.0)
    balance.pass_time(60.0)
    assert balance.indication() == pytest.approx(200.0 * (1 + 1.5e-5), abs=1e-4)
    assert not balance.adjust()
    balance.load(0.0)
    balance.pass_time(60.0)
    assert balance.adjust()
    balance.load(200.0)
    balance.pass_time(60.0)
    assert balance.indication() == pytest.approx(200.0, abs=1e-4)


def test_whoever_asks_twice_at_one_instant_is_answered_alike():
    balance = settled(50.0)
    assert balance.indication() == balance.indication()
    assert balance.gross == balance.gross
    before = balance.gross
    balance.pass_time(1.0)
    assert balance.gross != before


@pytest.mark.parametrize(
    ("values", "accepted"),
    [
        ({"capacity": 0.0}, "above 0"),
        ({"linearity": -1.0}, "0 or above"),
        ({"readability": 10.0}, "a hundredth of capacity"),
    ],
)
def test_a_refusal_names_what_is_accepted(values, accepted):
    with pytest.raises(ValueError, match=accepted):
        BalanceModel(**values)


@pytest.mark.parametrize("lying", [0.0, 5.0, 40.0])
def test_what_lies_on_it_when_it_starts_is_its_zero(lying):
    balance = settled(lying, **QUIET)
    assert balance.preset(1.0)
    balance.restart()
    assert balance.ready
    assert balance.indication() == pytest.approx(0.0, abs=1e-4)
    assert balance.tare_weight == 0.0
    assert balance.lying == lying


def test_a_loaded_pan_holds_its_start_up():
    balance = settled(100.0, **QUIET)
    balance.restart()
    assert not balance.ready
    balance.load(0.0)
    assert not balance.ready
    balance.pass_time(60.0)
    assert balance.ready
    balance.load(100.0)
    balance.pass_time(60.0)
    assert balance.ready
    assert balance.indication() == pytest.approx(100.0, abs=1e-4)


def test_a_known_tare_can_be_given_and_taken_back():
    balance = settled(50.0, **QUIET)
    assert balance.preset(20.0)
    assert balance.indication() == pytest.approx(30.0, abs=1e-4)
    assert not balance.preset(-1.0)
    assert not balance.preset(500.0)
    assert balance.tare_weight == pytest.approx(20.0)
    balance.untare()
    assert balance.indication() == pytest.approx(50.0, abs=1e-4)
