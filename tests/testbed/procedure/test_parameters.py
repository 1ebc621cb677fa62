"""Parameters as people type them."""

import pytest

from testbed.methods.iec_60068_2_2 import DryHeat
from testbed.methods.iec_61960_3 import BatteryCapacity
from testbed.methods.iso_6892_1 import TensileTest
from testbed.procedure import ParameterError, Procedure, complete_parameters, read_parameter


@pytest.mark.parametrize(
    ("method", "name", "text", "value"),
    [
        (TensileTest, "s0", "33.93mm2", 33.93),
        (TensileTest, "s0", "0.3393 cm2", 33.93),
        (TensileTest, "l0", "25.4", 25.4),
        (TensileTest, "lu", "1.2716535 inch", 32.3),
        (TensileTest, "speed", "3 mm/min", 0.05),
        (TensileTest, "rate", "50Hz", 50.0),
        (BatteryCapacity, "rated_capacity", "2500 mA h", 2.5),
        (BatteryCapacity, "rest", "90 min", 1.5),
        (BatteryCapacity, "charge_rate", "0.5", 0.5),
        (DryHeat, "temperature", "55degC", 55.0),
        (DryHeat, "duration", "16 h", 16.0),
        (DryHeat, "ramp", "0.5 K/min", 0.5),
        (DryHeat, "sensitivity", "10 mV/degC", 0.01),
    ],
)
def test_units_are_converted_to_the_declared_one(method, name, text, value):
    got = read_parameter(method.declared_params()[name], text)
    assert got == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("33.93 mm", "unit-unfit"),
        ("wide", "parameter-not-a-number"),
        ("-1", "parameter-out-of-range"),
        ("nan", "parameter-not-a-number"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(text, code):
    with pytest.raises(ParameterError) as refused:
        read_parameter(TensileTest.declared_params()["s0"], text)
    assert refused.value.code == code


def test_defaults_are_filled_in_and_required_ones_asked_for():
    assert complete_parameters(TensileTest, {"s0": 10.0})["lu"] is None
    with pytest.raises(ParameterError) as refused:
        complete_parameters(TensileTest, {})
    assert (refused.value.code, refused.value.values["name"]) == ("parameter-missing", "s0")


def test_a_method_fixes_no_limits_unless_it_says_so():
    assert Procedure.limits({}, {}) == ()
    assert TensileTest.limits({"s0": 10.0}, {}) == ()
