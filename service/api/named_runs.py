"""The run that an address names."""

from aiohttp import web

from service.api.access import asker_of
from service.api.front import FRONT
from storage import RunRecord

_PREFIXES = ("resp_", "chatcmpl-")


async def run_of(request: web.Request) -> RunRecord:
    """That of the address, if it is the asker's; the id of its response will do. Raises
    UnknownRun."""
    named = request.match_info["id"]
    for prefix in _PREFIXES:
        named = named.removeprefix(prefix)
    return await request.app[FRONT].store.run(named, asker_of(request).user)
