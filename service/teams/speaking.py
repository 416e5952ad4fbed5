"""Calls of the Bot Framework's connector."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from aiohttp import ClientError, ClientResponse, ClientSession

from service.chats import Lanes, Refused, Rest, Unsure, rest_of

NAME = "Teams"
_SCOPE = "https://api.botframework.com/.default"
_EARLY = 300.0
"""Seconds before its end in which a token is not used any more."""
_TOO_MANY, _UNAUTHORIZED = 429, 401
_LATER = frozenset({408, 412})
"""Besides server errors: to be tried again."""


class Teams:
    """Says things in conversations, as the app with this id and password."""

    def __init__(self, session: ClientSession, login: str, app: tuple[str, str]) -> None:
        """`login`: the address that gives tokens; `app`: id and password."""
        self._session, self._login, self._app = session, login, app
        self._lanes = Lanes()
        self._token, self._until = "", 0.0

    async def say(
        self,
        service: str,
        conversation: str,
        activity: dict[str, Any],
        *,
        instead: str | None,
        patient: bool,
        require: Callable[[], None],
    ) -> str:
        """An activity that others see, new or `instead` of one; gives its id: see `Lanes.turn`.
        Raises Rest, Refused and Unsure."""
        path = f"v3/conversations/{quote(conversation, safe='')}/activities"
        address = f"{service.rstrip('/')}/{path}" + (
            f"/{quote(instead, safe='')}" if instead else ""
        )

        async def said() -> str:
            told = await self._call("PUT" if instead else "POST", address, activity)
            return str(told.get("id") or instead or "")

        return await self._lanes.turn(conversation, said, patient=patient, require=require)

    async def _call(self, method: str, address: str, body: object) -> dict[str, Any]:
        """Raises Rest, Refused and Unsure."""
        try:
            for is_last in (False, True):
                headers = {"Authorization": f"Bearer {await self._known_token()}"}
                async with self._session.request(
                    method, address, json=body, headers=headers, allow_redirects=False
                ) as answer:
                    if answer.status == _UNAUTHORIZED and not is_last:
                        self._until = 0.0
                        continue
                    return await _answer(answer)
        except (ClientError, TimeoutError, OSError) as error:
            raise Unsure(f"{method}: {type(error).__name__}") from error
        raise AssertionError(method)

    async def _known_token(self) -> str:
        """Raises Rest, Refused and Unsure."""
        if time.monotonic() < self._until:
            return self._token
        client, secret = self._app
        fields = {
            "grant_type": "client_credentials",
            "client_id": client,
            "client_secret": secret,
            "scope": _SCOPE,
        }
        async with self._session.post(self._login, data=fields, allow_redirects=False) as answer:
            told = await _answer(answer)
        self._token = str(told.get("access_token", ""))
        lasts = told.get("expires_in")
        seconds = float(lasts) if isinstance(lasts, int | float) else 0.0
        self._until = time.monotonic() + seconds - _EARLY
        return self._token


async def _answer(answer: ClientResponse) -> dict[str, Any]:
    """What it says. Raises Rest, Refused and Unsure."""
    if answer.status == _TOO_MANY:
        raise Rest(rest_of(answer))
    if answer.status >= 500 or answer.status in _LATER:
        raise Unsure(f"Teams answered {answer.status}")
    try:
        told = json.loads(await answer.read() or b"{}")
    except ValueError as error:
        raise Unsure(f"Teams answered {answer.status}, and no JSON") from error
    if not isinstance(told, dict):
        told = {}
    if answer.ok:
        return told
    said = told.get("error")  # a text where tokens are given, else an object
    code = said.get("code") if isinstance(said, dict) else said
    raise Refused(NAME, str(code or f"HTTP {answer.status}"))
