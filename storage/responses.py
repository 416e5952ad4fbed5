"""Responses: runs as clients asked for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Row, delete, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from planner import steps_to_go_on
from storage.database import Database
from storage.errors import OverLimit, StorageError, UnknownResponse
from storage.forking import fork_run
from storage.keys import require_allowance
from storage.postings import NewPosting, add_posting
from storage.reading import read_history
from storage.runs import Asker, full_id, insert_run
from storage.service_tables import ResponseRow, ShareRow
from storage.statements import add

Kind = Literal["response", "chat"]
ASKED: tuple[Kind, ...] = get_args(Kind)
"""The kinds of those that are to be had; others are there for their idempotency keys alone."""
PREFIXES: Mapping[Kind, str] = {"response": "resp_", "chat": "chatcmpl-"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a client, checked."""

    kind: Kind
    question: str
    options: Mapping[str, JsonValue]
    """What its run is created with."""
    request: Mapping[str, JsonValue]
    """The body, without secrets."""
    secrets: Mapping[str, JsonValue] | None = None
    idempotency: str | None = None
    """The key by which the client would ask for the same again."""
    previous: str | None = None
    """The response that it goes on from."""
    takes_up: str | None = None
    """A run that waits for calls which its caller has made by now: what it has finished is taken
    over, with its plan and its question. The options say what the calls gave; one that is added,
    `takes_up`, that the run replays nothing."""
    posting: NewPosting | None = None
    """Where it is shown besides; made with the run, or not at all."""


@dataclass(frozen=True, slots=True)
class ResponseRecord:
    """A response as it is kept."""

    id: str
    run: str
    user: str
    kind: Kind | Literal["given", "deleted"]
    """The last two are found by their idempotency keys alone: `given` was not to be stored, and
    `deleted` has no request any more."""
    request: Mapping[str, Any]
    secrets: Mapping[str, Any] | None
    """None from the end of its run on."""
    previous: str | None
    created_at: datetime


_FIELDS = tuple(ResponseRecord.__dataclass_fields__)


class Responses:
    """Those in one database. Every method raises StorageError where that is unusable.

    `user`: whose; None: everybody's. What is another user's is not there. An idempotency key is
    remembered for as long as the run is kept, whatever became of the response.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """Of an open store."""
        self._database = database
        self._now = now

    async def create(self, asked: Asked, asked_by: Asker) -> tuple[ResponseRecord, bool]:
        """A response and its run, both new; or the one that the same user asked for with the same
        idempotency key before, and False: then one more client waits for it, if it is the same
        request. Raises OverLimit."""

        async def made(connection: AsyncConnection) -> tuple[ResponseRecord, bool]:
            at = self._now()
            earlier = await _again(connection, asked, asked_by)
            earlier = earlier or await _refused(connection, asked, asked_by, at)
            if earlier is not None:
                return earlier, False
            run = await _new_run(connection, asked, asked_by, at)
            row = _values(asked, asked_by, run, at)
            await add(connection, ResponseRow, row)
            if asked.posting is not None:
                await add_posting(connection, run, asked.posting, at)
            return ResponseRecord(**{name: row[name] for name in _FIELDS}), True

        try:
            return await self._database.write(made)
        except StorageError as error:
            if not isinstance(error.__cause__, IntegrityError) or asked.idempotency is None:
                raise
        return await self._database.write(made)  # the same was asked at the same moment

    async def named(self, response: str, user: str | None = None) -> ResponseRecord:
        """The response with this id. Raises UnknownResponse."""
        chosen = _to_be_had(response, user)
        found = await self._database.read(lambda connection: _found(connection, chosen))
        if found is None:
            raise UnknownResponse(response)
        return found

    async def of_run(self, run: str) -> ResponseRecord | None:
        """The response that the run was made for, if there is one."""
        chosen = ResponseRow.run == run
        return await self._database.read(lambda connection: _found(connection, chosen))

    async def delete(self, response: str, user: str | None = None) -> None:
        """It is not to be had any more, and not shared; its run stays until it is pruned.

        Raises UnknownResponse.
        """
        nothing: dict[str, Any] = {"request": {}, "secrets": None, "previous": None}
        chosen = _to_be_had(response, user)
        await self._remove(chosen, response, nothing | {"kind": "deleted"})

    async def forget(self, response: str, user: str | None = None) -> None:
        """The same of one that was given and is not to be stored: whoever asks for it once more
        with its idempotency key gets it. Raises UnknownResponse."""
        await self._remove(_to_be_had(response, user), response, {"kind": "given"})

    async def _remove(
        self, chosen: ColumnElement[bool], response: str, left: Mapping[str, Any]
    ) -> None:
        """`left`: of one that has an idempotency key."""
        keyed = update(ResponseRow).where(chosen & ResponseRow.idempotency.is_not(None))

        shared = delete(ShareRow).where(ShareRow.run.in_(select(ResponseRow.run).where(chosen)))

        async def removed(connection: AsyncConnection) -> int:
            await connection.execute(shared)
            kept = (await connection.execute(keyed.values(left))).rowcount
            return kept + (await connection.execute(delete(ResponseRow).where(chosen))).rowcount

        if not await self._database.write(removed):
            raise UnknownResponse(response)

    async def leave(self, response: str) -> bool:
        """A client that waited for it has gone. Gives whether nobody waits any more."""
        chosen = ResponseRow.id == response
        left = update(ResponseRow).where(chosen).values(waiting=ResponseRow.waiting - 1)

        async def gone(connection: AsyncConnection) -> bool:
            await connection.execute(left)
            waiting = await connection.execute(select(ResponseRow.waiting).where(chosen))
            return (waiting.scalar_one_or_none() or 0) <= 0

        return await self._database.write(gone)


async def _again(
    connection: AsyncConnection, asked: Asked, asked_by: Asker
) -> ResponseRecord | None:
    """The response of an earlier attempt at the same request."""
    if asked.idempotency is None:
        return None
    same = (ResponseRow.user == asked_by.user) & (ResponseRow.idempotency == asked.idempotency)
    found = await _found(connection, same)
    if found is not None and found.request == asked.request:
        more = update(ResponseRow).where(same).values(waiting=ResponseRow.waiting + 1)
        await connection.execute(more)
    return found


async def _refused(
    connection: AsyncConnection, asked: Asked, asked_by: Asker, at: datetime
) -> ResponseRecord | None:
    """None where its key may have another run. Else OverLimit is raised, but where the run that it
    may not have beside is that of the same request, made while this one waited for the key."""
    if asked_by.key is None:
        return None
    try:
        await require_allowance(connection, asked_by.key, at)
    except OverLimit:
        earlier = await _again(connection, asked, asked_by)
        if earlier is None:
            raise
        return earlier
    return None


async def _new_run(connection: AsyncConnection, asked: Asked, asked_by: Asker, at: datetime) -> str:
    """The run of a new response. Raises UnknownRun where it is to take up one that is not its
    user's."""
    if asked.takes_up is None:
        return await insert_run(connection, asked.question, asked.options, at, asked_by=asked_by)
    parent = await full_id(connection, asked.takes_up, asked_by.user)
    anew = steps_to_go_on(await read_history(connection, parent))
    options = {**asked.options, "takes_up": parent}
    return await fork_run(connection, parent, options, anew, at, asked_by)


def _values(asked: Asked, asked_by: Asker, run: str, at: datetime) -> dict[str, Any]:
    """The columns of a new row."""
    return {
        "id": PREFIXES[asked.kind] + run,
        "run": run,
        "user": asked_by.user,
        "kind": asked.kind,
        "request": dict(asked.request),
        "secrets": None if asked.secrets is None else dict(asked.secrets),
        "idempotency": asked.idempotency,
        "previous": asked.previous,
        "created_at": at,
    }


def _to_be_had(response: str, user: str | None) -> ColumnElement[bool]:
    """The one with this id."""
    return (ResponseRow.id == response) & _of(user) & ResponseRow.kind.in_(ASKED)


def _of(user: str | None) -> ColumnElement[bool]:
    """Whose rows are meant."""
    return true() if user is None else ResponseRow.user == user


async def _found(connection: AsyncConnection, chosen: ColumnElement[bool]) -> ResponseRecord | None:
    """The one row, if there is one."""
    row = (await connection.execute(select(ResponseRow.__table__).where(chosen))).one_or_none()
    return None if row is None else _from(row)


def _from(row: Row[Any]) -> ResponseRecord:
    return ResponseRecord(
        row.id, row.run, row.user, row.kind, row.request, row.secrets, row.previous, row.created_at
    )
