"""A Keysight oscilloscope: its own generator, a converter's ripple, triggers, clipped records."""

import math
from pathlib import Path

import numpy as np
import pytest

from instruments.errors import InstrumentFault, LinkLost, SettingRefused
from instruments.readings import Waveform
from tests.instruments.drivers.stage import bench

DRIVER = "keysight_dsox1204g"
LOOPED = f'signals = {{inputs = {{{DRIVER} = ["{DRIVER}", "", "{DRIVER}"]}}}}\n'
CONVERTER = 'circuit = {kind = "converter"}\n'


def bound(found: Waveform) -> float:
    assert found.standard_uncertainty is not None
    return math.sqrt(3) * found.standard_uncertainty


def times(found: Waveform) -> np.ndarray:
    return found.start + found.step * np.arange(len(found.values))


@pytest.mark.parametrize("form", ["WORD", "BYTE"])
def test_its_generator_comes_back_as_it_was_set(tmp_path: Path, form: str):
    with bench(tmp_path, LOOPED, DRIVER, form=form) as (roles, control):
        scope = roles[DRIVER]
        scope.set_sine(10e3, amplitude=2.0, offset=0.25)
        scope.switch_output(True)
        scope.set_up(full_time=400e-6, full_scale=4.0)
        scope.set_trigger(0.25)
        (found,) = scope.capture(1)
        assert len(found.values) == 10_000
        assert times(found)[[0, -1]] == pytest.approx([-200e-6, 200e-6], abs=2 * found.step)
        true = 0.25 + np.sin(2 * np.pi * 10e3 * times(found))
        assert found.values == pytest.approx(true, abs=0.05)
        assert bound(found) == pytest.approx(0.03 * 4.0 + 0.1 * 0.5 + 0.02, rel=1e-6)
        truth = control.ask("truth")["truth"]
        assert truth[f"signals.{DRIVER}.amplitude_V"] == 2.0
        assert truth["outputs"] == {DRIVER: True}
        scope.make_safe()
        assert control.ask("truth")["truth"]["outputs"] == {DRIVER: False}


def test_the_trigger_takes_the_edge_that_was_asked_for(tmp_path: Path):
    with bench(tmp_path, LOOPED, DRIVER) as (roles, _):
        scope = roles[DRIVER]
        scope.set_square(1e3, amplitude=4.0, duty=25.0)
        scope.switch_output(True)
        scope.set_up(full_time=2e-3, full_scale=8.0)
        for rising in (True, False):
            scope.set_trigger(0.0, rising=rising)
            first, free, third = scope.capture(1, 2, 3)
            after = (times(first) > 10e-6) & (times(first) < 200e-6)
            assert np.sign(first.values[after]).mean() == (1.0 if rising else -1.0)
            assert np.mean(first.values > 0) == pytest.approx(0.25, abs=0.01)
            # The inputs of one record are of one moment.
            assert np.abs(first.values - third.values).mean() < 0.1
            assert abs(free.values.mean()) < 0.1


def test_a_trigger_that_does_not_come_is_a_fault(tmp_path: Path):
    with bench(tmp_path, LOOPED, DRIVER, wait=0.3) as (roles, _):
        scope = roles[DRIVER]
        scope.set_up(full_time=1e-3, full_scale=4.0)
        scope.set_trigger(1.0)
        with pytest.raises(InstrumentFault, match="no trigger came in time"):
            scope.capture(1)
        scope.set_sine(5e3, amplitude=3.0)
        scope.switch_output(True)
        assert scope.capture(1)[0].values.max() == pytest.approx(1.5, abs=0.05)


def test_a_signal_that_leaves_the_window_is_a_fault(tmp_path: Path):
    with bench(tmp_path, LOOPED, DRIVER) as (roles, _):
        scope = roles[DRIVER]
        scope.set_sine(10e3, amplitude=8.0)
        scope.switch_output(True)
        scope.set_up(full_time=400e-6, full_scale=2.0)
        with pytest.raises(InstrumentFault, match="leaves the window of channel 1"):
            scope.capture(1)
        scope.set_up(full_time=400e-6, full_scale=10.0)
        assert np.ptp(scope.capture(1)[0].values) == pytest.approx(8.0, abs=0.2)


def test_it_sees_the_ripple_of_a_converter(tmp_path: Path):
    supply = "rigol_dp832"
    with bench(tmp_path, CONVERTER, DRIVER, supply) as (roles, control):
        roles[supply].set_voltage(12.0)
        roles[supply].set_current_limit(3.0)
        roles[supply].switch_output(True)
        scope = roles[DRIVER]
        scope.set_up(full_time=10e-6, full_scale=0.16)
        scope.set_middle(5.0)
        (found,) = scope.capture(1)
        true = control.ask("truth")["truth"]["circuit.out_V"]
        assert found.values.mean() == pytest.approx(true, abs=bound(found))
        assert found.values.mean() == pytest.approx(true, abs=2e-3)
        # 5 V (1 - 5/12) / (10 uH 400 kHz) = 0.729 A on 10 mohm and 6.6 mohm.
        assert np.ptp(found.values) == pytest.approx(0.729 * 16.65e-3, abs=3e-3)
        spectrum = np.abs(np.fft.rfft(found.values - found.values.mean()))
        hertz = np.fft.rfftfreq(len(found.values), found.step)[spectrum.argmax()]
        assert hertz == pytest.approx(400e3, rel=0.01)
        assert bound(found) > 0.01 * 5.0


def test_a_power_cut_does_not_become_a_record_of_something_else(tmp_path: Path):
    with bench(tmp_path, LOOPED, DRIVER) as (roles, control):
        scope = roles[DRIVER]
        scope.set_sine(10e3, amplitude=2.0)
        scope.switch_output(True)
        scope.set_up(full_time=400e-6, full_scale=4.0)
        control.ask("fault", role=DRIVER, fault="power_cycle", seconds=0.2)
        with pytest.raises(LinkLost, match=r"hung up|broke"):
            scope.capture(1)
        with pytest.raises(InstrumentFault, match="instead of"):
            scope.capture(1)
        assert scope.output_is_on() is False


def test_what_it_does_not_have_is_refused_before_anything_is_sent(tmp_path: Path):
    with bench(tmp_path, LOOPED, DRIVER) as (roles, _):
        scope = roles[DRIVER]
        before = dict(scope.settings())
        for wrong in (
            lambda: scope.set_up(full_time=1e-3, full_scale=500.0),
            lambda: scope.set_up(full_time=1e-9, full_scale=5.0),
            lambda: scope.set_up(full_time=1e-3, full_scale=5.0, channel=5),
            lambda: scope.set_sine(25e6, amplitude=1.0),
            lambda: scope.set_sine(1e3, amplitude=8.0, offset=2.0),
            lambda: scope.set_square(15e6, amplitude=1.0),
            lambda: scope.set_square(1e3, amplitude=1.0, duty=90.0),
            lambda: scope.capture(0),
        ):
            with pytest.raises(SettingRefused):
                wrong()
        assert dict(scope.settings()) == before


def test_a_level_outside_of_the_window_is_refused(tmp_path: Path):
    with bench(tmp_path, LOOPED, DRIVER) as (roles, _):
        roles[DRIVER].set_up(full_time=1e-3, full_scale=2.0)
        with pytest.raises(SettingRefused, match="-1 to 1 V"):
            roles[DRIVER].set_trigger(1.5)
