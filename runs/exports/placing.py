"""A file appears under its name when it is complete, and not before."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Progress", "placed", "unseen"]

Progress = Callable[[int, int], None]
"""Is told how many rows are done, of how many."""


def unseen(done: int, total: int) -> None:
    """Take note of progress that nobody looks at."""


@contextmanager
def placed(out: Path) -> Iterator[Path]:
    """Give a place to write to, beside `out`; it becomes `out` unless something goes wrong."""
    descriptor, name = tempfile.mkstemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent)
    os.close(descriptor)
    growing = Path(name)
    try:
        yield growing
        # What mkstemp makes is for its owner alone; an export is a file like any other.
        growing.chmod(0o666 & ~_umask())
        growing.replace(out)
    finally:
        growing.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
