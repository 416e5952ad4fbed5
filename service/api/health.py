"""Health and metrics: /healthz, /readyz and /metrics."""

import logging

from aiohttp import web

from service.api.front import FRONT
from service.operations.metrics import CONTENT_TYPE, Metrics
from service.operations.standing import standing_of
from storage import StorageError

log = logging.getLogger("breadth.api")
routes = web.RouteTableDef()
METRICS: web.AppKey[Metrics] = web.AppKey("metrics", Metrics)


@routes.get("/healthz")
async def healthy(request: web.Request) -> web.Response:
    """The process answers."""
    return web.json_response({"status": "ok"})


@routes.get("/readyz")
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
        return web.json_response({"status": "not ready", "missing": missing}, status=503)
    return web.json_response({"status": "ready"})


@routes.get("/metrics")
async def measured(request: web.Request) -> web.Response:
    """For Prometheus."""
    body = await request.app[METRICS].text(request.app[FRONT].store)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})


PUBLIC = (healthy, ready)
"""Heard without a key, whoever asks."""
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked so often that the log is better without them."""
