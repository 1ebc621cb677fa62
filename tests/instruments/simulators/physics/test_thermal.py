"""Heat of bodies and resistors against closed forms and the balance of energy."""

from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.simulators.resistor import Resistor, ResistorModel
from instruments.simulators.thermal import ABSOLUTE_ZERO, HeatModel, ThermalMass

watts = st.floats(0.0, 50.0)
seconds = st.floats(0.01, 1000.0)
rooms = st.floats(-40.0, 80.0)


@given(watts, seconds, rooms)
def test_a_body_warms_by_the_exponential_of_a_first_order_lag(power, time, ambient):
    body = ThermalMass(ambient, 4.0, 60.0)
    body.pass_time(power, time, ambient)
    assert body.temperature == pytest.approx(
        ambient + 4.0 * power * (1 - exp(-time / 60.0)), abs=1e-9
    )


@given(watts, rooms)
def test_it_settles_where_it_gives_away_what_it_gets(power, ambient):
    body = ThermalMass(ambient, 4.0, 60.0)
    body.pass_time(power, 60.0 * 40, ambient)
    assert (body.temperature - ambient) / 4.0 == pytest.approx(power, abs=1e-9)


@given(watts, seconds, rooms, st.floats(-0.2, 0.2))
def test_two_half_steps_are_one_step(power, time, ambient, feedback):
    one, two = ThermalMass(ambient + 30, 4.0, 60.0), ThermalMass(ambient + 30, 4.0, 60.0)
    one.pass_time(power, time, ambient, feedback)
    middle = 0.5 * time
    two.pass_time(power, middle, ambient, feedback)
    gained = power + feedback * (two.temperature - (ambient + 30))
    two.pass_time(gained, middle, ambient, feedback)
    assert two.temperature == pytest.approx(one.temperature, rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(watts)
def test_energy_in_is_energy_kept_and_energy_given_away(power):
    model = HeatModel(thermal_resistance=4.0, tau=60.0)
    body = ThermalMass(20.0, model.thermal_resistance, model.tau)
    given_away, step = 0.0, 0.05
    for _ in range(2000):
        before = body.temperature
        body.pass_time(power, step, 20.0)
        given_away += step * ((before + body.temperature) / 2 - 20.0) / model.thermal_resistance
    kept = model.capacity * (body.temperature - 20.0)
    assert given_away + kept == pytest.approx(power * 100.0, rel=1e-6, abs=1e-9)


@given(st.floats(-1e6, 0.0), seconds)
def test_nothing_cools_below_absolute_zero(power, time):
    body = ThermalMass(-200.0, 20.0, 30.0)
    body.pass_time(power, time, -200.0)
    assert body.temperature >= ABSOLUTE_ZERO


@given(st.floats(-60.0, 200.0))
def test_the_resistance_follows_the_tempco(ambient):
    resistor = Resistor(ResistorModel(), ambient)
    assert resistor.resistance == pytest.approx(100.0 * (1 + 3.9e-3 * (ambient - 20.0)))
    assert resistor.thevenin() == (0.0, resistor.resistance)


@given(st.floats(0.0, 0.25))
def test_a_heated_resistor_settles_where_tempco_and_heat_agree(current):
    model = ResistorModel()
    resistor = Resistor(model, 20.0)
    resistor.pass_time(current, 1e5, 20.0)
    # T - Ta = Rth I^2 R0 (1 + a (T - Ta)), solved for T.
    push = model.thermal_resistance * current**2 * model.resistance
    assert resistor.temperature == pytest.approx(20.0 + push / (1 - push * model.tempco))


@given(st.floats(0.0, 3.0), seconds)
def test_two_half_steps_heat_a_resistor_like_one(current, time):
    one, two = Resistor(ResistorModel(), 20.0), Resistor(ResistorModel(), 20.0)
    one.pass_time(current, time, 25.0)
    two.pass_time(current, time / 2, 25.0)
    two.pass_time(current, time / 2, 25.0)
    assert two.temperature == pytest.approx(one.temperature, rel=1e-9)
    assert two.burnt is one.burnt


def test_two_wires_see_the_contacts_and_four_do_not():
    resistor = Resistor(ResistorModel(contact=0.4, tempco=0.0), 20.0)
    assert resistor.resistance == 100.0
    assert resistor.two_wire == pytest.approx(100.4)


def test_a_resistor_that_runs_away_burns_and_stays_open():
    resistor = Resistor(ResistorModel(), 20.0)
    resistor.pass_time(2.0, 600.0, 20.0)
    assert resistor.burnt
    assert resistor.resistance >= 1e12
    resistor.pass_time(0.0, 3600.0, 20.0)
    assert resistor.temperature == pytest.approx(20.0)
    assert resistor.resistance >= 1e12


@given(st.floats(-270.0, 300.0), st.floats(-0.9, 0.9))
def test_a_resistance_is_above_zero_at_any_temperature(ambient, tempco):
    assert Resistor(ResistorModel(tempco=tempco), ambient).resistance > 0


@pytest.mark.parametrize(
    ("values", "accepted"),
    [
        ({"resistance": 0.0}, "above 0"),
        ({"thermal_tau": float("nan")}, "above 0"),
        ({"contact": -1.0}, "0 or above"),
        ({"tempco": 2.0}, "between -1 and 1"),
        ({"burns_at": 0.0}, "above reference"),
    ],
)
def test_a_refusal_names_what_is_accepted(values, accepted):
    with pytest.raises(ValueError, match=accepted):
        ResistorModel(**values)
