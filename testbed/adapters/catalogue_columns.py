"""The properties of all entries as bit sets side by side, kept while their blocks stand.

What is kept is a part of the index, never an answer: each question reads the stamps of all blocks
in its own transaction, and a block that changed is read again.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from testbed.adapters.catalogue_bits import BYTES, fill
from testbed.adapters.catalogue_tables import (
    SLOTS,
    catalogue_blocks,
    catalogue_postings,
    catalogue_state,
    catalogue_values,
)

__all__ = ["Columns", "Mask", "columns"]

Mask = NDArray[np.uint64]
"""One bit for each slot of all blocks."""

_WORDS = BYTES // 8


@dataclass(frozen=True, slots=True)
class _Block:
    stamp: int
    started: NDArray[np.int64]
    tags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Columns:
    """The index of properties as one transaction sees it.

    Attributes
    ----------
    blocks
        Numbers of the blocks, in the order in which they lie side by side.
    started
        What each slot is sorted by [µs since 1970].
    order
        Slots, newest first.
    tags
        Every property, in order of its name: those of one kind lie together.
    bits
        Shape (tag, word): who has it.
    """

    epoch: int
    blocks: tuple[int, ...] = ()
    started: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    order: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    tags: tuple[str, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    bits: NDArray[np.uint64] = field(default_factory=lambda: np.empty((0, 0), np.uint64))
    parts: dict[int, _Block] = field(default_factory=dict)

    @property
    def nothing(self) -> Mask:
        """A mask without members."""
        return np.zeros(len(self.blocks) * _WORDS, np.uint64)

    def having(self, tag: str) -> Mask:
        """Mark who has a property."""
        row = self.rows.get(tag)
        return self.nothing if row is None else self.bits[row]

    def marked(self, flags: NDArray[np.bool_]) -> Mask:
        """Turn one flag for each slot into a mask."""
        return np.packbits(flags, bitorder="little").view(np.uint64)

    def newest(self, mask: Mask) -> NDArray[np.int64]:
        """List who is marked, newest first."""
        flags = np.unpackbits(mask.view(np.uint8), bitorder="little").view(np.bool_)
        return self.order[flags[self.order]]

    def counts(self, kind: str, mask: Mask) -> list[tuple[str, int]]:
        """Count who is marked for each property of a kind ("method")."""
        prefix = f"={kind}="
        first = int(np.searchsorted(np.array(self.tags), prefix)) if self.tags else 0
        last = first
        while last < len(self.tags) and self.tags[last].startswith(prefix):
            last += 1
        found = np.bitwise_count(self.bits[first:last] & mask).sum(axis=1, dtype=np.int64)
        return [
            (tag.removeprefix(prefix), count)
            for tag, count in zip(self.tags[first:last], found.tolist(), strict=True)
            if count
        ]

    def words(self, connection: Connection, terms: tuple[str, ...]) -> Mask:
        """Mark who has every one of some terms."""
        table = catalogue_postings
        found = np.zeros((len(terms), len(self.blocks), BYTES), np.uint8)
        row = {term: at for at, term in enumerate(terms)}
        column = {block: at for at, block in enumerate(self.blocks)}
        for block, term, kept in connection.execute(
            select(table.c.block, table.c.term, table.c.offsets).where(
                table.c.term.in_(terms), table.c.block.in_(self.blocks)
            )
        ):
            fill(found[row[term], column[block]], kept)
        masks = found.reshape(len(terms), -1).view(np.uint64)
        joined: Mask = np.bitwise_and.reduce(masks, axis=0)
        return joined

    def values(
        self, connection: Connection, quantity: str, unit: str
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], list[str]]:
        """Read a result of all entries: their slots, the values, and the units that there are."""
        table = catalogue_values
        query = select(table).where(table.c.quantity == quantity, table.c.block.in_(self.blocks))
        if unit:
            query = query.where(table.c.unit == unit)
        base = {block: at * SLOTS for at, block in enumerate(self.blocks)}
        slots, numbers, units = [], [], set()
        for row in connection.execute(query):
            slots.append(np.frombuffer(row.offsets, np.uint16) + base[row.block])
            numbers.append(np.frombuffer(row.numbers, np.float64))
            units.add(row.unit)
        if not slots:
            return np.empty(0, np.int64), np.empty(0), []
        return np.concatenate(slots), np.concatenate(numbers), sorted(units)

    def slot(self, at: int) -> int:
        """Name the slot in the database."""
        return self.blocks[at // SLOTS] * SLOTS + at % SLOTS


def columns(connection: Connection, earlier: Columns | None) -> Columns:
    """Read the index of properties, of which `earlier` may hold most already."""
    table, state = catalogue_blocks, catalogue_state
    rows = connection.execute(
        select(state.c.epoch, table.c.block, table.c.stamp)
        .join_from(state, table, table.c.generation == state.c.generation)
        .order_by(table.c.block)
    ).all()
    if not rows:
        return Columns(0)
    epoch = rows[0].epoch
    known = earlier.parts if earlier is not None and earlier.epoch == epoch else {}
    stale = {row.block for row in rows if row.block not in known
             or known[row.block].stamp != row.stamp}  # fmt: skip
    if earlier is not None and not stale and len(known) == len(rows):
        return earlier
    parts, sets = _read(connection, stale)
    parts |= {row.block: known[row.block] for row in rows if row.block not in stale}
    return _joined(epoch, parts, sets, earlier)


_Sets = dict[int, dict[str, bytes]]


def _read(connection: Connection, blocks: set[int]) -> tuple[dict[int, _Block], _Sets]:
    table, postings = catalogue_blocks, catalogue_postings
    sets: _Sets = {block: {} for block in blocks}
    for block, term, kept in connection.execute(
        select(postings.c.block, postings.c.term, postings.c.offsets).where(
            postings.c.block.in_(blocks), postings.c.term >= "=", postings.c.term < ">"
        )
    ):
        sets[block][term] = kept
    parts = {
        row.block: _Block(
            row.stamp, np.frombuffer(row.started, np.int64), frozenset(sets[row.block])
        )
        for row in connection.execute(select(table).where(table.c.block.in_(blocks)))
    }
    return parts, sets


def _joined(epoch: int, parts: dict[int, _Block], sets: _Sets, earlier: Columns | None) -> Columns:
    """Lay the blocks side by side: those that stand from `earlier`, the others from `sets`."""
    blocks = tuple(sorted(parts))
    tags = tuple(sorted(frozenset().union(*(part.tags for part in parts.values()))))
    rows = {tag: at for at, tag in enumerate(tags)}
    flags = np.zeros((len(tags), len(blocks), BYTES), np.uint8)
    if earlier is not None and len(sets) < len(blocks):
        old = earlier.bits.view(np.uint8).reshape(len(earlier.tags), -1, BYTES)
        stay = [tag for tag in earlier.tags if tag in rows]
        column = {block: at for at, block in enumerate(earlier.blocks)}
        same = [block for block in blocks if block not in sets]
        into = np.ix_([rows[tag] for tag in stay], [blocks.index(block) for block in same])
        flags[into] = old[
            np.ix_([earlier.rows[tag] for tag in stay], [column[block] for block in same])
        ]
    for block, tagged in sets.items():
        at = blocks.index(block)
        for tag, kept in tagged.items():
            fill(flags[rows[tag], at], kept)
    started = np.concatenate([parts[block].started for block in blocks])
    return Columns(
        epoch=epoch,
        blocks=blocks,
        started=started,
        order=np.argsort(started, kind="stable")[::-1],
        tags=tags,
        rows=rows,
        bits=flags.reshape(len(tags), -1).view(np.uint64),
        parts=parts,
    )
