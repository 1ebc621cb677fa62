"""Changing entries of the catalogue, by the bits in which they differ.

Who changes entries holds the catalogue's lock until the end of the transaction, and takes no
other one after it; so the order of locks is the same everywhere.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, text, update

from testbed.adapters.catalogue_blocks import Changes, Item, new_block
from testbed.adapters.catalogue_facts import facts_of_runs
from testbed.adapters.catalogue_tables import (
    SLOTS,
    catalogue_blocks,
    catalogue_entries,
    catalogue_late,
    catalogue_state,
)

__all__ = ["entries_at", "item_of", "lock", "put", "refresh", "remove"]

# Any number will do, as long as it is not that of the migrations.
_LOCK = 7_305_316_893
_AT_ONCE = 500  # places in one query


def lock(connection: Connection) -> Row[Any]:
    """Keep others from changing the catalogue until this transaction ends; gives its state."""
    if connection.dialect.name != "sqlite":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    return connection.execute(select(catalogue_state)).one()


def refresh(
    connection: Connection, ids: Iterable[int], files: Mapping[str, Item] | None = None
) -> None:
    """Bring the entries of runs up to date with what this transaction has put on record.

    Parameters
    ----------
    ids
        The runs.
    files
        By place, what a file tells now, where it was read anew.
    """
    facts = facts_of_runs(connection, ids=ids)
    if not facts:
        return
    state = lock(connection)
    known = entries_at(connection, state.generation, facts)
    items = []
    for place, each in facts.items():
        told = (files or {}).get(place)
        if told is None and place in known:
            told = item_of(known[place])
        told = told or Item(place=place)
        items.append(
            Item(
                place=place,
                size=told.size,
                modified=told.modified,
                content=told.content,
                facts=each,
            )
        )
    put(connection, state, items)


def entries_at(
    connection: Connection, generation: int, places: Iterable[str]
) -> dict[str, Row[Any]]:
    """Read entries by their places."""
    wanted = list(places)
    found: dict[str, Row[Any]] = {}
    for at in range(0, len(wanted), _AT_ONCE):
        rows = connection.execute(
            select(catalogue_entries).where(
                catalogue_entries.c.generation == generation,
                catalogue_entries.c.place.in_(wanted[at : at + _AT_ONCE]),
            )
        )
        found |= {row.place: row for row in rows}
    return found


def item_of(row: Row[Any]) -> Item:
    """Read an entry as it stands."""
    return Item(
        place=row.place,
        size=row.size,
        modified=row.modified,
        content=json.loads(row.content) if row.content else None,
        facts=json.loads(row.facts) if row.facts else None,
    )


def put(connection: Connection, state: Row[Any], items: Sequence[Item]) -> None:
    """Add entries, or bring them up to date; the caller holds the lock."""
    known = entries_at(connection, state.generation, (item.place for item in items))
    free = _Free(connection, state.generation)
    changes = Changes()
    for item in items:
        row, earlier = item.row(), known.get(item.place)
        if earlier is None:
            slot = free.take()
            connection.execute(
                insert(catalogue_entries).values(slot=slot, generation=state.generation, **row)
            )
            changes.entry(slot, None, item.listing())
        elif any(getattr(earlier, name) != value for name, value in row.items()):
            entries = catalogue_entries
            connection.execute(update(entries).where(entries.c.slot == earlier.slot).values(**row))
            changes.entry(earlier.slot, item_of(earlier).listing(), item.listing())
    changes.write(connection)
    _note_late(connection, state, [item.place for item in items])


def remove(connection: Connection, state: Row[Any], places: Iterable[str]) -> None:
    """Take entries out; the caller holds the lock."""
    known = entries_at(connection, state.generation, places)
    changes = Changes()
    for row in known.values():
        connection.execute(delete(catalogue_entries).where(catalogue_entries.c.slot == row.slot))
        changes.entry(row.slot, item_of(row).listing(), None)
    changes.write(connection)
    _note_late(connection, state, list(known))


def _note_late(connection: Connection, state: Row[Any], places: list[str]) -> None:
    """Leave word of what changed to who is building another generation meanwhile."""
    if state.building is None:
        return
    noted = set(
        connection.scalars(select(catalogue_late.c.place).where(catalogue_late.c.place.in_(places)))
    )
    fresh = [{"place": place} for place in places if place not in noted]
    if fresh:
        connection.execute(insert(catalogue_late), fresh)


class _Free:
    """Hands out free slots, opening a new block when the last one is full."""

    def __init__(self, connection: Connection, generation: int) -> None:
        self._connection = connection
        self._generation = generation
        last = connection.execute(
            select(catalogue_blocks.c.block, catalogue_blocks.c.filled)
            .where(catalogue_blocks.c.generation == generation)
            .order_by(catalogue_blocks.c.block.desc())
            .limit(1)
        ).first()
        self._block: int = last.block if last else -1
        self._filled: int = last.filled if last else SLOTS

    def take(self) -> int:
        """Take one."""
        blocks = catalogue_blocks
        if self._filled == SLOTS:
            self._block = new_block(self._connection)
            self._filled = 0
            self._connection.execute(
                insert(blocks).values(
                    block=self._block,
                    generation=self._generation,
                    stamp=0,
                    filled=0,
                    started=bytes(8 * SLOTS),
                )
            )
        slot = self._block * SLOTS + self._filled
        self._filled += 1
        self._connection.execute(
            update(blocks).where(blocks.c.block == self._block).values(filled=self._filled)
        )
        return slot
