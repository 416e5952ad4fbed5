"""Answers without a model: the facts as they are, what was not found, what stayed open."""

import re
from dataclasses import replace

from planner.grounds import Ground, Grounds
from planner.outcomes import Answer, Sentence
from tools import words

_STOPPED = "The question is not answered: the run was stopped before its end"


def is_only_computed(question: str, grounds: Grounds) -> bool:
    """Whether a value without any source was computed from the question's own numbers."""
    used = {n for ground in grounds.grounds for n in re.findall(r"\d+", ground.question)}
    return used <= set(re.findall(r"\d+", question))


def plain(grounds: Grounds) -> Answer:
    """The value, then each fact as a question and its answer."""
    numbers = tuple(range(1, len(grounds.citations) + 1))
    first = Sentence(f"{_capital(grounds.value or '')}.", numbers)
    rest = [_written_out(ground, grounds) for ground in grounds.proven if _tells(ground)]
    return Answer(grounds.value, (first, *rest), grounds.citations)


def bare(grounds: Grounds) -> Answer:
    """The value, as it stands, and what it rests on."""
    numbers = tuple(range(1, len(grounds.citations) + 1))
    text = (grounds.value or "").strip()
    end = "" if text.endswith((".", "!", "?", "}", "`")) or "\n" in text else "."
    return Answer(grounds.value, (Sentence(f"{text}{end}", numbers),), grounds.citations)


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
    elif not (grounds.grounds or grounds.not_found) and grounds.errors:
        said = ["Nothing was found out."]
    elif not grounds.grounds:
        said = ["No sources found: the documents do not answer this question."]
    else:
        said = ["What was found does not answer this question."]
    if grounds.not_found:
        asked = "; ".join(grounds.not_found)
        said.append(f"Looked for, and not found: {asked}")
    if grounds.errors:
        told = "; ".join(error.rstrip(".") for error in grounds.errors[:3])
        said.append(f"Some steps failed: {told}{'' if told.endswith('?') else '.'}")
    return Answer(None, tuple(Sentence(text) for text in said))


def _tells(ground: Ground) -> bool:
    """Whether it says more than its question: "What is the name of Ann Lee? Ann Lee" does not.

    What was chosen of two that the question names says which.
    """
    asked = set(words(ground.question))
    return "or" in asked or not set(words(ground.value)) <= asked


def _written_out(ground: Ground, grounds: Grounds) -> Sentence:
    """A fact as it was asked and answered."""
    number = grounds.number(ground)
    return Sentence(ground.written_out, () if number is None else (number,))


def _capital(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]
