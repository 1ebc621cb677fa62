"""Platinum resistance against the tables of IEC 60751, and the lag of a probe."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.simulators.thermometer import (
    Probe,
    SensorModel,
    prt_resistance,
    prt_temperature,
)

temperatures = st.floats(-200.0, 850.0)


@pytest.mark.parametrize(
    ("temperature", "ohms"),
    [(-200, 18.520), (-100, 60.256), (0, 100.0), (100, 138.506), (200, 175.856), (850, 390.481)],
)
def test_the_resistance_is_that_of_the_table(temperature, ohms):
    # IEC 60751, table of Pt100.
    assert prt_resistance(temperature) == pytest.approx(ohms, abs=6e-4)
    assert prt_temperature(ohms) == pytest.approx(temperature, abs=2e-3)


@given(temperatures, st.sampled_from([25.0, 100.0, 1000.0]))
def test_the_inverse_undoes_the_law(temperature, r0):
    assert prt_temperature(prt_resistance(temperature, r0), r0) == pytest.approx(
        temperature, abs=1e-6
    )


@given(st.floats(-200.0, 849.0), st.floats(1e-3, 1.0))
def test_the_resistance_rises_with_the_temperature(temperature, more):
    assert prt_resistance(temperature) < prt_resistance(temperature + more)


@given(st.floats(-80.0, 300.0), st.floats(0.01, 300.0))
def test_a_probe_follows_by_its_time_constant(medium, seconds):
    probe, two = (Probe(SensorModel(), 23.0) for _ in range(2))
    probe.pass_time(medium, seconds)
    assert probe.temperature == pytest.approx(medium + (23.0 - medium) * exp(-seconds / 8.0))
    two.pass_time(medium, seconds / 2)
    two.pass_time(medium, seconds / 2)
    assert two.temperature == pytest.approx(probe.temperature)


@given(st.floats(-5.0, 5.0))
def test_the_offset_is_what_a_calibration_finds(offset):
    probe = Probe(SensorModel(offset=offset), 100.0)
    assert probe.indication() == pytest.approx(100.0 + offset)
    assert prt_temperature(probe.resistance()) == pytest.approx(100.0 + offset)


def test_a_measuring_current_warms_by_its_square():
    probe = Probe(SensorModel(self_heating=0.02), 0.0)
    assert probe.indication(2.0) == pytest.approx(0.08)
    assert probe.resistance(1.0) == pytest.approx(prt_resistance(0.02))


def test_refusals_name_what_is_accepted():
    with pytest.raises(ValueError, match="-200 to 850 degC"):
        prt_resistance(900.0)
    with pytest.raises(ValueError, match=r"18\.52 to 390\.5 ohm"):
        prt_temperature(1000.0)
    with pytest.raises(ValueError, match="above 0"):
        SensorModel(tau=0.0)
    with pytest.raises(ValueError, match="-50 and 50"):
        SensorModel(offset=60.0)
