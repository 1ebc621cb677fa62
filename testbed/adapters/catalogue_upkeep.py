"""The catalogue stands when the centre opens: what of it is missing or torn is made again.

Nothing in it is worth a refusal, as all of it follows from other tables and from files. A table
that is gone comes back, and an index that does not fit its entries is written anew: from the
entries where they are there, and from the runs on record. `testbed runs index` adds the files.
"""

import json
import logging
import secrets

from sqlalchemy import Connection, delete, func, insert, inspect, select

from testbed.adapters.catalogue_bits import decoded
from testbed.adapters.catalogue_blocks import ABSENT, Item, put_block
from testbed.adapters.catalogue_facts import facts_of_files, facts_of_runs
from testbed.adapters.catalogue_index import lock
from testbed.adapters.catalogue_listing import ALL, VERSION
from testbed.adapters.catalogue_tables import (
    INDEX,
    SLOTS,
    catalogue_blocks,
    catalogue_entries,
    catalogue_postings,
    catalogue_state,
)
from testbed.adapters.database import Database
from testbed.adapters.run_tables import runs
from testbed.adapters.tables import metadata

__all__ = ["ensure"]

_log = logging.getLogger(__name__)


def ensure(database: Database) -> None:
    """See that the catalogue stands, and make it again where it does not."""
    with database.snapshot() as connection:
        fault = _fault(connection)
    if not fault:
        return
    with database.writing() as connection:
        metadata.create_all(connection, tables=list(INDEX))
        if connection.execute(select(catalogue_state.c.id)).first() is None:
            _begin(connection)
        lock(connection)
        # Another process may have made it meanwhile.
        if fault := _fault(connection):
            count = _make(connection)
            if count:
                _log.warning("the catalogue of runs was made again (%s): %s runs", fault, count)
            connection.commit()


def _begin(connection: Connection) -> None:
    connection.execute(
        insert(catalogue_state).values(
            id=1, version=0, epoch=0, generation=0, building=None, next_block=0
        )
    )


def _fault(connection: Connection) -> str:
    """Tell in a word why it cannot be used as it is; "" where it can."""
    there = set(inspect(connection).get_table_names())
    if absent := [table.name for table in INDEX if table.name not in there]:
        return f"without {', '.join(absent)}"
    state = connection.execute(select(catalogue_state)).first()
    if state is None:
        return "empty"
    if state.version != VERSION:
        return f"of version {state.version}"
    blocks, postings = catalogue_blocks, catalogue_postings
    members = {
        row.block: -1 if row.offsets is None else decoded(row.offsets).bit_count()
        for row in connection.execute(
            select(blocks.c.block, postings.c.offsets)
            .outerjoin_from(
                blocks,
                postings,
                (postings.c.block == blocks.c.block) & (postings.c.term == ALL),
            )
            .where(blocks.c.generation == state.generation)
        )
    }
    entries = connection.scalar(
        select(func.count()).where(catalogue_entries.c.generation == state.generation)
    )
    return "" if sum(max(count, 0) for count in members.values()) == entries else "torn"


def _make(connection: Connection) -> int:
    """Write everything anew, in this transaction."""
    table = catalogue_entries
    generation = connection.execute(select(catalogue_state.c.generation)).scalar_one()
    known = connection.execute(select(table).where(table.c.generation == generation)).all()
    items = {
        row.place: Item(
            place=row.place,
            size=row.size,
            modified=row.modified,
            content=json.loads(row.content) if row.content else None,
        )
        for row in known
    }
    facts = dict(facts_of_files(connection, {place: i.content for place, i in items.items()}))
    missing = set(connection.scalars(select(runs.c.file))) - set(items)
    numbers = [place.rpartition("/")[2].removesuffix(".h5") for place in missing]
    facts |= facts_of_runs(connection, numbers)
    for old in INDEX:
        connection.execute(delete(old))
    connection.execute(
        insert(catalogue_state).values(
            id=1,
            version=VERSION,
            epoch=secrets.randbits(62),
            generation=1,
            building=None,
            next_block=0,
        )
    )
    listed = []
    for place in sorted({*items, *facts}):
        item = items.get(place, Item(place=place))
        if item.content is None and facts.get(place) is None:
            continue
        listed.append(
            Item(
                place=place,
                size=item.size if item.content else ABSENT,
                modified=item.modified if item.content else ABSENT,
                content=item.content,
                facts=facts.get(place),
            )
        )
    for at in range(0, len(listed), SLOTS):
        put_block(connection, 1, listed[at : at + SLOTS])
    return len(listed)
