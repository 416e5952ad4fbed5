"""`/v1/responses`: questions in the form of the Responses API."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from aiohttp import web
from pydantic import BaseModel, JsonValue

from service.api.access import asker_of
from service.api.again import Again, created, forget, key_of, left
from service.api.bodies import read_body, read_query
from service.api.describing import EVENTS, described
from service.api.errors import STORAGE, ApiError, log
from service.api.front import FRONT, Front
from service.api.places import GrowingVeil, veil_of
from service.api.progress import Progress
from service.api.response_asking import Previous, asked_by
from service.api.response_bodies import (
    DeletedResponse,
    ItemsQuery,
    ResponseBody,
    StreamQuery,
    input_items,
)
from service.api.response_items import Items
from service.api.response_objects import response_object
from service.api.response_stream import Stream
from service.api.server_events import event_stream, has_left
from storage import ResponseRecord, RunRecord, Spent, StorageError, UnknownResponse

routes = web.RouteTableDef()


class ResponseObject(BaseModel):
    """A response; see the reference of the Responses API for the rest of it."""

    id: str
    object: str
    created_at: int
    status: str
    model: str
    output: list[dict[str, JsonValue]]


class ItemList(BaseModel):
    """A part of the input."""

    object: str
    data: list[dict[str, JsonValue]]
    first_id: str | None
    last_id: str | None
    has_more: bool


@routes.post("/v1/responses")
@described(
    "Ask a question",
    tag="Responses",
    body=ResponseBody,
    header=Again,
    answers={200: (ResponseObject, EVENTS)},
    errors=(404, 409),
    details="With `background` the answer comes at once, and the run goes on whatever becomes of"
    " the client; else a run is stopped when its client leaves, unless `store` is true.",
)
async def response_made(request: web.Request) -> web.StreamResponse:
    """A run, waited for, followed, or left to itself."""
    front, body = request.app[FRONT], await read_body(request, ResponseBody)
    previous = await previous_of(front, body.previous_response_id, asker_of(request).user)
    asked = asked_by(body, front.settings, key_of(request), previous)
    record = await created(request, asked, needs_client=body.needs_client)
    try:
        return await _answer(request, body, record)
    except asyncio.CancelledError:
        # A service that shuts down cancels, too: then the client is still there.
        if body.needs_client and has_left(request):
            await left(front, record)
        raise


@routes.get("/v1/responses/{id}", allow_head=False)
@described(
    "Get a response",
    tag="Responses",
    query=StreamQuery,
    answers={200: (ResponseObject, EVENTS)},
    errors=(400, 404),
    details="With `stream` its events, those from before too, or those behind `starting_after`.",
)
async def response_shown(request: web.Request) -> web.StreamResponse:
    """As it is now, or as it comes along."""
    wanted, record = read_query(request, StreamQuery), await _named(request)
    if wanted.stream:
        after = -1 if wanted.starting_after is None else wanted.starting_after
        return await _followed(request, record, after, stops=False)
    return web.json_response(await told_of(request.app[FRONT], record, _included(request)))


@routes.delete("/v1/responses/{id}")
@described("Delete a response", tag="Responses", answers={200: DeletedResponse}, errors=(404,))
async def response_deleted(request: web.Request) -> web.Response:
    """It is not to be had any more; its run is stopped."""
    front, record = request.app[FRONT], await _named(request)
    await front.stop(record.run, record.user)
    await front.store.responses.delete(record.id, record.user)
    return web.json_response(DeletedResponse(id=record.id).model_dump())


@routes.post("/v1/responses/{id}/cancel")
@described("Stop a response", tag="Responses", answers={200: ResponseObject}, errors=(404,))
async def response_stopped(request: web.Request) -> web.Response:
    """One that has ended stays as it is."""
    front, record = request.app[FRONT], await _named(request)
    await front.stop(record.run, record.user)
    return web.json_response(await told_of(front, record))


@routes.get("/v1/responses/{id}/input_items")
@described(
    "List the input",
    tag="Responses",
    query=ItemsQuery,
    answers={200: ItemList},
    errors=(400, 404),
)
async def input_listed(request: web.Request) -> web.Response:
    """What the response was asked."""
    record, wanted = await _named(request), read_query(request, ItemsQuery)
    items = input_items(record.request["input"], record.id)
    if wanted.order == "desc":
        items.reverse()
    if wanted.after is not None:
        ids = [item["id"] for item in items]
        if wanted.after not in ids:
            raise ApiError(400, "after: there is no such item", param="after")
        items = items[ids.index(wanted.after) + 1 :]
    shown = items[: wanted.limit]
    listed = ItemList(
        object="list",
        data=shown,
        first_id=shown[0]["id"] if shown else None,
        last_id=shown[-1]["id"] if shown else None,
        has_more=len(items) > len(shown),
    )
    return web.json_response(listed.model_dump())


async def _named(request: web.Request) -> ResponseRecord:
    """That of the address. Raises UnknownResponse."""
    front, id_ = request.app[FRONT], request.match_info["id"]
    record = await front.store.responses.named(id_, asker_of(request).user)
    if record.kind != "response":
        raise UnknownResponse(id_)
    return record


async def previous_of(front: Front, id_: str | None, user: str) -> Previous | None:
    """What a response goes on from, if it does. Raises ApiError where that cannot be."""
    if id_ is None:
        return None
    param = "previous_response_id"
    try:
        record = await front.store.responses.named(id_, user)
    except UnknownResponse as error:
        told = f"{param}: {error}"
        raise ApiError(400, told, param=param, code="previous_response_not_found") from error
    run = await front.store.run(record.run)
    if not run.is_over:
        raise ApiError(400, f"{param}: it has not ended ({run.status})", param=param)
    calls = (await _items(front, record, run)).functions
    if run.answer is None and not calls:
        raise ApiError(400, f"{param}: it has no answer ({run.status})", param=param)
    return Previous(record, run, calls)


async def _answer(
    request: web.Request, body: ResponseBody, record: ResponseRecord
) -> web.StreamResponse:
    """The response at its end, or as it comes along, or as it is made."""
    front = request.app[FRONT]
    if body.stream:
        return await _followed(request, record, -1, stops=body.needs_client)
    if not body.background:
        await front.ended(record.run)
    answer = web.json_response(await told_of(front, record))
    await forget(front, record)
    return answer


async def told_of(
    front: Front, record: ResponseRecord, include: Sequence[str] = ()
) -> dict[str, Any]:
    """The response as it is now."""
    run = await _run(front, record)
    items = await _items(front, record, run, include)
    return response_object(record, run, items.items, await _spent(front, run))


async def _run(front: Front, record: ResponseRecord) -> RunRecord:
    """As it is now, without the server's own paths in its reason."""
    run = await front.store.run(record.run)
    if run.reason is None:
        return run
    return replace(run, reason=veil_of(run, front.settings)(run.reason))


async def _items(
    front: Front, record: ResponseRecord, run: RunRecord, include: Sequence[str] = ()
) -> Items:
    """Those of the events so far."""
    items = Items.of(record, run, front.settings, include)
    for logged in await front.store.log(record.run) if run.last_event else ():
        items.take(logged)
    return items


def _included(request: web.Request) -> Sequence[str]:
    """What a query wants besides."""
    return [*request.query.getall("include[]", ()), *request.query.getall("include", ())]


async def _spent(front: Front, run: RunRecord) -> Spent | None:
    """By a run that has ended."""
    return await front.store.spent(run.id) if run.is_over else None


async def _followed(
    request: web.Request, record: ResponseRecord, after: int, *, stops: bool
) -> web.StreamResponse:
    """The events behind the one with this number. `stops`: a client that leaves stops the run."""
    front = request.app[FRONT]
    run = await front.store.run(record.run)
    told = Stream(
        record,
        Items.of(record, run, front.settings, _included(request)),
        Progress(GrowingVeil(run, front.settings)),
    )

    async def send(events: list[dict[str, Any]]) -> None:
        for event in events:
            if event["sequence_number"] > after:
                await stream.send(event, event=event["type"])

    async with event_stream(request) as stream:
        try:
            await send(told.begin(run))
            async with (
                aclosing(front.follow(record.run)) as logged,
                aclosing(stream.pinged(logged)) as pinged,
            ):
                async for one in pinged:
                    await send(told.take(one, run))
            run = await _run(front, record)
            await send(told.end(run, await _spent(front, run) or Spent()))
            await stream.send("[DONE]")
            await forget(front, record)
        except StorageError as error:
            log.warning("response %s: %s", record.id, error)
            await stream.send(told.broken("storage", STORAGE), event="error")
    if stream.left and stops:
        await left(front, record)
    return stream.response
