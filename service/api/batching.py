"""Working on batches, beside the answering of requests: each is looked at now and then, its
requests become responses of the queue, and what these came to is noted.

Several processes may do so; a batch is claimed by one for a while. Everything can be done again: a
request that was made already is found by its key, and files stand in the place of their like.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

from aiohttp import web

from service.api.again import same
from service.api.batch_lines import answered, asked_for, read_lines, told_by, unanswered
from service.api.errors import ApiError
from service.api.front import FRONT, Front
from storage import (
    CLAIM_SECONDS,
    ApiBatchRecord,
    ApiLine,
    Asker,
    BatchStatus,
    LineState,
    OverLimit,
    StorageError,
    UnknownFile,
    UnknownResponse,
    UnknownRun,
)

log = logging.getLogger("breadth.batches")

NEWS: web.AppKey[asyncio.Event] = web.AppKey("batch_news", asyncio.Event)
"""Set when there is a batch to be looked at at once."""
_LOOK_SECONDS = 1.0
_BETWEEN_SECONDS = 0.5
"""Two looks at a batch whose requests are under way."""
_AFTER_BUG_SECONDS = 60.0
_SWEEP_SECONDS = 600.0
_UNDER_WAY = 64
"""Requests of a batch in the queue at once: others than its own are to have their turn."""
_PRIORITY = 2
"""In the queue behind those for whom somebody waits."""
_PAGE = 100
_PREFIXES = ("resp_", "chatcmpl-")
End = Literal["completed", "expired", "cancelled"]


async def batching(app: web.Application) -> AsyncIterator[None]:
    """While the application runs."""
    app[NEWS] = asyncio.Event()
    tasks = [asyncio.create_task(_work(app)), asyncio.create_task(_sweep(app[FRONT]))]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def _work(app: web.Application) -> None:
    """Look at what is due, until cancelled."""
    front, news = app[FRONT], app[NEWS]
    while True:
        news.clear()
        batch = None
        with suppress(StorageError):  # it is asked again
            batch = await front.store.api_batches.claim()
        if batch is not None:
            await _looked_at(front, batch)
            continue
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await news.wait()


async def _looked_at(front: Front, batch: ApiBatchRecord) -> None:
    """One batch; a bug in it stops no other."""
    task = asyncio.create_task(_advance(front, batch))
    try:
        while not (await asyncio.wait([task], timeout=CLAIM_SECONDS / 3))[0]:
            with suppress(StorageError):  # the next time
                await front.store.api_batches.hold(batch.id)
    finally:
        task.cancel()
    rest = _BETWEEN_SECONDS
    error = None if task.cancelled() else task.exception()
    if isinstance(error, StorageError):
        log.warning("batch %s has to wait: %s", batch.id, error)
    elif isinstance(error, OverLimit):
        rest = min(60.0, max(1.0, error.seconds))
    elif error is not None:
        log.error("batch %s", batch.id, exc_info=error)
        rest = _AFTER_BUG_SECONDS
    with suppress(StorageError):  # the claim ends by itself
        await front.store.api_batches.rest(batch.id, rest)


async def _advance(front: Front, batch: ApiBatchRecord) -> None:
    """As far as it goes now. Raises StorageError, and OverLimit where its key may have no more."""
    match batch.status:
        case "validating":
            await _begin(front, batch)
        case "in_progress":
            await _note_ended(front, batch)
            if batch.expires_at <= datetime.now(UTC):
                await _stop(front, batch, "batch_expired", "the batch expired before its end")
                await _finish(front, batch, "expired", "in_progress")
            elif not await _ask(front, batch):
                await front.store.api_batches.move(
                    batch.id, "finalizing", only_from=("in_progress",)
                )
        case "finalizing":
            await _finish(front, batch, "completed", "finalizing")
        case "cancelling":
            await _note_ended(front, batch)
            await _stop(front, batch, "batch_cancelled", "the batch was cancelled before its end")
            await _finish(front, batch, "cancelled", "cancelling")
        case _:
            pass


async def _begin(front: Front, batch: ApiBatchRecord) -> None:
    """Look its file through."""
    store = front.store.api_batches
    try:
        await front.store.files.named(batch.input_file, batch.user)
    except UnknownFile as error:
        problem = {"code": "file_gone", "line": None, "message": str(error), "param": None}
        await store.move(batch.id, "failed", only_from=("validating",), errors=[problem])
        return
    text = "".join([part async for part in front.store.files.text(batch.input_file)])
    most = front.settings.batch_rows
    lines, problems = await asyncio.to_thread(read_lines, text, batch.endpoint, most)
    if problems:
        told = [dict(problem) for problem in problems]
        await store.move(batch.id, "failed", only_from=("validating",), errors=told)
        return
    await store.begin(batch.id, lines)


async def _ask(front: Front, batch: ApiBatchRecord) -> bool:
    """As many as may be under way; whether any is, or waits. Raises OverLimit."""
    store = front.store.api_batches
    under_way = len(await store.lines(batch.id, "asked", limit=_UNDER_WAY))
    room = _UNDER_WAY - under_way
    waiting = await store.lines(batch.id, "waiting", limit=room) if room else []
    for line in waiting:
        asker = Asker(batch.user, batch.api_key, _PRIORITY)
        try:
            asked = await asked_for(front, batch, line)
            record = same(await front.create(asked, asker), asked)
        except ApiError as error:
            told = answered(line, error.status, error.body)
            await store.ended(batch.id, line.position, "failed", told)
        else:
            await store.asked(batch.id, line.position, record.id)
    return bool(under_way or waiting)


async def _note_ended(front: Front, batch: ApiBatchRecord) -> None:
    """What the requests under way have come to."""
    store = front.store.api_batches
    lines = await store.lines(batch.id, "asked", limit=_UNDER_WAY)
    heads = await front.store.heads([_run(line) for line in lines])
    for line in lines:
        head = heads.get(_run(line))
        if head is None or head.is_over:
            state, told = await _end(front, batch, line)
            await store.ended(batch.id, line.position, state, told)


async def _end(
    front: Front, batch: ApiBatchRecord, line: ApiLine
) -> tuple[LineState, dict[str, Any]]:
    """Of a request whose run has ended, or is gone."""
    try:
        record = await front.store.responses.named(line.response or "", batch.user)
        run = await front.store.run(record.run)
        return "completed", await told_by(front, batch, line, record, run)
    except ApiError as error:
        return "failed", answered(line, error.status, error.body)
    except (UnknownResponse, UnknownRun):
        return "failed", unanswered(line, "response_deleted", "its response was deleted")


async def _stop(front: Front, batch: ApiBatchRecord, code: str, message: str) -> None:
    """Whatever has not ended is not done any more."""
    store = front.store.api_batches
    while lines := await store.lines(batch.id, "asked", "waiting", limit=_PAGE):
        for line in lines:
            if line.response is not None:
                with suppress(UnknownRun):
                    await front.store.ask_to_stop(_run(line), batch.user)
            await store.ended(batch.id, line.position, "failed", unanswered(line, code, message))


async def _finish(front: Front, batch: ApiBatchRecord, status: End, only_from: BatchStatus) -> None:
    """Its files, and that it is over."""
    store = front.store.api_batches
    try:
        files = {
            "output_file": await _file(front, batch, "completed"),
            "error_file": await _file(front, batch, "failed"),
        }
    except _EndedElsewhereError:
        return
    if await store.move(batch.id, status, only_from=(only_from,), **files):
        await store.forget_bodies(batch.id)


async def _file(front: Front, batch: ApiBatchRecord, state: LineState) -> str | None:
    """Of the lines in this state; None for no lines."""
    lines = [line async for page in _pages(front, batch, state) for line in _written(page)]
    if not lines:
        return None
    wished = (batch.request.get("output_expires_after") or {}).get("seconds")
    lasts = timedelta(days=front.settings.batch_days)
    if wished is not None:
        lasts = timedelta(seconds=wished)
    kind = "output" if state == "completed" else "error"
    made = await front.store.files.create(
        batch.user,
        f"{batch.id}_{kind}.jsonl",
        lines,
        purpose="batch_output",
        expires_at=datetime.now(UTC) + lasts,
        id_="file-" + sha256(f"{batch.id} {kind}".encode()).hexdigest()[:24],
    )
    return made.id


async def _pages(
    front: Front, batch: ApiBatchRecord, state: LineState
) -> AsyncIterator[Sequence[ApiLine]]:
    """All lines in this state."""
    after = -1
    while page := await front.store.api_batches.lines(batch.id, state, after=after, limit=_PAGE):
        yield page
        after = page[-1].position


class _EndedElsewhereError(Exception):
    """Another process, which took this one for dead, has written the files."""


def _written(lines: Sequence[ApiLine]) -> Iterator[str]:
    """Raises _EndedElsewhereError."""
    for line in lines:
        if line.told is None:
            raise _EndedElsewhereError
        yield json.dumps(line.told, ensure_ascii=False) + "\n"


def _run(line: ApiLine) -> str:
    """The id of the run that its response is."""
    id_ = line.response or ""
    for prefix in _PREFIXES:
        id_ = id_.removeprefix(prefix)
    return id_


async def _sweep(front: Front) -> None:
    """Remove files whose time is over, until cancelled."""
    while True:
        with suppress(StorageError):
            while await front.store.files.sweep():
                pass
        await asyncio.sleep(_SWEEP_SECONDS)
