"""What Discord tells, and what of it is for us: pure, of values that anybody may have sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.formats.plain import line

PING, COMMAND, COMPONENT = 1, 2, 3
"""Kinds of interactions."""
STOP = "breadth_stop:"
"""Before the run, in the name of the button."""
_THREADS = frozenset({1, 10, 11, 12})
"""Kinds of channels that are one conversation: of two people, and threads."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody asks something."""

    application: str
    token: str
    """By which the interaction is answered, for fifteen minutes."""
    interaction: str
    guild: str
    """The server; of a conversation of two people its channel."""
    channel: str
    channel_name: str | None
    user: str
    question: str
    follows: bool
    """The last answer in the channel."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody wants a run stopped."""

    guild: str
    user: str
    run: str


def commanded_in(body: Mapping[str, Any]) -> Heard | None:
    """What a command asks; None: it is none of ours."""
    names = ("application_id", "token", "id", "channel_id")
    application, token, interaction, channel = (_text(body.get(name)) for name in names)
    user, given = _user(body), _options(body)
    question = given.get("question")
    if not (application and token and interaction and channel and user):
        return None
    where = _inner(body, "channel")
    return Heard(
        application,
        token,
        interaction,
        _text(body.get("guild_id")) or channel,
        channel,
        _text(where.get("name")) or None,
        user,
        line(question) if isinstance(question, str) else "",
        given.get("follow") is True or _is_conversation(where),
    )


def stop_in(body: Mapping[str, Any]) -> Stop | None:
    """Which run the button that was pressed stops."""
    name = _text(_inner(body, "data").get("custom_id"))
    guild = _text(body.get("guild_id")) or _text(body.get("channel_id"))
    user, run = _user(body), name.removeprefix(STOP)
    return Stop(guild, user, run) if name.startswith(STOP) and guild and user and run else None


def _is_conversation(channel: Mapping[str, Any]) -> bool:
    kind = channel.get("type")
    return isinstance(kind, int) and kind in _THREADS


def _options(body: Mapping[str, Any]) -> dict[str, Any]:
    """What was filled in, by name."""
    listed = _inner(body, "data").get("options")
    return {
        _text(each.get("name")): each.get("value")
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, Mapping)
    }


def _user(body: Mapping[str, Any]) -> str:
    """In a server who asks is a member of it."""
    person = _inner(_inner(body, "member"), "user") or _inner(body, "user")
    return "" if person.get("bot") else _text(person.get("id"))


def _inner(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    """Nothing for what is no text."""
    return value if isinstance(value, str) else ""
