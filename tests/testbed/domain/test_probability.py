"""Tails of the normal and of Student's distribution against closed forms and printed tables."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.domain.probability import upper_tail

GRID = [0.0, 1e-9, 1e-4, 0.01, 0.3, 0.9, 1.0, 1.3, 1.6, 1.7, 1.71, 1.75, 1.9, 2.0, 2.5, 3.0, 4.0,
        6.0, 9.0, 13.0, 20.0, 40.0, 1e3, 1e6]  # fmt: skip


def closed_form(t, dof):
    """Student's tail for whole degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(dof))
    cosine, sine = math.cos(angle), math.sin(angle)
    if dof % 2:
        terms, term = [], cosine
        for j in range(1, (dof - 1) // 2 + 1):
            terms.append(term)
            term *= 2 * j / (2 * j + 1) * cosine**2
        between = 2 / math.pi * (angle + sine * math.fsum(terms))
    else:
        terms, term = [], 1.0
        for j in range(1, dof // 2 + 1):
            terms.append(term)
            term *= (2 * j - 1) / (2 * j) * cosine**2
        between = sine * math.fsum(terms)
    return 0.5 * (1 - between)


@pytest.mark.parametrize("dof", [1, 2, 3, 4, 5, 6, 7, 9, 10, 15, 30, 61, 100, 199, 200, 201, 500])
def test_student_agrees_with_its_closed_form(dof):
    for t in GRID:
        assert upper_tail(t, dof) == pytest.approx(closed_form(t, dof), rel=0, abs=1e-14 * 20)
        assert upper_tail(-t, dof) == pytest.approx(1 - closed_form(t, dof), rel=0, abs=1e-14 * 20)


def test_the_far_tail_of_cauchy_keeps_its_digits():
    """One degree of freedom: the tail is arctan(1/t)/pi."""
    for t in (2.0, 10.0, 1e3, 1e9, 1e100, 1e149, 1e151, 1e200, 1e300):
        assert upper_tail(t, 1) == pytest.approx(math.atan(1 / t) / math.pi, rel=1e-13)


def test_two_degrees_of_freedom_far_out():
    """The tail is (1 - t/sqrt(2 + t²))/2, written without a difference."""
    for t in (1.0, 5.0, 1e4, 1e8):
        root = math.sqrt(2 + t * t)
        assert upper_tail(t, 2) == pytest.approx(1 / (root * (root + t)), rel=1e-13)


def test_the_printed_coverage_factors_are_reproduced():
    """GUM, Table G.2: t for p = 95.45 % as printed, to half a unit of the last figure."""
    printed = {1: 13.97, 2: 4.53, 3: 3.31, 4: 2.87, 5: 2.65, 6: 2.52, 7: 2.43, 8: 2.37, 10: 2.28,
               20: 2.13, 50: 2.05}  # fmt: skip
    for dof, factor in printed.items():
        outside = 1 - 0.9545
        assert 2 * upper_tail(factor - 0.005, dof) >= outside >= 2 * upper_tail(factor + 0.005, dof)


def test_the_normal_tail_far_out():
    """Abramowitz and Stegun, Table 26.1 and 26.2: Q(1), Q(2), Q(3); log10 of Q(10) is -23.11805."""
    assert upper_tail(1.0) == pytest.approx(0.158655253931457, abs=5e-16)
    assert upper_tail(2.0) == pytest.approx(0.022750131948179, abs=5e-16)
    assert upper_tail(3.0) == pytest.approx(0.001349898031630, abs=5e-16)
    assert -math.log10(upper_tail(10.0)) == pytest.approx(23.11805, abs=5e-6)


def test_student_agrees_with_scipy_over_a_wide_grid():
    stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")
    for dof in (0.5, 1.0, 1.7, 2.0, 3.5, 7.3, 16.75, 50.0, 199.9, 200.1, 1e3, 1e4, 3e5, 9.9e5,
                1.1e6, 1e9):  # fmt: skip
        for t in GRID:
            for z in (t, -t):
                # scipy 1.17 is off by 3e-10 near the middle of Cauchy's distribution.
                cauchy = 0.5 - math.atan(z) / math.pi
                expected = cauchy if dof == 1.0 else float(stats.t.sf(z, dof))
                assert upper_tail(z, dof) == pytest.approx(expected, rel=0, abs=1e-12), (z, dof)
    for t in GRID:
        assert upper_tail(t) == pytest.approx(float(stats.norm.sf(t)), rel=1e-13, abs=0)


def test_there_is_no_step_where_one_way_of_computing_hands_over_to_another():
    for t in GRID:
        for dof in (200.0, 1.0e4):
            step = upper_tail(t, math.nextafter(dof, 0)) - upper_tail(t, math.nextafter(dof, 1e9))
            assert abs(step) < 5e-14, (t, dof)
    for dof in (0.7, 3.3, 42.0, 9999.0):
        over = math.sqrt(3 * dof / (dof + 2))
        step = upper_tail(over * (1 - 1e-15), dof) - upper_tail(over * (1 + 1e-15), dof)
        assert abs(step) < 5e-14, dof


@given(st.floats(0.2, 1e7), st.floats(-50, 50))
def test_both_tails_together_are_one(dof, t):
    assert upper_tail(t, dof) + upper_tail(-t, dof) == pytest.approx(1.0, abs=1e-15)
    assert 0.0 <= upper_tail(t, dof) <= 1.0


@given(st.floats(0.2, 1e5), st.floats(-30, 30), st.floats(0.01, 5))
def test_the_tail_falls(dof, t, step):
    assert upper_tail(t + step, dof) <= upper_tail(t, dof)


def test_the_ends():
    for dof in (1.0, 5.5, 2e6, math.inf):
        assert upper_tail(math.inf, dof) == 0.0
        assert upper_tail(-math.inf, dof) == 1.0
        assert upper_tail(0.0, dof) == 0.5
    assert upper_tail(1e200, 3.0) == 0.0
    assert upper_tail(1e300, 0.1) > 1e-31


@pytest.mark.parametrize(("z", "dof"), [(math.nan, 3.0), (0.0, 0.0), (0.0, -1.0), (0.0, math.nan)])
def test_what_is_no_number_is_refused(z, dof):
    with pytest.raises(ValueError, match=r"number|above 0"):
        upper_tail(z, dof)
