"""The bot: hears what Teams tells, keeps what is asked, and has it answered there."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from service.api.bodies import object_of
from service.api.describing import described
from service.api.errors import ApiError
from service.api.front import Front
from service.api.pace import BODY_SECONDS, read_in_time
from service.channel_settings import ChannelSettings, settled
from service.chats import ChatAsking, Courier, Question, Taking, calling, refusal
from service.errors import UsageProblem
from service.settings import Settings
from service.teams.hearing import Heard, asked_in, stop_in, tenant_of
from service.teams.showing import SYSTEM, TeamsSpeaker
from service.teams.speaking import Teams
from service.teams.trust import NoKeys, Trust, Untrusted

log = logging.getLogger("breadth.teams")

PATH = "/teams/messages"
_ANYBODYS = "botframework.com"
"""The tenant that gives tokens to apps of no tenant."""
_PACE = 2.0
"""Seconds between two changes of a message: Teams takes half as many as others."""


class TeamsBot:
    """What Teams tells comes in by the route that `add_to` adds."""

    def __init__(
        self, front: Front, teams: Teams, trust: Trust, *, taking: Taking, pace: float
    ) -> None:
        """`taking`: keeps what comes in; `pace`: see Courier."""
        self.courier = Courier(front, TeamsSpeaker(teams), pace=pace)
        self.trust = trust
        self._asking = ChatAsking(front, SYSTEM)
        self._taking, self._settings = taking, front.settings

    def add_to(self, app: web.Application) -> None:
        """Hear what comes over HTTP."""
        app[BOT] = self
        app.router.add_post(PATH, teams_heard)

    async def hear(self, body: dict[str, Any]) -> None:
        """An activity, which is Teams's."""
        tenant = self._settings.teams_tenant
        if tenant and tenant_of(body) != tenant:
            log.warning("a message of another tenant is not heard")
            return
        if (stop := stop_in(body)) is not None:
            work = partial(self._asking.stop, stop.run, stop.tenant, stop.user)
            await self._taking.take("a wish to stop", work)
            return
        heard = asked_in(body)
        if heard is None or refusal(heard.question) is not None:
            return
        named = (heard.conversation, heard.channel, heard.team)
        channel = settled(self._settings.teams_channels, *named)
        if channel is not None:
            work = partial(self._ask, heard, channel)
            await self._taking.take("a question of Teams", work)

    async def _ask(self, heard: Heard, channel: ChannelSettings) -> None:
        """Raises StorageError."""
        await self._asking.ask(_question(heard), channel)
        self.courier.wake()


BOT: web.AppKey[TeamsBot] = web.AppKey("teams", TeamsBot)


@described(
    "What Teams tells",
    tag="Chat systems",
    answers={200: "object"},
    errors=(400, 401, 408, 413),
    is_open=True,
    details="Activities of the Bot Framework, each with a token that it has signed.",
)
async def teams_heard(request: web.Request) -> web.StreamResponse:
    """Messages and buttons."""
    bot = request.app[BOT]
    raw = await read_in_time(request, request.app[BODY_SECONDS])
    body = object_of(raw)
    service, channel = str(body.get("serviceUrl")), str(body.get("channelId"))
    try:
        await bot.trust.require(request.headers.get("Authorization", ""), service, channel)
    except Untrusted as error:
        raise ApiError(401, f"not heard: {error}", code="invalid_token") from error
    except NoKeys as error:
        log.warning("nothing of Teams can be heard: %s", error)
        raise ApiError(503, "the keys of the Bot Framework cannot be had now") from error
    await bot.hear(body)
    return web.json_response({})


@asynccontextmanager
async def teams_bot(front: Front, *, pace: float = _PACE) -> AsyncIterator[TeamsBot]:
    """Hears and shows until the end of the block. Raises UsageProblem."""
    settings = front.settings
    require_settings(settings)
    app = (settings.teams_app_id, settings.teams_app_password.get_secret_value())
    login = settings.teams_login.rstrip("/")
    login = f"{login}/{settings.teams_tenant or _ANYBODYS}/oauth2/v2.0/token"
    async with calling(login) as session, asyncio.TaskGroup() as group:
        taking = Taking(group)
        trust = Trust(session, settings.teams_keys, settings.teams_issuer, app[0])
        bot = TeamsBot(front, Teams(session, login, app), trust, taking=taking, pace=pace)
        task = group.create_task(bot.courier.carry())
        try:
            yield bot
        finally:
            await taking.end()
            task.cancel()


def require_settings(settings: Settings) -> None:
    """Raises UsageProblem for what lacks something."""
    if not settings.teams_app_id or not settings.teams_app_password.get_secret_value():
        raise UsageProblem("BREADTH_TEAMS_APP_ID and BREADTH_TEAMS_APP_PASSWORD: Teams needs both")
    for name in ("teams_login", "teams_keys"):
        parts = urlsplit(getattr(settings, name))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageProblem(
                f"BREADTH_{name.upper()}: use an address that begins with https:// or http://"
            )


def _question(heard: Heard) -> Question:
    return Question(
        heard.tenant,
        f"{heard.conversation}:{heard.activity}",
        heard.question,
        {
            "service": heard.service,
            "conversation": heard.conversation,
            "activity": heard.activity,
            "user": heard.user,
            "bot": heard.bot,
        },
        f"{heard.tenant}:{heard.conversation}",
        follows=heard.is_thread,
        metadata={"teams_conversation": heard.conversation[:512]},
    )
