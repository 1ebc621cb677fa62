"""A run that was interrupted is continued by another one, and by no more than one."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("runs", sa.Column("continues_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_runs_continues_id"), "runs", ["continues_id"], unique=True)
