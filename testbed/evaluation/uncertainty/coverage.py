"""Coverage factors: from a standard uncertainty to an expanded one."""

import math
from collections.abc import Sequence
from enum import StrEnum

__all__ = [
    "ABOUT_95",
    "Coverage",
    "dominated",
    "normal_factor",
    "numerical_tolerance",
    "student_factor",
    "trapezoidal_factor",
    "truncated",
    "welch_satterthwaite",
]

# The probability of two standard uncertainties of a normal quantity (EA-4/02 M:2022, 6.2).
ABOUT_95 = 0.9545

# EA-4/02 M:2022, S9.14: what remains beside the dominant terms, relative to them, at most.
_REMAINDER = 0.3


class Coverage(StrEnum):
    """What a coverage factor is taken from."""

    STUDENT = "student"
    RECTANGULAR = "rectangular"
    TRAPEZOIDAL = "trapezoidal"
    SIMULATED = "simulated"


def normal_factor(probability: float) -> float:
    """Give k of a normal quantity: 1.96 for 0.95."""
    return student_factor(probability, math.inf)


def student_factor(probability: float, degrees_of_freedom: float) -> float:
    """Give k of Student's t: 2.92 for 0.99 and 16 degrees of freedom (GUM, G.3.4).

    Parameters
    ----------
    probability
        Of the interval about the estimate (0..1).
    degrees_of_freedom
        Larger than 0, not truncated here; infinite for a normal quantity.

    Raises
    ------
    ValueError
        Either is out of its range.
    """
    # Loaded where a factor is asked for: the tables of scipy are slow to import.
    from scipy.special import ndtri, stdtrit

    if not 0.0 < probability < 1.0:
        raise ValueError(f"a coverage probability of {probability}")
    if not degrees_of_freedom > 0.0:
        raise ValueError(f"{degrees_of_freedom} degrees of freedom")
    upper = 0.5 * (1.0 + probability)
    if math.isinf(degrees_of_freedom):
        return float(ndtri(upper))
    return float(stdtrit(degrees_of_freedom, upper))


def trapezoidal_factor(probability: float, beta: float) -> float:
    """Give k of a symmetric trapezoid, of a rectangle with β = 1.

    Parameters
    ----------
    beta
        Top over base [0..1].

    References
    ----------
    EA-4/02 M:2022, S10.13; S9.14 for the rectangle, where it is p √3.
    """
    if not 0.0 < probability < 1.0:
        raise ValueError(f"a coverage probability of {probability}")
    if not 0.0 <= beta <= 1.0:
        raise ValueError(f"a trapezoid with β = {beta}")
    scale = math.sqrt((1.0 + beta**2) / 6.0)
    # Below this probability the ends of the interval lie under the flat top, not on the flanks.
    if probability <= 2.0 * beta / (1.0 + beta):
        return probability * (1.0 + beta) / 2.0 / scale
    return (1.0 - math.sqrt((1.0 - probability) * (1.0 - beta**2))) / scale


def welch_satterthwaite(
    contributions: Sequence[float], degrees_of_freedom: Sequence[float]
) -> float:
    """Give ν_eff of independent contributions (GUM, G.4.1).

    Parameters
    ----------
    contributions
        |c u| of each input, in one unit.
    degrees_of_freedom
        Of each, may be infinite.
    """
    combined = math.hypot(*contributions)
    if combined == 0.0:
        return math.inf
    below = math.fsum(
        (contribution / combined) ** 4 / free
        for contribution, free in zip(contributions, degrees_of_freedom, strict=True)
    )
    return 1.0 / below if below > 0.0 else math.inf


def truncated(degrees_of_freedom: float) -> float:
    """Cut degrees of freedom to the next lower whole number, at least 1 (GUM, G.4.1 note 1).

    A number that is whole but for the rounding of a double counts as whole.
    """
    if math.isinf(degrees_of_freedom) or degrees_of_freedom < 1.0:
        return degrees_of_freedom
    return float(math.floor(degrees_of_freedom * (1.0 + 1e-9)))


def dominated(
    contributions: Sequence[float], half_widths: Sequence[float]
) -> tuple[Coverage, float]:
    """Find the shape of a result that one or two rectangular contributions dominate.

    Parameters
    ----------
    contributions
        |c u| of each input.
    half_widths
        |c a| of each that is rectangular, infinite for every other, in the same unit.

    Returns
    -------
    coverage, beta
        The rectangle with β = 1, the trapezoid of two rectangles with its β, or Student's t with 0.

    References
    ----------
    EA-4/02 M:2022, S9.14 and S10.13: what remains is at most 0.3 of what dominates.
    """
    order = sorted(range(len(contributions)), key=lambda i: -contributions[i])
    for count in (1, 2):
        leading, rest = order[:count], order[count:]
        if len(leading) < count or not all(math.isfinite(half_widths[i]) for i in leading):
            break
        size = math.hypot(*(contributions[i] for i in leading))
        if size > 0.0 and math.hypot(*(contributions[i] for i in rest)) <= _REMAINDER * size:
            if count == 1:
                return Coverage.RECTANGULAR, 1.0
            wide, narrow = (half_widths[i] for i in leading)
            return Coverage.TRAPEZOIDAL, (wide - narrow) / (wide + narrow)
    return Coverage.STUDENT, 0.0


def numerical_tolerance(uncertainty: float, digits: int) -> float:
    """Give δ of a standard uncertainty that so many digits of are meaningful.

    Parameters
    ----------
    uncertainty
        Larger than 0, any unit.
    digits
        Significant digits, 1 or 2.

    References
    ----------
    JCGM 101:2008, 7.9.2: u = c·10^l with c of so many digits, δ = 10^l/2.
    """
    if not 0.0 < uncertainty < math.inf:
        raise ValueError(f"a standard uncertainty of {uncertainty} has no digits")
    if digits < 1:
        raise ValueError(f"{digits} digits")
    # The printed form knows that 0.0996 with two digits is 0.10.
    exponent = int(f"{uncertainty:.{digits - 1}e}".partition("e")[2])
    return float(f"0.5e{exponent - digits + 1}")
