"""Tables of text: CSV in all its spellings."""

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runs.imports.choice import find_column
from runs.imports.columns import Block, Numbered, Own
from runs.imports.dialect import Dialect, cells, find_dialect, grouped, number
from runs.imports.moments import instant
from runs.imports.plan import Heading, ImportPlan, ImportRefused, is_gap
from runs.imports.problems import Problem

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
        self.preamble = self._dialect.preamble
        self._day, self._clock = self._day_and_clock()
        self.instants = self._dialect.instants
        if self._day is not None:
            self.instants |= {self._day}
        # The first cell that a comma makes a thousandth or a thousand of, as long as nothing
        # else tells which.
        self._doubted: Problem | None = None
        self._told = bool(plan.decimal or plan.thousands or self._is_own)
        self._plain = self._dialect.decimal == "." and not plan.thousands
        self.numbers = self._numbers()
        self.own = self._own() if first else None

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        rows = cells(self._source, self._dialect.encoding, self._dialect.delimiter)
        return (pair for pair in rows if pair[0] >= self._dialect.first)

    def _day_and_clock(self) -> tuple[int | None, int | None]:
        """Find the two columns that tell an instant together; the second only with the first."""
        if self._plan.clock is None:
            return None, None
        problems: list[str] = []
        day = find_column(self.headings, self._plan.time, problems)
        clock = find_column(self.headings, self._plan.clock, problems)
        if problems:
            raise ImportRefused.of_many(self._source, problems)
        return day, clock

    def _numbers(self) -> frozenset[int]:
        if self._is_own:
            return frozenset(range(1, len(self.headings) - 1))
        texts = set()
        for _, row in islice(self._rows(), 1):
            for column, cell in enumerate(row):
                if not is_gap(cell, self._plan):
                    try:
                        number(cell, self._dialect.decimal, self._plan.thousands)
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
            raise ImportRefused(self._source, [Problem("own-empty")])
        return Own(started=started, time=1, phases=tuple(phases))

    def first(self, number: int) -> tuple[str, str]:
        """Tell what stands in the first row of a column, and where."""
        line, row = next(self._rows(), (self._dialect.first, []))
        return f"line {line}", repr(row[number] if number < len(row) else "")

    def blocks(self, wanted: Sequence[int], spare: frozenset[int] = frozenset()) -> Iterator[Block]:
        """Read the wanted columns, some rows at a time."""
        rows = self._rows()
        try:
            while some := list(islice(rows, _BLOCK)):
                yield self._block(some, wanted, spare)
        except (UnicodeDecodeError, csv.Error) as error:
            raise ImportRefused(self._source, [Problem("cut", cause=str(error))]) from error
        if self._doubted is not None and not self._told:
            raise ImportRefused(self._source, [self._doubted])

    def _block(
        self,
        rows: list[tuple[int, list[str]]],
        wanted: Sequence[int],
        spare: frozenset[int],
    ) -> Block:
        problems: list[str] = []
        columns: dict[int, NDArray[np.generic]] = {}
        blanks: dict[int, list[tuple[int, str]]] = {}
        places = Numbered("line", [line for line, _ in rows])
        for column in dict.fromkeys(wanted):
            values: list[float | np.datetime64] = []
            plain = self._plain and column not in self.instants
            for place, (_, row) in enumerate(rows):
                if plain and (found := _plain_number(row, column)) is not None:
                    values.append(found)
                    continue
                try:
                    values.append(self._value(row, column, places, place))
                except _Unfit as unfit:
                    if column not in spare:
                        problems.append(unfit.problem)
                        continue
                    values.append(np.nan)
                # NaN differs from itself.
                if column not in self.instants and values[-1] != values[-1]:
                    text = row[column] if column < len(row) else ""
                    blanks.setdefault(column, []).append((place, text))
            columns[column] = np.array(
                values, "datetime64[us]" if column in self.instants else "f8"
            )
        labels = [row[-1] for _, row in rows] if self.own else []
        return Block(places, columns, labels, tuple(problems), blanks)

    def _value(
        self, row: Sequence[str], column: int, places: Numbered, at: int
    ) -> float | np.datetime64:
        clock = self._clock if column == self._day else None
        if max(column, clock or 0) >= len(row):
            raise self._unfit("cells", places[at], column, cells=len(row),
                              accepted=len(self.headings))  # fmt: skip
        text = row[column]
        if column in self.instants:
            if clock is not None:
                text = f"{text} {row[clock]}"
            try:
                return np.datetime64(instant(text, self._plan).replace(tzinfo=None), "us")
            except ValueError:
                raise self._unfit("no-instant", places[at], column, value=repr(text)) from None
        if is_gap(text, self._plan):
            return np.nan
        try:
            found = number(text, self._dialect.decimal, self._plan.thousands)
        except ValueError:
            raise self._no_number(text, places[at], column) from None
        if not self._told and self._dialect.decimal == "," and "," in text:
            self._doubt(text, places[at], column)
        return found

    def _doubt(self, text: str, place: str, column: int) -> None:
        """Note whether a comma can only be a decimal mark, or may group thousands as well."""
        if not grouped(text, ",", ".") or text.lstrip("+-").startswith("0"):
            self._told = True
        elif self._doubted is None:
            self._doubted = Problem(
                "ambiguous",
                place=place,
                column=self.headings[column].text,
                value=repr(text),
                one=text.replace(",", "."),
                other=text.replace(",", ""),
            )

    def _unfit(self, code: str, place: str, column: int, **values: str | float) -> "_Unfit":
        return _Unfit(Problem(code, place=place, column=self.headings[column].text, **values))

    def _no_number(self, text: str, place: str, column: int) -> "_Unfit":
        """Tell where another decimal mark, or a mark of thousands, would do."""
        said = repr(text)
        for mark, point in ((",", "."), (".", ",")):
            if grouped(text, mark, point):
                if text.count(mark) > 1 or point in text:
                    return self._unfit("grouped-only", place, column, value=said, thousands=mark)
                return self._unfit("grouped", place, column, value=said, thousands=mark,
                                   decimal=mark)  # fmt: skip
        other = "," if self._dialect.decimal == "." else "."
        try:
            number(text, other)
        except ValueError:
            return self._unfit("no-number", place, column, value=said)
        return self._unfit("other-decimal", place, column, value=said, accepted=other)


def _plain_number(row: Sequence[str], column: int) -> float | None:
    """Read what nearly every cell is; None where it has to be looked at more closely."""
    try:
        text = row[column]
        found = float(text)
    except (ValueError, IndexError):
        return None
    return found if found == found and "_" not in text else None


class _Unfit(ValueError):
    """A cell that cannot be taken."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


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
