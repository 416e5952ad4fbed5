"""Calls of Slack's API, and what is known of what became of them.

Not by slack_sdk's own client: whether a message was posted, was not, or may have been has to be
told apart, and calls that show something wait for each other where Slack asks for rest.
"""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar

from inference import is_loopback
from service.chats import Rest, finished

_CALL_SECONDS, _CONNECT_SECONDS = 8.0, 5.0
_UPLOAD_SECONDS = 120.0
_REST = 5.0
"""Seconds, where Slack asks for rest and does not say how long."""
_LONGEST_REST = 600.0
_SERVER_ERROR = 500
_TOO_MANY = 429
_MOST_LANES = 1000
_BUSY = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_UNSURE = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
"""Errors behind which what was asked for may be done."""


class Refused(Exception):
    """Slack will not do it."""

    def __init__(self, code: str) -> None:
        """`code`: as Slack calls it."""
        super().__init__(f"Slack said {code[:100]}")
        self.code = code


class Unsure(Exception):
    """Nobody knows whether it was done."""


class _Lane:
    """Calls that Slack counts together: one at a time, none while it wants rest."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.until = 0.0

    @property
    def rest(self) -> float:
        """Seconds that are left of it."""
        return self.until - time.monotonic()


class Slack:
    """`async with Slack(token, address) as slack`. Tells nobody the token but that address."""

    def __init__(self, token: str, address: str) -> None:
        """`address`: of the API, such as https://slack.com/api/."""
        self._address = address.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._lanes: defaultdict[tuple[str, str], _Lane] = defaultdict(_Lane)
        self._session: ClientSession | None = None

    async def __aenter__(self) -> "Slack":
        """Connections are kept."""
        self._session = ClientSession(
            timeout=ClientTimeout(total=_CALL_SECONDS, sock_connect=_CONNECT_SECONDS),
            trust_env=not is_loopback(urlsplit(self._address).hostname or ""),
            cookie_jar=DummyCookieJar(),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Connections are closed."""
        if self._session is not None:
            await self._session.close()

    async def call(self, method: str, **fields: Any) -> dict[str, Any]:
        """What Slack answers. Raises Rest, Refused and Unsure."""
        body = {name: _written(value) for name, value in fields.items() if value is not None}
        assert self._session is not None
        try:
            async with self._session.post(
                f"{self._address}/{method}",
                data=body,
                headers=self._headers,
                allow_redirects=False,
            ) as answer:
                return await _answer(answer)
        except (ClientError, TimeoutError, OSError) as error:
            raise Unsure(f"{method}: {type(error).__name__}") from error

    async def show(
        self, method: str, *, patient: bool, require: Callable[[], None], **fields: Any
    ) -> dict[str, Any]:
        """A call that others see; it is not cut off. `patient`: waits for its turn and for the end
        of any rest, else raises Rest; `require`: called right before the call, which it may
        forbid. Raises as `call`."""
        lane = self._lane(method, str(fields.get("channel")))
        if not patient and (lane.lock.locked() or lane.rest > 0):
            raise Rest(max(lane.rest, 1.0))
        while True:
            async with lane.lock:
                await asyncio.sleep(max(lane.rest, 0))
                require()
                try:
                    return await finished(self.call(method, **fields))
                except Rest as error:
                    lane.until = time.monotonic() + error.seconds
                    if not patient:
                        raise

    async def upload(self, url: str, content: bytes) -> None:
        """To an address that Slack gave. Raises Unsure."""
        assert self._session is not None
        try:
            async with self._session.post(
                url,
                data=content,
                headers={"Content-Type": "application/octet-stream"},
                timeout=ClientTimeout(total=_UPLOAD_SECONDS, sock_connect=_CONNECT_SECONDS),
                allow_redirects=False,
            ) as answer:
                if answer.status >= 300:
                    raise Unsure(f"an upload was answered with {answer.status}")
        except (ClientError, TimeoutError, OSError, ValueError) as error:
            raise Unsure(f"an upload: {type(error).__name__}") from error

    def _lane(self, method: str, channel: str) -> _Lane:
        """New messages are counted by channel, changes of messages all together."""
        if len(self._lanes) > _MOST_LANES:
            for key, lane in list(self._lanes.items()):
                if not lane.lock.locked() and lane.rest <= 0:
                    del self._lanes[key]
        return self._lanes[method, channel if method == "chat.postMessage" else ""]


async def _answer(answer: ClientResponse) -> dict[str, Any]:
    """What it says. Raises Rest, Refused and Unsure."""
    if answer.status == _TOO_MANY:
        raise Rest(_rest(answer))
    if answer.status >= _SERVER_ERROR:
        raise Unsure(f"Slack answered {answer.status}")
    try:
        told = json.loads(await answer.read())
    except ValueError as error:
        raise Unsure(f"Slack answered {answer.status}, and no JSON") from error
    if not isinstance(told, dict):
        raise Unsure(f"Slack answered {answer.status}, and no object")
    if told.get("ok") is True:
        return told
    code = str(told.get("error") or f"HTTP {answer.status}")
    if code in _BUSY:
        raise Rest(_rest(answer))
    if code in _UNSURE:
        raise Unsure(f"Slack said {code}")
    raise Refused(code)


def _rest(answer: ClientResponse) -> float:
    """Seconds."""
    said = answer.headers.get("Retry-After", "")
    return min(float(said), _LONGEST_REST) if said.isdecimal() else _REST


def _written(value: Any) -> str:
    """As a field of a form."""
    return value if isinstance(value, str) else json.dumps(value)
