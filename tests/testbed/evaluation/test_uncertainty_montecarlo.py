"""Propagation of distributions against closed forms (JCGM 101:2008, 6.4 and 7)."""

import math
import tracemalloc

import numpy as np
import pytest

from testbed.evaluation.uncertainty import (
    Input,
    arcsine,
    draw_ratio,
    log,
    observations,
    rectangular,
    simulate,
    sqrt,
    standard,
    student_factor,
    trapezoidal,
    trapezoidal_factor,
    triangular,
)
from testbed.evaluation.uncertainty.drawing import BLOCK, Draws


def itself(x):
    return x


def drawn(given, count=BLOCK, seed=1):
    return Draws([given], {}, seed).block(count)[given.symbol].copy()


SHAPES = {
    "normal": (standard("x", 5.0, 2.0), 1.959963984540054),
    "t": (standard("x", 5.0, 2.0, degrees_of_freedom=7), None),
    "rectangular": (rectangular("x", 5.0, 3.0), 0.95 * math.sqrt(3.0)),
    "triangular": (triangular("x", 5.0, 3.0), (1.0 - math.sqrt(0.05)) * math.sqrt(6.0)),
    "trapezoidal": (trapezoidal("x", 5.0, 3.0, 0.4), trapezoidal_factor(0.95, 0.4)),
    "arcsine": (arcsine("x", 5.0, 3.0), math.sin(0.95 * math.pi / 2.0) * math.sqrt(2.0)),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_distribution_has_its_mean_deviation_and_quantiles(name):
    given, k = SHAPES[name]
    if k is None:
        k = student_factor(0.95, given.degrees_of_freedom)
    found = simulate(itself, [given], probability=0.95)
    expected = given.uncertainty
    if name == "t":
        expected *= math.sqrt(7.0 / 5.0)
    assert found.estimate == pytest.approx(5.0, abs=5.0 * found.deviations.estimate)
    assert found.uncertainty == pytest.approx(expected, abs=5.0 * found.deviations.uncertainty)
    low, high = found.symmetric
    assert low == pytest.approx(5.0 - k * given.uncertainty, abs=5.0 * found.deviations.low)
    assert high == pytest.approx(5.0 + k * given.uncertainty, abs=5.0 * found.deviations.high)
    assert found.deviations.largest < 0.01 * given.uncertainty


@pytest.mark.parametrize("name", ["rectangular", "triangular", "trapezoidal", "arcsine"])
def test_a_bounded_distribution_stays_within_its_bounds(name):
    given, _ = SHAPES[name]
    values = drawn(given)
    assert np.all(np.abs(values - 5.0) <= 3.0 * (1.0 + 1e-12))
    assert np.max(np.abs(values - 5.0)) > 2.9


def test_a_rectangle_with_inexact_bounds_is_curvilinear():
    """JCGM 101, 6.4.3: variance (b - a)²/12 + d²/9, and no value beyond a ± d."""
    given = rectangular("x", 0.0, 1.0, degrees_of_freedom=2)
    found = simulate(itself, [given], probability=0.95)
    assert found.uncertainty == pytest.approx(math.sqrt(1.0 / 3.0 + 0.25 / 9.0), rel=2e-3)
    values = drawn(given)
    assert 1.0 < np.max(np.abs(values)) <= 1.5


def test_the_end_gauge_has_the_variance_of_its_distributions():
    """GUM H.1 as in JCGM 101, 9.5.2, worked out by hand: independent products of known moments."""
    from testbed.validation.gum_guide import _length

    inputs = [
        standard("l_s", 50000623.0, 25.0, degrees_of_freedom=18),
        standard("d0", 215.0, 5.8, degrees_of_freedom=24),
        standard("d1", 0.0, 3.9, degrees_of_freedom=5),
        standard("d2", 0.0, 6.7, degrees_of_freedom=8),
        rectangular("alpha_s", 1.15e-5, 2e-6),
        rectangular("d_alpha", 0.0, 1e-6, degrees_of_freedom=50),
        rectangular("d_theta", 0.0, 0.05, degrees_of_freedom=2),
        standard("theta_bar", -0.1, 0.2),
        arcsine("Delta", 0.0, 0.5),
    ]
    observed = 625.0 * 18 / 16 + 33.64 * 24 / 22 + 15.21 * 5 / 3 + 44.89 * 8 / 6
    of_expansion = 1e-12 * (1.0 / 3.0 + 0.01 / 9.0) * (0.01 + 0.04 + 0.125)
    of_temperature = (1.15e-5**2 + 4e-12 / 3.0) * (0.0025 / 3.0 + 0.025**2 / 9.0)
    variance = observed + 50000623.0**2 * (of_expansion + of_temperature)
    found = simulate(_length, inputs, probability=0.99)
    assert found.uncertainty == pytest.approx(math.sqrt(variance), rel=3e-3)


def test_the_shortest_interval_of_a_skew_distribution():
    """-ln r is exponential: the shortest 95 % lie from 0 to -ln 0.05."""
    found = simulate(lambda x: -log(x), [rectangular("x", 0.5, 0.5)], probability=0.95)
    assert found.shortest == pytest.approx((0.0, -math.log(0.05)), abs=0.02)
    assert found.symmetric == pytest.approx((-math.log(0.975), -math.log(0.025)), abs=0.02)
    width = found.symmetric[1] - found.symmetric[0]
    assert found.shortest[1] - found.shortest[0] < width


def test_half_of_a_distribution_is_found_as_well_as_most():
    found = simulate(itself, [rectangular("x", 0.0, 1.0)], probability=0.3)
    assert found.symmetric == pytest.approx((-0.3, 0.3), abs=0.005)


@pytest.mark.parametrize("free", [math.inf, 9.0])
def test_correlated_inputs_are_drawn_together(free):
    x, y, z = (
        Input(symbol=s, estimate=1.0, uncertainty=u, degrees_of_freedom=free)
        for s, u in (("x", 0.5), ("y", 2.0), ("z", 1.0))
    )
    draws = Draws([x, z, y], {("y", "x"): -0.8}, 7)
    blocks = [{s: v.copy() for s, v in draws.block(BLOCK).items()} for _ in range(100)]
    values = np.array([np.concatenate([block[s] for block in blocks]) for s in "xyz"])
    grown = 1.0 if math.isinf(free) else math.sqrt(9.0 / 7.0)
    assert np.std(values, axis=1) == pytest.approx(np.array([0.5, 2.0, 1.0]) * grown, rel=0.02)
    correlation = np.corrcoef(values)
    assert correlation[0, 1] == pytest.approx(-0.8, abs=0.01)
    assert correlation[0, 2] == pytest.approx(0.0, abs=0.01)


def test_full_correlation_cancels():
    inputs = [standard("x", 1.0, 0.5), standard("y", 3.0, 0.5)]
    found = simulate(lambda x, y: y - x, inputs, correlations={("x", "y"): 1.0}, draws=10_000)
    assert found.symmetric == pytest.approx((2.0, 2.0), abs=1e-9)


def test_equal_seeds_give_equal_bits():
    inputs = [observations("x", [1.0, 1.3, 1.1]), rectangular("y", 2.0, 0.3), arcsine("z", 0, 1)]

    def model(x, y, z):
        return x * y + z

    one, two = (simulate(model, inputs, draws=123_457, seed=11) for _ in range(2))
    assert one == two
    assert simulate(model, inputs, draws=123_457, seed=12) != one
    assert one.draws == 123_457


def test_drawing_goes_on_until_it_is_stable():
    inputs = [standard("x", 0.0, 1.0)]
    found = simulate(itself, inputs, probability=0.95, draws=100_000, tolerance=0.01)
    assert found.stable
    assert 2.0 * found.deviations.largest <= 0.01
    assert 100_000 < found.draws < 5_000_000
    short = simulate(itself, inputs, probability=0.95, draws=100_000, tolerance=1e-6, most=300_000)
    assert not short.stable
    assert short.draws == 300_000


def test_memory_does_not_grow_with_the_draws():
    def peak(draws):
        tracemalloc.start()
        simulate(itself, [standard("x", 0.0, 1.0)], draws=draws)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10_000)
    assert peak(3_000_000) < 1.1 * peak(1_000_000)


def test_what_cannot_be_simulated_is_refused():
    inputs = [standard("x", 0.0, 1.0)]
    with pytest.raises(ValueError, match="too few"):
        simulate(itself, inputs, probability=0.99, draws=9_000)
    with pytest.raises(ValueError, match="probability"):
        simulate(itself, inputs, probability=1.0)
    with pytest.raises(ValueError, match="no finite value"):
        simulate(lambda x: sqrt(x), inputs)
    with pytest.raises(ValueError, match="no finite value"):
        simulate(lambda x: 1e308 * 10.0 * x, inputs)


def test_moments_that_do_not_exist_are_not_given():
    for count, mean, deviation in ((2, False, False), (3, True, False), (4, True, True)):
        found = simulate(itself, [observations("x", [1.0, 2.0, 3.0, 4.0][:count])], draws=10_000)
        assert (found.estimate is not None) is mean
        assert (found.uncertainty is not None) is deviation


def test_the_time_of_a_simulation_includes_that_of_its_draws():
    # Wide enough that another program cannot turn it around: 50 draws for each that is counted.
    whole, _ = draw_ratio(draws=500_000, rounds=3)
    _, drawing = draw_ratio(draws=10_000, rounds=3)
    assert whole > drawing > 0.0
