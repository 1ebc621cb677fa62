"""The properties of all entries as bit sets side by side, kept while their blocks stand.

What is kept is a part of the index, never an answer: each question reads the stamps of all blocks
in its own transaction, and a block that changed is read again.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BindParameter, Connection, bindparam, select

from testbed.adapters.catalogue_bits import BYTES, fill
from testbed.adapters.catalogue_tables import (
    SLOTS,
    catalogue_blocks,
    catalogue_postings,
    catalogue_state,
    catalogue_values,
)
from testbed.adapters.database import repeated

__all__ = ["Columns", "Mask", "columns"]

Mask = NDArray[np.uint64]
"""One bit for each slot of all blocks."""

_TERMS = 16  # asked for at once
_WORDS = BYTES // 8
_NOTHING = np.full(SLOTS, np.nan)
_BLOCKS: BindParameter[int] = bindparam("blocks", expanding=True)

# Made once: making a statement takes longer than carrying it out.
_POSTINGS = select(
    catalogue_postings.c.block, catalogue_postings.c.term, catalogue_postings.c.offsets
).where(
    catalogue_postings.c.term.in_(bindparam("terms", expanding=True)),
    catalogue_postings.c.block.in_(_BLOCKS),
)
_VALUES = select(catalogue_values).where(
    catalogue_values.c.quantity == bindparam("quantity"), catalogue_values.c.block.in_(_BLOCKS)
)
_STAMPS = (
    select(catalogue_state.c.epoch, catalogue_blocks.c.block, catalogue_blocks.c.stamp)
    .join_from(
        catalogue_state,
        catalogue_blocks,
        catalogue_blocks.c.generation == catalogue_state.c.generation,
    )
    .order_by(catalogue_blocks.c.block)
)


@dataclass(frozen=True, slots=True)
class _Block:
    """What is kept of a block; the values of a result from the first time it is asked for."""

    stamp: int
    started: NDArray[np.int64]
    tags: frozenset[str]
    values: dict[str, dict[str, NDArray[np.float64]]] = field(default_factory=dict)


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
    rows, spans
        Where a property, and where all of a kind ("method") lie among them.
    bits
        Shape (tag, word): who has it.
    """

    epoch: int
    blocks: tuple[int, ...] = ()
    started: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    order: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    tags: tuple[str, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    spans: dict[str, slice] = field(default_factory=dict)
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

    def flags(self, mask: Mask) -> NDArray[np.bool_]:
        """Turn a mask into one flag for each slot."""
        return np.unpackbits(mask.view(np.uint8), bitorder="little").view(np.bool_)

    def newest(self, mask: Mask, first: int, last: int) -> NDArray[np.int64]:
        """List who is marked, newest first; of these the ones from `first` to before `last`."""
        marked = np.flatnonzero(self.flags(mask)[self.order])
        return self.order[marked[first:last]]

    def counts(self, kind: str, mask: Mask) -> list[tuple[str, int]]:
        """Count who is marked for each property of a kind ("method")."""
        span = self.spans.get(kind)
        if span is None:
            return []
        found = np.bitwise_count(self.bits[span] & mask).sum(axis=1, dtype=np.uint32)
        start = len(kind) + 2
        return [
            (tag[start:], count)
            for tag, count in zip(self.tags[span], found.tolist(), strict=True)
            if count
        ]

    def words(self, connection: Connection, terms: tuple[str, ...]) -> Mask:
        """Mark who has every one of some terms."""
        found = np.zeros((len(terms), len(self.blocks), BYTES), np.uint8)
        row = {term: at for at, term in enumerate(terms)}
        column = {block: at for at, block in enumerate(self.blocks)}
        given = {"terms": repeated(terms, _TERMS), "blocks": self.blocks}
        for block, term, kept in connection.execute(_POSTINGS, given):
            fill(found[row[term], column[block]], kept)
        masks = found.reshape(len(terms), -1).view(np.uint64)
        joined: Mask = np.bitwise_and.reduce(masks, axis=0)
        return joined

    def values(self, connection: Connection, quantity: str, unit: str) -> list[NDArray[np.float64]]:
        """Read a result of all slots, NaN where there is none: a column for each unit asked for."""
        unread = [block for block in self.blocks if quantity not in self.parts[block].values]
        if unread:
            found: dict[int, dict[str, NDArray[np.float64]]] = {block: {} for block in unread}
            given = {"quantity": quantity, "blocks": unread}
            for row in connection.execute(_VALUES, given):
                column = np.full(SLOTS, np.nan)
                column[np.frombuffer(row.offsets, np.uint16)] = np.frombuffer(row.numbers)
                found[row.block][row.unit] = column
            for block, by_unit in found.items():
                self.parts[block].values[quantity] = by_unit
        kept = [self.parts[block].values[quantity] for block in self.blocks]
        units = sorted({each for by_unit in kept for each in by_unit if unit in ("", each)})
        return [np.concatenate([by_unit.get(each, _NOTHING) for by_unit in kept]) for each in units]

    def slot(self, at: int) -> int:
        """Name the slot in the database."""
        return self.blocks[at // SLOTS] * SLOTS + at % SLOTS


def columns(connection: Connection, earlier: Columns | None) -> Columns:
    """Read the index of properties, of which `earlier` may hold most already."""
    rows = connection.execute(_STAMPS).all()
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
        spans=_spans(tags),
        bits=flags.reshape(len(tags), -1).view(np.uint64),
        parts=parts,
    )


def _spans(tags: tuple[str, ...]) -> dict[str, slice]:
    found: dict[str, slice] = {}
    for at, tag in enumerate(tags):
        kind = tag[1:].partition("=")[0]
        found[kind] = slice(found[kind].start if kind in found else at, at + 1)
    return found
