"""What Teams tells, and what of it is for us: pure, of values that anybody may have sent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from service.formats.plain import line
from service.teams.messages import STOP

_TAG = re.compile(r"<[^<>]*>")
_BOT = "28:"
"""What the ids of bots begin with."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody asks something."""

    service: str
    """Where the conversation is told of what we say."""
    tenant: str
    conversation: str
    """A thread of a channel, or a chat."""
    channel: str | None
    team: str | None
    activity: str
    user: str
    bot: str
    """Who we are there."""
    question: str
    is_personal: bool
    """Nobody else is in the conversation."""

    @property
    def is_thread(self) -> bool:
        """Whether all in it belongs together."""
        return self.is_personal or ";messageid=" in self.conversation


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody wants a run stopped."""

    tenant: str
    user: str
    """By name."""
    run: str


def asked_in(body: Mapping[str, Any]) -> Heard | None:
    """What a message asks; None: it is none of our business."""
    if body.get("type") != "message" or _is_bot(body) or "value" in body:
        return None
    where, data = _inner(body, "conversation"), _inner(body, "channelData")
    told = (
        _text(body.get("serviceUrl")),
        tenant_of(body),
        _text(where.get("id")),
        _text(body.get("id")),
        _text(_inner(body, "from").get("id")),
        _text(_inner(body, "recipient").get("id")),
    )
    if not all(told):
        return None
    service, tenant, conversation, activity, user, bot = told
    return Heard(
        service,
        tenant,
        conversation,
        _text(_inner(data, "channel").get("id")) or None,
        _text(_inner(data, "team").get("id")) or None,
        activity,
        user,
        bot,
        _question(body, bot),
        where.get("conversationType") == "personal",
    )


def stop_in(body: Mapping[str, Any]) -> Stop | None:
    """Which run the button that was pressed stops."""
    person, run = _inner(body, "from"), _text(_inner(body, "value").get(STOP))
    user = line(_text(person.get("name")) or _text(person.get("id")))
    tenant = tenant_of(body)
    return Stop(tenant, user, run) if tenant and user and run and not _is_bot(body) else None


def tenant_of(body: Mapping[str, Any]) -> str:
    """Whose Teams it is."""
    data, where = _inner(body, "channelData"), _inner(body, "conversation")
    return _text(_inner(data, "tenant").get("id")) or _text(where.get("tenantId"))


def _question(body: Mapping[str, Any], bot: str) -> str:
    """As a person would write it down: without our name."""
    text = _text(body.get("text"))
    entities = body.get("entities")
    for each in entities if isinstance(entities, list) else ():
        if isinstance(each, Mapping) and _inner(each, "mentioned").get("id") == bot:
            text = text.replace(_text(each.get("text")) or "\0", " ")
    if body.get("textFormat") != "plain" or "<at>" in text:
        text = unescape(_TAG.sub(" ", text))
    return line(text)


def _is_bot(body: Mapping[str, Any]) -> bool:
    person = _inner(body, "from")
    return person.get("role") == "bot" or _text(person.get("id")).startswith(_BOT)


def _inner(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    """Nothing for what is no text."""
    return value if isinstance(value, str) else ""
