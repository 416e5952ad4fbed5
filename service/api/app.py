"""The application: routes, middlewares, limits."""

import asyncio

from aiohttp import web

from inference import is_loopback
from service import pages
from service.api import (
    batches,
    chat,
    files,
    health,
    models,
    openapi,
    responses,
    run_files,
    runs,
    shares,
    vectors,
    webhooks,
)
from service.api.access import ACCESS, Access, asker_known
from service.api.batching import batching
from service.api.errors import errors_told
from service.api.front import FRONT, Front
from service.api.hardening import HEARING, Hearing, hardened, told_headers
from service.api.metering import metered
from service.api.pace import BODY_SECONDS, MOST_BYTES, body_came
from service.api.served import connected
from service.api.server_events import CLOSING
from service.api.vectors import MINILM
from service.operations.metrics import Metrics
from service.settings import Settings

_ROUTES = (batches, chat, files, health, models, openapi, pages, responses, run_files, runs, shares,
           vectors, webhooks)  # fmt: skip


def application(
    front: Front, *, host: str = "127.0.0.1", metrics: Metrics | None = None
) -> web.Application:
    """Of all routes. `host`: the address that it listens on; `metrics`: of this process, where
    others than its requests count, too."""
    settings = front.settings
    app = web.Application(
        middlewares=[metered, errors_told, hardened, asker_known, body_came],
        client_max_size=MOST_BYTES,
    )
    app.on_response_prepare.append(told_headers)
    app[FRONT] = front
    app[ACCESS] = Access(front, is_open=is_open(settings, host))
    app[BODY_SECONDS] = settings.body_seconds
    app[HEARING] = Hearing.of(host, settings.hosts, settings.cors)
    app[CLOSING] = asyncio.Event()
    app[MINILM] = []
    app[health.METRICS] = metrics or Metrics()
    app.cleanup_ctx.append(connected)
    app.cleanup_ctx.append(batching)
    app[run_files.WRITING] = asyncio.Lock()
    for each in _ROUTES:
        app.add_routes(each.routes)
    return app


def is_open(settings: Settings, host: str) -> bool:
    """Whether requests without a key are heard."""
    if settings.access == "auto":
        return is_loopback(host)
    return settings.access == "open"


def exposed(settings: Settings, host: str) -> str | None:
    """What whoever starts the service is to be warned of: others can reach it without a key."""
    if is_loopback(host) or not is_open(settings, host):
        return None
    return (
        f"whoever can reach {host} can ask this service, at your cost, and read all its answers:"
        " BREADTH_ACCESS is open; keys asks for API keys"
    )
