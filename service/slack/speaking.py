"""Calls of Slack's API.

Not by slack_sdk's own client: see `service.chats.calling`.
"""

import json
from collections.abc import Callable
from typing import Any

from aiohttp import ClientError, ClientResponse, ClientSession

from service.chats import UPLOADING, Lanes, Refused, Rest, Unsure, calling, rest_of

NAME = "Slack"
_SERVER_ERROR = 500
_TOO_MANY = 429
_BUSY = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_UNSURE = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
"""Errors behind which what was asked for may be done."""


class Slack:
    """`async with Slack(token, address) as slack`. Tells nobody the token but that address."""

    def __init__(self, token: str, address: str) -> None:
        """`address`: of the API, such as https://slack.com/api/."""
        self._address = address.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._lanes = Lanes()
        self._session: ClientSession | None = None

    async def __aenter__(self) -> "Slack":
        """Connections are kept."""
        self._session = calling(self._address)
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
        """A call that others see: see `Lanes.turn`. New messages are counted by channel, changes of
        messages all together. Raises as `call`."""
        lane = method, str(fields.get("channel")) if method == "chat.postMessage" else ""
        return await self._lanes.turn(
            lane, lambda: self.call(method, **fields), patient=patient, require=require
        )

    async def upload(self, url: str, content: bytes) -> None:
        """To an address that Slack gave. Raises Unsure."""
        assert self._session is not None
        try:
            async with self._session.post(
                url,
                data=content,
                headers={"Content-Type": "application/octet-stream"},
                timeout=UPLOADING,
                allow_redirects=False,
            ) as answer:
                if answer.status >= 300:
                    raise Unsure(f"an upload was answered with {answer.status}")
        except (ClientError, TimeoutError, OSError, ValueError) as error:
            raise Unsure(f"an upload: {type(error).__name__}") from error


async def _answer(answer: ClientResponse) -> dict[str, Any]:
    """What it says. Raises Rest, Refused and Unsure."""
    if answer.status == _TOO_MANY:
        raise Rest(rest_of(answer))
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
        raise Rest(rest_of(answer))
    if code in _UNSURE:
        raise Unsure(f"Slack said {code}")
    raise Refused(NAME, code)


def _written(value: Any) -> str:
    """As a field of a form."""
    return value if isinstance(value, str) else json.dumps(value)
