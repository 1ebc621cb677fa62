"""The lines of a journal, each known to be whole by its checksum; and the count on the last."""

import ctypes
import json
import os
import struct
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from runs.opening.locks import beside

__all__ = ["boot", "line_of", "noted_count", "sound"]

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_TAIL = 1 << 16  # [bytes]
# Of statx(2): AT_FDCWD, STATX_MNT_ID_UNIQUE, the size of its answer and where that stands in it.
_HERE, _MOUNT, _STATX, _MOUNT_AT = -100, 0x4000, 256, 0x90


def boot(path: Path) -> str:
    """Name this start of the computer and this mount of the file system; "" where not known.

    What was written and not confirmed outlives its process, but neither a power cut nor a disk
    that is unplugged or mounted anew.
    """
    try:
        start = _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        # Not Linux: every unsynced line is then distrusted, as after a power cut.
        return ""
    return f"{start} {_mount(path)}".strip()


def _mount(path: Path) -> str:
    """Tell the number of the mount that holds a path.

    "" before Linux 6.8, which gives the number of one that is gone to the next.
    """
    try:
        statx = ctypes.CDLL(None).statx
    except AttributeError:
        return ""
    found = ctypes.create_string_buffer(_STATX)
    if statx(_HERE, os.fsencode(path.parent.absolute()), 0, _MOUNT, found):
        return ""
    (told,) = struct.unpack_from("=I", found)
    (number,) = struct.unpack_from("=Q", found, _MOUNT_AT)
    return str(number) if told & _MOUNT else ""


def line_of(text: bytes) -> bytes:
    """Write a line: the CRC-32 of its text, a space, the text, which is JSON."""
    return b"%08x %b\n" % (zlib.crc32(text), text)


def sound(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Read lines up to the first that is torn."""
    for line in lines:
        if len(line) < 10 or line[-1:] != b"\n":
            return
        try:
            if int(line[:8], 16) != zlib.crc32(line[9:-1]):
                return
        except ValueError:
            return
        yield json.loads(line[9:-1])


def noted_count(path: Path) -> Mapping[str, int] | None:
    """Read how many records of each stream a dead writer's file holds for certain.

    None where no journal tells. As `runs.sealing.journal.read_journal` has it; in the boot of its
    writer, the end of the journal is enough to know it.
    """
    try:
        with beside(path).open("rb") as file:
            head = next(sound([file.readline()]), None)
            if head is None:
                return None
            if head.get("boot") and head["boot"] == boot(path):
                notes = (said for said in _from_the_end(file, file.tell()) if "count" in said)
                counted: Mapping[str, int] = next(notes, {"count": {}})["count"]
                return counted
            return _confirmed(file)
    except FileNotFoundError:
        return None


def _confirmed(lines: Iterable[bytes]) -> Mapping[str, int]:
    """Give the count of the last note that the disk had confirmed."""
    waiting: deque[Mapping[str, int]] = deque()
    taken = 0
    count: Mapping[str, int] = {}
    for said in sound(lines):
        if "count" in said:
            waiting.append(said["count"])
        while waiting and taken < said.get("synced", 0):
            count = waiting.popleft()
            taken += 1
    return count


def _from_the_end(file: BinaryIO, start: int) -> Iterator[dict[str, Any]]:
    """Read the lines behind `start` backwards; torn ones are left out."""
    end = file.seek(0, os.SEEK_END)
    rest = b""
    while end > start:
        begin = max(start, end - _TAIL)
        file.seek(begin)
        lines = (file.read(end - begin) + rest).splitlines(keepends=True)
        # The first may begin before what was read.
        rest = lines.pop(0) if begin > start else b""
        for line in reversed(lines):
            yield from sound([line])
        end = begin
