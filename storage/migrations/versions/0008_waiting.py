"""How many requests with the same idempotency key wait for a response."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of those that are there, each had one."""
    op.add_column(
        "response", sa.Column("waiting", sa.Integer(), nullable=False, server_default="1")
    )


def downgrade() -> None:
    """As it was."""
    op.drop_column("response", "waiting")
