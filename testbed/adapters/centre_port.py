"""The centre as a bench worker sees it, over the database and a local directory."""

import json
import logging
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from runs.results import Result, write_results
from testbed.adapters.audit_store import write_audit
from testbed.adapters.catalogue_files import read_item
from testbed.adapters.catalogue_index import refresh
from testbed.adapters.database import Database
from testbed.adapters.run_calibrations import calibrations
from testbed.adapters.run_json import read_specification, write_progress, write_result
from testbed.adapters.run_tables import benches, leases, run_commands, runs
from testbed.adapters.tables import (
    accounts,
    bookings,
    organisations,
    specimens,
)
from testbed.domain.bookings import BookingState
from testbed.domain.clock import Clock
from testbed.domain.conformity import Outcome
from testbed.domain.names import Name
from testbed.domain.review import ReviewState, review_at_end
from testbed.domain.runs import RunState, RunStep, after
from testbed.engine import segments
from testbed.engine.ports import (
    Assignment,
    BenchState,
    Command,
    CommandKind,
    Ending,
    Progress,
    RunResult,
)
from testbed.services.commands import BookingKind

__all__ = ["DatabaseCentre"]

_log = logging.getLogger(__name__)
_LIVE = (str(RunState.RUNNING), str(RunState.PAUSED))


class DatabaseCentre:
    """Claims, heartbeats and results; see `testbed.engine.ports.Centre`.

    Parameters
    ----------
    runs_directory
        Where the files of runs are kept.
    """

    def __init__(self, database: Database, runs_directory: Path, clock: Clock) -> None:
        self._database = database
        self._runs = runs_directory
        self._clock = clock

    def introduce(self, bench: str, title: Name) -> None:
        """Make a bench known by its name and title."""
        with self._database.writing() as connection:
            titles = {"title_ko": title.ko, "title_en": title.en}
            done = connection.execute(
                update(benches).where(benches.c.name == bench).values(**titles)
            )
            if done.rowcount == 0:
                state = str(BenchState.OFFLINE)
                connection.execute(
                    insert(benches).values(name=bench, state=state, detail="", **titles)
                )
            connection.commit()

    def bench_is(self, bench: str, state: BenchState, detail: str = "") -> None:
        """Report the state of a bench; *unsafe* stays until it is cleared and proven."""
        now = self._clock.now()
        with self._database.writing() as connection:
            query = select(benches.c.state).where(benches.c.name == bench).with_for_update()
            known = connection.scalar(query)
            if state is BenchState.UNSAFE:
                self._unsafe(connection, bench, detail, now)
            values: dict[str, object] = {"seen": now, "pid": os.getpid()}
            if not (state.refuses or _refuses(known)):
                values |= {"state": str(state), "detail": detail}
            connection.execute(update(benches).where(benches.c.name == bench).values(**values))
            connection.commit()

    @staticmethod
    def _unsafe(connection: Connection, bench: str, detail: str, now: datetime) -> None:
        """Mark a bench as unsafe; the first cause stays until it is cleared."""
        marked = connection.execute(
            update(benches)
            .where(benches.c.name == bench, benches.c.state != str(BenchState.UNSAFE))
            .values(state=str(BenchState.UNSAFE), detail=detail)
        )
        if marked.rowcount:
            write_audit(connection, now, None, None, bench, "unsafe", detail)

    def is_cleared(self, bench: str) -> bool:
        """Tell whether a bench waits for a fresh proof."""
        with self._database.reading() as connection:
            state = connection.scalar(select(benches.c.state).where(benches.c.name == bench))
        return bool(state == BenchState.CLEARED)

    def proven(self, bench: str) -> None:
        """Let a cleared bench take work again, and give back what its last run held."""
        now = self._clock.now()
        with self._database.writing() as connection:
            changed = connection.execute(
                update(benches)
                .where(benches.c.name == bench, benches.c.state == str(BenchState.CLEARED))
                .values(state=str(BenchState.READY), detail="", seen=now)
            )
            if changed.rowcount != 1:
                return
            ended = select(runs.c.id).where(
                runs.c.bench == bench, runs.c.state == str(RunState.ENDED)
            )
            connection.execute(delete(leases).where(leases.c.run_id.in_(ended)))
            write_audit(connection, now, None, None, bench, "prove", "")
            connection.commit()

    def claim(self, bench: str) -> Assignment | None:
        """Claim the next queued run and its instruments' leases, all or nothing."""
        with self._database.reading() as connection:
            waiting = connection.scalar(
                select(runs.c.id).where(runs.c.bench == bench, runs.c.state == str(RunState.QUEUED))
            )
        if waiting is None:
            return None
        now = self._clock.now()
        with self._database.writing() as connection:
            state = connection.scalar(
                select(benches.c.state).where(benches.c.name == bench).with_for_update()
            )
            if _refuses(state):
                return None
            row = connection.execute(
                select(runs)
                .where(runs.c.bench == bench, runs.c.state == str(RunState.QUEUED))
                .order_by(runs.c.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).first()
            if row is None:
                return None
            if self._lapsed(connection, row, now):
                connection.commit()
                return None
            assignment = self._assignment(connection, row.number)
            try:
                connection.execute(
                    insert(leases),
                    [
                        {"resource": resource, "run_id": row.id, "taken": now}
                        for resource in _resources(bench, assignment)
                    ],
                )
            except IntegrityError:
                return None
            claimed = connection.execute(
                update(runs)
                .where(runs.c.id == row.id, runs.c.state == str(RunState.QUEUED))
                .values(
                    state=str(after(RunState.QUEUED, RunStep.CLAIM)), started=now, heartbeat=now
                )
            )
            if claimed.rowcount != 1:
                return None
            write_audit(connection, now, None, row.organisation_id, row.number, "claim", bench)
            refresh(connection, [row.id])
            connection.commit()
        return assignment

    @staticmethod
    def _lapsed(connection: Connection, row: Row[Any], now: datetime) -> bool:
        """Withdraw a run that waited until its booking was over: nothing runs outside of one."""
        booked = connection.execute(
            select(bookings.c.state, bookings.c.start, bookings.c.end).where(
                bookings.c.id == row.booking_id
            )
        ).one()
        if booked.state == BookingState.APPROVED and booked.start <= now < booked.end:
            return False
        connection.execute(
            update(runs)
            .where(runs.c.id == row.id)
            .values(
                state=str(after(RunState.QUEUED, RunStep.WITHDRAW)),
                ending=str(Ending.ABORTED),
                outcome=str(Outcome.INVALID),
                ended=now,
            )
        )
        write_audit(connection, now, None, row.organisation_id, row.number, "withdraw", "")
        refresh(connection, [row.id])
        return True

    def beat(self, run: str, progress: Progress) -> tuple[Command, ...]:
        """Keep the progress of a run and hand out the commands that wait, each once."""
        with self._database.writing() as connection:
            row = connection.execute(
                select(runs.c.id, runs.c.state, runs.c.booking_id)
                .where(runs.c.number == run)
                .with_for_update()
            ).one()
            if row.state not in _LIVE:
                return ()
            connection.execute(
                update(runs)
                .where(runs.c.id == row.id)
                .values(
                    heartbeat=self._clock.now(),
                    rows=progress.rows,
                    progress=write_progress(progress),
                    state=str(_state(RunState(row.state), stands=progress.stands)),
                )
            )
            waiting = connection.execute(
                select(run_commands)
                .where(run_commands.c.run_id == row.id)
                .order_by(run_commands.c.id)
            ).all()
            if waiting:
                connection.execute(
                    delete(run_commands).where(run_commands.c.id <= waiting[-1].id,
                                               run_commands.c.run_id == row.id)
                )  # fmt: skip
            renewed = _renewed(connection, row.booking_id, progress.lease_ends)
            connection.commit()
        return renewed + tuple(
            Command(kind=CommandKind(each.kind), prompt=each.prompt, text=each.text, by=each.by)
            for each in waiting
        )

    def finished(self, run: str, result: RunResult) -> None:
        """Keep the result, seal the file's hash, and give the leases back; once."""
        with self._database.reading() as connection:
            query = select(runs.c.file).where(runs.c.number == run)
            place = connection.execute(query).scalar_one()
        file = self._runs / place
        digest = segments.digest(file) if file.exists() else ""
        if file.exists() and result.judgements:
            _write_results(file, result)
        told = {place: read_item(self._runs, place)}
        now = self._clock.now()
        with self._database.writing() as connection:
            row = connection.execute(
                select(runs, bookings.c.kind)
                .join_from(runs, bookings, bookings.c.id == runs.c.booking_id)
                .where(runs.c.number == run)
                .with_for_update(of=runs)
            ).one()
            if row.state not in _LIVE:
                return
            review = review_at_end(
                completed=result.ending is Ending.COMPLETED,
                for_customer=row.kind == BookingKind.REQUESTED,
            )
            connection.execute(
                update(runs)
                .where(runs.c.id == row.id)
                .values(
                    state=str(after(RunState(row.state), RunStep.END)),
                    ending=str(result.ending),
                    outcome=str(result.outcome),
                    review=str(review),
                    ended=result.ended,
                    rows=result.rows,
                    file_hash=digest,
                    progress="{}",
                    result=write_result(result),
                )
            )
            if result.safe:
                connection.execute(delete(leases).where(leases.c.run_id == row.id))
            else:
                self._unsafe(connection, row.bench, result.unsafe, now)
            connection.execute(delete(run_commands).where(run_commands.c.run_id == row.id))
            detail = f"{result.ending} {result.outcome}"
            write_audit(connection, now, None, row.organisation_id, run, "end", detail)
            if review is ReviewState.WAITING:
                write_audit(connection, now, None, row.organisation_id, run, "submit", "")
            refresh(connection, [row.id], told)
            connection.commit()

    def lost_runs(self, bench: str) -> tuple[Assignment, ...]:
        """List runs of this bench that are on record as going on."""
        with self._database.reading() as connection:
            numbers = connection.scalars(
                select(runs.c.number)
                .where(runs.c.bench == bench, runs.c.state.in_(_LIVE))
                .order_by(runs.c.id)
            ).all()
            return tuple(self._assignment(connection, number) for number in numbers)

    def _assignment(self, connection: Connection, number: str) -> Assignment:
        row = connection.execute(
            select(
                runs,
                bookings.c.number.label("booking"),
                bookings.c.end.label("lease_ends"),
                bookings.c.kind,
                organisations.c.code.label("organisation_code"),
                organisations.c.name_ko.label("organisation_ko"),
                organisations.c.name_en.label("organisation"),
                accounts.c.login.label("performer"),
                specimens.c.number.label("specimen"),
                specimens.c.name.label("specimen_name"),
            )
            .join_from(runs, bookings, bookings.c.id == runs.c.booking_id)
            .join(organisations, organisations.c.id == runs.c.organisation_id)
            .join(accounts, accounts.c.id == runs.c.performer_id)
            .outerjoin(specimens, specimens.c.id == runs.c.specimen_id)
            .where(runs.c.number == number)
        ).one()
        known, calibrated = calibrations(connection, row.booking_id)
        facts = {
            "booking": row.booking,
            "bench": row.bench,
            "booking_kind": row.kind,
            "organisation": row.organisation,
            "organisation_ko": row.organisation_ko,
            "organisation_code": row.organisation_code,
            "performer": row.performer,
            "specimen": row.specimen or "",
            "specimen_name": row.specimen_name or "",
            **known,
        }
        limits, rule = read_specification(row.limits)
        return Assignment(
            run=row.number,
            method=row.method,
            version=row.version,
            parameters=json.loads(row.parameters),
            limits=limits,
            rule=rule,
            facts=facts,
            file=self._runs / row.file,
            lease_ends=_lease_ends(row.maintenance, row.lease_ends),
            continues=self._earlier(connection, row.continues_id),
            calibrated=calibrated,
        )

    def _earlier(self, connection: Connection, run: int | None) -> tuple[Path, ...]:
        """Name the files of the segments before a run, oldest first."""
        found: list[Path] = []
        query = select(runs.c.file, runs.c.continues_id)
        while run is not None:
            file, before = connection.execute(query.where(runs.c.id == run)).one()
            found, run = [self._runs / file, *found], before
        return tuple(found)


def _write_results(file: Path, result: RunResult) -> None:
    """Put what was found beside the file, for a catalogue that has nothing but files."""
    values = [
        Result(name=each.measurand, value=each.value, unit=each.unit)
        for each in result.judgements
        if each.value is not None
    ]
    try:
        write_results(file, str(result.outcome), values)
    except OSError as error:
        # The database has them as well; a run must end also where the disk is full.
        _log.warning("the results of %s do not lie beside it: %s", file, error)


def _refuses(state: str | None) -> bool:
    return state is not None and BenchState(state).refuses


def _state(state: RunState, *, stands: bool) -> RunState:
    if stands == (state is RunState.PAUSED):
        return state
    return after(state, RunStep.PAUSE if stands else RunStep.RESUME)


def _renewed(connection: Connection, booking: int, known: datetime | None) -> tuple[Command, ...]:
    """Tell a run when its booking ends, where that is not what it knows."""
    if known is None:
        return ()
    end = connection.scalar(select(bookings.c.end).where(bookings.c.id == booking))
    return () if end == known else (Command(kind=CommandKind.LEASE, until=end),)


def _lease_ends(maintenance: bool, end: datetime) -> datetime | None:
    # Maintenance keeps the bench until it is done; its booking says when that is expected.
    return None if maintenance else end


def _resources(bench: str, assignment: Assignment) -> tuple[str, ...]:
    """Name what the run holds alone: its bench, and every registered instrument."""
    codes = (value for key, value in assignment.facts.items() if key.endswith("_equipment"))
    return (f"bench {bench}", *sorted(codes))
