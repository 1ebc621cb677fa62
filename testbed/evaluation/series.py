"""What a series of results says of the lot it was taken from: mean, scatter, interval of the mean.

Test pieces are independent here, so that the mean of few has an interval after Student's t.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from testbed.evaluation.uncertainty.coverage import student_factor

__all__ = ["Series", "summarise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Mean, standard deviation and confidence interval of the mean, in the unit of the results.

    Attributes
    ----------
    count
        Number of results.
    mean
        Arithmetic mean.
    deviation
        Experimental standard deviation, divided by ``count - 1``.
    half_width
        Of the two-sided confidence interval of the mean; not negative.
    confidence
        Of that interval (0..1).
    enough
        Whether there are as many results as the standard asks for.
    """

    count: int
    mean: float
    deviation: float
    half_width: float
    confidence: float
    enough: bool

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end of the confidence interval."""
        return self.mean - self.half_width, self.mean + self.half_width


def summarise(values: Sequence[float], *, least: int = 5, confidence: float = 0.95) -> Series:
    """Summarise the results of a series of test pieces.

    Parameters
    ----------
    values
        One finite result a test piece, in any order, at least two.
    least
        Number that the standard asks for (ISO 178:2019, 7: five).
    confidence
        Of the interval of the mean (0..1).

    Raises
    ------
    ValueError
        Fewer than two results, one that is not finite, or a confidence outside (0..1).

    References
    ----------
    ISO 2602:1980: mean ± t s/√n with n - 1 degrees of freedom.
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"a confidence of {confidence}")
    if len(values) < 2:
        raise ValueError(f"{len(values)} result has no scatter")
    if not all(math.isfinite(value) for value in values):
        raise ValueError("a result is not finite")
    count = len(values)
    mean = math.fsum(values) / count
    square = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    deviation = math.sqrt(square)
    student = student_factor(confidence, count - 1)
    return Series(
        count=count,
        mean=mean,
        deviation=deviation,
        half_width=student * deviation / math.sqrt(count),
        confidence=confidence,
        enough=count >= least,
    )
