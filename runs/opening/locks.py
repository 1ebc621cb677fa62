"""Who writes: the kernel locks the journal beside a run file for as long as its writer lives.

HDF5's own lock is given up as soon as a file is in SWMR mode, and its flags stay set for ever
when a writer is killed; neither tells whether a writer lives.
"""

import fcntl
import os
import time
from pathlib import Path

from runs.errors import WriterLives

__all__ = ["beside", "locked", "writer_lives"]

_TRIES = 5
_INSTANT = 0.01  # [s]


def beside(path: Path, what: str = "journal") -> Path:
    """Give the path of a file that accompanies a run file."""
    return path.with_name(f"{path.name}.{what}")


def locked(path: Path) -> int:
    """Open the journal of a run file with the exclusive right to write; gives its descriptor.

    Raises
    ------
    WriterLives
        Another process, or another writer of this one, holds it.
    """
    file = beside(path)
    for _ in range(_TRIES):
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # It may be somebody who only looks: `writer_lives` holds it for an instant.
            os.close(descriptor)
            time.sleep(_INSTANT)
            continue
        if _is_still(file, descriptor):
            return descriptor
        os.close(descriptor)
    raise WriterLives(path)


def _is_still(file: Path, descriptor: int) -> bool:
    """Whether the name still means the file that was locked, not one its owner removed."""
    try:
        return os.path.samestat(file.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def writer_lives(path: Path) -> bool:
    """Tell whether a writer of `path` lives."""
    try:
        # For reading only: it is also asked on a disk that nobody may write.
        descriptor = os.open(beside(path), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
