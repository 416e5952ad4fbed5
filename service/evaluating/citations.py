"""Which sentences of an answer need a citation, and which of those that have one are supported.

A sentence needs one if it says a name, a number or a date. A run that verifies its answer has said
of each cited sentence what the check found; of an answer that nobody has verified, a sentence is
supported if its names, numbers and dates stand in what it cites, or in the question.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from planner import Answer, Sentence
from tools import holds, is_function_word, words

_WORD = re.compile(r"\w+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Cited:
    """Numbers of sentences of one answer."""

    cited: int
    supported: int
    """Of the cited ones."""
    needing: int
    """Those that say a name, a number or a date."""
    satisfied: int
    """Of the needing ones, those that are cited and supported."""


def counted(answer: Answer) -> Cited:
    """Of an answer whose sentences have their verdicts. One without a value says nothing."""
    sentences = answer.every_sentence if answer.value is not None else ()
    cited = [sentence for sentence in sentences if sentence.cites]
    needing = [sentence for sentence in sentences if telling_words(sentence.text)]
    return Cited(
        cited=len(cited),
        supported=sum(map(_is_supported, cited)),
        needing=len(needing),
        satisfied=sum(bool(sentence.cites) and _is_supported(sentence) for sentence in needing),
    )


def judged(answer: Answer, question: str) -> Answer:
    """The answer with a verdict on each cited sentence that has none."""

    def with_verdict(sentence: Sentence) -> Sentence:
        if not sentence.cites or sentence.verdict != "uncited":
            return sentence
        passages = (answer.citations[number - 1] for number in sentence.cites)
        texts = [f"{passage.source.title} {passage.text}" for passage in passages]
        stands = _stands(sentence.text, [question, *texts], texts)
        return replace(sentence, verdict="supported" if stands else "unsupported")

    return answer.each(with_verdict)


def telling_words(text: str) -> list[str]:
    """Its numbers, and its words that are written with a capital, as they stand.

    The first word has one anyhow: it counts if it could be a name.
    """
    found = []
    for position, match in enumerate(_WORD.finditer(text)):
        word = match[0]
        named = word[0].isupper() and not (position == 0 and is_function_word(word))
        if named or any(map(str.isdigit, word)):
            found.append(word)
    return found


def _stands(text: str, known: Iterable[str], cited: Iterable[str]) -> bool:
    """Whether what a text tells is known; one that names nothing has to be cited word for word."""
    told = {word for telling in telling_words(text) for word in words(telling)}
    if not told:
        return any(holds(passage, text) for passage in cited)
    return told <= {word for passage in known for word in words(passage)}


def _is_supported(sentence: Sentence) -> bool:
    return sentence.verdict == "supported"
