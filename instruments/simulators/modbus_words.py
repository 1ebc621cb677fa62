"""Numbers in pairs of registers, as a simulated instrument packs them."""

import struct
from collections.abc import Sequence

__all__ = ["float_in", "floats", "whole"]


def floats(value: float, *, low_first: bool = False) -> tuple[int, int]:
    """Pack an IEEE 754 single."""
    high, low = struct.unpack(">HH", struct.pack(">f", value))
    return (low, high) if low_first else (high, low)


def float_in(registers: Sequence[int], *, low_first: bool = False) -> float:
    """Unpack an IEEE 754 single."""
    low, high = registers if low_first else reversed(registers)
    value: float = struct.unpack(">f", struct.pack(">HH", high, low))[0]
    return value


def whole(value: int, *, low_first: bool = False) -> tuple[int, int]:
    """Pack a whole number of 32 bits."""
    high, low = value >> 16 & 0xFFFF, value & 0xFFFF
    return (low, high) if low_first else (high, low)
