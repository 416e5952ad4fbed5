"""An answer as one page of HTML that needs nothing else: to read on a screen, and to print.

Behind each mark stands its passage, shown where somebody points at the mark, reaches it by the
keyboard or touches it. On paper the passages stand in the list of sources. The page has no script
and forbids any.
"""

import html
import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import count

from planner import Section, Sentence, Table
from search import Passage
from service.formats.citing import CitationStyle, Citing, Entry, Mark, Marks
from service.formats.picture import plan_picture
from service.formats.plain import clean, cut, direction, language, line, web_address
from service.formats.publication import VERDICTS, Publication, legend, remark_on
from service.formats.style import COMMON, PAPER, SCREEN

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_LONG_WORD = re.compile(r"[^\s&;<>]{24}(?=[^\s&;<>]{12})")
_LONGEST_LABEL = 600
"""Characters of a title or an author in the list of sources."""


def as_html(publication: Publication, style: CitationStyle = "numbers") -> str:
    """For a browser."""
    looks = f"{COMMON}{SCREEN}@media print{{{_without_page(PAPER)}}}{_page_rule(PAPER)}"
    return _Page(publication, style, paged=False).written(looks)


def as_paged_html(publication: Publication, style: CitationStyle, fonts: str) -> str:
    """For what makes a PDF of it: marks are links. `fonts`: rules of CSS."""
    return _Page(publication, style, paged=True).written(f"{COMMON}{PAPER}{fonts}")


class _Page:
    """Writes one page."""

    def __init__(self, publication: Publication, style: CitationStyle, *, paged: bool) -> None:
        """Nothing is written yet."""
        self._publication, self._answer = publication, publication.answer
        self._citing = Citing(publication.answer, style, publication.day)
        self._paged = paged
        self._ids = count(1)

    def written(self, looks: str) -> str:
        """The whole page."""
        publication = self._publication
        sentences = [publication.title, *(s.text for s in self._answer.every_sentence)]
        spoken = f' lang="{language(sentences)}"'
        body = "".join(part for part in self._parts())
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            f'<meta name="generator" content="Breadth {version("breadth")}">'
            f"<title>{_text(publication.title)}</title><style>{looks}</style></head>\n"
            f'<body><main{spoken} dir="{direction(line(publication.title))}">{body}</main>\n'
            f"<footer>{self._foot()}</footer></body></html>\n"
        )

    def _parts(self) -> Iterator[str]:
        """From the title to the sources."""
        publication, answer = self._publication, self._answer
        yield _block("h1", publication.title)
        if answer.title and line(answer.title) != line(publication.question):
            yield _block("p", publication.question, "asked")
        if publication.remark:
            yield _block("p", publication.remark, "remark")
        yield self._paragraph(answer.sentences)
        for section in answer.sections:
            yield from self._section(section)
        if told := legend(answer):
            lines = "".join(f"<p>{_text(each)}</p>" for each in told)
            yield f'<aside class="legend" lang="en" dir="ltr">{lines}</aside>'
        if picture := plan_picture(publication.document, paged=self._paged):
            yield (
                f'<figure class="plan" dir="ltr">{picture}<figcaption lang="en">How it was found:'
                " each step below those that it waited for</figcaption></figure>"
            )
        if answer.citations:
            items = "".join(self._entry(entry) for entry in self._citing.entries())
            yield f'<h2 lang="en">{self._citing.heading}</h2><ol class="sources">{items}</ol>'

    def _foot(self) -> str:
        """Which run this is of."""
        day = f", {self._publication.day}" if self._publication.day else ""
        return f"Breadth, run {_text(self._publication.run)}{_text(day)}"

    def _section(self, section: Section) -> Iterator[str]:
        """Heading, sentences and table."""
        if section.heading:
            yield _block("h2", section.heading)
        yield self._paragraph(section.sentences)
        if section.table is not None:
            yield self._table(section.table)

    def _table(self, table: Table) -> str:
        """With its head, which is repeated on each page."""
        head = "".join(_block("th", column) for column in table.columns)
        rows = "".join(
            f"<tr>{''.join(self._cell(cell) for cell in row)}</tr>" for row in table.rows
        )
        whole = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return f'<div class="around"><div class="scroll">{whole}</div></div>'

    def _cell(self, cell: Sentence) -> str:
        """A sentence of its own."""
        return f'<td dir="{direction(line(cell.text))}">{self._sentence(cell)}</td>'

    def _paragraph(self, sentences: Sequence[Sentence]) -> str:
        """Nothing of no sentences."""
        if not sentences:
            return ""
        written = " ".join(map(self._sentence, sentences))
        way = direction(" ".join(line(sentence.text) for sentence in sentences))
        return f'<p class="around" dir="{way}">{written}</p>'

    def _sentence(self, sentence: Sentence) -> str:
        """With marks, and what is to be said of it."""
        text = _text(sentence.text)
        if sentence.verdict in VERDICTS:
            text = f'<span class="claim {sentence.verdict}">{text}</span>'
        marks = self._citing.marks(sentence)
        written = text + (self._marks(marks) if marks else "")
        remark = remark_on(sentence.verdict)
        return written + (f' <bdi class="verdict" lang="en">{remark}</bdi>' if remark else "")

    def _marks(self, marks: Marks) -> str:
        """Each with its passage behind it."""
        inner = _text(marks.between).join(self._mark(mark) for mark in marks.marks)
        whole = f"{_text(marks.before)}{inner}{_text(marks.after)}"
        # The passages stand in the marks, so it is the marks alone that are raised.
        return (
            whole
            if marks.raised and not self._paged
            else (f"<sup>{whole}</sup>" if marks.raised else f" {whole}")
        )

    def _mark(self, mark: Mark) -> str:
        """On paper a link; on a screen what opens the passage, by pointer, keyboard or touch."""
        if self._paged:
            return f'<a href="#source-{mark.number}">{_text(mark.text)}</a>'
        number, raised = next(self._ids), " raised" if self._citing.style == "footnotes" else ""
        passage = self._answer.citations[mark.number - 1]
        source = passage.source
        return (
            f'<span class="cite"><button type="button" class="mark{raised}"'
            f' aria-describedby="tip-{number}">{_text(mark.text)}</button>'
            f'<span class="tip" id="tip-{number}" role="tooltip"><span dir="ltr">'
            f"<b><bdi>{_text(source.title)}</bdi></b>"
            f'<span class="quote" lang="" dir="{direction(line(passage.text))}">'
            f"{_quoted(passage)}</span>"
            f'<a lang="en" href="#source-{mark.number}">Source, {_text(passage.place)}</a>'
            "</span></span></span>"
        )

    def _entry(self, entry: Entry) -> str:
        """A source with its passages."""
        source, citing = entry.source, self._citing
        title = f"<bdi>{_breakable(source.title) or _breakable(source.location)}</bdi>"
        address = web_address(source.location)
        if address:
            title = f'<a href="{html.escape(address)}" rel="noreferrer">{title}</a>'
        said = [*citing.details(source), line(source.location)]
        label = entry.label if citing.style == "author-date" else f"[{entry.label}]"
        whole = "".join(self._passage(number, passage) for number, passage in entry.passages)
        return (
            f'<li dir="ltr"><div class="source-head"><span class="label"><bdi>{_text(label)}</bdi>'
            f'</span>{title} <span class="details">'
            f"{', '.join(f'<bdi>{part}</bdi>' for part in map(_breakable, said))}</span></div>"
            f"{whole}</li>"
        )

    def _passage(self, number: int, passage: Passage) -> str:
        """What a mark leads to."""
        return (
            f'<div class="passage" id="source-{number}"><blockquote lang=""'
            f' dir="{direction(line(passage.text))}"><span class="place" lang="en">'
            f"<bdi>{_text(passage.place)}</bdi></span>{_quoted(passage)}</blockquote></div>"
        )


def _block(tag: str, text: str, kind: str = "") -> str:
    """An element of a text with its direction."""
    named = f' class="{kind}"' if kind else ""
    return f'<{tag}{named} dir="{direction(line(text))}">{_text(text)}</{tag}>'


def _breakable(text: str) -> str:
    """With places where a word may be broken that is longer than a line: deep inside of other
    elements, WeasyPrint finds none of its own."""
    return _LONG_WORD.sub(r"\g<0><wbr>", _text(cut(line(text), _LONGEST_LABEL)))


def _quoted(passage: Passage) -> str:
    """Its lines as they are."""
    return html.escape(clean(passage.text).strip())


def _text(text: str) -> str:
    """On one line, taken literally; spaces at its ends stay."""
    kept = line(text)
    before = " " if text[:1].isspace() and kept else ""
    after = " " if text[-1:].isspace() and kept else ""
    return html.escape(f"{before}{kept}{after}" if kept else text if text.isspace() else "")


def _page_rule(looks: str) -> str:
    """The rule @page, which some browsers do not read inside of another rule."""
    return looks[looks.index("@page") : looks.index("html{")]


def _without_page(looks: str) -> str:
    """All but that."""
    return looks.replace(_page_rule(looks), "")
