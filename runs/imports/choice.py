"""What is taken of a foreign file: its time, its channels, and the start of the run."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from runs.imports.columns import Columns
from runs.imports.moments import SECONDS, named_time
from runs.imports.plan import Heading, ImportPlan, ImportRefused, Mapped
from runs.streams import ChannelInfo

__all__ = ["Choice", "choose"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


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
        Numbers of the columns, and what becomes of them.
    started
        Start of the run; None where it is the first instant in the file.
    """

    run: str
    time: int | None
    scale: float
    channels: tuple[tuple[int, ChannelInfo], ...]
    started: datetime | None
    left_out: tuple[str, ...]
    headings: Sequence[Heading]

    @property
    def wanted(self) -> tuple[int, ...]:
        """Columns to read."""
        channels = tuple(number for number, _ in self.channels)
        return channels if self.time is None else (self.time, *channels)

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
    time = own.time if own else _time(columns, plan, problems)
    channels = _channels(columns, plan, time, problems)
    scale, started = 1.0, plan.started
    if own:
        started = own.started
    elif time is None:
        scale = plan.interval or 0.0
    elif time in columns.instants:
        started = None
    else:
        scale = _scale(columns.headings[time], problems)
        started = plan.started or columns.origin
    if started is None and time not in columns.instants:
        problems.append("it does not say when the run started: give the instant (--started)")
    if not channels and not problems:
        problems.append(f"it holds no channel; columns: {_listed(columns.headings)}")
    if problems:
        raise ImportRefused.of_many(source, problems)
    taken = {number for number, _ in channels} | ({time} if time is not None else set())
    if own:
        taken |= {0, len(columns.headings) - 1}
    return Choice(
        run=plan.run or (own.run if own else "") or f"I-{digest[:12].upper()}",
        time=time,
        scale=scale,
        channels=tuple(channels),
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


def _one(columns: Columns, wanted: str, problems: list[str]) -> int | None:
    found = _find(columns.headings, wanted)
    if len(found) == 1:
        return found[0]
    many = f"{len(found)} columns" if found else "no column"
    problems.append(f"{many} of it called {wanted!r}; columns: {_listed(columns.headings)}")
    return None


def _time(columns: Columns, plan: ImportPlan, problems: list[str]) -> int | None:
    if plan.time:
        found = _one(columns, plan.time, problems)
        if found is not None and found not in columns.numbers | columns.instants:
            problems.append(f"{plan.time!r} is neither seconds nor an instant (--time-format)")
        return found
    if plan.interval is not None:
        return None
    usable = columns.numbers | columns.instants
    named = [n for n, h in enumerate(columns.headings) if n in usable and named_time(h.name)]
    if not named and len(columns.instants) == 1:
        named = list(columns.instants)
    if len(named) == 1:
        return named[0]
    which = "several columns may be the time" if named else "no column is called time"
    for heading in [] if named else _unreadable_times(columns):
        which = f"{heading!r} holds neither seconds nor instants (day and clock in one column)"
    problems.append(
        f"{which}: name it (--time) or give the seconds between rows (--interval); "
        f"columns: {_listed(columns.headings)}"
    )
    return None


def _unreadable_times(columns: Columns) -> list[str]:
    """Name the columns that are called time and cannot be read as one."""
    usable = columns.numbers | columns.instants
    return [
        heading.text
        for number, heading in enumerate(columns.headings)
        if number not in usable and named_time(heading.name)
    ]


def _scale(heading: Heading, problems: list[str]) -> float:
    scale = SECONDS.get(heading.unit.strip().lower())
    if scale is None:
        accepted = ", ".join(filter(None, SECONDS))
        problems.append(f"unit of {heading.text!r} {heading.unit!r}; accepted: {accepted}")
        return 1.0
    return scale


def _channels(
    columns: Columns, plan: ImportPlan, time: int | None, problems: list[str]
) -> list[tuple[int, ChannelInfo]]:
    headings = columns.headings
    pairs: list[tuple[int, Mapped]] = []
    for mapped in plan.channels:
        number = _one(columns, mapped.column, problems)
        if number is not None and number not in columns.numbers:
            problems.append(f"{mapped.column!r} holds no numbers")
        elif number is not None:
            pairs.append((number, mapped))
    if not plan.channels:
        numbers = sorted(columns.numbers - ({time} if time is not None else set()))
        pairs = [
            (number, Mapped(headings[number].text, headings[number].name)) for number in numbers
        ]
    found = []
    for number, mapped in pairs:
        heading = headings[number]
        name, unit = mapped.name, mapped.unit or heading.unit
        if not _NAME.fullmatch(name):
            problems.append(
                f"{heading.text!r} is no name of a channel: "
                f"give one (--channel {heading.text!r}=NAME)"
            )
        elif not unit:
            problems.append(
                f"{heading.text!r} has no unit: give it (--channel '{heading.text}={name} [UNIT]'; "
                "1 for a bare number)"
            )
        else:
            long_name = heading.long_name or (heading.name if heading.name != name else "")
            found.append(
                (
                    number,
                    ChannelInfo(name, unit, heading.standard_name, long_name, heading.attributes),
                )
            )
    return found
