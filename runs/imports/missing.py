"""What stands for no value in a foreign file: found, made a gap, and kept with its places."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runs.imports.columns import Block
from runs.imports.plan import BEYOND, ImportPlan

__all__ = ["Blank", "Missing", "Replaced"]

_SHOWN = 20
# A number that went through 32 bits is off by its rounding.
_CLOSE = 1e-6


@dataclass(frozen=True, slots=True)
class Replaced:
    """A number that stood for no value, and how often it became a gap.

    Attributes
    ----------
    places
        Where, up to twenty of them.
    column
        Heading of the column.
    """

    channel: str
    value: float
    count: int
    places: tuple[str, ...] = ()
    column: str = ""


@dataclass(frozen=True, slots=True)
class Blank:
    """A text that stood for no value ("" is an empty cell), as `Replaced`."""

    channel: str
    text: str
    count: int
    places: tuple[str, ...] = ()
    column: str = ""


class Missing:
    """Collects what stood for no value, channel by channel."""

    def __init__(self, plan: ImportPlan) -> None:
        self._plan = plan
        self._numbers: dict[tuple[str, str, float], list[str]] = {}
        self._texts: dict[tuple[str, str, str], list[str]] = {}
        self._counts: dict[tuple[str, str, float | str], int] = {}

    def blank(self, block: Block, column: int, channel: str, heading: str) -> None:
        """Take note of the cells of a column that say that there is no value."""
        for row, text in block.blanks.get(column, ()):
            places = self._texts.setdefault((channel, heading, text), [])
            self._note(places, (channel, heading, text), block.places, row)

    def replace(
        self, values: NDArray[np.float64], places: Sequence[str], channel: str, heading: str
    ) -> None:
        """Make gaps, in place, of the numbers that stand for no value."""
        size = np.abs(values)
        for row in np.flatnonzero((size >= BEYOND) & np.isfinite(values)).tolist():
            self._number(values, row, self._named(float(values[row])), places, channel, heading)
        for sentinel in self._plan.sentinels:
            if abs(sentinel) < BEYOND:
                for row in np.flatnonzero(values == sentinel).tolist():
                    self._number(values, row, sentinel, places, channel, heading)

    def _named(self, value: float) -> float:
        for sentinel in self._plan.sentinels:
            if abs(value - sentinel) <= _CLOSE * abs(sentinel):
                return sentinel
        return float(f"{value:.3g}")

    def _number(
        self,
        values: NDArray[np.float64],
        row: int,
        value: float,
        places: Sequence[str],
        channel: str,
        heading: str,
    ) -> None:
        values[row] = np.nan
        kept = self._numbers.setdefault((channel, heading, value), [])
        self._note(kept, (channel, heading, value), places, row)

    def _note(
        self, kept: list[str], key: tuple[str, str, float | str], places: Sequence[str], row: int
    ) -> None:
        self._counts[key] = self._counts.get(key, 0) + 1
        if len(kept) < _SHOWN:
            kept.append(places[row])

    @property
    def replaced(self) -> tuple[Replaced, ...]:
        """Numbers that became gaps."""
        return tuple(
            Replaced(channel, value, self._counts[channel, heading, value], tuple(places), heading)
            for (channel, heading, value), places in self._numbers.items()
        )

    @property
    def blanks(self) -> tuple[Blank, ...]:
        """Texts that became gaps."""
        return tuple(
            Blank(channel, text, self._counts[channel, heading, text], tuple(places), heading)
            for (channel, heading, text), places in self._texts.items()
        )

    def __str__(self) -> str:
        """Tell it in the origin of the run."""
        said = [f"{r.channel}: {r.count} x {r.value:g} ({_few(r.places)})" for r in self.replaced]
        said += [f"{b.channel}: {b.count} x {b.text!r} ({_few(b.places)})" for b in self.blanks]
        return "; ".join(said)


def _few(places: Sequence[str]) -> str:
    return ", ".join(places[:3]) + (" …" if len(places) > 3 else "")
