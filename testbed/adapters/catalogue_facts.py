"""What the centre has on record of runs, as the catalogue needs it."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import Connection, Row, select

from testbed.adapters.catalogue_listing import Content
from testbed.adapters.run_json import read_result
from testbed.adapters.run_tables import runs
from testbed.adapters.tables import (
    EPOCH,
    accounts,
    booking_items,
    bookings,
    equipment,
    organisations,
    specimens,
)
from testbed.domain.runs import RunState

__all__ = ["facts_of_files", "facts_of_runs"]

_AT_ONCE = 500  # numbers in one query
_MICROSECOND = timedelta(microseconds=1)


def facts_of_runs(
    connection: Connection, numbers: Iterable[str] = (), ids: Iterable[int] = ()
) -> dict[str, dict[str, Any]]:
    """Tell what is on record of runs, named by number or id: place of the file to facts."""
    found: dict[str, dict[str, Any]] = {}
    for column, wanted in ((runs.c.number, list(numbers)), (runs.c.id, list(ids))):
        for at in range(0, len(wanted), _AT_ONCE):
            rows = connection.execute(_select().where(column.in_(wanted[at : at + _AT_ONCE]))).all()
            used = _equipment(connection, {row.booking_id for row in rows})
            found |= {row.file: _facts(row, used.get(row.booking_id, [])) for row in rows}
    return found


def facts_of_files(
    connection: Connection, contents: Mapping[str, Content | None]
) -> dict[str, dict[str, Any] | None]:
    """Tell what is on record of files: of their run where one has that file, else of their firm.

    Parameters
    ----------
    contents
        Place of each file, and what it tells.
    """
    numbers = {PurePosixPath(place).stem for place in contents}
    known: dict[str, dict[str, Any] | None] = dict(facts_of_runs(connection, numbers))
    known = {place: known.get(place) for place in contents}
    codes = {
        str(content["organisation_code"])
        for place, content in contents.items()
        if known[place] is None and content is not None and content["organisation_code"]
    }
    if codes:
        rows = connection.execute(select(organisations).where(organisations.c.code.in_(codes)))
        firms = {row.code: _firm(row) for row in rows}
        for place, content in contents.items():
            if known[place] is None and content is not None:
                known[place] = firms.get(str(content["organisation_code"]))
    return known


def _firm(row: Row[Any]) -> dict[str, Any]:
    return {
        "organisation": row.id,
        "organisation_code": row.code,
        "organisation_ko": row.name_ko,
        "organisation_en": row.name_en,
    }


def _select() -> Any:  # noqa: ANN401
    return (
        select(
            runs.c.id.label("run"),
            runs.c.number,
            runs.c.file,
            runs.c.booking_id,
            runs.c.method,
            runs.c.bench,
            runs.c.state,
            runs.c.ending,
            runs.c.outcome,
            runs.c.review,
            runs.c.maintenance,
            runs.c.created,
            runs.c.started,
            runs.c.result,
            bookings.c.number.label("booking"),
            bookings.c.kind,
            organisations.c.id.label("organisation"),
            organisations.c.code.label("organisation_code"),
            organisations.c.name_ko.label("organisation_ko"),
            organisations.c.name_en.label("organisation_en"),
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


def _equipment(connection: Connection, used: set[int]) -> dict[int, list[list[str]]]:
    rows = connection.execute(
        select(booking_items.c.booking_id, equipment)
        .join_from(booking_items, equipment)
        .where(booking_items.c.booking_id.in_(used))
        .order_by(booking_items.c.booking_id, booking_items.c.position)
    )
    found: dict[int, list[list[str]]] = {}
    for row in rows:
        words = [row.code, row.name_ko, row.name_en, row.maker, row.model, row.serial]
        found.setdefault(row.booking_id, []).append(words)
    return found


def _facts(row: Row[Any], used: list[list[str]]) -> dict[str, Any]:
    judgements = read_result(row.result)[0]
    return {
        **{
            name: getattr(row, name)
            for name in (
                "run",
                "number",
                "method",
                "bench",
                "booking",
                "kind",
                "organisation",
                "organisation_code",
                "organisation_ko",
                "organisation_en",
                "performer_ko",
                "performer_en",
                "review",
                "outcome",
            )
        },
        "own": bool(row.maintenance),
        "state": _state(row),
        "started": ((row.started or row.created) - EPOCH) // _MICROSECOND,
        "specimen": row.specimen or "",
        "specimen_name": row.specimen_name or "",
        "equipment": used,
        "results": [
            [each.measurand, each.unit, each.value] for each in judgements if each.value is not None
        ],
    }


def _state(row: Row[Any]) -> str:
    if row.state == RunState.ENDED:
        return str(row.ending)
    return "queued" if row.state == RunState.QUEUED else "running"
