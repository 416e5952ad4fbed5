"""Texts in the pieces that a chat system takes. Lengths are in UTF-16 units, when escaped."""

from collections.abc import Callable, Iterable, Iterator

from service.formats.plain import clean, line

Escape = Callable[[str], str]
"""How a character is written."""


def length(text: str) -> int:
    """As chat systems count."""
    return len(text) + sum(character > "\uffff" for character in text)


def words(text: str, most: int, escape: Escape) -> Iterator[str]:
    """The text in pieces that may stand in different messages: words, escaped; what is longer than
    a message is taken apart."""
    for word in line(text).split(" "):
        piece: list[str] = []
        count = 0
        for character in word:
            written = escape(character)
            if count + length(written) > most:
                yield "".join(piece)
                piece, count = [], 0
            piece.append(written)
            count += length(written)
        if piece:
            yield "".join(piece)


def filled(pieces: Iterable[str], most: int, between: str = " ") -> list[str]:
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


def shortened(text: str, most: int, escape: Escape) -> str:
    """The beginning, escaped, in one piece."""
    texts = filled(words(text, most - 2, escape), most - 2)
    if not texts:
        return ""
    return texts[0] if len(texts) == 1 else f"{texts[0]} …"


def plain(text: str, most: int) -> str:
    """For places where nothing is escaped."""
    shown = line(clean(text))
    if length(shown) <= most:
        return shown
    while length(shown) > most - 1:
        shown = shown[: len(shown) - max(1, (length(shown) - most + 1) // 2)]
    return shown.rstrip() + "…"
