"""The register knows when a piece of equipment was calibrated: its uncertainty follows from it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("equipment", sa.Column("calibrated_on", sa.Date(), nullable=True))
