"""Which addresses answered a model call."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of calls that are there already, nobody knows."""
    op.add_column(
        "model_call", sa.Column("endpoints", sa.JSON(), nullable=False, server_default="[]")
    )


def downgrade() -> None:
    """As it was."""
    op.drop_column("model_call", "endpoints")
