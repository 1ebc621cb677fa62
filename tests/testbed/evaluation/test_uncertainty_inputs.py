"""Inputs from specifications, certificates, bounds and observations (GUM 4.2 and 4.3)."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.evaluation.uncertainty import (
    Distribution,
    Input,
    Kind,
    Specification,
    arcsine,
    between_days,
    certificate,
    drift,
    fitted_line,
    hysteresis,
    observations,
    paired,
    pooled,
    pooled_deviation,
    reading,
    rectangular,
    resolution,
    trapezoidal,
    triangular,
)


def test_a_specification_is_a_bound_unless_it_states_a_coverage():
    # 0.0035 % of reading and 0.0005 % of range at 5 V in the range of 10 V.
    made = Specification(reading=0.0035, scale=0.0005)
    found = reading("V", 5.0, made, span=10.0, unit="V")
    assert found.half_width == pytest.approx(225e-6, rel=1e-12)
    assert found.uncertainty == pytest.approx(129.90381e-6, rel=1e-7)
    assert found.distribution is Distribution.RECTANGULAR
    stated = Specification(reading=0.0035, scale=0.0005, confidence=0.95)
    normal = reading("V", -5.0, stated, span=10.0)
    assert normal.uncertainty == pytest.approx(225e-6 / 1.959963984540054, rel=1e-12)
    assert normal.distribution is Distribution.NORMAL


@pytest.mark.parametrize(
    ("ambient", "kelvins"), [(23.0, 0.0), (18.0, 0.0), (28.0, 0.0), (30.5, 2.5), (15.0, 3.0)]
)
def test_outside_the_reference_temperature_a_coefficient_is_added(ambient, kelvins):
    made = Specification(
        reading=0.01, scale=0.002, absolute=1e-3, reading_per_kelvin=0.001, scale_per_kelvin=0.0005
    )
    expected = (0.01 + 0.001 * kelvins) * 0.08 + (0.002 + 0.0005 * kelvins) * 0.1 + 1e-3
    assert made.limit(-8.0, 10.0, ambient) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("found", "u", "distribution"),
    [
        (rectangular("x", 1.0, 3.0), 3.0 / math.sqrt(3.0), Distribution.RECTANGULAR),
        (triangular("x", 1.0, 3.0), 3.0 / math.sqrt(6.0), Distribution.TRIANGULAR),
        (arcsine("x", 1.0, 3.0), 3.0 / math.sqrt(2.0), Distribution.ARCSINE),
        (trapezoidal("x", 1.0, 3.0, 0.0), 3.0 / math.sqrt(6.0), Distribution.TRAPEZOIDAL),
        (trapezoidal("x", 1.0, 3.0, 1.0), 3.0 / math.sqrt(3.0), Distribution.TRAPEZOIDAL),
        (resolution("x", 0.1), 0.1 / math.sqrt(12.0), Distribution.RECTANGULAR),
        (hysteresis("x", -0.1), 0.1 / math.sqrt(12.0), Distribution.RECTANGULAR),
        (drift("x", 0.1), 0.1 / math.sqrt(3.0), Distribution.RECTANGULAR),
        (certificate("x", 1.0, 0.061), 0.0305, Distribution.NORMAL),
    ],
)
def test_standard_uncertainties_of_what_is_known(found, u, distribution):
    assert found.uncertainty == pytest.approx(u, rel=1e-14)
    assert found.distribution is distribution
    assert found.kind is Kind.B
    if distribution is not Distribution.NORMAL:
        assert found.half_width == pytest.approx(
            found.uncertainty * {"rectangular": 3, "triangular": 6, "arcsine": 2}.get(
                distribution.value, 6 / (1 + found.shape**2)
            ) ** 0.5,
            rel=1e-14,
        )  # fmt: skip


def test_a_certificate_keeps_its_degrees_of_freedom():
    found = certificate("x", 1.0, 0.46, 2.3, degrees_of_freedom=9.0)
    assert found.uncertainty == pytest.approx(0.2)
    assert found.degrees_of_freedom == 9.0
    with pytest.raises(ValueError, match="coverage factor"):
        certificate("x", 1.0, 0.46, 0.0)


def test_observations_and_what_a_method_was_validated_with():
    values = [10.1, 10.3, 10.2]
    own = observations("x", values)
    assert own.estimate == pytest.approx(10.2)
    assert own.uncertainty == pytest.approx(0.1 / math.sqrt(3.0))
    assert (own.degrees_of_freedom, own.kind) == (2, Kind.A)
    deviation, free = pooled_deviation([[1.0, 1.2], [5.0, 5.1, 5.3], [7.0]])
    assert free == 3
    # Squares about the means: 0.02 and 0.14/3, over 1 + 2.
    assert deviation == pytest.approx(math.sqrt((0.02 + 0.14 / 3.0) / 3.0))
    better = pooled("x", values, deviation, free)
    assert better.uncertainty == pytest.approx(deviation / math.sqrt(3.0))
    assert (better.degrees_of_freedom, better.kind) == (3, Kind.A)
    assert pooled("x", [10.0], deviation, free).uncertainty == deviation


def test_too_few_observations_are_refused():
    with pytest.raises(ValueError, match="no deviation"):
        observations("x", [1.0])
    with pytest.raises(ValueError, match="no observation"):
        pooled("x", [], 1.0, 3.0)
    with pytest.raises(ValueError, match="no series"):
        pooled_deviation([[1.0], [2.0]])


@pytest.mark.parametrize(
    "given",
    [
        {"symbol": "Rp0.2"},
        {"estimate": math.nan},
        {"uncertainty": -1.0},
        {"uncertainty": math.inf},
        {"degrees_of_freedom": 0.0},
        {"degrees_of_freedom": math.nan},
        {"shape": 1.5},
    ],
)
def test_an_impossible_input_is_refused(given):
    with pytest.raises(ValueError, match=r"\S"):
        Input(**{"symbol": "x", "estimate": 1.0, "uncertainty": 1.0} | given)


def test_impossible_sources_are_refused():
    for wrong in (
        lambda: rectangular("x", 0.0, -1.0),
        lambda: trapezoidal("x", 0.0, 1.0, 2.0),
        lambda: Specification(confidence=95.0),
    ):
        with pytest.raises(ValueError, match=r"\S"):
            wrong()


def test_bounds_that_are_not_exact_follow_their_degrees_of_freedom():
    # JCGM 101, 9.5.2: 50 and 2 degrees of freedom are 10 % and 50 % of the half-width.
    assert rectangular("x", 0.0, 1e-6, degrees_of_freedom=50).inexactness == pytest.approx(1e-7)
    assert rectangular("x", 0.0, 0.05, degrees_of_freedom=2).inexactness == pytest.approx(0.025)
    assert rectangular("x", 0.0, 0.05).inexactness == 0.0


def test_quantities_observed_together():
    inputs, correlations = paired({"a": [1.0, 2.0, 3.0], "b": [2.0, 4.0, 6.0], "c": [5.0, 5, 5]})
    assert [each.degrees_of_freedom for each in inputs] == [2, 2, 2]
    assert correlations == {("a", "b"): pytest.approx(1.0)}
    with pytest.raises(ValueError, match="equally many"):
        paired({"a": [1.0, 2.0], "b": [1.0, 2.0, 3.0]})


@given(
    st.lists(st.integers(-1000, 1000), min_size=3, max_size=9, unique=True),
    st.integers(-50, 50),
    st.integers(-50, 50),
)
def test_a_line_goes_where_its_points_are(x, intercept, slope):
    found = fitted_line(x, [intercept + slope * each for each in x])
    assert found.intercept.estimate == pytest.approx(intercept, abs=1e-7)
    assert found.slope.estimate == pytest.approx(slope, abs=1e-9)
    assert -1.0 <= found.correlation <= 1.0


def test_a_line_needs_three_points_at_two_places():
    with pytest.raises(ValueError, match="2 points"):
        fitted_line([1.0, 2.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="one x"):
        fitted_line([1.0, 1.0, 1.0], [1.0, 2.0, 3.0])


def test_days_that_do_not_differ_have_no_effect():
    found = between_days([1.0, 1.0, 1.0], [0.1, 0.1, 0.1], 4)
    assert (found.day_effect, found.ratio) == (0.0, 0.0)
    assert (found.between_freedom, found.within_freedom) == (2, 9)
    with pytest.raises(ValueError, match="two days"):
        between_days([1.0], [0.1], 4)
    with pytest.raises(ValueError, match="do not vary"):
        between_days([1.0, 2.0], [0.0, 0.0], 4)
