"""Spectral densities against noise whose density is known."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import welch

from testbed.evaluation.profile import Profile
from testbed.evaluation.random_vibration import crest_factor, level_deviations
from testbed.evaluation.spectrum import (
    degrees_of_freedom,
    finite_runs,
    interval_db,
    segment_length,
    spectrum,
)
from tests.norms.reference import reference

RATE = 8192.0
POINTS = ((10.0, 1.0), (50.0, 5.0), (200.0, 5.0), (500.0, 1.0), (2000.0, 0.25))
PROFILE = Profile(POINTS)


def noise(seconds, seed, planted=()):
    """Gaussian noise of the profile, 16-bit; `planted` raises bands: (low, high, dB)."""
    count = int(seconds * RATE)
    lines = np.fft.rfftfreq(count, 1 / RATE)
    # Held level beyond its ends, so that what is seen at the ends is the estimator alone.
    held = PROFILE.density(np.clip(lines, 10.0, 2000.0))
    for low, high, decibels in planted:
        held[(lines >= low) & (lines <= high)] *= 10 ** (decibels / 10)
    random = np.random.default_rng(seed)
    # Real and imaginary part are normal: each line has its two degrees of freedom.
    parts = random.normal(size=(2, len(lines))) * np.sqrt(held * RATE * count / 4)
    parts[:, [0, -1]] = 0.0
    signal = np.fft.irfft(parts[0] + 1j * parts[1], count)
    step = 1000.0 / 2**16
    return np.clip(np.rint(signal / step), -(2**15), 2**15 - 1) * step


def test_the_effective_value_has_a_closed_form():
    case = json.loads(reference("gum", "acceptance_values.json").read_text())["psd"]
    profile = Profile.of(case["breakpoints_Hz"], case["asd_(m/s2)2_per_Hz"])
    assert profile.rms == pytest.approx(case["rms_closed_form_m_s2"], rel=1e-14)


def test_a_slope_of_minus_one_is_a_logarithm():
    # S = 8/f from 10 Hz to 40 Hz: area 8 ln 4.
    assert Profile(((10.0, 0.8), (40.0, 0.2))).rms == pytest.approx(
        math.sqrt(8 * math.log(4)), rel=1e-14
    )


@pytest.mark.parametrize("points", [
    ((10.0, 1.0),), ((20.0, 1.0), (10.0, 1.0)), ((10.0, 1.0), (10.0, 2.0)),
    ((0.0, 1.0), (10.0, 1.0)), ((1.0, 0.0), (10.0, 1.0)), ((1.0, 1.0), (math.nan, 1.0)),
])  # fmt: skip
def test_what_is_no_profile_is_refused(points):
    with pytest.raises(ValueError, match="accepted"):
        Profile(points)


def test_intervals_of_chi_square():
    # knowledge/certification.md, M5.
    assert interval_db(120.0) == pytest.approx((-1.03, 1.17), abs=0.005)
    assert interval_db(32.0) == pytest.approx((-1.89, 2.43), abs=0.005)


def test_degrees_of_freedom_of_overlapped_segments():
    # One segment has two; a Hann window shares (1/6)^2 of its power with its neighbour.
    assert degrees_of_freedom(1, 1024) == 2.0
    assert degrees_of_freedom(10_000, 1024) / 20_000 == pytest.approx(1 / (1 + 2 / 36), rel=1e-4)


def test_the_stated_interval_covers_the_truth_as_often_as_it_says():
    # 60 records of their own; lines four apart are independent.
    inside = lines = 0
    for seed in range(60):
        found = spectrum([noise(16.0, seed)], RATE, 4.0)
        low, high = interval_db(found.degrees_of_freedom)
        _, deviation, _ = level_deviations(found, PROFILE)
        covered = (deviation[4::4] <= -low) & (deviation[4::4] >= -high)
        inside, lines = inside + covered.sum(), lines + len(covered)
    # The binomial standard deviation of this share is 0.13 %.
    assert inside / lines == pytest.approx(0.95, abs=0.006)


def test_the_scatter_of_a_line_is_that_of_its_degrees_of_freedom():
    levels = [spectrum([noise(8.0, seed)], RATE, 8.0) for seed in range(200)]
    at = np.array([each.densities[40:200:5] for each in levels])
    relative = (at.std(axis=0, ddof=1) / at.mean(axis=0)).mean()
    freedom = levels[0].degrees_of_freedom
    assert relative == pytest.approx(math.sqrt(2 / freedom), rel=0.03)
    effective = np.array([each.effective(10.0, 2000.0) for each in levels])
    # Of 200 values a standard deviation is known to 5 %.
    assert effective.std(ddof=1) / effective.mean() == pytest.approx(
        levels[0].scatter(10.0, 2000.0), rel=0.2
    )


@pytest.mark.parametrize(("decibels", "beyond"), [(4.0, True), (2.0, False), (-4.0, True),
                                                  (-2.0, False)])  # fmt: skip
def test_a_line_four_decibels_off_is_found_and_two_are_not(decibels, beyond):
    for seed in range(5):
        # 30 Hz wide: more than the window smears.
        record = noise(300.0, seed, [(785.0, 815.0, decibels)])
        found = spectrum([record], RATE, 4.0)
        frequencies, high, low = level_deviations(found, PROFILE)
        outside = (high > 3.0) | (low < -3.0)
        assert outside.any() == beyond
        assert np.all(np.abs(frequencies[outside] - 800.0) <= 20.0)


def test_the_band_has_the_effective_value_of_the_profile():
    found = spectrum([noise(300.0, 3)], RATE, 2.0)
    # 1/sqrt(2 B T) of a band of hundreds of hertz is 0.2 %.
    assert found.effective(10.0, 2000.0) == pytest.approx(PROFILE.rms, rel=0.01)


def test_at_an_end_of_the_profile_a_line_can_only_be_too_high():
    found = spectrum([noise(100.0, 1)], RATE, 2.0)
    frequencies, high, low = level_deviations(found, PROFILE)
    assert (frequencies[0], frequencies[-1]) == (10.0, 2000.0)
    assert np.isfinite(high).all()
    assert np.flatnonzero(np.isnan(low)).tolist() == [0, len(low) - 1]


@given(st.integers(0, 50), st.sampled_from([1e-9, 1e-3, 1e3, 1e6]))
@settings(max_examples=20, deadline=None)
def test_a_prefix_of_the_unit_changes_nothing_else(seed, prefix):
    record = np.random.default_rng(seed).normal(size=5000)
    one, other = (spectrum([factor * record], 1000.0, 10.0) for factor in (1.0, prefix))
    assert other.densities == pytest.approx(prefix**2 * one.densities, rel=1e-9)
    assert other.degrees_of_freedom == one.degrees_of_freedom
    # The same in kilohertz: a density per kilohertz is a thousand times that per hertz.
    third = spectrum([record], 1.0, 0.01)
    assert third.densities == pytest.approx(1000.0 * one.densities, rel=1e-9)


@given(st.permutations(range(5)))
@settings(max_examples=20, deadline=None)
def test_the_order_of_records_leaves_no_trace(order):
    random = np.random.default_rng(4)
    records = [random.normal(size=1000 + 300 * n) for n in range(5)]
    one = spectrum(records, 1000.0, 10.0)
    other = spectrum([records[n] for n in order], 1000.0, 10.0)
    assert np.array_equal(one.densities, other.densities)
    assert other.degrees_of_freedom == pytest.approx(one.degrees_of_freedom, rel=1e-14)


@given(st.integers(1, 40), st.floats(-1e3, 1e3))
@settings(max_examples=20, deadline=None)
def test_a_shift_by_whole_periods_and_an_offset_leave_a_line_as_it_is(turns, offset):
    # 50 Hz at 1 kHz: 20 samples a period, and 200 in a segment.
    times = np.arange(4000) / 1000.0
    one = spectrum([np.sin(2 * np.pi * 50.0 * times)], 1000.0, 5.0)
    other = spectrum([offset + np.sin(2 * np.pi * 50.0 * (times + turns / 50.0))], 1000.0, 5.0)
    # What stands still is at 0 Hz, and under a Hann window in the line beside it.
    assert other.densities[2:] == pytest.approx(one.densities[2:], abs=1e-9)
    # A sine of amplitude 1 has the mean square 1/2.
    assert one.effective(40.0, 60.0) ** 2 == pytest.approx(0.5, rel=1e-9)


def test_one_record_is_what_welch_gives():
    record = np.random.default_rng(2).normal(size=100_000)
    found = spectrum([record], 1000.0, 2.0)
    frequencies, densities = welch(record, 1000.0, "hann", 500)
    assert np.array_equal(found.frequencies, frequencies)
    assert np.array_equal(found.densities, densities)
    assert found.segments == 399


def test_no_segment_spans_what_is_missing():
    record = np.random.default_rng(2).normal(size=3000)
    torn = record.copy()
    torn[1500] = np.nan
    found = spectrum([torn], 1000.0, 2.0)
    apart = spectrum([record[:1500], record[1501:]], 1000.0, 2.0)
    assert np.array_equal(found.densities, apart.densities)
    assert found.segments == apart.segments == 9
    assert found.degrees_of_freedom < spectrum([record], 1000.0, 2.0).degrees_of_freedom
    assert spectrum([record[:499]], 1000.0, 2.0) is None
    assert spectrum([], 1000.0, 2.0) is None
    assert finite_runs([np.nan, np.inf]) == []
    assert [len(run) for run in finite_runs([np.nan, 1.0, 2.0, np.inf, 3.0])] == [2, 1]


def test_the_resolution_is_no_coarser_than_asked():
    assert segment_length(1000.0, 2.0) == 500
    assert 1000.0 / segment_length(1000.0, 3.0) <= 3.0
    for rate, resolution in ((0.0, 1.0), (1000.0, 0.0), (1000.0, 500.0), (math.nan, 1.0)):
        with pytest.raises(ValueError, match="accepted"):
            segment_length(rate, resolution)


def test_clipping_shows_in_the_crest_factor():
    record = np.random.default_rng(5).normal(size=100_000)
    assert crest_factor([record]) > 3.5
    # Clipped at two standard deviations of what was asked for.
    assert crest_factor([np.clip(record, -2.0, 2.0)]) == pytest.approx(2.0, rel=0.08)
    assert crest_factor([np.ones(10)]) is None
    assert crest_factor([]) is None
