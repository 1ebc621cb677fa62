"""Daily check of a hardness testing machine on a certified reference block.

Serves every scale: hardness is in the unit of the scale (HV, HRC).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from testbed.procedure.results import Finding

__all__ = ["BlockCheck", "not_measured"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockCheck:
    """What indentations on a reference block say of the machine.

    Attributes
    ----------
    certified
        Hardness of the block after its certificate.
    values
        Hardness of each indentation on it, at least one.
    permissible_bias
        Largest deviation of the mean from the certified hardness, either way.
    repeatability, permissible_repeatability
        Range of the indentations and what it may be, in the measure that the scale's standard
        takes: per cent of the mean diagonal (Vickers), units of hardness (Rockwell).
    """

    certified: float
    values: Sequence[float]
    permissible_bias: float
    repeatability: float
    permissible_repeatability: float

    @property
    def mean(self) -> float:
        """Mean hardness of the indentations."""
        return math.fsum(self.values) / len(self.values)

    @property
    def bias(self) -> float:
        """Mean of the indentations less the certified hardness."""
        return self.mean - self.certified

    @property
    def biased(self) -> bool:
        """Whether the mean is off by more than is permissible."""
        return _beyond(abs(self.bias), self.permissible_bias)

    @property
    def scattered(self) -> bool:
        """Whether the indentations differ by more than is permissible."""
        return _beyond(self.repeatability, self.permissible_repeatability)

    @property
    def in_order(self) -> bool:
        """Whether the machine may be used today."""
        return not (self.biased or self.scattered)

    def findings(self) -> tuple[Finding, ...]:
        """Tell the outcome; a check that failed makes the run invalid."""
        bias: dict[str, str | float] = {"bias": self.bias, "permissible": self.permissible_bias}
        scatter: dict[str, str | float] = {
            "range": self.repeatability,
            "permissible": self.permissible_repeatability,
        }
        if self.in_order:
            return (Finding("block-in-order", bias),)
        found = []
        if self.biased:
            found.append(Finding("block-bias", bias, invalidates=True))
        if self.scattered:
            found.append(Finding("block-repeatability", scatter, invalidates=True))
        return tuple(found)


def not_measured(count: int, least: int) -> Finding:
    """Tell that a certified block was named, and has too few indentations on record."""
    return Finding("block-not-measured", {"count": count, "least": least}, invalidates=True)


def _beyond(value: float, limit: float) -> bool:
    # A difference of decimals that equals its limit may miss it in the last bits of a double.
    return not value <= limit * (1.0 + 1e-9)
