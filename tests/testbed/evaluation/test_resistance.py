"""Resistance from reversals under noise, what a contact must not see, temperature coefficients."""

import math

import numpy as np
import pytest
import xarray
from hypothesis import given
from hypothesis import strategies as st

from testbed.evaluation.electrical_budgets import resistance_budget
from testbed.evaluation.resistance import (
    at_reference,
    drift_removed,
    evaluate_resistance,
    fit_temperature,
    reversed_resistance,
)
from testbed.evaluation.uncertainty.sources import standard
from testbed.methods.iec_60512_2_1 import ContactResistance
from testbed.procedure import complete_parameters, method_data

DATA = method_data("testbed.methods", "iec-60512-2-1", "1")


def record(
    ohms=0.005, *, current=0.1, emf=20e-6, count=10, seed=1, noise=5e-4, full=1e-3, limit=0.02,
    warm=23.0,
):  # fmt: skip
    """Voltages in 16 bit of a range [V], with noise of 0.05 % of it, on a thermal voltage."""
    random = np.random.default_rng(seed)
    amperes = np.tile([current, -current], count)
    step = full / 2**15
    volts = ohms * amperes + emf + random.normal(0.0, noise * full, 2 * count)
    rows = 2 * count
    return xarray.Dataset(
        {
            "test_voltage": ("time", np.round(volts / step) * step),
            "test_current": ("time", amperes),
            "voltage_limit": ("time", np.full(rows, limit)),
            "specimen_temperature": ("time", np.full(rows, warm)),
        },
        {"time": np.arange(float(rows))},
    )


def evaluated(dataset, **parameters):
    return evaluate_resistance(
        dataset, complete_parameters(ContactResistance, parameters), DATA
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(50))
def test_a_contact_is_found_again_in_spite_of_thermal_voltage_and_noise(seed):
    found = evaluated(record(seed=seed))
    # 0.05 % of 1 mV in 20 readings of 0.5 mV: s(R)/R is 0.1 % / sqrt(20); five of them.
    assert found.values["resistance"].value == pytest.approx(0.005, rel=5 * 1e-3 / math.sqrt(20))
    assert found.values["offset"].value == pytest.approx(20e-6, abs=1e-6)
    assert found.values["deviation"].value == pytest.approx(0.005 * 1e-3 / math.sqrt(2), rel=0.8)
    assert found.findings == ()


def test_the_interval_covers_the_truth_as_often_as_it_says():
    inside = []
    for seed in range(400):
        values = evaluated(record(seed=seed)).values
        u = values["deviation"].value / math.sqrt(10)
        # t of 9 degrees of freedom for 95 %.
        inside.append(abs(values["resistance"].value - 0.005) <= 2.262 * u)
    # Three standard deviations of 400 trials are 0.033.
    assert np.mean(inside) == pytest.approx(0.95, abs=0.033)


def test_the_resistance_is_reduced_to_twenty_degrees():
    found = evaluated(record(0.005 * (1.0 + 0.00393 * 10.0), warm=30.0, noise=0.0)).values
    assert found["reference_resistance"].value == pytest.approx(0.005, rel=1e-3)
    assert found["temperature_found"].value == 30.0
    assert at_reference(1.05, 30.0, 0.005) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="does not reach"):
        at_reference(1.0, 600.0, -0.002)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"limit": 0.0201}, "open-circuit-exceeded"),
        ({"ohms": 0.3, "full": 0.1}, "open-circuit-exceeded"),
        ({"current": 0.101}, "test-current-exceeded"),
        ({"count": 9}, "reversals-few"),
    ],
)
def test_what_a_contact_must_not_see_makes_the_run_invalid(change, code):
    (finding,) = evaluated(record(**change)).findings
    assert (finding.code, finding.invalidates) == (code, True)


def test_a_current_that_the_limit_held_back_is_named():
    (finding,) = evaluated(record(current=0.05)).findings
    assert (finding.code, finding.invalidates) == ("test-current-not-reached", False)
    assert finding.values == {"current": 50.0, "wanted": 100.0}


def test_the_limits_themselves_are_allowed_and_a_resistor_has_none():
    assert evaluated(record(current=0.1, limit=0.02)).findings == ()
    assert (
        evaluated(
            record(3.0, current=1.0, full=10.0, limit=5.0), kind="resistor", current=1.0
        ).findings
        == ()
    )


def test_without_reversals_there_is_no_resistance():
    one_way = record()
    one_way["test_current"][:] = 0.1
    assert evaluated(one_way).values["resistance"].reason == "reason.no-reversals"
    off = record()
    off["test_current"][:] = 0.0
    assert evaluated(off).values["resistance"].value is None


def test_readings_at_one_sign_count_together_and_unusable_ones_are_named():
    whole = record(noise=0.0)
    doubled = whole.isel(time=np.repeat(np.arange(20), 2)).assign_coords(time=np.arange(40.0))
    assert evaluated(doubled).values == evaluated(whole).values
    holed = record(noise=0.0)
    holed["test_voltage"][0] = math.nan
    found = evaluated(holed)
    codes = {x.code for x in found.findings}
    assert codes == {"rows-unusable", "reversals-few"}
    assert found.values["resistance"].value == pytest.approx(0.005, rel=1e-4)


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_count(random):
    whole, order = record(), list(range(20))
    random.shuffle(order)
    assert evaluated(whole.isel(time=order)).values == evaluated(whole).values


@given(st.sampled_from([1e-6, 1e-3, 1e3, 1e6]), st.floats(1e-6, 1e6))
def test_a_prefix_of_the_unit_scales_the_resistance_alone(factor, ohms):
    volts = ohms * np.array([0.1, -0.1]) + 1e-3
    one = reversed_resistance(volts[0], volts[1], 0.1)
    two = reversed_resistance(factor * volts[0], factor * volts[1], 0.1)
    assert two == pytest.approx(factor * one, rel=1e-9)


def test_the_budget_reduces_and_adds_up():
    budget = resistance_budget(
        [1.0, 1.001, 0.999],
        voltage_gain=standard("g_u", 1.0, 3e-4),
        current_gain=standard("g_i", 1.0, 4e-4),
        emf_change=standard("de", 0.0, 1e-5, unit="V"),
        temperature=standard("t", 30.0, 0.5, unit="degC"),
        alpha=standard("alpha", 0.004, 1e-5, unit="1/K"),
        current=0.1,
    )
    factor = 1.0 / 1.04
    parts = [
        1e-3 / math.sqrt(3),
        3e-4,
        4e-4,
        1e-5 / 0.2,
        0.004 * 0.5 * factor,
        10.0 * 1e-5 * factor,
    ]
    assert budget.estimate == pytest.approx(factor)
    assert budget.uncertainty == pytest.approx(factor * math.hypot(*parts), rel=1e-6)


@given(
    st.floats(-1e-4, 1e-4), st.floats(1e-8, 1e-6), st.floats(0.1, 1e5),
    st.sampled_from([1e-9, 1e-3, 1.0, 1e6]),
)  # fmt: skip
def test_temperature_coefficients_are_found_again_in_any_unit(alpha, beta, value, prefix):
    t = np.linspace(18.0, 35.0, 40)
    y = prefix * value * (1.0 + alpha * (t - 23.0) + beta * (t - 23.0) ** 2)
    law = fit_temperature(t, y)
    assert law.value == pytest.approx(prefix * value, rel=1e-12)
    assert law.alpha == pytest.approx(alpha, abs=1e-11)
    assert law.beta == pytest.approx(beta, abs=1e-12)
    assert law.zero_coefficient == pytest.approx(23.0 - alpha / (2.0 * beta), rel=1e-3, abs=0.01)


def test_deviations_of_temperature_coefficients_are_those_of_the_scatter():
    t, random = np.linspace(18.0, 35.0, 400), np.random.default_rng(2)
    found = [
        fit_temperature(t, 1.0 + 5e-7 * (t - 23.0) + random.normal(0.0, 1e-7, 400))
        for _ in range(200)
    ]
    alphas = [law.alpha for law in found]
    assert np.std(alphas) == pytest.approx(found[0].alpha_deviation, rel=0.2)
    assert np.mean(alphas) == pytest.approx(5e-7, abs=4 * np.std(alphas) / math.sqrt(200))


def test_a_parabola_needs_points_and_a_value():
    with pytest.raises(ValueError, match="four points"):
        fit_temperature([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="depend on each other"):
        fit_temperature([20.0, 30.0] * 4, [1.0, 2.0] * 4)
    with pytest.raises(ValueError, match="is zero"):
        fit_temperature([20.0, 21.0, 25.0, 26.0], [0.0] * 4)


def test_a_steady_drift_is_taken_out_where_both_ends_are_at_one_temperature():
    n = np.arange(1000)
    warm = 23.0 + np.sin(np.pi * n / 999) ** 8
    drifting = 1.0 + 1e-6 * (warm - 23.0) - 1e-5 * n / 999
    flat = drift_removed(drifting)
    assert np.ptp(flat - 1e-6 * (warm - 23.0)) < 5e-7
    assert drift_removed(np.ones(100)) == pytest.approx(np.ones(100))
    with pytest.raises(ValueError, match="two ends"):
        drift_removed(np.ones(63))
