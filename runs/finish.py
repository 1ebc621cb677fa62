"""From a growing file to a sealed one, after its writer's end or in its stead."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import h5py

from runs import layout
from runs.digests import digest
from runs.errors import NotARun, RecordFailed
from runs.header import Attribute, Sealed, Verification
from runs.locks import WriterLock

__all__ = ["Recovered", "file_digest", "finish", "recover", "verify"]


@dataclass(frozen=True, slots=True)
class Recovered:
    """What healing did: rows that the file holds, and whether it had to be changed."""

    rows: int
    changed: bool


def file_digest(path: Path) -> str:
    """Hash the bytes of a file (SHA-256, hexadecimal)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def finish(
    path: Path, *, status: str, ended: datetime, attributes: Mapping[str, Attribute]
) -> Sealed:
    """Rewrite a live file that nobody writes any more; the live one goes only when all is there.

    Raises
    ------
    RecordFailed
        There is no room for the copy; the live file stays.
    """
    sealed = path.with_name(path.name + ".sealed")
    try:
        with layout.open_file(path) as source:
            rows = layout.rewrite(
                source,
                sealed,
                size=path.stat().st_size,
                status=status,
                ended=ended.astimezone(UTC),
                attributes=attributes,
            )
        _reaches_disk(sealed)
        problems = verify(sealed).problems
    except OSError as error:
        sealed.unlink(missing_ok=True)
        raise RecordFailed(f"{path} could not be sealed: {error}") from error
    if problems:
        sealed.unlink()
        raise RecordFailed(f"{path} could not be sealed: {'; '.join(problems)}")
    digest = file_digest(sealed)
    sealed.replace(path)
    _reaches_disk(path.parent)
    return Sealed(rows, digest)


def _reaches_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def recover(path: Path) -> Recovered:
    """Heal the file of a killed writer; it then says *interrupted*. A sound file stays as it is.

    Raises
    ------
    WriterLives
        The file is still being written.
    NotARun
        Nothing can be read from it.
    """
    with layout.open_file(path) as file:
        if "rows" in file.attrs:
            return Recovered(layout.row_count(file), changed=False)
    lock = WriterLock(path)
    try:
        # Looked at again under the lock: another may have healed it meanwhile.
        with layout.open_file(path) as file:
            found = layout.describe(file)
            if "rows" in file.attrs:
                return Recovered(found.rows, changed=False)
            last = float(file["time"][: found.rows].max()) if found.rows else 0.0
        for left in (".new", ".sealed"):
            path.with_name(path.name + left).unlink(missing_ok=True)
        status = found.status if found.ended else "interrupted"
        ended = found.ended or found.started + timedelta(seconds=last)
        sealed = finish(path, status=status, ended=ended, attributes={})
    finally:
        lock.release()
    return Recovered(sealed.rows, changed=True)


def verify(path: Path, sha256: str | None = None) -> Verification:
    """Compare a finished file with its seal, part by part.

    Parameters
    ----------
    sha256
        Hash of the whole file as the centre has it on record, if it has.
    """
    problems: list[str] = []
    if sha256 is not None and file_digest(path) != sha256:
        problems.append("the file is not the one on record")
    try:
        with layout.open_file(path) as file:
            if "rows" not in file.attrs:
                problems.append("the run was never sealed")
                return Verification(tuple(problems))
            for name, variable in layout.variables(file).items():
                problems += _damage(name, variable)
    except (NotARun, RuntimeError, KeyError) as error:
        problems.append(str(error))
    return Verification(tuple(problems))


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
