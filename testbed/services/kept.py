"""What keeping records needs of others: where it is written down, and a place elsewhere."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from testbed.domain.people import Actor
from testbed.domain.retention import KeptRun
from testbed.engine import segments

__all__ = ["Archive", "Archived", "KeepingChange", "KeepingStore", "StoredRun"]


@dataclass(frozen=True, slots=True)
class Archived:
    """Where the archived copy of a record is, and by what it is known again.

    Attributes
    ----------
    url
        Of the first file; a run of days has more, beside it.
    hashes
        SHA-256 of each file, in their order.
    size
        Of all of them [bytes].
    """

    url: str
    hashes: tuple[str, ...]
    size: int

    def files(self) -> tuple[tuple[str, str], ...]:
        """List the URL and the hash of each file."""
        place, _, first = self.url.rpartition("/")
        return tuple(
            (f"{place}/{segments.part(Path(first), number).name}", sha256)
            for number, sha256 in enumerate(self.hashes, start=1)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A run whose record is kept.

    Attributes
    ----------
    file
        Path of the record below the directory of the runs.
    sha256
        Hash of the sealed file, as the centre has it on record.
    """

    id: int
    organisation: int
    file: str
    sha256: str
    kept: KeptRun
    archived: Archived | None = None


class KeepingChange(Protocol):
    """One change of what is kept, all or nothing."""

    def run(self, number: str) -> StoredRun | None:
        """Load a run, and keep others from changing it."""
        ...

    def archive(self, run: int, copy: Archived) -> None:
        """Write down where the archived copy is."""
        ...

    def classify(self, run: int, name: str) -> None:
        """Choose a class."""
        ...

    def hold(self, run: int, actor: Actor, reason: str) -> None:
        """Place a legal hold."""
        ...

    def lift(self, run: int) -> None:
        """Lift every hold."""
        ...

    def delete(self, run: int, actor: Actor) -> None:
        """Write down that the record is deleted."""
        ...

    def audit(self, actor: Actor, run: StoredRun, transition: str, detail: str) -> None:
        """Put one transition on record."""
        ...

    def commit(self) -> None:
        """Let the change stand."""
        ...


class KeepingStore(Protocol):
    """Where it is written down what is kept."""

    def change(self, now: datetime) -> AbstractContextManager[KeepingChange]:
        """Open a change; what is not committed has not happened."""
        ...

    def stored(self, numbers: Sequence[str] | None = None) -> tuple[StoredRun, ...]:
        """List ended runs that have a record, oldest first; those of `numbers`, or all."""
        ...


class Archive(Protocol):
    """A place elsewhere that takes files and gives them back."""

    def put(self, files: Sequence[Path], target: str, name: str) -> Archived:
        """Copy the files of a run to `target`, and read them back; gives where they are.

        Raises
        ------
        RecordUnreachable
            The place cannot be reached, or does not hold what was written.
        """
        ...

    def check(self, copy: Archived) -> None:
        """Read a copy through, and see that it is what was archived.

        Raises
        ------
        RecordUnreachable
            It cannot be reached, or is something else.
        """
        ...

    def bring(self, copy: Archived, to: Path) -> None:
        """Copy the files back, whole and verified, the first one last.

        Raises
        ------
        RecordUnreachable
            The place cannot be reached, or the copy is not what was archived.
        """
        ...

    def remove(self, copy: Archived) -> None:
        """Delete an archived copy; one that is gone is well."""
        ...
