"""Oscilloscopes at the end of a generator's line: what they see of it, and what they refuse to."""

import socket
from pathlib import Path

import numpy as np
import pytest

from instruments.errors import BadAnswer, InstrumentFault, LinkLost, NoAnswer, SettingRefused
from instruments.registry import connect
from tests.faults.matrix import stage as alone
from tests.instruments.drivers.stage import bench

GENERATOR = "rigol_dg1062z"
SCOPES = ("rigol_ds1104z", "siglent_sds1104xe")


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


def fitted(wave, hertz: float) -> tuple[float, float, float]:
    """Fit a sine of a known frequency; gives peak to peak, middle [V] and phase [rad]."""
    times = wave.start + wave.step * np.arange(len(wave.values))
    turns = 2 * np.pi * hertz * times
    columns = np.column_stack((np.sin(turns), np.cos(turns), np.ones_like(turns)))
    sine, cosine, middle = np.linalg.lstsq(columns, wave.values, rcond=None)[0]
    return 2 * float(np.hypot(sine, cosine)), float(middle), float(np.arctan2(cosine, sine))


@pytest.mark.parametrize("driver", SCOPES)
def test_a_scope_sees_what_the_generator_puts_out(tmp_path: Path, driver: str):
    with bench(tmp_path, "", GENERATOR, driver) as (roles, _):
        generator, scope = roles[GENERATOR], roles[driver]
        generator.set_sine(1e3, amplitude=2.0, offset=0.5)
        generator.switch_output(True)
        scope.set_up(full_time=5e-3, full_scale=4.0)
        scope.set_trigger(0.5)
        (wave,) = scope.capture(1)
        amplitude, middle, phase = fitted(wave, 1e3)
        # The mean of many samples is far better than the specification of one.
        assert amplitude == pytest.approx(2.0, abs=0.01)
        assert middle == pytest.approx(0.5, abs=0.01)
        # The trigger, a rising edge through the middle, is at 0 s.
        assert phase == pytest.approx(0.0, abs=0.02)
        assert wave.start < 0.0 < wave.start + wave.step * len(wave.values)
        assert wave.step * len(wave.values) >= 5e-3
        assert wave.unit == "V"
        assert 0.02 < wave.standard_uncertainty < 0.2


@pytest.mark.parametrize("driver", SCOPES)
def test_two_channels_of_one_acquisition_belong_together(tmp_path: Path, driver: str):
    lines = f'signals.inputs.{driver} = ["{GENERATOR}", "out", "{GENERATOR}"]'
    world = f'circuit = {{kind = "cell"}}\n{lines}'
    with bench(tmp_path, world, GENERATOR, driver) as (roles, control):
        generator, scope = roles[GENERATOR], roles[driver]
        generator.set_square(10e3, amplitude=3.0, duty=25.0)
        generator.switch_output(True)
        for channel in (1, 2, 3):
            scope.set_up(full_time=500e-6, full_scale=10.0, channel=channel)
        scope.set_trigger(0.0, channel=1, rising=False)
        one, cell, three = scope.capture(1, 2, 3)
        truth = control.ask("truth")["truth"]
        assert float(cell.values.mean()) == pytest.approx(truth["cell.voltage_V"], abs=0.05)
        high = (one.values > 0).mean()
        assert high == pytest.approx(0.25, abs=0.02)
        clear = (np.abs(one.values) > 1.0) & (np.abs(three.values) > 1.0)
        assert clear.mean() > 0.99
        assert np.array_equal(one.values[clear] > 0, three.values[clear] > 0)
        # After the falling edge it stays low for three quarters of a period.
        after = one.values[round(-one.start / one.step) + 10 :][: round(70e-6 / one.step)]
        assert after.max() < 0.0


@pytest.mark.parametrize("driver", SCOPES)
def test_a_signal_that_leaves_the_window_is_no_waveform(tmp_path: Path, driver: str):
    with bench(tmp_path, "", GENERATOR, driver) as (roles, _):
        generator, scope = roles[GENERATOR], roles[driver]
        generator.set_sine(1e3, amplitude=8.0)
        generator.switch_output(True)
        scope.set_up(full_time=5e-3, full_scale=4.0)
        with pytest.raises(InstrumentFault, match="leaves the window of channel 1"):
            scope.capture(1)
        scope.set_up(full_time=5e-3, full_scale=8.0)
        assert fitted(scope.capture(1)[0], 1e3)[0] == pytest.approx(8.0, rel=0.01)


@pytest.mark.parametrize("driver", SCOPES)
def test_a_trigger_that_does_not_come_is_named(tmp_path: Path, driver: str):
    with bench(tmp_path, "", GENERATOR, driver, own={driver: {"wait": 0.1}}) as (roles, _):
        generator, scope = roles[GENERATOR], roles[driver]
        generator.set_sine(1e3, amplitude=1.0)
        generator.switch_output(True)
        scope.set_up(full_time=5e-3, full_scale=8.0)
        scope.set_trigger(3.0)
        with pytest.raises(InstrumentFault, match="no trigger came in time"):
            scope.capture(1)
        scope.set_trigger(0.2)
        assert len(scope.capture(1)[0].values) > 1000


@pytest.mark.parametrize("driver", SCOPES)
def test_a_scope_refuses_what_it_cannot_show(tmp_path: Path, driver: str):
    with bench(tmp_path, "", GENERATOR, driver) as (roles, _):
        scope = roles[driver]
        before = dict(scope.settings())
        with pytest.raises(SettingRefused, match="full time"):
            scope.set_up(full_time=1e6, full_scale=8.0)
        with pytest.raises(SettingRefused, match="full scale"):
            scope.set_up(full_time=1e-3, full_scale=1e4)
        with pytest.raises(SettingRefused, match="channel"):
            scope.set_up(full_time=1e-3, full_scale=8.0, channel=5)
        with pytest.raises(SettingRefused, match="channel"):
            scope.capture(0)
        assert dict(scope.settings()) == before
        scope.set_up(full_time=1e-3, full_scale=8.0)
        with pytest.raises(SettingRefused, match="level"):
            scope.set_trigger(9.0)


@pytest.mark.parametrize("driver", SCOPES)
def test_after_a_power_cut_no_waveform_is_taken_with_lost_settings(tmp_path: Path, driver: str):
    with bench(tmp_path, "", GENERATOR, driver) as (roles, control):
        scope = roles[driver]
        scope.set_up(full_time=5e-3, full_scale=2.0)
        control.ask("fault", role=driver, fault="power_cycle", seconds=0.2)
        with pytest.raises(LinkLost):
            scope.capture(1)
        with pytest.raises(InstrumentFault, match="is set to"):
            scope.capture(1)
        scope.set_up(full_time=5e-3, full_scale=2.0)
        assert len(scope.capture(1)[0].values) > 1000


@pytest.mark.parametrize("driver", SCOPES)
@pytest.mark.parametrize(
    ("fault", "error"),
    [("truncate", NoAnswer), ("no_answer", NoAnswer), ("garbage", BadAnswer),
     ("disconnect", LinkLost), ("late_answer", NoAnswer)],
)  # fmt: skip
def test_a_broken_block_is_no_waveform(tmp_path: Path, driver: str, fault: str, error: type):
    question = {"rigol_ds1104z": "WAV:DATA?", "siglent_sds1104xe": "WF? DAT2"}[driver]
    with bench(tmp_path, "", GENERATOR, driver) as (roles, control):
        generator, scope = roles[GENERATOR], roles[driver]
        generator.set_sine(1e3, amplitude=1.0)
        generator.switch_output(True)
        scope.set_up(full_time=5e-3, full_scale=2.0)
        control.ask("fault", role=driver, fault=fault, command=question, seconds=0.8)
        with pytest.raises(error):
            scope.capture(1)
        amplitude, _, _ = fitted(scope.capture(1)[0], 1e3)
        assert amplitude == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    ("driver", "line"),
    [
        ("rigol_ds1104z", ":CHAN1:INV ON;:CHAN1:OFFS 1;:CHAN1:COUP AC;:SYST:ERR?"),
        ("siglent_sds1104xe", "C1:INVS ON;C1:OFST 1;C1:CPL A1M;CMR?"),
    ],
)
def test_what_was_left_at_the_front_panel_does_not_change_the_waveform(
    tmp_path: Path, driver: str, line: str
):
    with bench(tmp_path, "", GENERATOR, driver) as (roles, _):
        generator, scope = roles[GENERATOR], roles[driver]
        generator.set_sine(1e3, amplitude=2.0, offset=0.5)
        generator.switch_output(True)
        asked(scope.link.address, line)
        inverted = scope.capture(1)[0].values
        scope.set_up(full_time=5e-3, full_scale=4.0)
        scope.set_trigger(0.5)
        amplitude, middle, phase = fitted(scope.capture(1)[0], 1e3)
        assert (amplitude, middle, phase) == pytest.approx((2.0, 0.5, 0.0), abs=0.02)
        # Left as it was, it would have been another one.
        assert abs(float(inverted.mean())) < 0.1


@pytest.mark.parametrize("driver", SCOPES)
def test_a_wrong_serial_is_refused_before_any_setting(tmp_path: Path, driver: str):
    with alone(driver, tmp_path) as (address, _, _):
        before = asked(address, "*IDN?")
        with pytest.raises(BadAnswer, match="serial SN0001, expected OTHER"):
            connect(driver, address, serial="OTHER")
        assert asked(address, "*IDN?") == before


def test_the_ds1104z_is_read_in_parts(tmp_path: Path):
    deep = {"rigol_ds1104z": {"depth": 1_200_000}}
    with bench(tmp_path, "", GENERATOR, "rigol_ds1104z", own=deep) as (roles, _):
        generator, scope = roles[GENERATOR], roles["rigol_ds1104z"]
        generator.set_sine(1e3, amplitude=2.0)
        generator.switch_output(True)
        scope.set_up(full_time=12e-3, full_scale=4.0)
        scope.set_trigger(0.0)
        (wave,) = scope.capture(1)
        assert len(wave.values) == 1_200_000
        assert wave.step == pytest.approx(1e-8)
        amplitude, middle, _ = fitted(wave, 1e3)
        assert (amplitude, middle) == pytest.approx((2.0, 0.0), abs=0.01)


def test_the_ds1104z_answers_as_its_guide_says(tmp_path: Path):
    with alone("rigol_ds1104z", tmp_path) as (address, _, _):
        replies = asked(
            address,
            ":CHAN1:PROB 1;:CHAN1:SCAL?",
            ":CHAN1:SCAL 0.3;:CHAN1:SCAL?",
            ":CHAN1:RANG?",
            ":CHANnel2:DISPlay?;:chan1:disp?",
            ":TIM:SCAL 2e-3;:TIM:MAIN:SCAL?",
            ":ACQ:MDEP 12000;:ACQ:MDEP?;:ACQ:SRAT?",
            ":TRIG:STAT?",
            ":STOP;:TRIG:STAT?",
            ":WAV:MODE RAW;:WAV:POIN?",
            ":ACQ:MDEP 120000;:SYST:ERR?",
            ":CHAN5:SCAL 1;:SYST:ERR?",
        )
    assert replies == [
        "1.000000e-01",
        "2.000000e-01",
        "1.600000e+00",
        "0;1",
        "2.000000e-03",
        "12000;5.000000e+05",
        "AUTO",
        "STOP",
        "12000",
        '-221,"Settings conflict"',
        '-114,"Header suffix out of range"',
    ]


def test_the_sds1104xe_keeps_errors_in_registers_that_reading_clears(tmp_path: Path):
    with alone("siglent_sds1104xe", tmp_path) as (address, _, _):
        replies = asked(
            address,
            "CMR?",
            "C1:VDIF 1V",
            "CMR?",
            "CMR?",
            "C1:VDIV 500V",
            "EXR?",
            "C1:VDIV?",
            "SYST:ERR?;CMR?",
        )
    assert replies == ["CMR 0", "CMR 1", "CMR 0", "EXR 25", "C1:VDIV 1.00E+00V", "CMR 1"]


def test_the_sds1104xe_replies_as_its_header_mode_says(tmp_path: Path):
    with alone("siglent_sds1104xe", tmp_path) as (address, _, _):
        replies = asked(
            address,
            "C2:VDIV 500MV;C2:VDIV?",
            "C2:OFFSET -1.5;C2:OFST?",
            "TDIV 180US;TDIV?",
            "SARA?",
            "SANU?",
            "TRSE?",
            "C3:TRLV 250MV;TRSE EDGE,SR,C3,HT,OFF;TRLV?",
            "CHDR LONG;C2:VDIV?;TRSE?",
            "CHDR OFF;C2:VDIV?;SARA?;INR?",
        )
    assert replies == [
        "C2:VDIV 5.00E-01V",
        "C2:OFST -1.50E+00V",
        "TDIV 2.00E-04S",
        "SARA 1.00GSa/s",
        "SANU 2.80Mpts",
        "TRSE EDGE,SR,C1,HT,TI,HV,8.00E-08S",
        "C3:TRLV 2.50E-01V",
        "C2:VOLT_DIV 5.00E-01V;TRIG_SELECT EDGE,SR,C3,HT,OFF",
        "5.00E-01;1.00E+09;8193",
    ]


def test_an_answer_under_another_header_is_not_taken(tmp_path: Path):
    with bench(tmp_path, "", "siglent_sds1104xe") as (roles, control):
        scope = roles["siglent_sds1104xe"]
        scope.set_up(full_time=5e-3, full_scale=2.0)
        # The plug of somebody else: a reply that is right for another question.
        control.ask("fault", role="siglent_sds1104xe", fault="wrong_identity", command="TDIV?")
        with pytest.raises(BadAnswer):
            scope.capture(1)
        asked(scope.link.address, "CHDR OFF", "CHDR?")
        assert len(scope.capture(1)[0].values) == 14_000
        assert asked(scope.link.address, "CHDR?") == ["CHDR SHORT"]


def test_the_sds1104xe_names_a_refused_setting(tmp_path: Path):
    with bench(tmp_path, "", "siglent_sds1104xe") as (roles, control):
        control.ask("fault", role="siglent_sds1104xe", fault="locked", command="VDIV ")
        with pytest.raises(InstrumentFault, match="EXR 21 permission error"):
            roles["siglent_sds1104xe"].set_up(full_time=5e-3, full_scale=2.0)


@pytest.mark.parametrize(
    ("driver", "question", "lead"),
    [("rigol_ds1104z", ":DISP:DATA?", 11), ("siglent_sds1104xe", "SCDP", 0)],
)
def test_a_screen_is_a_bitmap_of_the_size_it_says(
    tmp_path: Path, driver: str, question: str, lead: int
):
    with alone(driver, tmp_path) as (address, _, _):
        _, host, port, _ = address.split("::")
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(question.encode() + b"\n")
            replies = connection.makefile("rb")
            head = replies.read(lead + 6)
            size = int.from_bytes(head[lead + 2 :], "little")
            rest = replies.read(size - 6 + 1)
    assert head[lead : lead + 2] == b"BM"
    assert lead == 0 or head[:lead] == f"#9{size:09d}".encode()
    assert size == 54 + 800 * 480 * 3
    assert len(rest) == size - 6 + 1
    assert rest[-1:] == b"\n"
    # The first input's trace is yellow: no blue, full green and red.
    assert rest.count(b"\x00\xff\xff") >= 800
