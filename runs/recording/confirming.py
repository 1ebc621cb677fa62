"""The disk behind the operating system: it is set to work early, and what it has goes on record."""

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from time import monotonic

from runs.errors import DiskFull
from runs.layout import Chunk
from runs.sealing.journal import Journal

__all__ = ["Disk"]

_PROMPT = 0.1  # [s]
_LARGE = 1 << 18  # [bytes]


class Disk:
    """Where a growing file and its journal come to lie.

    Parameters
    ----------
    descriptor
        Of the growing file.
    guard
        Held by whoever writes the file or its journal.
    """

    def __init__(
        self, path: Path, descriptor: int, journal: Journal, guard: threading.RLock
    ) -> None:
        self._path = path
        self._descriptor = descriptor
        self._journal = journal
        self._guard = guard
        self._open = True
        self._confirmed = 0
        # Held while the disk is waited for; never while the guard is waited for.
        self._waiting = threading.Lock()

    @property
    def is_waited_for(self) -> bool:
        """Whether it is confirming at this moment."""
        return self._waiting.locked()

    def check_room(self, size: int, reserve: int) -> None:
        """Refuse to write `size` bytes where less than `reserve` would be left free.

        HDF5 does not survive a failed write, so that the disk is asked first.

        Raises
        ------
        DiskFull
            There is no room.
        """
        disk = os.statvfs(self._descriptor)
        free = disk.f_bavail * disk.f_frsize
        if free - size < reserve:
            raise DiskFull(
                f"{self._path} could not be written: {free} bytes are free on the disk, "
                f"{reserve} have to stay so"
            )

    def begin(self, chunks: Iterable[Chunk]) -> None:
        """Let the disk begin on large chunks at once, so that nobody waits for them later.

        Linux starts to write what it is told to forget, and forgets only what was written before.
        A disk that is being waited for has enough to do. Smaller chunks may still be filled.
        """
        if self.is_waited_for:
            return
        places = [(chunk[-2], chunk[-1]) for chunk in chunks if chunk[-1] >= _LARGE]
        if places:
            start = min(place for place, _ in places)
            stop = max(place + size for place, size in places)
            os.posix_fadvise(self._descriptor, start, stop - start, os.POSIX_FADV_DONTNEED)

    def confirm(self) -> None:
        """Wait until the disk has what was written so far, and say so in the journal.

        Who records does not wait meanwhile, as the guard is not held. A prompt disk is asked once
        more with the guard held, so that no note is on it before what the note tells of.

        Raises
        ------
        OSError
            The disk could not take it.
        """
        notes, begun = self._journal.notes, monotonic()
        if notes == self._confirmed:
            return
        with self._waiting:
            if self._open:
                os.fdatasync(self._descriptor)
        prompt = monotonic() - begun < _PROMPT
        with self._guard:
            if not self._open:
                return
            if prompt and notes != self._journal.notes:
                os.fdatasync(self._descriptor)
                notes = self._journal.notes
            self._journal.confirm(notes)
            if prompt:
                self._journal.sync()
        with self._waiting:
            if self._open and not prompt:
                self._journal.sync()
        self._confirmed = notes

    def leave(self) -> None:
        """Ask nothing of it any more; gives way once nobody waits for it."""
        self._open = False
        with self._waiting:
            pass
