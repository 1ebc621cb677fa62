"""From slots of the catalogue to the rows that people see, each checked against who asks."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from testbed.adapters.catalogue_tables import catalogue_entries
from testbed.adapters.run_queries import rows_of
from testbed.adapters.tables import EPOCH
from testbed.domain.conformity import Outcome
from testbed.domain.names import Name
from testbed.domain.people import Actor
from testbed.engine.ports import Ending
from testbed.services.catalogue import FoundRun
from testbed.services.rows import RunRow

__all__ = ["found_runs"]


def found_runs(
    connection: Connection, actor: Actor, slots: Sequence[int], quantities: Sequence[str]
) -> tuple[FoundRun, ...]:
    """Read the rows of some slots, in their order.

    Parameters
    ----------
    quantities
        Results to be shown with each row, where the person may see them.
    """
    table = catalogue_entries
    query = select(table.c.slot, table.c.place, table.c.content, table.c.facts)
    entries = {
        row.slot: (
            row.place,
            json.loads(row.content) if row.content else {},
            json.loads(row.facts) if row.facts else {},
        )
        for row in connection.execute(query.where(table.c.slot.in_(slots)))
    }
    on_record = [facts["run"] for _, _, facts in entries.values() if "run" in facts]
    known = rows_of(connection, actor, on_record) if on_record else {}
    found = []
    for slot in slots:
        place, told, facts = entries[slot]
        if "run" not in facts:
            row, opened = _from_file(actor, place, told, facts), actor.is_staff
        elif facts["run"] in known:
            row, opened = known[facts["run"]]
        else:
            # Hidden or gone since the catalogue was written; the next refresh takes it out.
            continue
        found.append(
            FoundRun(
                row=row,
                place=place if actor.is_staff else "",
                title=told.get("title", ""),
                on_record="run" in facts,
                values=_values(told, facts, quantities) if opened else {},
            )
        )
    return tuple(found)


def _values(
    told: Mapping[str, Any], facts: Mapping[str, Any], quantities: Sequence[str]
) -> dict[str, tuple[float, str]]:
    rows = facts.get("results") or told.get("results") or ()
    return {name: (value, unit) for name, unit, value in rows if name in quantities}


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
