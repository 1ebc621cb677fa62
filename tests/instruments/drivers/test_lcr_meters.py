"""LCR meters: the two-pole's impedance within the data sheet, corrections, and lost settings."""

import math
from pathlib import Path

import pytest

from instruments.drivers.keysight_e4980a import relative_accuracy
from instruments.errors import InstrumentFault, LinkLost, SettingRefused
from instruments.readings import Impedance
from instruments.simulators.fixture import FixtureModel
from instruments.simulators.impedance import Impedance as TwoPole
from instruments.simulators.impedance import ImpedanceModel
from tests.instruments.drivers.stage import bench

DRIVER = "keysight_e4980a"
CAPACITOR = 'impedance = {kind = "capacitor", capacitance = 1e-7, stray_inductance = 0.0}\n'
TRUE = TwoPole(ImpedanceModel(kind="capacitor", capacitance=1e-7, stray_inductance=0.0))
FIXTURE = "fixture = {resistance = 0.02, inductance = 3e-8, capacitance = 5e-12}\n"


def ohms(found: Impedance) -> complex:
    return complex(found.resistance.value, found.reactance.value)


@pytest.mark.parametrize("hertz", [20.0, 100.0, 1e3, 1e5, 1e6, 2e6])
def test_an_impedance_is_right_within_the_data_sheet(tmp_path: Path, hertz: float):
    with bench(tmp_path, CAPACITOR, DRIVER) as (roles, _):
        meter = roles[DRIVER]
        meter.set_frequency(hertz)
        found = meter.impedance()
        true = TRUE.at(hertz)
        assert found.frequency == hertz
        for part, wanted in ((found.resistance, true.real), (found.reactance, true.imag)):
            assert 0 < part.standard_uncertainty < 0.02 * abs(true)
            assert part.value == pytest.approx(wanted, abs=math.sqrt(3) * part.standard_uncertainty)


def test_the_accuracy_is_that_of_the_data_sheets_example():
    # 100 nF at 1 kHz, 1 V, medium: Ab 0.05 %, Zs 1.68 mohm, Yo 0.72 nS, Ae 0.05 %.
    size = 1 / (2 * math.pi * 1e3 * 100e-9)
    assert relative_accuracy(size, 1e3, 1.0, "MED") == pytest.approx(
        0.05 + 100 * (1.68e-3 / size + 0.724e-9 * size), rel=1e-4
    )
    # "How to use tables": 0.10 % in the short time at 125 Hz and 0.3 V.
    assert relative_accuracy(size, 125.0, 0.3, "SHOR") == pytest.approx(0.10, abs=0.005)
    assert relative_accuracy(size, 1e3, 1.0, "MED", ambient=35.0) == pytest.approx(
        4 * relative_accuracy(size, 1e3, 1.0, "MED")
    )


def test_the_fixture_is_seen_until_it_is_corrected_for(tmp_path: Path):
    with bench(tmp_path, CAPACITOR + FIXTURE, DRIVER) as (roles, control):
        meter = roles[DRIVER]
        meter.set_frequency(2e6)
        around = FixtureModel(resistance=0.02, inductance=3e-8, capacitance=5e-12)
        seen = around.around(TRUE.at)(2e6)
        assert abs(seen / TRUE.at(2e6) - 1) > 0.05
        assert abs(ohms(meter.impedance()) / seen - 1) < 1e-3
        for kind, correct in (("open", meter.correct_open), ("short", meter.correct_short)):
            control.ask("specimen", part="impedance", model={"kind": kind})
            correct()
        control.ask("specimen", part="impedance", model={
            "kind": "capacitor", "capacitance": 1e-7, "stray_inductance": 0.0,
        })  # fmt: skip
        assert meter.settings()["open_correction"] is True
        assert meter.settings()["short_correction"] is True
        assert abs(ohms(meter.impedance()) / TRUE.at(2e6) - 1) < 1e-3


def test_what_the_meter_would_move_to_the_nearest_end_is_refused(tmp_path: Path):
    with bench(tmp_path, CAPACITOR, DRIVER) as (roles, _):
        meter = roles[DRIVER]
        for wrong in (lambda: meter.set_frequency(3e6), lambda: meter.set_level(2.5),
                      lambda: meter.set_time("FAST"), lambda: meter.set_bias(40.0)):  # fmt: skip
            with pytest.raises(SettingRefused):
                wrong()
        assert meter.settings()["frequency"] == 1e3
        assert meter.settings()["level"] == 1.0


def test_a_meter_that_lost_its_frequency_measures_nothing(tmp_path: Path):
    with bench(tmp_path, CAPACITOR, DRIVER) as (roles, control):
        meter = roles[DRIVER]
        meter.set_frequency(1e5)
        assert meter.impedance().frequency == 1e5
        control.ask("fault", role=DRIVER, fault="power_cycle", seconds=0.2)
        with pytest.raises(LinkLost, match=r"hung up|broke"):
            meter.impedance()
        with pytest.raises(InstrumentFault, match="frequency is 1000 where 100000 was set"):
            meter.impedance()
        meter.set_frequency(1e5)
        assert abs(ohms(meter.impedance()) / TRUE.at(1e5) - 1) < 1e-3


def test_an_open_fixture_is_over_range(tmp_path: Path):
    with (
        bench(tmp_path, 'impedance = {kind = "open"}', DRIVER) as (roles, _),
        pytest.raises(InstrumentFault, match="over-range"),
    ):
        roles[DRIVER].impedance()


def test_the_bias_lowers_the_capacitance_and_is_off_when_safe(tmp_path: Path):
    world = 'impedance = {kind = "capacitor", capacitance = 1e-7, half_bias = 2.0}'
    with bench(tmp_path, world, DRIVER) as (roles, control):
        meter = roles[DRIVER]
        before = ohms(meter.impedance()).imag
        meter.set_bias(2.0)
        assert ohms(meter.impedance()).imag == pytest.approx(before, rel=1e-3)
        meter.switch_bias(True)
        assert ohms(meter.impedance()).imag == pytest.approx(2 * before, rel=1e-3)
        assert control.ask("truth")["truth"]["outputs"] == {DRIVER: True}
        meter.make_safe()
        assert control.ask("truth")["truth"]["outputs"] == {DRIVER: False}
