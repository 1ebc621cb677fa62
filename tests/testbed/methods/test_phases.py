"""Each method carried out from the first phase to its verdict, on a bench in memory."""

import numpy as np
import pytest

from testbed.domain.conformity import Outcome
from testbed.evaluation import judge
from testbed.methods.iec_60068_2_2 import DryHeat
from testbed.methods.iec_61960_3 import BatteryCapacity
from testbed.methods.iso_6892_1 import TensileTest
from testbed.procedure import complete_parameters, method_data
from tests.testbed.evaluation.curves import bilinear
from tests.testbed.methods.bench import (
    Cell,
    Chamber,
    Clock,
    Frame,
    Load,
    Meter,
    Supply,
    carry_out,
)


def verdict(procedure, run):
    method = type(procedure)
    data = method_data("testbed.methods", method.id, method.version)
    found = method.evaluate(run.dataset(), procedure.parameters, data)
    limits = method.limits(procedure.parameters, data)
    outcome, rows = judge(method, found, limits)
    return outcome, {row.measurand: row for row in rows}, found


def battery(clock, cell, **given):
    parameters = complete_parameters(BatteryCapacity, {"rated_capacity": 2.0, **given})
    supply, load = Supply(clock, cell), Load(clock, cell)
    instruments = {"supply": supply, "load": load, "meter": Meter(clock, cell.voltage)}
    return BatteryCapacity(parameters, instruments), supply, load


@pytest.mark.parametrize("filled", [0.05, 0.3, 0.95])
def test_the_discharged_capacity_is_the_charge_that_left_the_cell(filled):
    clock = Clock()
    cell = Cell(clock, capacity=2.1, filled=filled)
    procedure, supply, load = battery(clock, cell)
    run = carry_out(procedure, clock)
    outcome, rows, found = verdict(procedure, run)
    assert rows["capacity"].value == pytest.approx(cell.taken, rel=1e-5)
    assert outcome is (Outcome.PASS if cell.taken >= 2.0 else Outcome.FAIL)
    assert not supply.on
    assert not load.on
    assert supply.safe == load.safe == 1
    assert not found.findings
    assert rows["mean_voltage"].value == pytest.approx(
        rows["energy"].value / rows["capacity"].value
    )


def test_a_worn_cell_fails_against_its_rated_capacity():
    clock = Clock()
    procedure, _, _ = battery(clock, Cell(clock, capacity=1.7))
    outcome, rows, _ = verdict(procedure, carry_out(procedure, clock))
    assert outcome is Outcome.FAIL
    assert rows["capacity"].limit.low == 2.0


def test_a_cell_that_never_stops_charging_ends_the_run():
    clock = Clock()
    cell = Cell(clock, capacity=1e9)
    procedure, supply, _ = battery(clock, cell)
    with pytest.raises(TimeoutError):
        carry_out(procedure, clock)
    assert not supply.on


def test_a_pause_while_discharging_is_no_capacity():
    clock = Clock()
    cell = Cell(clock, capacity=2.1)
    procedure, _, _ = battery(clock, cell)
    run = carry_out(procedure, clock, pause_at=(5 * 3600.0, 600.0))
    _, rows, found = verdict(procedure, run)
    assert [f.code for f in found.findings] == ["gap"]
    missing = 0.4 * 600.0 / 3600.0
    assert rows["capacity"].value == pytest.approx(cell.taken - missing, abs=0.002)


def dry_heat(clock, chamber, **given):
    parameters = complete_parameters(DryHeat, {"temperature": 55.0, "duration": 2.0, **given})
    meter = Meter(clock, lambda: 0.01 * chamber.specimen)
    return DryHeat(parameters, {"chamber": chamber, "meter": meter})


def test_dry_heat_reaches_its_dwell_gently_and_passes():
    clock = Clock()
    chamber = Chamber(clock)
    procedure = dry_heat(clock, chamber)
    run = carry_out(procedure, clock)
    outcome, rows, found = verdict(procedure, run)
    assert outcome is Outcome.PASS
    assert rows["dwell"].value == pytest.approx(2.0, abs=0.02)
    assert rows["max_ramp"].value <= 1.0
    assert rows["mean_temperature"].value == pytest.approx(55.0, abs=1.0)
    assert not chamber.on
    assert not found.findings
    assert run.elapsed() == pytest.approx(procedure.forecast(), rel=0.25)


def test_a_chamber_that_cannot_reach_the_severity_ends_the_run():
    clock = Clock()
    chamber = Chamber(clock, reaches=50.0)
    with pytest.raises(TimeoutError):
        carry_out(dry_heat(clock, chamber), clock)
    assert not chamber.on


def test_a_pause_while_conditioning_is_made_up_for_and_told():
    clock = Clock()
    procedure = dry_heat(clock, Chamber(clock))
    run = carry_out(procedure, clock, pause_at=(2.5 * 3600.0, 900.0))
    outcome, rows, found = verdict(procedure, run)
    assert "dwell-gap" in [f.code for f in found.findings]
    assert rows["dwell"].value >= 2.0
    assert outcome is Outcome.PASS


def tensile(clock, **given):
    stress, strain, truth = bilinear()
    frame = Frame(clock, stress, strain, 40.0, 50.0)
    parameters = complete_parameters(TensileTest, {"s0": 40.0, **given})
    return TensileTest(parameters, {"frame": frame}), frame, truth


def test_a_tensile_test_records_every_sample_to_the_break():
    clock = Clock()
    procedure, frame, truth = tensile(clock)
    run = carry_out(procedure, clock)
    _, rows, _ = verdict(procedure, run)
    assert len(run.rows) == frame.handed
    assert np.all(np.diff(run.dataset()["time"]) > 0)
    assert rows["rp02"].value == pytest.approx(truth, rel=1e-3)
    assert frame.safe == 1
    assert run.asked[0][0] == "prompt.iso-6892-1.mount"


def test_a_tensile_test_stops_at_the_travel_limit_and_says_so():
    clock = Clock()
    procedure, _, _ = tensile(clock, travel_limit=3.0)
    run = carry_out(procedure, clock)
    assert run.dataset()["travel"].max() < 3.1
    assert "note.iso-6892-1.stopped-unbroken" in [code for code, _ in run.noted]


def test_a_safe_action_stands_before_anything_moves():
    for method in (TensileTest, BatteryCapacity, DryHeat):
        first = method.declared_phases()[0]
        assert first.name in {"mount", "connect"}


def test_a_pause_on_the_ramp_is_not_made_up_for_by_a_jump():
    clock = Clock()
    procedure = dry_heat(clock, Chamber(clock))
    run = carry_out(procedure, clock, pause_at=(600.0, 1200.0))
    _, rows, found = verdict(procedure, run)
    assert rows["max_ramp"].value <= 1.0
    assert "ramp-gap" in [f.code for f in found.findings]
    assert np.max(np.diff(run.dataset()["set_point"])) < 0.6
