"""Question sets that were asked, and the runs that were made for them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No evaluation was made so far."""
    op.create_table(
        "evaluation",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("configuration", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("owner_host", sa.Text()),
        sa.Column("owner_pid", sa.BigInteger()),
        sa.Column("owner_birth", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_evaluation"),
    )
    op.create_index("ix_evaluation_key", "evaluation", ["key"])
    op.create_table(
        "evaluation_run",
        sa.Column("run", sa.String(20), nullable=False),
        sa.Column("evaluation", sa.String(20), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("result", sa.JSON()),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("run", name="pk_evaluation_run"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_evaluation_run_run"),
        sa.ForeignKeyConstraint(
            ["evaluation"], ["evaluation.id"], name="fk_evaluation_run_evaluation"
        ),
    )
    op.create_index("ix_evaluation_run_evaluation", "evaluation_run", ["evaluation"])


def downgrade() -> None:
    """As it was; the runs stay."""
    op.drop_table("evaluation_run")
    op.drop_table("evaluation")
