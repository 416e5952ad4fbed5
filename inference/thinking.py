"""Thinking that a server sends inside the text, taken out of it.

Servers that know their model send it apart (`reasoning_content`). Others send `<think>...</think>`
before the answer, cut anywhere; and where the chat template has opened the block already, only the
closing tag comes.
"""

_OPEN, _CLOSE = "<think>", "</think>"


class ThinkingFilter:
    """Of one sample: pieces of text go in, (reasoning, text) comes out."""

    def __init__(self) -> None:
        """Nothing was said yet."""
        self._inside: bool | None = None
        """None: not known yet."""
        self._held = ""
        self._closed = False
        """The block was just closed: the white space behind it is not the answer's."""

    def feed(self, piece: str, *, last: bool = False) -> tuple[str, str]:
        """What is certain now; the rest is held back until more comes, or the last piece."""
        if self._inside is False:
            piece = piece.lstrip() if self._closed else piece
            self._closed &= not piece
            return "", piece
        self._held += piece
        if self._inside is None:
            start = self._held.lstrip()
            if not last and len(start) < len(_OPEN) and _OPEN.startswith(start):
                return "", ""
            self._inside = start.startswith(_OPEN)
            if self._inside:
                self._held = start.removeprefix(_OPEN)
        if self._inside:
            return self._thinking(last)
        said, self._held = self._held, ""
        return "", said

    def _thinking(self, last: bool) -> tuple[str, str]:
        """Up to the closing tag it is reasoning; a tag may arrive in pieces."""
        thought, closed, after = self._held.partition(_CLOSE)
        if closed:
            after = after.lstrip()
            self._inside, self._held, self._closed = False, "", not after
            return thought, after
        lengths = range(len(_CLOSE) - 1, 0, -1)
        tag = 0 if last else next((n for n in lengths if thought.endswith(_CLOSE[:n])), 0)
        cut = len(thought) - tag
        self._held = thought[cut:]
        return thought[:cut], ""


def unopened(text: str) -> tuple[str, str]:
    """(reasoning, text) of a whole text in which thinking ends and was never begun.

    A text that begins like JSON is an answer: there the tag stands in a string.
    """
    thought, closed, after = text.partition(_CLOSE)
    answers = _OPEN in thought or thought.lstrip().startswith(("{", "["))
    return ("", text) if answers or not closed else (thought, after.lstrip())
