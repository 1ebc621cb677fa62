"""Rounding of results for print; verdicts never use rounded values."""

import math
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Context, Decimal

__all__ = ["round_report", "round_to"]

# A double spans 10^-324 to 10^308: any of them, written out to the last digit of any other.
_WIDE = Context(prec=700, Emin=-9999, Emax=9999)
# ILAC-P14:09/2020, 5.4: by how much rounding may lower an expanded uncertainty.
_KEPT = Decimal("0.95")
_MOST_DIGITS = 2
# Between these exponents of the last digit a number is written without a power of ten.
_PLAIN = range(-12, 7)


def round_to(value: float, resolution: float) -> str:
    """Round to a whole multiple of `resolution`, with the decimals that it shows.

    Parameters
    ----------
    value
        Any finite number.
    resolution
        Rounding range, larger than 0: 0.5 gives "27.0", 1 gives "737".

    Raises
    ------
    ValueError
        The resolution is not positive.

    References
    ----------
    ISO 80000-1:2009, Annex B, rule A: of two multiples equally near, the even one.
    """
    if not resolution > 0.0:
        raise ValueError(f"resolution {resolution} is not positive")
    # Through repr, so that 0.15 is the decimal that people read, not its binary neighbour.
    step = Decimal(repr(resolution)).normalize()
    multiple = (Decimal(repr(value)) / step).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    rounded = multiple * step
    exponent = step.as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    text = f"{rounded:.{decimals}f}"
    return text.removeprefix("-") if rounded == 0 else text


def round_report(
    estimate: float | Decimal, expanded: float | Decimal, digits: int = _MOST_DIGITS
) -> tuple[str, str]:
    """Round a result and its expanded uncertainty for a report.

    Parameters
    ----------
    estimate
        Any finite number y.
    expanded
        Expanded uncertainty U, in the unit of `estimate`, larger than 0.
    digits
        Significant digits of U: 2, or 1.

    Returns
    -------
    estimate, expanded
        Both with the same last digit: ("10000.178", "0.017"). Very large and very small numbers
        have a power of ten: ("1.234E+30", "1.2E+28").

    Raises
    ------
    ValueError
        The estimate is not finite, U is not a positive finite number, or there are other digits
        than 1 or 2.

    References
    ----------
    ILAC-P14:09/2020, 5.4 and EA-4/02 M:2022, 6.3: at most two digits; rounded as usual, but
    upwards where that would lower U by more than 5 %; the estimate to the last digit of U.
    ISO 80000-1:2009, Annex B, rule A for an estimate in the middle of two.
    """
    if digits not in range(1, _MOST_DIGITS + 1):
        raise ValueError(f"an uncertainty is reported with 1 or 2 digits, not {digits}")
    y, size = _decimal(estimate), _decimal(expanded)
    if not y.is_finite():
        raise ValueError(f"a result that is {estimate} cannot be reported")
    if not (size.is_finite() and size > 0):
        raise ValueError(f"an expanded uncertainty of {expanded} cannot be reported")
    rounded = _significant(size, digits, ROUND_HALF_UP)
    if rounded < _WIDE.multiply(size, _KEPT):
        rounded = _significant(size, digits, ROUND_UP)
    last = Decimal((0, (1,), int(rounded.as_tuple().exponent)))
    return _text(y.quantize(last, rounding=ROUND_HALF_EVEN, context=_WIDE)), _text(rounded)


def _decimal(value: float | Decimal) -> Decimal:
    """Take a number as people read it: through repr, not as its binary neighbour."""
    if isinstance(value, Decimal):
        return value
    number = float(value)
    return Decimal(repr(number)) if math.isfinite(number) else Decimal(number)


def _significant(value: Decimal, digits: int, rounding: str) -> Decimal:
    exponent = value.adjusted() - digits + 1
    rounded = value.quantize(Decimal((0, (1,), exponent)), rounding=rounding, context=_WIDE)
    if rounded.adjusted() > value.adjusted():
        # 0.0996 became 0.100: one digit more than asked for, and that a zero.
        return rounded.quantize(Decimal((0, (1,), exponent + 1)), context=_WIDE)
    return rounded


def _text(value: Decimal) -> str:
    if value.is_zero():
        value = abs(value)
    plain = int(value.as_tuple().exponent) in _PLAIN
    return f"{value:f}" if plain else f"{value:E}"
