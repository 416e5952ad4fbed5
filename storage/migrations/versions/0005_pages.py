"""Who wrote a source and when, and the page of it that a passage stands on."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ADDED = (("source", "author"), ("source", "published"), ("passage", "part"))


def upgrade() -> None:
    """Of the sources that are there nothing of it is known."""
    for table, column in ADDED:
        op.add_column(table, sa.Column(column, sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """As it was."""
    for table, column in ADDED:
        op.drop_column(table, column)
