"""The standard uncertainty that follows from a maker's specification.

Worked by hand: a bound of ±(0.0035 % of reading + 0.0005 % of range) at 7 V on 10 V is
0.000245 V + 0.00005 V; a rectangular distribution of that half-width has the standard deviation
0.000295 V / √3 (GUM, 4.3.7).
"""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments import registry
from instruments.accuracy import Accuracy, Conditions, Span
from tests.faults.matrix import drivers

METER = Accuracy(
    unit="V",
    page="of this test",
    beyond=1.2,
    spans={
        90: (
            Span(top=1.0, reading=0.003, scale=0.0004),
            Span(top=10.0, reading=0.002, scale=0.0005),
        ),
        365: (
            Span(top=1.0, reading=0.004, scale=0.0007, reading_per_kelvin=0.0005),
            Span(top=10.0, reading=0.0035, scale=0.0005, scale_per_kelvin=0.0001, floor=1e-6),
        ),
    },
)  # fmt: skip


def test_reading_range_and_floor_add_up():
    assert METER.limit(7.0) == pytest.approx(0.000245 + 0.00005 + 1e-6)
    assert METER.standard_uncertainty(-7.0) == pytest.approx(0.000296 / math.sqrt(3))


def test_autoranging_uses_a_range_as_far_as_it_measures():
    assert METER.limit(1.2) == pytest.approx(1.2 * 4e-5 + 7e-6)
    assert METER.limit(1.21) == pytest.approx(1.21 * 3.5e-5 + 5.1e-5)
    assert METER.limit(0.5, span=10.0) == pytest.approx(0.5 * 3.5e-5 + 5.1e-5)
    assert METER.limit(12.5) is None


def test_a_fresh_calibration_is_worth_something_and_an_old_one_nothing():
    assert METER.limit(0.5, conditions=Conditions(since_calibration=90)) == pytest.approx(1.9e-5)
    assert METER.limit(0.5, conditions=Conditions(since_calibration=91)) == pytest.approx(2.7e-5)
    assert METER.limit(0.5, conditions=Conditions(since_calibration=366)) is None


def test_each_kelvin_outside_the_reference_temperature_adds_its_share():
    inside = METER.limit(0.5, conditions=Conditions(ambient=28.0))
    assert inside == METER.limit(0.5, conditions=Conditions(ambient=18.0))
    assert METER.limit(0.5, conditions=Conditions(ambient=30.0)) == pytest.approx(
        inside + 0.5 * 2 * 5e-6
    )
    assert METER.limit(5.0, conditions=Conditions(ambient=8.0)) == pytest.approx(
        METER.limit(5.0) + 10.0 * 10 * 1e-6
    )


def test_a_line_holds_for_its_frequencies():
    lcr = Accuracy(
        unit="ohm",
        page="of this test",
        spans={365: (Span(top=1e3, reading=0.1, high=1e3), Span(top=1e3, reading=0.5, low=1e3))},
    )
    assert lcr.limit(100.0, frequency=999.0) == pytest.approx(0.1)
    assert lcr.limit(100.0, frequency=1e3) == pytest.approx(0.5)


@given(
    st.floats(0.0, 12.0),
    st.floats(0.0, 365.0),
    st.floats(-10.0, 60.0),
)
def test_it_never_shrinks_with_age_and_distance_from_the_reference(
    value: float, days: float, ambient: float
):
    here = METER.limit(value, conditions=Conditions(since_calibration=days, ambient=23.0))
    later = METER.limit(value, conditions=Conditions(since_calibration=365.0, ambient=ambient))
    assert here is not None
    assert later is not None
    assert 0.0 < here <= later + 1e-18
    assert METER.limit(-value) == METER.limit(value)


@pytest.mark.parametrize("name", drivers())
def test_every_range_of_every_driver_admits_an_error(name: str):
    for function, accuracy in registry.load(name).about.accuracy.items():
        for days, spans in accuracy.spans.items():
            for span in spans:
                # A line without a full scale is tried at one unit.
                value = span.top if math.isfinite(span.top) else 1.0
                limit = accuracy.limit(
                    value,
                    span=span.top,
                    frequency=span.low,
                    conditions=Conditions(since_calibration=days),
                )
                assert limit is not None, (function, span)
                assert 0.0 < limit < value, (function, span)
