"""Keeping records: into an archive and back, held, and deleted when their years are over."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from testbed.domain.clock import Clock
from testbed.domain.objections import Objection, Refused
from testbed.domain.people import Actor, Role
from testbed.domain.retention import (
    KeptRun,
    Schedule,
    kept_until,
    objections_to_classifying,
    objections_to_deleting,
    objections_to_holding,
    objections_to_lifting,
)
from testbed.engine import segments
from testbed.services.commands import Done
from testbed.services.kept import Archive, KeepingStore, StoredRun
from testbed.services.records import RecordUnreachable

__all__ = ["DueRow", "KeepingService", "Moved"]


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of one run: a code ("archived", "deleted", …), or the objections."""

    run: str
    code: str
    values: dict[str, str | int] = field(default_factory=dict)
    objections: tuple[Objection, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRow:
    """How long one run is kept; `due` says whether it may be deleted now."""

    run: str
    name: str
    until: datetime | None
    held: tuple[str, ...]
    due: bool


class KeepingService:
    """The use cases of keeping.

    Parameters
    ----------
    directory
        Directory of the run files.
    derived
        Directories in which files made from records lie (exports, fetched copies).
    """

    def __init__(
        self,
        store: KeepingStore,
        archive: Archive,
        directory: Path,
        derived: Sequence[Path],
        schedule: Schedule,
        clock: Clock,
    ) -> None:
        self._store = store
        self._archive = archive
        self._directory = directory
        self._derived = tuple(derived)
        self._schedule = schedule
        self._clock = clock

    def archive(
        self,
        actor: Actor,
        target: str,
        older_than: timedelta,
        *,
        keep: bool = False,
        dry_run: bool = False,
    ) -> Iterator[Moved]:
        """Copy records that ended before into an archive, one after the other.

        The local file goes only once the copy was read back and is what was sealed; with `keep`
        it stays.
        """
        if not actor.is_staff:
            yield Moved("", "refused", objections=(Objection("retention-by-staff", {"run": "–"}),))
            return
        before = self._clock.now() - older_than
        for run in self._store.stored():
            file = self._directory / run.file
            if run.kept.ended is None or run.kept.ended > before or not file.is_file():
                continue
            if dry_run:
                size = sum(part.stat().st_size for part in segments.parts(file))
                yield Moved(run.kept.number, "would-archive", {"size": size})
            else:
                yield self._archive_one(actor, run, file, target, keep)

    def _archive_one(
        self, actor: Actor, run: StoredRun, file: Path, target: str, keep: bool
    ) -> Moved:
        number = run.kept.number
        try:
            checked = segments.verify(file, run.sha256)
            if not checked.ok:
                return Moved(number, "damaged", {"cause": "; ".join(checked.problems)})
            copy = run.archived
            if copy is None:
                copy = self._archive.put(segments.parts(file), target, run.file)
            else:
                # It was brought back; there is one copy of a record, where it first went.
                self._archive.check(copy)
        except RecordUnreachable as error:
            return Moved(number, "unreachable", {"cause": str(error)})
        except FileNotFoundError:
            # Another one was faster.
            return Moved(number, "gone")
        with self._store.change(self._clock.now()) as change:
            found = change.run(number)
            if found is None or found.kept.deleted:
                self._archive.remove(copy)
                return Moved(number, "gone")
            if found.archived not in (None, copy):
                # Another one took it elsewhere at the same time. This copy stays: two addresses
                # may be one place, spelt in two ways.
                return Moved(number, "gone")
            if found.archived is None:
                change.archive(run.id, copy)
                change.audit(actor, run, "archive", copy.url)
                change.commit()
        if not keep:
            # The first one first: without it a reader turns to the archive.
            for part in segments.parts(file):
                part.unlink(missing_ok=True)
                for view in part.parent.glob(f"{part.name}*.view"):
                    view.unlink(missing_ok=True)
        return Moved(number, "archived", {"url": copy.url, "size": copy.size})

    def fetch(self, actor: Actor, number: str) -> Path | Refused:
        """Bring an archived record back to where it was; the archived copy stays.

        Raises
        ------
        RecordUnreachable
            The archive cannot be reached, or its copy is damaged.
        """
        if not actor.is_staff:
            return Refused((Objection("retention-by-staff", {"run": number}),))
        found = self._store.stored((number,))
        if not found:
            return Refused((Objection("run-unknown", {"run": number}),))
        (run,) = found
        file = self._directory / run.file
        if file.is_file():
            return file
        if run.kept.deleted is not None:
            values = {"run": number, "at": run.kept.deleted.isoformat()}
            return Refused((Objection("record-deleted", values),))
        if run.archived is None:
            return Refused((Objection("record-not-archived", {"run": number}),))
        self._archive.bring(run.archived, file)
        return file

    def schedule(self, actor: Actor) -> tuple[DueRow, ...] | Refused:
        """List how long every record is kept, those that are due first."""
        if not actor.is_staff:
            return Refused((Objection("retention-by-staff", {"run": "–"}),))
        now = self._clock.now()
        rows = [
            DueRow(
                run=run.kept.number,
                name=self._schedule.class_of(run.kept),
                until=(until := kept_until(run.kept, self._schedule)),
                held=tuple(f"{hold.reason} ({hold.by})" for hold in run.kept.holds),
                due=until is not None and until <= now and not run.kept.holds,
            )
            for run in self._store.stored()
            if run.kept.deleted is None
        ]
        return tuple(sorted(rows, key=lambda row: (not row.due, row.until is None, row.run)))

    def delete(
        self, actor: Actor, numbers: Sequence[str], *, dry_run: bool = True
    ) -> Iterator[Moved]:
        """Delete the records of runs whose years are over; each one on record.

        The row of the run stays: number, course, verdict and hash. First it is written down, then
        the files go, so that no deletion is without its entry; what a crash leaves is taken away
        by the next call.
        """
        for number in numbers:
            yield self._delete_one(actor, number, dry_run)

    def _delete_one(self, actor: Actor, number: str, dry_run: bool) -> Moved:
        now = self._clock.now()
        with self._store.change(now) as change:
            run = change.run(number)
            if run is None:
                unknown = Objection("run-unknown", {"run": number})
                return Moved(number, "refused", objections=(unknown,))
            unfinished = run.kept.deleted is not None and actor.has(Role.OFFICE) and self._left(run)
            if not unfinished:
                against = objections_to_deleting(actor, run.kept, self._schedule, now)
                if against:
                    return Moved(number, "refused", objections=against)
            if dry_run:
                return Moved(number, "would-delete")
            if not unfinished:
                change.delete(run.id, actor)
                name = self._schedule.class_of(run.kept)
                change.audit(actor, run, "delete-record", f"{name}; SHA-256 {run.sha256}")
                change.commit()
        self._take_away(run)
        return Moved(number, "deleted")

    def _left(self, run: StoredRun) -> list[Path]:
        """List the files that a record left: itself, what accompanies it, what was made of it."""
        file = self._directory / run.file
        found = [file] if file.exists() else []
        found += file.parent.glob(f"{file.name}.*")
        # A run of days lies in several files.
        found += file.parent.glob(f"{file.stem}.[0-9][0-9][0-9]{file.suffix}*")
        for directory in self._derived:
            found += directory.glob(f"{run.kept.number}.*")
            found += directory.glob(f"{run.kept.number}/*")
        return found

    def _take_away(self, run: StoredRun) -> None:
        if run.archived is not None:
            self._archive.remove(run.archived)
        for path in self._left(run):
            path.unlink(missing_ok=True)

    def classify(self, actor: Actor, number: str, name: str) -> Done | Refused:
        """Choose the class that a run is kept by."""

        def objections(run: KeptRun) -> tuple[Objection, ...]:
            return objections_to_classifying(actor, run, name, self._schedule)

        return self._change(actor, number, objections, "classify", name)

    def hold(self, actor: Actor, number: str, reason: str) -> Done | Refused:
        """Place a legal hold: nothing deletes the record while it stands."""
        return self._change(
            actor, number, lambda run: objections_to_holding(actor, run, reason), "hold", reason
        )

    def lift(self, actor: Actor, number: str, reason: str) -> Done | Refused:
        """Lift the holds of a run."""
        return self._change(
            actor, number, lambda run: objections_to_lifting(actor, run, reason), "lift", reason
        )

    def _change(
        self, actor: Actor, number: str, objections: "_Rule", transition: str, detail: str
    ) -> Done | Refused:
        with self._store.change(self._clock.now()) as change:
            run = change.run(number)
            if run is None:
                return Refused((Objection("run-unknown", {"run": number}),))
            if against := objections(run.kept):
                return Refused(against)
            if transition == "classify":
                change.classify(run.id, detail)
            elif transition == "hold":
                change.hold(run.id, actor, detail.strip())
            else:
                change.lift(run.id)
            change.audit(actor, run, transition, detail.strip())
            change.commit()
        return Done()


class _Rule(Protocol):
    """What stands against a change of one run."""

    def __call__(self, run: KeptRun, /) -> tuple[Objection, ...]:
        """List it."""
        ...
