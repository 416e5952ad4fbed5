"""A Discord of our own on loopback: its API, its limits and moods, its signed interactions."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from aiohttp import ClientSession, web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from loopback import on_loopback

BOT_TOKEN, APPLICATION = "b0t-t0ken", "900"
KEY = Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key().public_bytes_raw().hex()
_EPOCH = 1_420_070_400_000


@dataclass
class Posted:
    """A message, and what it said, one after the other."""

    id: int
    shown: list[dict[str, Any]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    at: list[float] = field(default_factory=list)

    @property
    def content(self) -> str:
        """Now."""
        return str(self.shown[-1]["content"])

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """Now."""
        return [each for row in self.shown[-1]["components"] for each in row["components"]]


class DiscordServer:
    """Checks what it is told."""

    def __init__(self) -> None:
        self.answers: dict[str, Posted] = {}
        """By the token of the interaction."""
        self.channels: defaultdict[str, list[Posted]] = defaultdict(list)
        self.commands: list[Any] = []
        self.expired: set[str] = set()
        self.moods: list[Callable[[], web.Response | str | None]] = []
        """Of calls that show something: see `slack_server`."""
        self.changed = asyncio.Condition()
        self.url = ""
        self._numbers = count(1)

    async def original(self, request: web.Request) -> web.Response:
        """The answer of an interaction, changed."""
        token = request.match_info["token"]
        assert "Authorization" not in request.headers
        if request.match_info["application"] != APPLICATION:
            return _error(404, 10015)
        if token in self.expired:
            return _error(401, 50027)
        one = self.answers.setdefault(token, Posted(self._id()))
        return await self._shown(request, one)

    async def posted(self, request: web.Request) -> web.Response:
        """A message of the bot's own."""
        if request.headers.get("Authorization") != f"Bot {BOT_TOKEN}":
            return _error(401, 0)
        one = Posted(self._id())
        listed = self.channels[request.match_info["channel"]]
        answer = await self._shown(request, one)
        if one.shown:
            listed.append(one)
        return answer

    async def listed(self, request: web.Request) -> web.Response:
        """Behind one, the newest first."""
        after, limit = int(request.query["after"]), int(request.query["limit"])
        found = [each for each in self.channels[request.match_info["channel"]] if each.id > after]
        return web.json_response(
            [
                {"id": str(each.id), "author": {"bot": True}, "content": each.content}
                for each in found[:limit][::-1]
            ]
        )

    async def _shown(self, request: web.Request, one: Posted) -> web.Response:
        mood = self.moods.pop(0)() if self.moods else None
        if isinstance(mood, web.Response):
            return mood
        body, files = await _read(request)
        if not 0 < len(body["content"].encode("utf-16-le")) // 2 <= 2000:
            return _error(400, 50035)
        assert body["allowed_mentions"] == {"parse": []}
        one.shown.append(body)
        one.files = files
        one.at.append(time.monotonic())
        async with self.changed:
            self.changed.notify_all()
        if mood == "lost":
            return web.Response(status=502)
        return web.json_response({"id": str(one.id)})

    async def application(self, request: web.Request) -> web.Response:
        """Of the bot."""
        return web.json_response({"id": APPLICATION})

    async def command(self, request: web.Request) -> web.Response:
        """Made, or changed."""
        self.commands.append(await request.json())
        async with self.changed:
            self.changed.notify_all()
        return web.json_response({}, status=201)

    async def until(self, is_so: Callable[[], bool], seconds: float = 60) -> None:
        """Wait, as calls come in."""
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(is_so)

    async def answer(self, token: str) -> Posted:
        """Of an interaction, when it has no button any more."""
        await self.until(lambda: token in self.answers and not self.answers[token].buttons)
        return self.answers[token]

    def _id(self) -> int:
        return ((int(time.time() * 1000) - _EPOCH) << 22) + next(self._numbers)


async def _read(request: web.Request) -> tuple[dict[str, Any], list[str]]:
    """The message, and its files."""
    if request.content_type == "application/json":
        return await request.json(), []
    fields = await request.post()
    file, payload = fields["files[0]"], fields["payload_json"]
    assert isinstance(file, web.FileField)
    assert isinstance(payload, bytearray)
    return json.loads(payload), [file.file.read().decode()]


def _error(status: int, code: int) -> web.Response:
    return web.json_response({"message": "no", "code": code}, status=status)


@asynccontextmanager
async def discord_serving(server: DiscordServer) -> AsyncIterator[DiscordServer]:
    """On a free port."""
    app = web.Application()
    original = "/webhooks/{application}/{token}/messages/@original"
    app.router.add_patch(original, server.original)
    app.router.add_post("/channels/{channel}/messages", server.posted)
    app.router.add_get("/channels/{channel}/messages", server.listed)
    app.router.add_get("/applications/@me", server.application)
    app.router.add_post("/applications/{id}/commands", server.command)
    async with on_loopback(app, shutdown=0.1) as server.url:
        yield server


@pytest.fixture
async def discord_server() -> AsyncIterator[DiscordServer]:
    async with discord_serving(DiscordServer()) as server:
        yield server


def signed(
    body: bytes, at: float | None = None, key: Ed25519PrivateKey | None = None
) -> dict[str, str]:
    """The headers that say that Discord has sent it."""
    moment = str(int(time.time() if at is None else at))
    signature = (key or KEY).sign(moment.encode() + body).hex()
    return {"X-Signature-Timestamp": moment, "X-Signature-Ed25519": signature}


@dataclass
class Sender:
    """Discord, telling the service at this address."""

    url: str
    session: ClientSession

    async def tell(self, body: Any) -> dict[str, Any]:
        """An interaction; gives its answer."""
        status, answer = await self.raw(json.dumps(body).encode())
        assert status == 200, answer
        return answer

    async def raw(self, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Whatever it is."""
        told = signed(body) if headers is None else headers
        address = f"{self.url}/discord/interactions"
        kind = {"Content-Type": "application/json"}
        async with self.session.post(address, data=body, headers=kind | told) as answer:
            return answer.status, await answer.json()


def command(
    question: str, number: int = 1, *, guild: str | None = "G1", **more: Any
) -> dict[str, Any]:
    """Somebody asks."""
    person = {"user": {"id": "U1"}}
    who: dict[str, Any] = {"guild_id": guild, "member": person} if guild else person
    return {
        "type": 2,
        "id": f"{number}",
        "application_id": APPLICATION,
        "token": f"t{number}",
        "channel_id": "C1",
        "channel": {"id": "C1", "type": 0 if guild else 1, "name": "films"},
        "data": {"name": "breadth", "options": [{"name": "question", "value": question}]},
        **who,
        **more,
    }


def pressed(one: Posted, guild: str = "G1", user: str = "U2") -> dict[str, Any]:
    """The button of a message."""
    (button,) = one.buttons
    return {
        "type": 3,
        "guild_id": guild,
        "channel_id": "C1",
        "member": {"user": {"id": user}},
        "data": {"custom_id": button["custom_id"], "component_type": 2},
    }
