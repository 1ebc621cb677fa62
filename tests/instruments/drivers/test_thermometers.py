"""A thermometer with two probes: what they follow, in whatever unit it shows."""

from math import sqrt
from pathlib import Path

import pytest

from instruments import registry
from instruments.errors import BadAnswer, InstrumentFault, LinkLost, SettingRefused
from tests.instruments.drivers.stage import bench
from tests.instruments.peers import pty_peer

DRIVER = "fluke_1524"
# What other programs send to a 1523 or 1524 and read as a plain number.
OF_OTHERS = ("READ?1", "READ? 1", "FETC?", "FETCH? 2", "MEAS? 2", "measure? 1")


def test_a_reading_carries_readout_and_probe(tmp_path: Path):
    with bench(tmp_path, "probe = {}", DRIVER) as (roles, control):
        reading = roles[DRIVER].temperature()
        truth = control.ask("truth")["truth"]["probe.temperature_degC"]
        assert reading.value == pytest.approx(truth, abs=3 * reading.standard_uncertainty)
        assert reading.unit == "degC"
        # 0.015 K and 0.004 % for the readout, 0.025 K for the probe, both as bounds.
        expected = sqrt((0.015 + 4e-5 * 23.0) ** 2 + 0.025**2) / sqrt(3)
        assert reading.standard_uncertainty == pytest.approx(expected, rel=1e-3)


def test_a_certificate_of_the_probe_counts(tmp_path: Path):
    with bench(tmp_path, "probe = {}", DRIVER, probe_error=0.0) as (roles, _):
        u = roles[DRIVER].temperature().standard_uncertainty
        assert u == pytest.approx((0.015 + 4e-5 * 23.0) / sqrt(3), rel=1e-3)


def test_what_a_probe_reads_wrong_is_read_wrong(tmp_path: Path):
    with bench(tmp_path, "probe = {offset = 0.5}", DRIVER) as (roles, _):
        assert roles[DRIVER].temperature(2).value == pytest.approx(23.5, abs=0.01)


@pytest.mark.parametrize("unit", ["C", "F", "K"])
def test_the_unit_on_display_changes_no_reading(tmp_path: Path, unit: str):
    with bench(tmp_path, "probe = {}", DRIVER) as (roles, _):
        thermometer = roles[DRIVER]
        thermometer.link.write(f"UNIT:TEMP {unit}", doing="press a key")
        assert thermometer.settings()["unit"] == unit
        shown = float(thermometer.link.query("FETC? 1", doing="look"))
        assert shown == pytest.approx({"C": 23.0, "F": 73.4, "K": 296.15}[unit], abs=0.02)
        assert thermometer.temperature().value == pytest.approx(23.0, abs=0.01)


def test_a_power_cut_changes_no_reading(tmp_path: Path):
    with bench(tmp_path, "probe = {}", DRIVER) as (roles, control):
        thermometer = roles[DRIVER]
        thermometer.link.write("UNIT:TEMP F", doing="press a key")
        control.ask("fault", role=DRIVER, fault="power_cycle", seconds=0.2)
        with pytest.raises(LinkLost):
            thermometer.temperature()
        assert thermometer.temperature().value == pytest.approx(23.0, abs=0.01)


def test_a_probe_that_is_not_there_is_no_reading(tmp_path: Path):
    with bench(tmp_path, "probe = {}", DRIVER, probes=1) as (roles, _):
        with pytest.raises(SettingRefused, match="1 to 1"):
            roles[DRIVER].temperature(2)
        second = registry.connect(DRIVER, roles[DRIVER].link.address, serial="S1", timeout=0.5)
        with pytest.raises(InstrumentFault, match="stale"):
            second.temperature(2)
        assert second.temperature(1).value == pytest.approx(23.0, abs=0.01)
        with pytest.raises(SettingRefused, match="1 to 2"):
            second.temperature(3)
        second.close()


@pytest.mark.parametrize("question", OF_OTHERS)
def test_other_programs_read_a_plain_number(tmp_path: Path, question: str):
    with bench(tmp_path, "probe = {}", DRIVER) as (roles, _):
        link = roles[DRIVER].link
        link.write("*RST;*CLS", doing="begin as they do")
        assert link.query("*IDN?", doing="identify").startswith("FLUKE,1524,S1,")
        assert float(link.query(question, doing="read")) == pytest.approx(23.0, abs=0.01)


@pytest.mark.parametrize(
    ("reply", "error", "said"),
    [
        ("23.000", BadAnswer, "a value, its unit"),
        ('23.000;R;0,"No error"', BadAnswer, "one of C, F, K"),
        ('-----;C;0,"No error"', BadAnswer, "not a number"),
        ('9.91E+37;C;0,"No error"', InstrumentFault, "no value"),
        ('23.000;C;-350,"Queue overflow"', InstrumentFault, "Queue overflow"),
    ],
)
def test_what_is_no_temperature_is_no_reading(reply: str, error: type, said: str):
    def answer(line: str) -> str:
        known = {"*IDN?": "FLUKE,1524,S1,1.20", ":SYST:ERR?": '0,"No error"'}
        return known.get(line, reply) + "\r\n"

    with pty_peer(answer, b"\r\n") as (port, _):
        thermometer = registry.connect(DRIVER, port, serial="S1", timeout=0.2)
        with pytest.raises(error, match=said):
            thermometer.temperature()
        thermometer.close()


def test_another_thermometer_is_refused_before_anything_is_sent():
    heard: list[str] = []

    def answer(line: str) -> str:
        heard.append(line)
        return "FLUKE,1524,S1,1.20\r\n"

    with pty_peer(answer, b"\r\n") as (port, _):
        with pytest.raises(BadAnswer, match="serial S1, expected S2"):
            registry.connect(DRIVER, port, serial="S2", timeout=0.2)
        with pytest.raises(SettingRefused, match="probe_error"):
            registry.connect(DRIVER, port, serial="S1", timeout=0.2, probe_errors=1.0)
    assert heard == ["*IDN?"]
