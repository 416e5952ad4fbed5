"""Who asks: the API key of a request, and whose runs are meant.

Without keys the service is for the person at this machine, and listens on loopback alone. A key
that is given is looked at in any case: what is no key of ours is nobody where no key is asked for.
"""

import time
from collections import OrderedDict

from aiohttp import web

from service.api.describing import operation_of
from service.api.errors import ApiError, Handler
from service.api.front import Front
from storage import KEY_PREFIX, Asker, KeyLimits, KeyRecord

ASKER: web.RequestKey[Asker] = web.RequestKey("asker", Asker)
"""Under this key a request has its Asker."""
LIMITS: web.RequestKey[KeyLimits] = web.RequestKey("limits", KeyLimits)
"""Under this key a request has what the runs of its API key may take."""
_REMEMBERED, _SECONDS = 1000, 5.0
"""Keys, and for how long: so late a revoked key is refused."""


def asker_of(request: web.Request) -> Asker:
    """Who asks, as it was found out before the handler was called."""
    return request.get(ASKER) or Asker(priority=1)


def require_uncounted(request: web.Request) -> None:
    """For what is no run, and whose tokens nobody counts. Raises ApiError where they should be."""
    limits = request.get(LIMITS) or KeyLimits()
    if limits.tokens_a_day is not None or limits.money_a_day is not None:
        told = (
            "this API key has a limit of tokens or money a day, which is that of runs: ask breadth,"
            " or have a key without one"
        )
        raise ApiError(403, told, code="key_limited")


class Access:
    """Finds out who asks."""

    def __init__(self, front: Front, *, is_open: bool) -> None:
        """`is_open`: whether requests without a key are those of the person at this machine."""
        self._front = front
        self._is_open = is_open
        self._known: OrderedDict[str, tuple[float, KeyRecord | None]] = OrderedDict()

    async def asker(self, request: web.Request) -> Asker:
        """Raises ApiError for who may not ask."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        key = given.strip() if scheme.lower() == "bearer" else ""
        if self._is_open and not key.startswith(KEY_PREFIX):
            return Asker(priority=1)
        if not key:
            raise _refused("send an API key: Authorization: Bearer KEY")
        record = await self._record(key)
        if record is None:
            raise _refused("this API key is not valid: `breadth keys create` makes one")
        request[LIMITS] = record.limits
        return Asker(record.user, record.id, priority=1)

    async def _record(self, key: str) -> KeyRecord | None:
        """What is known of a key; remembered for a while."""
        now = time.monotonic()
        until, record = self._known.get(key, (0.0, None))
        if now >= until:
            record = await self._front.store.keys.known(key)
            self._known[key] = (now + _SECONDS, record)
            self._known.move_to_end(key)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return record


ACCESS: web.AppKey[Access] = web.AppKey("access", Access)


@web.middleware
async def asker_known(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every request but those of public operations is somebody's. Which methods an address has
    stands in the public description."""
    if isinstance(request.match_info.http_exception, web.HTTPMethodNotAllowed):
        return await handler(request)
    operation = operation_of(request.match_info.handler)
    if operation is None or not operation.is_open:
        # An address that there is not is nobody's business without a key, either.
        request[ASKER] = await request.app[ACCESS].asker(request)
    return await handler(request)


def _refused(told: str) -> ApiError:
    headers = {"WWW-Authenticate": "Bearer"}
    return ApiError(401, told, code="invalid_api_key", headers=headers)
