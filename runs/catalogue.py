"""Finding run files."""

from collections.abc import Iterator
from pathlib import Path

__all__ = ["scan"]


def scan(directory: Path) -> Iterator[Path]:
    """Walk a directory and everything below it for run files, in order of their names."""
    yield from sorted(directory.rglob("*.h5"))
