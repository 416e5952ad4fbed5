"""`POST /hooks/NAME`: what other programs tell, kept as questions."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

from aiohttp import web
from pydantic import BaseModel, JsonValue

from search import WebClient
from service.api.describing import described
from service.api.errors import ApiError
from service.api.front import Front
from service.api.pace import BODY_SECONDS, read_in_time
from service.chats import Courier, Question, asked_of, refusal
from service.errors import UsageProblem
from service.hook_settings import HookSettings
from service.hooks.asking import Missing, question_in
from service.hooks.signing import STANDARD, is_signed
from service.hooks.telling import SYSTEM, HookSpeaker
from service.settings import Settings
from service.webhooks import require_address
from service.work import webhook_settings
from storage import Asker, NewPosting

PATH = "/hooks/{name}"
_LONGEST_ID = 500


class Taken(BaseModel):
    """What became of what was told."""

    status: str
    """taken, or ignored: nothing is to be asked."""
    response: str | None = None
    """Its id: GET /v1/responses/ID has it, for the user whose it is."""


class Hooks:
    """What is told comes in by the route that `add_to` adds."""

    def __init__(self, front: Front, courier: Courier) -> None:
        """`courier`: tells the answers."""
        self.courier = courier
        self._front, self._hooks = front, front.settings.hooks

    def add_to(self, app: web.Application) -> None:
        """Hear what comes over HTTP."""
        app[HOOKS] = self
        app.router.add_post(PATH, hook_told)

    def named(self, name: str) -> HookSettings:
        """Raises ApiError."""
        if name not in self._hooks:
            raise ApiError(404, "there is no such hook (BREADTH_HOOKS)", code="not_found")
        return self._hooks[name]

    async def take(self, name: str, text: str, told_id: str) -> str:
        """The id of the response; of the one that was made before, where it was told before. Raises
        StorageError."""
        hook = self._hooks[name]
        user = hook.user or f"{SYSTEM}:{name}"
        question = Question(name, told_id, text, {}, metadata={"hook": name})
        asked = asked_of(
            question,
            hook,
            self._front.settings,
            idempotency=f"{SYSTEM}:{name}:{told_id}",
            posting=_posting(name, hook, text),
        )
        record = await self._front.create(asked, Asker(user, priority=1))
        self.courier.wake()
        return record.id


HOOKS: web.AppKey[Hooks] = web.AppKey("hooks", Hooks)


@described(
    "Tell what is to be found out",
    tag="Hooks",
    answers={200: Taken, 202: Taken},
    errors=(400, 401, 404, 408, 413),
    is_open=True,
    details="The body is JSON, signed as BREADTH_HOOKS says for the hook.",
)
async def hook_told(request: web.Request) -> web.StreamResponse:
    """However often the same is told, it is asked once."""
    hooks, name = request.app[HOOKS], request.match_info["name"]
    hook = hooks.named(name)
    raw = await read_in_time(request, request.app[BODY_SECONDS])
    if not is_signed(hook, request.headers, raw):
        told = f"this is not signed with the hook's secret, in {hook.signature}, or too long ago"
        raise ApiError(401, told, code="invalid_signature")
    text = _asked(raw, hook)
    if text is None:
        return web.json_response(Taken(status="ignored").model_dump())
    response = await hooks.take(name, text, _id_of(hook, request.headers, raw))
    return web.json_response(Taken(status="taken", response=response).model_dump(), status=202)


def _asked(raw: bytes, hook: HookSettings) -> str | None:
    """Raises ApiError for what cannot be asked."""
    try:
        body: Any = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "the body is no JSON") from error
    try:
        text = question_in(body, hook)
    except Missing as error:
        raise ApiError(400, str(error)) from error
    if text is not None and (why := refusal(text)) is not None:
        raise ApiError(400, why)
    return text


def _id_of(hook: HookSettings, headers: Mapping[str, str], raw: bytes) -> str:
    """What tells this from everything else that is told. Raises ApiError."""
    name = hook.id or ("webhook-id" if hook.signature.lower() == STANDARD else None)
    if name is None:
        return sha256(raw).hexdigest()
    given = headers.get(name, "")
    if not 0 < len(given) <= _LONGEST_ID:
        raise ApiError(400, f"the header {name} does not say what this is", param=name)
    return given


def _posting(name: str, hook: HookSettings, text: str) -> NewPosting | None:
    """Where the answer goes."""
    if hook.url is not None:
        return NewPosting(SYSTEM, {"team": name, "question": text})
    if (place := hook.slack_place) is None:
        return None
    team, channel = place
    told: dict[str, JsonValue] = {"team": team, "channel": channel, "thread": None, "user": None}
    return NewPosting("slack", told | {"by": name, "question": text})


@asynccontextmanager
async def hooks_bot(front: Front) -> AsyncIterator[Hooks]:
    """Hears and tells until the end of the block. Raises UsageProblem."""
    settings = front.settings
    require_settings(settings)
    allowed = webhook_settings(settings.webhook_hosts, settings.user_agent)
    async with WebClient(allowed) as client, asyncio.TaskGroup() as group:
        courier = Courier(front, HookSpeaker(client, settings.hooks))
        task = group.create_task(courier.carry())
        try:
            yield Hooks(front, courier)
        finally:
            task.cancel()


def require_settings(settings: Settings) -> None:
    """Raises UsageProblem for those whose answers cannot go where they are to go."""
    for name, hook in settings.hooks.items():
        if hook.slack is not None and not settings.slack_bot_token.get_secret_value():
            raise UsageProblem(f"BREADTH_HOOKS: {name}: slack needs BREADTH_SLACK_BOT_TOKEN")
        if hook.url is not None:
            try:
                require_address(hook.url, settings)
            except ValueError as error:
                raise UsageProblem(f"BREADTH_HOOKS: {name}: url: {error}") from error
