"""A conversation with an instrument, recorded from a link and replayed as a test.

The file is text that people can review: ``>`` begins what was sent, ``<`` what came back, ``<#`` a
block of data in hexadecimal, ``#`` a remark. Control characters are written as Python writes them.
Modbus requests and replies are lines as well: ``> read 2782 2`` and ``< 0 16880``.
"""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from instruments.errors import BadAnswer, NoAnswer
from instruments.link import Watcher
from instruments.modbus_request import Request, read_reply

__all__ = ["Entry", "ModbusReplay", "Replay", "Watchable", "read_transcript", "recorded", "written"]

_MARKS = {"send": ">", "receive": "<", "block": "<#"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: "send", "receive" or "block", and its text."""

    kind: str
    text: str


class Watchable(Protocol):
    """A link that tells of every line."""

    def watch(self, watcher: Watcher | None) -> None:
        """Have every line told to `watcher`; None ends it."""
        ...


@contextmanager
def recorded(link: Watchable) -> Iterator[list[Entry]]:
    """Record every line of a link while the context lasts."""
    entries: list[Entry] = []
    link.watch(lambda kind, text: entries.append(Entry(kind, text)))
    try:
        yield entries
    finally:
        link.watch(None)


def written(entries: list[Entry], *, title: str) -> str:
    """Write a transcript as the text of its file."""
    lines = [f"# {line}" for line in title.splitlines()]
    lines += [f"{_MARKS[entry.kind]} {_escaped(entry.text)}" for entry in entries]
    return "\n".join(lines) + "\n"


def read_transcript(path: Path) -> list[Entry]:
    """Read a transcript.

    Raises
    ------
    ValueError
        A line begins with no known mark; the message names file and line.
    """
    kinds = {mark: kind for kind, mark in _MARKS.items()}
    entries = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line == "#" or line.startswith("# "):
            continue
        mark, _, text = line.partition(" ")
        if mark not in kinds:
            raise ValueError(f"{path}:{number}: {mark!r} is refused; accepted: > < <# #")
        entries.append(Entry(kinds[mark], _plain(text)))
    return entries


def _escaped(text: str) -> str:
    return text if text.isprintable() and "\\" not in text else ascii(text)[1:-1]


def _plain(text: str) -> str:
    if "\\" not in text:
        return text
    quoted = text.replace('"', '\\"')
    return str(ast.literal_eval(f'"{quoted}"'))


class Replay:
    """A transport that plays the instrument's part of a transcript, and of nothing else.

    Raises
    ------
    AssertionError
        From `send`, where the driver says something else than was recorded; from `done`, where
        it left something unsaid.
    """

    address = "transcript"

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = list(entries)

    def send(self, line: str) -> None:
        """Compare a line with what was sent then."""
        if not self._entries or self._entries[0] != Entry("send", line):
            expected = self._entries[0] if self._entries else "nothing more"
            raise AssertionError(f"{line!r} was sent; the transcript has {expected}")
        del self._entries[0]

    def receive(self) -> str:
        """Give the line that came back then."""
        return self._next("receive")

    def receive_block(self, lead: str = "", tail: str = "") -> bytes:
        """Give the block that came back then, without what stands before and behind it."""
        return bytes.fromhex(self._next("block"))

    def _next(self, kind: str) -> str:
        if not self._entries or self._entries[0].kind == "send":
            raise NoAnswer("the transcript has no answer here", address=self.address)
        entry = self._entries.pop(0)
        if entry.kind != kind:
            raise BadAnswer(f"a {kind} was asked for", reply=entry.text, address=self.address)
        return entry.text

    def done(self) -> None:
        """Make sure that the whole transcript was used."""
        if self._entries:
            raise AssertionError(f"never said: {self._entries[0]}")

    def left_over(self) -> bool:
        """Tell whether an answer waits that nobody asked for."""
        return bool(self._entries) and self._entries[0].kind != "send"

    def drain(self, within: float) -> None:
        """Throw away answers that wait."""
        while self.left_over():
            del self._entries[0]

    def reopen(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class ModbusReplay(Replay):
    """A Modbus line that plays the instrument's part of a transcript, whichever unit is called."""

    def carry(self, unit: int, request: Request, timeout: float) -> tuple[int, ...]:
        """Compare a request with what was sent then; gives the registers that came back."""
        self.send(str(request))
        return read_reply(self.receive())
