"""Calls of Discord's API."""

import json
from collections.abc import Callable
from typing import Any

from aiohttp import ClientError, ClientResponse, ClientSession, FormData

from service.chats import UPLOADING, Lanes, Refused, Rest, Unsure, calling, rest_of
from service.discord.messages import FILE, Message

NAME = "Discord"
_SERVER_ERROR = 500
_TOO_MANY = 429


class Discord:
    """`async with Discord(token, address) as discord`. Tells nobody the token but that address."""

    def __init__(self, token: str, address: str) -> None:
        """`token`: of the bot; empty: what needs one is not done. `address`: of the API."""
        self._address = address.rstrip("/")
        self._headers = {"Authorization": f"Bot {token}"} if token else {}
        self._lanes = Lanes()
        self._session: ClientSession | None = None
        self.has_token = bool(token)

    async def __aenter__(self) -> "Discord":
        """Connections are kept."""
        self._session = calling(self._address)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Connections are closed."""
        if self._session is not None:
            await self._session.close()

    async def call(
        self, method: str, path: str, body: object = None, *, as_bot: bool = True
    ) -> Any:
        """What Discord answers. Raises Rest, Refused and Unsure."""
        assert self._session is not None
        try:
            async with self._session.request(
                method,
                f"{self._address}/{path}",
                json=body,
                headers=self._headers if as_bot else {},
                allow_redirects=False,
            ) as answer:
                return await _answer(answer)
        except (ClientError, TimeoutError, OSError) as error:
            # The path holds a token: it is not told.
            raise Unsure(f"{method}: {type(error).__name__}") from error

    async def show(
        self,
        method: str,
        path: str,
        message: Message,
        *,
        patient: bool,
        require: Callable[[], None],
        as_bot: bool = False,
    ) -> Any:
        """A message that others see: see `Lanes.turn`. Raises as `call`."""

        async def shown() -> Any:
            if message.file is None:
                return await self.call(method, path, message.body(), as_bot=as_bot)
            return await self._uploaded(method, path, message, as_bot=as_bot)

        return await self._lanes.turn(path, shown, patient=patient, require=require)

    async def _uploaded(self, method: str, path: str, message: Message, *, as_bot: bool) -> Any:
        """With its file."""
        form = FormData()
        form.add_field("payload_json", json.dumps(message.body()), content_type="application/json")
        form.add_field("files[0]", message.file, filename=FILE, content_type="text/markdown")
        assert self._session is not None
        try:
            async with self._session.request(
                method,
                f"{self._address}/{path}",
                data=form,
                headers=self._headers if as_bot else {},
                timeout=UPLOADING,
                allow_redirects=False,
            ) as answer:
                return await _answer(answer)
        except (ClientError, TimeoutError, OSError) as error:
            raise Unsure(f"{method}: {type(error).__name__}") from error


async def _answer(answer: ClientResponse) -> Any:
    """What it says. Raises Rest, Refused and Unsure."""
    if answer.status == _TOO_MANY:
        raise Rest(rest_of(answer))
    if answer.status >= _SERVER_ERROR:
        raise Unsure(f"Discord answered {answer.status}")
    try:
        told = json.loads(await answer.read() or b"null")
    except ValueError as error:
        raise Unsure(f"Discord answered {answer.status}, and no JSON") from error
    if answer.ok:
        return told
    code = told.get("code") if isinstance(told, dict) else None
    raise Refused(NAME, str(code or f"HTTP {answer.status}"))
