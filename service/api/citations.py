"""An answer as text, and where in it which source is cited."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from planner import Answer, Section, Sentence
from search import Passage
from service.api.characters import whole
from service.api.places import shown_location


@dataclass(frozen=True, slots=True)
class Citation:
    """A mark in a text."""

    start: int
    """The code point that it begins with."""
    end: int
    """The one behind it."""
    number: int
    """Of the answer's citations, from 1: the mark is `[number]`."""
    url: str
    """The page's address, or the document's file name."""
    title: str
    passage: str
    """The id of the passage."""


@dataclass(frozen=True, slots=True)
class CitedText:
    """What a reader gets."""

    text: str
    citations: tuple[Citation, ...] = ()
    """In the order of the text."""

    def cut(self, length: int) -> "CitedText":
        """The beginning: at most so many code points, without half a mark."""
        inside = tuple(each for each in self.citations if each.end <= length)
        half = [each.start for each in self.citations if each.start < length < each.end]
        return CitedText(self.text[: min([length, *half])], inside)


@dataclass(frozen=True, slots=True)
class _Mark:
    number: int

    def __str__(self) -> str:
        return f"[{self.number}]"


_Pieces = list[str | _Mark]


def cited_text(answer: Answer | None) -> CitedText:
    """`Answer.text` with its marks found; nothing where there is no answer.

    Halves of surrogate pairs become U+FFFD: as JSON they could not be counted.
    """
    if answer is None:
        return CitedText("")
    parts: list[str] = []
    found: list[Citation] = []
    at = 0
    for piece in _pieces(answer):
        written = whole(str(piece))
        if isinstance(piece, _Mark) and 1 <= piece.number <= len(answer.citations):
            passage = answer.citations[piece.number - 1]
            found.append(_citation(at, piece.number, passage))
        parts.append(written)
        at += len(written)
    return CitedText("".join(parts), tuple(found))


def claims_of(answer: Answer) -> Iterator[Sentence]:
    """Every sentence and every cell that says something."""
    return (sentence for sentence in answer.every_sentence if sentence.text)


def _citation(at: int, number: int, passage: Passage) -> Citation:
    """The mark that stands there."""
    url = shown_location(passage.source.location, whole(passage.source.title))
    title = whole(passage.source.title) or url
    return Citation(at, at + len(str(_Mark(number))), number, url, title, passage.id)


def _pieces(answer: Answer) -> _Pieces:
    """As `Answer.text` has them one behind the other."""
    summary = _marked(answer.sentences)
    if not (answer.title or answer.sections):
        return summary
    return _joined("\n\n", [[answer.title], summary, *map(_section, answer.sections)])


def _section(section: Section) -> _Pieces:
    lines: list[_Pieces] = [[section.heading], _marked(section.sentences)]
    if section.table is not None:
        lines.append([" | ".join(section.table.columns)])
        for row in section.table.rows:
            cells = [_marked([cell]) for cell in row]
            lines.append(list(chain.from_iterable(_between(" | ", cells))))
    return _joined("\n", lines)


def _marked(sentences: Sequence[Sentence]) -> _Pieces:
    """Each sentence with its marks behind it."""
    each: list[_Pieces] = [[sentence.text, *_marks(sentence)] for sentence in sentences]
    return list(chain.from_iterable(_between(" ", each)))


def _marks(sentence: Sentence) -> Iterator[str | _Mark]:
    for number in sentence.cites:
        yield " "
        yield _Mark(number)


def _joined(separator: str, parts: Iterable[_Pieces]) -> _Pieces:
    """Those that are not empty."""
    written = [pieces for pieces in parts if any(map(str, pieces))]
    return list(chain.from_iterable(_between(separator, written)))


def _between(separator: str, parts: Sequence[_Pieces]) -> Iterator[_Pieces]:
    for place, pieces in enumerate(parts):
        yield [separator, *pieces] if place else pieces
