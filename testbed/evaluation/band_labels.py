"""Labels along a scale: as near to their marks as they can be, and none upon another.

A label is a flag on a pole that stands on its mark: to the right of the pole, to its left, or
across it. Where flags would meet, one goes to a row further out; its pole passes beside the
nearer flags, not through them, wherever there is such a way.
"""

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["FONT", "Label", "arrange", "number_text", "text_width"]

FONT = 12.0  # size of the letters [px]
_GAP = 5.0  # between neighbours, and between a flag and its pole [px]
_WIDE_LETTERS = frozenset("mwMW%@")


@dataclass(frozen=True, slots=True)
class Label:
    """A label put in its place.

    Attributes
    ----------
    text
        As shown.
    mark
        Position of its pole [px].
    start, end
        Ends of the text [px], of which the true ones are not outside.
    row
        0 is nearest to the scale.
    """

    text: str
    mark: float
    start: float
    end: float
    row: int


def text_width(text: str) -> float:
    """Estimate how wide a text is [px]; no usual sans-serif letter is wider than is taken here."""
    return FONT * sum(_letter_width(letter) for letter in text)


def _letter_width(letter: str) -> float:
    if letter in _WIDE_LETTERS or unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    if letter.isascii() and not letter.isupper():
        return 0.3 if letter in " .,:;'|" else 0.66
    return 0.86


def number_text(number: Fraction, span: Fraction) -> str:
    """Write a number so that a two-hundredth of a span can be seen in it."""
    if not number:
        return "0"
    digits = 4
    if span:
        digits = max(digits, math.ceil(_magnitude(number) - _magnitude(span / 200)) + 1)
    return f"{float(number):.{min(digits, 17)}g}"


def _magnitude(number: Fraction) -> float:
    return math.log10(abs(number.numerator)) - math.log10(number.denominator)


def arrange(wanted: Sequence[tuple[str, float]], width: float) -> tuple[Label, ...]:
    """Place labels within a picture.

    Parameters
    ----------
    wanted
        Texts with the positions of their marks [px].
    width
        Of the picture [px].

    Returns
    -------
    tuple of Label
        In the order of their marks, in as few rows as can be. Texts wider than the picture run
        out of it at its right end.
    """
    ordered = sorted(wanted, key=lambda each: each[1])
    for rows in range(1, len(ordered) + 1):
        found = _search(ordered, width, rows, ())
        if found is not None:
            return found
    # No way around: each has a row, and poles pass through.
    return tuple(
        next(_flags(text, mark, width, row, across=True))
        for row, (text, mark) in enumerate(ordered)
    )


def _search(
    wanted: Sequence[tuple[str, float]], width: float, rows: int, placed: tuple[Label, ...]
) -> tuple[Label, ...] | None:
    if len(placed) == len(wanted):
        return placed
    text, mark = wanted[len(placed)]
    for row in range(rows):
        for flag in _flags(text, mark, width, row):
            if all(_apart(flag, other) for other in placed):
                found = _search(wanted, width, rows, (*placed, flag))
                if found is not None:
                    return found
    return None


def _flags(
    text: str, mark: float, width: float, row: int, *, across: bool = False
) -> Iterator[Label]:
    """Give the ways to hang a label: across its pole first, then to the left and to the right."""
    long = text_width(text)
    start = max(0.0, min(mark - 0.5 * long, width - long))
    yield Label(text, mark, start, start + long, row)
    if across:
        return
    if mark - _GAP - long >= 0.0:
        yield Label(text, mark, mark - _GAP - long, mark - _GAP, row)
    if mark + _GAP + long <= width:
        yield Label(text, mark, mark + _GAP, mark + _GAP + long, row)


def _apart(one: Label, other: Label) -> bool:
    if one.row == other.row:
        return one.start >= other.end + _GAP or other.start >= one.end + _GAP
    near, far = (one, other) if one.row < other.row else (other, one)
    return not near.start - 1.0 < far.mark < near.end + 1.0
