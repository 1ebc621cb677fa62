"""The tables of the catalogue: one entry per run or run file, and an index of bit sets over them.

Each entry has a slot: `block * SLOTS + offset`. For every term (a piece of a word, or a property
like ``=method=iso-6892-1``) and block there is the set of offsets that have it. Any question is a
conjunction of such sets, at the same cost on both databases and however common a word is; totals
and counts are exact. A full rebuild fills blocks of a new generation, which one small transaction
makes the valid one. Everything here can be made again from the files and the other tables.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from testbed.adapters.tables import Instant, metadata

__all__ = [
    "INDEX",
    "SLOTS",
    "catalogue_blocks",
    "catalogue_entries",
    "catalogue_late",
    "catalogue_postings",
    "catalogue_state",
    "catalogue_values",
    "saved_searches",
]

SLOTS = 8192
# Compared byte by byte, as SQLite does by itself.
_TERM = Text().with_variant(Text(collation="C"), "postgresql")

catalogue_state = Table(
    "catalogue_state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("building", Integer),
    Column("next_block", Integer, nullable=False),
    Column("built", Instant),
    comment="one row: which generation is valid, which one is being built; epoch is drawn anew "
    "whenever all of this is made again",
)

catalogue_entries = Table(
    "catalogue_entries",
    metadata,
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("generation", Integer, nullable=False),
    Column("place", Text, nullable=False),
    Column("run_id", Integer),
    Column("size", BigInteger, nullable=False),
    Column("modified", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    Column("facts", Text, nullable=False),
    UniqueConstraint("generation", "place"),
    comment="content: what the file tells; facts: what the centre has on record; JSON, or empty",
)

catalogue_blocks = Table(
    "catalogue_blocks",
    metadata,
    Column("block", Integer, primary_key=True, autoincrement=False),
    Column("generation", Integer, nullable=False),
    Column("stamp", BigInteger, nullable=False),
    Column("filled", Integer, nullable=False),
    Column("started", LargeBinary, nullable=False),
    Index(None, "generation"),
    comment="stamp grows with every change of the block",
)

catalogue_postings = Table(
    "catalogue_postings",
    metadata,
    Column("block", Integer, primary_key=True, autoincrement=False),
    Column("term", _TERM, primary_key=True),
    Column("offsets", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

catalogue_values = Table(
    "catalogue_values",
    metadata,
    Column("block", Integer, primary_key=True, autoincrement=False),
    Column("quantity", Text, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("offsets", LargeBinary, nullable=False),
    Column("numbers", LargeBinary, nullable=False),
)

catalogue_late = Table(
    "catalogue_late",
    metadata,
    Column("place", Text, primary_key=True),
    comment="what changed while a generation was being built",
)

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("created", Instant, nullable=False),
    UniqueConstraint("account_id", "name"),
)

INDEX = (
    catalogue_state,
    catalogue_entries,
    catalogue_blocks,
    catalogue_postings,
    catalogue_values,
    catalogue_late,
)
"""What can be made again."""
