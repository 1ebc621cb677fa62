"""Readings of instruments with the accuracy that their makers state."""

import math
from dataclasses import dataclass

from testbed.evaluation.uncertainty.coverage import normal_factor
from testbed.evaluation.uncertainty.quantities import Input
from testbed.evaluation.uncertainty.sources import rectangular

__all__ = ["Specification", "reading"]

_PER_CENT = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """What a maker states of the accuracy of one range.

    Attributes
    ----------
    reading, scale
        Shares of the reading and of the range [%].
    absolute
        Constant part [unit of the reading].
    reading_per_kelvin, scale_per_kelvin
        What is added for each kelvin outside `reference` [%/K].
    reference
        Temperatures [degC] between which nothing is added.
    confidence
        Coverage probability (0..1) that the maker states, as 0.95; None where it is a bound, which
        makes the distribution rectangular.
    """

    reading: float = 0.0
    scale: float = 0.0
    absolute: float = 0.0
    reading_per_kelvin: float = 0.0
    scale_per_kelvin: float = 0.0
    reference: tuple[float, float] = (18.0, 28.0)
    confidence: float | None = None

    def __post_init__(self) -> None:
        if self.confidence is not None and not 0.0 < self.confidence < 1.0:
            raise ValueError(f"a specification for {self.confidence} of all readings")

    def limit(self, value: float, span: float, ambient: float = 23.0) -> float:
        """Give the stated deviation [unit] of a reading.

        Parameters
        ----------
        value
            The reading [unit].
        span
            Full scale of the range in use [unit].
        ambient
            Temperature of the room [degC].
        """
        low, high = self.reference
        away = max(low - ambient, ambient - high, 0.0)
        of_reading = self.reading + self.reading_per_kelvin * away
        of_scale = self.scale + self.scale_per_kelvin * away
        return (of_reading * abs(value) + of_scale * abs(span)) * _PER_CENT + self.absolute


def reading(
    symbol: str,
    value: float,
    specification: Specification,
    *,
    span: float = 0.0,
    unit: str = "1",
    ambient: float = 23.0,
    degrees_of_freedom: float = math.inf,
    name: str = "",
) -> Input:
    """Take one reading of an instrument with the accuracy that its maker states.

    A specification includes the resolution of the instrument: that is not added again.

    Parameters
    ----------
    value
        The reading [unit].
    span
        Full scale of the range in use [unit].
    ambient
        Temperature of the room [degC].
    """
    limit = specification.limit(value, span, ambient)
    if specification.confidence is None:
        return rectangular(
            symbol, value, limit, unit=unit, degrees_of_freedom=degrees_of_freedom, name=name
        )
    return Input(
        symbol=symbol,
        unit=unit,
        estimate=value,
        uncertainty=limit / normal_factor(specification.confidence),
        degrees_of_freedom=degrees_of_freedom,
        name=name,
    )
