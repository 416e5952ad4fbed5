"""The tables of batches: files of questions, asked at a shell or over the service.

`batch` is one pass of `breadth batch` over its rows, each a `batch_line`; `stored_file` what a
client of the service sent, or is to fetch, and `api_batch` what it wants done with it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Id, Json
from storage.tables import RUN_ID, Base

FILE_ID = Id(40)


class BatchRow(Base):
    """One pass over the rows of a file."""

    __tablename__ = "batch"

    id: Mapped[str] = mapped_column(RUN_ID, primary_key=True)
    place: Mapped[str] = mapped_column(index=True)
    """Where its reports are written: the batches of one place follow one another."""
    key: Mapped[str]
    """The same for the same rows in the same order, asked in the same way."""
    configuration: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    seconds: Mapped[float] = mapped_column(server_default="0")
    """Of working on it, in all processes one behind the other."""
    owner_host: Mapped[str | None]
    owner_pid: Mapped[int | None] = mapped_column(BigInteger)
    owner_birth: Mapped[str | None]


class BatchLineRow(Base):
    """A row of the file, and what came of it."""

    __tablename__ = "batch_line"
    __table_args__ = (Index(None, "batch", "key"), Index(None, "run"))

    batch: Mapped[str] = mapped_column(RUN_ID, ForeignKey("batch.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[str]
    """Of the question and its options: rows that have the same one share a run."""
    question: Mapped[str]
    name: Mapped[str]
    """Of its files."""
    run: Mapped[str | None] = mapped_column(RUN_ID, ForeignKey("run.id"))
    """NULL: it has not begun, or was pruned."""
    taken: Mapped[bool]
    """Whether the run was that of an earlier batch, and this one has not gone on with it."""
    spent_before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """What the run had taken when this batch began with it; NULL: it has not."""
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)
    files: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """The files that were written, and of which run."""


class StoredFileRow(Base):
    """A file of the service; its text stands in parts."""

    __tablename__ = "stored_file"
    __table_args__ = (Index(None, "user", "created_at", "id"), Index(None, "expires_at"))

    id: Mapped[str] = mapped_column(FILE_ID, primary_key=True)
    user: Mapped[str] = mapped_column(server_default="")
    purpose: Mapped[str]
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class StoredPartRow(Base):
    """A piece of a file, in order."""

    __tablename__ = "stored_part"

    file: Mapped[str] = mapped_column(FILE_ID, ForeignKey("stored_file.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str]


class ApiBatchRow(Base):
    """A file of requests that a client wants done."""

    __tablename__ = "api_batch"
    __table_args__ = (Index(None, "user", "created_at", "id"), Index(None, "next_at"))

    id: Mapped[str] = mapped_column(FILE_ID, primary_key=True)
    user: Mapped[str] = mapped_column(server_default="")
    api_key: Mapped[str | None]
    """The API key that it was asked with."""
    endpoint: Mapped[str]
    input_file: Mapped[str] = mapped_column(FILE_ID)
    """It may be deleted by now."""
    request: Mapped[dict[str, Any]]
    """What else was asked: metadata, completion_window, output_expires_after."""
    status: Mapped[str]
    moments: Mapped[dict[str, Any]]
    """When it came to each status, in seconds since 1970."""
    errors: Mapped[list[Any]]
    """Why it could not begin."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """When what has not ended is given up."""
    output_file: Mapped[str | None] = mapped_column(FILE_ID)
    error_file: Mapped[str | None] = mapped_column(FILE_ID)
    next_at: Mapped[datetime | None]
    """When somebody is to look at it; NULL: it is over."""


class ApiBatchLineRow(Base):
    """A request of the file."""

    __tablename__ = "api_batch_line"
    __table_args__ = (Index(None, "batch", "state", "position"), Index(None, "response"))

    batch: Mapped[str] = mapped_column(FILE_ID, ForeignKey("api_batch.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    custom_id: Mapped[str]
    body: Mapped[dict[str, Any]]
    response: Mapped[str | None] = mapped_column(FILE_ID)
    state: Mapped[str]
    """waiting, asked, completed or failed."""
    told: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """Its line in the output file, or the file of errors."""
