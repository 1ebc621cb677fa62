"""The journal beside a growing file: what it declares, how far it is, and that its writer lives.

``<run>.h5.journal`` holds lines of JSON, each behind the CRC-32 of its text (eight hexadecimal
digits and a space). The first is the head: `layout`, `boot` (this start of the computer and this
mount of the file system) and `header`. Then one note after each flush: `count` of complete records
by stream, and `new`, where the chunks lie that began since the note before (by variable: [first
record, first index in each dimension of a record, place in the file, size]). Between them lines
that say of how many notes, from the first on, the disk has confirmed all that they tell of:
`synced`. The last line is the ending: `status`, `ended`, `attributes`. The kernel holds an
exclusive lock on the journal for as long as the writer lives.

HDF5's own lock is given up as soon as a file is in SWMR mode, its flags stay set for ever when a
writer is killed, and after a power cut its structure may be torn while every value is on the
disk; neither tells whether a writer lives, nor where the values are.
"""

import json
import os
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from runs.declaration import as_json, from_json
from runs.header import Header
from runs.layout import VERSION, Chunk
from runs.opening.lines import boot, line_of, sound
from runs.opening.locks import beside, locked
from runs.streams import Attribute

__all__ = ["Ending", "Journal", "Journaled", "read_journal"]

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended, noted before its file is sealed."""

    status: str
    ended: datetime
    attributes: Mapping[str, Attribute]


@dataclass(slots=True)
class Journaled:
    """What a journal tells.

    Attributes
    ----------
    count
        Complete records by stream.
    chunks
        By variable.
    """

    header: Header
    count: dict[str, int] = field(default_factory=dict)
    chunks: dict[str, list[Chunk]] = field(default_factory=dict)
    ending: Ending | None = None


class Journal:
    """The exclusive right to write a run file, and the notes of its writer.

    Attributes
    ----------
    notes
        How many were made.

    Raises
    ------
    WriterLives
        Another process, or another writer of this one, holds it.
    """

    def __init__(self, path: Path) -> None:
        self.notes = 0
        self._file = beside(path)
        self._descriptor = locked(path)
        os.lseek(self._descriptor, 0, os.SEEK_END)

    def begin(self, header: Header) -> None:
        """Write the head, over whatever a dead writer left; it reaches the disk."""
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self._tell({"layout": VERSION, "boot": boot(self._file), "header": as_json(header)})
        self.sync()

    def note(self, count: Mapping[str, int], new: Mapping[str, Sequence[Chunk]]) -> None:
        """Note how far the file is."""
        self._write(orjson.dumps({"count": count, "new": new}))
        self.notes += 1

    def confirm(self, notes: int) -> None:
        """Note that the disk has confirmed what the first so many notes tell of."""
        self._write(orjson.dumps({"synced": notes}))

    def end(self, ending: Ending) -> None:
        """Note the ending; it reaches the disk."""
        said = {
            "status": ending.status,
            "ended": ending.ended.isoformat(),
            "attributes": ending.attributes,
        }
        self._tell(said)
        self.sync()

    def sync(self) -> None:
        """Wait until the disk has the notes."""
        os.fdatasync(self._descriptor)

    def release(self, *, keep: bool = False) -> None:
        """Give the right back; the journal goes with it unless it is kept for `recover`."""
        if not keep:
            self._file.unlink(missing_ok=True)
        os.close(self._descriptor)

    def _tell(self, said: Mapping[str, object]) -> None:
        # Attributes may be infinite or NaN, which orjson does not write.
        self._write(_JSON.encode(said).encode())

    def _write(self, text: bytes) -> None:
        line = memoryview(line_of(text))
        while line:
            line = line[os.write(self._descriptor, line) :]


def read_journal(path: Path) -> Journaled | None:
    """Read the journal beside `path`; None where there is none, or its head is damaged.

    After another start of the computer, only what the disk had confirmed counts.
    """
    try:
        file = beside(path).open("rb")
    except FileNotFoundError:
        return None
    with file:
        lines = sound(file)
        head = next(lines, None)
        if head is None or head.get("layout") != VERSION:
            return None
        same = bool(head["boot"]) and head["boot"] == boot(path)
        found = Journaled(from_json(head["header"]))
        waiting: deque[dict[str, Any]] = deque()
        taken = 0
        for said in lines:
            if "status" in said:
                ended = datetime.fromisoformat(said["ended"])
                found.ending = Ending(said["status"], ended, said["attributes"])
                break
            if "count" in said:
                waiting.append(said)
            trusted = taken + len(waiting) if same else said.get("synced", 0)
            while taken < trusted:
                _take(found, waiting.popleft())
                taken += 1
    return found


def _take(found: Journaled, said: Mapping[str, Any]) -> None:
    found.count = said["count"]
    for path, chunks in said["new"].items():
        found.chunks.setdefault(path, []).extend(tuple(chunk) for chunk in chunks)
