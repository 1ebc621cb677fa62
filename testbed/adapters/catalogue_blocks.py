"""Blocks of the catalogue: written whole, or changed in some of their bits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, delete, insert, select, update

from testbed.adapters.catalogue_bits import decoded, encoded, set_of
from testbed.adapters.catalogue_listing import Listing, listing, written
from testbed.adapters.catalogue_tables import (
    SLOTS,
    catalogue_blocks,
    catalogue_entries,
    catalogue_postings,
    catalogue_state,
    catalogue_values,
)

__all__ = ["ABSENT", "Changes", "Item", "new_block", "put_block"]

_AT_ONCE = 500  # terms in one query
ABSENT = -1
"""Size and age of a file that is not there, or cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What is known of one entry."""

    place: str
    size: int = ABSENT
    modified: int = ABSENT
    content: Mapping[str, Any] | None = None
    facts: Mapping[str, Any] | None = None

    def listing(self) -> Listing:
        """Tell how it is found."""
        return listing(self.place, self.content, self.facts)

    def row(self) -> dict[str, Any]:
        """Write it as the table keeps it."""
        return {
            "place": self.place,
            "run_id": (self.facts or {}).get("run"),
            "size": self.size,
            "modified": self.modified,
            "content": written(self.content),
            "facts": written(self.facts),
        }


class Changes:
    """What a batch changes, gathered by block."""

    def __init__(self) -> None:
        self.terms: dict[int, dict[str, tuple[list[int], list[int]]]] = {}
        self.values: dict[int, dict[tuple[str, str], dict[int, float | None]]] = {}
        self.started: dict[int, dict[int, int]] = {}

    def entry(self, slot: int, before: Listing | None, after: Listing | None) -> None:
        """Note how one entry changes; None where it is not there."""
        block, offset = divmod(slot, SLOTS)
        old = before.terms() if before else frozenset()
        new = after.terms() if after else frozenset()
        terms = self.terms.setdefault(block, {})
        for which, changed in ((0, new - old), (1, old - new)):
            for term in changed:
                terms.setdefault(term, ([], []))[which].append(offset)
        self.started.setdefault(block, {})[offset] = after.started if after else 0
        values = self.values.setdefault(block, {})
        was, becomes = (dict(each.values) if each else {} for each in (before, after))
        for quantity in was.keys() | becomes.keys():
            if was.get(quantity) != becomes.get(quantity):
                values.setdefault(quantity, {})[offset] = becomes.get(quantity)

    def write(self, connection: Connection) -> None:
        """Write every block that changes."""
        for block, started in self.started.items():
            _patch_block(connection, block, started)
            _patch_terms(connection, block, self.terms[block])
            _patch_values(connection, block, self.values[block])


def new_block(connection: Connection) -> int:
    """Take the number of a block that was never used before."""
    number: int = connection.execute(
        update(catalogue_state)
        .values(next_block=catalogue_state.c.next_block + 1)
        .returning(catalogue_state.c.next_block)
    ).scalar_one()
    return number - 1


def _patch_block(connection: Connection, block: int, started: Mapping[int, int]) -> None:
    where = catalogue_blocks.c.block == block
    kept = connection.execute(select(catalogue_blocks.c.started).where(where)).scalar_one()
    column = np.frombuffer(kept, np.int64).copy()
    for offset, instant in started.items():
        column[offset] = instant
    connection.execute(
        update(catalogue_blocks)
        .where(where)
        .values(started=column.tobytes(), stamp=catalogue_blocks.c.stamp + 1)
    )


def _patch_terms(
    connection: Connection, block: int, changes: Mapping[str, tuple[list[int], list[int]]]
) -> None:
    table = catalogue_postings
    terms = sorted(changes)
    kept: dict[str, bytes] = {}
    for at in range(0, len(terms), _AT_ONCE):
        rows = connection.execute(
            select(table.c.term, table.c.offsets).where(
                table.c.block == block, table.c.term.in_(terms[at : at + _AT_ONCE])
            )
        )
        kept |= {row.term: row.offsets for row in rows}
    new = []
    for term in terms:
        added, taken = changes[term]
        before = decoded(kept[term]) if term in kept else 0
        after = (before | set_of(added)) & ~set_of(taken)
        where = (table.c.block == block, table.c.term == term)
        if term not in kept:
            new.append({"block": block, "term": term, "offsets": encoded(after)})
        elif after:
            connection.execute(update(table).where(*where).values(offsets=encoded(after)))
        else:
            connection.execute(delete(table).where(*where))
    if new:
        connection.execute(insert(table), new)


def _patch_values(
    connection: Connection,
    block: int,
    changes: Mapping[tuple[str, str], Mapping[int, float | None]],
) -> None:
    table = catalogue_values
    for (quantity, unit), changed in changes.items():
        where = (table.c.block == block, table.c.quantity == quantity, table.c.unit == unit)
        row = connection.execute(select(table.c.offsets, table.c.numbers).where(*where)).first()
        column: dict[int, float] = {}
        if row is not None:
            offsets, numbers = np.frombuffer(row.offsets, np.uint16), np.frombuffer(row.numbers)
            column = dict(zip(offsets.tolist(), numbers.tolist(), strict=True))
            connection.execute(delete(table).where(*where))
        for offset, value in changed.items():
            if value is None:
                column.pop(offset, None)
            else:
                column[offset] = value
        if column:
            connection.execute(insert(table), [_column(block, quantity, unit, column)])


def _column(block: int, quantity: str, unit: str, column: Mapping[int, float]) -> dict[str, object]:
    return {
        "block": block,
        "quantity": quantity,
        "unit": unit,
        "offsets": np.array(list(column), np.uint16).tobytes(),
        "numbers": np.array(list(column.values()), np.float64).tobytes(),
    }


def put_block(connection: Connection, generation: int, items: Sequence[Item]) -> None:
    """Write a block of its own with up to `SLOTS` entries, for a generation that is being built."""
    block = new_block(connection)
    started = np.zeros(SLOTS, np.int64)
    texts: dict[tuple[str, str], list[int]] = {}
    members: dict[str, int] = {}
    columns: dict[tuple[str, str], dict[int, float]] = {}
    for offset, item in enumerate(items):
        found = item.listing()
        started[offset] = found.started
        for tag in found.tags:
            texts.setdefault(("=", tag), []).append(offset)
        for words in found.texts:
            texts.setdefault(("", words), []).append(offset)
        for words in found.specimen:
            texts.setdefault((":", words), []).append(offset)
        for quantity, value in found.values.items():
            columns.setdefault(quantity, {})[offset] = value
    for (kind, words), offsets in texts.items():
        those = set_of(offsets)
        for term in Listing.terms_of(kind, words):
            members[term] = members.get(term, 0) | those
    connection.execute(
        insert(catalogue_blocks).values(
            block=block,
            generation=generation,
            stamp=0,
            filled=len(items),
            started=started.tobytes(),
        )
    )
    base = block * SLOTS
    connection.execute(
        insert(catalogue_entries),
        [
            {"slot": base + offset, "generation": generation, **item.row()}
            for offset, item in enumerate(items)
        ],
    )
    connection.execute(
        insert(catalogue_postings),
        [
            {"block": block, "term": term, "offsets": encoded(members[term])}
            for term in sorted(members)
        ],
    )
    if columns:
        connection.execute(
            insert(catalogue_values),
            [_column(block, *quantity, column) for quantity, column in sorted(columns.items())],
        )
