"""Writing the answer: sentences that cite, from the facts and from nothing else.

The value is decided already, by the plan and by code. The model words it; a grammar lets it cite
only numbers that exist, and what it writes is checked. Where it fails the check, or cannot be
asked, the facts are written out as they are: plain, and right. What is to be longer than a sentence
or two is written from notes (`planner/longer.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from inference import Model, ModelError, Request, Sample, fitted
from planner.draft_checks import fault_of
from planner.drafting import Select, selected
from planner.errors import BudgetExceeded
from planner.events import Decided, Trace
from planner.grounds import Ground, Grounds
from planner.judging import Judge
from planner.longer import LongWriter
from planner.marks import cited_sentences
from planner.notes import Note, names_all
from planner.outcomes import Answer, Sentence
from planner.plainly import abstention, bare, is_only_computed, plain, without_value
from planner.style import Style
from planner.telling import Telling
from planner.writing_prompt import answer_grammar, answer_prompt, merging_prompt
from reasoning import Samples, Task, sampled

_MAX_TOKENS = 160


@dataclass(frozen=True, slots=True)
class Drafting:
    """How many drafts there are, and what becomes of them."""

    count: int = 1
    select: Select = "best"
    spread: bool = False
    """Whether the drafter writes each from a part of the evidence, where it is long."""


class Writer:
    """Words an answer."""

    def __init__(
        self,
        model: Model,
        *,
        trace: Trace,
        style: Style | None = None,
        drafting: Drafting | None = None,
        seed: int = 0,
        worded: bool = True,
    ) -> None:
        """Not `worded`: the facts are written out as they are, and no model is asked."""
        self._style = style or Style()
        self._drafting = drafting or Drafting()
        self._worded = worded
        self._model = model
        self._trace = trace
        self._seed = seed
        self._judge = Judge(model, trace=trace)
        self._long = LongWriter(
            model,
            self._style,
            trace=trace,
            drafts=self._drafting.count,
            select=self._drafting.select,
            spread=self._drafting.spread,
            seed=seed,
        )

    async def write(
        self,
        question: str,
        grounds: Grounds,
        *,
        stopped: bool = False,
        late: Callable[[], Sequence[Ground]] = tuple,
    ) -> Answer:
        """The answer, cited; never raises for want of a model or of budget.

        `stopped`: the run was cut short, so what was found on the way is worth telling. `late`: the
        proven facts of the moment; what is new among them is told to the model while it writes. Of
        several drafts none is interrupted.
        """
        if self._style.bare and grounds.value is not None:
            return bare(grounds)
        notes = self._long.notes(question, grounds) if self._style.is_long else ()
        if notes and self._worded and await self._is_told(question, grounds, notes):
            value = grounds.value is not None
            lead = await self._worded_value(question, grounds, late) if value else None
            return await self._long.write(question, grounds, notes, lead)
        if grounds.value is None:
            return without_value(grounds, stopped=stopped)
        if not grounds.citations:
            computed = is_only_computed(question, grounds)
            return plain(grounds) if computed else abstention(grounds)
        if not self._worded:
            return plain(grounds)
        return await self._worded_value(question, grounds, late)

    def at_once(self, question: str, grounds: Grounds) -> Answer:
        """What can be had without another call of a model."""
        if self._style.is_long and (grounds.value is not None or self._style.open_ended):
            found = self._long.at_once(question, grounds)
            if found is not None:
                return found
        return plain(grounds) if grounds.value else without_value(grounds, stopped=True)

    async def _is_told(self, question: str, grounds: Grounds, notes: Sequence[Note]) -> bool:
        """Whether the notes answer the question: they have the value, or the judge says so."""
        if grounds.value is not None:
            return bool(grounds.citations)
        if not self._style.open_ended:
            return False
        if names_all(question, notes):
            return True
        return await self._judge.is_told(question, [note.line for note in notes])

    async def _worded_value(
        self, question: str, grounds: Grounds, late: Callable[[], Sequence[Ground]]
    ) -> Answer:
        """A value that passages prove, in a sentence or two."""
        if self._drafting.count == 1:
            telling = Telling(grounds, late, self._model, self._trace)
            draft = await self._draft(question, grounds, telling)
            grounds = telling.grounds
        else:
            draft = await self._draft(question, grounds, None)
        if draft is None:
            return plain(grounds)
        return Answer(grounds.value, draft, grounds.citations)

    async def _draft(
        self, question: str, grounds: Grounds, telling: Telling | None
    ) -> tuple[Sentence, ...] | None:
        """The model's sentences, if they pass."""

        def asking(kept: Sequence[Ground]) -> Request:
            return self._request(question, grounds, kept)

        try:
            fits = await fitted(self._model, grounds.proven[::-1], asking)
            if fits.left_out:
                why = f"{len(fits.left_out)} have no room in the model's window"
                await self._trace.record(Decided("facts left out", why))
            if telling is not None:
                best = await telling.written(fits.request, fits.kept)
            else:
                best = await self._best(fits.request, question, grounds, fits.kept)
        except (ModelError, BudgetExceeded) as error:
            await self._trace.record(Decided("facts written out", str(error)))
            return None
        reason = self._fault(best, question, telling.grounds if telling else grounds)
        if reason is not None and telling is not None and telling.before:
            earlier = Sample(telling.before)
            if self._fault(earlier, question, grounds) is None:
                await self._trace.record(Decided("late facts left out", f"the draft {reason}"))
                return cited_sentences(earlier.text)
        if reason is not None:
            await self._trace.record(Decided("facts written out", f"the draft {reason}"))
            return None
        return cited_sentences(best.text)

    async def _best(
        self, request: Request, question: str, grounds: Grounds, kept: Sequence[Ground]
    ) -> Sample:
        """Of several drafts."""
        select = self._drafting.select

        def passes(sample: Sample) -> float:
            return float(self._fault(sample, question, grounds) is None)

        def tells(sample: Sample) -> frozenset[int] | None:
            if not passes(sample):
                return None
            return frozenset(n for one in cited_sentences(sample.text) for n in one.cites)

        attempt = selected(
            sampled(self._model, self._drafting.count),
            select,
            score=passes,
            tells=tells,
            model=self._model,
            merge=partial(self._merging, question, grounds, kept),
        )
        made = await attempt(Task(request))
        faults = (self._fault(sample, question, grounds) for sample in made.samples)
        told = [f"number {n} {fault}" for n, fault in enumerate(faults, 1) if fault is not None]
        merged = "" if made.chosen < self._drafting.count else ", which merges the others"
        why = f"number {made.chosen + 1} of {len(made.samples)} by {select}{merged}"
        await self._trace.record(Decided("draft chosen", "; ".join([why, *told])))
        return made.best

    def _fault(self, sample: Sample, question: str, grounds: Grounds) -> str | None:
        """What is wrong with a draft."""
        in_english = self._style.language == "English"
        return fault_of(sample, question, grounds, names_too=in_english)

    def _request(self, question: str, grounds: Grounds, kept: Sequence[Ground]) -> Request:
        """What the model is asked, with some of the facts."""
        messages = answer_prompt(question, grounds, kept, self._style)
        return Request(
            messages=messages,
            head=len(messages) - 1,
            max_tokens=_MAX_TOKENS,
            temperature=0.0 if self._drafting.count == 1 else 0.7,
            grammar=answer_grammar(sorted({grounds.number(ground) or 0 for ground in kept})),
            seed=self._seed,
            purpose="write",
        )

    def _merging(
        self, question: str, grounds: Grounds, kept: Sequence[Ground], task: Task, made: Samples
    ) -> Request:
        """Drafts, to be made one."""
        texts = [" ".join(sample.text.split()) for sample in made.samples]
        messages = merging_prompt(question, grounds, kept, texts, self._style)
        return Request(
            messages=messages,
            max_tokens=_MAX_TOKENS,
            grammar=task.request.grammar,
            seed=self._seed,
            purpose="write",
        )
