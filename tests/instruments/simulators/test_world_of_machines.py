"""Chamber, thermometer, balance, tester and shaker in one world, over real transports."""

import threading
import time
from pathlib import Path

import pytest

from instruments import registry
from instruments.errors import LinkLost
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from tests.instruments.drivers.stage import bench

CHAMBER, THERMOMETER, BALANCE = "espec_p300", "fluke_1524", "mettler_sics"
TESTER, SHAKER, SUPPLY = "tb_vickers", "tb_vibration", "keysight_e36312a"
HOURS = 5.0  # [s], as long as a world may take that has lived half a day when it is asked


def truth(control) -> dict[str, object]:
    return control.ask("truth")["truth"]


def test_the_thermometer_follows_the_air_and_the_specimen_in_the_chamber(tmp_path: Path):
    world = "chamber = {ambient = 23.0}\nprobe = {tau = 30.0}"
    with bench(tmp_path, world, CHAMBER, THERMOMETER, timeout=HOURS) as (roles, control):
        chamber, thermometer = roles[CHAMBER], roles[THERMOMETER]
        assert thermometer.temperature(1).value == pytest.approx(23.0, abs=0.02)
        chamber.start(70.0)
        control.ask("sleep", seconds=120)
        found = truth(control)
        air, specimen = thermometer.temperature(1).value, thermometer.temperature(2).value
        # Warming: the probe behind the air, the specimen behind both.
        assert found["chamber.air_degC"] > air + 0.5
        assert air == pytest.approx(found["probe.temperature_degC"], abs=0.01)
        assert specimen == pytest.approx(found["probe.contact_degC"], abs=0.01)
        assert 23.0 < specimen < air
        control.ask("sleep", seconds=8 * 3600)
        found = truth(control)
        for probe, place in ((1, "chamber.air_degC"), (2, "chamber.specimen_degC")):
            reading = thermometer.temperature(probe)
            assert reading.value == pytest.approx(
                found[place], abs=2 * reading.standard_uncertainty
            )
        # The reference tells what the chamber's own sensor reads wrong.
        own = chamber.temperature()
        assert own.value == pytest.approx(
            thermometer.temperature(1).value, abs=2 * own.standard_uncertainty
        )
        chamber.stop()
        control.ask("sleep", seconds=24 * 3600)
        assert thermometer.temperature(1).value < 30.0


def test_what_a_supply_burns_in_the_specimen_its_probe_feels(tmp_path: Path):
    world = 'chamber = {}\nprobe = {}\ncircuit = {kind = "resistor", resistance = 10.0}'
    machines = (CHAMBER, SUPPLY, THERMOMETER)
    with bench(tmp_path, world, *machines, timeout=HOURS) as (roles, control):
        supply, thermometer = roles[SUPPLY], roles[THERMOMETER]
        assert thermometer.temperature(2).value == pytest.approx(
            thermometer.temperature(1).value, abs=0.02
        )
        supply.set_voltage(6.0)
        supply.set_current_limit(1.0)
        supply.switch_output(True)
        control.ask("sleep", seconds=6 * 3600)
        warm = thermometer.temperature(2).value - thermometer.temperature(1).value
        found = truth(control)
        assert warm == pytest.approx(
            found["chamber.specimen_degC"] - found["chamber.air_degC"], abs=0.02
        )
        assert warm > 0.15
        supply.make_safe()
        control.ask("sleep", seconds=12 * 3600)
        assert thermometer.temperature(2).value == pytest.approx(
            thermometer.temperature(1).value, abs=0.05
        )


def test_the_balance_stands_beside_the_chamber(tmp_path: Path):
    world = "chamber = {}\nbalance = {load = 200.0}"
    with bench(tmp_path, world, CHAMBER, BALANCE) as (roles, control):
        roles[CHAMBER].start(120.0)
        control.ask("sleep", seconds=4 * 3600)
        assert truth(control)["chamber.air_degC"] > 100.0
        assert roles[BALANCE].mass().value == pytest.approx(200.0, abs=5e-4)


def test_while_one_machine_takes_its_time_the_others_live_on(tmp_path: Path):
    world = "hardness = {}\nshaker = {endurance = 1e5}\nbalance = {}"
    with bench(tmp_path, world, TESTER, SHAKER, BALANCE) as (roles, control):
        roles[SHAKER].start_sine(180.0, acceleration=50.0)
        control.ask("specimen", part="balance", model={"load": 30.0})
        before = truth(control)["shaker.damage"]
        roles[TESTER].set_dwell(99.0)
        roles[TESTER].indent()
        # Two minutes under the indenter are two minutes on the table, and the pan has come to rest.
        tired = truth(control)["shaker.damage"] - before
        assert tired == pytest.approx(110.0 * 180.0 / 1e5, rel=0.2)
        at_rest = control.ask("now")["now"]
        assert roles[BALANCE].mass().value == pytest.approx(30.0, abs=4e-4)
        assert control.ask("now")["now"] == at_rest


def test_a_power_cut_of_one_is_none_of_the_others(tmp_path: Path):
    world = "shaker = {}\nprobe = {}\nhardness = {}"
    with bench(tmp_path, world, SHAKER, THERMOMETER, TESTER) as (roles, control):
        roles[SHAKER].start_sine(100.0, acceleration=10.0)
        control.ask("fault", role=THERMOMETER, fault="power_cycle", seconds=0.2)
        with pytest.raises(LinkLost):
            roles[THERMOMETER].temperature()
        assert truth(control)["outputs"] == {SHAKER: True, TESTER: False}
        assert roles[SHAKER].control().value == pytest.approx(10.0, rel=0.02)
        for role in roles.values():
            role.make_safe()
        assert truth(control)["outputs"] == {SHAKER: False, TESTER: False}


def test_a_balance_that_is_waited_for_holds_nobody_up(tmp_path: Path):
    path = tmp_path / "bench.toml"
    path.write_text(
        'name = "bench"\n[simulator]\nclock = "real"\nbalance = {settling = 0.15}\nprobe = {}\n'
        + "".join(
            f'[roles.{each}]\ndriver = "{each}"\nserial = "S1"\n' for each in (BALANCE, THERMOMETER)
        )
    )
    simulator = simulation.start(path, tmp_path / "state")
    control = simulator.control()
    roles = read_bench(path).bench("@py", simulator.announcement).roles
    balance, thermometer = (
        registry.connect(each, roles[each].address, serial="S1", timeout=0.5)
        for each in (BALANCE, THERMOMETER)
    )
    weighed: list[float] = []
    try:
        control.ask("specimen", part="balance", model={"load": 200.0})
        # Two seconds, four times what the link waits for a line.
        waiting = threading.Thread(target=lambda: weighed.append(balance.mass().value))
        waiting.start()
        taken = 0
        while waiting.is_alive():
            begun = time.monotonic()
            assert thermometer.temperature().value == pytest.approx(23.0, abs=0.02)
            assert time.monotonic() - begun < 0.4
            taken += 1
        waiting.join()
        assert weighed == [pytest.approx(200.0, abs=5e-4)]
        assert taken > 20
    finally:
        balance.close()
        thermometer.close()
        control.close()
        simulator.stop()
