"""The bot: hears Discord's interactions, keeps what is asked, and has it answered there."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from service.api.bodies import object_of
from service.api.describing import described
from service.api.errors import ApiError
from service.api.front import Front
from service.api.pace import BODY_SECONDS, read_in_time
from service.channel_settings import settled
from service.chats import (
    ChatAsking,
    Courier,
    Question,
    Refused,
    Rest,
    Taking,
    Unsure,
    refusal,
)
from service.discord.hearing import COMMAND, COMPONENT, PING, Heard, Stop, commanded_in, stop_in
from service.discord.showing import SYSTEM, DiscordSpeaker
from service.discord.speaking import Discord
from service.errors import UsageProblem
from service.settings import Settings

log = logging.getLogger("breadth.discord")

PATH = "/discord/interactions"
_PONG, _SAYS, _WAITS, _KEEPS = 1, 4, 5, 6
"""What an interaction is answered with: nothing, a message, one that comes later, no change."""
_PRIVATE = 64
"""Only who asks sees it."""
_SECONDS = 300.0
"""So old a signed request may be."""
_KEY_BYTES = 32
COMMANDED: dict[str, Any] = {
    "name": "breadth",
    "description": "Ask a question; the answer has its sources",
    "options": [
        {"type": 3, "name": "question", "description": "What is to be found", "required": True},
        {"type": 5, "name": "follow", "description": "It follows the last answer in this channel"},
    ],
}
"""The command, as Discord is told of it."""


class DiscordBot:
    """What Discord tells comes in by the route that `add_to` adds."""

    def __init__(self, front: Front, discord: Discord, *, taking: Taking, pace: float) -> None:
        """`taking`: keeps what comes in; `pace`: see Courier."""
        self.courier = Courier(front, DiscordSpeaker(discord, front.settings), pace=pace)
        self._asking = ChatAsking(front, SYSTEM)
        self._taking, self._settings = taking, front.settings
        self.key = public_key(front.settings.discord_public_key)

    def add_to(self, app: web.Application) -> None:
        """Hear what comes over HTTP."""
        app[BOT] = self
        app.router.add_post(PATH, discord_heard)

    async def hear(self, body: dict[str, Any]) -> dict[str, Any]:
        """What an interaction is answered with."""
        match body.get("type"):
            case kind if kind == PING:
                return {"type": _PONG}
            case kind if kind == COMMAND:
                return await self._commanded(commanded_in(body))
            case kind if kind == COMPONENT:
                return await self._pressed(stop_in(body))
        return _said("This is nothing that Breadth knows.")

    async def _commanded(self, heard: Heard | None) -> dict[str, Any]:
        if heard is None:
            return _said("This is nothing that Breadth knows.")
        channel = settled(self._settings.discord_channels, heard.channel, heard.channel_name)
        if channel is None:
            return _said("Breadth does not answer in this channel.")
        if told := refusal(heard.question):
            return _said(told)

        async def ask() -> None:
            await self._asking.ask(_question(heard), channel)
            self.courier.wake()

        await self._taking.take("a question of Discord", ask)
        return {"type": _WAITS}

    async def _pressed(self, stop: Stop | None) -> dict[str, Any]:
        if stop is not None:
            work = partial(self._asking.stop, stop.run, stop.guild, stop.user)
            await self._taking.take("a wish to stop", work)
        return {"type": _KEEPS}


BOT: web.AppKey[DiscordBot] = web.AppKey("discord", DiscordBot)


@described(
    "What Discord tells",
    tag="Chat systems",
    answers={200: "object"},
    errors=(400, 401, 408, 413),
    is_open=True,
    details="Interactions, signed by Discord with the key of the application.",
)
async def discord_heard(request: web.Request) -> web.StreamResponse:
    """Commands and buttons."""
    bot = request.app[BOT]
    raw = await read_in_time(request, request.app[BODY_SECONDS])
    require_signed(bot.key, raw, request)
    body = object_of(raw)
    return web.json_response(await bot.hear(body))


def require_signed(key: Ed25519PublicKey, raw: bytes, request: web.Request) -> None:
    """Raises ApiError for what Discord has not signed, or too long ago."""
    moment = request.headers.get("X-Signature-Timestamp", "")
    try:
        signature = bytes.fromhex(request.headers.get("X-Signature-Ed25519", ""))
        key.verify(signature, moment.encode() + raw)
        is_signed = abs(time.time() - int(moment)) <= _SECONDS
    except (InvalidSignature, ValueError):
        is_signed = False
    if not is_signed:
        told = "this is not signed by Discord, or too long ago (BREADTH_DISCORD_PUBLIC_KEY)"
        raise ApiError(401, told, code="invalid_signature")


@asynccontextmanager
async def discord_bot(front: Front, *, pace: float = 1.0) -> AsyncIterator[DiscordBot]:
    """Hears and shows until the end of the block. Raises UsageProblem."""
    settings = front.settings
    require_settings(settings)
    token = settings.discord_bot_token.get_secret_value()
    async with Discord(token, settings.discord_api) as discord, asyncio.TaskGroup() as group:
        taking = Taking(group)
        bot = DiscordBot(front, discord, taking=taking, pace=pace)
        tasks = [group.create_task(bot.courier.carry())]
        if token:
            tasks.append(group.create_task(_registered(discord)))
        try:
            yield bot
        finally:
            await taking.end()
            for task in tasks:
                task.cancel()


def require_settings(settings: Settings) -> None:
    """Raises UsageProblem for what lacks something."""
    public_key(settings.discord_public_key)
    parts = urlsplit(settings.discord_api)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageProblem("BREADTH_DISCORD_API: use an address that begins with https://")


def public_key(given: str) -> Ed25519PublicKey:
    """Raises UsageProblem for what is none."""
    try:
        raw = bytes.fromhex(given)
        if len(raw) == _KEY_BYTES:
            return Ed25519PublicKey.from_public_bytes(raw)
    except ValueError:
        pass
    raise UsageProblem(
        "BREADTH_DISCORD_PUBLIC_KEY: Discord shows it beside the application's id: 64 digits of"
        " hexadecimals"
    )


async def _registered(discord: Discord) -> None:
    """Discord knows the command; as before, if it did."""
    try:
        application = await discord.call("GET", "applications/@me")
        await discord.call("POST", f"applications/{application['id']}/commands", COMMANDED)
    except (Refused, Rest, Unsure) as error:
        log.warning("the command /breadth could not be made: %s", error)


def _said(told: str) -> dict[str, Any]:
    """Only to who asks."""
    return {"type": _SAYS, "data": {"content": told, "flags": _PRIVATE}}


def _question(heard: Heard) -> Question:
    return Question(
        heard.guild,
        f"{heard.channel}:{heard.interaction}",
        heard.question,
        {
            "application": heard.application,
            "token": heard.token,
            "channel": heard.channel,
            "user": heard.user,
        },
        f"{heard.guild}:{heard.channel}",
        follows=heard.follows,
        metadata={"discord_channel": heard.channel},
    )
