"""Results and re-evaluations of runs, in the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from testbed.adapters.audit_store import write_audit
from testbed.adapters.database import Database
from testbed.adapters.reevaluation_tables import run_evaluations
from testbed.adapters.run_json import read_result, read_specification, write_findings
from testbed.adapters.run_queries import open_to, visible
from testbed.adapters.run_tables import runs
from testbed.adapters.tables import accounts, bookings
from testbed.domain.conformity import Outcome
from testbed.domain.names import Name
from testbed.domain.people import Actor
from testbed.engine.evaluating import Evaluated
from testbed.engine.ports import Ending
from testbed.services.reevaluation import FirstResult, KeptEvaluation, ReevaluationRow

__all__ = ["DatabaseReevaluations"]


class DatabaseReevaluations:
    """Reads what runs have found, and keeps what is found again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def first(self, actor: Actor, number: str) -> FirstResult | None:
        """Load what a completed run found, if the person may see it."""
        with self._database.reading() as connection:
            row = _open(connection, actor, number)
            if row is None or row.ending != Ending.COMPLETED or not row.file_hash:
                return None
            chain = _chain(connection, row)
        judgements, *_ = read_result(row.result)
        limits, rule = read_specification(row.limits)
        return FirstResult(
            id=row.id,
            number=row.number,
            organisation=row.organisation_id,
            method=row.method,
            version=row.version,
            outcome=Outcome(row.outcome),
            judgements=judgements,
            limits=limits,
            rule=rule,
            segments=chain,
        )

    def kept(self, actor: Actor, number: str) -> tuple[ReevaluationRow, ...]:
        """List the re-evaluations of a run that the person may see, oldest first."""
        with self._database.reading() as connection:
            run = _open(connection, actor, number)
            if run is None:
                return ()
            rows = connection.execute(
                select(run_evaluations, accounts.c.name_ko, accounts.c.name_en)
                .join_from(run_evaluations, accounts)
                .where(run_evaluations.c.run_id == run.id)
                .order_by(run_evaluations.c.id)
            ).all()
        return tuple(_row(row) for row in rows)

    @contextmanager
    def change(self, now: datetime) -> Iterator["_Change"]:
        """Open a change that is rolled back unless it commits."""
        with self._database.writing() as connection:
            yield _Change(connection, now)


def _open(connection: Connection, actor: Actor, number: str) -> Row[Any] | None:
    """Find a run whose results the person may see."""
    query = visible(
        actor,
        select(runs, bookings.c.kind)
        .join_from(runs, bookings, bookings.c.id == runs.c.booking_id)
        .where(runs.c.number == number),
    )
    row = connection.execute(query).first()
    return None if row is None or not open_to(actor, row) else row


def _chain(connection: Connection, row: Row[Any]) -> tuple[tuple[str, str], ...]:
    """Name the runs that a run goes on with, oldest first, and itself, each with its hash."""
    found, before = [(row.number, row.file_hash)], row.continues_id
    query = select(runs.c.number, runs.c.file_hash, runs.c.continues_id)
    while before is not None:
        number, sha256, before = connection.execute(query.where(runs.c.id == before)).one()
        found.insert(0, (number, sha256))
    return tuple(found)


def _row(row: Row[Any]) -> ReevaluationRow:
    judgements, findings, constructions, _ = read_result(row.result)
    return ReevaluationRow(
        at=row.at,
        person=Name(ko=row.name_ko, en=row.name_en),
        version=row.version,
        software=row.software,
        found=Evaluated(
            outcome=Outcome(row.outcome),
            judgements=judgements,
            findings=findings,
            constructions=constructions,
        ),
    )


class _Change:
    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def keep(self, actor: Actor, kept: KeptEvaluation) -> None:
        """Put a re-evaluation on record, beside those that are there."""
        found = kept.found
        self._connection.execute(
            insert(run_evaluations).values(
                run_id=kept.run,
                account_id=actor.account,
                at=self._now,
                version=kept.version,
                software=kept.software,
                outcome=str(found.outcome),
                result=write_findings(found.judgements, found.findings, found.constructions),
            )
        )

    def audit(
        self, actor: Actor, organisation: int, subject: str, transition: str, detail: str
    ) -> None:
        """Put one transition on record."""
        write_audit(
            self._connection, self._now, actor.account, organisation, subject, transition, detail
        )

    def commit(self) -> None:
        """Let the change stand."""
        self._connection.commit()
