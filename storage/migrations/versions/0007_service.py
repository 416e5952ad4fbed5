"""What the service keeps: who asked, who works, and who is told."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
RUN_INDEXES = {
    "ix_run_user_created_at_id": ["user", "created_at", "id"],
    "ix_run_key_created_at": ["key", "created_at"],
    "ix_run_key_status": ["key", "status"],
    "ix_run_status_created_at_id": ["status", "created_at", "id"],
    "ix_run_parent": ["parent"],
}


def upgrade() -> None:
    """The runs that there are belong to the person at this machine."""
    op.add_column("run", sa.Column("user", sa.Text(), nullable=False, server_default=""))
    op.add_column("run", sa.Column("key", sa.Text()))
    op.add_column("run", sa.Column("priority", sa.Integer()))
    op.add_column("run", sa.Column("worker", sa.Text()))
    op.add_column("run", sa.Column("cancel_at", TIME))
    for name, columns in RUN_INDEXES.items():
        op.create_index(name, "run", columns)
    _add_responses()
    _add_workers_and_keys()
    _add_webhooks()


def _add_responses() -> None:
    op.create_table(
        "response",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("run", sa.String(20), nullable=False),
        sa.Column("user", sa.Text(), nullable=False, server_default=""),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("secrets", sa.JSON()),
        sa.Column("idempotency", sa.Text()),
        sa.Column("previous", sa.String(40)),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_response"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_response_run"),
        sa.UniqueConstraint("run", name="uq_response_run"),
        sa.UniqueConstraint("user", "idempotency", name="uq_response_user_idempotency"),
    )
    op.create_index("ix_response_user_created_at_id", "response", ["user", "created_at", "id"])


def _add_workers_and_keys() -> None:
    op.create_table(
        "worker",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("birth", sa.Text()),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("beat_at", TIME, nullable=False),
        sa.Column("claimed_by", sa.String(20)),
        sa.Column("claimed_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_worker"),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("limits", sa.JSON(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("used_at", TIME),
        sa.Column("revoked_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("digest", name="uq_api_key_digest"),
    )
    op.create_index("ix_api_key_user", "api_key", ["user"])


def _add_webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("user", sa.Text(), nullable=False, server_default=""),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("disabled_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
    )
    op.create_index("ix_webhook_user", "webhook", ["user"])
    op.create_table(
        "delivery",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("webhook", sa.String(20), nullable=False),
        sa.Column("run", sa.String(20), nullable=False),
        sa.Column("event", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_at", TIME),
        sa.Column("delivered_at", TIME),
        sa.Column("dead_at", TIME),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.ForeignKeyConstraint(["webhook"], ["webhook.id"], name="fk_delivery_webhook"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_delivery_run"),
        sa.UniqueConstraint("webhook", "run", "event", name="uq_delivery_webhook_run_event"),
    )
    op.create_index("ix_delivery_run", "delivery", ["run"])
    op.create_index("ix_delivery_next_at", "delivery", ["next_at"])
    op.create_index("ix_delivery_delivered_at_dead_at", "delivery", ["delivered_at", "dead_at"])


def downgrade() -> None:
    """As it was; the runs stay."""
    for table in ("delivery", "webhook", "api_key", "worker", "response"):
        op.drop_table(table)
    for name in RUN_INDEXES:
        op.drop_index(name, "run")
    for column in ("user", "key", "priority", "worker", "cancel_at"):
        op.drop_column("run", column)
