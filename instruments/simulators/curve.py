"""Measured force-extension curves from CSV: columns and units are named, nothing is guessed.

``time=Time (s), force=Load (kN), extension=Strain:mm`` names a quantity, the text of its column
head (with or without its bracketed unit) or its number (``#3``), and the unit where the file does
not state it.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["Curve", "CurveRefused", "read_curve"]

# Factor to our unit: s, N, mm, 1.
_UNITS: Mapping[str, Mapping[str, float]] = {
    "time": {"s": 1, "sec": 1, "ms": 1e-3, "min": 60, "h": 3600},
    "force": {"N": 1, "kN": 1e3, "MN": 1e6, "mN": 1e-3, "kgf": 9.80665, "lbf": 4.4482216152605,
              "lb": 4.4482216152605, "kip": 4448.2216152605},
    "length": {"mm": 1, "m": 1e3, "cm": 10, "um": 1e-3, "µm": 1e-3, "μm": 1e-3, "in": 25.4,
               "inch": 25.4, "mil": 0.0254},
    "strain": {"1": 1, "-": 1, "mm/mm": 1, "m/m": 1, "in/in": 1, "%": 1e-2, "um/m": 1e-6,
               "µm/m": 1e-6, "ue": 1e-6, "microstrain": 1e-6},
}  # fmt: skip
_KINDS = {"time": "time", "force": "force", "extension": "length", "travel": "length",
          "strain": "strain"}  # fmt: skip
_BRACKETED = re.compile(r"^(.*?)\s*[\(\[]\s*([^\)\]]*)\s*[\)\]]\s*$")


class CurveRefused(ValueError):
    """The file or the naming of its columns cannot be used.

    Parameters
    ----------
    what
        What is wrong, with the value.
    accepted
        What would be accepted.
    """

    def __init__(self, what: str, accepted: str) -> None:
        self.what = what
        self.accepted = accepted
        super().__init__(f"{what}; accepted: {accepted}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A measured curve in our units: s, N, mm; `units` are those that were read."""

    time: NDArray[np.float64] | None
    force: NDArray[np.float64]
    extension: NDArray[np.float64]
    travel: NDArray[np.float64] | None
    units: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Wanted:
    quantity: str
    head: str
    unit: str


def read_curve(path: Path, columns: str, gauge_length: float | None = None) -> Curve:
    """Read a curve.

    Parameters
    ----------
    columns
        Which column holds what; see the module.
    gauge_length
        Extensometer gauge length [mm]; needed where a strain is to become an extension.

    Raises
    ------
    CurveRefused
        A column, unit or number is not there; the message says what would be accepted.
    """
    wanted = _parse_columns(columns)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CurveRefused(f"{path} cannot be read: {error}", "a CSV file in UTF-8") from error
    start, places = _find_head(rows, wanted)
    heads = rows[start] if start >= 0 else []
    found: dict[str, NDArray[np.float64]] = {}
    units: dict[str, str] = {}
    body, unit_row = _body(rows, start, places)
    for each, place in zip(wanted, places, strict=True):
        unit = each.unit or _unit_of(heads, unit_row, place, _UNITS[_KINDS[each.quantity]])
        factor = _factor(each, unit)
        values = [_number(rows[line][place], line, each) for line in body]
        found[each.quantity] = np.array(values) * factor
        units[each.quantity] = unit
    return _curve(found, units, gauge_length)


def _parse_columns(columns: str) -> list[_Wanted]:
    try:
        parts = next(csv.reader([columns], skipinitialspace=True, strict=True))
    except (StopIteration, csv.Error):
        parts = []
    wanted: list[_Wanted] = []
    for part in (each.strip() for each in parts if each.strip()):
        quantity, equals, rest = part.partition("=")
        quantity = quantity.strip()
        if not equals or quantity not in _KINDS:
            raise CurveRefused(
                f"columns: {part!r}", "quantity=HEAD[:UNIT] with " + ", ".join(_KINDS)
            )
        head, unit = rest.strip().strip('"'), ""
        before, colon, after = head.rpartition(":")
        if colon and after.strip() in _UNITS[_KINDS[quantity]]:
            head, unit = before.strip(), after.strip()
        if any(other.quantity == quantity for other in wanted):
            raise CurveRefused(f"columns: {quantity} is named twice", "each quantity once")
        wanted.append(_Wanted(quantity, head.strip('"'), unit))
    names = {each.quantity for each in wanted}
    if "force" not in names or not names & {"extension", "strain"}:
        raise CurveRefused(
            f"columns name {', '.join(sorted(names)) or 'nothing'}",
            "force and extension (or strain), and time and travel where recorded",
        )
    return wanted


def _bare(head: str) -> str:
    match = _BRACKETED.match(head.strip())
    return (match[1] if match else head).strip().casefold()


def _find_head(rows: list[list[str]], wanted: list[_Wanted]) -> tuple[int, list[int]]:
    """Find the first row that holds every column named; -1 where all are given by number."""
    if all(each.head.startswith("#") for each in wanted):
        return _by_number(rows, wanted)
    best: tuple[int, list[str]] = (0, [])
    for line, row in enumerate(rows):
        places = [_place(row, each.head) for each in wanted]
        if None not in places:
            return line, [place for place in places if place is not None]
        there = sum(place is not None for place in places)
        if there > best[0] or not best[1]:
            best = (there, row)
    missing = [each.head for each in wanted if _place(best[1], each.head) is None]
    raise CurveRefused(
        f"no column {', '.join(map(repr, missing))}",
        ", ".join(repr(cell.strip()) for cell in best[1] if cell.strip()) or "a file with columns",
    )


def _by_number(rows: list[list[str]], wanted: list[_Wanted]) -> tuple[int, list[int]]:
    try:
        places = [int(each.head[1:]) - 1 for each in wanted]
    except ValueError:
        places = [-1]
    width = max((len(row) for row in rows), default=0)
    for each, place in zip(wanted, places, strict=False):
        if not 0 <= place < width:
            raise CurveRefused(f"column {each.head!r}", f"#1 to #{width}")
    # The head is the row before the first that is all numbers.
    for line, row in enumerate(rows):
        if all(place < len(row) and _is_number(row[place]) for place in places):
            return line - 1, places
    raise CurveRefused("no row of numbers in these columns", "a table of numbers")


def _place(row: list[str], head: str) -> int | None:
    if head.startswith("#") and head[1:].isdigit():
        place = int(head[1:]) - 1
        return place if place < len(row) else None
    plain = [cell.strip() for cell in row]
    if head in plain:
        return plain.index(head)
    bare = [_bare(cell) for cell in row]
    return bare.index(_bare(head)) if _bare(head) and _bare(head) in bare else None


def _is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False


def _body(rows: list[list[str]], start: int, places: list[int]) -> tuple[range, list[str]]:
    """Give the lines of numbers, and the row of units below the head if there is one."""
    first = start + 1
    unit_row: list[str] = []
    if first < len(rows) and not any(
        place < len(rows[first]) and _is_number(rows[first][place]) for place in places
    ):
        unit_row, first = rows[first], first + 1
    last = first
    while last < len(rows) and any(
        place < len(rows[last]) and rows[last][place].strip() for place in places
    ):
        last += 1
    if last - first < 3:
        raise CurveRefused(f"{last - first} rows below the head", "at least three rows of numbers")
    return range(first, last), unit_row


def _unit_of(heads: list[str], unit_row: list[str], place: int, known: Mapping[str, float]) -> str:
    """Read the unit below the head, or in its brackets; a bracket may also hold a name."""
    head = heads[place] if place < len(heads) else ""
    bracketed = _BRACKETED.match(head.strip())
    inside = bracketed[2].strip() if bracketed else ""
    below = unit_row[place].strip().strip("()[]").strip() if place < len(unit_row) else ""
    return inside if inside in known or not below else below


def _factor(wanted: _Wanted, unit: str) -> float:
    units = _UNITS[_KINDS[wanted.quantity]]
    if unit not in units:
        what = f"unit {unit!r}" if unit else "no unit"
        raise CurveRefused(
            f"{what} for {wanted.quantity} in column {wanted.head!r}",
            f"{wanted.quantity}={wanted.head}:UNIT with UNIT one of {', '.join(units)}",
        )
    return units[unit]


def _number(cell: str, line: int, wanted: _Wanted) -> float:
    if not _is_number(cell):
        raise CurveRefused(
            f"{cell!r} in row {line + 1}, column {wanted.head!r}", "a number with a decimal point"
        )
    return float(cell)


def _curve(
    found: Mapping[str, NDArray[np.float64]],
    units: Mapping[str, str],
    gauge_length: float | None,
) -> Curve:
    if "extension" in found:
        extension = found["extension"]
    elif gauge_length is None or not gauge_length > 0:
        raise CurveRefused("a strain without a gauge length", "a gauge length above 0 mm")
    else:
        extension = found["strain"] * gauge_length
    time = found.get("time")
    if time is not None and (back := np.flatnonzero(np.diff(time) < 0)).size:
        raise CurveRefused(
            f"time goes back after sample {int(back[0]) + 1}, from {time[back[0]]:g} s "
            f"to {time[back[0] + 1]:g} s",
            "times that do not decrease",
        )
    return Curve(
        time=time, force=found["force"], extension=extension, travel=found.get("travel"),
        units=dict(units),
    )  # fmt: skip
