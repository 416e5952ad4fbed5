"""An answer as Markdown: CommonMark with the tables and footnotes that most readers know."""

import re
from collections.abc import Iterator, Sequence

from planner import Section, Sentence, Table
from search import Passage
from service.formats.citing import CitationStyle, Citing, Entry
from service.formats.plain import clean, line, web_address
from service.formats.publication import Publication, legend, remark_on

_SPECIAL = re.compile(r"[\\`*_\[\]<>#|~&$^{}]|:(?=//)|(?<=www)\.|@|!(?=\[)", re.IGNORECASE)
_BEGINNING = re.compile(r"^(?:[-+=:]|\d+(?=[.)]))")
"""What makes a list, a heading or a line of a paragraph's first characters."""


def as_markdown(publication: Publication, style: CitationStyle = "numbers") -> str:
    """A document with the passages under it."""
    answer = publication.answer
    citing = Citing(answer, style, publication.day)
    parts = [f"# {_escaped(publication.title)}"]
    if answer.title and line(answer.title) != line(publication.question):
        parts.append(f"*{_escaped(publication.question)}*")
    parts.append(_written(answer.sentences, citing))
    for section in answer.sections:
        parts += _section(section, citing)
    parts.append("  \n".join(f"*{_escaped(each)}*" for each in legend(answer)))
    parts.append(f"*{_escaped(publication.remark)}*" if publication.remark else "")
    if answer.citations:
        parts.append(f"## {citing.heading}")
        parts += [_entry(entry, citing) for entry in citing.entries()]
    return "\n\n".join(filter(None, parts)) + "\n"


def _section(section: Section, citing: Citing) -> Iterator[str]:
    """Its blocks."""
    yield f"## {_escaped(section.heading)}"
    yield _written(section.sentences, citing)
    if section.table is not None:
        yield _table(section.table, citing)


def _table(table: Table, citing: Citing) -> str:
    """A row a line."""
    rows = [[_escaped(column) for column in table.columns], ["---"] * len(table.columns)]
    rows += [[_written([cell], citing) for cell in row] for row in table.rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _written(sentences: Sequence[Sentence], citing: Citing) -> str:
    """With marks and remarks. A mark of a note stands at its sentence, as notes do."""
    parts = []
    for sentence in sentences:
        marks, remark = citing.marks(sentence), remark_on(sentence.verdict)
        text = _escaped(sentence.text)
        if marks and marks.raised:
            text += "".join(f"[^{mark.text}]" for mark in marks.marks)
        elif marks and citing.style == "numbers":
            text += "".join(f" **[{mark.number}]**" for mark in marks.marks)
        elif marks:
            text += f" {_escaped(str(marks))}"
        parts += [text, f"*{remark}*" if remark else ""]
    return " ".join(filter(None, parts))


def _entry(entry: Entry, citing: Citing) -> str:
    """A source and its passages."""
    source = entry.source
    address = web_address(source.location)
    title = _escaped(source.title) or _escaped(source.location)
    shown = f"[{title}](<{address}>)" if address else title
    where = [] if address else [_escaped(source.location)]
    said = [*map(_escaped, citing.details(source)), *where]
    if citing.style == "author-date":
        head = f"**{_escaped(entry.label)}** {shown}" + (f" ({', '.join(said)})" if said else "")
        return "\n\n".join(
            [head, *(_quoted(passage, placed=True) for _, passage in entry.passages)]
        )
    ((number, passage),) = entry.passages
    said.append(_escaped(passage.place))
    # Without the point a reader that knows no notes could take the line for a link's definition.
    whole = f"{shown} ({', '.join(said)}).\n\n{_quoted(passage)}"
    if citing.style == "footnotes":
        return f"[^{number}]: " + whole.replace("\n", "\n    ")
    return f"**[{number}]** {whole}"


def _quoted(passage: Passage, *, placed: bool = False) -> str:
    """Line by line; blank ones keep paragraphs apart."""
    lines = [_escaped(each) for each in clean(passage.text).strip().splitlines()]
    if placed:
        lines = [f"*{_escaped(passage.place)}*", "", *lines]
    return "\n".join(f"> {each}".rstrip() for each in lines)


def _escaped(text: str) -> str:
    """A text on one line that Markdown takes literally."""
    escaped = _SPECIAL.sub(r"\\\g<0>", line(text))
    return _BEGINNING.sub(lambda found: _before(found[0]), escaped)


def _before(beginning: str) -> str:
    """With a backslash where one is understood: before a sign, not before a digit."""
    return f"\\{beginning}" if not beginning.isdigit() else f"{beginning}\\"
