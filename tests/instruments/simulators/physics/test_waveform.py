"""Waveforms against their effective values, and the steps of a digitiser."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.simulators.waveform import quantised, sample

PERIOD = np.arange(20_000) / 20_000 * 1e-3  # one period of 1 kHz
levels = st.floats(0.01, 20.0)
offsets = st.floats(-5.0, 5.0)


def kilohertz(kind, amplitude, offset=0.0, phase=0.0, duty=0.5, times=PERIOD, **more):
    return sample(kind, 1e3, amplitude, offset, phase, duty, times, **more)


@given(levels, offsets)
def test_effective_values_are_those_of_the_textbook(amplitude, offset):
    half = amplitude / 2
    for kind, factor in (("sine", sqrt(2)), ("square", 1.0), ("ramp", sqrt(3))):
        volts = kilohertz(kind, amplitude, offset, rise_time=0.0)
        assert np.mean(volts) == pytest.approx(offset, abs=amplitude * 1e-3)
        assert np.std(volts) == pytest.approx(half / factor, rel=1e-3)


@given(
    st.sampled_from(["sine", "square", "ramp", "pulse", "dc", "noise"]), levels, offsets,
    st.floats(-360.0, 360.0), st.floats(0.0, 1.0), st.floats(0.0, 1e-4),
)  # fmt: skip
def test_no_kind_leaves_its_peaks(kind, amplitude, offset, phase, duty, rise):
    volts = kilohertz(kind, amplitude, offset, phase, duty, rise_time=rise)
    assert np.all(np.abs(volts - offset) <= amplitude / 2 * (1 + 1e-9))


@given(st.floats(0.05, 0.95))
def test_the_duty_is_the_share_of_time_above_the_middle(duty):
    for kind in ("square", "pulse"):
        above = kilohertz(kind, 2.0, duty=duty, rise_time=1e-6) > 0
        assert above.mean() == pytest.approx(duty, abs=2e-4)


@given(st.floats(1e-6, 1e-4))
def test_an_edge_takes_its_rise_time_from_10_to_90_percent(rise):
    times = np.linspace(0.0, 0.25e-3, 200_001)
    volts = kilohertz("square", 1.0, 0.5, times=times, rise_time=rise)
    ten, ninety = np.searchsorted(volts, [0.1, 0.9])
    assert times[ninety] - times[ten] == pytest.approx(rise, abs=5e-9)


@given(st.floats(0.0, 360.0))
def test_the_phase_shifts_in_time(phase):
    shifted = kilohertz("sine", 2.0, phase=phase)
    later = kilohertz("sine", 2.0, times=PERIOD + phase / 360e3)
    np.testing.assert_allclose(shifted, later, rtol=0, atol=1e-9)


@pytest.mark.parametrize("duty", [0.0, 0.3, 1.0])
def test_the_symmetry_of_a_ramp_is_where_its_top_stands(duty):
    volts = kilohertz("ramp", 1.0, duty=duty)
    assert np.argmax(volts) / len(volts) == pytest.approx(duty, abs=1e-3)


@pytest.mark.parametrize(("duty", "level"), [(0.0, -1.0), (1.0, 1.0)])
def test_a_square_of_no_or_full_duty_stands_still(duty, level):
    assert np.all(kilohertz("square", 2.0, duty=duty) == level)


def test_noise_repeats_by_its_seed_and_has_its_deviation():
    volts = kilohertz("noise", 6.0, seed=2)
    assert np.array_equal(volts, kilohertz("noise", 6.0, seed=2))
    assert np.std(volts) == pytest.approx(1.0, rel=0.03)


@given(st.floats(-3.9, 3.9), st.integers(2, 16))
def test_a_digitiser_errs_by_half_a_step(volts, bits):
    step = 8.0 / 2**bits
    # The topmost half step belongs to the clipped range.
    assert abs(quantised(min(volts, 4.0 - 1.5 * step), 8.0, bits) - volts) <= max(
        step / 2 * (1 + 1e-9), volts - 4.0 + 2 * step
    )


def test_a_digitiser_clips_and_counts_its_codes():
    volts = quantised(np.linspace(-10, 10, 100_000), 8.0, 8)
    assert volts.min() == -4.0
    assert volts.max() == 4.0 - 8.0 / 256
    assert len(np.unique(volts)) == 256


def test_refusals_name_what_is_accepted():
    with pytest.raises(ValueError, match="sine, square, ramp, pulse, dc, noise"):
        kilohertz("triangle", 1.0)
    with pytest.raises(ValueError, match="0 to 1"):
        kilohertz("square", 1.0, duty=50.0)
    with pytest.raises(ValueError, match="above 0"):
        sample("sine", 0.0, 1.0, 0.0, 0.0, 0.5, PERIOD)
    with pytest.raises(ValueError, match="1 to 32 bits"):
        quantised([1.0], 8.0, 0)
