"""What drives the shaker: ramps, abort limits, the same wear as a dwell without them."""

from math import pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.simulators.excitation import Excitation, Levels, Random, Sine
from instruments.simulators.shaker import Shaker, ShakerModel

SINE = Sine(frequency=100.0, acceleration=20.0)
FLAT = Random.of([20.0, 2000.0], [0.5, 0.5])


def driving(profile: Sine | Random, **model: float) -> Excitation:
    excitation = Excitation(Shaker(ShakerModel(**model)))
    excitation.start(profile, 2.0)
    return excitation


def test_it_stands_until_it_is_started():
    excitation = Excitation(Shaker(ShakerModel()))
    excitation.pass_time(1000.0)
    assert not excitation.driven
    assert excitation.levels() == Levels()
    assert excitation.shaker.cycles == 0.0


@given(st.floats(0.1, 1.9))
def test_the_level_ramps_in_a_straight_line(seconds: float):
    excitation = driving(SINE)
    assert excitation.driven
    excitation.pass_time(seconds)
    assert excitation.rising
    assert excitation.levels().control == pytest.approx(20.0 * seconds / 2.0)
    excitation.pass_time(5.0)
    assert not excitation.ramping
    assert excitation.levels().control == pytest.approx(20.0)


@given(st.floats(0.1, 3.0))
def test_it_runs_down_from_where_it_is(seconds: float):
    excitation = driving(SINE)
    excitation.pass_time(seconds)
    reached = excitation.level
    excitation.run_down(1.0)
    excitation.pass_time(reached / 2)
    assert excitation.level == pytest.approx(reached / 2)
    assert excitation.driven
    excitation.pass_time(1.0)
    assert not excitation.driven
    assert excitation.cut_by == ""


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.01, 200.0), min_size=1, max_size=10))
def test_in_whatever_steps_time_runs_the_wear_is_the_same(steps: list[float]):
    model = ShakerModel(endurance=1e5)
    held, whole = Excitation(Shaker(model)), Excitation(Shaker(model))
    for each in (held, whole):
        each.start(Sine(frequency=180.0, acceleration=40.0), 2.0)
        each.pass_time(2.0)
    for step in steps:
        held.pass_time(step)
    whole.pass_time(sum(steps))
    assert held.shaker.damage == pytest.approx(whole.shaker.damage, rel=1e-3)
    assert held.shaker.cycles == pytest.approx(whole.shaker.cycles)


def test_half_the_level_has_half_the_acceleration_and_a_quarter_of_the_density():
    excitation = driving(FLAT)
    excitation.pass_time(1.0)
    assert excitation.levels().control == pytest.approx(sqrt(0.5 * 1980.0) / 2, rel=1e-4)
    excitation.pass_time(1.0)
    full = excitation.levels()
    assert full.control == pytest.approx(sqrt(0.5 * 1980.0), rel=1e-4)
    # Miles, for a specimen that has a quality of 12 at 180 Hz.
    assert full.response == pytest.approx(sqrt(pi / 2 * 180 * 12 * 0.5), rel=0.02)
    assert full.phase == 0.0
    assert excitation.shaker.damage > 0.0


def test_velocity_and_displacement_of_a_spectrum():
    lines = np.linspace(20.0, 2000.0, 200_001)
    for order in (1, 2):
        area = np.trapezoid(0.5 / (2 * pi * lines) ** (2 * order), lines)
        assert FLAT.rms(order) == pytest.approx(sqrt(area), rel=1e-3)


def test_a_response_beyond_its_limit_cuts_it_off_in_the_ramp():
    excitation = driving(Sine(frequency=180.0, acceleration=20.0))
    excitation.most_response = 120.0
    excitation.pass_time(2.0)
    assert not excitation.driven
    assert excitation.cut_by == "RESPONSE"
    assert excitation.levels() == Levels()
    excitation.run_down(1.0)
    assert not excitation.driven


def test_a_control_level_that_cannot_be_held_cuts_it_off():
    # The table feels 26 kg at resonance: 1000 N give it no more than 38 m/s2.
    excitation = driving(Sine(frequency=180.0, acceleration=50.0), max_force=1000.0)
    excitation.deviation = 0.5
    excitation.pass_time(3.0)
    assert excitation.driven
    excitation.deviation = 0.9
    excitation.pass_time(1.0)
    assert excitation.cut_by == "CONTROL"


def test_an_emergency_is_told_until_the_next_start():
    excitation = driving(SINE)
    excitation.pass_time(3.0)
    excitation.cut("EMERGENCY")
    assert (excitation.driven, excitation.cut_by) == (False, "EMERGENCY")
    excitation.start(SINE, 2.0)
    assert excitation.cut_by == ""
