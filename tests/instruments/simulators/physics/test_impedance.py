"""Two-poles against the closed forms of alternating current."""

from cmath import phase
from math import pi, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.simulators.impedance import Impedance, ImpedanceModel

IDEAL = {"stray_inductance": 0.0, "stray_capacitance": 0.0, "dissipation": 0.0, "parallel": 1e15}
frequencies = st.floats(20.0, 2e6)
kinds = st.sampled_from(["capacitor", "inductor", "resistor", "randles"])


@given(kinds, frequencies, st.floats(-40.0, 125.0), st.floats(-50.0, 50.0))
def test_a_passive_two_pole_never_gives_power(kind, frequency, temperature, bias):
    two_pole = Impedance(ImpedanceModel(kind=kind, half_bias=10.0, tempco=1e-3))
    assert two_pole.at(frequency, temperature, bias).real > 0


@given(frequencies, st.floats(1e-12, 1e-3))
def test_an_ideal_capacitor(frequency, capacitance):
    found = Impedance(ImpedanceModel(capacitance=capacitance, resistance=0.0, **IDEAL))
    assert found.at(frequency).imag == pytest.approx(-1 / (2 * pi * frequency * capacitance))


@given(frequencies, st.floats(1e-9, 0.1))
def test_an_ideal_inductor(frequency, inductance):
    model = ImpedanceModel(kind="inductor", inductance=inductance, resistance=0.3, **IDEAL)
    found = Impedance(model).at(frequency)
    assert found.imag == pytest.approx(2 * pi * frequency * inductance)
    assert found.real == pytest.approx(0.3, rel=1e-2)


@given(st.floats(1e-4, 0.1), st.floats(0.0, 1.0))
def test_the_loss_factor_is_the_tangent_of_the_loss_angle(dissipation, exponent):
    model = ImpedanceModel(
        **{**IDEAL, "dissipation": dissipation}, dissipation_exponent=exponent, resistance=0.0
    )
    at_1k, at_10k = Impedance(model).at(1e3), Impedance(model).at(1e4)
    assert -at_1k.real / at_1k.imag == pytest.approx(dissipation)
    assert -at_10k.real / at_10k.imag == pytest.approx(dissipation * 10**exponent)


def test_a_capacitor_resonates_with_its_leads():
    model = ImpedanceModel(capacitance=1e-6, stray_inductance=10e-9)
    resonance = 1 / (2 * pi * sqrt(1e-6 * 10e-9))
    assert abs(phase(Impedance(model).at(resonance))) < 0.1
    assert Impedance(model).at(resonance / 2).imag < 0 < Impedance(model).at(resonance * 2).imag


def test_an_inductor_resonates_with_its_winding():
    model = ImpedanceModel(kind="inductor", stray_capacitance=20e-12, stray_inductance=0.0)
    resonance = 1 / (2 * pi * sqrt(1e-3 * 20e-12))
    assert Impedance(model).at(resonance * 0.9).imag > 0 > Impedance(model).at(1.1 * resonance).imag


def test_half_the_value_is_left_at_the_half_bias():
    model = ImpedanceModel(half_bias=16.0, resistance=0.0, **IDEAL)
    two_pole = Impedance(model)
    assert two_pole.at(1e3, bias=16.0).imag == pytest.approx(2 * two_pole.at(1e3).imag)
    assert two_pole.at(1e3, bias=-16.0) == two_pole.at(1e3, bias=16.0)


@given(st.floats(-40.0, 125.0))
def test_the_tempco_moves_the_value(temperature):
    model = ImpedanceModel(kind="resistor", resistance=1e3, tempco=25e-6, **IDEAL)
    assert Impedance(model).at(50.0, temperature).real == pytest.approx(
        1e3 * (1 + 25e-6 * (temperature - 23.0))
    )


def test_the_randles_circuit_meets_the_axis_where_it_must():
    model = ImpedanceModel(
        kind="randles", resistance=0.02, transfer=0.015, capacitance=1.0, warburg=0.0,
        stray_inductance=0.0,
    )  # fmt: skip
    cell = Impedance(model)
    assert cell.at(1e6).real == pytest.approx(0.02, rel=1e-4)
    assert cell.at(1e-4).real == pytest.approx(0.035, rel=1e-4)
    top = cell.at(1 / (2 * pi * 0.015 * 1.0))
    assert top.real == pytest.approx(0.02 + 0.0075)
    assert top.imag == pytest.approx(-0.0075)


def test_diffusion_is_a_line_of_45_degrees():
    model = ImpedanceModel(kind="randles", capacitance=1e-3, warburg=0.003)
    cell = Impedance(model)
    slow, slower = cell.at(1e-4), cell.at(1e-5)
    assert (slower.imag - slow.imag) / (slow.real - slower.real) == pytest.approx(1.0, rel=1e-3)
    assert slower.real - slow.real == pytest.approx(
        0.003 * (1 / sqrt(2 * pi * 1e-5) - 1 / sqrt(2 * pi * 1e-4)), rel=1e-3
    )


@given(st.floats(-30.0, 59.0), st.floats(0.1, 20.0))
def test_a_warm_cell_has_less_resistance(temperature, warmer):
    cell = Impedance(ImpedanceModel(kind="randles", capacitance=0.5))
    assert cell.at(0.01, temperature).real > cell.at(0.01, temperature + warmer).real


def test_at_the_activation_energy_of_arrhenius():
    # 50 kJ/mol from 23 to 33 degC: exp(50000/8.314 (1/296.15 - 1/306.15)) = 1.941.
    model = ImpedanceModel(kind="randles", resistance=0.0, warburg=0.0, capacitance=1e-6)
    cell = Impedance(model)
    assert cell.at(1.0, 23.0).real / cell.at(1.0, 33.0).real == pytest.approx(1.941, rel=1e-3)


@pytest.mark.parametrize(
    ("values", "accepted"),
    [
        ({"kind": "diode"}, "capacitor, inductor, resistor, randles"),
        ({"capacitance": 0.0}, "above 0"),
        ({"warburg": -1.0}, "0 or above"),
        ({"half_bias": 0.0}, "above 0"),
        ({"kind": "resistor", "resistance": 0.0}, "above 0"),
    ],
)
def test_a_refusal_names_what_is_accepted(values, accepted):
    with pytest.raises(ValueError, match=accepted):
        ImpedanceModel(**values)


def test_a_frequency_of_zero_and_no_temperature_are_refused():
    two_pole = Impedance(ImpedanceModel())
    with pytest.raises(ValueError, match="above 0 Hz"):
        two_pole.at(0.0)
    with pytest.raises(ValueError, match="-273"):
        two_pole.at(1e3, -300.0)
