"""How runs look in Slack: blocks, and the text that notifications show. Every message keeps to what
Slack takes: 50 blocks, 3,000 characters of a section, 4,000 of the text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from planner import Answer, Section, Sentence
from service.chats import Ending
from service.chats.texts import length, plain
from service.formats import Publication
from service.formats.citing import Citing, Entry
from service.formats.plain import place_of, web_address
from service.slack.mrkdwn import (
    HEADER,
    bold,
    escaped,
    filled,
    italic,
    link,
    shortened,
    words,
)

BLOCKS, TEXT = 50, 4000
STOP = "breadth_stop"
"""The name of the button."""
_LONGEST = 9000
"""Characters of all blocks together, from which on the answer is a file."""
_SUMMARY = 1500
_QUESTION = 300
_NOTICE = 3900
_REMARK = 1500
_BUTTON: Any = {"type": "plain_text", "text": "Stop"}

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted."""

    text: str
    """For notifications, and for whoever sees no blocks."""
    blocks: tuple[Block, ...]

    @property
    def is_small(self) -> bool:
        """Whether it fits into a message that can be read."""
        texts = [_text_of(block) for block in self.blocks]
        return len(self.blocks) <= BLOCKS and sum(map(length, texts)) <= _LONGEST


def working(run: str, line: str, asked: str | None) -> Message:
    """How far a run has come, with a button that stops it. `asked`: see `answered`."""
    button = {"type": "button", "action_id": STOP, "value": run, "text": _BUTTON, "style": "danger"}
    blocks = (*_asked(asked), _section(escaped(line)), {"type": "actions", "elements": [button]})
    return Message(escaped(line), blocks)


def answered(ending: Ending, asked: str | None) -> Message:
    """The whole answer, however long it is; see `Message.is_small`. `asked`: who asked what, where
    no message above says so."""
    publication = ending.publication
    answer, said = publication.answer, _Said(publication)
    blocks = [*_asked(asked), *_title(answer)]
    blocks += [_section(text) for text in said.sentences(answer.sentences)]
    for section in answer.sections:
        blocks += [_section(text) for text in said.section(section)]
    blocks += [_context(italic(each)) for each in publication.words.legend(answer)]
    blocks += _remark(ending)
    blocks += [_section(text) for text in said.sources()]
    return Message(_notice(ending), tuple(blocks))


def abridged(ending: Ending, asked: str | None, told: str) -> Message:
    """The beginning of an answer that is too long. `told`: where the rest of it is."""
    answer = ending.publication.answer
    beginning = " ".join(sentence.text for sentence in answer.every_sentence)
    blocks = [*_asked(asked), *_title(answer)]
    if text := shortened(beginning, _SUMMARY):
        blocks.append(_section(text))
    blocks += [*_remark(ending), _context(italic(told))]
    return Message(_notice(ending), tuple(blocks))


def bare(message: Message) -> Message:
    """Without blocks: for a place that does not take them."""
    return Message(message.text, ())


def remark(ending: Ending) -> str:
    """How it ended, where that is not well; mrkdwn."""
    publication = ending.publication
    why = shortened(publication.reason or "", _REMARK)
    match publication.status:
        case "cancelled" if ending.stopped_by:
            return f":octagonal_sign: Stopped by <@{escaped(ending.stopped_by)}>."
        case "cancelled":
            return f":octagonal_sign: Stopped: {why}" if why else ":octagonal_sign: Stopped."
        case "completed":
            return "" if ending.has_answer else ":warning: There is no answer."
        case "incomplete":
            return f":warning: Incomplete: {why}" if why else ":warning: Incomplete."
        case _:
            return f":x: Failed: {why}" if why else ":x: Failed."


class _Said:
    """An answer in mrkdwn."""

    def __init__(self, publication: Publication) -> None:
        self._answer, self._words = publication.answer, publication.words
        self._citing = Citing(publication.answer, "numbers", publication.day, publication.words)

    def sentences(self, sentences: Sequence[Sentence]) -> list[str]:
        """With their marks, each of which leads to its page, and what the check said."""
        return filled(piece for sentence in sentences for piece in self._sentence(sentence))

    def section(self, section: Section) -> Iterator[str]:
        """Its heading, its text, and the rows of its table."""
        heading = bold(plain(section.heading, HEADER))
        yield from filled([heading, *self.sentences(section.sentences)], between="\n")
        if section.table is not None:
            yield from filled(self._rows(section), between="\n")

    def sources(self) -> list[str]:
        """A line for each citation."""
        entries = self._citing.entries() if self._answer.citations else ()
        if not entries:
            return []
        return filled([bold(self._citing.heading), *map(self._entry, entries)], between="\n")

    def _sentence(self, sentence: Sentence) -> Iterator[str]:
        yield from words(sentence.text)
        marks = self._citing.marks(sentence)
        for mark in marks.marks if marks else ():
            yield link(self._answer.citations[mark.number - 1].source.location, mark.text)
        yield italic(self._words.verdict(sentence.verdict))

    def _rows(self, section: Section) -> Iterator[str]:
        """Cells apart by lines; a row that is longer than a section is parted."""
        assert section.table is not None
        yield from filled(words(" | ".join(section.table.columns)))
        for row in section.table.rows:
            cells = (self._sentence(cell) for cell in row)
            pieces = [piece for cell in cells for piece in ("|", *cell)]
            yield from filled(pieces[1:])

    def _entry(self, entry: Entry) -> str:
        source, ((_, passage),) = entry.source, entry.passages
        title = link(source.location, plain(source.title or source.location, _QUESTION))
        where = "" if web_address(source.location) else place_of(source.location, source.title)
        details = [*self._citing.details(source), self._words.place(passage), where]
        told = escaped(plain(", ".join(filter(None, details)), _QUESTION))
        return f"[{entry.label}] {title}" + (f" ({told})" if told else "")


def _notice(ending: Ending) -> str:
    """The answer in one text."""
    said = " ".join(sentence.text for sentence in ending.publication.answer.every_sentence)
    why = remark(ending)
    text = shortened(said, _NOTICE - length(why) - 1)
    return " ".join(filter(None, (text, why)))


def _asked(asked: str | None) -> list[Block]:
    return [_context(asked)] if asked else []


def _title(answer: Answer) -> list[Block]:
    title = plain(answer.title, HEADER)
    return [{"type": "header", "text": {"type": "plain_text", "text": title}}] if title else []


def _remark(ending: Ending) -> list[Block]:
    why = remark(ending)
    return [_section(why)] if why else []


def _section(text: str) -> Block:
    """`verbatim`: what looks like an address or a channel is not made one."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}


def _text_of(block: Block) -> str:
    """All that a block says."""
    texts = [block.get("text", {}).get("text", "")]
    texts += [str(each.get("text", "")) for each in block.get("elements", ())]
    return "".join(texts)
