"""`/v1/chat/completions`: a question and its answer, for clients that know nothing else."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from aiohttp import web

from service.api.access import asker_of
from service.api.again import Again, created, key_of, left
from service.api.bodies import checked, read_object
from service.api.chat_bodies import ChatBody, Conversation, changes_by, form_by
from service.api.chat_objects import ChatCompletion, Chunks, Said, completion, said_by
from service.api.chat_tools import asked_calls, functions_by
from service.api.describing import EVENTS, described
from service.api.front import FRONT, Front
from service.api.offered import changes_of, is_offered, method_by, wished_options
from service.api.passing import pass_on
from service.api.places import GrowingVeil
from service.api.progress import Progress
from service.api.response_items import Items
from service.api.response_tools import require_choice
from service.api.server_events import EventStream, event_stream, has_left
from service.wishes import Wishes
from storage import Asked, ResponseRecord, RunRecord

routes = web.RouteTableDef()


@routes.post("/v1/chat/completions")
@described(
    "Ask a question",
    tag="Chat",
    body=ChatBody,
    header=Again,
    answers={200: (ChatCompletion, EVENTS)},
    errors=(404, 409, 502),
    details="Of a model that is not ours, where clients may use such, the answer is its server's.",
)
async def chat(request: web.Request) -> web.StreamResponse:
    """A run for our own models; any other is asked itself, where that is allowed."""
    given = await read_object(request)
    model = given.get("model")
    if isinstance(model, str) and not is_offered(model):
        return await pass_on(request, model)
    body = checked(given, ChatBody)
    front = request.app[FRONT]
    asked = await chat_asked(body, front, key_of(request), asker_of(request).user)
    record = await created(request, asked, needs_client=not body.store)
    answering = _streamed if body.stream else _whole
    try:
        answer = await answering(request, body, record)
    except asyncio.CancelledError:
        # A service that shuts down cancels, too: then the client is still there.
        if not body.store and has_left(request):
            await left(front, record)
        raise
    return answer


async def chat_asked(body: ChatBody, front: Front, key: str | None, user: str) -> Asked:
    """The request as a run. Raises ApiError for what cannot be done."""
    require_choice(body.tool_choice)
    turns = Conversation(body.messages)
    waiting = await turns.handed_back.waiting(front, user, turns.question)
    wishes = Wishes(
        conversation=turns.earlier,
        form=form_by(body),
        functions=functions_by(body.tools, body.tool_choice, front.settings),
        outputs=turns.handed_back.outputs,
        method=method_by(body.model),
    )
    changes = changes_of(body.model) | changes_by(body) | turns.changes
    options = wished_options(front.settings, changes, **wishes.to_options())
    request = body.model_dump(mode="json", exclude_none=True, by_alias=True)
    asked = Asked("chat", turns.question, options, request, idempotency=key)
    if waiting is None:
        return asked
    # Its question is said so that it stands by itself already.
    options |= {"asked": turns.question}
    return replace(asked, question=waiting.question, options=options, takes_up=waiting.id)


async def said_of(front: Front, body: ChatBody, record: ResponseRecord, run: RunRecord) -> Said:
    """What is to be told of a run that has ended. Raises ApiError for one that failed."""
    items = Items.of(record, run, front.settings)
    for logged in await front.store.log(run.id) if body.tools else ():
        items.take(logged)
    return said_by(run, body.most_tokens, asked_calls(items.functions))


async def _whole(request: web.Request, body: ChatBody, record: ResponseRecord) -> web.Response:
    """When the run has ended."""
    front = request.app[FRONT]
    run = await front.ended(record.run)
    said = await said_of(front, body, record, run)
    answer = completion(record, run, said, await front.store.spent(run.id))
    return web.json_response(answer.told())


async def _streamed(
    request: web.Request, body: ChatBody, record: ResponseRecord
) -> web.StreamResponse:
    """Signs of life while the run works, then its answer word by word."""
    front = request.app[FRONT]
    chunks = Chunks(record, with_usage=body.wants_usage)
    async with event_stream(request) as stream:
        await stream.send(chunks.delta({"role": "assistant", "content": ""}))
        await _tell_progress(stream, chunks, front, await front.store.run(record.run))
        run = await front.ended(record.run)
        for chunk in chunks.answer(await said_of(front, body, record, run)):
            await stream.send(chunk)
        if body.wants_usage:
            await stream.send(chunks.usage(await front.store.spent(run.id)))
        await stream.send("[DONE]")
    if stream.left and not body.store:
        await left(front, record)
    return stream.response


async def _tell_progress(stream: EventStream, chunks: Chunks, front: Front, run: RunRecord) -> None:
    """Until the run has ended."""
    progress = Progress(GrowingVeil(run, front.settings))
    async with aclosing(front.follow(run.id)) as events, aclosing(stream.pinged(events)) as pinged:
        async for logged in pinged:
            told: dict[str, Any] | None = progress.of(logged)
            if told is not None:
                await stream.send(chunks.delta({}, breadth=told))
