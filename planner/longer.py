"""Answers of more than a sentence or two: a paragraph, or a report.

They are written from notes: the facts that steps found, and sentences of the passages that were
read. A report's sections are written in parallel, each from its own notes, and then made one: what
one says already, a later one does not say again; the summary is written from what they say.
"""

import asyncio
from collections.abc import Sequence

from inference import Model
from planner.drafting import Select
from planner.essay_checks import Job, Told
from planner.essays import Essayist, written_out
from planner.events import Trace
from planner.grounds import Grounds
from planner.notes import Note, notes_of, says_the_same
from planner.outcomes import Answer, Section, Sentence
from planner.outlining import Heading, Outline, outlined
from planner.phrases import phrases
from planner.plainly import plain
from planner.style import Style
from planner.tabulating import table_of
from search import Passage

_NOTES = {"answer": 14, "report": 36}
_SENTENCES, _IN_SECTION, _IN_SUMMARY, _BEHIND = 6, 5, 3, 4
"""At most; `_BEHIND`: in a paragraph whose first sentence says the value."""
_SUBJECTS = 3
_LED = 2
"""Sentences of each section that the summary is written from."""


class LongWriter:
    """Writes what is longer than a value and a sentence."""

    def __init__(
        self,
        model: Model,
        style: Style,
        *,
        trace: Trace,
        drafts: int = 1,
        select: Select = "best",
        spread: bool = False,
        seed: int = 0,
    ) -> None:
        """`spread`: the drafter writes each draft of a paragraph from a part of the notes."""
        self._model = model
        self._essayist = Essayist(
            model, style, trace=trace, drafts=drafts, select=select, spread=spread, seed=seed
        )
        self._style = style
        self._trace = trace
        self._seed = seed
        self._written: dict[str, tuple[Told, ...]] = {}
        """Sections that have come to their end, by their headings."""
        self._outline: Outline | None = None

    def notes(self, question: str, grounds: Grounds) -> tuple[Note, ...]:
        """What can be written from; none where nothing that was read speaks of the question."""
        return notes_of(question, grounds, _NOTES[self._style.size])

    async def write(
        self,
        question: str,
        grounds: Grounds,
        notes: Sequence[Note],
        lead: Answer | None = None,
    ) -> Answer:
        """The paragraph or the report; never raises for want of a model or of budget.

        `lead`: what is said of the value; it stands first.
        """
        if self._style.size == "answer":
            told = await self._essayist.written(self._whole(question, notes, grounds))
            return self._paragraph(lead, told, grounds)
        self._outline = await outlined(
            question, notes, self._model, self._style, self._trace, self._seed
        )
        await asyncio.gather(*(self._section(question, one) for one in self._outline.headings))
        sections = self._made_one(self._outline)
        said = [Note(told.text, told.passages[0]) for _, told_ in sections for told in told_[:_LED]]
        job = self._job(question, said, _IN_SUMMARY)
        summary = () if lead else await self._essayist.written(job)
        return self._report(self._outline, sections, lead, summary, grounds)

    def at_once(self, question: str, grounds: Grounds) -> Answer | None:
        """What can be had without another call of a model: of a report, the sections so far."""
        notes = self.notes(question, grounds)
        if not notes:
            return None
        lead = None if grounds.value is None else plain(grounds)
        said = () if lead else written_out(self._whole(question, notes, grounds))
        if self._outline is None:
            return self._paragraph(lead, said, grounds)
        return self._report(self._outline, self._made_one(self._outline), lead, said, grounds)

    def _whole(self, question: str, notes: Sequence[Note], grounds: Grounds) -> Job:
        """The whole question as one paragraph; where there is a value, what stands behind it."""
        if grounds.value is None:
            return self._job(question, notes, _SENTENCES)
        titles = dict.fromkeys(passage.source.title for passage in grounds.citations)
        return self._job(question, notes, _BEHIND, part=", ".join([*titles][-_SUBJECTS:]))

    def _job(self, question: str, notes: Sequence[Note], most: int, *, part: str = "") -> Job:
        english = self._style.language == "English"
        return Job(question, notes, most, part=part, in_english=english)

    async def _section(self, question: str, heading: Heading) -> None:
        """Write one, from its own notes."""
        job = self._job(question, heading.notes, _IN_SECTION, part=heading.text)
        self._written[heading.text] = await self._essayist.written(job)

    def _made_one(self, outline: Outline) -> list[tuple[str, list[Told]]]:
        """The sections in order; each says what none before it has said."""
        said: list[str] = []
        found = []
        for heading in outline.headings:
            new = []
            for told in self._written.get(heading.text, ()):
                if not any(says_the_same(told.text, other) for other in said):
                    said.append(told.text)
                    new.append(told)
            if new:
                found.append((heading.text, new))
        return found

    def _paragraph(self, lead: Answer | None, told: Sequence[Told], grounds: Grounds) -> Answer:
        """An answer of sentences alone; none says what one before it has said."""
        first, cited = _begun(lead, grounds)
        new = [one for one in told if not any(says_the_same(one.text, s.text) for s in first)]
        sentences = (*first, *(cited.sentence(one) for one in new))
        return Answer(grounds.value, sentences, cited.passages)

    def _report(
        self,
        outline: Outline,
        sections: Sequence[tuple[str, Sequence[Told]]],
        lead: Answer | None,
        summary: Sequence[Told],
        grounds: Grounds,
    ) -> Answer:
        """Title, summary, table, sections, limits."""
        said, cited = _begun(lead, grounds)
        say = phrases(self._style.language)
        first = (*said, *(cited.sentence(one) for one in summary))
        table = table_of(grounds)
        parts = [Section(say.overview, table=table)] if table else []
        parts += [
            Section(heading, tuple(cited.sentence(one) for one in told))
            for heading, told in sections
        ]
        missing = [Sentence(f"{say.not_found}: {'; '.join(grounds.not_found)}")]
        limits = missing if grounds.not_found else []
        limits += [Sentence(f"{error}.") for error in grounds.errors]
        parts += [Section(say.limits, tuple(limits))] if limits else []
        return Answer(grounds.value, first, cited.passages, outline.title, tuple(parts))


def _begun(lead: Answer | None, grounds: Grounds) -> tuple[tuple[Sentence, ...], "_Cited"]:
    """What is said first, and the numbers that it uses."""
    if lead is None:
        return (), _Cited(grounds.citations)
    return lead.sentences, _Cited(lead.citations)


class _Cited:
    """Passages under their numbers, those of the facts first."""

    def __init__(self, first: Sequence[Passage]) -> None:
        self._numbers = {passage.id: number for number, passage in enumerate(first, 1)}
        self._passages = list(first)

    def sentence(self, told: Told) -> Sentence:
        """With the numbers of its passages."""
        return Sentence(told.text, tuple(dict.fromkeys(map(self._number, told.passages))))

    def _number(self, passage: Passage) -> int:
        if passage.id not in self._numbers:
            self._passages.append(passage)
            self._numbers[passage.id] = len(self._passages)
        return self._numbers[passage.id]

    @property
    def passages(self) -> tuple[Passage, ...]:
        """All of them, the first has number 1."""
        return tuple(self._passages)
