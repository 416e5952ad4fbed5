"""How a step ends, and what a run delivers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Literal

from pydantic import JsonValue

from search import Passage

Status = Literal["completed", "incomplete", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Done:
    """The step has a value. None is one: it says that there is no such thing in the documents."""

    value: JsonValue
    evidence: tuple[Passage, ...] = ()
    """Passages that prove the value, best first."""
    read: tuple[Passage, ...] = ()
    """Further passages that the step looked at."""
    cut: str | None = None
    """Why the step was ended before its time; the value is the best that it had."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The step could not do its work."""

    error: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """The step never ran, because of what happened before it."""

    reason: str


Outcome = Done | Failed | Skipped


Verdict = Literal["supported", "partly", "unsupported", "contradicted", "uncited"]
"""What a check of a sentence against its passages said; `uncited`: it points at none."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer and the passages that it points at."""

    text: str
    """Without the marks."""
    cites: tuple[int, ...] = ()
    """Numbers of the answer's citations, from 1."""
    verdict: Verdict = "uncited"


@dataclass(frozen=True, slots=True)
class Table:
    """Facts of one kind about several things. Each cell is a sentence of its own, and cites."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Sentence, ...], ...]
    """Each as long as `columns`."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report, under its heading."""

    heading: str
    sentences: tuple[Sentence, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the reader gets."""

    value: str | None
    """The shortest form: a name, a date, a number, yes or no. None when there is none."""
    sentences: tuple[Sentence, ...]
    """The answer; of a report, its summary."""
    citations: tuple[Passage, ...] = ()
    """Citation 1 is the first. Every one of them was read in this run."""
    title: str = ""
    """Of a report."""
    sections: tuple[Section, ...] = ()
    """Of a report, behind its summary."""
    data: JsonValue = None
    """The answer in the form that was wanted, valid for its schema; None where none was wanted, or
    it could not be filled in."""

    @property
    def text(self) -> str:
        """The sentences with their marks; a report has its headings and tables in it."""
        summary = marked(self.sentences)
        if not (self.title or self.sections):
            return summary
        parts = [self.title, summary, *map(_plain_section, self.sections)]
        return "\n\n".join(filter(None, parts))

    @property
    def every_sentence(self) -> tuple[Sentence, ...]:
        """In the order of reading, those of sections and the cells of tables among them."""
        cells = (_sentences_of(section) for section in self.sections)
        return (*self.sentences, *chain.from_iterable(cells))

    def each(self, change: Callable[[Sentence], Sentence | None]) -> "Answer":
        """With every sentence changed. One that becomes None is left out; a cell becomes empty."""
        return replace(
            self,
            sentences=_changed(self.sentences, change),
            sections=tuple(_with_changes(section, change) for section in self.sections),
        )


def marked(sentences: Sequence[Sentence]) -> str:
    """Sentences with the numbers of their citations in brackets."""
    return " ".join(
        sentence.text + "".join(f" [{number}]" for number in sentence.cites)
        for sentence in sentences
    )


def _plain_section(section: Section) -> str:
    """A section for a terminal."""
    lines = [section.heading, marked(section.sentences)]
    if section.table is not None:
        lines.append(" | ".join(section.table.columns))
        lines += [" | ".join(marked([cell]) for cell in row) for row in section.table.rows]
    return "\n".join(filter(None, lines))


def _sentences_of(section: Section) -> Iterator[Sentence]:
    """Of the text, then of the table."""
    yield from section.sentences
    if section.table is not None:
        yield from chain.from_iterable(section.table.rows)


def _changed(
    sentences: Sequence[Sentence], change: Callable[[Sentence], Sentence | None]
) -> tuple[Sentence, ...]:
    """Those that are left."""
    return tuple(new for sentence in sentences if (new := change(sentence)) is not None)


def _with_changes(section: Section, change: Callable[[Sentence], Sentence | None]) -> Section:
    """A section with every sentence changed."""
    table = section.table
    if table is not None:
        rows = (tuple(change(cell) or Sentence("") for cell in row) for row in table.rows)
        table = replace(table, rows=tuple(rows))
    return replace(section, sentences=_changed(section.sentences, change), table=table)
