"""The table of re-evaluations; what a run found first stands in the table of runs."""

from sqlalchemy import Column, ForeignKey, Integer, Table, Text

from testbed.adapters.tables import Instant, metadata

__all__ = ["run_evaluations"]

run_evaluations = Table(
    "run_evaluations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False, index=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("version", Text, nullable=False),
    Column("software", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("result", Text, nullable=False),
)
