"""The function generator on a signal line: what it puts out, refuses, and leaves behind."""

import socket
from pathlib import Path

import pytest

from instruments.errors import BadAnswer, InstrumentFault, LinkLost, SettingRefused
from instruments.registry import connect
from tests.faults.matrix import stage as alone
from tests.instruments.drivers.stage import bench

GENERATORS = ("rigol_dg1062z",)


def on_the_line(control, role: str) -> tuple[float, float, float]:
    truth = control.ask("truth")["truth"]
    names = ("frequency_Hz", "amplitude_V", "offset_V")
    return tuple(truth[f"signals.{role}.{name}"] for name in names)


def asked(address: str, *lines: str) -> list[str]:
    """Send lines over a raw socket; gives the answers to the questions among them."""
    _, host, port, _ = address.split("::")
    with socket.create_connection((host, int(port)), timeout=2) as connection:
        replies = connection.makefile("r")
        answers = []
        for line in lines:
            connection.sendall(line.encode() + b"\n")
            if "?" in line:
                answers.append(replies.readline().strip())
        return answers


@pytest.mark.parametrize("driver", GENERATORS)
def test_a_generator_puts_its_sine_onto_the_line_and_takes_it_off(tmp_path: Path, driver: str):
    with bench(tmp_path, "", driver) as (roles, control):
        generator = roles[driver]
        generator.set_sine(12_345.678, amplitude=2.0, offset=-0.5)
        assert on_the_line(control, driver)[1] == 0.0
        generator.switch_output(True)
        assert on_the_line(control, driver) == pytest.approx((12_345.678, 2.0, -0.5))
        assert control.ask("truth")["truth"]["outputs"] == {driver: True}
        generator.make_safe()
        assert control.ask("truth")["truth"]["outputs"] == {driver: False}
        assert on_the_line(control, driver)[1] == 0.0
        assert generator.settings()["output"] is False


@pytest.mark.parametrize("driver", GENERATORS)
def test_a_generator_set_for_a_load_puts_out_more_without_it(tmp_path: Path, driver: str):
    with bench(tmp_path, "", driver, load=50.0) as (roles, control):
        generator = roles[driver]
        generator.set_square(1e3, amplitude=1.0, duty=25.0)
        generator.switch_output(True)
        # An input of high resistance sees the whole source voltage.
        assert on_the_line(control, driver) == pytest.approx((1e3, 2.0, 0.0))
        assert generator.settings()["load"] == 50.0
        assert generator.settings()["amplitude"] == 1.0


@pytest.mark.parametrize("driver", GENERATORS)
def test_a_generator_refuses_what_its_output_cannot_give(tmp_path: Path, driver: str):
    with bench(tmp_path, "", driver, channel=2) as (roles, _):
        generator = roles[driver]
        before = dict(generator.settings())
        with pytest.raises(SettingRefused, match="frequency"):
            generator.set_sine(61e6, amplitude=1.0)
        with pytest.raises(SettingRefused, match="up to 5 V at 5e"):
            generator.set_sine(50e6, amplitude=6.0)
        with pytest.raises(SettingRefused, match="peak"):
            generator.set_sine(1e3, amplitude=10.0, offset=6.0)
        with pytest.raises(SettingRefused, match="square"):
            generator.set_square(30e6, amplitude=1.0)
        with pytest.raises(SettingRefused, match="duty"):
            generator.set_square(1e3, amplitude=1.0, duty=100.0)
        assert dict(generator.settings()) == before


@pytest.mark.parametrize("driver", GENERATORS)
def test_a_bench_limits_the_peak_of_either_sign(tmp_path: Path, driver: str):
    with alone(driver, tmp_path) as (address, _, _):
        generator = connect(driver, address, serial="SN0001", limits={"peak": 1.0})
        for offset in (0.6, -0.6):
            with pytest.raises(SettingRefused, match="peak"):
                generator.set_sine(1e3, amplitude=1.0, offset=offset)
        generator.set_sine(1e3, amplitude=1.0, offset=-0.5)
        assert generator.settings()["offset"] == -0.5
        generator.close()


@pytest.mark.parametrize("driver", GENERATORS)
def test_a_signal_lost_in_a_power_cut_is_not_switched_on(tmp_path: Path, driver: str):
    with bench(tmp_path, "", driver) as (roles, control):
        generator = roles[driver]
        generator.set_sine(50.0, amplitude=0.1)
        control.ask("fault", role=driver, fault="power_cycle", seconds=0.2)
        with pytest.raises(LinkLost):
            generator.output_is_on()
        with pytest.raises(InstrumentFault, match="is set to SIN of 1000 Hz, 5 V"):
            generator.switch_output(True)
        assert control.ask("truth")["truth"]["outputs"] == {driver: False}


@pytest.mark.parametrize("driver", GENERATORS)
def test_what_was_left_at_the_front_panel_does_not_change_the_signal(tmp_path: Path, driver: str):
    with bench(tmp_path, "", driver) as (roles, control):
        generator = roles[driver]
        address = generator.link.address
        asked(address, ":OUTP1:LOAD 50", ":SOUR1:VOLT:UNIT VRMS", ":OUTP1:POL INV",
              ":SOUR1:BURS ON", ":SYST:ERR?")  # fmt: skip
        generator.set_sine(1e3, amplitude=1.0)
        generator.switch_output(True)
        assert on_the_line(control, driver) == pytest.approx((1e3, 1.0, 0.0))
        assert asked(address, ":OUTP1:POL?", ":SOUR1:BURS?") == ["NORMAL", "OFF"]


@pytest.mark.parametrize("driver", GENERATORS)
def test_make_safe_switches_both_outputs_off(tmp_path: Path, driver: str):
    with bench(tmp_path, "", driver) as (roles, control):
        asked(roles[driver].link.address, ":OUTP2 ON", ":OUTP2?")
        assert control.ask("truth")["truth"]["outputs"] == {driver: True}
        roles[driver].make_safe()
        assert control.ask("truth")["truth"]["outputs"] == {driver: False}


@pytest.mark.parametrize("driver", GENERATORS)
def test_a_wrong_serial_is_refused_before_any_setting(tmp_path: Path, driver: str):
    with alone(driver, tmp_path) as (address, _, _):
        asked(address, ":SOUR1:FREQ 777", ":SYST:ERR?")
        with pytest.raises(BadAnswer, match="serial SN0001, expected OTHER"):
            connect(driver, address, serial="OTHER")
        assert asked(address, ":SOUR1:FREQ?") == ["7.770000E+02"]


def test_the_dg1062z_shows_one_signal_in_several_ways(tmp_path: Path):
    with alone("rigol_dg1062z", tmp_path) as (address, _, _):
        replies = asked(
            address,
            ":SOUR2:APPL:SQU 2e3,4,1,90;:SOUR2:APPL?",
            ":SOUR2:VOLT:HIGH?;LOW?",
            ":SOUR2:VOLT:UNIT VRMS;:SOUR2:VOLT?",
            ":SOUR2:PER?",
            ":OUTP2:LOAD?",
            ":OUTP2:LOAD 50;:SOUR2:VOLT:UNIT VPP;:SOUR2:VOLT?;:OUTP2:IMP?",
            ":SOUR2:VOLT 11;:SYST:ERR?",
            ":SOUR2:APPL:NOIS 2,0;:SOUR2:APPL?",
            ":SOUR2:APPL:DC 1,1,1.5;:SOUR2:APPL?",
            ":SOUR3:FREQ 1;:SYST:ERR?",
        )
    assert replies == [
        '"SQU,2.000000E+03,4.000000E+00,1.000000E+00,9.000000E+01"',
        "3.000000E+00;-1.000000E+00",
        "2.000000E+00",
        "5.000000E-04",
        "9.900000E+37",
        "2.000000E+00;5.000000E+01",
        '-222,"Data out of range"',
        '"NOISE,DEF,2.000000E+00,0.000000E+00,DEF"',
        '"DC,DEF,DEF,1.500000E+00"',
        '-114,"Header suffix out of range"',
    ]
