"""Archives of run files at any fsspec address: a directory, S3, SFTP and what else has a driver.

A copy appears under its name only after it was read back and its SHA-256 is that of the sealed
file. What was interrupted lies under a name of its own that nobody looks at.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import fsspec

import runs
from testbed.engine import segments
from testbed.services.kept import Archived
from testbed.services.records import RecordUnreachable

__all__ = ["FsspecArchive", "cached"]

_PIECE = 4 << 20  # [bytes]


class FsspecArchive:
    """Copies the files of runs to where fsspec reaches, and back."""

    def put(self, files: Sequence[Path], target: str, name: str) -> Archived:
        """Copy the files of a run to `target`, and read them back; gives where they are."""
        hashes = tuple(runs.file_digest(file) for file in files)
        size = sum(file.stat().st_size for file in files)
        copy = Archived(f"{target.rstrip('/')}/{name}", hashes, size)
        for file, (url, sha256) in zip(files, copy.files(), strict=True):
            # Opened first: that a local file went meanwhile is not the archive's fault.
            with file.open("rb") as source, _reached(url) as (system, path):
                self._put(system, path, source, url, sha256)
        return copy

    def _put(self, system: Any, path: str, source: BinaryIO, url: str, sha256: str) -> None:  # noqa: ANN401
        if system.exists(path):
            # From an earlier call that was cut off, or of one who was faster.
            self._see(system, path, url, sha256)
            return
        growing = f"{path}.{uuid4().hex}.part"
        system.makedirs(path.rpartition("/")[0], exist_ok=True)
        try:
            with system.open(growing, "wb") as to:
                _copy(source, to)
            self._see(system, growing, url, sha256)
            system.mv(growing, path)
        finally:
            if system.exists(growing):
                system.rm(growing)
        self._see(system, path, url, sha256)

    def check(self, copy: Archived) -> None:
        """Read a copy through, and see that it is what was archived."""
        for url, sha256 in copy.files():
            with _reached(url) as (system, path):
                self._see(system, path, url, sha256)

    @staticmethod
    def _see(system: Any, path: str, url: str, sha256: str) -> None:  # noqa: ANN401
        with system.open(path, "rb") as source:
            found = _copy(source, None)
        if found != sha256:
            raise RecordUnreachable(
                f"{url} is not what was archived (SHA-256 {found}, not {sha256}); "
                "put the right file there from another copy, and leave the wrong one aside"
            )

    def bring(self, copy: Archived, to: Path) -> None:
        """Copy the files back, whole and verified, the first one last."""
        to.parent.mkdir(parents=True, exist_ok=True)
        for number, (url, sha256) in reversed([*enumerate(copy.files(), start=1)]):
            place = segments.part(to, number)
            with _reached(url) as (system, path), _appearing(place) as growing:
                with system.open(path, "rb") as source, growing.open("wb") as target:
                    found = _copy(source, target)
                    target.flush()
                    os.fsync(target.fileno())
                if found != sha256:
                    raise RecordUnreachable(
                        f"{url} is not what was archived (SHA-256 {found}, not {sha256})"
                    )

    def remove(self, copy: Archived) -> None:
        """Delete an archived copy; one that is gone is well."""
        for url, _ in copy.files():
            with _reached(url) as (system, path):
                if system.exists(path):
                    system.rm(path)


@contextmanager
def _reached(url: str) -> Iterator[tuple[Any, str]]:
    """Open the file system of an address; what goes wrong there says where and what to do."""
    try:
        system, path = fsspec.core.url_to_fs(url)
        system.invalidate_cache()
        yield system, path
    except ImportError as error:
        raise RecordUnreachable(
            f"{url} cannot be reached: {error}. For S3: pip install 'testbed-center[s3]'"
        ) from error
    except RecordUnreachable:
        raise
    except FileNotFoundError as error:
        raise RecordUnreachable(
            f"{url} is not there ({error}). See that the archive is mounted or its address right"
        ) from error
    except Exception as error:
        # Every driver has exceptions of its own; what they have in common is that they are told.
        raise RecordUnreachable(
            f"{url} cannot be reached: {type(error).__name__}: {error}. "
            "See that the archive is there and may be used, then try again"
        ) from error


def _copy(source: BinaryIO, target: BinaryIO | None) -> str:
    """Read to the end, write it where wanted, and give the SHA-256."""
    sha = hashlib.sha256()
    while piece := source.read(_PIECE):
        sha.update(piece)
        if target is not None:
            target.write(piece)
    return sha.hexdigest()


@contextmanager
def _appearing(to: Path) -> Iterator[Path]:
    """Give a place beside `to`; it becomes `to` unless something goes wrong."""
    descriptor, name = tempfile.mkstemp(prefix=f".{to.name}.", suffix=".part", dir=to.parent)
    os.close(descriptor)
    growing = Path(name)
    try:
        yield growing
        growing.replace(to)
    finally:
        growing.unlink(missing_ok=True)


def cached(
    archive: FsspecArchive, copy: Archived, number: str, directory: Path, limit: int
) -> Path:
    """Give an archived record from the cache, brought back first where it is not in there.

    Parameters
    ----------
    directory
        One directory for each run in it holds the record and what is made of it.
    limit
        Size [bytes] that the cache may have; what was not used for longest goes first. The record
        that is asked for stays, whatever its size.
    """
    place = directory / number
    file = place / f"{number}.h5"
    if not file.is_file():
        archive.bring(copy, file)
        _make_room(directory, place, limit)
    os.utime(place)
    return file


def _make_room(directory: Path, kept: Path, limit: int) -> None:
    sizes: dict[Path, int] = {}
    ages: dict[Path, int] = {}
    for place in directory.iterdir():
        try:
            sizes[place] = sum(each.stat().st_size for each in place.iterdir())
            ages[place] = place.stat().st_mtime_ns
        except FileNotFoundError:
            # Another process made room at the same time.
            continue
    left = sum(sizes.values())
    for place in sorted(ages, key=lambda each: ages[each]):
        if left <= limit:
            return
        if place != kept:
            left -= sizes[place]
            for each in place.iterdir():
                each.unlink(missing_ok=True)
            # Something new may have come in meanwhile; then it stays.
            if not any(place.iterdir()):
                place.rmdir()
