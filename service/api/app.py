"""The application: routes, middlewares, limits."""

from aiohttp import web

from service.api import chat, models, openapi, responses, runs, vectors, webhooks
from service.api.errors import errors_told
from service.api.front import FRONT, Front
from service.api.served import connected
from service.api.vectors import MINILM

_MOST_BYTES = 4 * 2**20
"""Of a request's body."""


def application(front: Front) -> web.Application:
    """Of all routes."""
    app = web.Application(middlewares=[errors_told], client_max_size=_MOST_BYTES)
    app[FRONT] = front
    app[MINILM] = []
    app.cleanup_ctx.append(connected)
    for each in (chat, models, openapi, responses, runs, vectors, webhooks):
        app.add_routes(each.routes)
    return app
