"""What is said about a run before its first sample, and what a file tells of it afterwards."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from runs.errors import RecordRefused
from runs.streams import (
    MAIN,
    Attribute,
    ChannelInfo,
    Rows,
    Stream,
    check_attribute,
    check_text,
)

__all__ = ["Description", "Header", "Sealed", "StreamInfo", "Verification"]

# CF flag_meanings are separated by spaces.
_PHASE = re.compile(r"\S{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Everything that is declared before the first sample.

    Attributes
    ----------
    run
        Run number ("R-2026-00042").
    started
        Origin of every time coordinate, aware.
    channels
        Quantities of the main stream.
    phases
        Names of the phases, by index.
    attributes
        Who, what, where and with what: flat names to text or numbers.
    streams
        What is recorded beside the main stream, each with a clock of its own.
    """

    run: str
    title: str
    started: datetime
    channels: tuple[ChannelInfo, ...]
    phases: tuple[str, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    streams: tuple[Stream, ...] = ()

    def __post_init__(self) -> None:
        if self.started.tzinfo is None:
            raise RecordRefused("start", self.started, "an instant with its time zone")
        names = [channel.name for channel in Rows(MAIN, self.channels).channels]
        names += [stream.name for stream in self.streams]
        if len(set(names)) != len(names):
            raise RecordRefused("channels and streams", names, "each name once")
        check_text("run", self.run)
        check_text("title", self.title)
        for phase in self.phases:
            check_text("phase", phase)
            if not _PHASE.fullmatch(phase):
                raise RecordRefused("phase", phase, "1 to 64 characters without spaces")
        for name, value in self.attributes.items():
            check_attribute(name, value)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A finished file: its rows and the SHA-256 of its bytes (hexadecimal)."""

    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a file tells of a stream beside the main one.

    Attributes
    ----------
    records
        Rows or blocks in it.
    channels
        Name to unit, in recording order.
    axes
        Name to unit of the dimensions inside a record; empty for rows.
    """

    records: int
    channels: Mapping[str, str]
    axes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a file tells of its run, without its samples.

    Attributes
    ----------
    status
        "recording", "completed", "aborted", "error" or "interrupted".
    rows
        Rows of the main stream.
    channels
        Name to unit, in recording order.
    phases
        Names of the phases, by index.
    streams
        The streams beside the main one, by name.
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
    streams: Mapping[str, StreamInfo] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a file is as it was sealed; each problem names the damaged part."""

    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problems
