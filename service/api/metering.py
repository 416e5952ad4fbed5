"""Each request, counted and logged when its answer has ended."""

import asyncio
import logging
import time

from aiohttp import web

from service.api.access import asker_of
from service.api.errors import Handler
from service.api.health import METRICS, PROBES
from service.operations.parents import tell_traceparent

log = logging.getLogger("breadth.access")

_MANY = PROBES | {"/pages/{name}"}
"""Routes that are asked for again and again, and that nobody wants to read of."""
UNKNOWN = "unknown"
"""The route of what leads nowhere."""
_GONE = 499
"""The client went away before its answer had begun: the status that nginx has for it."""


@web.middleware
async def metered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost: it sees what is really answered."""
    began = time.perf_counter()
    tell_traceparent(request.headers.get("traceparent", ""))
    status = 500
    try:
        answer = await handler(request)
        status = answer.status
    except asyncio.CancelledError:
        status = _GONE
        raise
    finally:
        _told(request, status, time.perf_counter() - began)
    return answer


def _told(request: web.Request, status: int, seconds: float) -> None:
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else UNKNOWN
    request.app[METRICS].answered(request.method, route, status, seconds)
    facts = {
        "method": request.method,
        "route": route,
        "status": status,
        "ms": round(seconds * 1000, 1),
        "user": asker_of(request).user or None,
    }
    level = logging.DEBUG if route in _MANY and status < 500 else logging.INFO
    log.log(level, "%s %s %d", request.method, route, status, extra=facts)
