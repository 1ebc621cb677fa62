"""What the screens read of runs and benches, scoped to the person in the query itself.

A firm knows that its runs exist and how they ended; values, curve and file it sees once the run
is accepted, or at once where it used the equipment itself.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.exc import DBAPIError

from testbed.adapters.database import Database, repeated
from testbed.adapters.run_json import read_progress, read_result
from testbed.adapters.run_store import SILENCE, searchable
from testbed.adapters.run_tables import benches, run_comments, runs
from testbed.adapters.tables import (
    accounts,
    booking_items,
    bookings,
    equipment,
    organisations,
    specimens,
)
from testbed.domain.clock import Clock
from testbed.domain.conformity import Outcome
from testbed.domain.names import Name
from testbed.domain.people import Actor, Role
from testbed.domain.review import ReviewState
from testbed.domain.runs import RunState
from testbed.engine.ports import BenchState, Ending
from testbed.procedure import Procedure
from testbed.services.commands import BookingKind
from testbed.services.rows import (
    BenchRow,
    CommentRow,
    LiveRow,
    RunDetail,
    RunPage,
    RunRow,
)

__all__ = ["AT_ONCE", "Health", "RunQueries", "open_to", "rows_of", "visible"]

AT_ONCE = 25
"""Runs on a page, where nothing else is asked for."""

_LIVE = (str(RunState.QUEUED), str(RunState.RUNNING), str(RunState.PAUSED))
_READY = (str(BenchState.READY), str(BenchState.RUNNING))


@dataclass(frozen=True, slots=True)
class Health:
    """Whether everything is ready; `parts` tells by name, for staff."""

    ok: bool
    parts: Mapping[str, str]


def visible(actor: Actor, query: Select[Any]) -> Select[Any]:
    """Narrow a query on `runs` to those that the person may know of."""
    if actor.is_staff:
        return query
    return query.where(runs.c.organisation_id == actor.organisation, runs.c.maintenance.is_(False))


def open_to(actor: Actor, row: Row[Any]) -> bool:
    """Tell whether the person may see what a run found, and its file."""
    return actor.is_staff or row.review == ReviewState.ACCEPTED or row.kind == BookingKind.DIRECT


def _open_to(actor: Actor) -> ColumnElement[bool]:
    """State `open_to` as a condition on runs joined with their bookings."""
    if actor.is_staff:
        return true()
    return or_(
        runs.c.review == str(ReviewState.ACCEPTED), bookings.c.kind == str(BookingKind.DIRECT)
    )


def _select(*which: ColumnElement[Any]) -> Select[Any]:
    return (
        select(
            *(which or runs.c),
            bookings.c.number.label("booking"),
            bookings.c.kind,
            organisations.c.name_ko.label("firm_ko"),
            organisations.c.name_en.label("firm_en"),
            accounts.c.name_ko.label("performer_ko"),
            accounts.c.name_en.label("performer_en"),
            specimens.c.number.label("specimen"),
            specimens.c.name.label("specimen_name"),
        )
        .join_from(runs, bookings, bookings.c.id == runs.c.booking_id)
        .join(organisations, organisations.c.id == runs.c.organisation_id)
        .join(accounts, accounts.c.id == runs.c.performer_id)
        .outerjoin(specimens, specimens.c.id == runs.c.specimen_id)
    )


def rows_of(
    connection: Connection, actor: Actor, ids: Sequence[int]
) -> dict[int, tuple[RunRow, bool]]:
    """Read rows by the ids of their runs, those that the person may know of, and what is open."""
    rows = connection.execute(visible(actor, _LISTED), {"ids": repeated(ids, AT_ONCE)})
    return {row.id: (_row(actor, row), open_to(actor, row)) for row in rows}


_SHOWN = ("id", "number", "method", "version", "bench", "started", "ended", "state", "ending",
          "outcome", "review")  # fmt: skip
_LISTED = _select(*(runs.c[name] for name in _SHOWN)).where(
    runs.c.id.in_(bindparam("ids", expanding=True))
)


class RunQueries:
    """Reads runs, what goes on, and the benches."""

    def __init__(
        self, database: Database, methods: Mapping[str, type[Procedure]], clock: Clock
    ) -> None:
        self._database = database
        self._methods = methods
        self._clock = clock

    def runs(
        self,
        actor: Actor,
        search: str = "",
        page: int = 1,
        size: int = 25,
        *,
        waiting: bool = False,
        outcome: str = "",
    ) -> RunPage:
        """List runs, newest first; every word of `search` has to be found."""
        query = visible(actor, _select())
        for word in searchable(search).split():
            escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            query = query.where(runs.c.search.like(f"%{escaped}%", escape="\\"))
        if waiting:
            query = query.where(runs.c.review == str(ReviewState.WAITING))
        if outcome:
            found = and_(runs.c.outcome == outcome, _open_to(actor))
            query = query.where(or_(found, runs.c.ending == outcome))
        with self._database.reading() as connection:
            total = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
            pages = max(1, -(-total // size))
            page = min(max(page, 1), pages)
            rows = connection.execute(
                query.order_by(runs.c.id.desc()).limit(size).offset((page - 1) * size)
            ).all()
        return RunPage(tuple(_row(actor, row) for row in rows), total, page, pages)

    def run(self, actor: Actor, number: str) -> RunDetail | None:
        """Read one run with all that its page shows."""
        query = visible(actor, _select()).where(runs.c.number == number)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
            if row is None:
                return None
            comments = self._comments(connection, row.id)
            instruments = _instruments(connection, row.booking_id)
        method = self._methods.get(row.method)
        opened = open_to(actor, row)
        judgements, findings, constructions, remark = read_result(row.result)
        ended = row.state == RunState.ENDED
        declared = {} if method is None else method.declared_params()
        return RunDetail(
            row=_row(actor, row),
            channels=_channels(method) if opened else {},
            plots=_plots(method) if opened else (),
            parameters=json.loads(row.parameters),
            parameter_units={name: getattr(each, "unit", "") for name, each in declared.items()},
            judgements=judgements if opened else (),
            findings=findings if opened else (),
            constructions=constructions if opened else (),
            comments=comments if opened else (),
            audit=(),
            instruments=instruments,
            rows=row.rows,
            file_name=f"{row.number}.h5",
            file_hash=row.file_hash if opened else "",
            remark=remark,
            may_review=row.review == ReviewState.WAITING
            and actor.has(Role.REVIEWER)
            and actor.account != row.performer_id,
            may_comment=ended and (actor.is_staff or opened),
            may_download=ended and opened and row.file_hash != "",
            may_control=not ended and _controls(actor, row),
        )

    @staticmethod
    def _comments(connection: Connection, run: int) -> tuple[CommentRow, ...]:
        rows = connection.execute(
            select(run_comments, accounts.c.name_ko, accounts.c.name_en)
            .join_from(run_comments, accounts)
            .where(run_comments.c.run_id == run)
            .order_by(run_comments.c.id)
        )
        return tuple(
            CommentRow(
                person=Name(ko=row.name_ko, en=row.name_en),
                at=row.at,
                text=row.text,
                decision=row.decision,
            )
            for row in rows
        )

    def live(self, actor: Actor) -> tuple[LiveRow, ...]:
        """List what is queued or going on."""
        query = visible(actor, _select()).where(runs.c.state.in_(_LIVE))
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(runs.c.id)).all()
        return tuple(self._live(actor, row) for row in rows)

    def live_one(self, actor: Actor, number: str) -> LiveRow | None:
        """Read one run that is queued or going on."""
        query = visible(actor, _select()).where(runs.c.number == number, runs.c.state.in_(_LIVE))
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else self._live(actor, row)

    def _live(self, actor: Actor, row: Row[Any]) -> LiveRow:
        method = self._methods.get(row.method)
        standing = read_progress(row.progress)
        seen = row.heartbeat or row.created
        opened = open_to(actor, row)
        return LiveRow(
            row=_row(actor, row),
            phase=standing.phase,
            phases=() if method is None else tuple(p.name for p in method.declared_phases()),
            done=standing.done,
            remaining=standing.remaining,
            paused=standing.paused,
            suspended=standing.suspended,
            stopping=standing.stopping,
            prompt=standing.prompt if _controls(actor, row) else None,
            channels=_channels(method) if opened else {},
            plots=_plots(method) if opened else (),
            rows=row.rows,
            heartbeat_age=max((self._clock.now() - seen).total_seconds(), 0.0),
            may_control=_controls(actor, row),
        )

    def benches(self, actor: Actor) -> tuple[BenchRow, ...]:
        """List the benches; what runs on them is told to those who may know of the run."""
        now = self._clock.now()
        query = visible(actor, select(runs.c.number, runs.c.bench)).where(runs.c.state.in_(_LIVE))
        with self._database.reading() as connection:
            going = {row.bench: row.number for row in connection.execute(query)}
            rows = connection.execute(select(benches).order_by(benches.c.name)).all()
        return tuple(
            BenchRow(
                name=row.name,
                title=Name(ko=row.title_ko, en=row.title_en),
                state=_state(row, now),
                detail=row.detail if actor.is_staff else "",
                run=going.get(row.name, ""),
                seen_seconds_ago=None if row.seen is None else (now - row.seen).total_seconds(),
                worker_pid=row.pid if actor.is_staff else None,
            )
            for row in rows
        )

    def health(self) -> Health:
        """Tell whether web, database and every bench are ready."""
        now = self._clock.now()
        try:
            with self._database.reading() as connection:
                rows = connection.execute(select(benches).order_by(benches.c.name)).all()
        except DBAPIError as error:
            return Health(False, {"web": "ready", "database": type(error.orig).__name__})
        parts = {"web": "ready", "database": "ready"}
        parts |= {f"bench {row.name}": str(_state(row, now)) for row in rows}
        ok = all(_state(row, now) in _READY for row in rows)
        return Health(ok, parts)


def _state(row: Row[Any], now: datetime) -> BenchState:
    if BenchState(row.state).refuses:
        return BenchState(row.state)
    silent = row.seen is None or now - row.seen > SILENCE
    return BenchState.OFFLINE if silent else BenchState(row.state)


def _controls(actor: Actor, row: Row[Any]) -> bool:
    own = row.kind == BookingKind.DIRECT and row.organisation_id == actor.organisation
    return actor.has(Role.ENGINEER) or own


def _row(actor: Actor, row: Row[Any]) -> RunRow:
    opened = open_to(actor, row)
    return RunRow(
        number=row.number,
        method=row.method,
        version=row.version,
        bench=row.bench,
        specimen=row.specimen or "",
        specimen_name=row.specimen_name or "",
        organisation=Name(ko=row.firm_ko, en=row.firm_en),
        performer=Name(ko=row.performer_ko, en=row.performer_en),
        booking=row.booking,
        started=row.started,
        ended=row.ended,
        state=row.state,
        ending=None if row.ending is None else Ending(row.ending),
        outcome=Outcome(row.outcome) if opened and row.outcome else None,
        review=row.review,
        # No value carries an uncertainty yet, so that no verdict can be reported.
        reportable=False,
    )


def _channels(method: type[Procedure] | None) -> dict[str, str]:
    return {} if method is None else {each.name: each.unit for each in method.channels}


def _plots(method: type[Procedure] | None) -> tuple[tuple[str, str], ...]:
    return () if method is None else tuple((plot.x, plot.y) for plot in method.plots)


def _instruments(connection: Connection, booking: int) -> dict[str, str]:
    rows = connection.execute(
        select(equipment)
        .join_from(booking_items, equipment)
        .where(booking_items.c.booking_id == booking, equipment.c.role != "")
        .order_by(booking_items.c.position)
    )
    found = {}
    for row in rows:
        due = "" if row.calibration_due is None else f", {row.calibration_due.isoformat()}"
        found[row.role] = f"{row.maker} {row.model}, {row.serial}{due}"
    return found
