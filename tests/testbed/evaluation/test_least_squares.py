"""Rules that hold for every fit, whatever the data."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from testbed.evaluation import fit_line, fit_linear, fit_polynomial, regress
from testbed.evaluation.orthogonal import orthogonalise, solve_upper, widen

whole = st.integers(-50, 50)
seeds = st.integers(0, 2**32 - 1)


@given(st.lists(whole, min_size=2, max_size=7), st.integers(-30, 30), st.integers(8, 30))
def test_an_exact_polynomial_is_found_again(coefficients, shift, points):
    x = np.arange(points, dtype=np.float64) - points / 2 + shift
    y = np.polynomial.polynomial.polyval(widen(x), widen(coefficients))
    fitted = fit_polynomial(x, y, len(coefficients) - 1)
    # Powers of x of up to 45 cancel when a coefficient is computed from values at all of them.
    reach = np.abs(x).max() ** np.arange(len(coefficients)) / max(1.0, np.abs(y).max())
    assert np.all(np.abs(np.subtract(fitted.coefficients, coefficients)) * reach < 1e-9)
    assert fitted.residual_deviation <= 1e-12 * max(1.0, float(np.abs(y).max()))


@given(seeds, st.integers(1, 4))
def test_the_polynomial_is_the_regression_on_its_powers(seed, degree):
    random = np.random.default_rng(seed)
    x = random.uniform(-3.0, 5.0, 25)
    y = random.normal(size=25)
    powers = x[:, None] ** np.arange(1, degree + 1)
    one, other = fit_polynomial(x, y, degree), regress(powers, y)
    assert one.coefficients == pytest.approx(other.coefficients, rel=1e-8, abs=1e-10)
    assert one.deviations == pytest.approx(other.deviations, rel=1e-9)
    assert one.r_squared == pytest.approx(other.r_squared, rel=1e-9, abs=1e-12)
    assert one.f_statistic == pytest.approx(other.f_statistic, rel=1e-9)


@given(seeds, st.booleans())
def test_the_order_of_rows_does_not_matter(seed, constant):
    random = np.random.default_rng(seed)
    columns, y = random.normal(size=(20, 3)), random.normal(size=20)
    order = random.permutation(20)
    one = regress(columns, y, constant=constant)
    other = regress(columns[order], y[order], constant=constant)
    assert one.coefficients == pytest.approx(other.coefficients, rel=1e-11, abs=1e-13)
    assert one.deviations == pytest.approx(other.deviations, rel=1e-11)


@given(seeds, st.floats(-12, 12), st.floats(-12, 12))
def test_units_scale_the_coefficients_and_nothing_else(seed, of_x, of_y):
    random = np.random.default_rng(seed)
    columns, y = random.normal(size=(15, 2)), random.normal(size=15)
    one = regress(columns, y)
    other = regress(columns * 10.0**of_x, y * 10.0**of_y)
    units = 10.0**of_y * np.array([1.0, 10.0**-of_x, 10.0**-of_x])
    assert np.array(other.coefficients) == pytest.approx(one.coefficients * units, rel=1e-9)
    assert np.array(other.deviations) == pytest.approx(one.deviations * units, rel=1e-9)
    assert other.f_statistic == pytest.approx(one.f_statistic, rel=1e-9)


@given(seeds)
def test_residuals_stand_at_right_angles_to_the_columns(seed):
    random = np.random.default_rng(seed)
    columns, y = random.normal(size=(12, 3)), random.normal(size=12)
    b = np.array(regress(columns, y).coefficients)
    residual = y - b[0] - columns @ b[1:]
    assert np.abs(columns.T @ residual).max() < 1e-12
    assert abs(residual.sum()) < 1e-12


@given(seeds)
def test_sums_of_squares_add_up(seed):
    random = np.random.default_rng(seed)
    columns, y = random.normal(size=(12, 2)), random.normal(size=12)
    for constant in (True, False):
        fitted = regress(columns, y, constant=constant)
        parts = fitted.regression_squares + fitted.residual_squares
        assert parts == pytest.approx(fitted.total_squares, rel=1e-13)
        assert fitted.regression_freedom + fitted.residual_freedom == 12 - constant


@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=20), seeds)
def test_a_line_is_the_regression_on_one_column(x, seed):
    x = np.array(x)
    assume(np.ptp(x) > 1e-3)
    y = np.random.default_rng(seed).normal(size=len(x))
    line, fitted = fit_line(x, y), regress(x[:, None], y)
    assert fitted.coefficients == pytest.approx((line.intercept, line.slope), rel=1e-6, abs=1e-9)
    assert fitted.r_squared == pytest.approx(line.r_squared, abs=1e-9)


@given(seeds, st.integers(1, 3), st.booleans())
def test_columns_that_depend_on_each_other_are_refused(seed, others, constant):
    random = np.random.default_rng(seed)
    columns = random.normal(size=(15, others))
    twice = np.column_stack((columns, columns @ random.uniform(0.5, 2.0, others)))
    with pytest.raises(ValueError, match="depend on each other"):
        fit_linear(twice, random.normal(size=15), constant=constant)


@pytest.mark.parametrize("value", [0.1, 1e9 + 0.1, -7.0])
def test_a_second_constant_is_refused(value):
    columns = np.column_stack((np.arange(9.0), np.full(9, value)))
    with pytest.raises(ValueError, match="does not vary"):
        fit_linear(columns, np.arange(9.0))


def test_what_does_not_determine_a_fit_is_refused():
    with pytest.raises(ValueError, match="2 rows do not determine 3"):
        regress(np.ones((2, 2)), np.ones(2))
    with pytest.raises(ValueError, match="3 different x do not determine degree 3"):
        fit_polynomial([1.0, 2.0, 3.0, 3.0, 2.0], np.arange(5.0), 3)
    with pytest.raises(ValueError, match="degree of at least 1"):
        fit_polynomial([1.0, 2.0], [1.0, 2.0], 0)
    with pytest.raises(ValueError, match="not finite"):
        regress([[1.0], [np.nan], [2.0]], np.ones(3))


def test_as_many_coefficients_as_rows_leave_no_spread():
    fitted = fit_polynomial([0.0, 1.0, 3.0], [1.0, 2.0, 10.0], 2)
    assert fitted.coefficients == pytest.approx((1.0, 0.0, 1.0), abs=1e-15)
    assert fitted.deviations == (0.0, 0.0, 0.0)
    assert fitted.residual_deviation == 0.0
    assert fitted.f_statistic == np.inf


def test_what_does_not_vary_is_explained_to_no_part():
    assert regress(np.arange(5.0)[:, None], np.full(5, 2.0)).r_squared == 0.0


@given(seeds, st.integers(1, 8))
def test_columns_are_taken_apart_and_put_together(seed, width):
    # Powers of one variable: neighbours are nearly alike, and stay apart to the rounding.
    x = widen(np.random.default_rng(seed).uniform(0.9, 1.1, 30))
    columns = np.column_stack([x**k for k in range(width)])
    eps = float(np.finfo(np.longdouble).eps)
    q, r = orthogonalise(columns, 0.0)
    assert np.abs(q.T @ q - np.eye(width)).max() < 100 * eps
    assert np.abs(q @ r - columns).max() < 1000 * eps
    assert np.abs(r @ solve_upper(r, q.T @ columns[:, 0]) - q.T @ columns[:, 0]).max() < 100 * eps
