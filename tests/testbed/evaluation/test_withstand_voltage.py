"""Withstand tests from records whose faults are known."""

import math

import numpy as np
import pytest
import xarray
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.domain.conformity import Outcome
from testbed.evaluation.judgement import judge
from testbed.evaluation.withstand import sampling_period, value_at
from testbed.methods.iec_61010_1 import Withstand
from testbed.procedure import complete_parameters, method_data

DATA = method_data("testbed.methods", Withstand.id, Withstand.version)
PHASES = [each.name for each in Withstand.declared_phases()]
GIVEN = complete_parameters(Withstand, {"voltage": 1500.0, "hold": 60.0, "trip": 5e-3})
OHMS = 1e9


def record(*, resistance_for: float = 61.0, held: float = 62.0, rise: float = 5.0):
    """Rows each half second: resistance at 500 V, rise to 1500 V and hold, discharge."""
    rows = []
    for t in np.arange(0.0, resistance_for, 0.5):
        ohms = OHMS * (1.0 + t / 100.0) if t >= 0.5 else math.nan
        rows.append(("insulate", 500.0 if t else 0.0, math.nan, ohms, 1.0))
    for t in np.arange(0.0, rise + held, 0.5):
        volts = 1500.0 * min(t / rise, 1.0)
        rows.append(("apply", volts, volts * 1e-6, math.nan, 1.0))
    rows.append(("apply", 1500.0, 1.5e-3, math.nan, 0.0))
    rows += [("discharge", math.nan, math.nan, math.nan, 0.0)] * 12
    phases, volts, amperes, ohms, on = zip(*rows, strict=True)
    passed = [1.0 if p == "apply" and not o else math.nan for p, o in zip(phases, on, strict=True)]
    columns = {
        "phase": np.array([PHASES.index(each) for each in phases], "int16"),
        "voltage": np.array(volts), "leakage": np.array(amperes), "resistance": np.array(ohms),
        "on": np.array(on), "interlock": np.ones(len(rows)), "releases": np.full(len(rows), 2.0),
        "passed": np.array(passed),
    }  # fmt: skip
    time = 0.5 * np.arange(len(rows))
    # GPT-9800 specifications as the engine writes them beside the record.
    stated = {"voltage": 20.0, "leakage": 1.5e-5, "resistance": 5e7}
    attributes = {f"{name}_standard_uncertainty": u for name, u in stated.items()}
    return xarray.Dataset(
        {n: ("time", each) for n, each in columns.items()}, {"time": time}, attributes
    )


def judged(dataset, given=GIVEN):
    found = Withstand.evaluate(dataset, given, DATA)
    outcome, rows = judge(Withstand, found, Withstand.limits(given, DATA))
    return outcome, {each.measurand: each for each in rows}, [each.code for each in found.findings]


def rows_of(dataset, phase, on=1.0):
    here = (dataset["phase"] == PHASES.index(phase)) & (dataset["on"] == on)
    return np.flatnonzero(here.to_numpy())


def test_a_test_without_a_fault_passes():
    outcome, rows, codes = judged(record(resistance_for=601.0))
    assert outcome is Outcome.PASS
    assert codes == []
    assert rows["r_ins"].value == pytest.approx(1.6 * OHMS)
    assert rows["dar"].value == pytest.approx(1.6 / 1.3)
    assert rows["pi"].value == pytest.approx(7.0 / 1.6)
    # From 5 % below the test voltage on: at 4.75 s, seen at 5 s; until the last row with voltage.
    assert rows["ramp_time"].value == pytest.approx(5.0)
    assert rows["t_hold"].value == pytest.approx(61.5)
    assert rows["u_rms"].value == pytest.approx(1500.0)
    assert rows["i_max"].value == pytest.approx(1.5e-3)


@pytest.mark.parametrize("phase", ["insulate", "apply"])
@pytest.mark.parametrize("read", [0.0, math.nan])
def test_an_interlock_that_was_not_closed_invalidates(phase, read):
    dataset = record()
    dataset["interlock"][rows_of(dataset, phase)[20]] = read
    outcome, _, codes = judged(dataset)
    assert outcome is Outcome.INVALID
    assert "interlock-open" in codes


@pytest.mark.parametrize("persons", [0.0, 1.0, math.nan])
def test_without_two_persons_it_is_not_valid(persons):
    dataset = record()
    dataset["releases"][rows_of(dataset, "apply")] = persons
    outcome, _, codes = judged(dataset)
    assert outcome is Outcome.INVALID
    assert "not-released" in codes


def test_a_discharge_that_was_not_read_back_invalidates():
    dataset = record()
    dataset["on"][-1] = 1.0
    outcome, rows, codes = judged(dataset)
    assert outcome is Outcome.INVALID
    assert {"not-discharged", "value-unset"} <= set(codes)
    assert rows["discharge_time"].value is None
    without = record().isel(time=slice(0, -12))
    assert judged(without)[0] is Outcome.INVALID


def test_a_value_that_is_missing_invalidates():
    dataset = record(resistance_for=59.0)
    outcome, rows, codes = judged(dataset)
    assert outcome is Outcome.INVALID
    assert rows["r_ins"].reason == "reason.no-resistance"
    assert "value-unset" in codes
    unread = record()
    unread["leakage"][rows_of(unread, "apply")[50]] = math.nan
    outcome, rows, _ = judged(unread)
    assert (outcome, rows["i_max"].reason) == (Outcome.INVALID, "reason.leakage-missing")


@pytest.mark.parametrize(("step", "found"), [(1.01e-3, True), (0.99e-3, False)])
def test_a_step_of_the_current_is_a_flashover(step, found):
    dataset = record()
    # 20 % of the trip current of 5 mA is 1 mA.
    dataset["leakage"][rows_of(dataset, "apply")[60]] += step
    outcome, rows, codes = judged(dataset)
    assert ("leakage-step" in codes) == found
    assert outcome is (Outcome.FAIL if found else Outcome.PASS)
    if found:
        # What follows is no hold: 10 rows of the rise, then 5 s to 29.5 s.
        assert rows["t_hold"].value == pytest.approx(24.5)


def test_a_current_that_grows_with_the_rising_voltage_is_no_step():
    dataset = record(rise=0.5)
    assert judged(dataset)[0] is Outcome.PASS


def test_a_voltage_that_collapses_is_a_flashover():
    dataset = record()
    dataset["voltage"][rows_of(dataset, "apply")[60]] = 1400.0
    outcome, _, codes = judged(dataset)
    assert (outcome, codes) == (Outcome.FAIL, ["voltage-collapse"])


@pytest.mark.parametrize(("amperes", "outcome"), [(4.99e-3, Outcome.PASS), (5e-3, Outcome.FAIL)])
def test_the_trip_current_is_too_much(amperes, outcome):
    dataset = record()
    live = rows_of(dataset, "apply")
    dataset["leakage"][live] = dataset["voltage"][live] / 1500.0 * amperes
    assert judged(dataset)[0] is outcome


def test_a_tester_that_is_not_satisfied_fails_it_even_during_the_rise():
    dataset = record()
    live = rows_of(dataset, "apply")
    broken = dataset.drop_isel(time=live[6:])
    broken["passed"][rows_of(broken, "apply", on=0.0)] = 0.0
    outcome, rows, codes = judged(broken)
    assert outcome is Outcome.FAIL
    assert codes == ["tester-failed"]
    assert rows["t_hold"].value is None


def test_a_gap_while_the_voltage_is_held_does_not_count():
    dataset = record()
    live = rows_of(dataset, "apply")
    outcome, rows, codes = judged(dataset.drop_isel(time=live[60:70]))
    assert (outcome, codes) == (Outcome.FAIL, ["high-voltage-gap"])
    assert rows["t_hold"].value == pytest.approx(61.5 - 5.5)


def test_a_slow_rise_fails():
    outcome, rows, _ = judged(record(rise=12.0))
    assert outcome is Outcome.FAIL
    assert rows["ramp_time"].outcome is Outcome.FAIL
    assert rows["t_hold"].outcome is Outcome.PASS


def test_a_resistance_below_the_least_fails():
    given = {**GIVEN, "least_resistance": 1.61 * OHMS}
    assert judged(record(), given)[0] is Outcome.FAIL
    assert judged(record(), {**GIVEN, "least_resistance": 1.59 * OHMS})[0] is Outcome.PASS


@given(st.floats(-1e4, 1e6))
@settings(max_examples=20, deadline=None)
def test_when_it_was_begun_changes_nothing(shift):
    dataset = record()
    later = dataset.assign_coords(time=dataset["time"] + shift)
    for name, row in judged(dataset)[1].items():
        other = judged(later)[1][name]
        assert other.outcome is row.outcome
        assert (row.value is None) == (other.value is None)
        assert row.value is None or other.value == pytest.approx(row.value, rel=1e-9)


def test_without_a_stated_accuracy_a_reading_has_no_budget():
    found = Withstand.evaluate(record().drop_attrs(), GIVEN, DATA)
    assert {"r_ins", "u_ins", "u_rms", "i_max"}.isdisjoint(found.budgets)
    assert {"t_hold", "ramp_time", "breakdowns", "discharge_time"} <= set(found.budgets)


def test_a_curve_is_read_only_where_it_is_known():
    time, value = np.array([0.0, 1.0, 2.0, 8.0]), np.array([1.0, 3.0, math.nan, 5.0])
    assert value_at(time, value, 0.5, 2.0) == 2.0
    assert value_at(time, value, 1.0, 2.0) == 3.0
    for instant in (1.5, 2.0, 5.0, 9.0, -1.0):
        assert value_at(time, value, instant, 2.0) is None
    assert value_at(np.empty(0), np.empty(0), 1.0, 1.0) is None


def test_a_routine_test_is_sampled_more_often():
    assert sampling_period({"hold": 60.0}, DATA) == 0.5
    assert sampling_period({"hold": 1.0}, DATA) == pytest.approx(0.1)
