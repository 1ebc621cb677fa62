"""Dwell, ramp and capacity against exact values; gaps prove nothing."""

import numpy as np
import pytest
import xarray
from hypothesis import given
from hypothesis import strategies as st

from testbed.evaluation.dwell import evaluate_dwell, highest_rate, time_inside
from testbed.evaluation.regression import fit_line, fit_linear
from testbed.methods.iec_61960_3 import BatteryCapacity
from testbed.procedure import complete_parameters, method_data

DRY = method_data("testbed.methods", "iec-60068-2-2", "1")
CELL = method_data("testbed.methods", "iec-61960-3", "1")
PHASES = ["mount", "heat", "stabilise", "condition", "recover"]


def held(time, specimen, phase=3, air=None):
    time = np.asarray(time, float)
    specimen = np.broadcast_to(np.asarray(specimen, float), time.shape)
    air = specimen if air is None else np.broadcast_to(np.asarray(air, float), time.shape)
    return xarray.Dataset(
        {
            "specimen_temperature": ("time", specimen),
            "air_temperature": ("time", air),
            "phase": ("time", np.full(len(time), phase, "int16")),
        },
        {"time": time},
    )


def dwell(dataset, temperature=55.0, duration=2.0):
    parameters = {"temperature": temperature, "duration": duration}
    return evaluate_dwell(dataset, parameters, DRY, PHASES)


def test_a_gap_is_not_dwell():
    time = np.arange(0.0, 7201.0, 30.0)
    whole = dwell(held(time, 55.0))
    assert whole.values["dwell"].value == pytest.approx(2.0)
    torn = time[(time <= 3000.0) | (time >= 3600.0)]
    found = dwell(held(torn, 55.0))
    assert found.values["dwell"].value == pytest.approx(2.0 - 600.0 / 3600.0)
    assert [f.code for f in found.findings] == ["dwell-gap"]


def test_a_sample_that_is_no_number_leaves_a_gap():
    time = np.arange(0.0, 7201.0, 30.0)
    specimen = np.full(len(time), 55.0)
    specimen[100:110] = np.nan
    found = dwell(held(time, specimen))
    assert found.values["dwell"].value == pytest.approx(2.0 - 330.0 / 3600.0)


def test_an_excursion_is_told_and_does_not_count():
    time = np.arange(0.0, 7201.0, 30.0)
    specimen = np.full(len(time), 55.5)
    specimen[50] = 57.5
    found = dwell(held(time, specimen))
    assert found.values["max_deviation"].value == pytest.approx(2.5)
    assert found.values["dwell"].value == pytest.approx(2.0 - 60.0 / 3600.0)
    assert found.values["mean_temperature"].value == pytest.approx(55.5 + 2.0 * 30.0 / 7200.0)


def test_without_conditioning_there_is_no_dwell():
    found = dwell(held(np.arange(0.0, 600.0, 30.0), 55.0, phase=1))
    assert found.values["dwell"].reason == "reason.no-conditioning"
    found = dwell(held([], []))
    assert found.values["max_ramp"].reason == "reason.no-ramp-recorded"


def test_severities_outside_the_preferred_ones_are_told():
    time = np.arange(0.0, 7201.0, 30.0)
    found = dwell(held(time, 56.0), temperature=56.0, duration=3.0)
    assert {f.code for f in found.findings} == {
        "temperature-not-preferred",
        "duration-not-preferred",
    }


@given(rate=st.floats(-2.0, 2.0), period=st.floats(5.0, 40.0))
def test_the_rate_of_a_straight_ramp_is_exact(rate, period):
    time = np.arange(0.0, 3600.0, period)
    got = highest_rate(time, rate * time, 300.0, 3 * period)
    assert got == pytest.approx(abs(rate), abs=1e-9)


def test_a_short_step_is_averaged_over_five_minutes():
    time = np.arange(0.0, 3600.0, 30.0)
    got = highest_rate(time, np.where(time >= 1800.0, 4.0, 0.0), 300.0, 90.0)
    assert got * 60.0 == pytest.approx(0.8)


def test_a_ramp_inside_a_gap_is_unproven():
    time = np.array([0.0, 30.0, 60.0, 2000.0, 2030.0])
    assert highest_rate(time, np.array([0.0, 0.0, 0.0, 50.0, 50.0]), 300.0, 90.0) is None
    assert time_inside(time, np.zeros(5), 2.0, 90.0) == pytest.approx(90.0)


def capacity(time, current, voltage, rated=2.0):
    dataset = xarray.Dataset(
        {"current": ("time", current), "voltage": ("time", voltage)}, {"time": time}
    )
    parameters = complete_parameters(BatteryCapacity, {"rated_capacity": rated})
    return BatteryCapacity.evaluate(dataset, parameters, CELL)


@given(hours=st.floats(1.0, 8.0), wave=st.floats(0.0, 0.003))
def test_the_capacity_is_the_integral_of_the_current(hours, wave):
    time = np.arange(0.0, hours * 3600.0, 10.0)
    x = time / time[-1]
    current = 0.4 + wave * x
    voltage = 4.2 - 1.45 * x
    found = capacity(time, current, voltage)
    assert found.values["capacity"].value == pytest.approx(
        (0.4 + wave / 2) * time[-1] / 3600.0, rel=1e-9
    )
    assert found.values["mean_voltage"].value == pytest.approx(3.475, rel=1e-3)


def test_charging_and_an_earlier_discharge_do_not_count():
    time = np.arange(0.0, 40_000.0, 10.0)
    current = np.select(
        [time < 5000, time < 15_000, time < 18_000, time < 36_010], [0.4, -1.0, 0.0, 0.4], 0.0
    )
    voltage = np.where(time == 36_000.0, 2.7, 3.6)
    voltage[time < 5000] = 2.6
    found = capacity(time, current, voltage)
    # Half of the step in which the load was switched on, 10 s, belongs to it.
    assert found.values["capacity"].value == pytest.approx(0.4 * (18_000.0 + 5.0) / 3600.0)


def test_a_discharge_above_its_end_voltage_gives_no_capacity():
    time = np.arange(0.0, 3600.0, 10.0)
    found = capacity(time, np.full(len(time), 0.4), np.full(len(time), 3.5))
    assert found.values["capacity"].reason == "reason.end-voltage-not-reached"
    assert [f.code for f in found.findings] == ["discharge-incomplete"]


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_records_without_discharge_give_reasons(rows):
    found = capacity(np.arange(rows) * 1.0, np.zeros(rows), np.full(rows, 4.0))
    assert {v.reason for v in found.values.values()} == {"reason.no-discharge"}


def test_a_current_off_its_set_value_is_told():
    time = np.arange(0.0, 3600.0, 10.0)
    found = capacity(time, np.full(len(time), 0.42), np.linspace(4.0, 2.7, len(time)))
    assert [f.code for f in found.findings] == ["current-off"]


def test_lines_and_planes_that_are_not_determined_are_refused():
    with pytest.raises(ValueError, match="two points"):
        fit_line(np.array([1.0]), np.array([1.0]))
    with pytest.raises(ValueError, match="one x"):
        fit_line(np.array([1.0, 1.0]), np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="depend"):
        fit_linear([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0], [4.0, 8.0]], [1.0, 2.0, 3.0, 5.0])
    with pytest.raises(ValueError, match="do not determine"):
        fit_linear([[1.0, 2.0]], [1.0])
    with pytest.raises(ValueError, match="does not vary"):
        fit_linear([[1.0], [1.0], [1.0]], [1.0, 2.0, 3.0])
