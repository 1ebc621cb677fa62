"""Everything that can be read, in one object; and where the files of runs are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from testbed.adapters.database import Database
from testbed.adapters.queries import BookingQueries
from testbed.adapters.run_queries import RunQueries, open_to, visible
from testbed.adapters.run_tables import runs
from testbed.adapters.tables import bookings
from testbed.domain.clock import Clock
from testbed.domain.people import Actor
from testbed.domain.runs import RunState
from testbed.engine.ports import Ending
from testbed.procedure import Procedure
from testbed.services.records import FileOfRun
from testbed.services.rows import AuditRow, RunDetail

__all__ = ["Locator", "Queries"]


class Queries(BookingQueries, RunQueries):
    """Reads bookings, the register, runs and benches, scoped to the person in each query."""

    def __init__(
        self, database: Database, methods: Mapping[str, type[Procedure]], clock: Clock
    ) -> None:
        RunQueries.__init__(self, database, methods, clock)

    def run(self, actor: Actor, number: str) -> RunDetail | None:
        """Read one run with all that its page shows."""
        detail = super().run(actor, number)
        return None if detail is None else replace(detail, audit=self.audit(actor, number))

    def audit(self, actor: Actor, subject: str) -> tuple[AuditRow, ...]:
        """List what happened to a thing, oldest first; what was said in it, to the centre only."""
        rows = super().audit(actor, subject)
        return rows if actor.is_staff else tuple(replace(row, detail="") for row in rows)


class Locator:
    """Finds the files of runs for those who may see inside."""

    def __init__(self, database: Database, directory: Path) -> None:
        self._database = database
        self._directory = directory

    def file(self, actor: Actor, run: str) -> FileOfRun | None:
        """Find the file of a run whose values the person may see."""
        query = visible(
            actor,
            select(runs, bookings.c.kind)
            .join_from(runs, bookings, bookings.c.id == runs.c.booking_id)
            .where(runs.c.number == run),
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        if row is None or not open_to(actor, row):
            return None
        return self._directory / row.file, row.state == RunState.ENDED

    def files(self, actor: Actor, numbers: Sequence[str]) -> tuple[tuple[str, Path], ...]:
        """Find the files of many completed runs whose values the person may see, newest first."""
        kept = (runs.c.id, runs.c.number, runs.c.file, runs.c.review, bookings.c.kind)
        query = visible(
            actor,
            select(*kept)
            .join_from(runs, bookings, bookings.c.id == runs.c.booking_id)
            .where(runs.c.number.in_(numbers), runs.c.ending == str(Ending.COMPLETED)),
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(runs.c.id.desc())).all()
        return tuple(
            (row.number, self._directory / row.file) for row in rows if open_to(actor, row)
        )
