"""What a model call costs: money, the wait before it, and what speculation guessed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLE = "model_call"


def upgrade() -> None:
    """Calls that are there already waited for nothing and guessed nothing, as far as is known."""
    for column in (
        sa.Column("drafted_tokens", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("accepted_tokens", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("cost", sa.Double()),
        sa.Column("queued_seconds", sa.Double(), nullable=False, server_default="0"),
    ):
        op.add_column(_TABLE, column)


def downgrade() -> None:
    """As it was."""
    for name in ("queued_seconds", "cost", "accepted_tokens", "drafted_tokens"):
        op.drop_column(_TABLE, name)
