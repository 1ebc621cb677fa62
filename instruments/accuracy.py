"""What a maker specifies of a measurement, and the standard uncertainty that follows from it.

A specification bounds the error: a rectangular distribution of that half-width, so that the
standard uncertainty is the bound divided by √3 (GUM, 4.3.7).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["NOMINAL", "Accuracy", "Conditions", "Span"]

_YEAR = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Under which conditions an instrument measures.

    Attributes
    ----------
    since_calibration
        Days [d] since it was calibrated.
    ambient
        Temperature of the room [degC].
    """

    since_calibration: float = _YEAR
    ambient: float = 23.0


NOMINAL = Conditions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One line of a specification table.

    Attributes
    ----------
    top
        Nominal full scale of the range [unit of the quantity].
    reading, scale
        Shares of the reading and of the full scale [%].
    floor
        Constant part [unit of the quantity].
    reading_per_kelvin, scale_per_kelvin
        Further shares [%/K] outside the reference temperature.
    low, high
        Frequencies for which the line holds [Hz], `low` included.
    """

    top: float
    reading: float
    scale: float = 0.0
    floor: float = 0.0
    reading_per_kelvin: float = 0.0
    scale_per_kelvin: float = 0.0
    low: float = 0.0
    high: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """The specification of one measuring function.

    Attributes
    ----------
    unit
        Unit of the quantity.
    page
        Where it is printed.
    spans
        Days since calibration [d] to the lines that hold until then, smallest range first.
    reference
        Temperatures [degC] between which no temperature coefficient is added.
    beyond
        How far a range measures beyond its full scale, as a factor.
    """

    unit: str
    page: str
    spans: Mapping[int, tuple[Span, ...]]
    reference: tuple[float, float] = (18.0, 28.0)
    beyond: float = 1.0

    def limit(
        self,
        value: float,
        *,
        span: float | None = None,
        frequency: float = 0.0,
        conditions: Conditions = NOMINAL,
    ) -> float | None:
        """Give the largest error [unit] that the maker admits, None where he specifies none.

        Parameters
        ----------
        value
            The reading [unit].
        span
            Full scale of the range in use [unit]; where not given, the smallest that holds the
            reading, as autoranging chooses.
        frequency
            Frequency of the quantity [Hz]; 0 for direct.
        """
        days = [each for each in sorted(self.spans) if conditions.since_calibration <= each]
        if not days:
            return None
        for line in self.spans[days[0]]:
            if not line.low <= frequency < line.high:
                continue
            if abs(value) <= line.top * self.beyond if span is None else line.top >= span:
                return self._of(line, value, conditions.ambient)
        return None

    def _of(self, line: Span, value: float, ambient: float) -> float:
        low, high = self.reference
        away = max(low - ambient, ambient - high, 0.0)
        reading = line.reading + line.reading_per_kelvin * away
        scale = line.scale + line.scale_per_kelvin * away
        return (reading * abs(value) + scale * line.top) / 100.0 + line.floor

    def standard_uncertainty(
        self,
        value: float,
        *,
        span: float | None = None,
        frequency: float = 0.0,
        conditions: Conditions = NOMINAL,
    ) -> float | None:
        """Give the standard uncertainty [unit] of a reading, None where none is specified."""
        limit = self.limit(value, span=span, frequency=frequency, conditions=conditions)
        return None if limit is None else limit / math.sqrt(3.0)
