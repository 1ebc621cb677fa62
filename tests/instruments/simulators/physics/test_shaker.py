"""The shaker against the single degree of freedom, its limits, and the area under a spectrum."""

from itertools import pairwise
from math import pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.simulators.shaker import Shaker, ShakerModel, rms

frequencies = st.floats(5.0, 2000.0)
accelerations = st.floats(0.0, 3000.0)


@given(st.floats(1.0, 100.0), st.floats(10.0, 1000.0))
def test_at_resonance_the_specimen_does_what_its_quality_says(q, resonance):
    # |H| = sqrt(1 + Q^2) at r = 1, lagging by atan(Q).
    found = Shaker(ShakerModel(q=q, resonance=resonance)).transmissibility(resonance)
    assert abs(found) == pytest.approx(sqrt(1 + q * q))
    assert np.angle(found) == pytest.approx(-np.arctan(q))


@given(st.floats(1.0, 100.0))
def test_at_root_two_times_the_resonance_every_damping_gives_one(q):
    assert abs(Shaker(ShakerModel(q=q)).transmissibility(180.0 * sqrt(2))) == pytest.approx(1.0)


def test_slow_motion_is_followed_and_fast_motion_is_not():
    shaker = Shaker(ShakerModel())
    assert shaker.transmissibility(1.0) == pytest.approx(1.0, abs=1e-3)
    assert abs(shaker.transmissibility(3000.0)) < 0.02


@given(frequencies, accelerations)
def test_no_limit_is_ever_passed_and_each_is_named(frequency, demanded):
    model = ShakerModel()
    done = Shaker(model).drive(frequency, demanded)
    rounding = 1 + 1e-9
    assert done.control <= demanded
    assert done.force <= model.max_force * rounding
    assert done.displacement <= model.max_displacement * rounding
    assert done.velocity <= model.max_velocity * rounding
    assert done.control <= model.max_acceleration * rounding
    assert bool(done.limits) is (done.control < demanded)


@pytest.mark.parametrize(
    ("frequency", "demanded", "limit"),
    [(5.0, 50.0, "displacement"), (50.0, 900.0, "velocity"), (1000.0, 990.0, "acceleration")],
)
def test_the_limit_that_holds_is_said(frequency, demanded, limit):
    assert limit in Shaker(ShakerModel()).drive(frequency, demanded).limits


def test_force_is_mass_times_acceleration_far_from_resonance():
    done = Shaker(ShakerModel()).drive(10.0, 10.0)
    assert done.force == pytest.approx(100.0, rel=0.01)
    assert done.displacement == pytest.approx(2e3 * 10.0 / (2 * pi * 10) ** 2)


@given(st.floats(0.01, 10.0))
def test_a_flat_spectrum_has_the_area_of_its_rectangle(level):
    assert rms([20.0, 2000.0], [level, level]) == pytest.approx(sqrt(level * 1980.0))


def test_the_response_to_white_noise_is_that_of_miles():
    # Miles: rms = sqrt(pi/2 f0 Q S (1 + 1/Q^2)) for white base acceleration.
    shaker = Shaker(ShakerModel())
    lines = np.linspace(0.1, 20_000.0, 400_000)
    _, response = shaker.rms(lines, np.full(len(lines), 0.5))
    assert response == pytest.approx(sqrt(pi / 2 * 180 * 12 * 0.5 * (1 + 1 / 144)), rel=2e-3)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000), st.floats(0.1, 5.0))
def test_the_signal_has_the_area_of_its_spectrum(seed, level):
    shaker = Shaker(ShakerModel())
    control, response = shaker.signal([20, 2000], [level, level], 4.0, 8192.0, seed)
    assert len(control) == len(response) == 4 * 8192
    assert control.std() == pytest.approx(sqrt(level * 1980.0), rel=1e-3)
    lines = np.arange(20.0, 2000.0, 0.25)
    expected = rms(lines, shaker.psd_response(lines, np.full(len(lines), level)))
    assert response.std() == pytest.approx(expected, rel=2e-3)
    assert abs(control.mean()) < 1e-9


def test_every_line_of_the_signal_has_the_density_of_the_profile():
    shaker = Shaker(ShakerModel())
    # Break points of a profile with 6 dB per octave between 20 Hz and 80 Hz.
    control, response = shaker.signal([20, 80, 500], [0.0625, 1.0, 1.0], 10.0, 4096.0, 7)
    spectrum = np.abs(np.fft.rfft(control)) ** 2 * 2 / (4096.0 * len(control))
    assert spectrum[400] == pytest.approx(0.25)  # 40 Hz, 6 dB below 80 Hz
    assert spectrum[3000] == pytest.approx(1.0)
    assert spectrum[6000] < 1e-20
    answer = np.abs(np.fft.rfft(response)) ** 2 * 2 / (4096.0 * len(control))
    assert answer[1800] == pytest.approx(145.0)  # 180 Hz: 1 + Q^2


def test_the_signal_is_gaussian_and_repeats_by_its_seed():
    shaker = Shaker(ShakerModel())
    control, _ = shaker.signal([20, 2000], [1.0, 1.0], 8.0, 8192.0, 3)
    again, _ = shaker.signal([20, 2000], [1.0, 1.0], 8.0, 8192.0, 3)
    other, _ = shaker.signal([20, 2000], [1.0, 1.0], 8.0, 8192.0, 4)
    assert np.array_equal(control, again)
    assert not np.allclose(control, other)
    scaled = control / control.std()
    assert (scaled**4).mean() == pytest.approx(3.0, abs=0.1)
    assert (np.abs(scaled) > 3).mean() == pytest.approx(0.0027, abs=0.0008)


def test_a_dwell_at_resonance_lets_it_drift_down():
    shaker = Shaker(ShakerModel())
    seen = [shaker.resonance]
    for _ in range(30):
        shaker.pass_time(180.0, 50.0, 600.0)
        seen.append(shaker.resonance)
    assert all(later <= earlier for earlier, later in pairwise(seen))
    assert seen[-1] < 179.0
    assert shaker.cycles == pytest.approx(180.0 * 600 * 30)
    assert seen[-1] >= 180.0 * 0.9 - 1e-9


def test_a_gentle_sweep_leaves_the_resonance_where_it_was():
    shaker = Shaker(ShakerModel())
    for frequency in range(10, 500, 5):
        shaker.pass_time(float(frequency), 2.0, 1.0)
    assert shaker.resonance == pytest.approx(180.0, rel=1e-6)


@settings(deadline=None)
@given(st.floats(150.0, 200.0), st.floats(20.0, 80.0), st.floats(10.0, 20_000.0))
def test_two_half_steps_tire_it_like_one(frequency, acceleration, seconds):
    one, two = Shaker(ShakerModel()), Shaker(ShakerModel())
    one.pass_time(frequency, acceleration, seconds)
    two.pass_time(frequency, acceleration, seconds / 2)
    two.pass_time(frequency, acceleration, seconds / 2)
    assert two.resonance == pytest.approx(one.resonance, rel=1e-4)


def test_random_vibration_tires_it_by_its_level():
    lines = np.arange(20.0, 500.0, 1.0)
    low, high = Shaker(ShakerModel()), Shaker(ShakerModel())
    low.pass_random(lines, np.full(len(lines), 1.0), 3600.0)
    high.pass_random(lines, np.full(len(lines), 2.0), 3600.0)
    # The sixth power of the level is the third power of the density.
    assert high.damage / low.damage == pytest.approx(8.0, rel=0.05)


@pytest.mark.parametrize(
    ("values", "accepted"),
    [({"q": 0.4}, "above 0.5"), ({"resonance": 0.0}, "above 0"), ({"softening": 1.0}, "below 1")],
)
def test_a_refusal_names_what_is_accepted(values, accepted):
    with pytest.raises(ValueError, match=accepted):
        ShakerModel(**values)


def test_demands_without_sense_are_refused():
    shaker = Shaker(ShakerModel())
    with pytest.raises(ValueError, match="above 0 Hz"):
        shaker.drive(0.0, 1.0)
    with pytest.raises(ValueError, match="4 samples on"):
        shaker.signal([20, 2000], [1, 1], 0.001, 1000.0, 1)
    with pytest.raises(ValueError, match="ascending"):
        shaker.signal([200, 20], [1, 1], 1.0, 1000.0, 1)
