"""What every kind of foreign file gives: columns by number, in blocks of rows with places."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, overload

import numpy as np
from numpy.typing import NDArray

from runs.imports.plan import Heading
from runs.streams import Attribute

__all__ = ["Block", "Columns", "Numbered", "Own"]


class Numbered(Sequence[str]):
    """Places of rows by their numbers: "line 12", "row 3"."""

    __slots__ = ("_numbers", "_word")

    def __init__(self, word: str, numbers: Sequence[int]) -> None:
        self._word = word
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> "Numbered": ...
    def __getitem__(self, at: int | slice) -> "str | Numbered":
        if isinstance(at, slice):
            return Numbered(self._word, self._numbers[at])
        return f"{self._word} {self._numbers[at]}"


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows.

    Attributes
    ----------
    places
        Where each row stands ("line 12").
    columns
        Numbers (float64) or instants (datetime64[us] in UTC), by number of the column.
    labels
        Names of the phase of each row, where the file is an export of ours.
    problems
        What could not be read, each with its place; the rows of such a block are not to be used.
    blanks
        By number of the column: row in the block and text of each cell that says that there is
        no value.
    """

    places: Sequence[str]
    columns: Mapping[int, NDArray[np.generic]]
    labels: Sequence[str] = ()
    problems: tuple[str, ...] = ()
    blanks: Mapping[int, Sequence[tuple[int, str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What an export of ours tells of the run that it was made from."""

    started: datetime
    time: int
    phases: tuple[str, ...]
    run: str = ""
    title: str = ""
    status: str = "completed"
    ended: datetime | None = None
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


class Columns(Protocol):
    """A foreign file, opened.

    Attributes
    ----------
    form
        What kind of file it is, and how it is written.
    numbers, instants
        Which columns hold what.
    rows
        How many rows there are, where the file tells; else 0.
    own
        What it tells of a run of ours that it was exported from.
    origin
        Origin of its time, where the file tells.
    preamble
        Lines above the names of the columns, cell by cell.
    """

    @property
    def form(self) -> str: ...  # noqa: D102
    @property
    def headings(self) -> Sequence[Heading]: ...  # noqa: D102
    @property
    def numbers(self) -> frozenset[int]: ...  # noqa: D102
    @property
    def instants(self) -> frozenset[int]: ...  # noqa: D102
    @property
    def rows(self) -> int: ...  # noqa: D102
    @property
    def own(self) -> Own | None: ...  # noqa: D102
    @property
    def origin(self) -> datetime | None: ...  # noqa: D102
    @property
    def preamble(self) -> Sequence[Sequence[str]]: ...  # noqa: D102

    def first(self, number: int) -> tuple[str, str]:
        """Tell what stands in the first row of a column that holds no numbers, and where."""
        ...

    def blocks(self, wanted: Sequence[int], spare: frozenset[int] = frozenset()) -> Iterator[Block]:
        """Read the wanted columns; what cannot be read in a spare one is a gap."""
        ...
