"""Runs and reviews in the database."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from unicodedata import normalize
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, insert, or_, select, update

from testbed.adapters.audit_store import write_audit
from testbed.adapters.catalogue_index import refresh
from testbed.adapters.database import Database
from testbed.adapters.run_json import read_progress, read_specification, write_specification
from testbed.adapters.run_tables import benches, run_commands, run_comments, runs
from testbed.adapters.tables import (
    authorisations,
    booking_items,
    bookings,
    equipment,
    organisations,
    specimens,
)
from testbed.domain.people import Activity, Actor, Authorisation
from testbed.domain.review import ReviewState
from testbed.domain.runs import RunState, RunStep, after
from testbed.domain.starting import UsedInstrument
from testbed.engine.ports import BenchState, Command, Ending
from testbed.i18n import LOCALES, words
from testbed.services.commands import BookingKind
from testbed.services.execution import (
    BenchCondition,
    EarlierSegment,
    NewRun,
    StartFacts,
)
from testbed.services.review import ReviewedRun
from testbed.services.steering import ControlledRun

__all__ = ["SILENCE", "DatabaseReviews", "DatabaseRuns", "searchable"]

SILENCE = timedelta(seconds=10)
_CENTRE = ZoneInfo("Asia/Seoul")


def searchable(text: str) -> str:
    """Fold a text for searching: letter case, and the ways in which Hangul can be composed."""
    return normalize("NFKC", text).casefold()


class DatabaseRuns:
    """Opens changes of runs, for execution and review alike."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def change(self, now: datetime) -> Iterator["_Change"]:
        """Open a change that is rolled back unless it commits."""
        with self._database.writing() as connection:
            yield _Change(connection, now)


class _Change:
    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._changed: set[int] = set()

    def facts(self, actor: Actor, booking: str) -> StartFacts | None:
        query = select(bookings).where(bookings.c.number == booking).with_for_update()
        if not actor.is_staff:
            query = query.where(bookings.c.organisation_id == actor.organisation)
        row = self._connection.execute(query).mappings().first()
        if row is None:
            return None
        used = self._connection.execute(
            select(equipment)
            .join_from(booking_items, equipment)
            .where(booking_items.c.booking_id == row["id"], equipment.c.role != "")
        ).mappings()
        specimen = self._connection.scalar(
            select(specimens.c.number).where(specimens.c.id == row["specimen_id"])
        )
        return StartFacts(
            booking=row["id"],
            number=row["number"],
            kind=BookingKind(row["kind"]),
            organisation=row["organisation_id"],
            state=row["state"],
            start=row["start"],
            end=row["end"],
            method=row["method"],
            specimen=specimen or "",
            instruments=tuple(
                UsedInstrument(
                    equipment=each["code"],
                    bench=each["bench"],
                    role=each["role"],
                    calibrated_until=_end_of(each["calibration_due"]),
                )
                for each in used
            ),
        )

    def authorisations(self, actor: Actor) -> tuple[Authorisation, ...]:
        rows = self._connection.execute(
            select(authorisations).where(authorisations.c.account_id == actor.account)
        ).mappings()
        return tuple(
            Authorisation(
                account=row["account_id"],
                method=row["method"],
                version=row["version"],
                activity=Activity(row["activity"]),
                valid_from=row["valid_from"],
                valid_to=row["valid_to"],
            )
            for row in rows
        )

    def condition(self, bench: str, now: datetime) -> BenchCondition:
        # Held, so that of two who start at once on one bench the second sees the first.
        query = select(benches).where(benches.c.name == bench).with_for_update()
        row = self._connection.execute(query).first()
        busy = self._connection.scalar(
            select(runs.c.id)
            .where(runs.c.bench == bench, runs.c.state != str(RunState.ENDED))
            .limit(1)
        )
        if row is None:
            return BenchCondition(unsafe=False, offline=True, busy=busy is not None)
        silent = row.seen is None or now - row.seen > SILENCE
        return BenchCondition(
            unsafe=BenchState(row.state).refuses,
            cause=row.detail,
            offline=silent or row.state == BenchState.OFFLINE,
            busy=busy is not None,
        )

    def sent_back(
        self, organisation: int, specimen: str, method: str
    ) -> tuple[int, str, ReviewState, bool] | None:
        row = self._connection.execute(
            select(runs.c.id, runs.c.number, runs.c.review)
            .join_from(runs, specimens, specimens.c.id == runs.c.specimen_id)
            .where(
                runs.c.organisation_id == organisation,
                specimens.c.number == specimen,
                runs.c.method == method,
                runs.c.review == str(ReviewState.SENT_BACK),
            )
            .order_by(runs.c.id.desc())
            .limit(1)
        ).first()
        if row is None:
            return None
        repeated = self._connection.scalar(
            select(runs.c.id)
            .where(
                runs.c.repeats_id == row.id,
                or_(runs.c.ending.is_(None), runs.c.ending == str(Ending.COMPLETED)),
            )
            .limit(1)
        )
        return row.id, row.number, ReviewState(row.review), repeated is not None

    def owns_specimen(self, organisation: int, number: str) -> bool:
        query = select(specimens.c.id).where(
            specimens.c.number == number, specimens.c.organisation_id == organisation
        )
        return self._connection.scalar(query) is not None

    def add(self, actor: Actor, new: NewRun, now: datetime) -> str:
        specimen = self._connection.execute(
            select(specimens.c.id, specimens.c.number, specimens.c.name).where(
                specimens.c.number == new.specimen,
                specimens.c.organisation_id == new.organisation,
            )
        ).first()
        firm = self._connection.execute(
            select(organisations).where(organisations.c.id == new.organisation)
        ).one()
        identifier = self._connection.execute(
            insert(runs)
            .values(
                number=uuid4().hex,
                booking_id=new.booking,
                organisation_id=new.organisation,
                performer_id=actor.account,
                specimen_id=None if specimen is None else specimen.id,
                repeats_id=new.repeats,
                continues_id=new.continues,
                bench=new.bench,
                method=new.method,
                version=new.version,
                parameters=json.dumps(dict(new.parameters)),
                limits=write_specification(new.limits, new.rule),
                state=str(RunState.QUEUED),
                review=str(ReviewState.NONE),
                maintenance=new.maintenance,
                created=now,
                progress="{}",
                rows=0,
                file="",
                file_hash="",
                result="{}",
                search="",
            )
            .returning(runs.c.id)
        ).scalar_one()
        year = now.astimezone(_CENTRE).year
        number = f"R-{year}-{identifier:05d}"
        said = [number, new.method, new.bench, firm.name_ko, firm.name_en]
        said += [words(locale)(f"method.{new.method}") for locale in LOCALES]
        if specimen is not None:
            said += [specimen.number, specimen.name]
        self._connection.execute(
            update(runs)
            .where(runs.c.id == identifier)
            .values(
                number=number,
                file=f"{year}/{number}.h5",
                search=searchable(" ".join(said)),
            )
        )
        self._changed.add(identifier)
        return number

    def run(self, actor: Actor, number: str) -> ControlledRun | None:
        row = self._visible(actor, number)
        if row is None:
            return None
        standing = read_progress(row.progress)
        return ControlledRun(
            id=row.id,
            number=row.number,
            organisation=row.organisation_id,
            bench=row.bench,
            state=RunState(row.state),
            direct=row.kind == BookingKind.DIRECT,
            prompt=standing.prompt,
            paused=standing.paused,
            suspended=standing.suspended,
        )

    def earlier_segment(self, actor: Actor, number: str) -> EarlierSegment | None:
        row = self._visible(actor, number)
        if row is None:
            return None
        specimen = self._connection.scalar(
            select(specimens.c.number).where(specimens.c.id == row.specimen_id)
        )
        follower = self._connection.scalar(select(runs.c.id).where(runs.c.continues_id == row.id))
        limits, rule = read_specification(row.limits)
        return EarlierSegment(
            id=row.id,
            number=row.number,
            organisation=row.organisation_id,
            method=row.method,
            version=row.version,
            parameters=json.loads(row.parameters),
            limits=limits,
            rule=rule,
            specimen=specimen or "",
            interrupted=row.ending == Ending.INTERRUPTED,
            continued=follower is not None,
        )

    def reviewed(self, actor: Actor, number: str) -> ReviewedRun | None:
        """Load a run for its reviewers' rules."""
        row = self._visible(actor, number)
        if row is None:
            return None
        performers, earlier = {row.performer_id}, row.repeats_id
        while earlier is not None:
            performer, earlier = self._connection.execute(
                select(runs.c.performer_id, runs.c.repeats_id).where(runs.c.id == earlier)
            ).one()
            performers.add(performer)
        return ReviewedRun(
            id=row.id,
            number=row.number,
            organisation=row.organisation_id,
            method=row.method,
            version=row.version,
            review=ReviewState(row.review),
            performers=frozenset(performers),
        )

    def _visible(self, actor: Actor, number: str) -> Row[Any] | None:
        query = (
            select(runs, bookings.c.kind)
            .join_from(runs, bookings, bookings.c.id == runs.c.booking_id)
            .where(runs.c.number == number)
            .with_for_update(of=runs)
        )
        if not actor.is_staff:
            query = query.where(
                runs.c.organisation_id == actor.organisation, runs.c.maintenance.is_(False)
            )
        return self._connection.execute(query).first()

    def tell(self, run: int, command: Command) -> None:
        self._connection.execute(
            insert(run_commands).values(
                run_id=run,
                kind=str(command.kind),
                prompt=command.prompt,
                text=command.text,
                by=command.by,
            )
        )

    def withdraw(self, run: int, now: datetime) -> None:
        state = after(RunState.QUEUED, RunStep.WITHDRAW)
        self._connection.execute(
            update(runs)
            .where(runs.c.id == run, runs.c.state == str(RunState.QUEUED))
            .values(state=str(state), ending=str(Ending.ABORTED), outcome="invalid", ended=now)
        )
        self._changed.add(run)

    def clear_bench(self, bench: str) -> bool:
        cleared = self._connection.execute(
            update(benches)
            .where(benches.c.name == bench, benches.c.state == str(BenchState.UNSAFE))
            .values(state=str(BenchState.CLEARED))
        )
        return cleared.rowcount == 1

    def decide(self, run: int, state: ReviewState) -> None:
        self._connection.execute(update(runs).where(runs.c.id == run).values(review=str(state)))
        self._changed.add(run)

    def comment(self, run: int, actor: Actor, text: str, decision: str) -> None:
        self._connection.execute(
            insert(run_comments).values(
                run_id=run, account_id=actor.account, at=self._now, text=text, decision=decision
            )
        )

    def audit(
        self,
        actor: Actor,
        organisation: int | None,
        subject: str,
        transition: str,
        detail: str,
    ) -> None:
        write_audit(
            self._connection, self._now, actor.account, organisation, subject, transition, detail
        )

    def commit(self) -> None:
        refresh(self._connection, self._changed)
        self._connection.commit()


def _end_of(day: date | None) -> datetime | None:
    """Turn the last valid day into the instant at which it ends in the centre."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=1), time(), _CENTRE).astimezone(UTC)


class DatabaseReviews:
    """Opens changes of reviews."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def change(self, now: datetime) -> Iterator["_ReviewChange"]:
        """Open a change that is rolled back unless it commits."""
        with self._database.writing() as connection:
            yield _ReviewChange(connection, now)


class _ReviewChange(_Change):
    def run(self, actor: Actor, number: str) -> ReviewedRun | None:  # type: ignore[override]
        return self.reviewed(actor, number)
