"""An answer in one text, for chat systems that take a text with bold words and links."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from planner import Section, Sentence
from service.chats.ending import Ending
from service.chats.texts import Escape, length, plain, shortened
from service.formats.citing import Citing, Entry
from service.formats.plain import line, place_of, web_address
from service.formats.publication import Publication

_QUESTION, _TITLE, _REMARK = 300, 150, 500


@dataclass(frozen=True, slots=True)
class Style:
    """How a system writes."""

    character: Escape
    """Taken literally."""
    bold: Callable[[str], str]
    """Of what is escaped, and not nothing."""
    italic: Callable[[str], str]
    link: Callable[[str, str], str]
    """Of an address and an escaped label."""
    person: Callable[[str], str]
    """Of who a chat system's people are to it."""
    paragraph: str = "\n\n"
    """Between two of them."""
    row: str = "\n"
    """Between two lines."""

    def escaped(self, text: str) -> str:
        """On one line, and nothing in it means anything."""
        return "".join(map(self.character, line(text)))


def written(ending: Ending, style: Style, asked: str = "") -> str:
    """All of it. `asked`: an escaped line above it."""
    return style.paragraph.join(filter(None, (asked, *_Writer(ending, style).paragraphs())))


def abridged(ending: Ending, style: Style, most: int, *, told: str, asked: str = "") -> str:
    """The beginning of one that is too long. `told`: where the rest is."""
    answer = ending.publication.answer
    title = style.escaped(plain(answer.title, _TITLE))
    around = [style.bold(title) if title else "", remark(ending, style), style.escaped(told)]
    used = sum(length(each) + length(style.paragraph) for each in (asked, *around))
    beginning = shortened(
        " ".join(each.text for each in answer.every_sentence), most - used, style.character
    )
    parts = [asked, around[0], beginning, around[1], style.italic(around[2])]
    return style.paragraph.join(filter(None, parts))


def remark(ending: Ending, style: Style) -> str:
    """How it ended, where that is not well."""
    publication = ending.publication
    why = shortened(publication.reason or "", _REMARK, style.character)
    match publication.status:
        case "cancelled" if ending.stopped_by:
            return f"🛑 Stopped by {style.person(ending.stopped_by)}."
        case "cancelled":
            return f"🛑 Stopped: {why}" if why else "🛑 Stopped."
        case "completed":
            return "" if ending.has_answer else "⚠️ There is no answer."
        case "incomplete":
            return f"⚠️ Incomplete: {why}" if why else "⚠️ Incomplete."
        case _:
            return f"❌ Failed: {why}" if why else "❌ Failed."


class _Writer:
    """Writes one answer."""

    def __init__(self, ending: Ending, style: Style) -> None:
        self._ending, self._style = ending, style
        self._publication: Publication = ending.publication
        self._words = self._publication.words
        answer = self._publication.answer
        self._citing = Citing(answer, "numbers", self._publication.day, self._words)

    def paragraphs(self) -> Iterator[str]:
        """From the title to the sources."""
        answer, style = self._publication.answer, self._style
        title = style.escaped(plain(answer.title, _TITLE))
        yield style.bold(title) if title else ""
        yield self._sentences(answer.sentences)
        for section in answer.sections:
            yield from self._section(section)
        legend = self._words.legend(answer)
        yield style.row.join(style.italic(style.escaped(each)) for each in legend)
        yield remark(self._ending, style)
        if answer.citations:
            heading = style.bold(style.escaped(self._citing.heading))
            yield style.row.join((heading, *map(self._entry, self._citing.entries())))

    def _section(self, section: Section) -> Iterator[str]:
        heading = self._style.escaped(section.heading)
        yield self._style.bold(heading) if heading else ""
        yield self._sentences(section.sentences)
        if section.table is not None:
            rows = [" | ".join(map(self._style.escaped, section.table.columns))]
            rows += [" | ".join(map(self._sentence, row)) for row in section.table.rows]
            yield self._style.row.join(rows)

    def _sentences(self, sentences: Sequence[Sentence]) -> str:
        return " ".join(map(self._sentence, sentences))

    def _sentence(self, sentence: Sentence) -> str:
        """With its marks, each of which leads to its page, and what the check said."""
        style, citations = self._style, self._publication.answer.citations
        parts = [style.escaped(sentence.text)]
        marks = self._citing.marks(sentence)
        parts += [
            self._linked(citations[mark.number - 1].source.location, mark.text)
            for mark in (marks.marks if marks else ())
        ]
        verdict = style.escaped(self._words.verdict(sentence.verdict))
        parts.append(style.italic(verdict) if verdict else "")
        return " ".join(filter(None, parts))

    def _entry(self, entry: Entry) -> str:
        source = entry.source
        title = self._linked(source.location, plain(source.title or source.location, _QUESTION))
        (_, passage), *_ = entry.passages
        where = "" if web_address(source.location) else place_of(source.location, source.title)
        details = [*self._citing.details(source), self._words.place(passage), where]
        told = self._style.escaped(plain(", ".join(filter(None, details)), _QUESTION))
        return f"{self._style.escaped(f'[{entry.label}]')} {title}" + (f" ({told})" if told else "")

    def _linked(self, location: str, label: str) -> str:
        """Only addresses of the web are links."""
        shown, address = self._style.escaped(label), web_address(location)
        return self._style.link(address, shown) if address and shown else shown
