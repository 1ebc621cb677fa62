"""Instruments of PyMeasure and QCoDeS in their roles: right values, refusals, safe states."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from instruments import roles
from instruments.accuracy import Conditions
from instruments.errors import BadAnswer, InstrumentFault, LinkLost, SettingRefused
from instruments.foreign.overlay_file import shipped
from tests.instruments.foreign.benches import SIMULATED, bench

pytest.importorskip("pymeasure", reason="these run in .venv-clients: make clients")
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")

METERS = ("pymeasure:keithley.Keithley2000", "pymeasure:agilent.Agilent34410A",
          "qcodes:Keysight.Keysight34465A")  # fmt: skip
SUPPLIES = ("pymeasure:keysight.KeysightE36312A", "qcodes:rigol.RigolDP832")


def test_every_overlay_that_is_shipped_is_tried():
    assert {*shipped("pymeasure"), *shipped("qcodes")} == set(SIMULATED)


@pytest.mark.parametrize("driver", METERS)
def test_a_meter_reads_what_the_circuit_has(tmp_path: Path, driver: str):
    with bench(tmp_path, meter=driver, source="keysight_e36312a") as stage:
        source, meter = stage.connect("source"), stage.connect("meter")
        source.set_voltage(4.0)
        source.set_current_limit(1.0)
        source.switch_output(True)
        reading = meter.dc_voltage()
        assert isinstance(meter, roles.Multimeter)
        assert reading.unit == "V"
        assert reading.value == pytest.approx(4.0, abs=2e-4)
        assert reading.standard_uncertainty == pytest.approx(1e-4, rel=0.5)
        assert meter.resistance().value == pytest.approx(101.0, abs=1.5)


def test_without_a_calibration_of_this_year_there_is_no_uncertainty(tmp_path: Path):
    with bench(tmp_path, meter="pymeasure:agilent.Agilent34410A") as stage:
        meter = stage.connect("meter", conditions=Conditions(since_calibration=400))
        assert meter.dc_voltage().standard_uncertainty is None


@pytest.mark.parametrize("driver", SUPPLIES)
def test_a_supply_holds_its_voltage_and_is_safe(tmp_path: Path, driver: str):
    with bench(tmp_path, supply=driver) as stage:
        supply = stage.connect("supply")
        assert isinstance(supply, roles.PowerSupply)
        supply.set_voltage(5.0)
        supply.set_current_limit(1.0)
        assert supply.voltage().value == pytest.approx(0.0, abs=1e-3)
        supply.switch_output(True)
        assert supply.voltage().value == pytest.approx(5.0, abs=2e-3)
        assert supply.current().value == pytest.approx(0.05, abs=1e-3)
        assert supply.current().standard_uncertainty > 0.0
        assert stage.control.ask("truth")["truth"]["outputs"] == {"supply": True}
        supply.make_safe()
        assert stage.control.ask("truth")["truth"]["outputs"] == {"supply": False}
        assert dict(supply.settings()) == {"voltage": 5.0, "current": 1.0, "output": False}


def test_a_source_measures_and_takes_either_sign(tmp_path: Path):
    with bench(tmp_path, smu="qcodes:Keithley.Keithley2450") as stage:
        smu = stage.connect("smu", limits={"voltage": 10.0})
        smu.source_voltage(-2.0, current_limit=0.1)
        smu.switch_output(True)
        assert smu.current().value == pytest.approx(-0.02, rel=0.02)
        before = len(stage.sent("smu"))
        with pytest.raises(SettingRefused, match="0 to 10 V"):
            smu.source_voltage(-11.0, current_limit=0.1)
        assert len(stage.sent("smu")) == before
        smu.make_safe()
        assert smu.output_is_on() is False
        with pytest.raises(InstrumentFault, match="Output needs to be on"):
            smu.voltage()


@pytest.mark.parametrize("driver", SUPPLIES)
def test_what_the_bench_does_not_allow_is_never_sent(tmp_path: Path, driver: str):
    with bench(tmp_path, supply=driver) as stage:
        supply = stage.connect("supply", limits={"voltage": 4.0}, channel=3)
        before = len(stage.sent("supply"))
        for volts in (4.5, -1.0, float("nan")):
            with pytest.raises(SettingRefused, match="0 to 4 V"):
                supply.set_voltage(volts)
        assert len(stage.sent("supply")) == before
        with pytest.raises(SettingRefused, match="channel"):
            stage.connect("supply", channel=4)


@pytest.mark.parametrize("driver", SIMULATED)
def test_another_instrument_is_refused_before_it_is_told_anything(tmp_path: Path, driver: str):
    with bench(tmp_path, it=driver) as stage:
        with pytest.raises(BadAnswer, match="serial S1, expected S2"):
            stage.connect("it", serial="S2")
        assert stage.sent("it") == ["*IDN?"]


def test_another_model_is_refused(tmp_path: Path):
    with bench(tmp_path, it="qcodes:Keysight.Keysight34465A", other="keysight_e36312a") as stage:
        setting = stage.roles["it"]
        stage.roles = {"it": type(setting)(role="it", driver=setting.driver, serial="S1",
                                           address=stage.roles["other"].address)}  # fmt: skip
        with pytest.raises(BadAnswer, match="E36312A, expected 34465A"):
            stage.connect("it")


def test_a_reading_whose_mode_was_lost_is_no_reading(tmp_path: Path):
    with bench(tmp_path, meter="qcodes:Keysight.Keysight34465A") as stage:
        meter = stage.connect("meter")
        meter.dc_voltage()
        # The setting is lost on its way, as somebody at the front panel could undo it.
        session = meter._session
        plain = session.send
        session.send = lambda line: None if "FUNCtion " in line else plain(line)
        with pytest.raises(InstrumentFault, match="sense_function is 'DC Voltage', not 'DC Curr"):
            meter.dc_current()


def test_threads_never_cross(tmp_path: Path):
    with bench(tmp_path, supply="pymeasure:keysight.KeysightE36312A") as stage:
        first, second = stage.connect("supply", channel=1), stage.connect("supply", channel=2)
        wrong: list[Any] = []

        def work(supply: Any, volts: float) -> None:
            for _ in range(60):
                supply.set_voltage(volts)
                if (found := supply.settings()["voltage"]) != volts:
                    wrong.append((volts, found))

        threads = [
            threading.Thread(target=work, args=each) for each in ((first, 3.0), (second, 7.0))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []


def test_no_other_process_can_speak_to_it(tmp_path: Path):
    with bench(tmp_path, meter="pymeasure:agilent.Agilent34410A") as stage:
        stage.connect("meter")
        address = stage.roles["meter"].address
        script = (
            "from instruments import registry\n"
            f"registry.connect('pymeasure:agilent.Agilent34410A', {address!r})\n"
        )
        ended = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "InUse: in use by process" in ended.stderr


@pytest.mark.parametrize("driver", SUPPLIES)
def test_after_a_power_cut_a_supply_is_off_and_says_so(tmp_path: Path, driver: str):
    with bench(tmp_path, supply=driver) as stage:
        supply = stage.connect("supply")
        supply.set_voltage(5.0)
        supply.set_current_limit(1.0)
        supply.switch_output(True)
        stage.control.ask("fault", role="supply", fault="power_cycle", seconds=0.2)
        with pytest.raises(LinkLost):
            supply.voltage()
        assert supply.output_is_on() is False
        assert supply.voltage().value == pytest.approx(0.0, abs=1e-3)
