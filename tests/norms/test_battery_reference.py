"""Discharges of the NASA Ames battery ageing set (Saha and Goebel 2007), capacity as recorded.

Capacity there is the trapezoid of current over time up to the first sample below 2.7 V.
"""

import numpy as np
import pytest
import xarray

from testbed.methods.iec_61960_3 import BatteryCapacity
from testbed.procedure import complete_parameters, method_data
from tests.norms.reference import numbers, reference


def discharged(name, current, end_voltage):
    time, voltage, measured = numbers(reference("battery", name), [0, 1, 2])
    dataset = xarray.Dataset(
        {"voltage": ("time", voltage), "current": ("time", -measured)}, {"time": time}
    )
    rated = {"rated_capacity": current / 0.2, "end_voltage": end_voltage}
    data = method_data("testbed.methods", "iec-61960-3", "1")
    return BatteryCapacity.evaluate(dataset, complete_parameters(BatteryCapacity, rated), data), (
        time,
        -measured,
    )


@pytest.mark.parametrize(
    ("name", "current", "capacity"),
    [
        ("B0029_cycle001_discharge.csv", 4.0, 1.697507332205763),
        ("B0029_cycle003_discharge.csv", 4.0, 1.844701206961174),
        ("B0029_cycle005_discharge.csv", 4.0, 1.8254376674722927),
        ("B0045_cycle000_discharge.csv", 1.0, 1.0819793880779518),
    ],
)
def test_the_recorded_capacity_is_found_again(name, current, capacity):
    found, (time, flowing) = discharged(name, current, 2.7)
    got = found.values["capacity"].value
    # The published figure also counts the noise of the ammeter before the load was switched on.
    before = int(np.argmax(flowing > current / 2)) - 1
    idle = float(np.trapezoid(flowing[: before + 1], time[: before + 1])) / 3600.0
    assert got + idle == pytest.approx(capacity, rel=3e-7)
    assert got == pytest.approx(capacity, rel=1e-5)
