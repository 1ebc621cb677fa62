"""Rounding for print: multiples (ISO 80000-1, Annex B), y with U (ILAC-P14:09/2020, 5.4)."""

import math
import sys
from decimal import Context, Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from testbed.evaluation.rounding import round_report, round_to

WIDE = Context(prec=1500, Emin=-9999, Emax=9999)

estimates = st.floats(allow_nan=False, allow_infinity=False)
expanded = st.floats(min_value=1e-300, max_value=1e300)
digits = st.sampled_from([1, 2])


def exactly(number):
    return number if isinstance(number, Decimal) else Decimal(repr(number))


def last_digit(text, count):
    """Of so many significant digits: "1200" has two."""
    return Decimal((0, (1,), Decimal(text).adjusted() - count + 1))


def significant(text):
    return len(Decimal(text).normalize(WIDE).as_tuple().digits)


@pytest.mark.parametrize(
    ("y", "u", "printed"),
    [
        # EA-4/02 M:2022: S2, S3, S4, S9 and S10 as they are reported there.
        (10000.025, 0.0585, ("10000.025", "0.059")),
        (10000.1780007665, 0.0166548, ("10000.178", "0.017")),
        (0.1, 0.0487, ("0.100", "0.049")),
        # A carry leaves two digits, not three.
        (1.23456, 0.0996, ("1.23", "0.10")),
        (5.0, 9.96, ("5", "10")),
        # Middles: the estimate to the even digit, the uncertainty upwards.
        (2.5, 10.0, ("2", "10")),
        (3.5, 10.0, ("4", "10")),
        (0.0, 1.25, ("0.0", "1.3")),
        # 0.15 and 2.675 are the decimals that people read, not their binary neighbours.
        (2.675, 0.15, ("2.68", "0.15")),
        (1234567.0, 1234.0, ("1234600", "1200")),
        (-0.001, 0.5, ("0.00", "0.50")),
        (1e300, 1.26e299, ("1.00E+300", "1.3E+299")),
        (0.0, 1e-300, ("0E-301", "1.0E-300")),
    ],
)
def test_a_result_is_printed_to_the_last_digit_of_its_uncertainty(y, u, printed):
    assert round_report(y, u) == printed


@pytest.mark.parametrize(
    ("u", "printed"),
    # Down by 3.8 and by 4.8 %, but upwards where it would be by 5.7 and by 28 %.
    [(1.04, "1"), (1.05, "1"), (1.06, "2"), (1.4, "2"), (0.21, "0.2"), (0.22, "0.3"), (9.6, "10")],
)
def test_with_one_digit_it_is_rounded_up_where_it_would_lose_more_than_a_twentieth(u, printed):
    assert round_report(0.0, u, digits=1)[1] == printed


@given(estimates, expanded, digits)
@example(sys.float_info.max, 1e-300, 2)
@example(5e-324, 1e300, 2)
@example(-sys.float_info.max, 9.95e-1, 1)
def test_what_must_hold_of_every_printed_result(y, u, count):
    printed_y, printed_u = round_report(y, u, count)
    size = Decimal(printed_u)
    unit = last_digit(printed_u, count)
    assert significant(printed_u) <= count
    assert size >= WIDE.multiply(exactly(u), Decimal("0.95"))
    assert WIDE.subtract(size, exactly(u)) <= unit
    assert WIDE.remainder(Decimal(printed_y), unit) == 0
    assert abs(WIDE.subtract(Decimal(printed_y), exactly(y))) <= unit / 2
    assert not (Decimal(printed_y).is_zero() and "-" in printed_y.partition("E")[0])


@given(estimates, expanded, digits)
def test_rounding_what_is_rounded_changes_nothing(y, u, count):
    once = round_report(y, u, count)
    assert round_report(Decimal(once[0]), Decimal(once[1]), count) == once


@given(
    st.decimals(allow_nan=False, allow_infinity=False, min_value="-1e9", max_value="1e9", places=6),
    st.decimals(min_value="1e-6", max_value="1e6", places=6),
    st.integers(-15, 15),
    digits,
)
def test_a_prefix_of_the_unit_changes_no_digit(y, u, power, count):
    plain = round_report(y, u, count)
    scaled = round_report(y.scaleb(power, WIDE), u.scaleb(power, WIDE), count)
    assert [Decimal(each).scaleb(power, WIDE) for each in plain] == [Decimal(s) for s in scaled]


@pytest.mark.parametrize("u", [0.0, -0.0, -1.0, math.nan, math.inf, -math.inf])
def test_no_report_without_a_positive_uncertainty(u):
    with pytest.raises(ValueError, match="expanded uncertainty"):
        round_report(1.0, u)


@pytest.mark.parametrize("y", [math.nan, math.inf, -math.inf])
def test_no_report_of_what_is_no_number(y):
    with pytest.raises(ValueError, match="cannot be reported"):
        round_report(y, 1.0)


@pytest.mark.parametrize("count", [0, 3])
def test_no_report_with_other_digits(count):
    with pytest.raises(ValueError, match="1 or 2 digits"):
        round_report(1.0, 1.0, count)


def test_whole_multiples():
    assert round_to(27.02, 0.5) == "27.0"
    assert round_to(0.15, 0.1) == "0.2"
    assert round_to(-0.01, 0.1) == "0.0"
    with pytest.raises(ValueError, match="not positive"):
        round_to(1.0, 0.0)
