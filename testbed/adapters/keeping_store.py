"""What is kept, held and deleted, in the database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from testbed.adapters.audit_store import write_audit
from testbed.adapters.database import Database
from testbed.adapters.keeping_tables import run_archives, run_classes, run_deletions, run_holds
from testbed.adapters.run_tables import run_comments, runs
from testbed.adapters.tables import accounts, bookings
from testbed.domain.people import Actor
from testbed.domain.retention import Hold, KeptRun
from testbed.domain.review import ReviewState
from testbed.domain.runs import RunState
from testbed.services.kept import Archived, StoredRun

__all__ = ["DatabaseKeeping", "archived_copy"]

_AT_ONCE = 500


def _query() -> Select[Any]:
    decided = (
        select(func.max(run_comments.c.at))
        .where(run_comments.c.run_id == runs.c.id, run_comments.c.decision != "")
        .scalar_subquery()
    )
    return (
        select(
            runs.c.id,
            runs.c.number,
            runs.c.organisation_id,
            runs.c.file,
            runs.c.file_hash,
            runs.c.state,
            runs.c.ended,
            runs.c.review,
            bookings.c.kind,
            run_classes.c.name.label("chosen"),
            run_archives.c.url,
            run_archives.c.hashes,
            run_archives.c.size,
            run_deletions.c.at.label("deleted"),
            decided.label("decided"),
        )
        .join_from(runs, bookings, bookings.c.id == runs.c.booking_id)
        .outerjoin(run_classes, run_classes.c.run_id == runs.c.id)
        .outerjoin(run_archives, run_archives.c.run_id == runs.c.id)
        .outerjoin(run_deletions, run_deletions.c.run_id == runs.c.id)
    )


def _holds(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[Hold, ...]]:
    found: dict[int, tuple[Hold, ...]] = {}
    query = (
        select(run_holds, accounts.c.login)
        .join_from(run_holds, accounts, accounts.c.id == run_holds.c.account_id)
        .where(run_holds.c.lifted.is_(None), run_holds.c.run_id.in_(numbers))
        .order_by(run_holds.c.id)
    )
    for row in connection.execute(query):
        hold = Hold(row.reason, row.login, row.since)
        found[row.run_id] = (*found.get(row.run_id, ()), hold)
    return found


def _stored(connection: Connection, query: Select[Any]) -> tuple[StoredRun, ...]:
    rows = connection.execute(query).all()
    holds: dict[int, tuple[Hold, ...]] = {}
    for start in range(0, len(rows), _AT_ONCE):
        holds |= _holds(connection, [row.id for row in rows[start : start + _AT_ONCE]])
    return tuple(
        StoredRun(
            id=row.id,
            organisation=row.organisation_id,
            file=row.file,
            sha256=row.file_hash,
            archived=None
            if row.url is None
            else Archived(row.url, tuple(row.hashes.split()), row.size),
            kept=KeptRun(
                number=row.number,
                kind=row.kind,
                chosen=row.chosen or "",
                ended=row.ended if row.state == RunState.ENDED else None,
                awaits_review=row.review == ReviewState.WAITING,
                decided=row.decided,
                holds=holds.get(row.id, ()),
                deleted=row.deleted,
            ),
        )
        for row in rows
    )


def archived_copy(connection: Connection, run: int) -> Archived | None:
    """Tell where the archived copy of a run is; None where there is none, or it was deleted."""
    row = connection.execute(
        select(run_archives)
        .outerjoin(run_deletions, run_deletions.c.run_id == run_archives.c.run_id)
        .where(run_archives.c.run_id == run, run_deletions.c.run_id.is_(None))
    ).first()
    return None if row is None else Archived(row.url, tuple(row.hashes.split()), row.size)


class DatabaseKeeping:
    """Opens changes of what is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def change(self, now: datetime) -> Iterator["_Change"]:
        """Open a change that is rolled back unless it commits."""
        with self._database.writing() as connection:
            yield _Change(connection, now)

    def stored(self, numbers: Sequence[str] | None = None) -> tuple[StoredRun, ...]:
        """List ended runs that have a record, oldest first; those of `numbers`, or all."""
        query = _query().where(runs.c.state == str(RunState.ENDED), runs.c.file_hash != "")
        if numbers is not None:
            query = query.where(runs.c.number.in_(numbers))
        with self._database.reading() as connection:
            return _stored(connection, query.order_by(runs.c.id))


class _Change:
    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def run(self, number: str) -> StoredRun | None:
        query = _query().where(runs.c.number == number).with_for_update(of=runs)
        found = _stored(self._connection, query)
        return found[0] if found else None

    def archive(self, run: int, copy: Archived) -> None:
        self._connection.execute(
            insert(run_archives).values(
                run_id=run, url=copy.url, hashes=" ".join(copy.hashes), size=copy.size, at=self._now
            )
        )

    def classify(self, run: int, name: str) -> None:
        self._connection.execute(delete(run_classes).where(run_classes.c.run_id == run))
        self._connection.execute(insert(run_classes).values(run_id=run, name=name))

    def hold(self, run: int, actor: Actor, reason: str) -> None:
        self._connection.execute(
            insert(run_holds).values(
                run_id=run, reason=reason, account_id=actor.account, since=self._now
            )
        )

    def lift(self, run: int) -> None:
        self._connection.execute(
            update(run_holds)
            .where(run_holds.c.run_id == run, run_holds.c.lifted.is_(None))
            .values(lifted=self._now)
        )

    def delete(self, run: int, actor: Actor) -> None:
        self._connection.execute(
            insert(run_deletions).values(run_id=run, at=self._now, account_id=actor.account)
        )

    def audit(self, actor: Actor, run: StoredRun, transition: str, detail: str) -> None:
        write_audit(
            self._connection,
            self._now,
            actor.account,
            run.organisation,
            run.kept.number,
            transition,
            detail,
        )

    def commit(self) -> None:
        self._connection.commit()
