"""Marks of citations in a text that a model wrote: "Roma is of 2018 [1]."."""

import re
from dataclasses import dataclass, replace

from planner.outcomes import Sentence
from search import sentences as sentence_spans

MARK = re.compile(r"\s*\[(\d+)\]")
_MARKS = re.compile(r"(?:\s*\[\d+\])+")
_AND = "and|or|und|oder|et|ou|y|o|e|och|og|en|of|i|και|ή|и|или|و|أو|と|や|和|及|ve"
_JOINED = re.compile(rf"(\[\d+\])\s*(?:[,;&、،]\s*)?(?:(?:{_AND})\s*)?(?=\[\d+\])")
"""Marks in a row with an "and" between them: "both are games [1] and [2]"."""
_DANGLING = re.compile(r"(?:,|,?\s(?:and|or|but))(?=(?:\s*\[\d+\])*\s*[.!?]?\s*\Z)", re.IGNORECASE)
"""What joined something that is not there."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands in front of one or more marks, as far as the marks before it."""

    text: str
    cites: tuple[int, ...]


def cited_sentences(text: str) -> tuple[Sentence, ...]:
    """A marked text as sentences. A mark behind the full stop belongs to the sentence before."""
    return tuple(
        Sentence(
            "".join(piece.text for piece in pieces).strip(),
            tuple(dict.fromkeys(number for piece in pieces for number in piece.cites)),
        )
        for pieces in cited_pieces(text)
    )


def cited_pieces(text: str) -> list[tuple[Piece, ...]]:
    """The same, each sentence in the pieces that have marks of their own."""
    text = re.sub(r"([.!?。！？])((?:\s*\[\d+\])+)", r"\2\1", " ".join(text.split()))
    text = _JOINED.sub(r"\1", text)
    found = [_pieces(_DANGLING.sub("", text[start:end])) for start, end in sentence_spans(text)]
    return [pieces for pieces in found if "".join(piece.text for piece in pieces).strip()]


def _pieces(sentence: str) -> tuple[Piece, ...]:
    """What is left behind the last mark, a full stop or so, belongs to the last piece."""
    found, at = [], 0
    for marks in _MARKS.finditer(sentence):
        numbers = tuple(map(int, re.findall(r"\d+", marks[0])))
        found.append(Piece(sentence[at : marks.start()], numbers))
        at = marks.end()
    rest = sentence[at:]
    if found and not any(map(str.isalnum, rest)):
        found[-1] = replace(found[-1], text=found[-1].text + rest)
        return tuple(found)
    return (*found, Piece(rest, ())) if rest else tuple(found)
