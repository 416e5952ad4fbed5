"""Writing the answer: sentences that cite, from the facts and from nothing else.

The value is decided already, by the plan and by code. The model words it; a grammar lets it cite
only numbers that exist, and what it writes is checked. Where it fails the check, or cannot be
asked, the facts are written out as they are: plain, and right.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import permutations

from inference import Model, ModelError, Request, Sample, fitted
from planner.errors import BudgetExceeded
from planner.events import Decided, Trace
from planner.grounds import Ground, Grounds
from planner.outcomes import Answer, Sentence
from planner.telling import Telling
from planner.writing_prompt import answer_grammar, answer_prompt
from reasoning import Task, best_of, sampled
from search import sentences as sentence_spans
from tools import holds, is_function_word, words

_MARK = re.compile(r"\s*\[(\d+)\]")
_MAX_TOKENS = 160
_STOPPED = "The question is not answered: the run was stopped before its end"
_PARTICLE = 3
"""Letters at most of van, de, of and the like inside of a name."""
_CAPITAL = re.compile(r"(?<=\s)[A-Z][\w'-]+")


class Writer:
    """Words an answer."""

    def __init__(
        self, model: Model, *, trace: Trace, drafts: int = 1, seed: int = 0, worded: bool = True
    ) -> None:
        """`drafts` > 1: best-of-n, scored by the check that every draft has to pass.

        Not `worded`: the facts are written out as they are, and no model is asked.
        """
        self._worded = worded
        self._model = model
        self._trace = trace
        self._drafts = drafts
        self._seed = seed

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
        if grounds.value is None:
            return without_value(grounds, stopped=stopped)
        if not grounds.citations:
            return plain(grounds) if _only_computed(question, grounds) else abstention(grounds)
        if not self._worded:
            return plain(grounds)
        if self._drafts == 1:
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
                best = await self._best(fits.request, question, grounds)
        except (ModelError, BudgetExceeded) as error:
            await self._trace.record(Decided("facts written out", str(error)))
            return None
        reason = fault_of(best, question, telling.grounds if telling else grounds)
        if reason is not None and telling is not None and telling.before:
            earlier = Sample(telling.before)
            if fault_of(earlier, question, grounds) is None:
                await self._trace.record(Decided("late facts left out", f"the draft {reason}"))
                return cited_sentences(earlier.text)
        if reason is not None:
            await self._trace.record(Decided("facts written out", f"the draft {reason}"))
            return None
        return cited_sentences(best.text)

    async def _best(self, request: Request, question: str, grounds: Grounds) -> Sample:
        """Of several drafts."""

        def passes(sample: Sample) -> float:
            return float(fault_of(sample, question, grounds) is None)

        attempt = best_of(sampled(self._model, self._drafts), score=passes)
        made = await attempt(Task(request))
        faults = (fault_of(sample, question, grounds) for sample in made.samples)
        told = [f"number {n} {fault}" for n, fault in enumerate(faults, 1) if fault is not None]
        why = "; ".join([f"number {made.chosen + 1} of {len(made.samples)}", *told])
        await self._trace.record(Decided("draft chosen", why))
        return made.best

    def _request(self, question: str, grounds: Grounds, kept: Sequence[Ground]) -> Request:
        """What the model is asked, with some of the facts."""
        messages = answer_prompt(question, grounds, kept)
        return Request(
            messages=messages,
            head=len(messages) - 1,
            max_tokens=_MAX_TOKENS,
            temperature=0.0 if self._drafts == 1 else 0.7,
            grammar=answer_grammar(sorted({grounds.number(ground) or 0 for ground in kept})),
            seed=self._seed,
            purpose="write",
        )


def _only_computed(question: str, grounds: Grounds) -> bool:
    """Whether a value without any source was computed from the question's own numbers."""
    used = {n for ground in grounds.grounds for n in re.findall(r"\d+", ground.question)}
    return used <= set(re.findall(r"\d+", question))


def _says(text: str, grounds: Grounds) -> bool:
    """Whether a text says the value; of a record, whether it says something of it."""
    assert grounds.value is not None
    if not isinstance(grounds.found, dict):
        return holds(text, grounds.value)
    plain = (one for one in grounds.found.values() if isinstance(one, str | int | float))
    return any(holds(text, str(one)) for one in plain)


def fault_of(sample: Sample, question: str, grounds: Grounds) -> str | None:
    """What is wrong with a draft; None when nothing is."""
    assert grounds.value is not None
    if not sample.whole:
        return "was cut off"
    sentences = cited_sentences(sample.text)
    if not sentences or not all(sentence.cites for sentence in sentences):
        return "has a sentence that cites nothing"
    if not {n for s in sentences for n in s.cites} <= set(range(1, len(grounds.citations) + 1)):
        return "cites what is not there"
    text = _MARK.sub("", sample.text)
    if words(grounds.value) in (["yes"], ["no"]):
        opposite = {"yes": "no", "no": "yes"}[words(grounds.value)[0]]
        if words(text)[:1] == [opposite]:
            return "contradicts the value"
    elif not _says(text, grounds):
        return "does not say the value"
    crossed = _crossed(sentences, grounds)
    if crossed is not None:
        return crossed
    foreign = _foreign(text, question, grounds)
    return f"brings in {', '.join(foreign)}" if foreign else None


def _crossed(sentences: Sequence[Sentence], grounds: Grounds) -> str | None:
    """One thing that is told what was found of another.

    Of facts that ask the same of two things, a sentence that names both has to give both values,
    unless they are the same one.
    """
    for sentence in sentences:
        for one, other in permutations(grounds.proven, 2):
            names = _names_apart(one, other)
            tells_of_it = bool(names) and names <= set(words(sentence.text))
            says = [holds(sentence.text, ground.value) for ground in (one, other)]
            if tells_of_it and says == [False, True] and not holds(one.value, other.value):
                return f"gives {' '.join(sorted(names))} what was found of another"
    return None


def _names_apart(one: Ground, other: Ground) -> set[str]:
    """What one question says and another does not, where both differ in names alone."""
    mine, theirs = (set(words(ground.question)) for ground in (one, other))
    named = set(words(" ".join(_CAPITAL.findall(f"{one.question} {other.question}"))))
    apart = mine ^ theirs
    particles = {word for word in apart if len(word) <= _PARTICLE}
    return mine - theirs if theirs - mine and apart <= named | particles else set()


def _foreign(text: str, question: str, grounds: Grounds) -> list[str]:
    """Names and numbers that neither the question nor the facts hold."""
    facts = " ".join(f"{ground.question} {ground.value}" for ground in grounds.grounds)
    allowed = set(words(f"{question} {grounds.value} {facts}"))
    begins = {text[start:].split(maxsplit=1)[0] for start, _ in sentence_spans(text)}
    return [
        word
        for word in re.findall(r"\w+", text)
        if (word[0].isupper() or any(map(str.isdigit, word)))
        and not set(words(word)) <= allowed
        and not (word in begins and is_function_word(word))
    ]


def cited_sentences(text: str) -> tuple[Sentence, ...]:
    """A marked text as sentences. A mark behind the full stop belongs to the sentence before."""
    text = re.sub(r"([.!?])((?:\s*\[\d+\])+)", r"\2\1", " ".join(text.split()))
    found = []
    for start, end in sentence_spans(text):
        piece = text[start:end]
        numbers = dict.fromkeys(int(number) for number in _MARK.findall(piece))
        found.append(Sentence(_MARK.sub("", piece).strip(), tuple(numbers)))
    return tuple(sentence for sentence in found if sentence.text)


def plain(grounds: Grounds) -> Answer:
    """The value, then each fact as a question and its answer."""
    numbers = tuple(range(1, len(grounds.citations) + 1))
    first = Sentence(f"{_capital(grounds.value or '')}.", numbers)
    rest = [_written_out(ground, grounds) for ground in grounds.proven]
    return Answer(grounds.value, (first, *rest), grounds.citations)


def with_disputes(answer: Answer, grounds: Grounds) -> Answer:
    """The answer, and behind it both values of each contradiction that stayed open, each cited."""
    if answer.value is None:
        return answer
    sentences, citations = list(answer.sentences), list(answer.citations)
    for first, second in grounds.disputes:
        told = f"The documents disagree: {first.question} {first.value}.", f"Or {second.value}."
        for text, proof in zip(told, (first.proof, second.proof), strict=True):
            assert proof is not None  # a claim has evidence
            citations += [] if proof in citations else [proof]
            sentences.append(Sentence(text, (citations.index(proof) + 1,), "supported"))
    return replace(answer, sentences=tuple(sentences), citations=tuple(citations))


def without_value(grounds: Grounds, *, stopped: bool) -> Answer:
    """An abstention; of a run that was cut short, what it had found."""
    if not stopped or not grounds.citations:
        return abstention(grounds, stopped=stopped)
    said = Sentence(f"{_STOPPED}. Found so far:")
    found = [_written_out(ground, grounds) for ground in grounds.grounds]
    return Answer(None, (said, *found), grounds.citations)


def abstention(grounds: Grounds, *, stopped: bool = False) -> Answer:
    """Says what was looked for and not found; cites nothing."""
    if stopped:
        said = [f"{_STOPPED}; nothing had been found by then."]
    elif not (grounds.grounds or grounds.read or grounds.not_found) and grounds.errors:
        said = ["Nothing was found out."]
    elif not grounds.grounds:
        said = ["No sources found: the documents do not answer this question."]
    else:
        said = ["What was found does not answer this question."]
    if grounds.not_found:
        asked = "; ".join(grounds.not_found)
        said.append(f"Looked for, and not found: {asked}")
    if grounds.errors:
        said.append(f"Some steps failed: {'; '.join(grounds.errors[:3])}.")
    return Answer(None, tuple(Sentence(text) for text in said))


def _written_out(ground: Ground, grounds: Grounds) -> Sentence:
    """A fact as it was asked and answered."""
    number = grounds.number(ground)
    return Sentence(f"{ground.question} {ground.value}.", () if number is None else (number,))


def _capital(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]
