"""Writing the answer: sentences that cite, from the facts and from nothing else.

The value is decided already, by the plan and by code. The model words it; a grammar lets it cite
only numbers that exist, and what it writes is checked. Where it fails the check, or cannot be
asked, the facts are written out as they are: plain, and right.
"""

import re
from collections.abc import Sequence

from inference import Message, Model, ModelError, Request, Sample, fitted
from planner.errors import BudgetExceeded
from planner.events import Decided, Trace
from planner.grounds import Ground, Grounds
from planner.outcomes import Answer, Sentence
from reasoning import Task, best_of, sampled
from search import sentences as sentence_spans
from tools import holds, is_function_word, words

_MARK = re.compile(r"\s*\[(\d+)\]")
_MAX_TOKENS = 160

_SYSTEM = (
    "Answer the question in one or two sentences from the facts. Put the number of the fact in"
    " brackets behind what it proves."
)
_EXAMPLES = (
    (
        "[1] Who composed Tosca? Giacomo Puccini\n[2] When was Giacomo Puccini born?"
        " 22 December 1858\nResult: 22 December 1858\n"
        "Question: When was the composer of Tosca born?",
        "Giacomo Puccini, the composer of Tosca [1], was born on 22 December 1858 [2].",
    ),
    (
        "[1] How long is the Rhine? 1,233 km\n[2] How long is the Elbe? 1,094 km\n"
        "Result: the Rhine\nQuestion: Which river is longer, the Rhine or the Elbe?",
        "The Rhine is longer: it is 1,233 km long [1], and the Elbe 1,094 km [2].",
    ),
)


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

    async def write(self, question: str, grounds: Grounds, *, stopped: bool = False) -> Answer:
        """The answer, cited; never raises for want of a model or of budget.

        `stopped`: the run was cut short, so what was found on the way is worth telling.
        """
        if grounds.value is None:
            return without_value(grounds, stopped=stopped)
        if not grounds.citations:
            return plain(grounds) if _only_computed(question, grounds) else abstention(grounds)
        draft = await self._draft(question, grounds) if self._worded else None
        if draft is None:
            return plain(grounds)
        return Answer(grounds.value, draft, grounds.citations)

    async def _draft(self, question: str, grounds: Grounds) -> tuple[Sentence, ...] | None:
        """The model's sentences, if they pass."""

        def asking(kept: Sequence[Ground]) -> Request:
            return self._request(question, grounds, kept)

        def fault(sample: Sample) -> str | None:
            return fault_of(sample, question, grounds)

        attempt = best_of(
            sampled(self._model, self._drafts), score=lambda sample: float(fault(sample) is None)
        )
        try:
            fits = await fitted(self._model, grounds.proven[::-1], asking)
            if fits.left_out:
                why = f"{len(fits.left_out)} have no room in the model's window"
                await self._trace.record(Decided("facts left out", why))
            best = (await attempt(Task(fits.request))).best
        except (ModelError, BudgetExceeded) as error:
            await self._trace.record(Decided("facts written out", str(error)))
            return None
        reason = fault(best)
        if reason is not None:
            await self._trace.record(Decided("facts written out", f"the draft {reason}"))
            return None
        return cited_sentences(best.text)

    def _request(self, question: str, grounds: Grounds, kept: Sequence[Ground]) -> Request:
        """What the model is asked, with some of the facts."""
        messages = _prompt(question, grounds, kept)
        return Request(
            messages=messages,
            head=len(messages) - 1,
            max_tokens=_MAX_TOKENS,
            temperature=0.0 if self._drafts == 1 else 0.7,
            grammar=_grammar(sorted({grounds.number(ground) or 0 for ground in kept})),
            seed=self._seed,
            purpose="write",
        )


def _only_computed(question: str, grounds: Grounds) -> bool:
    """Whether a value without any source was computed from the question's own numbers."""
    used = {n for ground in grounds.grounds for n in re.findall(r"\d+", ground.question)}
    return used <= set(re.findall(r"\d+", question))


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
    elif not holds(text, grounds.value):
        return "does not say the value"
    foreign = _foreign(text, question, grounds)
    return f"brings in {', '.join(foreign)}" if foreign else None


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


def without_value(grounds: Grounds, *, stopped: bool) -> Answer:
    """An abstention; of a run that was cut short, what it had found."""
    if not stopped or not grounds.citations:
        return abstention(grounds)
    said = Sentence(
        "The question is not answered: the run was stopped before its end. Found so far:"
    )
    found = [_written_out(ground, grounds) for ground in grounds.grounds]
    return Answer(None, (said, *found), grounds.citations)


def abstention(grounds: Grounds) -> Answer:
    """Says what was looked for and not found; cites nothing."""
    said = ["No sources found: the documents do not answer this question."]
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


def _prompt(question: str, grounds: Grounds, kept: Sequence[Ground]) -> tuple[Message, ...]:
    """The facts that are kept, under their citation numbers, then the value, then the question."""
    messages = [Message("system", _SYSTEM)]
    for facts, text in _EXAMPLES:
        messages += [Message("user", facts), Message("assistant", text)]
    lines = [
        f"[{grounds.number(ground)}] {ground.question} {ground.value}"
        for ground in grounds.proven
        if ground in kept
    ]
    lines += [f"Result: {grounds.value}", f"Question: {question}"]
    return (*messages, Message("user", "\n".join(lines)))


def _grammar(citations: Sequence[int]) -> str:
    """One to three sentences; in brackets only numbers of the facts that are shown."""
    numbers = " | ".join(f'"{number}"' for number in citations)
    return (
        'root ::= sentence (" " sentence){0,2}\n'
        'sentence ::= piece mark (piece mark){0,5} tail? "."\n'
        "piece ::= [^\\[\\]\\n.] [^\\[\\]\\n]{2,200}\n"
        'mark ::= ("[" number "]"){1,4}\n'
        "tail ::= [^\\[\\]\\n.]{1,80}\n"
        f"number ::= {numbers}\n"
    )


def _capital(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]
