"""Records of many more rows than fit into the processor's cache."""

import numpy as np
import pytest
import xarray

from testbed.evaluation.dense import averaged
from testbed.methods.iec_61960_3 import BatteryCapacity
from testbed.procedure import complete_parameters, method_data
from tests.testbed.evaluation.curves import L0, S0, codes, evaluate, ramberg_osgood, record

CELL = method_data("testbed.methods", "iec-61960-3", BatteryCapacity.version)


def discharge(time, current, voltage):
    parameters = complete_parameters(BatteryCapacity, {"rated_capacity": 2.5, "end_voltage": 2.75})
    dataset = xarray.Dataset(
        {"voltage": ("time", voltage), "current": ("time", current)}, {"time": time}
    )
    return BatteryCapacity.evaluate(dataset, parameters, CELL)


@pytest.mark.parametrize("rows", [3, 8192, 8193, 8194, 50_000])
def test_charge_and_energy_are_those_of_the_trapezoidal_rule(rows):
    time = np.linspace(0.0, min(10.0 * rows, 18_000.0), rows)
    current = 0.5 + 1e-3 * np.sin(time)
    voltage = np.linspace(4.2, 2.75, rows)
    found = discharge(time, current, voltage)
    charge, energy = (np.trapezoid(each, time) / 3600.0 for each in (current, current * voltage))
    assert found.values["capacity"].value == pytest.approx(charge, rel=1e-12)
    assert found.values["energy"].value == pytest.approx(energy, rel=1e-12)


@pytest.mark.parametrize("at", [100, 8191, 8192, 8193, 20_000])
def test_a_gap_is_left_out_wherever_it_lies(at):
    time = np.arange(30_000.0)
    time[at:] += 1000.0
    found = discharge(time, np.full(30_000, 0.5), np.linspace(4.2, 2.75, 30_000))
    assert found.values["capacity"].value == pytest.approx(0.5 * 29_998 / 3600.0, rel=1e-12)
    gap = {finding.code: finding.values for finding in found.findings}["gap"]
    assert gap == {"count": 1, "longest": 1001.0}


def test_only_the_last_stretch_of_a_long_record_counts():
    current = np.full(40_000, 0.5)
    current[:10_000], current[20_000:25_000] = -0.5, 0.0
    voltage = np.linspace(4.2, 2.75, 40_000)
    found = discharge(np.arange(40_000.0), current, voltage)
    # Half a step of the switching on, and 14,999 whole ones.
    assert found.values["capacity"].value == pytest.approx(0.5 * 14_999.5 / 3600.0, rel=1e-12)


def test_a_dense_curve_has_the_results_of_its_course():
    stress, strain = ramberg_osgood(rows=1_000_000)
    noise = np.random.default_rng(3).normal(0.0, 8.0, len(stress))
    time = 1e-3 * np.arange(len(stress))
    found = evaluate(record(stress * S0 + noise, strain * L0, time=time))
    assert found.values["rp02"].value == pytest.approx(400.0, rel=2e-4)
    assert found.values["rm"].value == pytest.approx(520.0, rel=1e-4)
    assert "rows-unusable" not in codes(found)


def test_a_dense_record_that_is_not_whole_is_taken_row_by_row():
    columns = {"time": np.arange(1000.0), "force": np.arange(1000.0)}
    assert averaged(columns, 1000) is None
    # 30 means of 33 rows, and one of the ten that are left.
    assert averaged(columns, 30)["force"].tolist() == [*np.arange(16.0, 990.0, 33.0), 994.5]
    for spoilt in (np.nan, np.inf):
        force = columns["force"].copy()
        force[500] = spoilt
        assert averaged({**columns, "force": force}, 30) is None
    assert averaged({**columns, "time": columns["time"][::-1]}, 30) is None
