"""Nonlinear fits: the truth is found, and where none can be found that is said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.evaluation import regress
from testbed.evaluation.curve_fit import NotConverged, fit_curve

X = np.linspace(0.0, 4.0, 40)


def decay(b):
    return b[0] * np.exp(-b[1] * X) + b[2]


def noise(seed):
    return np.random.default_rng(seed).normal(size=len(X))


@settings(max_examples=30, deadline=None)
@given(
    st.floats(0.5, 20.0),
    st.floats(0.3, 3.0),
    st.floats(-5.0, 5.0),
    st.floats(0.3, 3.0),
    st.floats(0.3, 3.0),
)
def test_exact_data_give_back_their_parameters(height, rate, ground, off_height, off_rate):
    y = decay((height, rate, ground))
    fitted = fit_curve(decay, y, (height * off_height, rate * off_rate, 1.0))
    assert fitted.parameters == pytest.approx((height, rate, ground), rel=1e-9, abs=1e-10)
    assert max(fitted.deviations) < 1e-10


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_linear_model_is_fitted_as_by_regression(seed):
    y = 2.0 - X + noise(seed)
    curve = fit_curve(lambda b: b[0] + b[1] * X, y, (1.0, 1.0))
    line = regress(X[:, None], y)
    # A fit ends where what is left is 1e-10 of the spread of its parameters, in doubles as well.
    off = np.abs(np.subtract(curve.parameters, line.coefficients))
    assert np.all(off <= 1e-10 * np.array(line.deviations))
    assert curve.deviations == pytest.approx(line.deviations, rel=1e-10)
    assert curve.residual_deviation == pytest.approx(line.residual_deviation, rel=1e-13)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-9, 9))
def test_units_scale_the_parameters_and_nothing_else(seed, of_y):
    unit = 10.0**of_y
    y = decay((5.0, 1.0, 2.0)) + 0.1 * noise(seed)
    one = fit_curve(decay, y, (4.0, 1.5, 1.0))
    other = fit_curve(decay, y * unit, (4.0 * unit, 1.5, unit))
    units = np.array([unit, 1.0, unit])
    assert np.array(other.parameters) == pytest.approx(one.parameters * units, rel=1e-8)
    assert np.array(other.deviations) == pytest.approx(one.deviations * units, rel=1e-7)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_points_does_not_matter(seed):
    y = decay((5.0, 1.0, 2.0)) + 0.1 * noise(seed)
    order = np.random.default_rng(seed).permutation(len(X))
    one = fit_curve(decay, y, (4.0, 1.5, 1.0))
    other = fit_curve(lambda b: decay(b)[order], y[order], (4.0, 1.5, 1.0))
    assert other.parameters == pytest.approx(one.parameters, rel=1e-9)


def test_a_start_from_which_nothing_moves_is_left_by_restarts():
    # At a rate of 4000 only the first point sees the first parameter, and none sees the rate.
    y = decay((3.0, 2.0, 1.0)) + 0.01 * noise(1)
    fitted = fit_curve(decay, y, (1.0, 4000.0, 1.0))
    assert fitted.parameters == pytest.approx((3.0, 2.0, 1.0), rel=0.05)


def test_the_answer_is_the_same_each_time():
    y = decay((3.0, 2.0, 1.0)) + 0.01 * noise(1)
    assert fit_curve(decay, y, (1.0, 4000.0, 1.0)) == fit_curve(decay, y, (1.0, 4000.0, 1.0))


@pytest.mark.parametrize(
    "model",
    [
        lambda b: b[0] * b[1] * X,
        lambda b: b[0] * np.exp(b[1] - X),
        lambda b: b[0] + 0.0 * b[1] + X,
    ],
)
def test_parameters_that_the_data_cannot_tell_apart_are_no_result(model):
    with pytest.raises(NotConverged):
        fit_curve(model, 2.0 * X + 0.1 * noise(2), (1.0, 1.0))


def test_a_model_that_gives_no_number_anywhere_near_is_no_result():
    with pytest.raises(NotConverged, match=r"\[1.0, -5.0\]"):
        fit_curve(lambda b: b[0] * np.log(b[1] - X), X, (1.0, -5.0))


def test_a_place_without_a_number_is_walked_round():
    y = 2.0 * np.log(X + 0.5)
    fitted = fit_curve(lambda b: b[0] * np.log(X + b[1]), y, (20.0, 0.01))
    assert fitted.parameters == pytest.approx((2.0, 0.5), rel=1e-9)


def test_a_parameter_that_is_zero_is_found():
    assert fit_curve(lambda b: b[0] + b[1] * X, np.ones(len(X)), (0.0, 0.0)).parameters == (
        pytest.approx((1.0, 0.0), abs=1e-12)
    )


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match="2 points do not determine 2"):
        fit_curve(lambda b: b[0] * np.exp(b[1] * X[:2]), [1.0, 2.0], (1.0, 1.0))
    with pytest.raises(ValueError, match="not finite"):
        fit_curve(decay, np.full(len(X), np.nan), (1.0, 1.0, 1.0))
