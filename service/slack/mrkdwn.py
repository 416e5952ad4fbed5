"""Texts as Slack writes them: no Markdown, its own signs escaped, in pieces that it takes."""

from collections.abc import Iterable, Iterator

from service.chats import texts
from service.chats.texts import length
from service.formats.plain import line, web_address

SECTION = 3000
"""Of the text of a section."""
HEADER = 150
_LONGEST_LINK = 1500
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKS = str.maketrans({"*": None, "~": None, "`": None})
"""What would end bold text, or be more than that."""


def escaped(text: str) -> str:
    """On one line, and nothing in it is a mention, a link or a channel."""
    return "".join(map(_escape, line(text)))


def bold(text: str) -> str:
    """Nothing where there is nothing."""
    inner = escaped(text).translate(_MARKS).strip()
    return f"*{inner}*" if inner else ""


def italic(text: str) -> str:
    """Nothing where there is nothing."""
    inner = escaped(text).translate(_MARKS).replace("_", " ").strip()
    return f"_{inner}_" if inner else ""


def link(location: str, label: str) -> str:
    """The label, which leads to the page if it is one; what would be too long does not."""
    shown, address = escaped(label), web_address(location)
    if address is None:
        return shown
    address = "".join(map(_escape, address))
    made = f"<{address.replace('|', '%7C')}|{shown.replace('|', '¦')}>"
    return made if shown and length(made) <= _LONGEST_LINK else shown


def words(text: str, most: int = SECTION) -> Iterator[str]:
    """See `service.chats.texts`."""
    return texts.words(text, most, _escape)


def filled(pieces: Iterable[str], most: int = SECTION, between: str = " ") -> list[str]:
    """See `service.chats.texts`."""
    return texts.filled(pieces, most, between)


def shortened(text: str, most: int) -> str:
    """The beginning, escaped, in one piece."""
    return texts.shortened(text, most, _escape)


def _escape(character: str) -> str:
    return _ESCAPED.get(character, character)
