"""The converter against the balance of power and the states of its protections."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.simulators.converter import Converter, ConverterModel

MODEL = ConverterModel()
inputs = st.floats(7.0, 36.0)
loads = st.floats(0.0, 3.6)


def converter(**values):
    return Converter(ConverterModel(**values), 25.0)


@given(inputs, loads)
def test_power_in_is_power_out_and_heat(volts, current):
    device = converter()
    delivered = device.output_voltage(volts, current) * current
    assert volts * device.input_current(volts, current) == pytest.approx(
        delivered + device.loss(volts, current)
    )
    drawn = volts * device.input_current(volts, current)
    assert device.efficiency(volts, current) * drawn == pytest.approx(delivered)


@given(inputs, st.floats(0.3, 3.6))
def test_the_efficiency_is_that_of_a_real_step_down_converter(volts, current):
    assert 0.80 < converter().efficiency(volts, current) < 0.96


@given(inputs, inputs, loads)
def test_more_input_costs_more(low, high, current):
    low, high = sorted((low, high))
    device = converter()
    assert device.loss(low, current) <= device.loss(high, current) + 1e-12


@given(inputs, loads, loads)
def test_more_load_means_more_loss_and_less_voltage(volts, light, heavy):
    light, heavy = sorted((light, heavy))
    device = converter()
    assert device.loss(volts, light) <= device.loss(volts, heavy) + 1e-12
    assert device.output_voltage(volts, light) >= device.output_voltage(volts, heavy)


@given(inputs, loads)
def test_the_map_stays_near_the_law_between_its_nodes(volts, current):
    law = (
        MODEL.idle_power
        + MODEL.gate_loss * volts**2
        + MODEL.switching_loss * volts * current
        + MODEL.conduction_resistance * current**2
    )
    assert converter().loss(volts, current) == pytest.approx(law, rel=0.03, abs=0.01)


def test_it_starts_and_stops_with_hysteresis():
    device = converter()
    assert not device.runs(6.8)
    assert device.runs(7.0)
    device.pass_time(12.0, 1.0, 1.0, 25.0)
    assert device.runs(6.6)
    assert not device.runs(6.4)
    device.pass_time(6.4, 1.0, 1.0, 25.0)
    assert not device.runs(6.8)
    assert not device.runs(36.5)
    assert device.output_voltage(6.8, 1.0) == 0.0
    assert device.input_current(6.8, 1.0) == pytest.approx(MODEL.leakage)
    assert device.input_current(0.0, 1.0) == 0.0


def test_asking_changes_nothing():
    device = converter()
    assert device.runs(12.0)
    device.output_voltage(12.0, 1.0)
    assert not device.runs(6.8)


def test_an_overload_folds_back():
    device = converter()
    assert device.output_current(12.0, 3.5) == 3.5
    assert device.output_current(12.0, 3.7) == pytest.approx(0.4 * 3.0)
    assert device.output_voltage(12.0, 3.7) == 0.0
    assert device.efficiency(12.0, 3.7) == 0.0
    assert device.input_current(12.0, 3.7) < device.input_current(12.0, 3.5)


def test_idle_it_draws_its_idle_power():
    drawn = 12.0 * converter().input_current(12.0, 0.0)
    assert drawn == pytest.approx(MODEL.idle_power + MODEL.gate_loss * 144, rel=0.1)


@given(inputs, st.floats(0.0, 3.0), st.floats(-20.0, 50.0))
def test_it_settles_where_its_heat_goes(volts, current, ambient):
    device = Converter(MODEL, ambient)
    device.pass_time(volts, current, 1e5, ambient)
    if not device.overheated:
        rise = MODEL.thermal_resistance * device.loss(volts, current)
        assert device.temperature == pytest.approx(ambient + rise, rel=1e-6)


@given(inputs, st.floats(0.0, 3.0), st.floats(0.1, 900.0))
def test_two_half_steps_are_one_step(volts, current, seconds):
    one, two = converter(), converter()
    one.pass_time(volts, current, seconds, 25.0)
    two.pass_time(volts, current, seconds / 2, 25.0)
    two.pass_time(volts, current, seconds / 2, 25.0)
    assert two.temperature == pytest.approx(one.temperature, rel=1e-6)


def test_too_hot_it_switches_itself_off_until_it_has_cooled():
    device = Converter(MODEL, 120.0)
    for _ in range(1000):
        device.pass_time(36.0, 3.0, 1.0, 120.0)
        if device.overheated:
            break
    assert device.overheated
    assert device.temperature == pytest.approx(150.0, abs=1.0)
    assert device.output_voltage(36.0, 1.0) == 0.0
    device.pass_time(36.0, 3.0, 150.0, 120.0)
    assert not device.overheated
    assert device.runs(36.0)


@pytest.mark.parametrize(
    ("values", "accepted"),
    [
        ({"output_voltage": 0.0}, "above 0"),
        ({"lowest_input": 40.0}, "below highest_input"),
        ({"current_limit": 0.9}, "current_limit from 1"),
        ({"restart": 160.0}, "below shutdown"),
        ({"leakage": -1.0}, "0 or above"),
    ],
)
def test_a_refusal_names_what_is_accepted(values, accepted):
    with pytest.raises(ValueError, match=accepted):
        ConverterModel(**values)
