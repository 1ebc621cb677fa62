"""From a growing file to a sealed one, after its writer's end or in its stead."""

import contextlib
import glob
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import h5py

from runs import layout
from runs.declaration import as_json
from runs.errors import NotARun, RecordFailed, WriterLives
from runs.header import Sealed, Verification
from runs.layout import Variable
from runs.opening.locks import beside
from runs.sealing.content import Content, content_of
from runs.sealing.digests import digest
from runs.sealing.journal import Ending, Journal
from runs.sealing.seal import LEAF, Part, check, pieces, read_index, seal, tree
from runs.streams import Attribute

__all__ = ["Recovered", "file_digest", "finish", "recover", "verify"]

# Room for the structure of a file and its seal, generously.
_HEADS = 1 << 20  # [bytes]
_LEFT_BEHIND = ("new", "sealed", "lock")


@dataclass(frozen=True, slots=True)
class Recovered:
    """What healing did: rows that the file holds, and whether it had to be changed."""

    rows: int
    changed: bool


def file_digest(path: Path) -> str:
    """Hash the bytes of a file (SHA-256, hexadecimal)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def finish(path: Path) -> Sealed:
    """Rewrite a growing file that nobody writes any more into its finished form.

    What the journal notes of its end is kept, else it was *interrupted*. The growing file goes
    only when the finished one was read back from the disk and is right.

    Raises
    ------
    RecordFailed
        There is no room for the copy; the growing file stays.
    NotARun
        It cannot be told what the file holds.
    """
    sealed = beside(path, "sealed")
    try:
        content = content_of(path)
        _has_room(content)
        _write(content, sealed)
        whole = hashlib.sha256()
        found = check(sealed, whole)
        if found is None or not found.ok:
            problems = "; ".join(found.problems if found else ("it carries no seal",))
            raise RecordFailed(f"{path} could not be sealed: {problems}")
        sealed.replace(path)
    except (OSError, RuntimeError) as error:
        # h5py tells a write that failed when a file is closed as RuntimeError.
        with contextlib.suppress(OSError):
            # On a disk that fails it stays; the next attempt writes over it.
            sealed.unlink(missing_ok=True)
        if isinstance(error, RecordFailed):
            raise
        raise RecordFailed(f"{path} could not be sealed: {error}") from error
    reaches_disk(path.parent)
    return Sealed(content.count.get("", 0), whole.hexdigest())


def _has_room(content: Content) -> None:
    """Refuse a disk too full before HDF5 asks it, which does not survive a write that fails."""
    disk = os.statvfs(content.path.parent)
    free = disk.f_bavail * disk.f_frsize
    needed = _HEADS + sum(
        each.record_size * content.count.get(each.stream, 0)
        for each in content.variables
        if each.points is None
    )
    if free < needed:
        raise RecordFailed(
            f"{content.path} could not be sealed: {free} bytes are free on the disk, "
            f"{needed} are needed for its copy"
        )


def reaches_disk(*paths: Path) -> None:
    """Wait until the disk has a file, or the names in a directory; one after the other."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write(content: Content, target: Path) -> None:
    ending = content.ending or Ending("interrupted", content.ended(), {})
    ended = ending.ended.astimezone(UTC)
    target.unlink(missing_ok=True)
    growing = [variable for variable in content.variables if variable.points is None]
    kept = [variable for variable in content.variables if not variable.is_text]
    places = layout.create_sealed(
        target,
        content.header,
        content.count,
        status=ending.status,
        ended=ended,
        attributes=ending.attributes,
        texts={each.path: _texts(content, each) for each in growing if each.is_text},
        chunks={
            each.path: content.whole_chunks(each)
            for each in growing
            if each.compress and content.count.get(each.stream)
        },
    )
    known: dict[int, bytes] = {}
    with target.open("r+b") as file:
        for variable in growing:
            for offset, _ in places.get(variable.path, {}).values():
                if not variable.compress:
                    known |= _copy(file, offset, content.read(variable))
        parts = tuple(
            _part(each, content.count.get(each.stream, 0), places[each.path]) for each in kept
        )
        file.flush()
        layout.note_trees(target, {part.path: tree(file, part.leaves, known) for part in parts})
        seal(file, parts, _description(content, ending.status, ended, ending.attributes), known)
        file.flush()
        os.fsync(file.fileno())


def _texts(content: Content, variable: Variable) -> list[bytes]:
    size = variable.dtype.itemsize
    return [
        data[start : start + size].partition(b"\0")[0]
        for data in content.read(variable)
        for start in range(0, len(data), size)
    ]


def _copy(file: BinaryIO, offset: int, pieces: Iterator[bytes]) -> dict[int, bytes]:
    """Copy values to their place; gives the digest of each leaf by its offset."""
    digests: dict[int, bytes] = {}
    leaf = bytearray()
    file.seek(offset)
    for piece in pieces:
        rest = memoryview(piece)
        while rest:
            taken = rest[: LEAF - len(leaf)]
            leaf += taken
            rest = rest[len(taken) :]
            if len(leaf) == LEAF:
                digests[offset] = hashlib.sha256(leaf).digest()
                offset += file.write(leaf)
                leaf.clear()
    if leaf:
        digests[offset] = hashlib.sha256(leaf).digest()
        file.write(leaf)
    return digests


def _part(variable: Variable, count: int, places: Mapping[tuple[int, ...], layout.Place]) -> Part:
    shape = variable.shape(count)
    if variable.compress and count:
        return Part(
            path=variable.path,
            dtype=variable.dtype.str,
            shape=shape,
            chunk=tuple(map(min, variable.chunk, shape)),
            chunks=tuple(places.values()),
            starts=tuple(places),
        )
    where = next(iter(places.values()), (0, 0))
    return Part(path=variable.path, dtype=variable.dtype.str, shape=shape, place=where)


def _description(
    content: Content, status: str, ended: datetime, attributes: Mapping[str, Attribute]
) -> dict[str, object]:
    return {
        "layout": layout.VERSION,
        "status": status,
        "ended": ended.isoformat(),
        "count": content.count,
        "header": as_json(content.header),
        "attributes": attributes,
    }


def recover(path: Path) -> Recovered:
    """Heal the file of a killed writer; it then says *interrupted*. A sound file stays as it is.

    Raises
    ------
    WriterLives
        The file is still being written.
    NotARun
        Nothing can be read from it.
    RecordFailed
        The disk is full or cannot be written; the file stays as it is.
    """
    if (rows := _sealed_rows(path)) is not None:
        _tidy(path)
        return Recovered(rows, changed=False)
    try:
        journal = Journal(path)
    except OSError as error:
        raise RecordFailed(f"{path} could not be healed: {error}") from error
    done = False
    try:
        # Looked at again under the lock: another may have healed it meanwhile.
        if (rows := _sealed_rows(path)) is not None:
            done = True
            return Recovered(rows, changed=False)
        for left in _LEFT_BEHIND:
            beside(path, left).unlink(missing_ok=True)
        # They may tell of rows that the disk did not take.
        for view in path.parent.glob(f"{glob.escape(path.name)}.*view"):
            view.unlink()
        sealed = finish(path)
        done = True
    except OSError as error:
        if isinstance(error, RecordFailed):
            raise
        raise RecordFailed(f"{path} could not be healed: {error}") from error
    finally:
        journal.release(keep=not done)
    return Recovered(sealed.rows, changed=True)


def _tidy(path: Path) -> None:
    """Remove what is left of a recording beside its finished file, where that is possible."""
    if beside(path).exists():
        # The power went between the sealing and the removal, or the disk took only the former.
        with contextlib.suppress(OSError, WriterLives):
            Journal(path).release()


def _sealed_rows(path: Path) -> int | None:
    """Count the rows of a finished file; None where it was not finished."""
    index = read_index(path)
    if index is not None:
        return int(index.description["count"].get("", 0))
    if beside(path).exists():
        return None
    with layout.open_file(path) as file:
        return layout.row_count(file) if layout.is_sealed(file) else None


def verify(path: Path, sha256: str | None = None) -> Verification:
    """Compare a finished file with its seal, part by part.

    Parameters
    ----------
    sha256
        Hash of the whole file as the centre has it on record, if it has.
    """
    whole = hashlib.sha256()
    found = check(path, whole)
    if found is None:
        found = Verification(_verify_without_seal(path))
        obtained = file_digest(path)
    else:
        obtained = whole.hexdigest()
    if sha256 is None or obtained == sha256:
        return found
    return Verification(("the file is not the one on record", *found.problems))


def _verify_without_seal(path: Path) -> tuple[str, ...]:
    """Compare variables with the hashes that they carry: layout 1, or where the seal was lost."""
    problems: list[str] = []
    try:
        with layout.open_file(path) as file:
            if not layout.is_sealed(file):
                return ("the run was never sealed",)
            damage = _damage
            if layout.version(file) > 1:
                problems.append("the seal is missing: the file was cut or written to")
                damage = _damage_by_tree
            for name, variable in layout.variables(file).items():
                problems += damage(name, variable)
    except (NotARun, RuntimeError, KeyError) as error:
        problems.append(str(error))
    return tuple(problems)


def _damage(name: str, variable: h5py.Dataset) -> list[str]:
    try:
        sealed = variable.attrs.get(layout.DIGEST)
        if sealed is None:
            return [f"variable {name} carries no seal"]
        if digest(variable) != sealed:
            return [f"variable {name} was changed"]
    except OSError as error:
        return [f"variable {name} cannot be read: {error}"]
    return []


def _damage_by_tree(name: str, variable: h5py.Dataset) -> list[str]:
    carried = variable.attrs.get(layout.TREE)
    if carried is None:
        return []
    sealed = carried.decode() if isinstance(carried, bytes) else carried
    leaves = list(layout.places(variable).values())
    if variable.chunks is None:
        leaves = [leaf for place in leaves for leaf in pieces(*place)]
    with open(variable.file.filename, "rb") as file:
        return [] if tree(file, leaves, {}) == sealed else [f"variable {name} was changed"]
