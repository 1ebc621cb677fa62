"""The file of a killed writer, seen as if it had been closed; its bytes stay as they are.

Facts (HDF5 file format 3.0, III "Superblock", versions 2 and 3): 48 bytes at offset 0; version
in byte 8, sizes of offsets and lengths in bytes 9 and 10, consistency flags in byte 11 (1: open
for writing, 4: by a single writer beside readers), end-of-file address in bytes 28 to 35, lookup3
checksum of the first 44 bytes in the last four. A killed writer leaves the flags set and may leave
the address behind the file's true end; tools that clear the flags alone then cut the file there.
"""

import io
import os
import struct
from pathlib import Path

__all__ = ["HealedView", "healed_superblock"]

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SIZE = 48
_VERSIONS = (2, 3)
_MASK = 0xFFFFFFFF
_MIX = (4, 6, 8, 16, 19, 4)
_FINAL = (14, 11, 25, 16, 4, 14, 24)


def _rotated(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (32 - bits))) & _MASK


def _lookup3(data: bytes) -> int:
    """Jenkins' hashlittle with a seed of zero."""
    state = [(0xDEADBEEF + len(data)) & _MASK] * 3
    padded = data + bytes(-len(data) % 12)
    blocks = [struct.unpack_from("<3I", padded, start) for start in range(0, len(padded), 12)]
    for block in blocks[:-1]:
        state = [(each + word) & _MASK for each, word in zip(state, block, strict=True)]
        for step, bits in enumerate(_MIX):
            first, last = step % 3, (step + 2) % 3
            state[first] = ((state[first] - state[last]) & _MASK) ^ _rotated(state[last], bits)
            state[last] = (state[last] + state[(step + 1) % 3]) & _MASK
    state = [(each + word) & _MASK for each, word in zip(state, blocks[-1], strict=True)]
    for step, bits in enumerate(_FINAL):
        target, other = (step + 2) % 3, (step + 1) % 3
        state[target] = ((state[target] ^ state[other]) - _rotated(state[other], bits)) & _MASK
    return state[2]


def healed_superblock(head: bytes, size: int) -> bytes | None:
    """Give the superblock that a closed file of `size` [bytes] would have.

    None where `head` is no superblock of version 2 or 3, or its own checksum does not hold.
    """
    if len(head) < _SIZE or not head.startswith(_SIGNATURE) or head[8] not in _VERSIONS:
        return None
    if head[9:11] != b"\x08\x08" or struct.unpack_from("<I", head, 44)[0] != _lookup3(head[:44]):
        return None
    (end,) = struct.unpack_from("<Q", head, 28)
    healed = head[:11] + b"\0" + head[12:28] + struct.pack("<Q", max(end, size)) + head[36:44]
    return healed + struct.pack("<I", _lookup3(healed))


class HealedView(io.RawIOBase):
    """Reads a file through a healed superblock.

    Raises
    ------
    ValueError
        The file has no superblock that could be healed.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        size = os.fstat(self._file.fileno()).st_size
        head = healed_superblock(self._file.read(_SIZE), size)
        if head is None:
            self._file.close()
            raise ValueError("its superblock is damaged")
        self._head = head
        # A write that failed may have left the end on record beyond the true one; what lacks
        # there reads as zero.
        (self._end,) = struct.unpack_from("<Q", head, 28)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read anywhere."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move to a place [bytes]."""
        if whence == os.SEEK_END:
            return self._file.seek(self._end + offset)
        return self._file.seek(offset, whence)

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Read from where it stands."""
        place = self._file.tell()
        count = self._file.readinto(buffer) or 0
        lacking = min(len(buffer), self._end - place) - count
        if lacking > 0:
            memoryview(buffer)[count : count + lacking] = bytes(lacking)
            count += lacking
            self._file.seek(place + count)
        if place < _SIZE:
            part = self._head[place : min(_SIZE, place + count)]
            memoryview(buffer)[: len(part)] = part
        return count

    def close(self) -> None:
        """Let go of the file."""
        if hasattr(self, "_file"):
            self._file.close()
        super().close()
