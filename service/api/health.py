"""Health and metrics: /healthz, /readyz and /metrics."""

import logging

from aiohttp import web
from pydantic import BaseModel

from service.api.describing import described
from service.api.errors import ApiError
from service.api.front import FRONT
from service.operations.metrics import CONTENT_TYPE, Metrics
from service.operations.standing import standing_of
from storage import StorageError

log = logging.getLogger("breadth.api")
routes = web.RouteTableDef()
METRICS: web.AppKey[Metrics] = web.AppKey("metrics", Metrics)


class Health(BaseModel):
    """How it stands."""

    status: str


@routes.get("/healthz")
@described("Whether the process lives", tag="Operations", answers={200: Health}, is_open=True)
async def healthy(request: web.Request) -> web.Response:
    """The process answers."""
    return web.json_response({"status": "ok"})


@routes.get("/readyz")
@described(
    "Whether runs are taken and done", tag="Operations", answers={200: Health},
    is_open=True,
)  # fmt: skip
async def ready(request: web.Request) -> web.Response:
    """200 where runs are taken and done; 503 says what is missing."""
    missing = []
    try:
        standing = await standing_of(request.app[FRONT].store)
    except (StorageError, TimeoutError) as error:
        log.warning("the database does not answer: %s", error or "it takes too long")
        missing.append("the database does not answer")
    else:
        if not standing.workers and (standing.queued or standing.running):
            missing.append("no worker lives, and runs wait for one: start `breadth worker`")
    if missing:
        told = ApiError(503, f"not ready: {'; '.join(missing)}", code="not_ready").body
        return web.json_response({**told, "status": "not ready", "missing": missing}, status=503)
    return web.json_response({"status": "ready"})


@routes.get("/metrics")
@described("Metrics, for Prometheus", tag="Operations", answers={200: "text/plain"})
async def measured(request: web.Request) -> web.Response:
    """For Prometheus."""
    body = await request.app[METRICS].text(request.app[FRONT].store)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})


PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked so often that the log is better without them."""
