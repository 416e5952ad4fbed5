"""An answer for a terminal or a pipe."""

from collections.abc import Sequence

from planner import Section, Sentence
from service.formats.citing import CitationStyle, Citing, Entry, source_line
from service.formats.plain import clean
from service.formats.publication import Publication
from service.formats.wording import Wording


def as_text(publication: Publication, style: CitationStyle = "numbers") -> str:
    """The answer, how the run ended if not well, and the sources."""
    answer, words = publication.answer, publication.words
    citing = Citing(answer, style, publication.day, words)
    blocks = [answer.title, _written(answer.sentences, citing, words)]
    blocks += [_section(section, citing, words) for section in answer.sections]
    blocks.append("\n".join(words.legend(answer)))
    blocks.append(f"({publication.remark})" if publication.remark else "")
    if answer.citations:
        entries = [_entry(entry, style, publication.day, words) for entry in citing.entries()]
        blocks.append("\n".join([citing.heading, *entries]))
    return clean("\n\n".join(filter(None, blocks)))


def _section(section: Section, citing: Citing, words: Wording) -> str:
    """Heading, sentences, and a row a line."""
    lines = [section.heading, _written(section.sentences, citing, words)]
    if section.table is not None:
        lines.append(" | ".join(section.table.columns))
        lines += [
            " | ".join(_written([cell], citing, words) for cell in row)
            for row in section.table.rows
        ]
    return "\n".join(filter(None, lines))


def _written(sentences: Sequence[Sentence], citing: Citing, words: Wording) -> str:
    """With marks and remarks."""
    parts = []
    for sentence in sentences:
        marks = citing.marks(sentence)
        shown = f"[{marks}]" if marks and marks.raised else str(marks or "")
        parts += [sentence.text, shown, words.verdict(sentence.verdict)]
    return " ".join(filter(None, parts))


def _entry(entry: Entry, style: CitationStyle, day: str, words: Wording) -> str:
    """A line of the list of sources."""
    number, passage = entry.passages[0]
    if style != "author-date":
        return f"[{number}] {source_line(passage, day, words)}"
    return f"{entry.label}: {source_line(passage, day, words)}"
