"""Whether a passage says the claim whose words it has: whose child, not whose servant.

Rules see names and numbers and miss what is between them. So what they let pass is put to the
judge, behind worked examples of right and wrong relations.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from inference import Model, ModelError, estimated_tokens, p_yes
from planner.errors import BudgetExceeded
from planner.events import Decided, Trace
from planner.grounds import OPENED, Ground
from planner.verification.evidence import is_english
from planner.verification.findings import Finding
from planner.verification.weighing import Scales, Weighed, Weighing
from search import Passage
from tools import claim_prompt

_ROME = "Rome: Ann Lee, the servant of King Ott, was born in Rome in 1931."
_OSLO = "Oslo Days: Oslo Days is a film that opened in Oslo on 4 May 1980."
_BERG = (
    "Ola Berg: Ola Berg (3 May 1871 - 12 December 1944) was a Norwegian painter. He taught Ida"
    " Dahl, who married Per Lund."
)
_HALL = (
    "Tarn Hall: Tarn Hall is a house in Wick. It was drawn by Eva Moss, whose brother Paul Moss"
    " paid for it. It was finished in 1911 and sold to Hugo Reed in 1950."
)
_EXAMPLES = (
    (_ROME, "Ann Lee is the child of King Ott.", "no"),
    (_ROME, "Ann Lee was born in 1931 in Rome.", "yes"),
    (_OSLO, "Oslo Days was shot in Oslo.", "no"),
    (_BERG, "When did Ola Berg die? 12 December 1944.", "yes"),
    (_BERG, "Who is the wife of Ola Berg? Ida Dahl.", "no"),
)
_RIGHT, _WRONG = "Eva Moss drew Tarn Hall.", "Tarn Hall was drawn by Paul Moss."
"""Claims whose answers are known: who says the same to both is no judge of relations."""
_SURE = 0.5
_APART = 0.25
"""So much surer a judge has to be of the right one."""
_SENTENCES = 5
_AT_ONCE, _TRIED, _FACTS = 4, 2, 6


@dataclass(frozen=True, slots=True)
class _Place:
    """A part of a sentence that passed."""

    weighing: Weighing
    number: int

    @property
    def part(self) -> Weighed:
        """What was found of it."""
        return self.weighing.parts[self.number]

    def doubt(self, why: str) -> None:
        """Take it for unsupported."""
        finding = Finding("unsupported", True, why, doubted=True)
        self.weighing.parts[self.number] = replace(self.part, finding=finding)


class Relations:
    """Doubts what the rules let pass, where the judge does."""

    def __init__(self, model: Model, *, trace: Trace, most: int = 16) -> None:
        """`most`: claims of one answer."""
        self._model = model
        self._trace = trace
        self._most = most

    async def doubt(
        self,
        weighings: Sequence[Weighing],
        proven: Sequence[Ground],
        scales: Scales,
        room: Callable[[int], bool],
    ) -> None:
        """Find what is not said. `room`: whether so many tokens may still be spent.

        Where a sentence did not pass, a proven fact may have to stand in for it, and what code has
        computed rests on such facts: they are asked about, too. What is found stays so when this
        is cut off.
        """
        passed = list(_passed(weighings))
        places = [one for one in passed if _is_open(one.part, scales)]
        computed = [one for one in passed if scales.is_made(one.part.claim.text)]
        failed = any(one.parts and one.verdict != "supported" for one in weighings)
        facts = [one for one in proven if _is_relation(one)] if failed or computed else []
        if not (places or facts) or not await self._is_judge(room):
            return
        if len(places) > self._most:
            why = f"{len(places) - self._most} more than {self._most}"
            await self._trace.record(Decided("relations not judged", why))
        turns = asyncio.Semaphore(_AT_ONCE)

        async def one(place: _Place) -> None:
            async with turns:
                await self._weigh(place, scales, room)

        async def fact(ground: Ground) -> None:
            async with turns:
                await self._weigh_fact(ground, scales, room)

        async with asyncio.TaskGroup() as group:
            for place in places[: self._most]:
                group.create_task(one(place))
            for ground in facts[-_FACTS:]:
                group.create_task(fact(ground))
        if scales.rejected:
            why = f"it rests on what the judge doubts: {'; '.join(sorted(scales.rejected))}"
            for place in computed:
                place.doubt(why)

    async def _is_judge(self, room: Callable[[int], bool]) -> bool:
        """Whether the model tells a right relation from a wrong one."""
        right = await self._sure(_HALL, _RIGHT, room)
        wrong = None if right is None else await self._sure(_HALL, _WRONG, room)
        if right is None or wrong is None:
            return False
        if right - wrong >= _APART:
            return True
        told = f"p(yes) = {right:.2f} of what is so, {wrong:.2f} of what is not"
        why = f"it cannot tell them apart ({told}), so names and numbers alone were checked"
        await self._trace.record(Decided("judge not heard on relations", why))
        return False

    async def _weigh(self, place: _Place, scales: Scales, room: Callable[[int], bool]) -> None:
        """One claim: as it is cited, then with passages that say more of it."""
        part, best = place.part, 0.0
        for cites in _citing(part, scales):
            excerpt = scales.evidence(cites).excerpt(part.claim.text, _SENTENCES)
            sure = await self._sure(excerpt, _asked(part, scales), room)
            if sure is None:
                return
            if sure >= _SURE:
                if cites != part.cites:
                    place.weighing.parts[place.number] = replace(part, cites=cites)
                return
            best = max(best, sure)
        why = f"the judge doubts that it is said: p(yes) = {best:.2f}"
        await self._trace.record(Decided("doubted", f"{part.claim.text!r}: {why}"))
        place.doubt(why)

    async def _weigh_fact(
        self, ground: Ground, scales: Scales, room: Callable[[int], bool]
    ) -> None:
        """A fact as it would be written out, by its own passage."""
        assert ground.proof is not None
        text = ground.written_out
        excerpt = scales.evidence([scales.number(ground.proof)]).excerpt(text, _SENTENCES)
        sure = await self._sure(excerpt, text, room) if is_english(text) else None
        if sure is not None and sure < _SURE:
            await self._trace.record(Decided("doubted", f"{text!r}: p(yes) = {sure:.2f}"))
            scales.rejected.add(text)

    async def _sure(self, data: str, claim: str, room: Callable[[int], bool]) -> float | None:
        """p(yes); None where the judge is not heard, so that the rules stand."""
        messages = claim_prompt(claim, data, _EXAMPLES)
        if not room(estimated_tokens(*(one.content for one in messages))):
            await self._trace.record(Decided("claim not judged", "there is no budget for it"))
            return None
        try:
            return (await p_yes(self._model, messages, at=_SURE, head=len(messages) - 1)).value
        except (ModelError, BudgetExceeded) as error:
            await self._trace.record(Decided("judge not heard", str(error)))
            return None


def _asked(part: Weighed, scales: Scales) -> str:
    """The claim; a bare value as its fact, and a table's cell with what its row is about."""
    text, subject = scales.spelled_out(part.claim.text), part.claim.subject
    return text if not subject or subject.lower() in text.lower() else f"{subject}: {text}"


def _passed(weighings: Sequence[Weighing]) -> Iterator[_Place]:
    """What nobody has spoken against."""
    for weighing in weighings:
        for number, part in enumerate(weighing.parts):
            if part.finding.verdict == "supported":
                yield _Place(weighing, number)


def _is_relation(ground: Ground) -> bool:
    """Whether a fact is read from a passage; a yes or no was judged when it was found."""
    read = ground.proof is not None and ground.question != OPENED
    return read and ground.value.casefold() not in ("yes", "no")


def _is_open(part: Weighed, scales: Scales) -> bool:
    """Whether it is neither computed nor copied. The examples are in English."""
    text, evidence = _asked(part, scales), scales.evidence(part.cites)
    if not (evidence.is_english and is_english(text)):
        return False
    return not (scales.is_made(text) or evidence.has_copy(text))


def _citing(part: Weighed, scales: Scales) -> Iterator[tuple[int, ...]]:
    """As it is cited, and with one more of the passages that were read."""
    yield part.cites
    further: list[Passage] = scales.others(part.claim, part.cites)
    for passage in further[:_TRIED]:
        yield (*part.cites, scales.number(passage))
