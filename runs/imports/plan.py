"""How a foreign file is to be understood: which column is which channel, and what is a gap."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from runs.errors import RunsError

__all__ = [
    "BEYOND",
    "SENTINELS",
    "Heading",
    "ImportPlan",
    "ImportRefused",
    "Mapped",
    "headed",
    "is_gap",
]

# What instruments write where they have no value: SCPI's overflow (IEEE 488.2 leaves it to the
# maker; 9.9E37 by SCPI-1999, 7.2.1.4) and not-a-number (9.91E37), and -1E38 of data loggers.
SENTINELS = (9.9e37, -9.9e37, 9.91e37, 1e38, -1e38)
# Nothing that is measured comes near; every larger number is some maker's word for no value.
BEYOND = 9e36
_GAPS = (
    "", "nan", "+nan", "-nan", "na", "n/a", "null", "none", "-", "--", "nan(ind)", "-nan(ind)",
    "1.#qnan", "-1.#qnan", "1.#ind", "-1.#ind", "1.#inf", "-1.#inf", "#n/a", "#na", "#div/0!",
    "#value!", "#num!", "#ref!", "ol", "o.l", "o.l.", "+ol", "-ol", "overload", "ovld", "ovrld",
    "over", "ovr", "overflow", "over range", "overrange", "out of range", "oor", "under",
    "underrange", "error", "err", "fault", "fail", "open", "burnout", "invalid", "missing", "없음",
    "결측", "오류", "에러", "단선", "초과", "측정불가",
)  # fmt: skip
_SHOWN = 20
# Dashes, stars and the like, of any number.
_MARKS = re.compile(r"[-*_?#~./\\…–—]+")
_UNIT = re.compile(r"(.*?)\s*[\[(]\s*([^\[\]()]*?)\s*[\])]\s*")


class ImportRefused(RunsError, ValueError):
    """A foreign file that cannot be taken; nothing was written.

    Attributes
    ----------
    problems
        What is wrong, each with its line where it has one; those of a `Problem` can be put into
        other languages.
    more
        How many more there are.
    """

    def __init__(self, source: object, problems: Sequence[str], more: int = 0) -> None:
        self.source = source
        self.problems = tuple(problems)
        self.more = more
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
        Its heading, with or without its unit; or its number, counted from 0.
    name
        Name of the channel.
    unit
        Its unit; "" takes the one that the file says.
    scale, offset
        The channel is ``scale * column + offset`` in `unit`.
    attributes
        What else goes on record of the channel (why it was scaled).
    spare
        Whether a cell that cannot be read is a gap, and does not refuse the file.
    """

    column: str | int
    name: str
    unit: str = ""
    scale: float = 1.0
    offset: float = 0.0
    attributes: Mapping[str, str | float | int] = field(default_factory=dict)
    spare: bool = False

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
        The column of the time, by heading or by number from 0; else the one that is called so.
    time_unit
        Its unit, where the file does not say or is wrong.
    clock
        A second column with the time of day, where `time` holds the day alone.
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
    thousands
        What groups digits by three ("1,234.5"); nothing does where "".
    absent
        Channels, by name and unit, that the file has nothing of and that become gaps throughout.
    phases
        Names of the phases, by index.
    phase_changes
        First row [from 0] and index of each phase.
    sentinels
        Numbers that stand for no value, and become gaps; so does every one beyond `BEYOND`.
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
    time: str | int = ""
    time_unit: str = ""
    clock: str | int | None = None
    interval: float | None = None
    started: datetime | None = None
    time_format: str = ""
    timezone: tzinfo = UTC
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    thousands: str = ""
    absent: tuple[tuple[str, str], ...] = ()
    phases: tuple[str, ...] = ()
    phase_changes: tuple[tuple[int, int], ...] = ()
    sentinels: tuple[float, ...] = SENTINELS
    gaps: tuple[str, ...] = _GAPS
    attributes: Mapping[str, str | float | int] = field(default_factory=dict)
    importer: str = "runs.imported"


def is_gap(text: str, plan: ImportPlan) -> bool:
    """Tell whether a cell says that there is no value."""
    return text.lower() in plan.gaps or bool(_MARKS.fullmatch(text))
