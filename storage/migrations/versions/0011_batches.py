"""Batches of questions, and files of clients."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
BATCHES = ("api_batch_line", "api_batch", "stored_part", "stored_file", "batch_line", "batch")
"""In an order in which they can be dropped."""


def upgrade() -> None:
    """None are there yet."""
    _add_batches()
    _add_files()
    _add_api_batches()


def _add_batches() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("configuration", sa.JSON(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        sa.Column("seconds", sa.Double(), nullable=False, server_default="0"),
        sa.Column("owner_host", sa.Text()),
        sa.Column("owner_pid", sa.BigInteger()),
        sa.Column("owner_birth", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_batch"),
    )
    op.create_index("ix_batch_place", "batch", ["place"])
    op.create_table(
        "batch_line",
        sa.Column("batch", sa.String(20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("run", sa.String(20)),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.Column("spent_before", sa.JSON()),
        sa.Column("result", sa.JSON()),
        sa.Column("files", sa.JSON()),
        sa.PrimaryKeyConstraint("batch", "position", name="pk_batch_line"),
        sa.ForeignKeyConstraint(["batch"], ["batch.id"], name="fk_batch_line_batch"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_batch_line_run"),
    )
    op.create_index("ix_batch_line_batch_key", "batch_line", ["batch", "key"])
    op.create_index("ix_batch_line_run", "batch_line", ["run"])


def _add_files() -> None:
    op.create_table(
        "stored_file",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("user", sa.Text(), nullable=False, server_default=""),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_stored_file"),
    )
    columns = ["user", "created_at", "id"]
    op.create_index("ix_stored_file_user_created_at_id", "stored_file", columns)
    op.create_index("ix_stored_file_expires_at", "stored_file", ["expires_at"])
    op.create_table(
        "stored_part",
        sa.Column("file", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("file", "number", name="pk_stored_part"),
        sa.ForeignKeyConstraint(["file"], ["stored_file.id"], name="fk_stored_part_file"),
    )


def _add_api_batches() -> None:
    op.create_table(
        "api_batch",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("user", sa.Text(), nullable=False, server_default=""),
        sa.Column("api_key", sa.Text()),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("input_file", sa.String(40), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("moments", sa.JSON(), nullable=False),
        sa.Column("errors", sa.JSON(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("output_file", sa.String(40)),
        sa.Column("error_file", sa.String(40)),
        sa.Column("next_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_api_batch"),
    )
    op.create_index("ix_api_batch_user_created_at_id", "api_batch", ["user", "created_at", "id"])
    op.create_index("ix_api_batch_next_at", "api_batch", ["next_at"])
    op.create_table(
        "api_batch_line",
        sa.Column("batch", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("custom_id", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("response", sa.String(40)),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("told", sa.JSON()),
        sa.PrimaryKeyConstraint("batch", "position", name="pk_api_batch_line"),
        sa.ForeignKeyConstraint(["batch"], ["api_batch.id"], name="fk_api_batch_line_batch"),
    )
    columns = ["batch", "state", "position"]
    op.create_index("ix_api_batch_line_batch_state_position", "api_batch_line", columns)
    op.create_index("ix_api_batch_line_response", "api_batch_line", ["response"])


def downgrade() -> None:
    """As it was; the runs stay."""
    for table in BATCHES:
        op.drop_table(table)
