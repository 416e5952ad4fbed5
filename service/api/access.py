"""Who asks."""

from aiohttp import web

from storage import Asker

ASKER = "asker"
"""Under this name a request has its Asker."""


def asker_of(request: web.Request) -> Asker:
    """Who asks, as it was found out before the handler was called."""
    found = request.get(ASKER)
    return found if isinstance(found, Asker) else Asker(priority=1)
