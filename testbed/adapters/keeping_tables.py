"""The tables of keeping records: where they are archived, what holds them, what was deleted."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, Text

from testbed.adapters.tables import Instant, metadata

__all__ = ["run_archives", "run_classes", "run_deletions", "run_holds"]

run_archives = Table(
    "run_archives",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("url", Text, nullable=False),
    Column("hashes", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
)

run_classes = Table(
    "run_classes",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("name", Text, nullable=False),
)

run_holds = Table(
    "run_holds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("since", Instant, nullable=False),
    Column("lifted", Instant),
)

run_deletions = Table(
    "run_deletions",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
)
