"""A paragraph out of notes: drafts, the choice among them, and what stands where none is good.

The drafts are samples of one prompt, or are written by a small drafter from different parts of the
notes. Each sentence is held against the notes that it cites, in code, before anything is chosen:
a sentence with a name or a number from elsewhere is left out. Where nothing is left, or no model
can be asked, the notes themselves are the paragraph.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from inference import Model, ModelError, Request, Sample, fitted
from planner.drafting import Select, selected
from planner.errors import BudgetExceeded
from planner.essay_checks import Job, Told, kept_of, origins, score_of, told_of
from planner.essay_prompt import essay_grammar, essay_prompt, merging_prompt
from planner.events import Decided, Trace
from planner.notes import Note, in_reading_order
from planner.style import Style
from reasoning import Attempt, Samples, Task, drafted, sampled

_TOKENS = 55
"""For a sentence, its marks included."""
_WRITTEN_OUT = 4
"""Notes that stand for a paragraph that could not be written."""
_WARM = 0.7


class Essayist:
    """Writes paragraphs."""

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
        """`spread`: the drafter writes each draft from a part of the notes."""
        self._model = model
        self._style = style
        self._trace = trace
        self._drafts = drafts
        self._select = select
        self._spread = spread
        self._seed = seed

    async def written(self, job: Job) -> tuple[Told, ...]:
        """The paragraph; never raises for want of a model or of budget. Of no notes, nothing."""
        if not job.notes:
            return ()
        try:
            fits = await fitted(self._model, job.notes, partial(self._asked, job))
            notes = _numbered(fits.kept)
            made = await self._attempt(job, notes)(Task(fits.request))
        except (ModelError, BudgetExceeded) as error:
            await self._trace.record(Decided("notes written out", str(error)))
            return written_out(job)
        if len(made.samples) > 1:
            await self._tell(made, job, notes)
        kept = tuple(kept_of(made.best, job, notes))
        if score_of(made.best, job, notes) > 0:
            return kept
        await self._trace.record(Decided("notes written out", "no draft holds to its notes"))
        return written_out(job)

    def _attempt(self, job: Job, notes: Mapping[int, Note]) -> Attempt:
        """How the drafts are made, and one of them comes about."""

        def score(sample: Sample) -> float:
            return score_of(sample, job, notes)

        if self._spread and self._drafts > 1:
            drafts = drafted(
                self._model,
                self._drafts,
                share=partial(self._shared, job, notes),
                tolerated=(ModelError, BudgetExceeded),
            )
        else:
            drafts = sampled(self._model, self._drafts)
        if self._drafts == 1:
            return drafts
        return selected(
            drafts,
            self._select,
            score=score,
            tells=partial(told_of, job=job, notes=notes),
            model=self._model,
            merge=partial(self._merging, job, notes),
        )

    def _asked(self, job: Job, kept: Sequence[Note]) -> Request:
        """With some of the notes."""
        return self._request(job, _numbered(kept), "write")

    def _shared(self, job: Job, notes: Mapping[int, Note], _: Task, draft: int) -> Request:
        """With the notes that fall to this draft: each note falls to two of them."""
        shown = {
            number: note
            for number, note in notes.items()
            if number % self._drafts in {draft, (draft + 1) % self._drafts}
        }
        return self._request(job, shown or dict(notes), "draft")

    def _request(self, job: Job, notes: Mapping[int, Note], purpose: str) -> Request:
        messages = essay_prompt(job, notes, self._style, sentences=_up_to(job.sentences))
        return Request(
            messages=messages,
            head=len(messages) - 1,
            max_tokens=_TOKENS * job.sentences,
            temperature=0.0 if self._drafts == 1 else _WARM,
            grammar=essay_grammar(list(notes), job.sentences),
            seed=self._seed,
            purpose=purpose,
        )

    def _merging(self, job: Job, notes: Mapping[int, Note], _: Task, made: Samples) -> Request:
        """The drafts that have something to say, to be made one."""
        texts = [" ".join(sample.text.split()) for sample in made.samples]
        messages = merging_prompt(job, notes, self._style, texts, sentences=_up_to(job.sentences))
        return Request(
            messages=messages,
            max_tokens=_TOKENS * job.sentences,
            grammar=essay_grammar(list(notes), job.sentences),
            seed=self._seed,
            purpose="write",
        )

    async def _tell(self, made: Samples, job: Job, notes: Mapping[int, Note]) -> None:
        """Which draft was chosen, or which one each sentence came from."""
        scores = ", ".join(f"{score_of(one, job, notes):g}" for one in made.samples)
        number, count = made.chosen + 1, len(made.samples)
        if count <= self._drafts:
            why = f"number {number} of {count} by {self._select}; scores {scores}"
            await self._trace.record(Decided("draft chosen", why))
            return
        if number < count:
            why = f"the synthesis does not hold to its notes; number {number} by score"
            await self._trace.record(Decided("draft chosen", f"{why}; scores {scores}"))
            return
        found = enumerate(origins(made, job, notes), 1)
        why = "; ".join(f"sentence {at} from {what}" for at, what in found)
        await self._trace.record(Decided("drafts merged", f"{why}; scores {scores}"))


def written_out(job: Job) -> tuple[Told, ...]:
    """The first notes as they are."""
    return tuple(Told(note.text, (note.passage,)) for note in job.notes[:_WRITTEN_OUT])


def _numbered(notes: Sequence[Note]) -> dict[int, Note]:
    """From 1, in the order of reading: that is the order in which they are told."""
    return dict(enumerate(in_reading_order(notes), 1))


def _up_to(sentences: int) -> str:
    """For a prompt."""
    return {1: "one", 2: "one or two"}.get(sentences, f"{max(2, sentences // 2)} to {sentences}")
