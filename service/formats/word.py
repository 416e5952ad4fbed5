"""An answer as a Word document (.docx), by python-docx (extra `reports`)."""

import io
import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from planner import Section, Sentence, Table
from search import Passage
from service.formats.citing import CitationStyle, Citing, Entry, Marks
from service.formats.plain import clean, direction, language, line, web_address
from service.formats.publication import VERDICTS, Publication, legend, remark_on
from service.formats.word_notes import Notes
from service.formats.word_parts import Parts

_LANGUAGES = {"ja": "ja-JP", "ko": "ko-KR", "zh": "zh-CN"}
_LONGEST_TITLE = 200
"""Characters of the title in the document's properties; Word takes 255."""
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
        self._citing = Citing(publication.answer, style, publication.day)
        self._document: Any = import_module("docx").Document()
        self._parts = Parts(self._document)
        self._notes = Notes(self._document) if style == "footnotes" else None
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
        for told in legend(answer):
            self._plain(told, italic=True)
        if answer.citations:
            self._sources()
        return self._saved()

    def _prepare(self) -> None:
        """What the document says of itself, its language and the numbers of its pages."""
        properties = self._document.core_properties
        properties.title = line(self._publication.title)[:_LONGEST_TITLE]
        properties.author = f"Breadth {version('breadth')}"
        properties.comments = f"run {self._publication.run}"
        texts = [self._publication.title, *(s.text for s in self._answer.every_sentence)]
        self._parts.set_language(_LANGUAGES.get(language(texts), ""))
        self._parts.number_pages()

    def _saved(self) -> bytes:
        """As bytes."""
        file = io.BytesIO()
        self._document.save(file)
        return file.getvalue()

    def _heading(self, text: str, level: int) -> None:
        """0 is the title's."""
        paragraph = self._document.add_heading("", level)
        self._parts.turn(paragraph, direction(line(text)))
        self._parts.add_text(paragraph, line(text))

    def _plain(self, text: str, *, italic: bool = False) -> None:
        """A paragraph of its own."""
        paragraph = self._document.add_paragraph()
        self._parts.turn(paragraph, direction(line(text)))
        for run in self._parts.add_text(paragraph, line(text)):
            run.italic = run.font.cs_italic = italic

    def _paragraph(self, sentences: Sequence[Sentence]) -> None:
        """Nothing of no sentences."""
        if sentences:
            self._fill(self._document.add_paragraph(), sentences)

    def _fill(self, paragraph: Any, sentences: Sequence[Sentence]) -> None:
        """Sentences with marks and remarks."""
        self._parts.turn(paragraph, direction(" ".join(line(each.text) for each in sentences)))
        for number, sentence in enumerate(sentences):
            text = (" " if number else "") + line(sentence.text)
            for run in self._parts.add_text(paragraph, text):
                if sentence.verdict in VERDICTS:
                    self._parts.shade(run, _SHADES[sentence.verdict])
            if marks := self._citing.marks(sentence):
                self._marks(paragraph, marks)
            if remark := remark_on(sentence.verdict):
                paragraph.add_run(f" {remark}").italic = True

    def _marks(self, paragraph: Any, marks: Marks) -> None:
        """Notes, or links to the list of sources."""
        if self._notes is not None:
            for place, mark in enumerate(marks.marks):
                if place:
                    paragraph.add_run(marks.between).font.superscript = True
                self._note(paragraph, mark.number)
            return
        paragraph.add_run(f" {marks.before}")
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
            texts = [(f"{line(passage.source.title)}: as note {self._noted[number]}.", None)]
        self._noted.setdefault(number, self._notes.add(paragraph, texts))

    def _noted_passage(self, passage: Passage) -> list[tuple[str, str | None]]:
        """Texts, some with an address."""
        source = passage.source
        address = web_address(source.location)
        said = ", ".join([*self._citing.details(source), line(passage.place)])
        title = line(source.title) or line(source.location)
        quoted = " ".join(clean(passage.text).split())
        return [
            (f"{title} (", None),
            (line(source.location), address),
            (f", {said}): “{quoted}”", None),
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
        self._parts.turn_table(drawn, direction(line(" ".join(table.columns))))
        head = drawn.add_row()
        self._parts.repeat(head)
        for cell, column in zip(head.cells, table.columns, strict=False):
            self._parts.turn(cell.paragraphs[0], direction(line(column)))
            for run in self._parts.add_text(cell.paragraphs[0], line(column)):
                run.bold = run.font.cs_bold = True
        for row in table.rows:
            cells = drawn.add_row().cells
            for cell, sentence in zip(cells, row, strict=False):
                self._fill(cell.paragraphs[0], [sentence])
        self._document.add_paragraph()

    def _sources(self) -> None:
        """With the passages. Where there are notes, they hold these, and documents are listed."""
        if self._notes is not None:
            self._heading("Sources", 1)
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
        self._parts.keep_with_next(paragraph, bool(entry.passages))
        if label:
            for run in self._parts.add_text(paragraph, f"{label} "):
                run.bold = run.font.cs_bold = True
        title, place = line(source.title) or line(source.location), line(source.location)
        self._parts.add_text(paragraph, f"{title}. ")
        self._parts.add_link(paragraph, place, web_address(source.location))
        if said := self._citing.details(source):
            self._parts.add_text(paragraph, f", {', '.join(said)}")

    def _quote(self, number: int, passage: Passage) -> None:
        """A passage, where its mark leads to."""
        paragraph = self._document.add_paragraph(style="Quote")
        self._parts.turn(paragraph, direction(line(passage.text)))
        self._parts.bookmark(paragraph, f"source_{number}", number)
        self._parts.add_text(paragraph, f"{line(passage.place)}: ")
        for place, each in enumerate(_lines(passage)):
            if place:
                paragraph.add_run().add_break()
            self._parts.add_text(paragraph, each)


def _lines(passage: Passage) -> Iterator[str]:
    """Those with something in them."""
    for each in clean(passage.text).splitlines():
        if each.strip():
            yield re.sub(r"\s+", " ", each.strip())
