"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_RUN_ID = sa.String(20)


def upgrade() -> None:
    """Create them, what is pointed at first."""
    _create_run()
    _create_event()
    _create_step()
    _create_call()
    _create_documents()
    _create_evidence()
    _create_model_call()


def downgrade() -> None:
    """Drop them, what points first."""
    for table in ("model_call", "evidence", "passage", "source", "call", "step", "event", "run"):
        op.drop_table(table)


def _create_run() -> None:
    op.create_table(
        "run",
        sa.Column("id", _RUN_ID, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ticked_at", sa.DateTime(timezone=True)),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("answer", sa.JSON()),
        sa.Column("parent", _RUN_ID),
        sa.Column("owner_host", sa.Text()),
        sa.Column("owner_pid", sa.BigInteger()),
        sa.Column("owner_birth", sa.Text()),
        sa.Column("last_event", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
        sa.ForeignKeyConstraint(["parent"], ["run.id"], name="fk_run_parent"),
    )
    op.create_index("ix_run_created_at_id", "run", ["created_at", "id"])


def _create_event() -> None:
    op.create_table(
        "event",
        sa.Column("run", _RUN_ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("run", "seq", name="pk_event"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_event_run"),
    )


def _create_step() -> None:
    op.create_table(
        "step",
        sa.Column("run", _RUN_ID, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("tool", sa.Text(), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("for_each", sa.Text()),
        sa.Column("optional", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("run", "id", name="pk_step"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_step_run"),
    )


def _create_call() -> None:
    op.create_table(
        "call",
        sa.Column("run", _RUN_ID, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("arguments", sa.JSON()),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text()),
        sa.Column("value", sa.JSON()),
        sa.Column("error", sa.Text()),
        sa.Column("reused", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("run", "id", name="pk_call"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_call_run"),
    )


def _create_documents() -> None:
    op.create_table(
        "source",
        sa.Column("run", _RUN_ID, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run", "id", name="pk_source"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_source_run"),
    )
    op.create_table(
        "passage",
        sa.Column("run", _RUN_ID, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run", "id", name="pk_passage"),
        sa.ForeignKeyConstraint(
            ["run", "source"], ["source.run", "source.id"], name="fk_passage_run_source"
        ),
    )


def _create_evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("run", _RUN_ID, nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("passage", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run", "call", "kind", "rank", name="pk_evidence"),
        sa.ForeignKeyConstraint(
            ["run", "call"], ["call.run", "call.id"], name="fk_evidence_run_call"
        ),
        sa.ForeignKeyConstraint(
            ["run", "passage"], ["passage.run", "passage.id"], name="fk_evidence_run_passage"
        ),
    )


def _create_model_call() -> None:
    op.create_table(
        "model_call",
        sa.Column("run", _RUN_ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("step", sa.Text()),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("samples", sa.JSON(), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=False),
        sa.Column("completion_tokens", sa.Integer(), nullable=False),
        sa.Column("cached_tokens", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("first_token_seconds", sa.Double()),
        sa.Column("error", sa.Text()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("run", "seq", name="pk_model_call"),
        sa.ForeignKeyConstraint(
            ["run", "seq"], ["event.run", "event.seq"], name="fk_model_call_run_seq"
        ),
    )
