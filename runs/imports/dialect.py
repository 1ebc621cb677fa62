"""How a file of text is written: its encoding, delimiter, decimal mark, and where data begin."""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from runs.imports.moments import is_instant
from runs.imports.plan import Heading, ImportPlan, ImportRefused, headed, is_gap
from runs.imports.problems import Problem

__all__ = ["Dialect", "cells", "find_dialect", "grouped", "number"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ("\t", ";", ",", "|", " ")
_DAY_OR_CLOCK = re.compile(r"\d+([-/.:]\d+)+")
_LOOKED_AT = 400  # [lines]
_HEAD = 400  # [bytes]
_PIECE = 1 << 20  # [bytes]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the file is written.

    Attributes
    ----------
    first
        Number of the first line of data, counted from 1.
    instants
        Numbers of the columns that hold instants.
    preamble
        What stands above the names of the columns, line by line.
    """

    encoding: str
    delimiter: str
    decimal: str
    headings: tuple[Heading, ...]
    first: int
    instants: frozenset[int]
    preamble: tuple[tuple[str, ...], ...] = ()

    def __str__(self) -> str:
        """Tell it in the origin of the run."""
        names = {"\t": "tab", " ": "space"}
        between = names.get(self.delimiter, self.delimiter)
        return f"encoding {self.encoding}, delimiter {between}, decimal {self.decimal}"


@cache
def _groups(thousands: str, decimal: str) -> re.Pattern[str]:
    mark, point = re.escape(thousands), re.escape(decimal)
    return re.compile(rf"[-+]?\d{{1,3}}(?:{mark}\d{{3}})+(?:{point}\d*)?(?:[eE][-+]?\d+)?")


def grouped(text: str, thousands: str, decimal: str) -> bool:
    """Tell whether it is a number whose digits are grouped by three."""
    return bool(_groups(thousands, decimal).fullmatch(text))


def number(text: str, decimal: str, thousands: str = "") -> float:
    """Read a number with its decimal mark, and what groups its digits where that is told.

    Raises
    ------
    ValueError
        It is none. Python's own liberties ("1_000") are none either, nor are groups of digits
        that are not of three.
    """
    if "_" in text:
        raise ValueError(text)
    if thousands and thousands in text:
        if not grouped(text, thousands, decimal):
            raise ValueError(text)
        text = text.replace(thousands, "")
    if decimal == ",":
        if "." in text:
            raise ValueError(text)
        text = text.replace(",", ".")
    return float(text)


def _encoding(source: Path) -> str:
    """Find the encoding: by its mark, else UTF-8 where every byte fits, else CP949."""
    with source.open("rb") as file:
        head = file.read(_HEAD)
        for mark, name in _MARKS:
            if head.startswith(mark):
                return name
        # Digits and delimiters of UTF-16 without a mark have a NUL each, before or behind.
        for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
            if 2 * head[first::2].count(0) > len(head[first::2]):
                return name
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while piece := file.read(_PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp949"
    return "utf-8"


def cells(source: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Read the file: number of each line that is not empty, and its cells."""
    with source.open(newline="", encoding=encoding) as text:
        if delimiter == " ":
            for count, line in enumerate(text, start=1):
                if found := line.split():
                    yield count, found
            return
        reader = csv.reader(text, delimiter=delimiter)
        for row in reader:
            # A line may end with its delimiter, and rows of nothing but delimiters are empty.
            if any(cell.strip() for cell in row):
                yield reader.line_num, [cell.strip() for cell in row]


def _kind(cell: str, decimal: str, plan: ImportPlan) -> str:
    if is_gap(cell, plan):
        return "gap"
    try:
        number(cell, decimal, plan.thousands)
    except ValueError:
        if is_instant(cell, plan):
            return "instant"
        return "part" if _DAY_OR_CLOCK.fullmatch(cell) else "text"
    return "number"


def _is_data(row: Sequence[str], decimal: str, plan: ImportPlan) -> bool:
    kinds = [_kind(cell, decimal, plan) for cell in row]
    return "number" in kinds and kinds.count("text") <= len(kinds) // 2


def find_dialect(source: Path, plan: ImportPlan) -> Dialect:
    """Find out how a file is written, from its first lines; what the plan says is kept.

    Raises
    ------
    ImportRefused
        It cannot be found out.
    """
    encoding = plan.encoding or _encoding(source)
    best: tuple[int, int] = (0, 0)
    chosen: tuple[str, str] | None = None
    for delimiter in [plan.delimiter] if plan.delimiter else _DELIMITERS:
        try:
            rows = list(islice(cells(source, encoding, delimiter), _LOOKED_AT))
        except (UnicodeDecodeError, LookupError) as error:
            problem = Problem("encoding", encoding=encoding, cause=str(error))
            raise ImportRefused(source, [problem]) from error
        except csv.Error as error:
            raise ImportRefused(source, [Problem("no-table", cause=str(error))]) from error
        for decimal in [plan.decimal] if plan.decimal else (".", ","):
            if decimal == delimiter:
                continue
            data = [row for _, row in rows if _is_data(row, decimal, plan)]
            numbers = sum(_kind(c, decimal, plan) == "number" for row in data for c in row)
            # More lines first: what splits a number in two has more cells, but of fewer lines.
            score = (len(data), numbers if delimiter != " " else numbers - 1)
            if score > best:
                best, chosen = score, (delimiter, decimal)
    if chosen is None:
        raise ImportRefused(source, [Problem("no-numbers")])
    return _with_headings(source, plan, encoding, *chosen)


def _with_headings(
    source: Path, plan: ImportPlan, encoding: str, delimiter: str, decimal: str
) -> Dialect:
    rows = list(islice(cells(source, encoding, delimiter), _LOOKED_AT))
    above = _table([row for _, row in rows], decimal, plan)
    before = [row for _, row in rows[:above]]
    line, row = rows[above]
    width = len(row)
    while width > 1 and not row[width - 1]:
        width -= 1
    instants = {n for n, cell in enumerate(row) if _kind(cell, decimal, plan) == "instant"}
    names = [row for row in before if not _is_data(row, decimal, plan)]
    headings, used = _headings(names, width)
    return Dialect(
        encoding,
        delimiter,
        decimal,
        headings,
        line,
        frozenset(instants),
        tuple(tuple(row) for row in before if not any(row is other for other in used)),
    )


def _table(rows: Sequence[Sequence[str]], decimal: str, plan: ImportPlan) -> int:
    """Find where the table begins: lines such as "Area,35.7,mm2" above it hold numbers as well.

    It is the first stretch of lines with numbers that has clearly more than half as many of them
    a line as any other has.
    """
    starts: list[int] = []
    widths: list[int] = []
    inside = False
    for place, row in enumerate(rows):
        data = _is_data(row, decimal, plan)
        if data:
            count = sum(_kind(cell, decimal, plan) == "number" for cell in row)
            if inside:
                widths[-1] = max(widths[-1], count)
            else:
                starts.append(place)
                widths.append(count)
        inside = data
    most = max(widths)
    return next(start for start, count in zip(starts, widths, strict=True) if 2 * count > most)


def _headings(
    before: list[list[str]], width: int
) -> tuple[tuple[Heading, ...], tuple[list[str], ...]]:
    """Read the line of names above the data, and the line of units between, if there is one."""
    fitting = [row for row in before if len(row) >= width]
    if not fitting:
        return tuple(headed(f"column {number}") for number in range(1, width + 1)), ()
    last = fitting[-1]
    if len(fitting) > 1 and fitting[-2] is before[-2] and _are_units(last):
        units = [cell.strip("[]() ") for cell in last]
        found = zip(fitting[-2][:width], units, strict=False)
        return tuple(headed(*pair) for pair in found), (fitting[-2], last)
    return tuple(headed(cell) for cell in last[:width]), (last,)


def _are_units(row: Sequence[str]) -> bool:
    said = [cell for cell in row if cell]
    return all(cell[0] in "[(" and cell[-1] in "])" for cell in said) and bool(said)
