"""Tables of text: CSV in all its spellings."""

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runs.imports.columns import Block, Own
from runs.imports.dialect import Dialect, cells, find_dialect, number
from runs.imports.moments import instant
from runs.imports.plan import Heading, ImportPlan, ImportRefused

__all__ = ["TextColumns"]

_BLOCK = 20_000  # [rows]


class TextColumns:
    """A table of text."""

    def __init__(self, source: Path, plan: ImportPlan) -> None:
        self._source = source
        self._plan = plan
        self.rows = 0
        self.origin: datetime | None = None
        first = _own_headings(source)
        self._is_own = bool(first)
        if first:
            self._dialect = Dialect("utf-8", ",", ".", first, 2, frozenset({0}))
        else:
            self._dialect = find_dialect(source, plan)
        self.form = f"text; {self._dialect}"
        self.headings: Sequence[Heading] = self._dialect.headings
        self.instants = self._dialect.instants
        self.numbers = self._numbers()
        self.own = self._own() if first else None

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        rows = cells(self._source, self._dialect.encoding, self._dialect.delimiter)
        return (pair for pair in rows if pair[0] >= self._dialect.first)

    def _numbers(self) -> frozenset[int]:
        if self._is_own:
            return frozenset(range(1, len(self.headings) - 1))
        texts = set()
        for _, row in islice(self._rows(), 1):
            for column, cell in enumerate(row):
                if cell.lower() not in self._plan.gaps:
                    try:
                        number(cell, self._dialect.decimal)
                    except ValueError:
                        texts.add(column)
        return frozenset(range(len(self.headings))) - texts

    def _own(self) -> Own:
        """Read again what a CSV of ours tells: the origin of its times, and the phases."""
        phases: dict[str, None] = {}
        started = self._plan.started
        for place, (_, row) in enumerate(self._rows()):
            if place == 0:
                started = datetime.fromisoformat(row[0]) - timedelta(seconds=float(row[1]))
            if row[-1]:
                phases.setdefault(row[-1])
        if started is None:
            raise ImportRefused(self._source, ["it holds no row that tells when the run started"])
        return Own(started=started, time=1, phases=tuple(phases))

    def blocks(self, wanted: Sequence[int]) -> Iterator[Block]:
        """Read the wanted columns, some rows at a time."""
        rows = self._rows()
        try:
            while some := list(islice(rows, _BLOCK)):
                yield self._block(some, wanted)
        except (UnicodeDecodeError, csv.Error) as error:
            raise ImportRefused(self._source, [f"it cannot be read to its end: {error}"]) from error

    def _block(self, rows: list[tuple[int, list[str]]], wanted: Sequence[int]) -> Block:
        problems: list[str] = []
        columns: dict[int, NDArray[np.generic]] = {}
        for column in wanted:
            values: list[float | np.datetime64] = []
            for line, row in rows:
                try:
                    values.append(self._value(row, column))
                except ValueError as error:
                    problems.append(f"line {line}: {self.headings[column].text}: {error}")
            columns[column] = np.array(
                values, "datetime64[us]" if column in self.instants else "f8"
            )
        labels = [row[-1] for _, row in rows] if self.own else []
        return Block([f"line {line}" for line, _ in rows], columns, labels, tuple(problems))

    def _value(self, row: Sequence[str], column: int) -> float | np.datetime64:
        if column >= len(row):
            raise ValueError(f"the line has {len(row)} of {len(self.headings)} cells")
        text = row[column]
        if column in self.instants:
            try:
                return np.datetime64(instant(text, self._plan).replace(tzinfo=None), "us")
            except ValueError:
                raise ValueError(f"{text!r} is no instant") from None
        if text.lower() in self._plan.gaps:
            return np.nan
        try:
            return number(text, self._dialect.decimal)
        except ValueError:
            raise ValueError(f"{text!r} is no number{self._hint(text)}") from None

    def _hint(self, text: str) -> str:
        """Tell where another decimal mark would do."""
        other = "," if self._dialect.decimal == "." else "."
        try:
            number(text, other)
        except ValueError:
            return ""
        return f"; it would be with --decimal {other}"


def _own_headings(source: Path) -> tuple[Heading, ...]:
    """Read the headings where the file is a CSV export of ours."""
    with source.open("rb") as file:
        if not file.read(20).startswith(b"time_utc,time [s],"):
            return ()
    with source.open(newline="", encoding="utf-8") as text:
        row = next(csv.reader(text))
    if row[-1] != "phase":
        return ()
    split = [cell.rpartition(" [") for cell in row[1:-1]]
    channels = (Heading(f"{a}{b}{c}", a, c[:-1]) for a, b, c in split)
    return (Heading(row[0], row[0]), *channels, Heading("phase", "phase"))
