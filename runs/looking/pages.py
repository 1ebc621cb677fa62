"""How the sidecar `<run>.h5.view` lies on the disk.

A fixed head (magic, version, identity, columns), then pages. A page holds 1024 bins of one level:
for each column a segment of lows, highs, gap flags and a checksum, so that a column of a page is
one read. A page is written once it is full, and a page of level k+1 right after the 16th page of
level k that it covers. Hence the place of every page is known by counting, the file needs no
index and no ending, and a file cut anywhere is a shorter view.
"""

import json
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from runs.errors import RunsError
from runs.looking.pyramid import FACTOR, Bins

__all__ = [
    "PAGE",
    "SPAN",
    "TIME",
    "Identity",
    "Segment",
    "Strip",
    "ViewRefused",
    "checksums",
    "head",
    "pages_of",
    "place",
    "read_head",
    "segments",
    "strips",
]

PAGE = 1024
"""Bins per page."""

SPAN = PAGE * FACTOR
"""Samples under a page of level 1."""

TIME = "time"
"""The column of times, in a stream whose rows have their own."""

_FIXED = struct.Struct("<8sIII")  # magic, version, bytes of the head, bytes of its JSON
_LONGEST = 1 << 24  # JSON in a head [bytes]
_MAGIC = b"RUNVIEW\n"
_VERSION = 1
_BLOCK = 4096  # the head is a multiple of it [bytes]
_SALT = np.uint64(0x9E3779B97F4A7C15)
_LEVELS = 9  # with 16384 samples under a page: enough for 10¹⁵ samples

_Number = TypeVar("_Number", int, NDArray[np.int64])


class ViewRefused(RunsError):
    """The view is missing, foreign, of a newer version or damaged: rebuild it, trust the record."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path} is not used: {reason}")


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose view it is: run number, start (aware) and stream ("" is the main one)."""

    run: str
    started: datetime
    stream: str = ""

    def __str__(self) -> str:
        return f"{self.run} {self.stream} of {self.started.isoformat()}"


@dataclass(frozen=True, slots=True)
class Segment:
    """Where a column lies in a page [bytes]; the last word is its checksum."""

    dtype: np.dtype[Any]
    start: int
    stop: int

    def bins(self, segment: NDArray[np.uint8]) -> Bins:
        """View the bytes of this segment, a row for each page, as bins of the same rows."""
        size = self.dtype.itemsize * PAGE
        low, high = segment[:, :size], segment[:, size : 2 * size]
        gap = segment[:, 2 * size : 2 * size + PAGE]
        return Bins(low.view(self.dtype), high.view(self.dtype), gap.view(np.bool_))


@dataclass(frozen=True, slots=True)
class Strip:
    """Neighbouring columns of one type, which are folded together: where they lie in a page.

    Times are by themselves.
    """

    names: tuple[str, ...]
    dtype: np.dtype[Any]
    start: int
    stop: int

    def words(self, pages: NDArray[np.uint8]) -> NDArray[np.uint64]:
        """View the bytes of pages as words; shape (pages, columns, words), checksum last."""
        part = pages[:, self.start : self.stop].view(np.uint64)
        return part.reshape(len(pages), len(self.names), -1)

    def bins(self, pages: NDArray[np.uint8]) -> Bins:
        """View the bytes of pages as bins of shape (columns, pages, bins)."""
        size = self.dtype.itemsize * PAGE
        part = pages[:, self.start : self.stop].reshape(len(pages), len(self.names), -1)
        part = part.transpose(1, 0, 2)
        low, high = part[..., :size], part[..., size : 2 * size]
        gap = part[..., 2 * size : 2 * size + PAGE]
        return Bins(low.view(self.dtype), high.view(self.dtype), gap.view(np.bool_))


def strips(columns: Mapping[str, Segment]) -> list[Strip]:
    """Put neighbouring columns of one type together."""
    return [
        Strip(tuple(each), dtype, columns[each[0]].start, columns[each[-1]].stop)
        for (dtype, _), group in groupby(columns, lambda name: (columns[name].dtype, name == TIME))
        if (each := list(group))
    ]


def segments(columns: Mapping[str, np.dtype[Any]]) -> dict[str, Segment]:
    """Lay out the columns in a page, in order."""
    found, start = {}, 0
    for name, dtype in columns.items():
        stop = start + (2 * dtype.itemsize + 1) * PAGE + 8
        found[name] = Segment(dtype, start, stop)
        start = stop
    return found


def _under(level: int) -> int:
    """Count the pages of level 1 under a page so many levels higher."""
    count: int = FACTOR**level
    return count


def place(level: int, number: _Number) -> _Number:
    """Count the pages that lie before page `number` (rising, where several) of `level`."""
    done = (number + 1) * _under(level - 1)  # pages of level 1 written by then
    before = number + (done - 1) // _under(level)
    for below in range(level - 1):
        before = before + done // _under(below)
    most = int(done if isinstance(done, int) else done[-1])
    for above in range(level + 1, _LEVELS):
        if most <= _under(above):
            break
        before = before + (done - 1) // _under(above)
    return before


def pages_of(total: int) -> list[int]:
    """Tell how many pages of level 1, 2, … there are among the first `total` pages."""
    lowest, rest = 0, total
    for level in reversed(range(_LEVELS)):
        whole = (_under(level + 1) - 1) // (FACTOR - 1)  # pages by the 16^level-th of level 1
        lowest += rest // whole * _under(level)
        rest %= whole
    counts: list[int] = []
    for level in range(1, _LEVELS + 1):
        count = lowest // _under(level - 1)
        # The last one may have been due, and not written.
        if count and place(level, count - 1) >= total:
            count -= 1
        if not count:
            break
        counts.append(count)
    return counts


def checksums(words: NDArray[np.uint64], places: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Sum segments, by page, so that a page of zeros or at another place is found.

    A power loss may leave zeros in what was not written yet; the sum is no seal.
    """
    found: NDArray[np.uint64] = words.sum(axis=-1, dtype=np.uint64)
    salted = (places.astype(np.uint64) + np.uint64(1)) * _SALT
    found += salted.reshape(-1, *(1,) * (found.ndim - 1))
    return found


def head(identity: Identity, columns: Mapping[str, np.dtype[Any]]) -> bytes:
    """Write the head."""
    text = json.dumps(
        {
            "run": identity.run,
            "started": identity.started.isoformat(),
            "stream": identity.stream,
            "columns": [[name, dtype.str] for name, dtype in columns.items()],
        }
    ).encode()
    size = -(-(_FIXED.size + 4 + len(text)) // _BLOCK) * _BLOCK
    fixed = _FIXED.pack(_MAGIC, _VERSION, size, len(text))
    crc = zlib.crc32(text, zlib.crc32(fixed))
    return (fixed + crc.to_bytes(4, "little") + text).ljust(size, b"\0")


def read_head(
    read: Callable[[int, int], bytes],
) -> tuple[int, Identity, dict[str, np.dtype[Any]]]:
    """Read how long the head is [bytes], whose view it is, and its columns.

    Parameters
    ----------
    read
        Reads so many bytes at such an offset, or fewer at the end of the file.

    Raises
    ------
    ValueError
        It is no head of ours, of another version, or damaged.
    """
    fixed = read(_FIXED.size, 0)
    if len(fixed) < _FIXED.size:
        raise ValueError("it ends within its head")
    magic, version, size, length = _FIXED.unpack(fixed)
    if magic != _MAGIC or version != _VERSION:
        raise ValueError(f"it is not a view of version {_VERSION}")
    if length > _LONGEST:
        raise ValueError("its head is damaged")
    rest = read(4 + length, _FIXED.size)
    text = rest[4:]
    if zlib.crc32(text, zlib.crc32(fixed)) != int.from_bytes(rest[:4], "little"):
        raise ValueError("its head is damaged")
    told = json.loads(text)
    identity = Identity(told["run"], datetime.fromisoformat(told["started"]), told["stream"])
    return size, identity, {name: np.dtype(dtype) for name, dtype in told["columns"]}
