"""Rows of a foreign file, block by block, as the record takes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runs.imports.choice import Choice, Taken
from runs.imports.columns import Block, Columns
from runs.imports.missing import Missing
from runs.imports.moments import as_datetime
from runs.imports.plan import ImportPlan, ImportRefused
from runs.imports.problems import Problem

__all__ = ["Rows", "Taker"]

_SHOWN = 20

Piece = tuple[int, int, int | None]
"""First row, row after the last, index of the phase if any."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows.

    Attributes
    ----------
    times
        Since the start [s], shape (rows,).
    values
        One array for each channel.
    """

    times: NDArray[np.float64]
    values: tuple[NDArray[np.float64], ...]
    phases: tuple[Piece, ...]
    places: Sequence[str]


class Taker:
    """Takes the blocks of one file in their order, and remembers what was wrong.

    Attributes
    ----------
    rows
        How many rows were taken.
    missing
        What stood for no value.
    """

    def __init__(self, source: Path, columns: Columns, choice: Choice, plan: ImportPlan) -> None:
        self._source = source
        self._columns = columns
        self._choice = choice
        self._plan = plan
        self._problems: list[str] = []
        self._more = 0
        self._last = -np.inf
        self._origin: np.datetime64 | None = None
        self.rows = 0
        self.missing = Missing(plan)

    def begin(self, first: Block) -> datetime:
        """Let the run start at the first instant.

        Raises
        ------
        ImportRefused
            It cannot be read.
        """
        if first.problems:
            raise ImportRefused.of_many(self._source, first.problems)
        assert self._choice.time is not None
        self._origin = first.columns[self._choice.time][0]
        if np.isnat(self._origin):
            raise ImportRefused(self._source, [Problem("no-time", place=first.places[0])])
        return as_datetime(self._origin)

    def take(self, block: Block) -> Rows | None:
        """Take a block; None where something is or was wrong."""
        for problem in block.problems:
            self._object(problem)
        if block.problems:
            return None
        times = self._times(block)
        values = tuple(self._values(block, taken) for taken in self._choice.channels)
        if self._problems:
            return None
        rows = Rows(times, values, tuple(self._phases(block)), block.places)
        self.rows += len(times)
        return rows

    def check(self) -> None:
        """Refuse the file where something was wrong.

        Raises
        ------
        ImportRefused
            Names the first problems, and counts the others.
        """
        if self._problems:
            raise ImportRefused(self._source, self._problems, self._more)

    def _object(self, problem: str) -> None:
        if len(self._problems) < _SHOWN:
            self._problems.append(problem)
        else:
            self._more += 1

    def _times(self, block: Block) -> NDArray[np.float64]:
        choice = self._choice
        if choice.time is None:
            evenly: NDArray[np.float64] = np.arange(self.rows, self.rows + len(block.places), 1.0)
            return evenly * choice.scale
        column = block.columns[choice.time]
        times: NDArray[np.float64]
        if self._origin is None:
            times = column.astype("f8") * choice.scale
        else:
            elapsed = column.astype("i8") - self._origin.astype("i8")
            times = np.where(np.isnat(column), np.nan, elapsed * 1e-6)
        for row in np.flatnonzero(~np.isfinite(times)).tolist():
            self._object(Problem("no-time", place=block.places[row]))
        for row in np.flatnonzero(np.diff(times, prepend=self._last) < 0).tolist():
            before = float(times[row - 1] if row else self._last)
            self._object(
                Problem(
                    "time-falls", place=block.places[row], before=before, after=float(times[row])
                )
            )
        self._last = float(times[-1])
        return times

    def _values(self, block: Block, taken: Taken) -> NDArray[np.float64]:
        if taken.column is None:
            return np.full(len(block.places), np.nan)
        values: NDArray[np.float64] = block.columns[taken.column].astype("f8")
        name = taken.info.name
        if not self._columns.own:
            heading = self._choice.heading_of(taken.column)
            self.missing.replace(values, block.places, name, heading)
            self.missing.blank(block, taken.column, name, heading)
        if taken.spare:
            values[np.isinf(values)] = np.nan
        for row in np.flatnonzero(np.isinf(values)).tolist():
            self._object(Problem("infinity", place=block.places[row], column=name))
        if (taken.scale, taken.offset) != (1.0, 0.0):
            values = values * taken.scale + taken.offset
        return values

    def _phases(self, block: Block) -> list[Piece]:
        """Cut a block where the phase changes."""
        count = len(block.places)
        own = self._columns.own
        if own is not None and own.phases:
            index = {name: number for number, name in enumerate(own.phases)}
            phases = np.array([index.get(label, 0) for label in block.labels])
        elif own is None and self._plan.phase_changes:
            starts = [row for row, _ in self._plan.phase_changes]
            which = np.searchsorted(starts, np.arange(self.rows, self.rows + count), "right") - 1
            phases = np.array([phase for _, phase in self._plan.phase_changes])[which]
        else:
            return [(0, count, None)]
        cuts = [0, *(np.flatnonzero(np.diff(phases)) + 1).tolist(), count]
        return [(start, stop, int(phases[start])) for start, stop in pairwise(cuts)]
