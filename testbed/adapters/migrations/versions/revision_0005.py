"""The catalogue of runs, and the searches that people keep."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "catalogue_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("building", sa.Integer(), nullable=True),
        sa.Column("next_block", sa.Integer(), nullable=False),
        sa.Column("built", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_state")),
        comment="one row: which generation is valid, which one is being built; epoch is drawn "
        "anew whenever all of this is made again",
    )
    op.create_table(
        "catalogue_entries",
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_catalogue_entries")),
        sa.UniqueConstraint(
            "generation", "place", name=op.f("uq_catalogue_entries_generation_place")
        ),
        comment="content: what the file tells; facts: what the centre has on record; "
        "JSON, or empty",
    )
    op.create_table(
        "catalogue_blocks",
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.Column("filled", sa.Integer(), nullable=False),
        sa.Column("started", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("block", name=op.f("pk_catalogue_blocks")),
        comment="stamp grows with every change of the block",
    )
    op.create_index(op.f("ix_catalogue_blocks_generation"), "catalogue_blocks", ["generation"])
    term = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "catalogue_postings",
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("term", term, nullable=False),
        sa.Column("offsets", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("block", "term", name=op.f("pk_catalogue_postings")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "catalogue_values",
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("offsets", sa.LargeBinary(), nullable=False),
        sa.Column("numbers", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("block", "quantity", "unit", name=op.f("pk_catalogue_values")),
    )
    op.create_table(
        "catalogue_late",
        sa.Column("place", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_catalogue_late")),
        comment="what changed while a generation was being built",
    )
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_saved_searches_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_saved_searches_account_id_name")),
    )
