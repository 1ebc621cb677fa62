"""What a process wrote, operation by operation, and the directory as a power cut may leave it.

What was confirmed (fsync of the file, for names: of their directory) is always there. Of the rest
may be there: nothing, everything, a beginning that ends in a torn write, or any choice of pages in
any of their versions, with a length that fits or does not.
"""

import os
import random
import shutil
import struct
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from pathlib import Path

__all__ = ["Entry", "History", "built", "entries", "preloaded", "shim"]

_ENTRY = struct.Struct("<IIQQQd")
_LATELY = 2.0  # [s]
_SOURCE = Path(__file__).with_suffix(".c")


class Did(IntEnum):
    """The operations, as in `writelog.c`."""

    OPENED = 1
    WRITTEN = 2
    TRUNCATED = 3
    SYNC_BEGINS = 4
    SYNC_ENDS = 5
    RENAMED = 6
    UNLINKED = 7
    LINKED = 8
    MADE_DIRECTORY = 9
    REMOVED_DIRECTORY = 10
    MAPPED = 11
    SYNC_ALL = 12


class Detail(IntFlag):
    """What else is told of an operation."""

    CREATED = 1
    EMPTIED = 2
    DIRECTORY = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation; `offset` is a length where a file was truncated."""

    did: Did
    details: Detail
    inode: int
    offset: int
    data: bytes
    time: float

    @property
    def paths(self) -> list[str]:
        """The paths that it names."""
        return [path.decode() for path in self.data.split(b"\0")[:-1]]


def shim(directory: Path) -> Path | None:
    """Compile what is loaded before the C library; None where there is no compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    built = directory / "writelog.so"
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", built, _SOURCE]
    subprocess.run(command, check=True, timeout=60)
    return built


def preloaded(
    library: Path,
    under: Path,
    *,
    log: Path | None = None,
    faults: Path | None = None,
    boot: Path | None = None,
) -> dict[str, str]:
    """Give the environment of a process whose writes below `under` are seen."""
    told = {"LOG_TO": log, "LOG_FAULTS": faults, "LOG_BOOT": boot, "LOG_UNDER": under.resolve()}
    named = {f"WRITE{name}": str(path) for name, path in told.items() if path is not None}
    return {**os.environ, **named, "LD_PRELOAD": str(library)}


def entries(log: Path) -> list[Entry]:
    """Read a log."""
    data = log.read_bytes()
    found, at = [], 0
    while at < len(data):
        did, details, inode, offset, size, time = _ENTRY.unpack_from(data, at)
        at += _ENTRY.size
        found.append(Entry(Did(did), Detail(details), inode, offset, data[at : at + size], time))
        at += size
    return found


@dataclass(slots=True, eq=False)
class _File:
    """One file, whatever its name: its first content, and what was done to it, by number."""

    content: bytes = b""
    changes: list[tuple[int, int, bytes | None]] = field(default_factory=list)
    barriers: list[tuple[int, int]] = field(default_factory=list)

    def change(self, number: int, entry: Entry) -> None:
        self.changes.append((number, entry.offset, entry.data))

    def empty(self, number: int, length: int = 0) -> None:
        self.changes.append((number, length, None))


@dataclass(frozen=True, slots=True)
class _Naming:
    """A change of names in a directory: the file gets or loses them."""

    number: int
    file: _File
    gains: str | None
    loses: str | None


class History:
    """What was done to one flat directory.

    Parameters
    ----------
    before
        The content of the files that were there, by inode and name.
    """

    def __init__(
        self,
        directory: Path,
        done: Iterable[Entry],
        before: Mapping[tuple[int, str], bytes] | None = None,
    ) -> None:
        self._directory = str(directory.resolve())
        self.entries = list(done)
        self._first = {name: _File(data) for (_, name), data in (before or {}).items()}
        self._files = [*self._first.values()]
        self._namings: list[_Naming] = []
        self._barriers: list[tuple[int, int]] = []
        self._replay({inode: self._first[name] for inode, name in (before or {})})

    def _replay(self, known: dict[int, _File]) -> None:
        names = dict(self._first)
        begun: dict[int, int] = {}
        for number, entry in enumerate(self.entries):
            if entry.did is Did.OPENED:
                if Detail.CREATED in entry.details:
                    file = known[entry.inode] = _File()
                    self._files.append(file)
                    names[self._name(entry.paths[0])] = file
                    self._namings.append(_Naming(number, file, self._name(entry.paths[0]), None))
                elif Detail.EMPTIED in entry.details:
                    known[entry.inode].empty(number)
            elif entry.did is Did.WRITTEN:
                known[entry.inode].change(number, entry)
            elif entry.did is Did.TRUNCATED:
                known[entry.inode].empty(number, entry.offset)
            elif entry.did is Did.SYNC_BEGINS:
                begun[entry.inode] = number
            elif entry.did is Did.SYNC_ENDS:
                barrier = (begun[entry.inode], number)
                of = known.get(entry.inode)
                (self._barriers if Detail.DIRECTORY in entry.details else of.barriers).append(
                    barrier
                )
            elif entry.did is Did.RENAMED:
                old, new = map(self._name, entry.paths)
                names[new] = names.pop(old)
                self._namings.append(_Naming(number, names[new], new, old))
            elif entry.did is Did.UNLINKED:
                name = self._name(entry.paths[0])
                self._namings.append(_Naming(number, names.pop(name), None, name))
            elif entry.did is Did.LINKED:
                old, new = map(self._name, entry.paths)
                names[new] = names[old]
                self._namings.append(_Naming(number, names[new], new, None))
            else:
                raise NotImplementedError(f"{entry.did.name} of {entry.data!r} cannot be replayed")

    def _name(self, path: str) -> str:
        parent, _, name = path.rpartition("/")
        if parent != self._directory:
            raise NotImplementedError(f"{path} does not lie in {self._directory}")
        return name

    def waited(self, instant: float) -> float:
        """Tell for how long [s] the disk has lately let somebody wait until it confirmed."""
        begun: dict[int, float] = {}
        longest = 0.0
        for entry in self.entries:
            if entry.time > instant:
                break
            if entry.did is Did.SYNC_BEGINS:
                begun[entry.inode] = entry.time
            elif entry.did is Did.SYNC_ENDS:
                begin = begun.pop(entry.inode)
                if entry.time > instant - _LATELY:
                    longest = max(longest, entry.time - begin)
        return max([longest, *(instant - begin for begin in begun.values())])

    def cut(self, at: int, chance: random.Random, way: str = "") -> dict[str, bytes]:
        """Give the files that a power cut before operation `at` may leave, by name."""
        way = way or chance.choice(("nothing", "all", "beginning", "pages", "pages", "mixed"))
        names = self._names(at, chance, way)
        return {name: _content(file, at, chance, way) for name, file in names.items()}

    def _names(self, at: int, chance: random.Random, way: str) -> dict[str, _File]:
        sure = max((begin for begin, end in self._barriers if end < at), default=0)
        open_ones = [each.number for each in self._namings if sure <= each.number < at]
        kept = {
            "nothing": set[int](),
            "all": set(open_ones),
            "beginning": set(open_ones[: chance.randint(0, len(open_ones))]),
        }.get(way, {number for number in open_ones if chance.random() < 0.5})
        names = dict(self._first)
        for each in self._namings:
            if each.number < sure or each.number in kept:
                if each.loses is not None and names.get(each.loses) is each.file:
                    del names[each.loses]
                if each.gains is not None:
                    names[each.gains] = each.file
        return names


def _content(file: _File, at: int, chance: random.Random, way: str) -> bytes:
    sure = max((begin for begin, end in file.barriers if end < at), default=0)
    data = bytearray(file.content)
    for number, offset, change in file.changes:
        if number < sure:
            _apply(data, offset, change)
    unsure = [each for each in file.changes if sure <= each[0] < at]
    if way == "mixed":
        way = chance.choice(("nothing", "all", "beginning", "pages"))
    if way == "all":
        for _, offset, change in unsure:
            _apply(data, offset, change)
    elif way == "beginning" and unsure:
        whole = chance.randrange(len(unsure))
        for _, offset, change in unsure[:whole]:
            _apply(data, offset, change)
        _, offset, change = unsure[whole]
        if change is not None:
            _apply(data, offset, change[: _torn(offset, len(change), chance)])
    elif way == "pages":
        _some_pages(data, [(offset, change) for _, offset, change in unsure], chance)
    return bytes(data)


def _apply(data: bytearray, offset: int, change: bytes | None) -> None:
    if change is None:
        data[offset:] = bytes(max(0, offset - len(data)))
        return
    if offset > len(data):
        data.extend(bytes(offset - len(data)))
    data[offset : offset + len(change)] = change


def _torn(offset: int, size: int, chance: random.Random) -> int:
    """Choose where a write breaks off: at a page or at a sector of the disk."""
    unit = chance.choice((512, 4096))
    places = [0, *range(unit - offset % unit, size, unit), size]
    return chance.choice(places)


def _some_pages(
    data: bytearray, unsure: list[tuple[int, bytes | None]], chance: random.Random
) -> None:
    """Let any choice of the changed pages reach the disk, each in any of its versions."""
    lengths = [len(data)]
    versions: dict[int, list[tuple[int, bytes]]] = {}
    unit = chance.choice((512, 4096, 4096))
    for offset, change in unsure:
        if change is None:
            lengths.append(offset)
            continue
        lengths.append(max(lengths[-1], offset + len(change)))
        for page, start, piece in _pieces(offset, change, unit):
            versions.setdefault(page, []).append((start, piece))
    likely = chance.choice((0.05, 0.5, 0.5, 0.95))
    length = chance.choice(lengths)
    for pieces in versions.values():
        if chance.random() < likely:
            newest = len(pieces) if chance.random() < 0.5 else chance.randint(1, len(pieces))
            for start, piece in pieces[:newest]:
                _apply(data, start, piece)
    _apply(data, length, None)


def _pieces(offset: int, change: bytes, unit: int) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at < len(change):
        place = offset + at
        size = min(unit - place % unit, len(change) - at)
        yield place // unit, place, change[at : at + size]
        at += size


def built(files: Mapping[str, bytes], directory: Path) -> None:
    """Write a directory as a power cut left it."""
    directory.mkdir()
    for name, data in files.items():
        (directory / name).write_bytes(data)
