"""The Bot Framework on loopback: its keys, its tokens, and conversations in Teams."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import jwt
import pytest
from aiohttp import ClientSession, web
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm
from loopback import on_loopback

APP, PASSWORD, ISSUER = "app-1", "p4ssword-of-an-app", "https://issuer.example"
TENANT, BOT = "T1", "28:app-1"
KEY, ANOTHER = (generate_private_key(65537, 2048) for _ in range(2))


@dataclass
class Posted:
    """A message, and what it said, one after the other."""

    conversation: str
    shown: list[dict[str, Any]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Now."""
        (card,) = [*self.shown[-1].get("attachments", ()), None][:1]
        return str(card["content"]["body"][0]["text"] if card else self.shown[-1]["text"])

    @property
    def button(self) -> dict[str, Any] | None:
        """What it tells, if there is one now."""
        listed = self.shown[-1].get("attachments")
        return dict(listed[0]["content"]["actions"][0]["data"]) if listed else None


class TeamsServer:
    """Checks what it is told."""

    def __init__(self) -> None:
        self.posted: dict[str, Posted] = {}
        self.keys = {"k1": KEY}
        self.tokens: list[str] = []
        self.asked_for_keys = 0
        self.moods: list[Callable[[], web.Response | str | None]] = []
        """Of calls that show something: see `slack_server`."""
        self.changed = asyncio.Condition()
        self.url = ""
        self._numbers = count(1)

    async def configuration(self, request: web.Request) -> web.Response:
        self.asked_for_keys += 1
        return web.json_response({"issuer": ISSUER, "jwks_uri": f"{self.url}/keys"})

    async def listed(self, request: web.Request) -> web.Response:
        keys = [
            {
                **RSAAlgorithm.to_jwk(key.public_key(), as_dict=True),
                "kid": name,
                "use": "sig",
                "endorsements": ["msteams"],
            }
            for name, key in self.keys.items()
        ]
        return web.json_response({"keys": keys})

    async def token(self, request: web.Request) -> web.Response:
        fields = await request.post()
        if (fields["client_id"], fields["client_secret"]) != (APP, PASSWORD):
            return web.json_response({"error": "invalid_client"}, status=400)
        assert request.match_info["tenant"] == "botframework.com"
        self.tokens.append(f"token-{len(self.tokens)}")
        return web.json_response({"access_token": self.tokens[-1], "expires_in": 3600})

    async def said(self, request: web.Request) -> web.Response:
        """A new activity, or one instead of another."""
        if request.headers.get("Authorization") != f"Bearer {self.tokens[-1]}":
            return web.json_response({"error": {"code": "BadArgument"}}, status=401)
        mood = self.moods.pop(0)() if self.moods else None
        if isinstance(mood, web.Response):
            return mood
        activity, id_ = await request.json(), request.match_info.get("id")
        if id_ is not None and id_ not in self.posted:
            return web.json_response({"error": {"code": "MessageNotFound"}}, status=404)
        assert activity["type"] == "message"
        assert len(json.dumps(activity)) < 80_000
        id_ = id_ or f"a{next(self._numbers)}"
        conversation = request.match_info["conversation"]
        self.posted.setdefault(id_, Posted(conversation)).shown.append(activity)
        async with self.changed:
            self.changed.notify_all()
        return web.Response(status=502) if mood == "lost" else web.json_response({"id": id_})

    async def until(self, is_so: Callable[[], bool], seconds: float = 60) -> None:
        """Wait, as calls come in."""
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(is_so)

    async def answer(self) -> Posted:
        """The one message without a button, when there is one."""

        def found() -> list[Posted]:
            return [one for one in self.posted.values() if one.button is None]

        await self.until(lambda: bool(found()))
        (one,) = found()
        return one


@asynccontextmanager
async def teams_serving(server: TeamsServer) -> AsyncIterator[TeamsServer]:
    """On a free port."""
    app = web.Application()
    app.router.add_get("/configuration", server.configuration)
    app.router.add_get("/keys", server.listed)
    app.router.add_post("/login/{tenant}/oauth2/v2.0/token", server.token)
    activities = "/teams/v3/conversations/{conversation}/activities"
    app.router.add_post(activities, server.said)
    app.router.add_put(activities + "/{id}", server.said)
    async with on_loopback(app, shutdown=0.1) as server.url:
        yield server


@pytest.fixture
async def teams_server() -> AsyncIterator[TeamsServer]:
    async with teams_serving(TeamsServer()) as server:
        yield server


@dataclass
class Sender:
    """Teams, telling the service at this address."""

    url: str
    session: ClientSession
    server: TeamsServer

    async def tell(
        self, activity: Any, *, name: str = "k1", key: RSAPrivateKey = KEY, **claims: Any
    ) -> int:
        """With a token; gives the status."""
        now = int(time.time())
        told = {"iss": ISSUER, "aud": APP, "iat": now, "exp": now + 600}
        told |= {"serviceurl": f"{self.server.url}/teams/", **claims}
        token = jwt.encode(told, key, "RS256", headers={"kid": name})
        return await self.raw(activity, {"Authorization": f"Bearer {token}"})

    async def raw(self, activity: Any, headers: dict[str, str]) -> int:
        """Whatever it is."""
        if isinstance(activity, dict):
            activity = {"serviceUrl": f"{self.server.url}/teams/", **activity}
        address = f"{self.url}/teams/messages"
        async with self.session.post(address, json=activity, headers=headers) as answer:
            return answer.status


def message(text: str, id_: str = "m1", **more: Any) -> dict[str, Any]:
    """Somebody says something to us in a thread of a channel."""
    return {
        "type": "message",
        "id": id_,
        "channelId": "msteams",
        "from": {"id": "29:ann", "name": "Ann <A>"},
        "recipient": {"id": BOT, "name": "Breadth"},
        "conversation": {"id": "19:c@thread.tacv2;messageid=1", "conversationType": "channel"},
        "channelData": {"tenant": {"id": TENANT}, "channel": {"id": "C1"}, "team": {"id": "G1"}},
        "text": f"<at>Breadth</at> {text}",
        "entities": [{"type": "mention", "mentioned": {"id": BOT}, "text": "<at>Breadth</at>"}],
        **more,
    }


def pressed(one: Posted, **more: Any) -> dict[str, Any]:
    """The button of a message."""
    told = message("", "m9", value=one.button, **more)
    return {name: value for name, value in told.items() if name not in ("text", "entities")}
