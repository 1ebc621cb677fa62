"""Chamber controllers over Modbus TCP and RTU: what they hold, refuse, and leave behind."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from instruments import registry
from instruments.accuracy import NOMINAL
from instruments.drivers.eurotherm_3504 import Eurotherm3504
from instruments.drivers.watlow_f4t import WatlowF4T
from instruments.errors import BadAnswer, InstrumentFault, LinkLost, NoAnswer, SettingRefused
from instruments.modbus_link import ModbusLine, ModbusLink, open_modbus
from instruments.transcript import Entry, ModbusReplay
from testbed.adapters import simulation
from testbed.adapters.discovery import Place, identify
from testbed.adapters.remote_clock import ControlSocket

SERIALS = {"watlow_f4t": "100001", "eurotherm_3504": "EU-7"}
DRIVERS = pytest.mark.parametrize("driver", SERIALS)
OVER = pytest.mark.parametrize("over", ["modbus-tcp", "modbus-rtu"])
HOUR = 3600.0


@contextmanager
def bench(directory: Path, *roles: str, **keys: str) -> Iterator[tuple[list[str], ControlSocket]]:
    """Serve roles named by their drivers; gives their addresses and the control socket."""
    text = 'name = "chambers"\n[simulator]\nclock = "virtual"\nchamber = {}\n'
    for unit, driver in enumerate(roles, 1):
        text += f'[roles.{driver}]\ndriver = "{driver}"\nserial = "{SERIALS[driver]}"\n'
        text += f"unit = {unit}\n" + "".join(f'{key} = "{value}"\n' for key, value in keys.items())
    path = directory / "bench.toml"
    path.write_text(text)
    simulator = simulation.start(path, directory / "state", ("--log-commands",))
    control = simulator.control()
    try:
        announced = json.loads(simulator.announcement.read_text())["roles"]
        yield [announced[driver]["address"] for driver in roles], control
    finally:
        control.close()
        simulator.stop()


@contextmanager
def chamber(
    directory: Path, driver: str, over: str = "modbus-tcp", **options: Any
) -> Iterator[tuple[Any, ControlSocket]]:
    """Serve one chamber and connect to it."""
    with bench(directory, driver, over=over) as ((address,), control):
        found = registry.connect(
            driver, address, serial=SERIALS[driver], limits={}, timeout=0.5, **options
        )
        try:
            yield found, control
        finally:
            found.close()


def truth(control: ControlSocket) -> dict[str, Any]:
    found: dict[str, Any] = control.ask("truth")["truth"]
    return found


def commands(directory: Path) -> list[str]:
    lines = (directory / "state" / "simulator.log").read_text().splitlines()
    return [entry["line"] for entry in map(json.loads, lines) if entry["event"] == "command"]


@OVER
@DRIVERS
def test_a_chamber_holds_a_temperature_and_is_off_afterwards(
    tmp_path: Path, driver: str, over: str
):
    with chamber(tmp_path, driver, over) as (found, control):
        assert found.is_running() is False
        for goal in (55.0, -20.5):
            found.start(goal)
            assert found.set_point() == pytest.approx(goal, abs=1e-4)
            control.ask("sleep", seconds=3 * HOUR)
            reading = found.temperature()
            assert reading.value == pytest.approx(goal, abs=0.01)
            assert reading.value == pytest.approx(truth(control)["chamber.air_degC"], abs=1e-4)
            assert reading.unit == "degC"
            assert 0.0 < reading.standard_uncertainty < 2.0
        assert truth(control)["outputs"] == {driver: True}
        found.make_safe()
        assert truth(control)["outputs"] == {driver: False}
        assert found.is_running() is False


@OVER
def test_humidity_is_held_as_well_and_switched_off_with_the_rest(tmp_path: Path, over: str):
    with chamber(tmp_path, "watlow_f4t", over) as (found, control):
        found.start(40.0)
        assert found.settings()["humidity_mode"] == "off"
        found.set_humidity(85.0)
        control.ask("sleep", seconds=4 * HOUR)
        assert found.humidity().value == pytest.approx(85.0, abs=0.1)
        assert truth(control)["chamber.humidity_percent"] == pytest.approx(85.0, abs=0.1)
        assert found.humidity().unit == "%"
        # What the chamber's sensor is worth is not known to who makes the controller.
        assert found.humidity().standard_uncertainty is None
        found.start(45.0)
        assert found.settings()["humidity_mode"] == "auto"
        found.stop()
        assert found.settings()["humidity_mode"] == "off"
        assert found.settings()["mode"] == "off"
        control.ask("sleep", seconds=40 * HOUR)
        assert truth(control)["chamber.humidity_percent"] == pytest.approx(45.0, abs=1.0)


@DRIVERS
def test_a_specimen_that_is_mounted_leaves_the_controller_in_charge(tmp_path: Path, driver: str):
    with chamber(tmp_path, driver) as (found, control):
        found.start(60.0)
        if driver == "watlow_f4t":
            found.set_humidity(50.0)
        control.ask("sleep", seconds=3 * HOUR)
        before = truth(control)["chamber.humidity_percent"]
        control.ask("specimen", part="chamber", model={"specimen_tau": 60.0})
        assert found.temperature().value == pytest.approx(60.0, abs=0.01)
        assert truth(control)["chamber.humidity_percent"] == pytest.approx(before)
        found.start(80.0)
        control.ask("sleep", seconds=3 * HOUR)
        assert found.temperature().value == pytest.approx(80.0, abs=0.01)
        assert truth(control)["chamber.air_degC"] == pytest.approx(80.0, abs=0.01)
        if driver == "watlow_f4t":
            assert found.humidity().value == pytest.approx(50.0, abs=0.1)


@DRIVERS
def test_what_the_chamber_or_the_bench_does_not_allow_is_never_sent(tmp_path: Path, driver: str):
    with bench(tmp_path, driver) as ((address,), _):
        found: Any = registry.connect(driver, address, limits={"temperature": 90.0})
        for value in (90.1, -200.0, float("nan")):
            with pytest.raises(SettingRefused, match="degC"):
                found.start(value)
        if driver == "watlow_f4t":
            with pytest.raises(SettingRefused, match="%"):
                found.set_humidity(99.0)
        found.close()
        assert not [line for line in commands(tmp_path) if line.startswith("write")]


@OVER
def test_a_wrong_serial_is_refused_before_any_setting(tmp_path: Path, over: str):
    with bench(tmp_path, "watlow_f4t", over=over) as ((address,), _):
        with pytest.raises(BadAnswer, match="serial 100001, expected 100002"):
            registry.connect("watlow_f4t", address, serial="100002")
        assert set(commands(tmp_path)) == {"read 12"}


def test_a_controller_without_a_serial_has_that_of_the_bench_file(tmp_path: Path):
    with chamber(tmp_path, "eurotherm_3504") as (found, _):
        identity = found.identity()
    assert (identity.model, identity.serial, identity.firmware) == ("3504", "EU-7", "2.80")


@OVER
@pytest.mark.parametrize(
    ("driver", "other"), [("watlow_f4t", "eurotherm_3504"), ("eurotherm_3504", "watlow_f4t")]
)
def test_another_controller_is_refused(tmp_path: Path, driver: str, other: str, over: str):
    with bench(tmp_path, other, over=over) as ((address,), _):
        begun = time.monotonic()
        with pytest.raises(InstrumentFault, match="illegal register"):
            registry.connect(driver, address)
        assert time.monotonic() - begun < 2.0
        found = identify(Place(address=address))
        assert found.model in registry.load(other).about.name


@OVER
@DRIVERS
def test_after_a_power_cut_a_reading_is_right(tmp_path: Path, driver: str, over: str):
    with chamber(tmp_path, driver, over) as (found, control):
        found.start(60.0)
        control.ask("sleep", seconds=3 * HOUR)
        control.ask("fault", role=driver, fault="power_cycle", seconds=0.3)
        with pytest.raises(LinkLost):
            found.temperature()
        assert found.temperature().value == pytest.approx(60.0, abs=0.01)
        assert found.set_point() == pytest.approx(60.0)


@OVER
@DRIVERS
def test_a_broken_sensor_is_a_fault_and_no_temperature(tmp_path: Path, driver: str, over: str):
    with chamber(tmp_path, driver, over) as (found, control):
        control.ask("fault", role=driver, fault="overload")
        with pytest.raises(InstrumentFault, match=r"sensor open|broken sensor"):
            found.temperature()
        assert found.temperature().value == pytest.approx(23.0, abs=0.01)
        if driver == "watlow_f4t":
            control.ask("fault", role=driver, fault="overload")
            with pytest.raises(InstrumentFault, match="sensor open"):
                found.humidity()


def test_what_was_switched_on_by_hand_counts_as_running(tmp_path: Path):
    with chamber(tmp_path, "watlow_f4t") as (found, control):
        found.link.write(2730, (54,), doing="put the loop in manual")
        assert found.settings()["mode"] == "manual"
        assert found.is_running() is True
        found.make_safe()
        assert truth(control)["outputs"] == {"watlow_f4t": False}


def test_a_profile_is_not_overridden_but_ended_where_the_bench_is_made_safe(tmp_path: Path):
    with chamber(tmp_path, "watlow_f4t") as (found, _):
        found.link.write(16562, (1782,), doing="start a profile by hand")
        with pytest.raises(InstrumentFault, match="a profile is running"):
            found.start(40.0)
        assert found.set_point() == pytest.approx(23.0)
        found.make_safe()
        found.start(40.0)
        assert found.set_point() == pytest.approx(40.0)


def test_a_controller_that_went_to_manual_is_put_back_to_automatic(tmp_path: Path):
    with chamber(tmp_path, "eurotherm_3504") as (found, control):
        found.link.write(273, (1,), doing="put the loop in manual")
        assert found.settings()["manual"] is True
        found.start(50.0)
        assert found.settings()["manual"] is False
        control.ask("sleep", seconds=3 * HOUR)
        assert found.temperature().value == pytest.approx(50.0, abs=0.01)


def test_words_in_the_other_order_are_read_where_the_bench_file_says_so(tmp_path: Path):
    with bench(tmp_path, "watlow_f4t", word_order="high low") as ((address,), _):
        found: Any = registry.connect("watlow_f4t", address, serial="100001", word_order="high low")
        found.start(37.5)
        assert found.set_point() == 37.5
        assert found.temperature().value == pytest.approx(23.0)
        found.close()
        with pytest.raises(BadAnswer, match="another F4T answers"):
            registry.connect("watlow_f4t", address, serial="100001")


@pytest.mark.parametrize("decimals", [None, 0, 1, 2])
def test_scaled_integers_and_floats_tell_the_same(tmp_path: Path, decimals: int | None):
    with bench(tmp_path, "eurotherm_3504", decimals=str(decimals or 0)) as ((address,), control):
        options = {} if decimals is None else {"decimals": decimals}
        found: Any = registry.connect("eurotherm_3504", address, **options)
        found.start(-31.0)
        control.ask("sleep", seconds=4 * HOUR)
        near = 0.01 if decimals is None else 0.5 / 10**decimals
        assert found.set_point() == -31.0
        assert found.temperature().value == pytest.approx(-31.0, abs=near + 0.01)
        found.close()


def test_options_that_no_controller_has_are_refused():
    for driver, options in {
        "watlow_f4t": [{"word_order": "middle"}, {"temperature_module": 7}, {"channel": 1}],
        "eurotherm_3504": [{"decimals": 9}, {"word_order": "low high"}],
    }.items():
        for each in options:
            with pytest.raises(SettingRefused):
                registry.connect(driver, "modbus-tcp://127.0.0.1:9/1", **each)
    # 327.67 degC is what two places can carry.
    wide = Eurotherm3504.ranges_of(lowest=-100.0, highest=1000.0, decimals=2)[0]
    assert (wide.low, wide.high) == (-100.0, 327.67)


def replayed(driver: Any, *lines: str) -> Any:
    kinds = {">": "send", "<": "receive"}
    entries = [Entry(kinds[line[0]], line[2:]) for line in lines]
    link = ModbusLink("modbus-tcp://F4T/1", ModbusLine(ModbusReplay(entries)), 1, known=(12, 19))
    return driver(link, {each.quantity: each for each in driver.ranges_of()}, NOMINAL, "")


def part_number(text: str) -> str:
    return "< 34465 1 0 0 " + " ".join(str(ord(letter)) for letter in text)


def test_degrees_fahrenheit_are_refused():
    watlow = replayed(
        WatlowF4T, "> read 12 19", part_number("F4T1D2E6A0A2AA1"), "> read 6730 1", "< 30"
    )
    with pytest.raises(InstrumentFault, match="not in degrees Celsius"):
        watlow.begin()
    eurotherm = replayed(Eurotherm3504, "> read 516 1", "< 1")
    with pytest.raises(InstrumentFault, match="not in degrees Celsius"):
        eurotherm.begin()


def test_a_cascade_controller_is_refused_and_one_loop_has_no_humidity():
    cascade = replayed(WatlowF4T, "> read 12 19", part_number("F4T1D2E6A0A6AA1"))
    with pytest.raises(InstrumentFault, match="not driven"):
        cascade.begin()
    single = replayed(WatlowF4T, "> read 12 19", part_number("F4T1D2A6A0A1AA1"))
    with pytest.raises(InstrumentFault, match="no humidity loop"):
        single.set_humidity(50.0)


def test_an_exception_in_a_transcript_is_the_fault_that_it_was():
    found = replayed(Eurotherm3504, "> read 32772 2", "< exception 6")
    with pytest.raises(InstrumentFault, match="device busy"):
        found.set_point()


def test_two_controllers_on_one_port_are_read_at_the_same_time(tmp_path: Path):
    roles = ("watlow_f4t", "eurotherm_3504")
    wrong: list[float] = []
    with bench(tmp_path, *roles, over="modbus-rtu", line="rs485") as (addresses, control):
        assert addresses[0].split("?")[0] == addresses[1].split("?")[0]
        found: list[Any] = [
            registry.connect(driver, address, serial=SERIALS[driver])
            for driver, address in zip(roles, addresses, strict=True)
        ]
        found[0].start(40.0)
        control.ask("sleep", seconds=3 * HOUR)

        def read(instrument: Any) -> None:
            for _ in range(60):
                value = instrument.temperature().value
                if value != pytest.approx(40.0, abs=0.01):
                    wrong.append(value)

        threads = [threading.Thread(target=read, args=(each,)) for each in found]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert [each.identity().model for each in found] == ["F4T", "3504"]
        for each in found:
            each.close()


def test_a_unit_that_is_not_behind_the_gateway_is_silent(tmp_path: Path):
    roles = ("watlow_f4t", "eurotherm_3504")
    with bench(tmp_path, *roles, over="modbus-tcp", line="gateway") as (addresses, _):
        assert addresses[0].rsplit("/", 1)[0] == addresses[1].rsplit("/", 1)[0]
        eurotherm = registry.connect("eurotherm_3504", addresses[1])
        eurotherm.close()
        nobody = addresses[0].rsplit("/", 1)[0] + "/3"
        link = open_modbus(nobody, known=None)
        with pytest.raises(NoAnswer, match="unit is silent"):
            link.read(1, 1, doing="read")
        link.close()
