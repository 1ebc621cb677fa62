"""Signal lines: what a generator puts out is what an input sees, and where it is clipped to."""

import numpy as np
import pytest

from instruments.simulators.clock import VirtualClock
from instruments.simulators.converter import Converter, ConverterModel
from instruments.simulators.world import World

START = 1.8e9  # [s], far from zero as real clocks are


def world(**tables: object) -> World:
    return World(VirtualClock(START), tables)


def test_an_input_sees_the_output_it_is_clipped_to():
    bench = world(signals={"inputs": {"scope": ["", "generator"]}})
    output = bench.signals.output("generator")
    times = np.linspace(0.0, 2e-6, 801)
    output.set(at=START, frequency=1e6, amplitude=2.0, offset=0.5)
    assert not bench.signals.volts("scope", 2, times, at=START).any()
    output.on = True
    seen = bench.signals.volts("scope", 2, times, at=START)
    assert seen.max() == pytest.approx(1.5, abs=1e-4)
    assert seen.min() == pytest.approx(-0.5, abs=1e-4)
    assert seen[100] == pytest.approx(1.5, abs=1e-6)  # a quarter of the period
    assert not bench.signals.volts("scope", 1, times, at=START).any()


def test_inputs_asked_at_one_instant_are_coherent_and_the_signal_goes_on():
    bench = world(signals={"inputs": {"scope": ["generator", "generator"]}})
    output = bench.signals.output("generator")
    output.set(at=START, frequency=50.0, amplitude=2.0)
    output.on = True
    times = np.linspace(0.0, 0.02, 101)
    bench.clock.sleep(0.005)
    first, second = (bench.signals.volts("scope", n, times, at=bench.clock.now()) for n in (1, 2))
    assert (first == second).all()
    # A quarter of a period later the sine has become a cosine.
    assert first == pytest.approx(np.cos(2 * np.pi * 50.0 * times), abs=1e-4)


def test_without_wiring_the_generators_come_first_and_then_the_nodes():
    bench = world(circuit={"kind": "resistor"})
    for number in (1, 2):
        bench.signals.output("generator", number)
    seen = [bench.signals.seen("scope", number) for number in range(1, 6)]
    assert seen == ["generator", "generator:2", "out", "in", ""]


def test_a_line_that_is_not_on_the_bench_is_refused():
    bench = world(signals={"inputs": {"scope": ["generater"]}})
    bench.signals.output("generator")
    with pytest.raises(ValueError, match="'generater' of scope is refused; accepted: generator"):
        bench.signals.check()
    bench.mount({"part": "signals", "model": {"inputs": {"scope": ["generator"]}}})
    assert bench.signals.seen("scope", 1) == "generator"


def test_a_converter_ripples_at_its_switching_frequency():
    model = ConverterModel(switching_frequency=500e3, coil=10e-6, filter_resistance=0.02)
    converter = Converter(model, 23.0)
    # Hand calculation: 5 V (1 - 5/12) / (10 uH 500 kHz) = 0.5833 A; capacitors add
    # 1 / (8 500 kHz 47 uF) = 5.319 mohm to their 20 mohm.
    assert converter.ripple_height(12.0) == pytest.approx(0.58333 * 0.025319, rel=1e-4)
    times = np.arange(4000) * 1e-9
    wave = converter.ripple(12.0, times, at=START)
    assert np.ptp(wave) == pytest.approx(converter.ripple_height(12.0), rel=1e-2)
    assert wave[:2000] == pytest.approx(wave[2000:], abs=1e-9)
    assert wave.mean() == pytest.approx(0.0, abs=1e-6)


def test_the_ripple_is_on_the_output_of_a_converter_that_runs():
    bench = world(circuit={"kind": "converter"})
    times = np.arange(4000) * 1e-9
    assert not bench.signals.volts("scope", 1, times, at=START).any()
    source = bench.circuit.source("supply")
    source.on, source.voltage, source.limit = True, 12.0, 3.0
    bench.circuit.settle()
    seen = bench.signals.volts("scope", 1, times, at=START)
    assert seen.mean() == pytest.approx(bench.circuit.voltage("out"), abs=1e-3)
    assert np.ptp(seen) > 1e-3
    assert np.ptp(bench.signals.volts("scope", 2, times, at=START)) == 0.0
