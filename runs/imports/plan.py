"""How a foreign file is to be understood: which column is which channel, and what is a gap."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from runs.errors import RunsError

__all__ = ["SENTINELS", "Heading", "ImportPlan", "ImportRefused", "Mapped", "headed"]

# What instruments write where they have no value: SCPI's overflow (IEEE 488.2 leaves it to the
# maker; 9.9E37 by SCPI-1999, 7.2.1.4) and not-a-number (9.91E37), and -1E38 of data loggers.
SENTINELS = (9.9e37, -9.9e37, 9.91e37, 1e38, -1e38)
_GAPS = ("", "nan", "na", "n/a", "null", "none", "-", "--")
_SHOWN = 20
_UNIT = re.compile(r"(.*?)\s*[\[(]\s*([^\[\]()]*?)\s*[\])]\s*")


class ImportRefused(RunsError, ValueError):
    """A foreign file that cannot be taken; nothing was written.

    Attributes
    ----------
    problems
        What is wrong, each with its line where it has one.
    """

    def __init__(self, source: object, problems: Sequence[str], more: int = 0) -> None:
        self.problems = tuple(problems)
        rest = f"\n  … and {more} more" if more else ""
        super().__init__(f"{source} was not imported:\n  " + "\n  ".join(problems) + rest)

    @classmethod
    def of_many(cls, source: object, problems: Sequence[str]) -> "ImportRefused":
        """Name the first problems and count the others."""
        return cls(source, problems[:_SHOWN], max(0, len(problems) - _SHOWN))


@dataclass(frozen=True, slots=True)
class Heading:
    """A column as the foreign file calls it; `unit` is "" where it does not say."""

    text: str
    name: str
    unit: str = ""
    long_name: str = ""
    standard_name: str = ""
    attributes: Mapping[str, str | float | int] = field(default_factory=dict)


def headed(text: str, unit: str = "") -> Heading:
    """Take "Kraft [N]" or "Kraft (N)" apart; a unit that is said elsewhere wins."""
    text = text.strip()
    if found := _UNIT.fullmatch(text):
        return Heading(text, found[1], unit or found[2])
    return Heading(text, text, unit)


@dataclass(frozen=True, slots=True)
class Mapped:
    """A column that becomes a channel.

    Attributes
    ----------
    column
        Its heading, with or without its unit.
    name
        Name of the channel.
    unit
        Its unit; "" takes the one that the file says.
    """

    column: str
    name: str
    unit: str = ""

    @classmethod
    def parse(cls, text: str) -> "Mapped":
        """Read ``COLUMN=NAME`` or ``COLUMN=NAME [UNIT]``; the last "=" counts."""
        column, equals, right = text.rpartition("=")
        if not equals or not column.strip() or not right.strip():
            raise ValueError(f"{text!r} is refused; accepted: COLUMN=NAME or COLUMN=NAME [UNIT]")
        wanted = headed(right)
        return cls(column.strip(), wanted.name, wanted.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What the person says about the file; what is left out is found in it, or asked for.

    Attributes
    ----------
    run, title
        Number and title of the run; a number is made from the file's hash where none is given.
    channels
        Columns to take; where there are none, every column of numbers that names a channel.
    time
        The column of the time; else the one that is called so.
    interval
        Seconds [s] between rows where there is no column of the time.
    started
        Origin of times that are seconds, aware.
    time_format
        How instants are written, as `datetime.strptime` has it; ISO 8601 needs none.
    timezone
        Where instants without a zone were written down.
    encoding, delimiter, decimal
        How a text file is written; found out where "".
    sentinels
        Numbers that stand for no value, and become gaps.
    gaps
        Texts that stand for no value, in small letters.
    attributes
        More to put on record (method, specimen).
    importer
        Who or what imports.
    """

    run: str = ""
    title: str = ""
    channels: tuple[Mapped, ...] = ()
    time: str = ""
    interval: float | None = None
    started: datetime | None = None
    time_format: str = ""
    timezone: tzinfo = UTC
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    sentinels: tuple[float, ...] = SENTINELS
    gaps: tuple[str, ...] = _GAPS
    attributes: Mapping[str, str | float | int] = field(default_factory=dict)
    importer: str = "runs.imported"
