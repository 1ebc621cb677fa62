"""A withstand tester on insulation: what it finds, what it refuses, and that its voltage is off."""

from math import pi, sqrt
from pathlib import Path

import pytest

from instruments import registry
from instruments.errors import BadAnswer, InstrumentFault, LinkLost, SettingRefused
from tests.faults.matrix import stage
from tests.instruments.drivers.stage import bench

TESTER = "gwinstek_gpt9803"


def outputs(control) -> dict[str, bool]:
    return control.ask("truth")["truth"]["outputs"]


def switched(control) -> list[bool]:
    return [each["on"] for each in control.ask("log")["events"] if each["event"] == "output"]


def test_good_insulation_passes_and_its_leakage_is_that_of_its_capacitance(tmp_path: Path):
    with bench(tmp_path, "insulation = {}", TESTER) as (roles, control):
        tester = roles[TESTER]
        tester.set_withstand(1500.0, alternating=True, limit=5e-3, seconds=3.0)
        tester.start()
        control.ask("sleep", seconds=2.0)
        assert tester.is_on()
        assert outputs(control) == {TESTER: True}
        assert tester.voltage().value == pytest.approx(1500.0)
        leakage = tester.leakage()
        true = 1500.0 * 2 * pi * 60.0 * 1e-9
        assert abs(leakage.value - true) < sqrt(3) * leakage.standard_uncertainty
        control.ask("sleep", seconds=2.0)
        assert not tester.is_on()
        assert tester.passed()
        assert switched(control) == [True, False]


@pytest.mark.parametrize(("alternating", "volts"), [(True, 2500.0), (False, 3500.0)])
def test_a_breakdown_is_cut_off_and_fails_and_shows_no_leakage(
    tmp_path: Path, alternating: bool, volts: float
):
    with bench(tmp_path, "insulation = {}", TESTER) as (roles, control):
        tester = roles[TESTER]
        tester.set_withstand(volts, alternating=alternating, limit=5e-3, seconds=60.0)
        tester.start()
        control.ask("sleep", seconds=1.0)
        truth = control.ask("truth")["truth"]
        assert truth["insulation.broken"]
        assert truth["outputs"] == {TESTER: False}
        assert truth["insulation.applied_V"] == 0.0
        assert not tester.is_on()
        assert not tester.passed()
        assert tester.voltage().value < volts
        with pytest.raises(InstrumentFault, match="no value"):
            tester.leakage()
        assert switched(control) == [True, False]


def test_insulation_resistance_is_that_of_the_piece_at_the_end_of_the_test(tmp_path: Path):
    with bench(tmp_path, "insulation = {resistance = 1e9}", TESTER) as (roles, control):
        tester = roles[TESTER]
        tester.set_insulation(500.0, seconds=900.0)
        tester.start()
        control.ask("sleep", seconds=901.0)
        found = tester.insulation()
        assert tester.passed()
        true = 1e9 / (1 + 2 * 2.718281828 ** (-900 / 180))
        assert abs(found.value - true) < sqrt(3) * found.standard_uncertainty
        # A resistance is no leakage.
        with pytest.raises(InstrumentFault, match="function IR"):
            tester.leakage()


def test_a_resistance_beyond_its_range_is_no_number(tmp_path: Path):
    with bench(tmp_path, "insulation = {resistance = 1e12}", TESTER) as (roles, control):
        tester = roles[TESTER]
        tester.set_insulation(1000.0, seconds=1.0)
        tester.start()
        control.ask("sleep", seconds=5.0)
        with pytest.raises(InstrumentFault, match="no value"):
            tester.insulation()


def test_an_open_interlock_refuses_the_start_and_ends_a_running_test(tmp_path: Path):
    with bench(tmp_path, "insulation = {}", TESTER) as (roles, control):
        tester = roles[TESTER]
        tester.set_withstand(1500.0, alternating=True, limit=5e-3, seconds=60.0)
        assert tester.interlock_closed()
        control.ask("interlock", closed=False)
        assert not tester.interlock_closed()
        with pytest.raises(InstrumentFault, match="interlock is open"):
            tester.start()
        assert switched(control) == []
        control.ask("interlock", closed=True)
        tester.start()
        control.ask("sleep", seconds=5.0)
        control.ask("interlock", closed=False)
        # Off by itself, before anybody asks the tester.
        assert switched(control) == [True, False]
        assert not tester.is_on()
        control.ask("interlock", closed=True)
        assert not tester.is_on()
        assert not tester.passed()


def test_the_tester_itself_refuses_where_its_status_does_not_show_the_interlock(tmp_path: Path):
    with bench(tmp_path, "insulation = {}", TESTER) as (roles, control):
        tester = roles[TESTER]
        tester.set_withstand(1500.0, alternating=True, limit=5e-3, seconds=60.0)
        control.ask("interlock", closed=False)
        tester.interlock_closed = lambda: True
        with pytest.raises(InstrumentFault, match="Mode Error"):
            tester.start()
        assert switched(control) == []


def test_make_safe_reads_back_that_the_voltage_is_off(tmp_path: Path):
    with bench(tmp_path, "insulation = {}", TESTER) as (roles, control):
        tester = roles[TESTER]
        tester.set_withstand(1500.0, alternating=False, limit=5e-3, seconds=60.0)
        tester.start()
        control.ask("sleep", seconds=5.0)
        control.ask("fault", role=TESTER, fault="error_queue", command="MEAS")
        tester.voltage()
        tester.make_safe()
        assert outputs(control) == {TESTER: False}
        assert not tester.settings()["on"]
        tester.start()
        control.ask("fault", role=TESTER, fault="locked", command="TEST OFF")
        with pytest.raises(InstrumentFault, match="still on"):
            tester.make_safe()


@pytest.mark.parametrize(
    ("settings", "accepted"),
    [
        ({"volts": 5001.0, "alternating": True, "limit": 1e-3, "seconds": 1.0}, "5000 V"),
        ({"volts": 1500.0, "alternating": True, "limit": 43e-3, "seconds": 1.0}, "0.042 A"),
        ({"volts": 1500.0, "alternating": True, "limit": 40e-3, "seconds": 300.0}, "240 s"),
        ({"volts": 6000.0, "alternating": False, "limit": 10e-3, "seconds": 1.0}, "50 W"),
        ({"volts": 1500.0, "alternating": True, "limit": 1e-3, "seconds": 0.1}, "0.5 to"),
    ],
)
def test_what_the_tester_cannot_do_is_refused_before_anything_is_sent(
    tmp_path: Path, settings: dict[str, float], accepted: str
):
    with bench(tmp_path, "insulation = {}", TESTER) as (roles, _):
        tester, sent = roles[TESTER], []
        tester.link.watch(lambda way, line: sent.append(line))
        with pytest.raises(SettingRefused, match=accepted):
            tester.set_withstand(**settings)
        with pytest.raises(SettingRefused, match="steps of 50 V"):
            tester.set_insulation(510.0, seconds=1.0)
        assert sent == []


def test_nothing_starts_that_was_not_prepared_or_that_a_power_cut_lost(tmp_path: Path):
    with bench(tmp_path, "insulation = {}", TESTER) as (roles, control):
        tester = roles[TESTER]
        with pytest.raises(InstrumentFault, match="no test is prepared"):
            tester.start()
        tester.set_withstand(1500.0, alternating=True, limit=5e-3, seconds=60.0)
        tester.start()
        control.ask("sleep", seconds=5.0)
        control.ask("fault", role=TESTER, fault="power_cycle", seconds=0.2)
        with pytest.raises(LinkLost):
            tester.voltage()
        assert switched(control) == [True, False]
        assert tester.voltage().value == 0.0
        with pytest.raises(InstrumentFault, match="no test has ended"):
            tester.passed()
        with pytest.raises(InstrumentFault, match="no test is there"):
            tester.leakage()
        with pytest.raises(InstrumentFault, match="prepare the test again"):
            tester.start()
        assert not tester.is_on()


def test_another_tester_is_refused_before_any_setting(tmp_path: Path):
    with stage(TESTER, tmp_path) as (address, _, _):
        with pytest.raises(BadAnswer, match="serial SN0001, expected SN0002"):
            registry.connect(TESTER, address, serial="SN0002")
        with pytest.raises(SettingRefused, match="50 or 60 Hz"):
            registry.connect(TESTER, address, serial="SN0001", frequency=400)
