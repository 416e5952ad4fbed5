"""Texts as Slack writes them: no Markdown, its own signs escaped, in pieces that it takes.

Lengths are in UTF-16 units, as Slack counts; behind the escaping.
"""

from collections.abc import Iterable, Iterator

from service.formats.plain import clean, line, web_address

SECTION = 3000
"""Of the text of a section."""
HEADER = 150
_LONGEST_LINK = 1500
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKS = str.maketrans({"*": None, "~": None, "`": None})
"""What would end bold text, or be more than that."""


def length(text: str) -> int:
    """As Slack counts."""
    return len(text) + sum(character > "\uffff" for character in text)


def escaped(text: str) -> str:
    """On one line, and nothing in it is a mention, a link or a channel."""
    return "".join(_ESCAPED.get(character, character) for character in line(text))


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
    address = "".join(_ESCAPED.get(character, character) for character in address)
    made = f"<{address.replace('|', '%7C')}|{shown.replace('|', '¦')}>"
    return made if shown and length(made) <= _LONGEST_LINK else shown


def words(text: str, most: int = SECTION) -> Iterator[str]:
    """The text in pieces that may stand in different sections: words, escaped; what is longer than
    a section is taken apart."""
    for word in line(text).split(" "):
        piece: list[str] = []
        count = 0
        for character in word:
            written = _ESCAPED.get(character, character)
            if count + length(written) > most:
                yield "".join(piece)
                piece, count = [], 0
            piece.append(written)
            count += length(written)
        if piece:
            yield "".join(piece)


def filled(pieces: Iterable[str], most: int = SECTION, between: str = " ") -> list[str]:
    """Pieces put together to texts of at most this length. Each fits by itself."""
    texts: list[str] = []
    count = 0
    for piece in filter(None, pieces):
        more = length(between) + length(piece)
        if texts and count + more <= most:
            texts[-1] += between + piece
            count += more
        else:
            texts.append(piece)
            count = length(piece)
    return texts


def shortened(text: str, most: int) -> str:
    """The beginning, escaped, in one piece."""
    pieces = list(words(text, most - 2))
    texts = filled(pieces, most - 2)
    if not texts:
        return ""
    return texts[0] if len(texts) == 1 else f"{texts[0]} …"


def plain(text: str, most: int) -> str:
    """For places that take no mrkdwn: nothing is escaped there."""
    shown = line(clean(text))
    if length(shown) <= most:
        return shown
    while length(shown) > most - 1:
        shown = shown[: len(shown) - max(1, (length(shown) - most + 1) // 2)]
    return shown.rstrip() + "…"
