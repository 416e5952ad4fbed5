"""Verifying an answer before it is delivered: each cited sentence against its passages.

A sentence is taken apart into claims. Rules in code come first: numbers, dates, names, what is
denied, and of what it is said have to be as in a passage (`planner/verification/`). The judge is
asked what they cannot decide, and whether what they let pass is really said. Small models do two
things wrong most: a fact from memory, and the right fact of something else.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

from inference import Model
from planner.events import Decided, Trace
from planner.grounds import Grounds
from planner.outcomes import Answer, Section, Sentence
from planner.plainly import plain
from planner.verification import Asker, Relations, Scales, content_stems, repaired
from tools import holds

NONE_SUPPORTED = (
    "No sentence of the answer is supported by the passages that were read, so none is given."
)


class Verifier:
    """Delivers what is supported."""

    def __init__(self, model: Model, *, trace: Trace, strict: bool = False) -> None:
        """`strict`: nothing but supported sentences is delivered."""
        self._asker = Asker(model, trace=trace)
        self._relations = Relations(model, trace=trace)
        self._trace = trace
        self._strict = strict

    async def verify(
        self,
        answer: Answer,
        question: str,
        grounds: Grounds,
        *,
        room: Callable[[int], bool] = lambda tokens: True,
        seconds: float | None = None,
    ) -> Answer:
        """The answer with a verdict on every cited sentence; each decision goes to the trace.

        `room`: whether so many tokens may be spent; `seconds`: for the judge, then the rules stand.
        Never raises for want of a model or of budget.
        """
        check = _Check(answer, question, grounds, strict=self._strict)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await check.ask(self._asker, room)
                await check.doubt(self._relations, room)
        delivered = check.delivered()
        for decided in check.decided:
            await self._trace.record(decided)
        return delivered


def verified(answer: Answer, question: str, grounds: Grounds, *, strict: bool = False) -> Answer:
    """As a Verifier delivers it, by the rules alone."""
    return _Check(answer, question, grounds, strict=strict).delivered()


class _Check:
    """One answer on the scales."""

    def __init__(self, answer: Answer, question: str, grounds: Grounds, *, strict: bool) -> None:
        self.decided: list[Decided] = []
        self._answer = answer
        self._question = question
        self._grounds = grounds
        self._strict = strict
        self._scales = Scales(answer, question, grounds)
        # Equal cells of different rows are different things: a sentence is known by itself.
        self._weighed = {
            id(sentence): self._scales.weighed(sentence, subject)
            for sentence, subject in _places(answer)
        }

    async def ask(self, asker: Asker, room: Callable[[int], bool]) -> None:
        """The judge about what the rules cannot decide."""
        open_ = [
            (weighing, place)
            for weighing in self._weighed.values()
            for place, part in enumerate(weighing.parts)
            if not part.finding.sure
        ]
        await asker.ask(open_, self._scales, room)

    async def doubt(self, relations: Relations, room: Callable[[int], bool]) -> None:
        """The judge about what the rules let pass."""
        weighed = list(self._weighed.values())
        await relations.doubt(weighed, self._grounds.proven, self._scales, room)

    def delivered(self) -> Answer:
        """What is left; with the facts written out where the value is no more in it."""
        kept = self._answer.each(self._changed)
        if self._has_lost_value(kept):
            facts = self._facts()
            told = (*facts[:1], *kept.sentences) if kept.sentences else facts
            kept = replace(kept, sentences=told)
        if self._strict and not kept.every_sentence and self._answer.value is not None:
            return self._abstention()
        sections = tuple(filter(_says_something, kept.sections))
        return _renumbered(
            replace(kept, sections=sections, citations=tuple(self._scales.citations))
        )

    def _changed(self, sentence: Sentence) -> Sentence | None:
        """One sentence, repaired."""
        weighing = self._weighed[id(sentence)]
        if self._strict and not weighing.parts and not self._may_stand_alone(sentence):
            self.decided.append(
                Decided("sentence left out", f"it cites nothing: {sentence.text!r}")
            )
            return None
        made = repaired(weighing, self._scales, self._grounds, strict=self._strict)
        if made.what:
            self.decided.append(Decided(made.what, made.why))
        return made.sentence

    def _may_stand_alone(self, sentence: Sentence) -> bool:
        """Whether a sentence without a citation says nothing that would need one."""
        if not self._answer.citations or not sentence.text:
            return True
        return content_stems(sentence.text) <= self._scales.given.stems

    def _has_lost_value(self, kept: Answer) -> bool:
        """Whether the value was told, and is not any more."""
        value = self._answer.value
        if value is None:
            return False
        before, now = (
            any(holds(sentence.text, value) for sentence in one.sentences)
            for one in (self._answer, kept)
        )
        return not kept.every_sentence or (before and not now)

    def _facts(self) -> tuple[Sentence, ...]:
        """The value and the facts, written out: each stands with the passage it was copied from."""
        written = plain(self._grounds)
        found = []
        for sentence in written.sentences:
            passages = [written.citations[number - 1] for number in sentence.cites]
            cites = tuple(self._scales.number(passage) for passage in passages)
            weighing = self._scales.weighed(replace(sentence, cites=cites))
            verdict = "unsupported" if self._is_doubted(sentence) else weighing.verdict
            stands = verdict == "supported" or (not cites and self._may_stand_alone(sentence))
            if verdict == "contradicted" or (self._strict and not stands):
                self.decided.append(Decided("fact left out", f"{verdict}: {sentence.text!r}"))
                continue
            found.append(replace(sentence, cites=cites, verdict=verdict))
        return tuple(found)

    def _is_doubted(self, fact: Sentence) -> bool:
        """Whether the judge has doubted it, or a sentence that tells its value."""
        doubted = [one.sentence.text for one in self._weighed.values() if one.is_rejected]
        alike = [one for one in self._grounds.proven if holds(fact.text, one.value)]
        if alike and all(one.written_out in self._scales.rejected for one in alike):
            return True
        return any(holds(text, one.value) for text in doubted for one in alike)

    def _abstention(self) -> Answer:
        """Nothing can be told for certain."""
        self.decided.append(Decided("answer withheld", "no sentence of it is supported"))
        looked = "; ".join(self._grounds.not_found)
        told = [NONE_SUPPORTED, *([f"Looked for, and not found: {looked}"] if looked else [])]
        return Answer(None, tuple(map(Sentence, told)))


def _places(answer: Answer) -> Iterator[tuple[Sentence, str]]:
    """Every sentence with what stands outside of it: of a cell, the head of its row."""
    tables = [section.table for section in answer.sections if section.table is not None]
    rows = [row for table in tables for row in table.rows]
    heads = {id(cell): row[0].text for row in rows for cell in row[1:]}
    for sentence in answer.every_sentence:
        yield sentence, heads.get(id(sentence), "")


def _says_something(section: Section) -> bool:
    """Whether anything is left of a section."""
    rows = section.table.rows if section.table is not None else ()
    return bool(section.sentences) or any(cell.text for row in rows for cell in row)


def _renumbered(answer: Answer) -> Answer:
    """Citations that are used, numbered from 1 in the order of first use."""
    order = dict.fromkeys(n for sentence in answer.every_sentence for n in sentence.cites)
    new = {old: position for position, old in enumerate(order, 1)}

    def with_new_numbers(sentence: Sentence) -> Sentence:
        return replace(sentence, cites=tuple(new[number] for number in sentence.cites))

    citations = tuple(answer.citations[old - 1] for old in order)
    return replace(answer.each(with_new_numbers), citations=citations)
