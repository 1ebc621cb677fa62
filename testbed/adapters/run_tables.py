"""The tables of runs: their course, what people say to them, and the benches they run on.

What is read as a whole (parameters, judgements, progress) is kept as JSON text.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
)

from testbed.adapters.tables import Instant, metadata

__all__ = ["benches", "leases", "run_commands", "run_comments", "runs"]

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("booking_id", ForeignKey("bookings.id"), nullable=False, index=True),
    Column("organisation_id", ForeignKey("organisations.id"), nullable=False),
    Column("performer_id", ForeignKey("accounts.id"), nullable=False),
    Column("specimen_id", ForeignKey("specimens.id")),
    Column("repeats_id", ForeignKey("runs.id")),
    Column("continues_id", Integer),
    Column("bench", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("limits", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("ending", Text),
    Column("outcome", Text),
    Column("review", Text, nullable=False),
    Column("maintenance", Boolean, nullable=False),
    Column("created", Instant, nullable=False),
    Column("started", Instant),
    Column("ended", Instant),
    Column("heartbeat", Instant),
    Column("progress", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("file", Text, nullable=False),
    Column("file_hash", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("search", Text, nullable=False),
    Index(None, "organisation_id", "id"),
    Index(None, "state", "bench"),
    Index(None, "continues_id", unique=True),
)

run_commands = Table(
    "run_commands",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("prompt", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("by", Text, nullable=False),
)

run_comments = Table(
    "run_comments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False, index=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("text", Text, nullable=False),
    Column("decision", Text, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("resource", Text, primary_key=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("taken", Instant, nullable=False),
)

benches = Table(
    "benches",
    metadata,
    Column("name", Text, primary_key=True),
    Column("title_ko", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("seen", Instant),
    Column("pid", Integer),
)
