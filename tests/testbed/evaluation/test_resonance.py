"""Resonances that were planted are found again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.evaluation.resonance import compare, find_resonances


def base_excited(frequency, resonance, q):
    """Absolute acceleration over that of the base: Harris, single degree of freedom."""
    ratio = np.asarray(frequency) / resonance
    return (1 + 1j * ratio / q) / (1 - ratio**2 + 1j * ratio / q)


def sweep(low, high, per_octave):
    return low * 2.0 ** (np.arange(0.0, np.log2(high / low) * per_octave + 1e-9) / per_octave)


def half_power(resonance, q):
    """Peak and quality factor of the same curve, read off a grid of a millionth."""
    frequency = np.linspace(0.4 * resonance, 1.8 * resonance, 1_400_001)
    size = np.abs(base_excited(frequency, resonance, q))
    inside = frequency[size >= size.max() / np.sqrt(2.0)]
    peak = frequency[size.argmax()]
    return peak, peak / (inside[-1] - inside[0])


@pytest.mark.parametrize("per_octave", [15, 60, 400])
@pytest.mark.parametrize(("resonance", "q"), [(180.0, 12.0), (75.3, 5.0), (311.0, 25.0)])
def test_a_planted_resonance_is_found(resonance, q, per_octave):
    frequency = sweep(10.0, 500.0, per_octave)
    transfer = base_excited(frequency, resonance, q)
    (found,) = find_resonances(frequency, np.abs(transfer), np.degrees(np.angle(transfer)))
    peak, width = half_power(resonance, q)
    assert found.frequency == pytest.approx(peak, rel=3e-4)
    assert found.q == pytest.approx(width, rel=5e-3)
    assert found.phase_frequency == pytest.approx(resonance, rel=1e-6)
    assert found.phase_q == pytest.approx(q, rel=1e-6)


@given(
    st.floats(60.0, 300.0), st.floats(5.0, 30.0), st.integers(15, 200), st.integers(0, 2**32 - 1)
)
@settings(max_examples=60, deadline=None)
def test_half_a_percent_of_noise_moves_it_little(resonance, q, per_octave, seed):
    frequency = sweep(20.0, 600.0, per_octave)
    random = np.random.default_rng(seed)
    transfer = base_excited(frequency, resonance, q)
    size = np.abs(transfer) * (1 + 0.005 * random.normal(size=len(frequency)))
    angle = np.degrees(np.angle(transfer)) + 0.3 * random.normal(size=len(frequency))
    (found,) = find_resonances(frequency, size, angle)
    peak = resonance * (1 - 1 / (4 * q**2))
    # A hundredth of the half-power bandwidth for each percent, and room.
    assert found.frequency == pytest.approx(peak, abs=0.06 * resonance / q)
    assert found.q == pytest.approx(q, rel=0.1)
    assert found.phase_q == pytest.approx(q, rel=0.1)


def test_two_resonances_are_two_and_noise_on_a_flank_is_none():
    frequency = sweep(20.0, 1000.0, 60)
    transfer = base_excited(frequency, 80.0, 15.0) * base_excited(frequency, 400.0, 20.0)
    random = np.random.default_rng(1)
    size = np.abs(transfer) * (1 + 0.01 * random.normal(size=len(frequency)))
    # Beyond the first, the response is isolated: the second is seen above half of its own Q.
    found = find_resonances(frequency, size, np.degrees(np.angle(transfer)), threshold=0.5)
    # The slope of the first tilts the peak of the second.
    assert [each.frequency for each in found] == pytest.approx([80.0, 400.0], rel=0.005)


@given(st.floats(0.1, 10.0), st.sampled_from([1e-3, 1e3]))
@settings(max_examples=30, deadline=None)
def test_units_and_order_change_nothing(shift, prefix):
    frequency = sweep(20.0, 600.0, 30)
    transfer = base_excited(frequency, 100.0 + shift, 10.0)
    angle = np.degrees(np.angle(transfer))
    (one,) = find_resonances(frequency, np.abs(transfer), angle)
    order = np.random.default_rng(2).permutation(len(frequency))
    (other,) = find_resonances(prefix * frequency[order], np.abs(transfer)[order], angle[order])
    assert other.frequency == pytest.approx(prefix * one.frequency, rel=1e-9)
    assert other.q == pytest.approx(one.q, rel=1e-6)
    assert other.phase_q == pytest.approx(one.phase_q, rel=1e-9)


def test_where_nothing_resonates_nothing_is_found():
    frequency = sweep(10.0, 500.0, 15)
    assert find_resonances(frequency, np.ones(len(frequency))) == ()
    assert find_resonances(frequency, np.abs(base_excited(frequency, 5000.0, 10.0))) == ()
    assert find_resonances([], []) == ()
    assert find_resonances([1.0, 2.0], [np.nan, np.inf]) == ()
    # A ratio that still rises at the end of the sweep has no peak inside.
    assert find_resonances(frequency, np.abs(base_excited(frequency, 520.0, 10.0))) == ()


def test_without_phase_or_both_half_power_points_a_value_is_missing():
    frequency = sweep(10.0, 182.0, 60)
    size = np.abs(base_excited(frequency, 180.0, 12.0))
    (found,) = find_resonances(frequency, size)
    assert found.q is None
    assert found.phase_q is None
    assert found.frequency == pytest.approx(179.7, abs=0.3)


def test_resonances_are_paired_by_the_nearest():
    def at(*places):
        frequency = sweep(20.0, 2000.0, 60)
        size = sum(np.abs(base_excited(frequency, each, 30.0)) for each in places)
        return find_resonances(frequency, size, threshold=10.0)

    changes = compare(at(100.0, 300.0), at(95.0, 900.0), reach=30.0)
    pairs = [(c.before and round(c.before.frequency), c.after and round(c.after.frequency))
             for c in changes]  # fmt: skip
    assert pairs == [(100, 95), (300, None), (None, 900)]
    assert changes[0].frequency == pytest.approx(-5.0, abs=0.05)
    assert changes[1].frequency is changes[1].q is None
