"""Insulation: Ohm's law, polarisation, capacitive current, and what a breakdown leaves."""

from math import exp, pi, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.simulators.insulation import Insulation, InsulationModel

whole = st.floats(-2000.0, 2000.0)


@given(whole)
def test_after_a_long_time_only_conduction_is_left(volts):
    insulation = Insulation(InsulationModel())
    insulation.pass_time(volts, 1e5)
    assert insulation.current(volts) == pytest.approx(volts / 5e9)


@given(st.floats(50.0, 2000.0), st.floats(0.1, 3000.0), st.floats(0.1, 3000.0))
def test_the_apparent_resistance_rises_with_time(volts, first, more):
    insulation = Insulation(InsulationModel())
    insulation.pass_time(volts, first)
    before = volts / insulation.current(volts)
    insulation.pass_time(volts, more)
    assert before <= volts / insulation.current(volts) <= 5e9 * (1 + 1e-12)


@given(st.floats(100.0, 1000.0))
def test_the_polarisation_index_is_that_of_the_model(volts):
    # IEEE 43: resistance after 10 min over resistance after 1 min.
    insulation = Insulation(InsulationModel())
    insulation.pass_time(volts, 60.0)
    one = insulation.current(volts)
    insulation.pass_time(volts, 540.0)
    expected = (1 + 2 * exp(-60 / 180)) / (1 + 2 * exp(-600 / 180))
    assert one / insulation.current(volts) == pytest.approx(expected)
    assert expected > 2


@given(whole, st.floats(0.1, 900.0))
def test_two_half_steps_are_one_step(volts, seconds):
    one, two = Insulation(InsulationModel()), Insulation(InsulationModel())
    one.pass_time(volts, seconds)
    two.pass_time(volts, seconds / 2)
    two.pass_time(volts, seconds / 2)
    assert two.current(volts) == pytest.approx(one.current(volts))


@given(st.floats(100.0, 2000.0))
def test_discharging_it_gives_back_what_it_absorbed(volts):
    insulation = Insulation(InsulationModel())
    insulation.pass_time(volts, 600.0)
    assert insulation.current(0.0) < 0


@given(st.floats(100.0, 2200.0), st.sampled_from([50.0, 60.0]))
def test_ac_leakage_is_that_of_the_capacitance(volts, frequency):
    insulation = Insulation(InsulationModel(loss=0.0))
    assert insulation.current(volts, frequency) == pytest.approx(
        volts * 2 * pi * frequency * 1e-9, rel=1e-4
    )


def test_ac_breaks_at_its_peak_and_dc_at_its_level():
    insulation = Insulation(InsulationModel())
    assert insulation.withstands(3200.0)
    assert insulation.withstands(3199.0 / sqrt(2), 50.0)
    assert not insulation.withstands(3201.0 / sqrt(2), 50.0)
    insulation.pass_time(2500.0, 1.0, 50.0)
    assert insulation.broken


@given(st.floats(3201.0, 10_000.0), st.floats(1e-3, 60.0), st.floats(1.0, 5000.0))
def test_a_breakdown_leaves_a_carbon_track_for_good(volts, seconds, later):
    insulation = Insulation(InsulationModel())
    assert insulation.current(volts) == pytest.approx(volts / 10e3)
    insulation.pass_time(volts, seconds)
    assert insulation.broken
    assert insulation.current(later) == pytest.approx(later / 10e3)
    insulation.pass_time(later, 3600.0)
    assert insulation.broken


def test_the_earth_bond_is_that_of_the_model():
    assert Insulation(InsulationModel(grounding=0.08)).grounding == 0.08


@pytest.mark.parametrize("name", ["resistance", "breakdown", "grounding", "carbonised"])
def test_a_refusal_names_what_is_accepted(name):
    with pytest.raises(ValueError, match="above 0"):
        InsulationModel(**{name: 0.0})
