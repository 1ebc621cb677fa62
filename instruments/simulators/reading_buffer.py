"""Reading buffers of Keithley's touch-screen instruments: readings with their source and time.

Source: Model 2450 Reference Manual, 2450-901-01, "TRACe subsystem".
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean, stdev

from instruments.simulators.scpi_text import DataError

__all__ = ["Buffers", "Point"]

_DEFAULT = ("defbuffer1", "defbuffer2")
_SIZE, _LEAST, _MOST = 100_000, 10, 6_875_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One reading.

    Attributes
    ----------
    value, unit
        What was measured.
    source, source_unit
        What was sourced.
    at
        When [s since 1970].
    """

    value: float
    unit: str
    source: float
    source_unit: str
    at: float


def _number(value: float) -> str:
    return f"{value:.6E}"


def _moment(form: str) -> Callable[[Point, float], str]:
    return lambda point, _: datetime.fromtimestamp(point.at, UTC).strftime(form)


# What may be asked of a reading, in the manual's notation of long and short form.
_ELEMENTS: dict[str, Callable[[Point, float], str]] = {
    "READing": lambda point, _: _number(point.value),
    "SOURce": lambda point, _: _number(point.source),
    "RELative": lambda point, first: f"{point.at - first:.6f}",
    "UNIT": lambda point, _: point.unit,
    "SOURUNIT": lambda point, _: point.source_unit,
    "FORMatted": lambda point, _: f"{point.value:+.6g} {point.unit}",
    "SOURFORMatted": lambda point, _: f"{point.source:+.6g} {point.source_unit}",
    "STATus": lambda point, _: "0",
    "SOURSTATus": lambda point, _: "0",
    "DATE": _moment("%m/%d/%Y"),
    "TIME": _moment("%H:%M:%S"),
    "TSTamp": _moment("%m/%d/%Y %H:%M:%S"),
    "SEConds": lambda point, _: f"{int(point.at)}",
    "FRACtional": lambda point, _: f"{point.at % 1:.9f}",
}


def _element(word: str) -> Callable[[Point, float], str]:
    for name, written in _ELEMENTS.items():
        short = "".join(letter for letter in name if not letter.islower())
        if word.upper() in (name.upper(), short):
            return written
    raise DataError(-224, "Illegal parameter value")


class Buffers:
    """The buffers of one instrument by name."""

    def __init__(self) -> None:
        self._points: dict[str, deque[Point]] = {}
        self.reset()

    def reset(self) -> None:
        """Leave the two that cannot be deleted, empty."""
        self._points = {name: deque(maxlen=_SIZE) for name in _DEFAULT}

    def named(self, name: str) -> deque[Point]:
        """Give a buffer; the first where no name is given."""
        plain = name.strip("\"'") or _DEFAULT[0]
        if plain not in self._points:
            raise DataError(-224, "Illegal parameter value")
        return self._points[plain]

    def make(self, name: str, size: int) -> None:
        """Make another buffer."""
        plain = name.strip("\"'")
        if plain in self._points or not _LEAST <= size <= _MOST:
            raise DataError
        self._points[plain] = deque(maxlen=size)

    def resize(self, name: str, size: int) -> None:
        """Change how many readings a buffer holds; it is empty afterwards."""
        self.named(name)
        if not _LEAST <= size <= _MOST:
            raise DataError
        self._points[name.strip("\"'") or _DEFAULT[0]] = deque(maxlen=size)

    def delete(self, name: str) -> None:
        """Delete a buffer that was made."""
        plain = name.strip("\"'")
        if plain in _DEFAULT or plain not in self._points:
            raise DataError(-224, "Illegal parameter value")
        del self._points[plain]

    def written(self, name: str, start: int, end: int, elements: Sequence[str]) -> str:
        """Write readings `start` to `end`, counted from 1, as comma-separated elements."""
        points = self.named(name)
        if not 1 <= start <= end <= len(points):
            raise DataError
        chosen = [_element(word) for word in elements or ("READ",)]
        first = points[0].at
        rows = list(points)[start - 1 : end]
        return ",".join(element(point, first) for point in rows for element in chosen)

    def last(self, name: str, elements: Sequence[str]) -> str:
        """Write the latest reading."""
        count = len(self.named(name))
        return self.written(name, count, count, elements)

    def statistic(self, name: str, which: str) -> str:
        """Write a statistic of the readings: mean, largest, smallest, standard deviation."""
        values = [point.value for point in self.named(name)]
        if not values:
            raise DataError
        functions: dict[str, Callable[[Sequence[float]], float]] = {
            "AVERage": fmean,
            "MAXimum": max,
            "MINimum": min,
            "STDDev": lambda found: stdev(found) if len(found) > 1 else 0.0,
            "PK2Pk": lambda found: max(found) - min(found),
        }
        return _number(functions[which](values))
