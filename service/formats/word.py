"""An answer as a Word document (.docx), by python-docx (extra `reports`)."""

import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from planner import Section, Sentence, Table
from search import Passage
from service.formats.citing import CitationStyle, Citing, Entry, Marks
from service.formats.plain import (
    apart,
    clean,
    cut,
    direction,
    line,
    place_of,
    slopes,
    turned,
    web_address,
)
from service.formats.publication import Publication
from service.formats.word_notes import Notes
from service.formats.word_parts import Parts

_LONGEST_HEAD = 90
"""Characters of the title at the head of each page but the first."""
_LONGEST_TITLE = 200
"""Characters of the title in the document's properties; Word takes 255."""
_HEAD = "F2F4F7"
"""Behind the head of a table."""
_SHADES = {"partly": "FFF3CD", "unsupported": "FDE2E0", "contradicted": "FDE2E0"}


def why_no_docx() -> str:
    """What is missing to make one; nothing where it can be made."""
    if find_spec("docx") is None:
        return "python-docx is not installed: pip install 'breadth[reports]'"
    return ""


def as_docx(publication: Publication, style: CitationStyle = "numbers") -> bytes:
    """The file. Fonts are those of whoever opens it."""
    return _Writer(publication, style).written()


class _Writer:
    """Writes one document."""

    def __init__(self, publication: Publication, style: CitationStyle) -> None:
        """An empty one."""
        self._publication, self._answer = publication, publication.answer
        self._words, self._way = publication.words, publication.direction
        self._citing = Citing(publication.answer, style, publication.day, self._words)
        self._document: Any = import_module("docx").Document()
        self._parts = Parts(self._document)
        self._notes = Notes(self._document, self._way) if style == "footnotes" else None
        self._noted: dict[int, int] = {}
        """Notes by the numbers of citations."""

    def written(self) -> bytes:
        """From the title to the sources."""
        publication, answer = self._publication, self._answer
        self._prepare()
        self._heading(publication.title, 0)
        if answer.title and line(answer.title) != line(publication.question):
            self._plain(publication.question, italic=True)
        if publication.remark:
            self._plain(publication.remark, italic=True)
        self._paragraph(answer.sentences)
        for section in answer.sections:
            self._section(section)
        for told in self._words.legend(answer):
            self._plain(told, italic=True)
        if answer.citations:
            self._sources()
        return self._saved()

    def _prepare(self) -> None:
        """What the document says of itself, its language and the numbers of its pages."""
        properties = self._document.core_properties
        properties.title = line(self._publication.title)[:_LONGEST_TITLE]
        properties.author = f"Breadth {version('breadth')}"
        properties.last_modified_by = properties.author
        properties.comments = f"run {self._publication.run}"
        # Those of python-docx's template are of 2013.
        properties.created = properties.modified = _moment(self._publication.day)
        properties.language = self._publication.language
        self._parts.set_language(self._publication.language)
        self._parts.break_words()
        self._parts.set_paper()
        self._parts.number_pages()
        self._parts.head_pages(cut(properties.title, _LONGEST_HEAD), self._way)

    def _saved(self) -> bytes:
        """As bytes."""
        file = io.BytesIO()
        self._document.save(file)
        return file.getvalue()

    def _heading(self, text: str, level: int) -> None:
        """0 is the title's."""
        paragraph = self._document.add_heading("", level)
        self._parts.turn(paragraph, self._way_of(text))
        self._parts.add_text(paragraph, line(text))

    def _plain(self, text: str, *, italic: bool = False) -> None:
        """A paragraph of its own."""
        paragraph = self._document.add_paragraph()
        self._parts.turn(paragraph, self._way_of(text))
        for run in self._parts.add_text(paragraph, line(text)):
            run.italic = run.font.cs_italic = italic and slopes(run.text)

    def _paragraph(self, sentences: Sequence[Sentence]) -> None:
        """Nothing of no sentences."""
        if sentences:
            self._fill(self._document.add_paragraph(), sentences)

    def _fill(self, paragraph: Any, sentences: Sequence[Sentence]) -> None:
        """Sentences with marks and remarks."""
        self._parts.turn(paragraph, self._way_of(" ".join(each.text for each in sentences)))
        for number, sentence in enumerate(sentences):
            text = (" " if number else "") + line(sentence.text)
            for run in self._parts.add_text(paragraph, text):
                if sentence.verdict in _SHADES:
                    self._parts.shade(run, _SHADES[sentence.verdict])
            if marks := self._citing.marks(sentence):
                self._marks(paragraph, marks)
            if remark := self._words.verdict(sentence.verdict):
                for run in self._parts.add_text(paragraph, f" {remark}"):
                    run.italic = slopes(run.text)

    def _marks(self, paragraph: Any, marks: Marks) -> None:
        """Notes, or links to the list of sources."""
        if self._notes is not None:
            for place, mark in enumerate(marks.marks):
                if place:
                    paragraph.add_run(marks.between).font.superscript = True
                self._note(paragraph, mark.number)
            return
        # A line does not begin with the mark of what ends the line before.
        paragraph.add_run(f"\N{NO-BREAK SPACE}{marks.before}")
        for place, mark in enumerate(marks.marks):
            if place:
                paragraph.add_run(marks.between)
            self._parts.add_link_inside(paragraph, mark.text, f"source_{mark.number}")
        if marks.after:
            paragraph.add_run(marks.after)

    def _note(self, paragraph: Any, number: int) -> None:
        """With the passage itself, the first time; then it points there."""
        if self._notes is None:
            return
        passage = self._answer.citations[number - 1]
        texts = self._noted_passage(passage)
        if number in self._noted:
            before = self._words.as_note.format(self._noted[number])
            texts = [(f"{line(passage.source.title)}{self._words.colon}{before}.", None)]
        self._noted.setdefault(number, self._notes.add(paragraph, texts))

    def _noted_passage(self, passage: Passage) -> list[tuple[str, str | None]]:
        """Texts, some with an address."""
        source = passage.source
        address = web_address(source.location)
        said = apart([*self._citing.details(source), self._words.place(passage)], self._way)
        title = line(source.title) or line(source.location)
        where = turned(line(place_of(source.location, source.title)), self._way)
        quoted = " ".join(clean(passage.text).split())
        return [
            (f"{turned(title, self._way)} (", None),
            *([(where, address), (", ", None)] if where else []),
            (f"{said}): “{quoted}”", None),
        ]

    def _section(self, section: Section) -> None:
        """Heading, sentences and table."""
        if section.heading:
            self._heading(section.heading, 1)
        self._paragraph(section.sentences)
        if section.table is not None:
            self._table(section.table)

    def _table(self, table: Table) -> None:
        """With its head, which is repeated on each page."""
        drawn = self._document.add_table(rows=0, cols=max(1, len(table.columns)))
        drawn.style = "Table Grid"
        self._parts.turn_table(drawn, self._way_of(" ".join(table.columns)))
        head = drawn.add_row()
        self._parts.repeat(head)
        self._parts.keep_whole(head)
        for cell, column in zip(head.cells, table.columns, strict=False):
            self._parts.colour(cell, _HEAD)
            self._parts.turn(cell.paragraphs[0], self._way_of(column))
            self._parts.keep_with_next(cell.paragraphs[0], kept=True)
            for run in self._parts.add_text(cell.paragraphs[0], line(column)):
                run.bold = run.font.cs_bold = True
        for row in table.rows:
            drawn_row = drawn.add_row()
            self._parts.keep_whole(drawn_row)
            for cell, sentence in zip(drawn_row.cells, row, strict=False):
                self._fill(cell.paragraphs[0], [sentence])
        self._document.add_paragraph()

    def _sources(self) -> None:
        """With the passages. Where there are notes, they hold these, and documents are listed."""
        if self._notes is not None:
            self._heading(self._words.sources, 1)
            for source in {
                one.source.location: one.source for one in self._answer.citations
            }.values():
                self._head("", Entry("", source, ()))
            return
        self._heading(self._citing.heading, 1)
        for entry in self._citing.entries():
            label = entry.label if self._citing.style == "author-date" else f"[{entry.label}]"
            self._head(label, entry)
            for number, passage in entry.passages:
                self._quote(number, passage)

    def _head(self, label: str, entry: Entry) -> None:
        """Title, author, date and where it is."""
        source = entry.source
        paragraph = self._document.add_paragraph()
        self._parts.turn(paragraph, self._way)
        self._parts.keep_with_next(paragraph, kept=bool(entry.passages))
        if label:
            for run in self._parts.add_text(paragraph, f"{label} "):
                run.bold = run.font.cs_bold = True
        title, said = line(source.title) or line(source.location), self._citing.details(source)
        self._parts.add_text(paragraph, f"{turned(title, self._way)}. ")
        if where := line(place_of(source.location, source.title)):
            address = web_address(source.location)
            self._parts.add_link(paragraph, turned(where, self._way), address)
        if said:
            before = ", " if where else ""
            self._parts.add_text(paragraph, f"{before}{apart(said, self._way)}")

    def _quote(self, number: int, passage: Passage) -> None:
        """A passage, where its mark leads to."""
        paragraph = self._document.add_paragraph(style="Quote")
        self._parts.turn(paragraph, direction(line(passage.text)))
        self._parts.bookmark(paragraph, f"source_{number}", number)
        placed = f"{self._words.place(passage)}{self._words.colon}"
        runs = self._parts.add_text(paragraph, placed)
        for place, each in enumerate(_lines(passage)):
            if place:
                paragraph.add_run().add_break()
            runs += self._parts.add_text(paragraph, each)
        for run in runs:
            run.italic = run.font.cs_italic = None if slopes(run.text) else False

    def _way_of(self, text: str) -> str:
        """A number alone runs as the answer does."""
        return direction(line(text), self._way)


def _moment(day: str) -> datetime:
    """The beginning of a day, YYYY-MM-DD; now, where none is known. UTC, as Word has it."""
    return datetime.fromisoformat(day) if day else datetime.now(UTC).replace(tzinfo=None)


def _lines(passage: Passage) -> Iterator[str]:
    """Those with something in them."""
    for each in clean(passage.text).splitlines():
        if each.strip():
            yield re.sub(r"\s+", " ", each.strip())
