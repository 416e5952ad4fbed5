"""How runs look in Discord: its Markdown, in messages of at most 2,000 characters. What is longer
is a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.chats import Ending
from service.chats.texts import length, plain, shortened
from service.chats.written import Style, abridged, written
from service.discord.hearing import STOP

CONTENT = 2000
"""Characters of a message."""
FILE = "answer.md"
_BEGINNING = 1600
_QUESTION = 300
_LONGEST_LINK = 500
_SPECIAL = frozenset("\\`*_~|<>[]()#@:-")
_NO_PREVIEWS = 4
_DANGER = 4
"""The colour of a button."""


def _link(address: str, label: str) -> str:
    """Without a preview; what would be too long is no link."""
    return f"[{label}](<{address}>)" if len(address) <= _LONGEST_LINK else label


STYLE = Style(
    lambda character: f"\\{character}" if character in _SPECIAL else character,
    lambda text: f"**{text}**",
    lambda text: f"*{text}*",
    _link,
    lambda user: f"<@{user}>",
)


@dataclass(frozen=True, slots=True)
class Message:
    """What a message says."""

    content: str
    components: tuple[dict[str, Any], ...] = ()
    file: bytes | None = None
    """Beside it, as FILE."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of a new message."""

    def body(self) -> dict[str, Any]:
        """As Discord takes it; nobody is called by it."""
        attached = [] if self.file is None else [{"id": 0, "filename": FILE}]
        return {
            "content": self.content,
            "components": list(self.components),
            "attachments": attached,
            "allowed_mentions": {"parse": []},
            "flags": _NO_PREVIEWS,
            **self.extra,
        }


def working(run: str, line: str) -> Message:
    """How far a run has come, with a button that stops it."""
    button = {"type": 2, "style": _DANGER, "label": "Stop", "custom_id": f"{STOP}{run}"}
    return Message(STYLE.escaped(line), ({"type": 1, "components": [button]},))


def answered(ending: Ending, document: str, *, asked: str = "", most: int = CONTENT) -> Message:
    """How it ended. `document`: all of it, for a file; `asked`: who asked what, where no message
    above says so."""
    whole = written(ending, STYLE, asked)
    if length(whole) <= most:
        return Message(whole)
    told = f"The whole answer with its sources is in {FILE}."
    beginning = abridged(ending, STYLE, _BEGINNING, told=told, asked=asked)
    return Message(beginning, file=document.encode())


def asked_by(user: str, question: str) -> str:
    """Who asked what."""
    asked = shortened(plain(question, _QUESTION), 2 * _QUESTION, STYLE.character)
    return f"{STYLE.person(user)} asked: {asked}"
