"""The five drivers over real sockets and ptys to simulators in processes of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import pytest

from instruments import registry
from instruments.errors import BadAnswer, InstrumentError, InstrumentFault, SettingRefused
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from testbed.adapters.remote_clock import ControlSocket


@contextmanager
def bench(name: str, state: Path) -> Iterator[tuple[dict, ControlSocket]]:
    file = read_bench(Path(str(files("testbed.adapters") / "training" / f"{name}.toml")))
    simulator = simulation.start(file.path, state, ("--clock", "virtual"))
    control = simulator.control()
    roles = file.bench("@py", simulator.announcement).roles
    connected = {
        role: registry.connect(
            each.driver, each.address, serial=each.serial, limits=each.limits, timeout=0.5
        )
        for role, each in roles.items()
    }
    try:
        yield connected, control
    finally:
        for instrument in connected.values():
            instrument.close()
        control.close()
        simulator.stop()


def test_the_load_discharges_what_the_supply_charged_and_the_meter_sees_it(tmp_path: Path):
    with bench("battery-1", tmp_path) as (roles, control):
        supply, load, meter = roles["supply"], roles["load"], roles["meter"]
        rest = meter.dc_voltage().value
        supply.set_voltage(4.2)
        supply.set_current_limit(1.0)
        supply.switch_output(True)
        control.ask("sleep", seconds=1800)
        assert supply.current().value == pytest.approx(1.0, abs=1e-3)
        assert meter.dc_voltage().value == pytest.approx(supply.voltage().value, abs=1e-3)
        assert meter.dc_voltage().value > rest
        supply.make_safe()
        load.set_sink_current(0.5)
        load.switch_input(True)
        control.ask("sleep", seconds=3600)
        truth = control.ask("truth")["truth"]
        assert truth["cell.charged_Ah"] == pytest.approx(0.5, rel=1e-9)
        assert truth["cell.discharged_Ah"] == pytest.approx(0.5, rel=1e-9)
        load.make_safe()
        assert control.ask("truth")["truth"]["outputs"] == {"supply": False, "load": False}


def test_the_bench_is_tighter_than_the_instrument_and_nothing_is_clamped(tmp_path: Path):
    with bench("battery-1", tmp_path) as (roles, _):
        # The bench file allows 5 V and 10 A, the instruments 6.18 V and 40 A.
        with pytest.raises(SettingRefused, match="5"):
            roles["supply"].set_voltage(5.5)
        with pytest.raises(SettingRefused, match="10"):
            roles["load"].set_sink_current(12.0)
        assert roles["supply"].settings()["voltage"] == 0.0


@pytest.mark.parametrize(
    "fault", ["no_answer", "late_answer", "garbage", "truncate", "overload", "wrong_identity"]
)
def test_after_any_fault_the_next_answer_is_the_right_one(tmp_path: Path, fault: str):
    with bench("battery-1", tmp_path) as (roles, control):
        right = roles["meter"].dc_voltage().value
        control.ask("fault", role="meter", fault=fault, command="MEAS", seconds=0.8)
        with pytest.raises(InstrumentError):
            roles["meter"].dc_voltage()
        assert roles["meter"].dc_voltage().value == pytest.approx(right, abs=1e-3)


def test_another_instrument_at_the_address_is_refused(tmp_path: Path):
    file = read_bench(Path(str(files("testbed.adapters") / "training" / "battery-1.toml")))
    simulator = simulation.start(file.path, tmp_path, ("--clock", "virtual"))
    try:
        address = file.bench("@py", simulator.announcement).roles["meter"].address
        with pytest.raises(BadAnswer, match="serial"):
            registry.connect("keysight_34465a", address, serial="MY99999999")
        with pytest.raises(BadAnswer, match="expected DL3021"):
            registry.connect("rigol_dl3021", address, serial=None)
    finally:
        simulator.stop()


def test_a_chamber_warms_its_specimen_and_stands_when_told(tmp_path: Path):
    with bench("climate-1", tmp_path) as (roles, control):
        roles["chamber"].start(70.0)
        control.ask("sleep", seconds=4 * 3600)
        assert roles["chamber"].temperature().value == pytest.approx(70.0, abs=0.2)
        assert roles["meter"].dc_voltage().value == pytest.approx(0.70, abs=0.002)
        roles["chamber"].make_safe()
        assert not roles["chamber"].is_running()
        with pytest.raises(SettingRefused):
            roles["chamber"].start(200.0)


def test_a_frame_hands_over_every_sample_once_and_refuses_to_pull_a_broken_piece(tmp_path: Path):
    with bench("utm-1", tmp_path) as (roles, control):
        frame = roles["frame"]
        frame.zero()
        frame.start(0.5, rate=20)
        taken = []
        while not frame.broken():
            control.ask("sleep", seconds=5)
            while samples := frame.samples():
                taken += samples
        while samples := frame.samples():
            taken += samples
        times = [sample.time for sample in taken]
        assert times == pytest.approx([number / 20 for number in range(len(times))], abs=1e-5)
        assert len(times) == control.ask("truth")["truth"]["frame.samples_delivered"]
        with pytest.raises(InstrumentFault, match="broken"):
            frame.start(0.5, rate=20)
