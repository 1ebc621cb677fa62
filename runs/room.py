"""Whether a disk has room left: asked before HDF5 is, which does not survive a failed write."""

import os
from pathlib import Path

from runs.errors import DiskFull

__all__ = ["check_room"]


def check_room(path: Path, size: int, reserve: int) -> None:
    """Refuse to write `size` bytes to the disk of `path` where less than `reserve` would be left.

    Raises
    ------
    DiskFull
        There is no room.
    """
    disk = os.statvfs(path.parent)
    free = disk.f_bavail * disk.f_frsize
    if free - size < reserve:
        raise DiskFull(
            f"{path} could not be written: {free} bytes are free on the disk, "
            f"{reserve} have to stay so"
        )
