"""A source-measure unit in the circuit: it sources and sinks, says what limits it, and goes off."""

import math
from pathlib import Path

import pytest

from instruments import registry
from instruments.errors import BadAnswer, InstrumentFault, LinkLost, SettingRefused
from instruments.readings import Reading
from tests.faults.matrix import SERIAL, stage
from tests.instruments.drivers.stage import bench

SMU = "keithley_2450"
RESISTOR = 'circuit = {kind = "resistor", resistance = 1000.0, tempco = 1e-9, contact = 0.5}'
CELL = 'circuit = {kind = "cell", soc = 0.5}'


def admits(reading: Reading, true: float) -> bool:
    """Tell whether a true value lies within the maker's bounds around a reading."""
    return abs(reading.value - true) <= math.sqrt(3) * reading.standard_uncertainty


def truth(control) -> dict[str, float]:
    return control.ask("truth")["truth"]


def switched(control) -> list[bool]:
    return [each["on"] for each in control.ask("log")["events"] if each["event"] == "output"]


@pytest.mark.parametrize("volts", [5.0, -5.0, 0.1, 60.0])
def test_a_voltage_is_sourced_and_both_quantities_are_within_specification(
    tmp_path: Path, volts: float
):
    with bench(tmp_path, RESISTOR, SMU, sense=4) as (roles, control):
        smu = roles[SMU]
        smu.source_voltage(volts, current_limit=0.1)
        assert truth(control)["circuit.in_V"] == 0.0
        smu.switch_output(True)
        true = truth(control)
        assert true["outputs"] == {SMU: True}
        assert true["circuit.in_V"] == pytest.approx(volts)
        assert true["circuit.in_A"] == pytest.approx(volts / 1000.0)
        assert admits(smu.voltage(), true["circuit.in_V"])
        assert admits(smu.current(), true["circuit.in_A"])
        assert not smu.limit_tripped()
        smu.make_safe()
        assert truth(control)["outputs"] == {SMU: False}
        assert smu.settings()["output"] is False
        assert switched(control) == [True, False]


def test_the_range_decides_how_well_a_value_is_known(tmp_path: Path):
    with bench(tmp_path, RESISTOR, SMU) as (roles, _):
        smu = roles[SMU]
        smu.source_voltage(5.0, current_limit=0.1)
        smu.switch_output(True)
        # 20 V range: 0.015 % + 1 mV; 10 mA range: 0.02 % + 600 nA.
        assert smu.voltage().standard_uncertainty == pytest.approx(
            (5.0 * 1.5e-4 + 1e-3) / math.sqrt(3), rel=1e-2
        )
        assert smu.current().standard_uncertainty == pytest.approx(
            (5e-3 * 2e-4 + 600e-9) / math.sqrt(3), rel=1e-2
        )


def test_a_limit_that_holds_is_reported(tmp_path: Path):
    with bench(tmp_path, RESISTOR, SMU, sense=4) as (roles, control):
        smu = roles[SMU]
        smu.source_voltage(5.0, current_limit=2e-3)
        smu.switch_output(True)
        assert smu.limit_tripped()
        assert admits(smu.current(), 2e-3)
        assert admits(smu.voltage(), 2.0)
        smu.source_voltage(5.0, current_limit=20e-3)
        assert not smu.limit_tripped()
        smu.source_current(5e-3, voltage_limit=3.0)
        # Another function is not switched through.
        assert not smu.output_is_on()
        smu.switch_output(True)
        assert smu.limit_tripped()
        assert admits(smu.voltage(), 3.0)
        smu.source_current(-2e-3, voltage_limit=3.0)
        assert not smu.limit_tripped()
        assert truth(control)["circuit.in_A"] == pytest.approx(-2e-3)
        assert admits(smu.current(), -2e-3)


def test_it_sinks_and_a_cell_is_discharged_and_charged_by_it(tmp_path: Path):
    with bench(tmp_path, CELL, SMU) as (roles, control):
        smu = roles[SMU]
        smu.source_voltage(3.0, current_limit=0.5)
        smu.switch_output(True)
        assert smu.limit_tripped()
        assert admits(smu.current(), -0.5)
        control.ask("sleep", seconds=720.0)
        assert truth(control)["cell.soc"] == pytest.approx(0.5 - 0.1 / 2.5, abs=1e-6)
        smu.source_current(0.5, voltage_limit=4.2)
        smu.switch_output(True)
        control.ask("sleep", seconds=720.0)
        assert truth(control)["cell.soc"] == pytest.approx(0.5, abs=1e-6)


def test_off_it_leaves_the_circuit_and_has_no_value_to_give(tmp_path: Path):
    with bench(tmp_path, CELL, SMU) as (roles, control):
        smu = roles[SMU]
        before = truth(control)["cell.discharged_Ah"]
        control.ask("sleep", seconds=3600.0)
        # As shipped it stays on the cell, as a source of 0 V.
        assert truth(control)["cell.discharged_Ah"] - before == pytest.approx(1e-5, rel=1e-3)
        smu.make_safe()
        assert smu.settings()["off_state"] == "HIMP"
        before = truth(control)["cell.discharged_Ah"]
        control.ask("sleep", seconds=3600.0)
        assert truth(control)["cell.discharged_Ah"] == before
        with pytest.raises(InstrumentFault, match="no value"):
            smu.voltage()


@pytest.mark.parametrize(("sense", "ohms"), [(4, 10.0), (2, 10.5)])
def test_four_wires_sense_at_the_device_and_two_at_the_terminals(
    tmp_path: Path, sense: int, ohms: float
):
    world = 'circuit = {kind = "resistor", resistance = 10.0, tempco = 1e-9, contact = 0.5}'
    with bench(tmp_path, world, SMU, sense=sense) as (roles, control):
        smu = roles[SMU]
        smu.source_current(0.05, voltage_limit=5.0)
        smu.switch_output(True)
        assert admits(smu.voltage(), 0.05 * ohms)
        smu.source_voltage(1.0, current_limit=0.2)
        smu.switch_output(True)
        assert admits(smu.voltage(), 1.0)
        assert admits(smu.current(), 1.0 / ohms)
        assert truth(control)["circuit.in_V"] == pytest.approx(10.0 / ohms)


def test_beyond_a_range_fixed_at_the_panel_is_no_number(tmp_path: Path):
    with bench(tmp_path, RESISTOR, SMU) as (roles, _):
        smu = roles[SMU]
        smu.source_voltage(5.0, current_limit=0.1)
        smu.switch_output(True)
        smu.tell(":SENS:CURR:RANG 1E-3", doing="turn a knob")
        with pytest.raises(InstrumentFault, match="over-range"):
            smu.current()
        smu.source_voltage(0.5, current_limit=0.1)
        assert smu.current().value == pytest.approx(0.5e-3, rel=1e-3)


def test_after_a_power_cut_it_is_off_and_another_sense_is_not_taken_for_ours(tmp_path: Path):
    with bench(tmp_path, RESISTOR, SMU, sense=4) as (roles, control):
        smu = roles[SMU]
        smu.source_voltage(5.0, current_limit=0.1)
        smu.switch_output(True)
        control.ask("fault", role=SMU, fault="power_cycle", seconds=0.2)
        with pytest.raises(LinkLost):
            smu.voltage()
        assert smu.output_is_on() is False
        assert switched(control) == [True, False]
        assert smu.voltage().value == pytest.approx(0.0, abs=1e-3)
        assert smu.settings()["voltage"] == 0.0
        smu.switch_output(True)
        with pytest.raises(InstrumentFault, match="sense wires"):
            smu.voltage()
        smu.source_voltage(5.0, current_limit=0.1)
        assert admits(smu.voltage(), 5.0)


def test_what_it_cannot_do_is_refused_before_anything_is_sent(tmp_path: Path):
    with bench(tmp_path, RESISTOR, SMU) as (roles, _):
        smu, sent = roles[SMU], []
        smu.link.watch(lambda way, line: sent.append(line))
        with pytest.raises(SettingRefused, match="210 V"):
            smu.source_voltage(-211.0, current_limit=1e-3)
        with pytest.raises(SettingRefused, match="above 21 V"):
            smu.source_voltage(100.0, current_limit=0.5)
        with pytest.raises(SettingRefused, match="above 21 V"):
            smu.source_current(-0.5, voltage_limit=100.0)
        with pytest.raises(SettingRefused, match=r"0\.02 V"):
            smu.source_current(0.1, voltage_limit=0.001)
        with pytest.raises(SettingRefused):
            smu.source_voltage(math.nan, current_limit=1e-3)
        assert sent == []


def test_the_power_it_has_can_be_set_from_any_state(tmp_path: Path):
    with bench(tmp_path, RESISTOR, SMU) as (roles, _):
        smu = roles[SMU]
        for volts, amperes in ((200.0, 0.1), (20.0, 1.0), (-200.0, 0.01), (1.0, 1.05)):
            smu.source_voltage(volts, current_limit=amperes)
            assert smu.settings()["voltage"] == volts
            assert smu.settings()["current_limit"] == amperes
        for amperes, volts in ((0.1, 200.0), (1.0, 20.0), (-0.01, 200.0)):
            smu.source_current(amperes, voltage_limit=volts)
            assert smu.settings()["current"] == amperes


def test_a_limit_of_the_bench_holds_for_either_sign_and_for_the_compliance(tmp_path: Path):
    with stage(SMU, tmp_path) as (address, _, _):
        smu = registry.connect(SMU, address, serial=SERIAL, limits={"voltage": 24.0})
        for volts in (25.0, -25.0):
            with pytest.raises(SettingRefused, match="24 V"):
                smu.source_voltage(volts, current_limit=1e-3)
        with pytest.raises(SettingRefused, match="24 V"):
            smu.source_current(1e-3, voltage_limit=100.0)
        smu.close()


def test_another_unit_is_refused_before_any_setting(tmp_path: Path):
    with stage(SMU, tmp_path) as (address, _, _):
        with pytest.raises(BadAnswer, match="serial SN0001, expected SN0002"):
            registry.connect(SMU, address, serial="SN0002")
        with pytest.raises(SettingRefused, match="2 or 4 wires"):
            registry.connect(SMU, address, serial=SERIAL, sense=3)


def test_a_sweep_leaves_its_readings_in_the_buffer_and_the_output_off(tmp_path: Path):
    with bench(tmp_path, RESISTOR, SMU) as (roles, control):
        smu = roles[SMU]
        smu.tell(":SENS:CURR:RSEN ON;:SENS:FUNC 'CURR';:SOUR:VOLT:ILIM 0.1", doing="prepare")
        smu.tell(":SOUR:SWE:VOLT:LIN 0, 5, 11, 0, 1, AUTO, ON, OFF, 'defbuffer1'", doing="sweep")
        smu.tell(":INIT;*WAI", doing="sweep")
        reply = smu.link.query(":TRAC:DATA? 1, 11, 'defbuffer1', SOUR, READ", doing="fetch")
        found = [float(text) for text in reply.split(",")]
        assert found[::2] == pytest.approx([0.5 * step for step in range(11)], abs=1e-6)
        assert found[1::2] == pytest.approx([0.5e-3 * step for step in range(11)], abs=5e-6)
        assert smu.link.query(":TRAC:ACT?", doing="count") == "11"
        assert not smu.output_is_on()
        assert switched(control) == [True, False]


def test_a_resistance_is_found_by_a_test_current_of_its_range(tmp_path: Path):
    with bench(tmp_path, RESISTOR, SMU) as (roles, _):
        smu = roles[SMU]
        smu.tell(":SENS:FUNC 'RES';:SENS:RES:RSEN ON;:OUTP ON", doing="measure ohms")
        assert float(smu.link.query(":READ?", doing="read")) == pytest.approx(1000.0, rel=1e-3)
        assert smu.link.query(":SENS:RES:RANG?", doing="read") == "2000"
        smu.tell(":SENS:RES:RSEN OFF", doing="measure ohms")
        assert float(smu.link.query(":READ?", doing="read")) == pytest.approx(1000.5, rel=5e-4)
