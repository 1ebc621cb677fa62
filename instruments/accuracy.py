"""What a maker specifies of a measurement, and the standard uncertainty that follows from it.

A specification bounds the error: a rectangular distribution of that half-width, so that the
standard uncertainty is the bound divided by √3 (GUM, 4.3.7).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["NOMINAL", "SQRT_3", "Accuracy", "Bound", "Conditions", "Span", "admitted"]

SQRT_3 = math.sqrt(3.0)
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

    def bounds(self, conditions: Conditions) -> tuple["Bound", ...]:
        """Give the lines that hold under some conditions; none where nothing is specified."""
        days = [each for each in sorted(self.spans) if conditions.since_calibration <= each]
        low, high = self.reference
        away = max(low - conditions.ambient, conditions.ambient - high, 0.0)
        return tuple(
            Bound(
                top=line.top,
                reach=line.top * self.beyond,
                share=(line.reading + line.reading_per_kelvin * away) / 100.0,
                constant=line.floor + _of_scale(line, away),
                low=line.low,
                high=line.high,
            )
            for line in (self.spans[days[0]] if days else ())
        )

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
        return admitted(self.bounds(conditions), value, span=span, frequency=frequency)

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
        return None if limit is None else limit / SQRT_3


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The largest error of one range under given conditions: a share of the reading and a part.

    Attributes
    ----------
    top, reach
        Full scale of the range, and how far it measures [unit].
    share
        Largest error per reading [1].
    constant
        Largest error beside it [unit].
    low, high
        Frequencies for which it holds [Hz], `low` included.
    """

    top: float
    reach: float
    share: float
    constant: float
    low: float
    high: float


def _of_scale(line: Span, away: float) -> float:
    share = line.scale + line.scale_per_kelvin * away
    # A line without a full scale has no share of it.
    return share * line.top / 100.0 if share else 0.0


def admitted(
    bounds: Sequence[Bound], value: float, *, span: float | None = None, frequency: float = 0.0
) -> float | None:
    """Give the largest error [unit] of a reading by the first range that holds it."""
    size = abs(value)
    for bound in bounds:
        if not bound.low <= frequency < bound.high:
            continue
        if size <= bound.reach if span is None else bound.top >= span:
            return bound.share * size + bound.constant
    return None
