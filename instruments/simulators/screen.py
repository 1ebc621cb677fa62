"""The picture of an oscilloscope's screen: traces on a dark ground.

As a PNG (ISO/IEC 15948), or as a BMP of 24 bits without compression.
"""

import struct
import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["bitmap", "picture"]

_WIDTH, _HEIGHT = 800, 480
_COLOURS = {1: (255, 255, 0), 2: (0, 255, 0), 3: (80, 120, 255), 4: (255, 80, 160)}
_GRID = (70, 70, 70)


def picture(traces: Mapping[int, NDArray[np.float64]]) -> bytes:
    """Draw traces by number, each from 0 at the lower end of the screen to 1 at the upper."""
    image = _drawn(traces)
    # Each row begins with its filter: none.
    raw = np.concatenate([np.zeros((_HEIGHT, 1), np.uint8), image.reshape(_HEIGHT, -1)], axis=1)
    head = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(raw.tobytes()))
        + _chunk(b"IEND", b"")
    )


def bitmap(traces: Mapping[int, NDArray[np.float64]]) -> bytes:
    """Draw traces as `picture` does, as a BMP."""
    # Rows from the lower one up, blue first; 2400 bytes need no filling.
    rows = _drawn(traces)[::-1, :, ::-1].tobytes()
    start = 14 + 40
    return (
        struct.pack("<2sIHHI", b"BM", start + len(rows), 0, 0, start)
        + struct.pack("<IiiHHIIiiII", 40, _WIDTH, _HEIGHT, 1, 24, 0, len(rows), 2835, 2835, 0, 0)
        + rows
    )


def _drawn(traces: Mapping[int, NDArray[np.float64]]) -> NDArray[np.uint8]:
    image = np.zeros((_HEIGHT, _WIDTH, 3), np.uint8)
    image[:: _HEIGHT // 8] = _GRID
    image[:, :: _WIDTH // 10] = _GRID
    columns = np.arange(_WIDTH)
    for number, trace in traces.items():
        place = np.linspace(0, len(trace) - 1, _WIDTH).astype(int)
        rows = np.clip(((1.0 - trace[place]) * (_HEIGHT - 1)).astype(int), 0, _HEIGHT - 1)
        image[rows, columns] = _COLOURS[number]
    return image


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)
