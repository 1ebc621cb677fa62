"""What is taken of a foreign file: its time, its channels, and the start of the run."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from runs.imports.columns import Columns
from runs.imports.moments import SECONDS, named_time
from runs.imports.plan import Heading, ImportPlan, ImportRefused, Mapped
from runs.imports.problems import Problem
from runs.streams import ChannelInfo

__all__ = ["Choice", "Taken", "choose", "find_column", "find_time"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_ABSENT = {"origin_column": "", "comment": "not in the file that the run was made from"}


@dataclass(frozen=True, slots=True)
class Taken:
    """A channel: ``scale * column + offset``; of no column where the file has nothing of it."""

    column: int | None
    info: ChannelInfo
    scale: float = 1.0
    offset: float = 0.0
    spare: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is taken.

    Attributes
    ----------
    time
        Number of the column of the time; None where rows are evenly spaced.
    scale
        Seconds [s] in a unit of that column, or between rows.
    channels
        What becomes of the columns.
    started
        Start of the run; None where it is the first instant in the file.
    """

    run: str
    time: int | None
    scale: float
    channels: tuple[Taken, ...]
    started: datetime | None
    left_out: tuple[str, ...]
    headings: Sequence[Heading]

    @property
    def wanted(self) -> tuple[int, ...]:
        """Columns to read."""
        channels = tuple(t.column for t in self.channels if t.column is not None)
        return channels if self.time is None else (self.time, *channels)

    @property
    def spare(self) -> frozenset[int]:
        """Columns in which a cell that cannot be read does not refuse the file."""
        needed = {t.column for t in self.channels if not t.spare} | {self.time}
        return frozenset(t.column for t in self.channels if t.column is not None) - needed

    def heading_of(self, number: int) -> str:
        """Tell how the file calls a column."""
        return self.headings[number].text


def choose(source: Path, columns: Columns, plan: ImportPlan, digest: str) -> Choice:
    """Choose what is taken, by the plan and by what the file says.

    Raises
    ------
    ImportRefused
        Something is missing; every question that is open is named with its answer's form.
    """
    problems: list[str] = []
    own = columns.own
    time = own.time if own else find_time(columns, plan, problems)
    channels = _channels(columns, plan, time, problems)
    scale, started = 1.0, plan.started
    if own:
        started = own.started
    elif time is None:
        scale = plan.interval or 0.0
    elif time in columns.instants:
        started = None
    else:
        scale = _scale(columns.headings[time], plan.time_unit, problems)
        started = plan.started or columns.origin
    if started is None and time not in columns.instants:
        problems.append(Problem("no-start"))
    if not channels and not problems:
        problems.append(Problem("no-channel", accepted=_listed(columns.headings)))
    if problems:
        raise ImportRefused.of_many(source, problems)
    absent = [
        Taken(None, ChannelInfo(name, unit, attributes=_ABSENT)) for name, unit in plan.absent
    ]
    taken = {each.column for each in channels} | ({time} if time is not None else set())
    if plan.clock is not None:
        taken.add(find_column(columns.headings, plan.clock, problems))
    if own:
        taken |= {0, len(columns.headings) - 1}
    return Choice(
        run=plan.run or (own.run if own else "") or f"I-{digest[:12].upper()}",
        time=time,
        scale=scale,
        channels=(*channels, *absent),
        started=started,
        left_out=tuple(h.text for n, h in enumerate(columns.headings) if n not in taken),
        headings=columns.headings,
    )


def _listed(headings: Sequence[Heading]) -> str:
    return ", ".join(repr(heading.text) for heading in headings)


def _find(headings: Sequence[Heading], wanted: str) -> list[int]:
    """Find a column by its whole heading, else by its name without unit, else in any case."""
    for said, sought in (
        ([heading.text for heading in headings], wanted),
        ([heading.name for heading in headings], wanted),
        ([heading.name.casefold() for heading in headings], wanted.casefold()),
    ):
        if found := [number for number, text in enumerate(said) if text == sought]:
            return found
    return []


def find_column(headings: Sequence[Heading], wanted: str | int, problems: list[str]) -> int | None:
    """Find a column by its heading or by its number from 0; a problem where it is not one."""
    listed = _listed(headings)
    if isinstance(wanted, int):
        if 0 <= wanted < len(headings):
            return wanted
        problems.append(
            Problem("column-number", value=str(wanted), last=len(headings) - 1, accepted=listed)
        )
        return None
    found = _find(headings, wanted)
    if len(found) == 1:
        return found[0]
    if found:
        many = Problem("column-many", count=len(found), value=repr(wanted), accepted=listed)
        problems.append(many)
    else:
        problems.append(Problem("column-unknown", value=repr(wanted), accepted=listed))
    return None


def find_time(columns: Columns, plan: ImportPlan, problems: list[str]) -> int | None:
    """Find the column of the time; None and a problem, or none where rows are evenly spaced."""
    if plan.time != "":
        found = find_column(columns.headings, plan.time, problems)
        if found is not None and found not in columns.numbers | columns.instants:
            said = repr(columns.headings[found].text)
            problems.append(Problem("time-kind", column=said))
        return found
    if plan.interval is not None:
        return None
    usable = columns.numbers | columns.instants
    named = [n for n, h in enumerate(columns.headings) if n in usable and named_time(h.name)]
    if not named and len(columns.instants) == 1:
        named = list(columns.instants)
    if len(named) == 1:
        return named[0]
    listed = _listed(columns.headings)
    unreadable = _unreadable_times(columns)
    if named:
        problems.append(Problem("time-many", accepted=listed))
    elif unreadable:
        said = repr(unreadable[-1])
        problems.append(Problem("time-unreadable", column=said, accepted=listed))
    else:
        problems.append(Problem("time-none", accepted=listed))
    return None


def _unreadable_times(columns: Columns) -> list[str]:
    """Name the columns that are called time and cannot be read as one."""
    usable = columns.numbers | columns.instants
    return [
        heading.text
        for number, heading in enumerate(columns.headings)
        if number not in usable and named_time(heading.name)
    ]


def _scale(heading: Heading, told: str, problems: list[str]) -> float:
    unit = told or heading.unit
    scale = SECONDS.get(unit.strip().lower())
    if scale is None:
        accepted = ", ".join(filter(None, SECONDS))
        problems.append(
            Problem("time-unit", column=repr(heading.text), value=repr(unit), accepted=accepted)
        )
        return 1.0
    return scale


def _channels(
    columns: Columns, plan: ImportPlan, time: int | None, problems: list[str]
) -> list[Taken]:
    headings = columns.headings
    pairs: list[tuple[int, Mapped]] = []
    for mapped in plan.channels:
        number = find_column(headings, mapped.column, problems)
        if number is not None and number not in columns.numbers:
            place, value = columns.first(number)
            said = repr(headings[number].text)
            problems.append(Problem("column-no-numbers", column=said, place=place, value=value))
        elif number is not None:
            pairs.append((number, mapped))
    if not plan.channels:
        numbers = sorted(columns.numbers - ({time} if time is not None else set()))
        pairs = [
            (number, Mapped(headings[number].text, headings[number].name)) for number in numbers
        ]
    found = (_taken(number, headings[number], mapped, problems) for number, mapped in pairs)
    return [each for each in found if each is not None]


def _taken(number: int, heading: Heading, mapped: Mapped, problems: list[str]) -> Taken | None:
    name, unit = mapped.name, mapped.unit or heading.unit
    if not _NAME.fullmatch(name):
        problems.append(Problem("no-name", column=repr(heading.text)))
        return None
    if not unit:
        said = Problem("no-unit", column=repr(heading.text), heading=heading.text, name=name)
        problems.append(said)
        return None
    long_name = heading.long_name or (heading.name if heading.name != name else "")
    attributes = {**heading.attributes, **mapped.attributes}
    info = ChannelInfo(name, unit, heading.standard_name, long_name, attributes)
    return Taken(number, info, mapped.scale, mapped.offset, mapped.spare)
