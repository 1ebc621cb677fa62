"""The seal of a finished file: where everything lies in it, and the hash of every piece.

It follows the end of the HDF5 data, where no HDF5 reader looks::

    digests   SHA-256 of every leaf, 32 bytes each, in the order of the index
    index     JSON: `layout`, `description`, `parts`, `structure`, `end` (size of the HDF5 data)
    foot      64 bytes: magic, then as little-endian unsigned 64-bit numbers the offset of the
              digests, their size and that of the index; SHA-256 of digests and index

A part is a variable: `path`, `dtype`, `shape` and either `offset` and `size` of its values in one
piece, whose leaves are pieces of 1 MiB, or `chunk` (extent) and `chunks` ([start, offset, size]),
each one a leaf. `structure` lists what lies between the parts ([offset, size]), one leaf each. So
every byte of the file is in exactly one hash, the hash in the foot covers all of them, and what
was changed is named without HDF5.
"""

import hashlib
import json
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from runs.errors import NotARun
from runs.header import Verification

__all__ = ["LEAF", "Index", "Part", "check", "pieces", "read_index", "seal", "tree"]

MAGIC = b"\x89TBSEAL\n"
LEAF = 1 << 20  # [bytes]
_FOOT = struct.Struct("<8sQQQ32s")
_DIGEST = 32


class Hash(Protocol):
    """What gathers bytes into one SHA-256."""

    def update(self, data: bytes, /) -> None:
        """Take bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A variable's values in the file.

    Attributes
    ----------
    place
        Offset and size [bytes] of the values that lie in one piece.
    chunk
        Where compressed: extent of a chunk.
    chunks
        Where compressed: offset and size [bytes] of each chunk.
    starts
        Where compressed: the first index of each chunk, in every dimension.
    """

    path: str
    dtype: str
    shape: tuple[int, ...]
    place: tuple[int, int] = (0, 0)
    chunk: tuple[int, ...] = ()
    chunks: tuple[tuple[int, int], ...] = ()
    starts: tuple[tuple[int, ...], ...] = ()

    @property
    def leaves(self) -> tuple[tuple[int, int], ...]:
        """Offset and size [bytes] of every piece that has a hash of its own."""
        return self.chunks if self.chunk else tuple(pieces(*self.place))

    @property
    def offset(self) -> int | None:
        """Where the values begin; None where they are compressed, or there are none."""
        return self.place[0] if self.place[1] and not self.chunk else None

    def as_json(self) -> dict[str, object]:
        """Turn it into what the index holds."""
        said: dict[str, object] = {"path": self.path, "dtype": self.dtype, "shape": self.shape}
        if self.chunk:
            chunks = [
                [start, *place] for start, place in zip(self.starts, self.chunks, strict=True)
            ]
            return {**said, "chunk": self.chunk, "chunks": chunks}
        return {**said, "offset": self.offset or 0, "size": self.place[1]}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Part":
        """Read it again."""
        path, dtype, shape = said["path"], said["dtype"], tuple(said["shape"])
        if "chunk" in said:
            return cls(
                path=path,
                dtype=dtype,
                shape=shape,
                chunk=tuple(said["chunk"]),
                chunks=tuple((each[1], each[2]) for each in said["chunks"]),
                starts=tuple(tuple(each[0]) for each in said["chunks"]),
            )
        return cls(path=path, dtype=dtype, shape=shape, place=(said["offset"], said["size"]))

    def where(self, leaf: int) -> str:
        """Name the records of a leaf, for people."""
        if not self.shape or not self.shape[0]:
            return self.path
        if self.chunk:
            first, count = self.starts[leaf][0], self.chunk[0]
        else:
            size = self.place[1]
            record = max(1, size // self.shape[0])
            first = leaf * LEAF // record
            count = -(-min((leaf + 1) * LEAF, size) // record) - first
        last = min(first + count, self.shape[0]) - 1
        return f"{self.path}, records {first} to {last}"


@dataclass(frozen=True, slots=True)
class Index:
    """What a seal tells.

    Attributes
    ----------
    description
        The header, status, end and counts, as JSON.
    end
        Size of the HDF5 data [bytes].
    digests
        SHA-256 of every leaf: those of the parts, then those of the structure.
    """

    description: Mapping[str, Any]
    parts: tuple[Part, ...]
    structure: tuple[tuple[int, int], ...]
    end: int
    digests: bytes

    def part(self, path: str) -> Part:
        """Find a variable.

        Raises
        ------
        KeyError
            There is none of that path.
        """
        for part in self.parts:
            if part.path == path:
                return part
        raise KeyError(path)

    def leaves(self) -> Iterator[tuple[str, int, int]]:
        """List every leaf in the order of the digests: what it is, its offset and size."""
        for part in self.parts:
            for number, (offset, size) in enumerate(part.leaves):
                yield f"variable {part.where(number)}", offset, size
        for offset, size in self.structure:
            yield f"structure, bytes {offset} to {offset + size - 1}", offset, size


def pieces(offset: int, size: int) -> Iterator[tuple[int, int]]:
    """Cut a place into leaves."""
    for start in range(offset, offset + size, LEAF):
        yield start, min(LEAF, offset + size - start)


def _between(parts: tuple[Part, ...], end: int) -> Iterator[tuple[int, int]]:
    at = 0
    for offset, size in sorted(leaf for part in parts for leaf in part.leaves):
        if offset > at:
            yield from pieces(at, offset - at)
        at = offset + size
    if end > at:
        yield from pieces(at, end - at)


def seal(
    file: BinaryIO,
    parts: tuple[Part, ...],
    description: Mapping[str, object],
    known: Mapping[int, bytes],
) -> None:
    """Put the seal behind the HDF5 data of an open file.

    Parameters
    ----------
    known
        Digests that were taken while leaves were written, by offset.
    """
    end = file.seek(0, 2)
    structure = tuple(_between(parts, end))
    digests = bytearray()
    for offset, size in [*(leaf for part in parts for leaf in part.leaves), *structure]:
        digests += known.get(offset) or _digest(file, offset, size)
    index = json.dumps(
        {
            "layout": description["layout"],
            "description": description,
            "parts": [part.as_json() for part in parts],
            "structure": structure,
            "end": end,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    body = bytes(digests) + index
    foot = _FOOT.pack(MAGIC, end, len(digests), len(index), hashlib.sha256(body).digest())
    file.seek(end)
    file.write(body + foot)


def tree(file: BinaryIO, leaves: Iterable[tuple[int, int]], known: Mapping[int, bytes]) -> str:
    """Hash the hashes of a variable's leaves (hexadecimal)."""
    root = hashlib.sha256()
    for offset, size in leaves:
        root.update(known.get(offset) or _digest(file, offset, size))
    return root.hexdigest()


def _digest(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    return hashlib.sha256(file.read(size)).digest()


def read_index(path: Path) -> Index | None:
    """Read the seal of a file; None where it carries none.

    Raises
    ------
    NotARun
        It carries one that was damaged.
    """
    with path.open("rb") as file:
        return _read(path, file)


def _read(path: Path, file: BinaryIO) -> Index | None:
    size = file.seek(0, 2)
    if size < _FOOT.size:
        return None
    file.seek(size - _FOOT.size)
    magic, end, digests, index, root = _FOOT.unpack(file.read(_FOOT.size))
    fits = end + digests + index + _FOOT.size == size and not digests % _DIGEST
    if magic != MAGIC and not fits:
        return None
    if magic != MAGIC or not fits:
        raise NotARun(path, f"its seal is damaged: bytes {size - _FOOT.size} to {size - 1}")
    file.seek(end)
    body = file.read(digests + index)
    if hashlib.sha256(body).digest() != root:
        raise NotARun(path, f"its seal is damaged: bytes {end} to {size - 1}")
    said = json.loads(body[digests:])
    return Index(
        said["description"],
        tuple(Part.from_json(part) for part in said["parts"]),
        tuple((offset, length) for offset, length in said["structure"]),
        end,
        body[:digests],
    )


def check(path: Path, whole: Hash) -> Verification | None:
    """Compare every byte of a file with its seal; None where it carries none.

    Parameters
    ----------
    whole
        Takes the bytes of the file in their order, so that its own hash costs no second reading.
    """
    with path.open("rb") as file:
        try:
            index = _read(path, file)
        except NotARun as error:
            file.seek(0)
            while data := file.read(LEAF):
                whole.update(data)
            return Verification((str(error),))
        if index is None:
            return None
        problems: list[str] = []
        leaves = list(index.leaves())
        if len(index.digests) != _DIGEST * len(leaves):
            return Verification(("the seal is damaged: it lacks digests",))
        order = sorted(range(len(leaves)), key=lambda number: leaves[number][1])
        for number in order:
            what, offset, size = leaves[number]
            file.seek(offset)
            data = file.read(size)
            whole.update(data)
            wanted = index.digests[_DIGEST * number : _DIGEST * (number + 1)]
            if hashlib.sha256(data).digest() != wanted:
                problems.append(f"{what} was changed")
        file.seek(index.end)
        whole.update(file.read())
    return Verification(tuple(problems))
