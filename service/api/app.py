"""The application: routes, middlewares, limits."""

from aiohttp import web

from service.api import health
from service.api.errors import errors_told
from service.api.front import FRONT, Front
from service.api.metering import metered
from service.operations.metrics import Metrics

_MOST_BYTES = 4 * 2**20
"""Of a request's body."""


def application(front: Front, *, metrics: Metrics | None = None) -> web.Application:
    """Of all routes. `metrics`: of this process, where others than its requests count, too."""
    app = web.Application(middlewares=[metered, errors_told], client_max_size=_MOST_BYTES)
    app[FRONT] = front
    app[health.METRICS] = metrics or Metrics()
    app.add_routes(health.routes)
    return app
