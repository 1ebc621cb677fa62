"""Propagation of uncertainty and its budget: GUM 5 and annex G, JCGM 101 clause 8, EA-4/02."""

import json
import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.evaluation import uncertainty
from testbed.evaluation.uncertainty import (
    Budget,
    Coverage,
    Obtaining,
    arcsine,
    arctan2,
    certificate,
    exp,
    fitted_line,
    log,
    numerical_tolerance,
    observations,
    paired,
    propagate,
    propagate_together,
    rectangular,
    resolution,
    sin,
    sqrt,
    standard,
    student_factor,
    trapezoidal_factor,
    truncated,
    welch_satterthwaite,
)
from testbed.evaluation.uncertainty.first_order import first_order
from testbed.evaluation.uncertainty.series import Series, second_order_terms

sizes = st.floats(0.01, 100.0)


def product(x, y):
    return x * y


def test_shares_of_independent_inputs_are_the_whole():
    inputs = [
        standard("x", 3.0, 0.1, degrees_of_freedom=5),
        rectangular("y", 2.0, 0.1),
        standard("z", 4.0, 0.0),
    ]
    found = propagate(lambda x, y, z: x * y + z * z, inputs, draws=None, measurand="A", unit="m2")
    u = math.hypot(2.0 * 0.1, 3.0 * 0.1 / math.sqrt(3.0))
    assert found.estimate == 22.0
    assert found.uncertainty == pytest.approx(u, rel=1e-14)
    assert [row.sensitivity for row in found.rows] == pytest.approx([2.0, 3.0, 8.0])
    assert [row.contribution for row in found.rows][2] == 0.0
    assert sum(row.share for row in found.rows) == pytest.approx(100.0, rel=1e-14)
    free = u**4 / ((2.0 * 0.1) ** 4 / 5)
    assert found.degrees_of_freedom == pytest.approx(free, rel=1e-12)
    assert found.factor == student_factor(0.9545, math.floor(free))
    assert found.expanded == found.factor * found.uncertainty
    assert (found.low, found.high) == (22.0 - found.expanded, 22.0 + found.expanded)
    assert found.row("y") is found.rows[1]
    with pytest.raises(KeyError):
        found.row("w")


@given(st.lists(st.tuples(sizes, sizes, st.integers(1, 99)), min_size=1, max_size=6))
@settings(max_examples=50)
def test_the_order_of_inputs_and_a_prefix_of_the_unit_change_nothing(parts):
    inputs = [standard(f"x{i}", x, u, degrees_of_freedom=nu) for i, (x, u, nu) in enumerate(parts)]

    def model(**x):
        return sum(x[f"x{i}"] * x[f"x{i}"] for i in range(len(parts)))

    found = propagate(model, inputs, draws=None)
    turned = propagate(model, inputs[::-1], draws=None)
    assert turned.uncertainty == pytest.approx(found.uncertainty, rel=1e-12)
    assert turned.degrees_of_freedom == pytest.approx(found.degrees_of_freedom, rel=1e-9)
    assert {r.symbol: r.share for r in turned.rows} == pytest.approx(
        {r.symbol: r.share for r in found.rows}
    )
    assert sum(row.share for row in found.rows) == pytest.approx(100.0)
    scaled = propagate(
        lambda **x: model(**x) * 1e-6,
        [replace(i, estimate=i.estimate * 1e3, uncertainty=i.uncertainty * 1e3) for i in inputs],
        draws=None,
    )
    assert scaled.estimate == pytest.approx(found.estimate, rel=1e-12)
    assert scaled.expanded == pytest.approx(found.expanded, rel=1e-9)
    contributions = [row.contribution for row in found.rows]
    free = welch_satterthwaite(contributions, [each.degrees_of_freedom for each in inputs])
    assert found.degrees_of_freedom == pytest.approx(free, rel=1e-9)


@given(st.floats(-1.0, 1.0), sizes, sizes)
@settings(max_examples=50)
def test_correlation_is_stated_and_counted(r, u, v):
    inputs = [standard("x", 5.0, u), standard("y", 7.0, v)]
    found = propagate(lambda x, y: x - y, inputs, correlations={("x", "y"): r}, draws=None)
    assert found.uncertainty**2 == pytest.approx(
        u * u + v * v - 2.0 * r * u * v, rel=1e-6, abs=1e-9
    )
    if r and found.uncertainty > 1e-3:
        total = sum(row.share for row in found.rows) + found.correlations[0].share
        assert total == pytest.approx(100.0, rel=1e-6)
        assert found.correlations[0].coefficient == r


def test_quantities_observed_together_keep_their_degrees_of_freedom():
    inputs, r = paired({"x": [1.0, 2.0, 4.0, 3.5], "y": [2.0, 3.0, 6.0, 4.0]})
    found = propagate(lambda x, y: x / y, inputs, correlations=r, draws=None)
    assert found.degrees_of_freedom == pytest.approx(3.0)
    assert found.factor == student_factor(0.9545, 3.0)


def test_welch_satterthwaite_does_not_hold_for_other_correlated_inputs():
    inputs = [
        standard("x", 1.0, 0.1, degrees_of_freedom=5),
        standard("y", 1.0, 0.1, degrees_of_freedom=9),
        standard("z", 1.0, 0.1),
    ]
    found = propagate(lambda x, y, z: x + y + z, inputs, correlations={("x", "y"): 0.5}, draws=None)
    assert found.degrees_of_freedom is None
    assert found.factor == student_factor(0.9545, 5.0)
    assert found.uncertainty == pytest.approx(math.sqrt(0.04))
    # Where the correlated ones do not matter, it does.
    alone = propagate(
        lambda x, y, z: z + 0.0 * (x + y), inputs, correlations={("x", "y"): 0.5}, draws=None
    )
    assert alone.degrees_of_freedom == math.inf


def test_results_of_the_same_inputs_are_correlated():
    line = fitted_line([1.0, 2.0, 3.0, 4.0], [1.1, 1.9, 3.2, 3.9])
    joint = propagate_together(
        {"at 0": lambda intercept, slope: intercept + 0.0 * slope,
         "at 2.5": lambda intercept, slope: intercept + 2.5 * slope,
         "slope": lambda intercept, slope: slope},
        line.inputs, correlations=line.correlations, units={"slope": "1/s"}, draws=100_000,
    )  # fmt: skip
    # At the centre of x the line's height is independent of its slope.
    assert joint.correlations["at 2.5", "slope"] == pytest.approx(0.0, abs=1e-12)
    assert joint.correlations["at 0", "slope"] == pytest.approx(line.correlation, rel=1e-12)
    assert joint.budgets["at 2.5"].uncertainty == pytest.approx(line.deviation / 2.0)
    assert joint.budgets["slope"].unit == "1/s"
    assert all(b.check is not None for b in joint.budgets.values())


@pytest.mark.parametrize(
    ("correlations", "why"),
    [
        ({("x", "w"): 0.5}, "not both inputs"),
        ({("x", "x"): 0.5}, "given twice or with itself"),
        ({("x", "y"): 0.5, ("y", "x"): 0.5}, "given twice"),
        ({("x", "y"): 1.5}, "1.5"),
        ({("x", "y"): math.nan}, "nan"),
    ],
)
def test_impossible_correlations_are_refused(correlations, why):
    inputs = [standard("x", 1.0, 0.1), standard("y", 1.0, 0.1)]
    with pytest.raises(ValueError, match=why):
        propagate(product, inputs, correlations=correlations, draws=None)


def test_three_correlations_that_cannot_be_together_are_refused():
    inputs = [standard(symbol, 1.0, 0.1) for symbol in "xyz"]
    with pytest.raises(ValueError, match="have these correlations"):
        propagate(
            lambda x, y, z: x + y + z,
            inputs,
            correlations={("x", "y"): 0.9, ("y", "z"): 0.9, ("x", "z"): -0.9},
        )


def test_a_model_without_value_and_symbols_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="same symbol"):
        propagate(product, [standard("x", 1.0, 0.1), standard("x", 1.0, 0.1)])
    with pytest.raises(TypeError):
        propagate(product, [standard("x", 1.0, 0.1)])
    with pytest.raises(ValueError, match="at the estimates"):
        propagate(lambda x: x * math.inf, [standard("x", 1.0, 0.0)])


def test_an_exact_result_has_no_uncertainty():
    found = propagate(product, [standard("x", 3.0, 0.0), standard("y", 2.0, 0.0)])
    assert (found.estimate, found.uncertainty, found.expanded) == (6.0, 0.0, 0.0)
    assert [row.sensitivity for row in found.rows] == [2.0, 3.0]
    assert found.check is None
    nothing = propagate(lambda x: 5.0 + 0.0 * x, [standard("x", 3.0, 0.1)])
    assert (nothing.estimate, nothing.uncertainty) == (5.0, 0.0)


@given(st.floats(-10.0, 10.0), st.floats(-10.0, 10.0), sizes, sizes)
def test_second_order_is_exact_for_a_product_and_a_square(x, y, u, v):
    """Of normal inputs: Var(xy) = x²v² + y²u² + u²v², Var(x²) = 4x²u² + 2u⁴."""
    terms = second_order_terms(product, [standard("x", x, u), standard("y", y, v)])
    assert terms == {("x", "y"): pytest.approx(u * u * v * v)}
    terms = second_order_terms(lambda x: x**2, [standard("x", x, u)])
    assert terms["x", "x"] == pytest.approx(2.0 * u**4)


def test_second_order_takes_third_derivatives_into_account():
    """For y = exp(x): ½ y² u⁴ + y² u⁴ (GUM 5.1.2, note)."""
    terms = second_order_terms(exp, [standard("value", 1.0, 0.1)])
    assert terms["value", "value"] == pytest.approx(1.5 * math.exp(2.0) * 1e-4)
    found = propagate(
        lambda value: exp(value), [standard("value", 1.0, 0.1)], second_order=True, draws=None
    )
    assert found.obtained is Obtaining.SECOND_ORDER
    shares = found.rows[0].share + found.second_order[0].share
    assert shares == pytest.approx(100.0)
    with pytest.raises(ValueError, match="independent"):
        propagate(
            product,
            [standard("x", 1.0, 0.1), standard("y", 1.0, 0.1)],
            correlations={("x", "y"): 0.5},
            second_order=True,
        )


def test_second_order_that_takes_too_much_is_refused():
    with pytest.raises(ValueError, match="take away"):
        propagate(lambda x: sin(x), [standard("x", 0.0, 2.0)], second_order=True, draws=None)


S = Series.variable(0.4, 1.0, (1, 0))
T = Series.variable(0.7, 1.0, (0, 1))
U = uncertainty
IDENTITIES = {
    "sin² + cos²": (U.sin(S * T) ** 2 + U.cos(S * T) ** 2, 1.0),
    "tan": (U.tan(S + T), U.sin(S + T) / U.cos(S + T)),
    "tanh": (U.tanh(S - T), U.sinh(S - T) / U.cosh(S - T)),
    "cosh² - sinh²": (U.cosh(S) ** 2 - U.sinh(S) ** 2, 1.0),
    "log of exp": (U.log(U.exp(S * T * T)), S * T * T),
    "log10": (U.log10(S / T) * math.log(10.0), U.log(S) - U.log(T)),
    "sqrt": (U.sqrt(S * T) * U.sqrt(S * T), S * T),
    "arcsin of sin": (U.arcsin(U.sin(S + T)), S + T),
    "arccos": (U.arccos(S) + U.arcsin(S), math.pi / 2.0),
    "arctan of tan": (U.arctan(U.tan(S * 2.0)), 2.0 * S),
    "arctan2": (U.arctan2(U.sin(S), U.cos(S)), S),
    "power": (S**2.5 * S**-0.5, S * S),
    "power of a series": (S**T, U.exp(T * U.log(S))),
    "number to a power": (2.0**S, U.exp(S * math.log(2.0))),
    "quotient": ((1.0 - S) / (1.0 + T) * (T + 1.0), -(S - 1.0)),
    "size": (abs(-S * T), +S * T),
    "cube": (S**3, S * S * S),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_series_keep_the_identities_of_functions(name):
    found, expected = IDENTITIES[name]
    known = expected.coefficients if isinstance(expected, Series) else np.zeros((4, 4))
    if not isinstance(expected, Series):
        known[0, 0] = expected
    assert found.coefficients == pytest.approx(known, abs=1e-13)


@pytest.mark.parametrize("name", sorted({*U.__all__} & {*dir(np)} - {"arctan2"}))
def test_one_model_serves_numbers_arrays_uncertain_numbers_and_series(name):
    function = getattr(U, name)
    inputs = [standard("x", 0.4, 0.01)]
    found = first_order({"": lambda x: function(x)}, inputs, {})[""]
    step = 1e-5
    slope = (function(0.4 + step) - function(0.4 - step)) / (2.0 * step)
    assert found.estimate == pytest.approx(float(function(0.4)), rel=1e-14)
    assert found.sensitivities["x"] == pytest.approx(slope, rel=1e-8)
    assert function(np.array([0.4])) == pytest.approx(np.array([found.estimate]))
    series = function(Series.variable(0.4, 1.0, (1, 0)))
    assert series.coefficients[1, 0] == pytest.approx(slope, rel=1e-8)
    assert series.value == pytest.approx(found.estimate, rel=1e-14)


def test_an_angle_of_two_numbers():
    assert arctan2(-1.0, -1.0) == pytest.approx(-0.75 * math.pi)
    assert arctan2(np.array([2.0]), 0.0) == pytest.approx(np.array([math.pi / 2.0]))


def test_what_first_order_cannot_say_is_replaced_by_the_simulation():
    """y = x² at 0: first order has no uncertainty at all to speak of; y/u² is χ² with 1 degree."""
    found = propagate(
        lambda x, y: x * x + y,
        [standard("x", 0.0, 1.0), standard("y", 0.0, 0.1)],
        probability=0.95,
        shortest=True,
    )
    assert found.obtained is Obtaining.MONTE_CARLO
    assert found.coverage is Coverage.SIMULATED
    assert not found.check.holds
    assert found.estimate == pytest.approx(1.0, abs=0.01)
    assert found.uncertainty == pytest.approx(math.sqrt(2.01), rel=0.01)
    assert (found.low, found.high) == (found.check.shortest_low, found.check.shortest_high)
    assert found.estimate + found.expanded >= found.high
    assert found.estimate - found.expanded <= found.low
    assert found.factor == found.expanded / found.uncertainty


def test_what_first_order_says_rightly_stays():
    found = propagate(
        lambda x, y: x + y, [standard("x", 1.0, 1.0), standard("y", 1.0, 2.0)], digits=2
    )
    assert found.obtained is Obtaining.FIRST_ORDER
    check = found.check
    assert check.holds
    assert check.tolerance == 0.05
    assert max(check.difference_low, check.difference_high) <= check.tolerance
    assert check.low == pytest.approx(found.low, abs=0.02)


def test_two_observations_have_no_simulated_deviation():
    found = propagate(lambda x: x * x, [observations("x", [1.0, 1.2])], probability=0.9)
    assert found.check.estimate is None
    assert found.check.uncertainty is None
    assert found.obtained is Obtaining.MONTE_CARLO
    assert found.estimate == pytest.approx(1.21)
    assert found.low < found.estimate < found.high


@pytest.mark.parametrize(
    ("inputs", "shape", "k"),
    [
        # EA-4/02 M:2022, S9: a multimeter at 100 V, its resolution dominates.
        (
            [
                certificate("V_S", -100.0, 0.002),
                resolution("dV_iX", 0.1),
                rectangular("dV_S", 0.0, 0.011),
            ],
            Coverage.RECTANGULAR,
            1.65,
        ),
        # S10: a calliper at 150 mm; resolution and mechanical effects dominate.
        (
            [
                rectangular("l_S", 0.0, 0.0008),
                rectangular("dt", 0.0, 0.00345),
                rectangular("dl_iX", 0.0, 0.025),
                rectangular("dl_M", 0.0, 0.05),
            ],
            Coverage.TRAPEZOIDAL,
            1.83,
        ),
    ],
)
def test_a_dominant_shape_gives_its_own_factor(inputs, shape, k):
    def model(**parts):
        return sum(parts.values())

    found = propagate(model, inputs, probability=0.95, dominant_shape=True)
    assert found.coverage is shape
    assert round(found.factor, 2) == k
    assert found.check.holds
    normal = propagate(model, inputs, probability=0.95, draws=None)
    assert normal.coverage is Coverage.STUDENT
    assert normal.factor == pytest.approx(1.959964, rel=1e-6)


def test_without_a_dominant_shape_student_stays():
    inputs = [rectangular(symbol, 0.0, 1.0) for symbol in "abc"]
    found = propagate(lambda a, b, c: a + b + c, inputs, dominant_shape=True, draws=None)
    assert found.coverage is Coverage.STUDENT
    mixed = [rectangular("a", 0.0, 1.0), arcsine("b", 0.0, 0.5)]
    found = propagate(lambda a, b: a + b, mixed, dominant_shape=True, draws=None)
    assert found.coverage is Coverage.STUDENT


@given(st.floats(0.0, 1.0), st.floats(0.01, 0.999))
def test_the_factor_of_a_trapezoid_covers_what_it_says(beta, probability):
    """By the area within ±k u under a trapezoid of half-base 1."""
    reach = trapezoidal_factor(probability, beta) * math.sqrt((1.0 + beta**2) / 6.0)
    height = 1.0 / (1.0 + beta)
    flat = min(reach, beta)
    flank = max(reach - beta, 0.0)
    # On the flank the height falls linearly to 0 over 1 - β.
    falling = flank - (flank**2 / (2.0 * (1.0 - beta)) if flank else 0.0)
    assert 2.0 * height * (flat + falling) == pytest.approx(probability, abs=1e-9)


@pytest.mark.parametrize(
    ("free", "cut"),
    [
        (16.75, 16.0),
        (9.0, 9.0),
        (8.999999999999998, 9.0),
        (8.99, 8.0),
        (0.7, 0.7),
        (math.inf, math.inf),
    ],
)
def test_degrees_of_freedom_are_cut(free, cut):
    assert truncated(free) == cut


@pytest.mark.parametrize(
    ("u", "digits", "delta"),
    # JCGM 101, 7.9.2, examples 1 and 2: 0.000 35 g and 2 K.
    [(0.00035, 2, 0.000005), (2.0, 1, 0.5), (31.66, 2, 0.5), (31.66, 1, 5.0), (0.0996, 2, 0.005)],
)
def test_the_numerical_tolerance(u, digits, delta):
    assert numerical_tolerance(u, digits) == pytest.approx(delta, rel=1e-14)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: numerical_tolerance(0.0, 1),
        lambda: numerical_tolerance(1.0, 0),
        lambda: student_factor(1.0, 5.0),
        lambda: student_factor(0.95, 0.0),
        lambda: trapezoidal_factor(0.0, 0.5),
        lambda: trapezoidal_factor(0.95, 1.5),
    ],
)
def test_what_has_no_factor_is_refused(wrong):
    with pytest.raises(ValueError, match=r"\S"):
        wrong()


def test_a_budget_survives_its_journey_as_json():
    inputs = [
        standard("x", 1.0, 0.1, degrees_of_freedom=5),
        replace(rectangular("y", 2.0, 0.1, unit="inf", name="inf"), estimate=2.5),
        standard("z", 3.0, 0.1, degrees_of_freedom=9),
    ]
    full = propagate(
        lambda x, y, z: x * y - log(z), inputs, measurand="inf", unit="N", draws=2_500,
        correlations={("x", "z"): 0.3},
    )  # fmt: skip
    curved = propagate(lambda x, y, z: x * y - sqrt(z), inputs, second_order=True, draws=None)
    for budget in (full, curved):
        text = json.dumps(budget.as_plain(), allow_nan=False)
        assert Budget.from_plain(json.loads(text)) == budget
    assert full.degrees_of_freedom is None
    with pytest.raises((KeyError, TypeError)):
        Budget.from_plain({"measurand": "x"})


def test_the_engine_is_loaded_by_the_first_budget_only():
    code = (
        "import sys, testbed.evaluation.uncertainty\n"
        "assert 'GTC' not in sys.modules, 'loaded too early'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
