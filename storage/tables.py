"""The tables. Everything of a run hangs on its `run` row; `event` is the log in order.

What is large stands once: the event of a model call says that there was one, and `model_call` (same
run, same seq) has its prompt and samples. A change here needs a new file in `migrations/versions`;
a test compares the two.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.columns import Id, Json, UtcTime, Words

RUN_ID = Id(20)


class Base(DeclarativeBase):
    """Constraints have names, so that a migration can change them."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's protocol
        str: Words,
        datetime: UtcTime,
        float: Double,
        dict[str, Any]: Json,
        list[Any]: Json,
        Any: Json,
    }


class RunRow(Base):
    """One question on its way to one answer."""

    __tablename__ = "run"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "user", "created_at", "id"),
        Index(None, "key", "created_at"),
        Index(None, "key", "status"),
        Index(None, "status", "created_at", "id"),
        Index(None, "parent"),
    )

    id: Mapped[str] = mapped_column(RUN_ID, primary_key=True)
    question: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str | None]
    options: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ticked_at: Mapped[datetime | None]
    """Until when `seconds` counts: the last event."""
    seconds: Mapped[float]
    """Running time; what lies between a crash and the resumption is not in it."""
    answer: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """Whole, with the cited passages: as it was delivered."""
    parent: Mapped[str | None] = mapped_column(RUN_ID, ForeignKey("run.id"))
    owner_host: Mapped[str | None]
    owner_pid: Mapped[int | None] = mapped_column(BigInteger)
    owner_birth: Mapped[str | None]
    last_event: Mapped[int]
    user: Mapped[str] = mapped_column(server_default="")
    """Whose it is; empty: of the person at this machine."""
    key: Mapped[str | None]
    """The API key that it was asked with."""
    priority: Mapped[int | None]
    """In the queue of the service, 1 before 2; NULL: whoever made the run does it."""
    worker: Mapped[str | None]
    """Who of the service has it, or had it last."""
    cancel_at: Mapped[datetime | None]
    """When somebody asked for it to be stopped."""


class EventRow(Base):
    """Something that happened. `seq` counts from 1 in each run."""

    __tablename__ = "event"

    run: Mapped[str] = mapped_column(RUN_ID, ForeignKey("run.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]


class StepRow(Base):
    """A line of the plan, or of a sub-run's: the id of step a of the sub-run b is `b/a`."""

    __tablename__ = "step"

    run: Mapped[str] = mapped_column(RUN_ID, ForeignKey("run.id"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    round: Mapped[int]
    by: Mapped[str]
    tool: Mapped[str]
    arguments: Mapped[dict[str, Any]]
    needs: Mapped[list[Any]]
    for_each: Mapped[str | None]
    optional: Mapped[bool]
    condition: Mapped[str | None]
    """What stands behind `when`."""


class CallRow(Base):
    """What became of a step, or of one element of a for_each (`b[0]`); in sub-runs `b[0]/a`."""

    __tablename__ = "call"

    run: Mapped[str] = mapped_column(RUN_ID, ForeignKey("run.id"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[str]
    arguments: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """Filled in. NULL when nothing was called: skipped, reused, or only the sum of its elements."""
    attempt: Mapped[int]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    """done, failed or skipped; NULL while there is none."""
    value: Mapped[Any | None] = mapped_column(Json)
    error: Mapped[str | None]
    """Why it failed, was skipped, or was done with before its time."""
    reused: Mapped[bool]


class SourceRow(Base):
    """A document that was read."""

    __tablename__ = "source"

    run: Mapped[str] = mapped_column(RUN_ID, ForeignKey("run.id"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    location: Mapped[str]
    title: Mapped[str]
    media_type: Mapped[str]
    digest: Mapped[str]
    author: Mapped[str] = mapped_column(server_default="")
    published: Mapped[str] = mapped_column(server_default="")


class PassageRow(Base):
    """A piece of a source, under its `Passage.id`."""

    __tablename__ = "passage"
    __table_args__ = (ForeignKeyConstraint(["run", "source"], ["source.run", "source.id"]),)

    run: Mapped[str] = mapped_column(RUN_ID, primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    start: Mapped[int]
    end: Mapped[int]
    text: Mapped[str]
    part: Mapped[str] = mapped_column(server_default="")
    """Its page, slide or sheet."""


class EvidenceRow(Base):
    """A call's passage: `proof` of its value, or only `read`. Rank 0 is the best."""

    __tablename__ = "evidence"
    __table_args__ = (
        ForeignKeyConstraint(["run", "call"], ["call.run", "call.id"]),
        ForeignKeyConstraint(["run", "passage"], ["passage.run", "passage.id"]),
    )

    run: Mapped[str] = mapped_column(RUN_ID, primary_key=True)
    call: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    passage: Mapped[str]


class ModelCallRow(Base):
    """A request to a model and what came back; `seq` is its event's."""

    __tablename__ = "model_call"
    __table_args__ = (ForeignKeyConstraint(["run", "seq"], ["event.run", "event.seq"]),)

    run: Mapped[str] = mapped_column(RUN_ID, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    step: Mapped[str | None]
    model: Mapped[str]
    purpose: Mapped[str]
    request: Mapped[dict[str, Any]]
    samples: Mapped[list[Any]]
    prompt_tokens: Mapped[int]
    completion_tokens: Mapped[int]
    cached_tokens: Mapped[int]
    drafted_tokens: Mapped[int] = mapped_column(server_default="0")
    accepted_tokens: Mapped[int] = mapped_column(server_default="0")
    """Of speculative decoding."""
    cost: Mapped[float | None]
    """In the money of the price list; NULL for a model without a price."""
    queued_seconds: Mapped[float] = mapped_column(server_default="0")
    """Part of `seconds` before the engine had it."""
    endpoints: Mapped[list[Any]] = mapped_column(server_default="[]")
    """The addresses that answered; empty for an engine of our own."""
    guess: Mapped[bool] = mapped_column(server_default=false())
    """For a call on a draft value, before it was known to be needed."""
    seconds: Mapped[float]
    first_token_seconds: Mapped[float | None]
    error: Mapped[str | None]
    at: Mapped[datetime]
    """When it ended."""


class EvaluationRow(Base):
    """A question set, asked of some systems in one configuration."""

    __tablename__ = "evaluation"

    id: Mapped[str] = mapped_column(RUN_ID, primary_key=True)
    key: Mapped[str] = mapped_column(index=True)
    """The same for the same questions in the same configuration."""
    name: Mapped[str | None]
    configuration: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    owner_host: Mapped[str | None]
    owner_pid: Mapped[int | None] = mapped_column(BigInteger)
    owner_birth: Mapped[str | None]


class EvaluationRunRow(Base):
    """A run that was made for an evaluation; one that was cut off has no result, and never will."""

    __tablename__ = "evaluation_run"

    run: Mapped[str] = mapped_column(RUN_ID, ForeignKey("run.id"), primary_key=True)
    evaluation: Mapped[str] = mapped_column(RUN_ID, ForeignKey("evaluation.id"), index=True)
    system: Mapped[str]
    question: Mapped[str]
    """Its id in the set."""
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)
    ended_at: Mapped[datetime | None]
