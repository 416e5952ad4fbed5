"""`/v1/runs/ID/share`: the link by which others read an answer; `/shared/TOKEN`: what they read.

The page that they get is the HTML that `breadth write` makes: the answer, its passages and sources
and a picture of the plan. It has no prompt, no place of the server and no script.
"""

import asyncio
from datetime import datetime
from typing import Literal

from aiohttp import web
from pydantic import BaseModel

from service.api.describing import described
from service.api.errors import ApiError
from service.api.front import FRONT
from service.api.named_runs import run_of
from service.api.published import published
from service.formats import made_of
from storage import ShareRecord, UnknownRun

routes = web.RouteTableDef()

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)


class ShareObject(BaseModel):
    """Whether an answer is shared."""

    run: str
    object: Literal["run.share"] = "run.share"
    path: str | None
    """Of the page at this service; null where the answer is not shared."""
    created_at: datetime | None


@routes.get("/v1/runs/{id}/share")
@described("Get the link of an answer", tag="Runs", answers={200: ShareObject}, errors=(404,))
async def share_shown(request: web.Request) -> web.Response:
    """If it has one."""
    record = await run_of(request)
    return _told(record.id, await request.app[FRONT].store.shares.of_run(record.id))


@routes.post("/v1/runs/{id}/share")
@described(
    "Share an answer", tag="Runs", answers={200: ShareObject}, errors=(404, 409),
    details="Whoever has the link reads the answer with its sources, without a key, until the link"
    " is removed. The service has to allow it (BREADTH_SHARE).",
)  # fmt: skip
async def share_made(request: web.Request) -> web.Response:
    """The same link, where there is one."""
    front, record = request.app[FRONT], await run_of(request)
    if not front.settings.share:
        told = "this service does not let answers be shared (BREADTH_SHARE)"
        raise ApiError(403, told, code="sharing_off")
    if record.answer is None:
        raise ApiError(409, f"the run has no answer ({record.status})", code="no_answer")
    return _told(record.id, await front.store.shares.make(record.id))


@routes.delete("/v1/runs/{id}/share")
@described("End the link of an answer", tag="Runs", answers={200: ShareObject}, errors=(404,))
async def share_ended(request: web.Request) -> web.Response:
    """It opens nothing from now on; sharing again makes another one."""
    record = await run_of(request)
    await request.app[FRONT].store.shares.revoke(record.id)
    return _told(record.id, None)


@routes.get("/shared/{token}")
@described(
    "Read a shared answer", tag="Pages", answers={200: "text/html"}, errors=(404, 500, 503),
    is_open=True,
)  # fmt: skip
async def shared_shown(request: web.Request) -> web.Response:
    """Of whoever's run it is."""
    front = request.app[FRONT]
    share = None
    if front.settings.share:
        share = await front.store.shares.named(request.match_info["token"])
    if share is None:
        raise ApiError(404, "nothing is shared under this address", code="not_found")
    try:
        record = await front.store.run(share.run)
    except UnknownRun as error:
        raise ApiError(404, "nothing is shared under this address", code="not_found") from error
    publication = await published(front, record)
    page = await asyncio.to_thread(made_of, publication, ".html", front.settings.citations)
    headers = {"Content-Security-Policy": _POLICY, "X-Robots-Tag": "noindex, nofollow"}
    return web.Response(body=page, content_type="text/html", charset="utf-8", headers=headers)


def _told(run: str, share: ShareRecord | None) -> web.Response:
    path = f"/shared/{share.token}" if share else None
    shown = ShareObject(run=run, path=path, created_at=share.created_at if share else None)
    return web.json_response(shown.model_dump(mode="json"))
