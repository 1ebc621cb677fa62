"""What is known of a run before its first sample, and what can be told of it afterwards."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from runs.errors import RecordRefused

__all__ = [
    "Attribute",
    "ChannelInfo",
    "Description",
    "Header",
    "Sealed",
    "Verification",
    "check_attribute",
]

Attribute = str | float | int

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
# CF flag_meanings are separated by spaces.
_PHASE = re.compile(r"\S{1,64}")
# An HDF5 object header message holds 64 KiB; the rest is room for its own head.
_LONGEST = 60_000  # [bytes]
_RESERVED = frozenset({"time", "phase", "events", "event", "event_time"})


def _check_text(what: str, value: str) -> None:
    accepted = f"text of at most {_LONGEST} bytes in UTF-8, without NUL"
    try:
        fits = len(value.encode()) <= _LONGEST and "\0" not in value
    except UnicodeEncodeError:
        fits = False
    if not fits:
        raise RecordRefused(what, value[:80], accepted)


def check_attribute(name: str, value: object) -> None:
    """Refuse an attribute that the file could not hold, before it matters.

    Raises
    ------
    RecordRefused
        The name or the value does not fit.
    """
    if not _NAME.fullmatch(name):
        raise RecordRefused("attribute name", name, "letters, digits and underscores")
    if isinstance(value, str):
        _check_text(f"attribute {name}", value)
    elif not isinstance(value, (int, float)):
        raise RecordRefused(f"attribute {name}", value, "text or a number")
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise RecordRefused(f"attribute {name}", value, "an integer of 64 bits")


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """A quantity of the main stream.

    Attributes
    ----------
    name
        Variable name: a letter, then letters, digits and underscores.
    unit
        UDUNITS spelling ("N", "degC", "1").
    standard_name
        CF standard name where one fits.
    long_name
        For people.
    """

    name: str
    unit: str
    standard_name: str = ""
    long_name: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.name in _RESERVED:
            raise RecordRefused(
                "channel name",
                self.name,
                "a letter, then up to 63 letters, digits or underscores; not "
                + ", ".join(sorted(_RESERVED)),
            )
        for what in ("unit", "standard_name", "long_name"):
            _check_text(what, getattr(self, what))


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Everything that is declared before the first sample.

    Attributes
    ----------
    run
        Run number ("R-2026-00042").
    started
        Origin of the time coordinate, aware.
    phases
        Names of the phases, by index.
    attributes
        Who, what, where and with what: flat names to text or numbers.
    """

    run: str
    title: str
    started: datetime
    channels: tuple[ChannelInfo, ...]
    phases: tuple[str, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.started.tzinfo is None:
            raise RecordRefused("start", self.started, "an instant with its time zone")
        names = [channel.name for channel in self.channels]
        if not names or len(set(names)) != len(names):
            raise RecordRefused("channels", names, "at least one, each name once")
        _check_text("run", self.run)
        _check_text("title", self.title)
        for phase in self.phases:
            _check_text("phase", phase)
            if not _PHASE.fullmatch(phase):
                raise RecordRefused("phase", phase, "1 to 64 characters without spaces")
        for name, value in self.attributes.items():
            check_attribute(name, value)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A finished file: its rows and the SHA-256 of its bytes (hexadecimal)."""

    rows: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a file tells of its run, without its samples.

    Attributes
    ----------
    status
        "recording", "completed", "aborted", "error" or "interrupted".
    channels
        Name to unit, in recording order.
    phases
        Names of the phases, by index.
    """

    run: str
    title: str
    status: str
    rows: int
    started: datetime
    ended: datetime | None
    channels: Mapping[str, str]
    phases: tuple[str, ...]
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a file is as it was sealed; each problem names the damaged part."""

    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problems
