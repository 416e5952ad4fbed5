"""What Slack tells, and what of it is for us: pure, of values that anybody may have sent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any, Literal

from service.formats.plain import line

Way = Literal["mention", "direct", "thread", "command"]
_SPOKEN = frozenset({None, "file_share", "thread_broadcast"})
"""Kinds of messages in which somebody says something; others tell of edits, joins, ..."""
_TAG = re.compile(r"<([^<>]*)>")
_FIRST = re.compile(r"^\s*<@[A-Z0-9]+(?:\|[^<>]*)?>[\s,:]*")
_SECOND_PERSON = re.compile(r"^\s*<@[A-Z0-9]+(?:\|[^<>]*)?>")


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody asks something."""

    way: Way
    team: str
    channel: str
    user: str
    moment: str
    """What tells this from everything else that is said in the channel: its `ts`."""
    thread: str | None
    """The message that the conversation began with; None: none of ours is known yet."""
    question: str
    channel_name: str | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody wants a run stopped."""

    team: str
    channel: str
    user: str
    run: str


def heard_in(body: Mapping[str, Any]) -> Heard | None:
    """What an event asks; None: it is none of our business. A message of a thread may be, or not:
    that is for whoever knows the threads."""
    event = body.get("event")
    if not isinstance(event, Mapping) or _is_ours_or_no_speech(event):
        return None
    team = _text(body.get("team_id")) or _text(event.get("team"))
    channel, user, moment = (_text(event.get(name)) for name in ("channel", "user", "ts"))
    text = _text(event.get("text"))
    way = _way(event, text)
    if way is None or not (team and channel and user and moment):
        return None
    root = _text(event.get("thread_ts")) or moment
    question = question_in(text, own=_own(body), is_addressed=way == "mention")
    return Heard(way, team, channel, user, moment, root, question)


def commanded_in(body: Mapping[str, Any]) -> Heard | None:
    """What a slash command asks."""
    names = ("team_id", "channel_id", "user_id", "trigger_id")
    team, channel, user, moment = (_text(body.get(name)) for name in names)
    if not (team and channel and user and moment):
        return None
    question = question_in(_text(body.get("text")))
    name = _text(body.get("channel_name")) or None
    return Heard("command", team, channel, user, moment, None, question, name)


def stop_in(body: Mapping[str, Any]) -> Stop | None:
    """Which run the button that was pressed stops. None, too, for who is of another workspace."""
    team, user, channel = (_inner(body, name) for name in ("team", "user", "channel"))
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else {}
    run = _text(first.get("value")) if isinstance(first, Mapping) else ""
    where, who = _text(team.get("id")), _text(user.get("id"))
    if not (where and who and run) or user.get("team_id") not in (None, where):
        return None
    return Stop(where, _text(channel.get("id")), who, run)


def question_in(text: str, *, own: str | None = None, is_addressed: bool = False) -> str:
    """As a person would write it down. `own`: the bot's id as a user, if it is known;
    `is_addressed`: the text begins with whom it is for, or names us."""
    if own is not None:
        text = re.sub(rf"<@{re.escape(own)}(?:\|[^<>]*)?>[,:]?", " ", text)
    elif is_addressed:
        text = _FIRST.sub("", text)
    return line(unescape(_TAG.sub(lambda found: _said(found[1]), text)))


def _said(tag: str) -> str:
    """What stands between < and >."""
    target, _, label = tag.partition("|")
    if target[:1] in ("@", "#"):
        return f"{target[0]}{label.lstrip('@#') or target[1:]}"
    if target[:1] == "!":
        return label or f"@{target[1:]}"
    address = target.removeprefix("mailto:")
    return address if not label or label == address or label in address else f"{label} ({address})"


def _way(event: Mapping[str, Any], text: str) -> Way | None:
    """How it is asked, if it is."""
    if event.get("type") == "app_mention":
        return "mention"
    if event.get("type") != "message":
        return None
    if event.get("channel_type") == "im" or _text(event.get("channel")).startswith("D"):
        return "direct"
    # Who speaks to somebody else in our thread does not ask us; who names us is an app_mention.
    return "thread" if event.get("thread_ts") and not _SECOND_PERSON.match(text) else None


def _is_ours_or_no_speech(event: Mapping[str, Any]) -> bool:
    """Bots, ourselves among them, are not answered: they would talk for ever."""
    subtype = event.get("subtype")
    is_speech = (subtype is None or isinstance(subtype, str)) and subtype in _SPOKEN
    hidden = event.get("hidden") or event.get("bot_id") or event.get("bot_profile")
    is_edited = event.get("edited") and event.get("type") == "message"
    return bool(not is_speech or hidden or is_edited)


def _own(body: Mapping[str, Any]) -> str | None:
    """The bot's id as a user, where Slack says it."""
    listed = body.get("authorizations")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, Mapping) and each.get("is_bot") and _text(each.get("user_id")):
            return _text(each["user_id"])
    return None


def _inner(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    """Nothing for what is no text."""
    return value if isinstance(value, str) else ""
