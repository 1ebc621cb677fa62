"""One published value beside what is obtained, and the forms of agreement that are asked for."""

import math
from dataclasses import dataclass

__all__ = ["Case", "by_digits", "by_rounding", "by_tolerance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the table of validation.

    Attributes
    ----------
    source
        Who published the value, and for what ("NIST StRD Norris, B1").
    published, obtained
        As they are to be printed.
    asked
        What agreement is asked for ("≥ 9 digits", "as printed").
    reached
        What was reached ("12.5 digits"), or "".
    holds
        Whether it is as asked.
    """

    source: str
    published: str
    obtained: str
    asked: str
    reached: str = ""
    holds: bool


def by_digits(source: str, published: str, obtained: float, least: float) -> Case:
    """Ask for correct digits: the log relative error, absolute where the value is zero (StRD).

    Parameters
    ----------
    published
        As printed, any number of digits.
    least
        Digits asked for.
    """
    value = float(published)
    error = abs(obtained - value) / (abs(value) or 1.0)
    digits = 15.0 if error == 0.0 else min(-math.log10(error), 15.0) if error < math.inf else 0.0
    return Case(
        source=source,
        published=published,
        obtained=f"{obtained:.15g}",
        asked=f"≥ {least:g} digits",
        reached=f"{digits:.1f} digits",
        holds=digits >= least,
    )


def by_rounding(source: str, published: str, obtained: float) -> Case:
    """Ask that the value, rounded to the digits that are printed, is what is printed.

    Half a unit of the last digit either way, both ends included: documents round from values with
    more digits than a double keeps exactly.
    """
    mantissa, _, exponent = published.lower().replace("\N{MINUS SIGN}", "-").partition("e")
    decimals = len(mantissa.partition(".")[2])
    unit = 10.0 ** (int(exponent or 0) - decimals)
    error = abs(obtained - float(f"{mantissa}e{exponent or 0}"))
    return Case(
        source=source,
        published=published,
        obtained=f"{obtained:.{decimals + 3}f}" if not exponent else f"{obtained:.10g}",
        asked="as printed",
        reached=f"{error / unit:.2f} of the last digit",
        holds=error <= 0.5 * unit * (1.0 + 1e-9),
    )


def by_tolerance(source: str, published: str, obtained: float, relative: float) -> Case:
    """Ask for a relative deviation of at most so much."""
    value = float(published)
    off = abs(obtained / value - 1.0)
    return Case(
        source=source,
        published=published,
        obtained=f"{obtained:.10g}",
        asked=f"within {relative:.2g}",
        reached=f"{off:.1e}",
        holds=off <= relative,
    )
