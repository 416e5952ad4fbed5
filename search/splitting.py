"""Documents to passages: pieces of about as many words, cut where the text itself pauses."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from search.extracts import place
from search.passages import Passage
from search.reading import Document
from search.scripts import count_words
from search.sentence_ends import blocks, is_heading, sentences, sentences_within

__all__ = ["sentences", "split"]

WORDS = 120
ROOM = 1.25
"""A paragraph that makes a passage longer than asked by no more than this factor is kept whole."""
FULL_ENOUGH = 0.5
"""From this share on, a passage ends rather than breaking the next paragraph."""
SHORT_TAIL = 0.25
"""A last passage with less than this share joins the one before."""

_ENDED = re.compile(r"[.!?…。！？:：;؟][\"'”’)\]]*\s*\Z")
"""At the end of a page: its last sentence does not go on."""
_GAP = re.compile(r"\s+|(?<=[、，；：])")
"""Where a sentence that is too long may be cut."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, or a part of one that is too long."""

    start: int
    end: int
    words: float
    paragraph: float
    """Words of the paragraph that it begins; 0 inside one."""
    heading: bool
    opens: bool
    """Whether a part of the document begins here that passages do not reach into from before."""


def split(document: Document, *, words: int = WORDS) -> list[Passage]:
    """Passages of about `words` words, in order; they leave out white space only.

    `document.text[p.start:p.end] == p.text` for each. A heading stays with what follows it. A slide
    or a sheet begins a passage, and so does a page where a sentence ended on the one before.
    """
    if words < 1:
        raise ValueError(f"passages of {words} words cannot be made")
    openings = _openings(document)
    groups = _joined_tail(_grouped(_pieces(document.text, openings, words), words), words)
    spans = ((group[0].start, group[-1].end) for group in groups)
    return [
        Passage(document.source, s, e, document.text[s:e], place(document.parts, s, e))
        for s, e in spans
    ]


def _openings(document: Document) -> list[int]:
    """Offsets at which a passage begins in any case, the last one first."""
    text = document.text
    return [
        part.start
        for part in reversed(document.parts)
        if part.kind != "page" or _ENDED.search(text, max(0, part.start - 20), part.start)
    ]


def _pieces(text: str, openings: list[int], words: int) -> Iterator[_Piece]:
    for start, end in blocks(text):
        total = count_words(text[start:end])
        for span in sentences_within(text, start, end):
            for first, last in _cut(text, *span, words):
                size = count_words(text[first:last])
                heading = first == span[0] and is_heading(text, first)
                opens = bool(openings) and openings[-1] <= first
                while openings and openings[-1] <= first:
                    openings.pop()
                yield _Piece(first, last, size, total, heading, opens)
                total = 0


def _grouped(pieces: Iterator[_Piece], words: int) -> list[list[_Piece]]:
    groups: list[list[_Piece]] = []
    group: list[_Piece] = []
    size, limit = 0.0, float(words)
    for piece in pieces:
        if group and piece.opens:
            groups.append(group)
            group, size = [], 0.0
        elif group and _closes(size, piece, limit, words):
            kept, group = _without_last_headings(group)
            groups.append(kept)
            size = sum(p.words for p in group)
        if piece.paragraph:
            limit = ROOM * words if size + piece.paragraph <= ROOM * words else words
        group.append(piece)
        size += piece.words
    return [*groups, group] if group else groups


def _closes(size: float, piece: _Piece, limit: float, words: int) -> bool:
    """Whether a group of this size ends before the piece; `limit` holds inside a paragraph."""
    if piece.paragraph and size + piece.paragraph <= ROOM * words:
        return piece.heading and size >= FULL_ENOUGH * words
    if piece.paragraph:
        return size >= FULL_ENOUGH * words or size + piece.words > words
    return size + piece.words > limit


def _without_last_headings(group: list[_Piece]) -> tuple[list[_Piece], list[_Piece]]:
    end = len(group)
    while end > 1 and group[end - 1].heading:
        end -= 1
    return group[:end], group[end:]


def _joined_tail(groups: list[list[_Piece]], words: int) -> list[list[_Piece]]:
    if len(groups) < 2 or groups[-1][0].opens:
        return groups
    if sum(piece.words for piece in groups[-1]) < SHORT_TAIL * words:
        return [*groups[:-2], groups[-2] + groups[-1]]
    return groups


def _cut(text: str, start: int, end: int, words: int) -> Iterator[tuple[int, int]]:
    """The span itself, or parts of it that have at most `words` words each."""
    if count_words(text[start:end]) <= words:
        yield start, end
        return
    first, last, size = start, start, 0.0
    for token_start, token_end in _tokens(text, start, end, words):
        token = count_words(text[token_start:token_end])
        if last > first and size + token > words:
            yield first, last
            first, size = token_start, 0.0
        last, size = token_end, size + token
    yield first, last


def _tokens(text: str, start: int, end: int, words: int) -> Iterator[tuple[int, int]]:
    at = start
    for gap in _GAP.finditer(text, start, end):
        if gap.start() > at:
            yield from _cut_characters(text, at, gap.start(), words)
        at = gap.end()
    if end > at:
        yield from _cut_characters(text, at, end, words)


def _cut_characters(text: str, start: int, end: int, words: int) -> Iterator[tuple[int, int]]:
    """An unbroken string, in parts if it is giant; never between a letter and its marks."""
    size = count_words(text[start:end])
    length = end - start if size <= words else max(1, int((end - start) * words / size))
    while start < end:
        stop = min(end, start + length)
        while stop < end and unicodedata.category(text[stop])[0] == "M":
            stop += 1
        yield start, stop
        start = stop
