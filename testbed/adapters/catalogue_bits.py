"""Sets of offsets within a block: bit sets where many are in, short lists where few are."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from testbed.adapters.catalogue_tables import SLOTS

__all__ = ["BYTES", "decoded", "encoded", "fill", "offsets_of", "set_of"]

BYTES = SLOTS // 8
_FEW = BYTES // 2  # two bytes each


def set_of(offsets: Iterable[int]) -> int:
    """Make a set, as a whole number whose bits are the members."""
    flags = bytearray(BYTES)
    for offset in offsets:
        flags[offset >> 3] |= 1 << (offset & 7)
    return int.from_bytes(flags, "little")


def offsets_of(members: int) -> NDArray[np.uint16]:
    """List the members of a set, in order."""
    if members & (members - 1) == 0:
        return np.array([members.bit_length() - 1] if members else [], np.uint16)
    flags = np.frombuffer(members.to_bytes(BYTES, "little"), np.uint8)
    return np.unpackbits(flags, bitorder="little").nonzero()[0].astype(np.uint16)


def encoded(members: int) -> bytes:
    """Write a set as the database keeps it."""
    if members & (members - 1) == 0:
        return (members.bit_length() - 1).to_bytes(2, "little") if members else b""
    if members.bit_count() >= _FEW:
        return members.to_bytes(BYTES, "little")
    return offsets_of(members).tobytes()


def decoded(kept: bytes) -> int:
    """Read a set."""
    if len(kept) == BYTES:
        return int.from_bytes(kept, "little")
    return set_of(np.frombuffer(kept, np.uint16).tolist())


def fill(flags: NDArray[np.uint8], kept: bytes) -> None:
    """Add the members of a kept set to a block's flags, one bit each, in place."""
    if len(kept) == BYTES:
        flags |= np.frombuffer(kept, np.uint8)
        return
    if len(kept) <= 16:
        for offset in np.frombuffer(kept, np.uint16).tolist():
            flags[offset >> 3] |= 1 << (offset & 7)
        return
    members = np.zeros(SLOTS, np.bool_)
    members[np.frombuffer(kept, np.uint16)] = True
    flags |= np.packbits(members, bitorder="little")
