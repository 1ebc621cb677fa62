"""Rounding of results for print; verdicts never use rounded values."""

from decimal import ROUND_HALF_EVEN, Decimal

__all__ = ["round_to"]


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
