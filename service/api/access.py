"""Who asks."""

from aiohttp import web

from storage import Asker

ASKER: web.RequestKey[Asker] = web.RequestKey("asker", Asker)
"""Under this key a request has its Asker."""


def asker_of(request: web.Request) -> Asker:
    """Who asks, as it was found out before the handler was called."""
    return request.get(ASKER) or Asker(priority=1)
