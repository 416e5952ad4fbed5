"""Links by which others read the answer of a run."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is shared yet."""
    op.create_table(
        "share",
        sa.Column("run", sa.String(20), nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("run", name="pk_share"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_share_run"),
        sa.UniqueConstraint("token", name="uq_share_token"),
    )


def downgrade() -> None:
    """Every link ends."""
    op.drop_table("share")
