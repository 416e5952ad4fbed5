"""`/v1/runs`: what the service works on, and has worked on."""

from collections.abc import Mapping
from contextlib import aclosing
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from service.api.access import asker_of
from service.api.bodies import Query, read_query
from service.api.describing import EVENTS, described
from service.api.errors import ApiError
from service.api.front import FRONT, Front
from service.api.named_runs import run_of
from service.api.places import GrowingVeil, veil_of
from service.api.run_objects import (
    RunList,
    RunObject,
    RunSummary,
    Status,
    StepObject,
    step_object,
    summary,
    whole,
)
from service.api.server_events import event_stream
from storage import ASKED, Logged, ResponseRecord, RunRecord

routes = web.RouteTableDef()

_MOST = 100
_LARGEST = 2**31 - 1
_DIGITS = 9


class ListedRuns(Query):
    """Which runs are listed."""

    limit: Annotated[int, Field(ge=1, le=_MOST, description="How many at most.")] = 20
    before: Annotated[
        str | None,
        Field(
            pattern="^[0-9a-hjkmnp-tv-z]{1,16}$",
            description="An id: older runs than this one, as for the next page.",
        ),
    ] = None
    status: Status | None = None
    words: Annotated[
        str,
        Field(
            max_length=200,
            description="Words of the question, as they stand there; the newest 2000 runs (before"
            " `before`) are looked through.",
        ),
    ] = ""


class Included(Query):
    """What is told besides."""

    include: Annotated[
        Literal["model_calls"] | None,
        Field(description="model_calls: the calls of models with their prompts."),
    ] = None
    brief: Annotated[
        bool, Field(description="Without steps, calls and passages, of which there may be many.")
    ] = False


class StepNamed(Query):
    """Which step."""

    id: Annotated[
        str,
        Field(
            max_length=500,
            description="`b`, `b[0]` or `b/a`; nothing: what the run itself asked models, for its"
            " plan and its answer.",
        ),
    ] = ""


class Followed(Query):
    """Where a stream begins."""

    after: Annotated[
        int,
        Field(ge=0, le=_LARGEST, description="The number of the last event that is known."),
    ] = 0


class Reconnecting(Query):
    """Where a stream goes on."""

    last_event_id: Annotated[
        int | None,
        Field(ge=0, lt=10**_DIGITS, alias="Last-Event-ID", description="The same as `after`."),
    ] = None


@routes.get("/v1/runs")
@described("List runs", tag="Runs", query=ListedRuns, answers={200: RunList}, errors=(400,))
async def runs_listed(request: web.Request) -> web.Response:
    """The newest first."""
    front, wanted = request.app[FRONT], read_query(request, ListedRuns)
    user = asker_of(request).user
    found = await front.store.runs(
        wanted.limit + 1, wanted.status, user=user, before=wanted.before, words=wanted.words
    )
    shown = found[: wanted.limit]
    listed = RunList(
        data=[summary(record, veil_of(record, front.settings)) for record in shown],
        has_more=len(found) > len(shown),
        first_id=shown[0].id if shown else None,
        last_id=shown[-1].id if shown else None,
    )
    return web.json_response(listed.model_dump(mode="json"))


@routes.get("/v1/runs/{id}")
@described(
    "Get a run", tag="Runs", query=Included, answers={200: RunObject}, errors=(400, 404),
    details="Its plan, calls, sources, passages and the claims of its answer.",
)  # fmt: skip
async def run_shown(request: web.Request) -> web.Response:
    """All of it."""
    front, record = request.app[FRONT], await run_of(request)
    wanted = read_query(request, Included)
    document = await _document(front, record, brief=wanted.brief)
    veil = veil_of(record, front.settings, [each["location"] for each in document["sources"]])
    shown = whole(
        record,
        document,
        await front.store.spent(record.id),
        veil,
        asked=await _asked(front, record),
        with_prompts=wanted.include is not None,
    )
    return web.json_response(shown.model_dump(mode="json"))


@routes.get("/v1/runs/{id}/step")
@described(
    "Get a step of a run", tag="Runs", query=StepNamed, answers={200: StepObject},
    errors=(400, 404), details="With its passages, and with the calls of models and their prompts.",
)  # fmt: skip
async def step_shown(request: web.Request) -> web.Response:
    """Or an element of one, or what the run itself asked models."""
    front, record = request.app[FRONT], await run_of(request)
    id_ = read_query(request, StepNamed).id
    found = await front.store.step(record.id, id_)
    if found is None:
        raise ApiError(404, "the run has no such step", param="id", code="not_found")
    files = [each["location"] for each in await front.store.sources(record.id)]
    shown = step_object(id_, found, veil_of(record, front.settings, files))
    return web.json_response(shown.model_dump(mode="json"))


@routes.get("/v1/runs/{id}/events", allow_head=False)
@described(
    "Follow a run", tag="Runs", query=Followed, header=Reconnecting, answers={200: EVENTS},
    errors=(400, 404),
    details="The events of a run that has ended, or works still, each with its number as `id`;"
    " the last one is `end`.",
)  # fmt: skip
async def run_followed(request: web.Request) -> web.StreamResponse:
    """Its events as they come."""
    front, after = request.app[FRONT], _after(request)
    record = await run_of(request)
    veil = await _veil(front, record, after)
    async with event_stream(request) as stream:
        async with (
            aclosing(front.follow(record.id, after)) as events,
            aclosing(stream.pinged(events)) as pinged,
        ):
            async for logged in pinged:
                await stream.send(_told(logged, veil), event=logged.kind, id_=logged.seq)
        ended = await front.store.run(record.id)
        await stream.send({"run": ended.id, "status": ended.status}, event="end")
    return stream.response


@routes.post("/v1/runs/{id}/cancel")
@described("Stop a run", tag="Runs", answers={200: RunSummary}, errors=(404,))
async def run_stopped(request: web.Request) -> web.Response:
    """One that has ended stays as it is."""
    front, record = request.app[FRONT], await run_of(request)
    stopped = await front.stop(record.id, asker_of(request).user)
    shown = summary(stopped, veil_of(stopped, front.settings))
    return web.json_response(shown.model_dump(mode="json"))


async def _document(front: Front, record: RunRecord, *, brief: bool) -> Mapping[str, Any]:
    """What the store has of a run, or of it its sources alone."""
    if not brief:
        return await front.store.document(record.id)
    nothing: dict[str, Any] = {"steps": [], "calls": [], "passages": [], "model_calls": []}
    return nothing | {"sources": await front.store.sources(record.id)}


async def _asked(front: Front, record: RunRecord) -> ResponseRecord | None:
    """As what it was asked, unless that is deleted."""
    asked = await front.store.responses.of_run(record.id)
    return asked if asked is not None and asked.kind in ASKED else None


def _after(request: web.Request) -> int:
    """The last event that the client has: what its browser says, or the query."""
    header, asked = request.headers.get("Last-Event-ID"), read_query(request, Followed)
    if header is None:
        return asked.after
    if not (header.isascii() and header.isdigit() and len(header) <= _DIGITS):
        raise ApiError(400, "Last-Event-ID: has to be the number of an event")
    return int(header)


async def _veil(front: Front, record: RunRecord, after: int) -> GrowingVeil:
    """One that knows what the events so far have told."""
    veil = GrowingVeil(record, front.settings)
    for logged in await front.store.log(record.id) if after else ():
        if logged.seq <= after:
            veil(logged)
    return veil


def _told(logged: Logged, veil: GrowingVeil) -> dict[str, object]:
    """The event without places of the server."""
    head = {"seq": logged.seq, "at": logged.at.isoformat(), "kind": logged.kind}
    return head | veil(logged)
