"""Which of a row of tokens spell a text: servers show tokens as text, and not every token is one.

A token may be a part of a character. Some servers send its bytes; where they do not, it is shown as
U+FFFD, which stands for up to three bytes. And a word's token may have lost the space before it.
"""

from collections.abc import Iterable, Sequence

from inference.model import TokenLogprob

_LOST = "\ufffd"
_LOST_BYTES = range(1, 4)
_MOST_BEHIND = 3
"""So many tokens may end a turn: a mark, and white space."""


def spelling(tokens: Sequence[TokenLogprob], text: str) -> Sequence[TokenLogprob]:
    """The first tokens, which make the text; none where they do not, or not to its end."""
    return tokens[: _spelling(tokens, _bytes(text), backwards=False)]


def spelling_at_the_end(tokens: Sequence[TokenLogprob], text: str) -> Sequence[TokenLogprob]:
    """The last tokens, which make the text; none where they do not.

    The end of the turn may stand behind them.
    """
    for end in range(len(tokens), max(0, len(tokens) - 1 - _MOST_BEHIND), -1):
        length = _spelling(tokens[:end][::-1], _bytes(text), backwards=True)
        if length:
            return tokens[end - length : end]
    return ()


def _spelling(tokens: Iterable[TokenLogprob], text: bytes, *, backwards: bool) -> int:
    """How many tokens make the text, from its beginning or from its end; 0: they do not."""
    made, reached = 0, {0}
    for number, token in enumerate(tokens, 1):
        reached = {
            at + length
            for at in reached
            for way in _ways(token)
            for length in _lengths(way, text, at, backwards)
        }
        if not reached:
            break
        if len(text) in reached and (token.raw or token.token or not made):
            made = number
    return made


def _ways(token: TokenLogprob) -> list[str | bytes]:
    """What the token may be."""
    if token.raw is not None:
        return [token.raw]
    return [token.token, f" {token.token}"] if token.token else [""]


def _lengths(way: str | bytes, text: bytes, at: int, backwards: bool) -> set[int]:
    """So many bytes of the text, from this place on, can the token be."""
    if isinstance(way, bytes):
        return {len(way)} if _stands(way, text, at, backwards) else set()
    pieces = [_bytes(piece) for piece in way.split(_LOST)]
    lengths = {0}
    for number, piece in enumerate(pieces[::-1] if backwards else pieces):
        lost = _LOST_BYTES if number else (0,)
        lengths = {
            length + some + len(piece)
            for length in lengths
            for some in lost
            if _stands(piece, text, at + length + some, backwards)
        }
    return lengths


def _stands(piece: bytes, text: bytes, at: int, backwards: bool) -> bool:
    """Whether the piece stands there, so far from the beginning or the end."""
    if at + len(piece) > len(text):
        return False
    return text[: len(text) - at].endswith(piece) if backwards else text.startswith(piece, at)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
