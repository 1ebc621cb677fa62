"""A scanner: temperatures and voltages of the bench, its own cold junction, broken wires."""

import math
from pathlib import Path

import pytest

from instruments.errors import InstrumentFault, LinkLost, SettingRefused
from instruments.readings import Reading
from tests.instruments.drivers.stage import bench

DRIVER = "keysight_daq970a"
CHAMBER = "chamber = {specimen_tau = 600.0}\n"
CIRCUIT = 'circuit = {kind = "cell", soc = 0.5}\n'


def wired(**inputs: str) -> str:
    pairs = ", ".join(f'{channel[1:]} = "{point}"' for channel, point in inputs.items())
    return f"wiring = {{{DRIVER} = {{inputs = {{{pairs}}}}}}}\n"


def bound(reading: Reading) -> float:
    assert reading.standard_uncertainty is not None
    return math.sqrt(3) * reading.standard_uncertainty


def test_thermocouples_follow_the_specimen_and_the_air(tmp_path: Path):
    with bench(tmp_path, CHAMBER, DRIVER, "espec_p300") as (roles, control):
        logger = roles[DRIVER]
        roles["espec_p300"].start(85.0)
        control.ask("sleep", seconds=900)
        truth = control.ask("truth")["truth"]
        assert truth["chamber.air_degC"] - truth["chamber.specimen_degC"] > 5.0
        specimen, air = logger.thermocouples(101, 102)
        assert specimen.unit == "degC"
        assert specimen.value == pytest.approx(truth["chamber.specimen_degC"], abs=bound(specimen))
        assert air.value == pytest.approx(truth["chamber.air_degC"], abs=bound(air))
        assert bound(air) == pytest.approx(1.0)
        assert logger.temperature(2).value == pytest.approx(air.value, abs=0.2)
        assert logger.temperature(21).value == pytest.approx(specimen.value, abs=0.6)


def test_values_come_in_the_order_they_were_asked_for(tmp_path: Path):
    world = CHAMBER + CIRCUIT + wired(_103="out", _305="in")
    with bench(tmp_path, world, DRIVER, "espec_p300") as (roles, control):
        logger = roles[DRIVER]
        true = control.ask("truth")["truth"]["cell.voltage_V"]
        other, cell = logger.dc_voltages(210, 103)
        assert cell.value == pytest.approx(true, abs=bound(cell))
        assert bound(cell) == pytest.approx(0.003e-2 * true + 0.0004e-2 * 10.0)
        assert abs(other.value) < 1e-4
        roles["espec_p300"].start(60.0)
        control.ask("sleep", seconds=3600)
        room, specimen = logger.thermocouples(302, 101)[::-1]
        assert logger.thermocouples(101, 302)[0].value == pytest.approx(room.value, abs=0.2)
        assert specimen.value == pytest.approx(60.0, abs=2.0)


def test_a_broken_wire_is_a_fault_and_a_wrong_kind_a_wrong_scale(tmp_path: Path):
    world = CHAMBER + wired(_104="open")
    with bench(tmp_path, world, DRIVER, "espec_p300") as (roles, control):
        logger = roles[DRIVER]
        roles["espec_p300"].start(85.0)
        control.ask("sleep", seconds=7200)
        with pytest.raises(InstrumentFault, match="over-range"):
            logger.thermocouples(101, 104)
        right, wrong = logger.thermocouples(101)[0], logger.thermocouples(101, kind="T")[0]
        assert wrong.value == pytest.approx(right.value, abs=0.3)
        assert logger.thermocouples(101, kind="J")[0].value < right.value - 10.0


def test_the_cold_junction_is_a_little_warmer_than_the_room(tmp_path: Path):
    with bench(tmp_path, CHAMBER, DRIVER) as (roles, _):
        found = [roles[DRIVER].cold_junction(channel).value for channel in (101, 201, 301)]
        assert all(23.0 < value < 24.0 for value in found)
        assert len(set(found)) == 3
        assert roles[DRIVER].settings()["slot_2"] == "DAQM901A"


def test_what_there_is_not_is_refused_before_anything_is_sent(tmp_path: Path):
    with bench(tmp_path, CHAMBER, DRIVER) as (roles, _):
        logger = roles[DRIVER]
        for wrong in (lambda: logger.dc_voltages(121), lambda: logger.dc_voltages(99),
                      lambda: logger.dc_voltages(), lambda: logger.thermocouples(101, kind="X"),
                      lambda: logger.temperature(0), lambda: logger.temperature(61)):  # fmt: skip
            with pytest.raises(SettingRefused):
                wrong()
        assert logger.settings()["scan_size"] == 0.0


def test_an_option_that_the_driver_does_not_know_is_refused(tmp_path: Path):
    with pytest.raises(SettingRefused, match="kind"), bench(tmp_path, CHAMBER, DRIVER, kind="Z"):
        pass


def test_a_reading_after_a_power_cut_is_right_again(tmp_path: Path):
    with bench(tmp_path, CIRCUIT, DRIVER) as (roles, control):
        logger = roles[DRIVER]
        before = logger.dc_voltages(101)[0]
        control.ask("fault", role=DRIVER, fault="power_cycle", seconds=0.2)
        with pytest.raises(LinkLost, match=r"hung up|broke"):
            logger.dc_voltages(101)
        assert logger.dc_voltages(101)[0].value == pytest.approx(before.value, abs=1e-4)
