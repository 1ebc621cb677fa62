"""From slots of the catalogue to the rows that people see, each checked against who asks."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select

from testbed.adapters.catalogue_tables import catalogue_entries
from testbed.adapters.database import repeated
from testbed.adapters.run_queries import AT_ONCE, rows_of
from testbed.adapters.tables import EPOCH
from testbed.domain.conformity import Outcome
from testbed.domain.names import Name
from testbed.domain.people import Actor
from testbed.engine.ports import Ending
from testbed.services.catalogue import FoundRun
from testbed.services.rows import RunRow

__all__ = ["found_runs"]

_SLOTS = catalogue_entries.c.slot.in_(bindparam("slots", expanding=True))
_ENTRIES = select(
    catalogue_entries.c.slot, catalogue_entries.c.place, catalogue_entries.c.run_id
).where(_SLOTS)
_FILES = select(
    catalogue_entries.c.slot, catalogue_entries.c.content, catalogue_entries.c.facts
).where(_SLOTS)


def found_runs(
    connection: Connection,
    actor: Actor,
    slots: Sequence[int],
    values: Mapping[int, Mapping[str, float]],
) -> tuple[FoundRun, ...]:
    """Read the rows of some slots, in their order.

    Parameters
    ----------
    values
        Results to be shown with each slot, where the person may see them.
    """
    entries = {row.slot: row for row in _read(connection, _ENTRIES, slots)}
    on_record = [row.run_id for row in entries.values() if row.run_id is not None]
    known = rows_of(connection, actor, on_record) if on_record else {}
    alone = [slot for slot, row in entries.items() if row.run_id is None]
    files = {row.slot: row for row in _read(connection, _FILES, alone)} if alone else {}
    found = []
    for slot in slots:
        title = ""
        if slot in files:
            told, facts = (
                json.loads(each or "{}") for each in (files[slot].content, files[slot].facts)
            )
            row, opened = _from_file(actor, entries[slot].place, told, facts), actor.is_staff
            title = told["title"]
        elif entries[slot].run_id in known:
            row, opened = known[entries[slot].run_id]
        else:
            # Hidden or gone since the catalogue was written; the next refresh takes it out.
            continue
        found.append(
            FoundRun(
                row=row,
                place=entries[slot].place if actor.is_staff else "",
                title=title,
                on_record=slot not in files,
                values=values.get(slot, {}) if opened else {},
            )
        )
    return tuple(found)


def _read(connection: Connection, query: Select[Any], slots: Sequence[int]) -> Sequence[Row[Any]]:
    return connection.execute(query, {"slots": repeated(slots, AT_ONCE)}).all()


def _from_file(
    actor: Actor, place: str, told: Mapping[str, Any], facts: Mapping[str, Any]
) -> RunRow:
    recording = told["status"] == "recording"
    outcome = told["outcome"] if actor.is_staff else ""
    firm = Name(
        ko=facts.get("organisation_ko") or told["organisation_ko"] or told["organisation"],
        en=facts.get("organisation_en") or told["organisation"],
    )
    return RunRow(
        number=told["run"] or place,
        method=told["method"],
        version=told["version"],
        bench=told["bench"],
        specimen=told["specimen"],
        specimen_name=told["specimen_name"],
        organisation=firm,
        performer=Name(ko=told["operator"], en=told["operator"]),
        booking=told["booking"],
        started=_instant(told["started"]),
        ended=_instant(told["ended"]),
        state="running" if recording else "ended",
        ending=None if recording else _ending(told["status"]),
        outcome=Outcome(outcome) if outcome in set(Outcome) else None,
        review="none",
        reportable=False,
    )


def _ending(status: str) -> Ending:
    return Ending(status) if status in set(Ending) else Ending.INTERRUPTED


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else EPOCH + timedelta(microseconds=micros)
