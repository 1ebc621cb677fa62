"""Everything that can be read, in one object; and where the files of runs are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select

from testbed.adapters.archive import FsspecArchive, cached
from testbed.adapters.database import Database
from testbed.adapters.keeping_store import archived_copy
from testbed.adapters.queries import BookingQueries
from testbed.adapters.run_queries import RunQueries, open_to, visible
from testbed.adapters.run_tables import runs
from testbed.adapters.tables import bookings
from testbed.domain.clock import Clock
from testbed.domain.people import Actor
from testbed.domain.runs import RunState
from testbed.engine.ports import Ending
from testbed.procedure import Procedure
from testbed.services.kept import Archived
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
    """Finds the files of runs for those who may see inside; an archived one is brought back.

    Parameters
    ----------
    cache, cache_limit
        Where archived records lie that are looked at, and the room [bytes] that they may take.
    """

    def __init__(self, database: Database, directory: Path, cache: Path, cache_limit: int) -> None:
        self._database = database
        self._directory = directory
        self._archive = FsspecArchive()
        self._cache = cache
        self._cache_limit = cache_limit

    def _copy(self, connection: Connection, row: Row[Any]) -> Archived | None:
        """Tell where to have the file of a run from; None where it lies in its place."""
        if (self._directory / str(row.file)).is_file():
            return None
        return archived_copy(connection, row.id)

    def _brought(self, row: Row[Any], copy: Archived | None) -> Path:
        """Give the file of a run where it lies, or its copy from the archive.

        Raises
        ------
        RecordUnreachable
            The archive cannot be reached, or its copy is damaged.
        """
        if copy is None:
            return self._directory / str(row.file)
        return cached(self._archive, copy, row.number, self._cache, self._cache_limit)

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
            copy = self._copy(connection, row)
        return self._brought(row, copy), row.state == RunState.ENDED

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
            wanted = [(row, self._copy(connection, row)) for row in rows if open_to(actor, row)]
        return tuple((row.number, self._brought(row, copy)) for row, copy in wanted)
