"""Calls of a chat system's API, and what is known of what became of them.

Whether something was shown, was not, or may have been has to be told apart; and calls that show
something wait for each other where the system asks for rest.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar
from urllib.parse import urlsplit

from aiohttp import ClientResponse, ClientSession, ClientTimeout, DummyCookieJar

from inference import is_loopback
from service.chats.courier import Rest, finished

T = TypeVar("T")
_CALL_SECONDS, _CONNECT_SECONDS = 8.0, 5.0
_UPLOAD_SECONDS = 120.0
UPLOADING = ClientTimeout(total=_UPLOAD_SECONDS, sock_connect=_CONNECT_SECONDS)
"""For files."""
_REST, _LONGEST_REST = 5.0, 600.0
_MOST_LANES = 1000


class Refused(Exception):
    """The chat system will not do it."""

    def __init__(self, system: str, code: str) -> None:
        """`code`: as the system calls it."""
        super().__init__(f"{system} said {code[:100]}")
        self.code = code


class Unsure(Exception):
    """Nobody knows whether it was done."""


class _Lane:
    """Calls that are counted together: one at a time, none while rest is wanted."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.until = 0.0

    @property
    def rest(self) -> float:
        """Seconds that are left of it."""
        return self.until - time.monotonic()


class Lanes:
    """Of one system."""

    def __init__(self) -> None:
        """Nobody wants rest yet."""
        self._lanes: defaultdict[Hashable, _Lane] = defaultdict(_Lane)

    async def turn(
        self,
        name: Hashable,
        call: Callable[[], Awaitable[T]],
        *,
        patient: bool,
        require: Callable[[], None],
    ) -> T:
        """What the call gives, which is not cut off: others see it. `patient`: waits for its turn
        and for the end of any rest, else raises Rest; `require`: called right before the call,
        which it may forbid. Raises what both raise."""
        lane = self._lane(name)
        if not patient and (lane.lock.locked() or lane.rest > 0):
            raise Rest(max(lane.rest, 1.0))
        while True:
            async with lane.lock:
                await asyncio.sleep(max(lane.rest, 0))
                require()
                try:
                    return await finished(_called(call))
                except Rest as error:
                    lane.until = time.monotonic() + error.seconds
                    if not patient:
                        raise

    def _lane(self, name: Hashable) -> _Lane:
        if len(self._lanes) > _MOST_LANES:
            for key, lane in list(self._lanes.items()):
                if not lane.lock.locked() and lane.rest <= 0:
                    del self._lanes[key]
        return self._lanes[name]


async def _called(call: Callable[[], Awaitable[T]]) -> T:
    return await call()


def calling(address: str) -> ClientSession:
    """For calls to this address. Follows no cookies, and no proxy where it is of this machine."""
    return ClientSession(
        timeout=ClientTimeout(total=_CALL_SECONDS, sock_connect=_CONNECT_SECONDS),
        trust_env=not is_loopback(urlsplit(address).hostname or ""),
        cookie_jar=DummyCookieJar(),
    )


def rest_of(answer: ClientResponse) -> float:
    """Seconds that an answer asks for."""
    try:
        said = float(answer.headers.get("Retry-After", ""))
    except ValueError:
        return _REST
    return min(said, _LONGEST_REST) if said >= 0 else _REST
