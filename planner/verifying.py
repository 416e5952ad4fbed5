"""Verifying an answer before it is delivered: each cited sentence against its passages.

The check is lexical: the names, numbers and dates of a sentence have to stand in what it cites (or
to have been computed from it). It catches what small models do wrong most: a fact from memory, and
the right fact under the wrong number.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from planner.grounds import Grounds
from planner.outcomes import Answer, Sentence
from planner.plainly import plain
from search import Passage
from tools import holds, words

_HARD = re.compile(r"\w+(?:[.,]\d+)*")
_PARTLY = 0.5


def verified(answer: Answer, question: str, grounds: Grounds) -> Answer:
    """The answer with a verdict on every sentence; passages that help are added to the citation.

    A sentence that stays unsupported is left out; when none is left, the facts are written out as
    they are. Citations that no sentence uses any more are dropped, and the rest is renumbered.
    """
    given = set(words(" ".join([question, *_computed(grounds)])))

    def judged(sentence: Sentence) -> Sentence | None:
        found = _judged(sentence, answer.citations, given)
        return None if found.verdict == "unsupported" else found

    kept = answer.each(judged)
    if not kept.every_sentence and grounds.value is not None:
        # Written out, each fact stands with the passage that it was copied from.
        return _renumbered(plain(grounds))
    return _renumbered(kept)


def left_out(written: Answer, checked: Answer) -> list[str]:
    """The sentences that did not pass, without their marks."""
    kept = {sentence.text for sentence in checked.every_sentence}
    return [sentence.text for sentence in written.every_sentence if sentence.text not in kept]


def _judged(sentence: Sentence, citations: tuple[Passage, ...], given: set[str]) -> Sentence:
    """The verdict, after a better citation was looked for."""
    if not sentence.cites:
        return sentence
    missing = hard_words(sentence.text) - given
    total = len(missing)
    missing -= _words_of(citations[number - 1] for number in sentence.cites)
    cites = list(sentence.cites)
    for number, passage in enumerate(citations, 1):
        helped = missing & _words_of([passage])
        if helped:
            cites.append(number)
            missing -= helped
    if not missing:
        return replace(sentence, cites=tuple(cites), verdict="supported")
    partly = len(missing) <= _PARTLY * total
    return replace(sentence, cites=tuple(cites), verdict="partly" if partly else "unsupported")


def hard_words(text: str) -> set[str]:
    """Names, numbers and dates of a text, folded; the first word counts only if it is a number."""
    found = set()
    for position, match in enumerate(_HARD.finditer(text)):
        word = match[0]
        if any(map(str.isdigit, word)) or (position > 0 and word[0].isupper()):
            found |= set(words(word))
    return found


def _computed(grounds: Grounds) -> list[str]:
    """Values that no passage holds because code made them, of a passage's table, say."""
    return [
        ground.value
        for ground in grounds.grounds
        if ground.proof is None or not holds(ground.proof.text, ground.value)
    ]


def _words_of(passages: Iterable[Passage]) -> set[str]:
    """Every word of the passages and of their titles."""
    return {w for p in passages for w in words(f"{p.source.title} {p.text}")}


def _renumbered(answer: Answer) -> Answer:
    """Citations that are used, numbered from 1 in the order of first use."""
    order = dict.fromkeys(n for sentence in answer.every_sentence for n in sentence.cites)
    new = {old: position for position, old in enumerate(order, 1)}

    def with_new_numbers(sentence: Sentence) -> Sentence:
        return replace(sentence, cites=tuple(new[number] for number in sentence.cites))

    citations = tuple(answer.citations[old - 1] for old in order)
    return replace(answer.each(with_new_numbers), citations=citations)
