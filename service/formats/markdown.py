"""An answer as Markdown: CommonMark with the tables and footnotes that most readers know."""

import re
from collections.abc import Iterator, Sequence

from planner import Section, Sentence, Table
from search import Passage
from service.formats.citing import CitationStyle, Citing, Entry
from service.formats.plain import apart, clean, line, place_of, web_address
from service.formats.publication import Publication

_SPECIAL = re.compile(r"[\\`*_\[\]<>#|~&$^{}]|:(?=//)|(?<=www)\.|@|!(?=\[)", re.IGNORECASE)
_BEGINNING = re.compile(r"^(?:[-+=:]|\d+(?=[.)]))")
"""What makes a list, a heading or a line of a paragraph's first characters."""


def as_markdown(publication: Publication, style: CitationStyle = "numbers") -> str:
    """A document with the passages under it."""
    return _Writer(publication, style).written()


class _Writer:
    """Writes one document."""

    def __init__(self, publication: Publication, style: CitationStyle) -> None:
        """Nothing is written yet."""
        self._publication, self._words = publication, publication.words
        self._citing = Citing(publication.answer, style, publication.day, self._words)
        self._way = publication.direction

    def written(self) -> str:
        """From the title to the sources."""
        publication, answer = self._publication, self._publication.answer
        parts = [f"# {_escaped(publication.title)}"]
        if answer.title and line(answer.title) != line(publication.question):
            parts.append(f"*{_escaped(publication.question)}*")
        parts.append(self._sentences(answer.sentences))
        for section in answer.sections:
            parts += self._section(section)
        parts.append("  \n".join(f"*{_escaped(each)}*" for each in self._words.legend(answer)))
        parts.append(f"*{_escaped(publication.remark)}*" if publication.remark else "")
        if answer.citations:
            parts.append(f"## {self._citing.heading}")
            parts += [self._entry(entry) for entry in self._citing.entries()]
        return "\n\n".join(filter(None, parts)) + "\n"

    def _section(self, section: Section) -> Iterator[str]:
        """Its blocks."""
        yield f"## {_escaped(section.heading)}"
        yield self._sentences(section.sentences)
        if section.table is not None:
            yield self._table(section.table)

    def _table(self, table: Table) -> str:
        """A row a line."""
        rows = [[_escaped(column) for column in table.columns], ["---"] * len(table.columns)]
        rows += [[self._sentences([cell]) for cell in row] for row in table.rows]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def _sentences(self, sentences: Sequence[Sentence]) -> str:
        """With marks and remarks. A mark of a note stands at its sentence, as notes do."""
        parts = []
        for sentence in sentences:
            marks, remark = self._citing.marks(sentence), self._words.verdict(sentence.verdict)
            text = _escaped(sentence.text)
            if marks and marks.raised:
                text += "".join(f"[^{mark.text}]" for mark in marks.marks)
            elif marks and self._citing.style == "numbers":
                text += "".join(f" **[{mark.number}]**" for mark in marks.marks)
            elif marks:
                text += f" {_escaped(str(marks))}"
            parts += [text, f"*{remark}*" if remark else ""]
        return " ".join(filter(None, parts))

    def _entry(self, entry: Entry) -> str:
        """A source and its passages."""
        source = entry.source
        address = web_address(source.location)
        title = _escaped(source.title) or _escaped(source.location)
        shown = f"[{title}](<{address}>)" if address else title
        where = "" if address else place_of(source.location, source.title)
        said = [*map(_escaped, self._citing.details(source)), *filter(None, [_escaped(where)])]
        if self._citing.style == "author-date":
            details = f" ({apart(said, self._way)})" if said else ""
            head = f"**{_escaped(entry.label)}** {shown}{details}"
            quoted = (_quoted(passage, self._words.place(passage)) for _, passage in entry.passages)
            return "\n\n".join([head, *quoted])
        ((number, passage),) = entry.passages
        said.append(_escaped(self._words.place(passage)))
        # Without the point a reader that knows no notes could take it for a link's definition.
        whole = f"{shown} ({apart(said, self._way)}).\n\n{_quoted(passage)}"
        if self._citing.style == "footnotes":
            return f"[^{number}]: " + whole.replace("\n", "\n    ")
        return f"**[{number}]** {whole}"


def _quoted(passage: Passage, place: str = "") -> str:
    """Line by line; blank ones keep paragraphs apart."""
    lines = [_escaped(each) for each in clean(passage.text).strip().splitlines()]
    if place:
        lines = [f"*{_escaped(place)}*", "", *lines]
    return "\n".join(f"> {each}".rstrip() for each in lines)


def _escaped(text: str) -> str:
    """A text on one line that Markdown takes literally."""
    escaped = _SPECIAL.sub(r"\\\g<0>", line(text))
    return _BEGINNING.sub(lambda found: _before(found[0]), escaped)


def _before(beginning: str) -> str:
    """With a backslash where one is understood: before a sign, not before a digit."""
    return f"\\{beginning}" if not beginning.isdigit() else f"{beginning}\\"
