"""The tables of the service: who works, who asks, and who is told.

`response` is a run as a client asked for it; `worker` the processes that do runs, `api_key` who may
ask, `share` who may read an answer, `webhook` where the ends of runs are told, and `delivery` each
telling.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Id, Json
from storage.tables import RUN_ID, Base

RESPONSE_ID = Id(40)


class ResponseRow(Base):
    """What a client asked for, word by word; what comes back is made from its run."""

    __tablename__ = "response"
    __table_args__ = (
        UniqueConstraint("user", "idempotency"),
        Index(None, "user", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(RESPONSE_ID, primary_key=True)
    run: Mapped[str] = mapped_column(RUN_ID, ForeignKey("run.id"), unique=True)
    user: Mapped[str] = mapped_column(server_default="")
    kind: Mapped[str]
    """response or chat: by which interface it was asked. What is forgotten but for its key is
    `given` (the same request has its answer once more) or `deleted` (nobody has it)."""
    request: Mapped[dict[str, Any]]
    """The body, without secrets."""
    secrets: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """What its tools need to be let in elsewhere; emptied when the run has ended."""
    idempotency: Mapped[str | None]
    """The key by which the client would ask for the same again."""
    previous: Mapped[str | None] = mapped_column(RESPONSE_ID)
    """The response that it goes on from, which may be deleted by now."""
    created_at: Mapped[datetime]
    waiting: Mapped[int] = mapped_column(server_default="1")
    """Requests with the same key whose clients have not left."""


class WorkerRow(Base):
    """A process that does runs. It says now and then that it lives."""

    __tablename__ = "worker"

    id: Mapped[str] = mapped_column(RUN_ID, primary_key=True)
    host: Mapped[str]
    pid: Mapped[int] = mapped_column(BigInteger)
    birth: Mapped[str | None]
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime]
    claimed_by: Mapped[str | None] = mapped_column(RUN_ID)
    """The worker that takes over its runs."""
    claimed_at: Mapped[datetime | None]


class KeyRow(Base):
    """An API key. Of its secret only a digest is kept."""

    __tablename__ = "api_key"

    id: Mapped[str] = mapped_column(RUN_ID, primary_key=True)
    user: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    """SHA-256 of the whole key, in hexadecimal: it has 256 random bits, so no salt is needed."""
    limits: Mapped[dict[str, Any]]
    """By name: what its runs may take."""
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ShareRow(Base):
    """A link by which others read the answer of a run."""

    __tablename__ = "share"

    run: Mapped[str] = mapped_column(RUN_ID, ForeignKey("run.id"), primary_key=True)
    token: Mapped[str] = mapped_column(Id(64), unique=True)
    created_at: Mapped[datetime]


class WebhookRow(Base):
    """An address that is told of ends of runs."""

    __tablename__ = "webhook"

    id: Mapped[str] = mapped_column(RUN_ID, primary_key=True)
    user: Mapped[str] = mapped_column(server_default="", index=True)
    url: Mapped[str]
    secret: Mapped[str]
    """Signs what is sent; `whsec_` and base64."""
    kinds: Mapped[list[Any]]
    """Of events: response.completed, ...; empty: all."""
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class DeliveryRow(Base):
    """An event on its way to an address; made in the transaction that ends the run."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("webhook", "run", "event"),
        Index(None, "next_at"),
        Index(None, "delivered_at", "dead_at"),
    )

    id: Mapped[str] = mapped_column(RESPONSE_ID, primary_key=True)
    """The same at every attempt, and in the body."""
    webhook: Mapped[str] = mapped_column(RUN_ID, ForeignKey("webhook.id"))
    run: Mapped[str] = mapped_column(RUN_ID, ForeignKey("run.id"), index=True)
    event: Mapped[int]
    """The event of the run that it tells of."""
    kind: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[datetime | None]
    """When it is tried (again); NULL when it arrived, or was given up."""
    delivered_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    error: Mapped[str | None]
    """Of the last attempt."""
