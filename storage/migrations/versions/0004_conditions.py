"""The condition of a step, and which calls of a model were guesses."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The steps that are there have no condition, and nothing was guessed."""
    op.add_column("step", sa.Column("condition", sa.Text()))
    op.add_column(
        "model_call", sa.Column("guess", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    """As it was."""
    op.drop_column("step", "condition")
    op.drop_column("model_call", "guess")
