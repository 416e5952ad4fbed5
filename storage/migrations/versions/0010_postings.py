"""Where messages of chat systems show runs."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Nothing was asked in a chat system before."""
    op.create_table(
        "posting",
        sa.Column("run", sa.String(20), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.Column("thread", sa.Text()),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("stopped_by", sa.Text()),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("claimed_by", sa.String(20)),
        sa.Column("next_at", TIME),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("delivered_at", TIME),
        sa.Column("dead_at", TIME),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("run", name="pk_posting"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_posting_run"),
    )
    op.create_index("ix_posting_system_thread_run", "posting", ["system", "thread", "run"])
    op.create_index("ix_posting_next_at", "posting", ["next_at"])


def downgrade() -> None:
    """As it was; the runs stay."""
    op.drop_table("posting")
