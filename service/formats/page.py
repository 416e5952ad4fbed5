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
from service.formats.plain import clean, cut, direction, language, line, place_of, web_address
from service.formats.publication import Publication
from service.formats.style import COMMON, PAPER, SCREEN
from service.formats.wording import ENGLISH, is_marked

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_LONG_WORD = re.compile(r"[^\s&;<>]{24}(?=[^\s&;<>]{12})")
_LONGEST_HEAD = 90
"""Characters of the title at the head of each page."""
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
        self._language, self._way = publication.language, publication.direction
        self._words = publication.words
        self._lang = "en" if self._words is ENGLISH else self._language
        """Of what the page itself says."""
        self._citing = Citing(publication.answer, style, publication.day, self._words)
        self._paged = paged
        self._ids = count(1)

    def written(self, looks: str) -> str:
        """The whole page."""
        publication = self._publication
        body = "".join(self._parts())
        made_by = f"Breadth {version('breadth')}"
        created = f'<meta name="dcterms.created" content="{_text(publication.day)}">'
        return (
            f'<!doctype html>\n<html lang="{self._language or "en"}" dir="{self._way}">'
            '<head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            f'<meta name="generator" content="{made_by}"><meta name="author" content="{made_by}">'
            f"{created if publication.day else ''}"
            f"<title>{_text(publication.title)}</title><style>{looks}</style></head>\n"
            f'<body><main lang="{self._language}">{body}</main>\n'
            f'<footer lang="en" dir="ltr">{self._foot()}</footer></body></html>\n'
        )

    def _parts(self) -> Iterator[str]:
        """From the title to the sources."""
        publication, answer = self._publication, self._answer
        running = f' data-running="{_text(cut(line(publication.title), _LONGEST_HEAD))}"'
        yield self._block("h1", publication.title, running if self._paged else "")
        if answer.title and line(answer.title) != line(publication.question):
            yield self._block("p", publication.question, ' class="asked"')
        if publication.remark:
            yield self._block("p", publication.remark, ' class="remark" lang="en"')
        yield self._paragraph(answer.sentences)
        for section in answer.sections:
            yield from self._section(section)
        if told := self._words.legend(answer):
            lines = "".join(self._block("p", each, f' lang="{self._lang}"') for each in told)
            yield f'<aside class="legend">{lines}</aside>'
        if picture := plan_picture(publication.document, self._words, paged=self._paged):
            caption = self._block("figcaption", self._words.caption, f' lang="{self._lang}"')
            yield f'<figure class="plan" dir="ltr">{picture}{caption}</figure>'
        if answer.citations:
            items = "".join(self._entry(entry) for entry in self._citing.entries())
            yield self._block("h2", self._citing.heading, f' lang="{self._lang}"')
            yield f'<ol class="sources">{items}</ol>'

    def _foot(self) -> str:
        """Which run this is of."""
        day = f", {self._publication.day}" if self._publication.day else ""
        return f"Breadth, run {_text(self._publication.run)}{_text(day)}"

    def _section(self, section: Section) -> Iterator[str]:
        """Heading, sentences and table."""
        if section.heading:
            yield self._block("h2", section.heading)
        yield self._paragraph(section.sentences)
        if section.table is not None:
            yield self._table(section.table)

    def _table(self, table: Table) -> str:
        """With its head, which is repeated on each page."""
        head = "".join(self._block("th", column, ' scope="col"') for column in table.columns)
        rows = "".join(
            f"<tr>{''.join(self._cell(cell) for cell in row)}</tr>" for row in table.rows
        )
        whole = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return f'<div class="around"><div class="scroll">{whole}</div></div>'

    def _cell(self, cell: Sentence) -> str:
        """A sentence of its own."""
        return f'<td dir="{self._way_of(cell.text)}">{self._sentence(cell)}</td>'

    def _paragraph(self, sentences: Sequence[Sentence]) -> str:
        """Nothing of no sentences."""
        if not sentences:
            return ""
        written = " ".join(map(self._sentence, sentences))
        way = self._way_of(" ".join(sentence.text for sentence in sentences))
        return f'<p class="around" dir="{way}">{written}</p>'

    def _sentence(self, sentence: Sentence) -> str:
        """With marks, and what is to be said of it."""
        text = _text(sentence.text)
        if is_marked(sentence):
            text = f'<span class="claim {sentence.verdict}">{text}</span>'
        marks = self._citing.marks(sentence)
        written = text + (self._marks(marks) if marks else "")
        remark = self._words.verdict(sentence.verdict)
        said = f' <bdi class="verdict" lang="{self._lang}">{remark}</bdi>'
        return written + (said if remark else "")

    def _marks(self, marks: Marks) -> str:
        """Each with its passage behind it."""
        between = _text(marks.between)
        if marks.raised and not self._paged:
            between = f'<span class="raised">{between}</span>'
        inner = between.join(self._mark(mark) for mark in marks.marks)
        whole = f"{_text(marks.before)}{inner}{_text(marks.after)}"
        # The passages stand in the marks, so it is the marks alone that are raised.
        if marks.raised:
            return f"<sup>{whole}</sup>" if self._paged else f'<span class="notes">{whole}</span>'
        # On a screen no line begins with the mark of the line before; WeasyPrint breaks a line in
        # odd places for it.
        return f" {whole}" if self._paged else f"&nbsp;{whole}"

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
            f'<span class="tip" id="tip-{number}" role="tooltip"><span dir="{self._way}">'
            f"<b>{_isolated(_text(source.title))}</b>"
            f'<span class="quote" lang="{language([passage.text])}"'
            f' dir="{direction(line(passage.text))}">{_quoted(passage)}</span>'
            f'<a lang="{self._lang}" href="#source-{mark.number}">{self._words.source}, '
            f"{_isolated(_text(self._words.place(passage)))}</a>"
            "</span></span></span>"
        )

    def _entry(self, entry: Entry) -> str:
        """A source with its passages."""
        source, citing = entry.source, self._citing
        title = _isolated(_breakable(source.title) or _breakable(source.location))
        address = web_address(source.location)
        if address:
            title = f'<a href="{html.escape(address)}" rel="noreferrer">{title}</a>'
        where = line(place_of(source.location, source.title))
        said = [*citing.details(source), *filter(None, [where])]
        label = entry.label if citing.style == "author-date" else f"[{entry.label}]"
        whole = "".join(self._passage(number, passage) for number, passage in entry.passages)
        return (
            f'<li dir="{self._way}"><div class="source-head"><span class="label">'
            f'{_isolated(_text(label))}</span>{title} <span class="details">'
            f"{', '.join(_isolated(part) for part in map(_breakable, said))}</span></div>"
            f"{whole}</li>"
        )

    def _passage(self, number: int, passage: Passage) -> str:
        """What a mark leads to."""
        return (
            f'<div class="passage" id="source-{number}"><blockquote'
            f' lang="{language([passage.text])}" dir="{direction(line(passage.text))}">'
            f'<span class="place" lang="{self._lang}">'
            f"{_isolated(_text(self._words.place(passage)))}</span>"
            f"{_quoted(passage)}</blockquote></div>"
        )

    def _block(self, tag: str, text: str, attributes: str = "") -> str:
        """An element of a text with its direction."""
        return f'<{tag}{attributes} dir="{self._way_of(text)}">{_text(text)}</{tag}>'

    def _way_of(self, text: str) -> str:
        """A number alone runs as the answer does."""
        return direction(line(text), self._way)


def _isolated(written: str) -> str:
    """What runs its own way, whatever stands around it; WeasyPrint has to be told which."""
    return f'<bdi dir="{direction(html.unescape(written))}">{written}</bdi>'


def _breakable(text: str) -> str:
    """With places where a word may be broken that is longer than a line: deep inside of other
    elements, WeasyPrint finds none of its own. An element there would cut the word in pieces, that
    it sets from right to left in such a text."""
    return _LONG_WORD.sub("\\g<0>\u200b", _text(cut(line(text), _LONGEST_LABEL)))


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
