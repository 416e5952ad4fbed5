"""The application: routes, middlewares, limits."""

from aiohttp import web

from service.api.errors import errors_told
from service.api.front import FRONT, Front

_MOST_BYTES = 4 * 2**20
"""Of a request's body."""


def application(front: Front) -> web.Application:
    """Of all routes."""
    app = web.Application(middlewares=[errors_told], client_max_size=_MOST_BYTES)
    app[FRONT] = front
    return app
