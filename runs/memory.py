"""Memory for large arrays that are made again and again."""

from functools import cache

import numpy as np

__all__ = ["kept_memory"]

_LARGE = 16 << 20  # [bytes]


@cache
def kept_memory() -> None:
    """Let the C library keep the memory of large arrays for the next ones.

    That of GNU asks the system for every block above 128 KiB, and so for each of its pages at
    the first touch, until a larger block was given back once (mallopt(3), M_MMAP_THRESHOLD).
    """
    np.empty(_LARGE, np.uint8)
