"""Runs as a whole: which there are, and how they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Literal, get_args

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Row, and_, exists, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from planner import Answer, Status
from storage.answer_records import answer_from
from storage.errors import UnknownRun
from storage.owner import Owner
from storage.run_ids import LAST_DIGIT, RUN_ID_LENGTH, could_be_run_id, made_by, new_run_id
from storage.statements import add
from storage.tables import EvaluationRunRow, RunRow

RunState = Literal["queued", "running", "interrupted"] | Status
"""Interrupted: it was running, and its process on this host is gone. It can go on."""

ENDED = frozenset(get_args(Status))

_CLOSE_AMONG = 1000
"""A misspelt id is compared with so many of the newest."""
_CLOSE_SHOWN = 3
_SEARCHED = 2000
"""Questions that are looked through for words: no index has them."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and how soon it is to be done."""

    user: str = ""
    """Empty: the person at this machine."""
    key: str | None = None
    """The API key."""
    priority: int | None = None
    """In the queue of the service, 1 before 2; None: whoever makes the run does it."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as it is kept."""

    id: str
    question: str
    status: RunState
    reason: str | None
    """Why it is not completed."""
    options: Mapping[str, JsonValue]
    """What it was created with: model, documents, limits, ..."""
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float
    """Running time up to the last event; that between a crash and a resumption is not in it."""
    answer: Answer | None
    parent: str | None = None
    """The run that this one replays."""
    user: str = ""
    """Whose it is; empty: of the person at this machine."""
    key: str | None = None
    """The API key that it was asked with."""
    priority: int | None = None
    worker: str | None = None
    """Who of the service has it, or had it last."""
    cancel_at: datetime | None = None
    """When somebody asked for it to be stopped."""
    last_event: int = 0
    """The number of its last event."""

    @property
    def is_over(self) -> bool:
        """Whether it has ended: nothing works on it, and nothing will by itself."""
        return self.status in ENDED


async def insert_run(
    connection: AsyncConnection,
    question: str,
    options: Mapping[str, JsonValue],
    at: datetime,
    *,
    parent: str | None = None,
    asked_by: Asker | None = None,
) -> str:
    """A new run that has not begun; gives its id."""
    run, asked_by = new_run_id(at), asked_by or Asker()
    new: dict[str, Any] = {
        "id": run,
        "question": question,
        "status": "queued",
        "options": dict(options),
    }
    new |= {"created_at": at, "parent": parent, "seconds": 0.0, "last_event": 0}
    new |= {"user": asked_by.user, "key": asked_by.key, "priority": asked_by.priority}
    await add(connection, RunRow, new)
    return run


async def full_id(connection: AsyncConnection, named: str, user: str | None = None) -> str:
    """The id that begins like this. Raises UnknownRun for none and for several.

    `user`: whose runs are meant; None: everybody's.
    """
    found: list[str] = []
    whose = true() if user is None else RunRow.user == user
    if could_be_run_id(named):
        begins = RunRow.id.between(named, named.ljust(RUN_ID_LENGTH, LAST_DIGIT))
        query = select(RunRow.id).where(begins, whose)  # LIKE would read the whole table
        query = query.order_by(RunRow.id.desc())
        found.extend((await connection.execute(query.limit(_CLOSE_SHOWN))).scalars())
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownRun(named, found, ambiguous=True)
    newest = select(RunRow.id).where(whose).order_by(RunRow.created_at.desc())
    newest = newest.limit(_CLOSE_AMONG)
    ids = (await connection.execute(newest)).scalars().all()
    raise UnknownRun(named, get_close_matches(named, ids, _CLOSE_SHOWN))


async def ask_to_stop(connection: AsyncConnection, run: str, at: datetime) -> bool:
    """Note that somebody wants the run stopped. True: it has not begun, and can end at once."""
    columns = (RunRow.status, RunRow.cancel_at, RunRow.worker)
    query = select(*columns).where(RunRow.id == run).with_for_update()
    row = (await connection.execute(query)).one()
    if row.status not in ENDED and row.cancel_at is None:
        await connection.execute(update(RunRow).where(RunRow.id == run).values(cancel_at=at))
    return bool(row.status == "queued" and row.worker is None)


async def reword(connection: AsyncConnection, run: str, question: str) -> None:
    """Say a run's question anew."""
    record = await run_record(connection, run)
    options = {"asked": record.question, **record.options}
    changed = update(RunRow).where(RunRow.id == run)
    await connection.execute(changed.values(question=question, options=options))


async def run_record(connection: AsyncConnection, run: str) -> RunRecord:
    """The run with exactly this id, which exists."""
    query = select(RunRow.__table__).where(RunRow.id == run)
    return _record((await connection.execute(query)).one())


async def _older_than(run: str, connection: AsyncConnection) -> ColumnElement[bool]:
    """Behind this run in the order of lists; ids alone tell milliseconds, and no less."""
    known = select(RunRow.created_at).where(RunRow.id == run)
    moment = (await connection.execute(known)).scalar_one_or_none()
    if moment is None:  # removed since, or never there: about where it was
        last = made_by(run)
        by_id = RunRow.id < run
        return by_id if last is None else and_(by_id, RunRow.created_at <= last)
    same_moment = and_(RunRow.created_at == moment, RunRow.id < run)
    # The first condition alone lets an index begin there.
    return and_(RunRow.created_at <= moment, or_(RunRow.created_at < moment, same_moment))


async def run_records(
    connection: AsyncConnection,
    limit: int,
    status: RunState | None,
    user: str | None = None,
    before: str | None = None,
    *,
    words: str = "",
) -> list[RunRecord]:
    """The newest first, without those that were made for an evaluation.

    `user`: whose; None: everybody's. `before`: older than this run. `words`: in the question.
    """
    evaluated = exists().where(EvaluationRunRow.run == RunRow.id)
    query = select(RunRow.__table__).where(~evaluated)
    if user is not None:
        query = query.where(RunRow.user == user)
    if before is not None:
        query = query.where(await _older_than(before, connection))
    query = query.order_by(RunRow.created_at.desc(), RunRow.id.desc())
    if words:
        newest = query.with_only_columns(RunRow.id).limit(_SEARCHED).subquery()
        query = query.where(RunRow.id.in_(select(newest.c.id)))
        query = query.where(RunRow.question.icontains(words, autoescape=True))
    if status not in ("running", "interrupted"):
        chosen = query if status is None else query.where(RunRow.status == status)
        return [_record(row) for row in await connection.execute(chosen.limit(limit))]
    # Only the process table tells these two apart, so the limit comes after it. They are few.
    rows = await connection.execute(query.where(RunRow.status == "running"))
    return [record for record in map(_record, rows) if record.status == status][:limit]


def _record(row: Row[Any]) -> RunRecord:
    """The row, with the state as it is now."""
    return RunRecord(
        id=row.id,
        question=row.question,
        status=_state(row),
        reason=row.reason,
        options=row.options,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        seconds=row.seconds,
        answer=None if row.answer is None else answer_from(row.answer),
        parent=row.parent,
        user=row.user,
        key=row.key,
        priority=row.priority,
        worker=row.worker,
        cancel_at=row.cancel_at,
        last_event=row.last_event,
    )


def _state(row: Row[Any]) -> RunState:
    """A run cannot say itself that its process died."""
    state: RunState = row.status
    if state != "running" or row.owner_host is None or row.worker is not None:
        return state  # a worker's runs are taken over by another one
    gone = Owner(row.owner_host, row.owner_pid, row.owner_birth).gone
    return "interrupted" if gone else "running"
