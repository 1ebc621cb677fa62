"""A power analyser in the line: it finds what is there; what it cannot find is no number."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from instruments import registry
from instruments.accuracy import Conditions
from instruments.errors import BadAnswer, InstrumentFault, LinkLost, SettingRefused
from instruments.readings import Reading
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from testbed.adapters.remote_clock import ControlSocket
from tests.faults.matrix import stage
from tests.instruments.drivers.stage import bench

ANALYSER = "yokogawa_wt310e"
RESISTOR = 'circuit = {kind = "resistor", resistance = 10.0, tempco = 1e-9}'
CONVERTER = """
name = "converter"
[roles.supply]
driver = "rigol_dp832"
[roles.load]
driver = "rigol_dl3021"
[roles.before]
driver = "yokogawa_wt310e"
[roles.behind]
driver = "yokogawa_wt310e"
[simulator]
clock = "virtual"
circuit = {kind = "converter"}
wiring = {before = {node = "in"}, behind = {node = "out"}}
"""


def admits(reading: Reading, true: float) -> bool:
    """Tell whether a true value lies within the maker's bounds around a reading."""
    return abs(reading.value - true) <= math.sqrt(3) * reading.standard_uncertainty


@contextmanager
def converter(directory: Path) -> Iterator[tuple[dict[str, Any], ControlSocket]]:
    path = directory / "converter.toml"
    path.write_text(CONVERTER)
    simulator = simulation.start(path, directory / "state")
    control = simulator.control()
    roles = read_bench(path).bench("@py", simulator.announcement).roles
    connected: dict[str, Any] = {
        role: registry.connect(each.driver, each.address, timeout=0.5)
        for role, each in roles.items()
    }
    try:
        yield connected, control
    finally:
        for instrument in connected.values():
            instrument.close()
        control.close()
        simulator.stop()


@pytest.mark.parametrize(("volts", "amperes"), [(9.0, 0.3), (12.0, 1.0), (24.0, 2.5)])
def test_the_efficiency_of_a_converter_is_found_from_both_its_sides(
    tmp_path: Path, volts: float, amperes: float
):
    with converter(tmp_path) as (roles, control):
        roles["supply"].set_voltage(volts)
        roles["supply"].set_current_limit(3.0)
        roles["supply"].switch_output(True)
        control.ask("sleep", seconds=1.0)
        roles["load"].set_sink_current(amperes)
        roles["load"].switch_input(True)
        control.ask("sleep", seconds=600.0)
        before, behind = roles["before"].active_power(), roles["behind"].active_power()
        truth = control.ask("truth")["truth"]
        given = truth["circuit.in_V"] * truth["circuit.in_A"]
        taken = truth["circuit.out_V"] * truth["circuit.out_A"]
        assert admits(before, given)
        assert admits(behind, taken)
        assert 0.75 < taken / given < 0.97
        found = behind.value / before.value
        bound = math.sqrt(3) * math.hypot(
            before.standard_uncertainty / before.value, behind.standard_uncertainty / behind.value
        )
        assert found == pytest.approx(taken / given, rel=bound)
        # The bound says something: it is narrower than the loss.
        assert bound < 1 - taken / given


@pytest.mark.parametrize("mode", ["dc", "rms"])
def test_voltage_current_and_power_are_within_their_specification(tmp_path: Path, mode: str):
    with bench_of_two(tmp_path, mode) as (supply, analyser, control):
        supply.set_voltage(8.0)
        supply.set_current_limit(3.0)
        supply.switch_output(True)
        truth = control.ask("truth")["truth"]
        assert truth["circuit.in_V"] == pytest.approx(8.0)
        assert admits(analyser.voltage(), truth["circuit.in_V"])
        assert admits(analyser.current(), truth["circuit.in_A"])
        assert admits(analyser.active_power(), truth["circuit.in_V"] * truth["circuit.in_A"])
        assert analyser.settings()["mode"] == mode.upper()
        # 0.1 % of 8 V and 0.2 % of 15 V.
        assert analyser.voltage().standard_uncertainty == pytest.approx(
            (0.008 + 0.03) / math.sqrt(3), rel=1e-2
        )


@contextmanager
def bench_of_two(directory: Path, mode: str) -> Iterator[tuple[Any, Any, ControlSocket]]:
    """Serve a supply and an analyser at its output; the mode is an option of the driver."""
    path = directory / "two.toml"
    path.write_text(
        f'name = "two"\n[roles.supply]\ndriver = "rigol_dp832"\n[roles.analyser]\n'
        f'driver = "{ANALYSER}"\n[simulator]\nclock = "virtual"\n{RESISTOR}\n'
        'wiring = {analyser = {node = "in"}}\n'
    )
    simulator = simulation.start(path, directory / "two")
    control = simulator.control()
    roles = read_bench(path).bench("@py", simulator.announcement).roles
    supply = registry.connect("rigol_dp832", roles["supply"].address, timeout=0.5)
    analyser = registry.connect(ANALYSER, roles["analyser"].address, timeout=0.5, mode=mode)
    try:
        yield supply, analyser, control
    finally:
        for instrument in (supply, analyser):
            instrument.close()
        control.close()
        simulator.stop()


def test_a_value_beyond_its_range_is_a_fault_and_the_others_are_still_there(tmp_path: Path):
    with bench_of_two(tmp_path, "dc") as (supply, analyser, _):
        analyser.set_current_range(0.5)
        supply.set_voltage(6.0)
        supply.set_current_limit(3.0)
        supply.switch_output(True)
        assert admits(analyser.current(), 0.6)
        supply.set_voltage(7.5)
        for measure in (analyser.current, analyser.active_power):
            with pytest.raises(InstrumentFault, match="over-range"):
                measure()
        assert admits(analyser.voltage(), 7.5)
        analyser.set_current_range(None)
        assert admits(analyser.current(), 0.75)


def test_after_a_power_cut_there_is_no_value_and_then_the_right_one(tmp_path: Path):
    with bench_of_two(tmp_path, "dc") as (supply, analyser, control):
        supply.set_voltage(5.0)
        supply.set_current_limit(1.0)
        supply.switch_output(True)
        analyser.set_voltage_range(30.0)
        fine = analyser.voltage().standard_uncertainty
        control.ask("fault", role="analyser", fault="power_cycle", seconds=0.2)
        with pytest.raises(LinkLost):
            analyser.voltage()
        # Back in mode RMS, in the range of 600 V, and without a first value.
        with pytest.raises(InstrumentFault, match="no value"):
            analyser.voltage()
        control.ask("sleep", seconds=1.0)
        found = analyser.voltage()
        assert admits(found, 5.0)
        assert found.standard_uncertainty == pytest.approx(fine, rel=1e-2)
        assert analyser.settings()["voltage_range"] == 30.0
        assert not analyser.settings()["voltage_automatic"]


def test_a_mode_changed_at_the_panel_does_not_become_a_reading(tmp_path: Path):
    with bench_of_two(tmp_path, "dc") as (supply, analyser, _):
        supply.set_voltage(5.0)
        supply.set_current_limit(1.0)
        supply.switch_output(True)
        analyser.voltage()
        analyser.link.query(":INP:MODE RMS;:INP:VOLT:RANG 600;:STAT:ERR?", doing="turn a knob")
        lines = []
        analyser.link.watch(lambda way, line: lines.append(line) if way == "send" else None)
        assert admits(analyser.voltage(), 5.0)
        assert any(":INP:MODE DC" in line for line in lines)


def test_what_it_does_not_have_is_refused_before_anything_is_sent(tmp_path: Path):
    with bench(tmp_path, RESISTOR, ANALYSER) as (roles, _):
        analyser, sent = roles[ANALYSER], []
        analyser.link.watch(lambda way, line: sent.append(line))
        with pytest.raises(SettingRefused, match="15 to 600 V"):
            analyser.set_voltage_range(1000.0)
        with pytest.raises(SettingRefused, match=r"0\.5, 1, 2"):
            analyser.set_current_range(1.5)
        with pytest.raises(SettingRefused, match="element"):
            analyser.voltage(2)
        assert sent == []


def test_another_analyser_is_refused_and_an_unknown_mode(tmp_path: Path):
    with stage(ANALYSER, tmp_path) as (address, _, _):
        with pytest.raises(BadAnswer, match="serial SN0001, expected SN0002"):
            registry.connect(ANALYSER, address, serial="SN0002")
        with pytest.raises(SettingRefused, match="dc or rms"):
            registry.connect(ANALYSER, address, serial="SN0001", mode="peak")


def test_long_after_its_calibration_nothing_is_specified(tmp_path: Path):
    with stage(ANALYSER, tmp_path) as (address, _, _):
        late = Conditions(since_calibration=400.0)
        analyser = registry.connect(ANALYSER, address, serial="SN0001", conditions=late)
        assert analyser.voltage().standard_uncertainty is None
        analyser.close()
