"""How runs look in Teams: a card while they come along, then a text in the HTML that it takes."""

from html import escape
from typing import Any

from service.chats import Ending
from service.chats.texts import length
from service.chats.written import Style, abridged, written

STOP = "breadth_stop"
"""The name of the run, in what the button tells."""
LONGEST = 20_000
"""Characters of a message: Teams takes some more, in bytes of another form."""
_LONGEST_LINK = 1500
_CARD = "application/vnd.microsoft.card.adaptive"


def _link(address: str, label: str) -> str:
    """What would be too long is no link."""
    if len(address) > _LONGEST_LINK:
        return label
    return f'<a href="{escape(address)}">{label}</a>'


STYLE = Style(
    escape,
    lambda text: f"<b>{text}</b>",
    lambda text: f"<i>{text}</i>",
    _link,
    escape,
    paragraph="<br/><br/>",
    row="<br/>",
)


def working(run: str, line: str) -> dict[str, Any]:
    """How far a run has come, with a button that stops it: fields of an activity."""
    card = {
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "TextBlock", "text": line, "wrap": True}],
        "actions": [{"type": "Action.Submit", "title": "Stop", "data": {STOP: run}}],
    }
    return {"attachments": [{"contentType": _CARD, "content": card}]}


def answered(ending: Ending) -> dict[str, Any]:
    """How it ended: fields of an activity."""
    text = written(ending, STYLE)
    if length(text) > LONGEST:
        run = ending.publication.run
        told = f"This is its beginning: breadth write {run} --output answer.md writes all of it."
        text = abridged(ending, STYLE, LONGEST, told=told)
    return {"text": text, "textFormat": "xml", "attachments": []}
