"""The bot: hears Slack over HTTP or a socket, keeps what is asked, and has it answered there."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from inference import is_loopback
from service.api.describing import described
from service.api.errors import ApiError
from service.api.front import Front
from service.api.pace import BODY_SECONDS, read_in_time
from service.chats import Courier, Refused, Rest, Taking, Unsure, refusal
from service.errors import UsageProblem
from service.settings import Settings
from service.slack.asking import SlackAsking
from service.slack.hearing import Heard, commanded_in, heard_in, stop_in
from service.slack.messages import STOP
from service.slack.showing import SlackSpeaker
from service.slack.speaking import Slack

log = logging.getLogger("breadth.slack")

PATH = "/slack/events"
ON_IT = "Breadth looks into it; the answer comes in this channel."
_ANY = re.compile(".*")


class SlackBot:
    """What Slack tells comes in by `app`, or by the route that `add_to` adds."""

    def __init__(self, front: Front, slack: Slack, *, taking: Taking, pace: float = 1.0) -> None:
        """`taking`: keeps what comes in; `pace`: see Courier."""
        self.courier = Courier(front, SlackSpeaker(slack, front.settings), pace=pace)
        self._asking = SlackAsking(front, slack)
        self._slack, self._taking, self._settings = slack, taking, front.settings
        self.app = self._listening()

    def add_to(self, app: web.Application) -> None:
        """Hear what comes over HTTP, where there is a secret to know it by."""
        secret = self._settings.slack_signing_secret.get_secret_value()
        if secret:
            app[BOT], app[SIGNED] = self, SignatureVerifier(secret)
            app.router.add_post(PATH, slack_heard)

    def _listening(self) -> AsyncApp:
        """Every kind of request has a listener: what has none is logged as it is, and sent again.
        What is signed is known by then."""
        address = self._settings.slack_api
        quiet = logging.getLogger("breadth.slack.bolt")
        quiet.setLevel(logging.ERROR)
        client = AsyncWebClient(base_url=address, logger=quiet)
        if is_loopback(urlsplit(address).hostname or ""):
            client.proxy = None
        app = AsyncApp(
            logger=quiet,
            client=client,
            authorize=_known,
            process_before_response=True,
            request_verification_enabled=False,
            ignoring_self_events_enabled=False,
            ssl_check_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        app.event(_ANY)(self._on_event)
        app.command(_ANY)(self._on_command)
        app.action(STOP)(self._on_stop)
        for other in (app.action, app.shortcut, app.options, app.view):
            other(_ANY)(_on_other)
        return app

    async def _on_event(self, body: dict[str, Any]) -> None:
        """Somebody says something."""
        heard = heard_in(body)
        if heard is None:
            return
        refused = refusal(heard.question)
        if refused is None:
            await self._taking.take("a question of Slack", partial(self._ask, heard))
        elif heard.way != "thread":
            await self._taking.take("a hint", partial(self._hint, heard, refused))

    async def _on_command(self, body: dict[str, Any], ack: AsyncAck) -> None:
        """A question behind a slash."""
        heard = commanded_in(body)
        refused = refusal(heard.question) if heard else None
        await ack(text=refused or ON_IT, response_type="ephemeral")
        if heard is not None and refused is None:
            await self._taking.take("a question of Slack", partial(self._ask, heard))

    async def _on_stop(self, body: dict[str, Any], ack: AsyncAck) -> None:
        """The button."""
        await ack()
        stop = stop_in(body)
        if stop is not None:
            await self._taking.take("a wish to stop", partial(self._asking.stop, stop))

    async def _ask(self, heard: Heard) -> None:
        """Raises StorageError and NotNow."""
        if await self._asking.ask(heard):
            self.courier.wake()

    async def _hint(self, heard: Heard, told: str) -> None:
        """Only for who asked, and once or not at all."""
        thread = heard.thread if heard.thread != heard.moment else None
        with suppress(Refused, Rest, Unsure):
            await self._slack.call(
                "chat.postEphemeral",
                channel=heard.channel,
                user=heard.user,
                text=told,
                thread_ts=thread,
            )


BOT: web.AppKey[SlackBot] = web.AppKey("slack", SlackBot)
SIGNED: web.AppKey[SignatureVerifier] = web.AppKey("slack_signed", SignatureVerifier)


@described(
    "What Slack tells",
    tag="Chat systems",
    answers={200: "text/plain"},
    errors=(400, 401, 408, 413),
    is_open=True,
    details="Signed by Slack: https://docs.slack.dev/authentication/verifying-requests-from-slack.",
)
async def slack_heard(request: web.Request) -> web.StreamResponse:
    """Events, commands and buttons."""
    raw = await read_in_time(request, request.app[BODY_SECONDS])
    require_signed(request.app[SIGNED], raw, dict(request.headers))
    try:
        asked = AsyncBoltRequest(
            body=raw.decode(), query=request.query_string, headers=dict(request.headers)
        )
    except (AttributeError, RecursionError, TypeError, ValueError) as error:
        raise ApiError(400, "the body is no object of JSON, and no form") from error
    return await to_aiohttp_response(await request.app[BOT].app.async_dispatch(asked))


def require_signed(verifier: SignatureVerifier, raw: bytes, headers: dict[str, str]) -> None:
    """Raises ApiError for what Slack has not signed, or too long ago."""
    try:
        is_signed = verifier.is_valid_request(raw, headers)
    except (ValueError, TypeError):  # no number, no UTF-8, no ASCII
        is_signed = False
    if not is_signed:
        told = "this is not signed by Slack, or too long ago (BREADTH_SLACK_SIGNING_SECRET)"
        raise ApiError(401, told, code="invalid_signature")


@asynccontextmanager
async def slack_bot(front: Front, *, pace: float = 1.0) -> AsyncIterator[SlackBot]:
    """Hears and shows until the end of the block. Raises UsageProblem."""
    settings = front.settings
    token = settings.slack_bot_token.get_secret_value()
    socket = settings.slack_app_token.get_secret_value()
    require_settings(settings)
    async with Slack(token, settings.slack_api) as slack, asyncio.TaskGroup() as group:
        taking = Taking(group)
        bot = SlackBot(front, slack, taking=taking, pace=pace)
        tasks = [group.create_task(bot.courier.carry())]
        if socket:
            tasks.append(group.create_task(_connected(bot.app, socket)))
        try:
            yield bot
        finally:
            await taking.end()
            for task in tasks:
                task.cancel()


def require_settings(settings: Settings) -> None:
    """Raises UsageProblem for what lacks something."""
    others = (settings.slack_signing_secret, settings.slack_app_token)
    if not settings.slack_bot_token.get_secret_value():
        raise UsageProblem("BREADTH_SLACK_BOT_TOKEN: Slack needs it, too: it begins with xoxb-")
    if not any(each.get_secret_value() for each in others):
        raise UsageProblem(
            "BREADTH_SLACK_BOT_TOKEN: Slack needs BREADTH_SLACK_SIGNING_SECRET, too, or"
            " BREADTH_SLACK_APP_TOKEN: see docs/slack.md"
        )
    parts = urlsplit(settings.slack_api)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageProblem("BREADTH_SLACK_API: use an address that begins with https:// or http://")


async def _connected(app: AsyncApp, token: str) -> None:
    """Events come over the connection, which is opened anew as often as need be, until
    cancelled."""
    handler = AsyncSocketModeHandler(app, token, logger=app.logger, web_client=app.client)
    handler.client.proxy = app.client.proxy
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await asyncio.Event().wait()
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


async def _known(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
    """Who asks was found out by the signature; no call of Slack's keeps an answer waiting."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)


async def _on_other(ack: AsyncAck) -> None:
    """Nothing that we had asked for."""
    await ack()
