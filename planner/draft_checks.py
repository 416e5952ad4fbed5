"""What a draft of an answer has to hold to: the value, the facts, and the citations that exist."""

import re
from collections.abc import Sequence
from itertools import permutations

from inference import Sample
from planner.grounds import Ground, Grounds
from planner.marks import MARK, cited_sentences
from planner.outcomes import Sentence
from search import sentences as sentence_spans
from tools import holds, is_function_word, words

_PARTICLE = 3
"""Letters at most of van, de, of and the like inside of a name."""
_CAPITAL = re.compile(r"(?<=\s)[A-Z][\w'-]+")
_WORD_OR_NUMBER = re.compile(r"\d+(?:[.,]\d+)*|\w+")
_STOPPED = re.compile(r"\b(\w+)\.\s+([a-z]+)\b")
"""A full stop in the middle of a sentence."""
_CUT = re.compile(r"\b(?:the|an?)\s*[.!?]?\Z")
"""What cannot end a sentence."""
_GOES_ON = frozenset(words("is are was were has does which that"))


def _says(text: str, grounds: Grounds) -> bool:
    """Whether a text says the value; of a record, whether it says something of it."""
    assert grounds.value is not None
    if not isinstance(grounds.found, dict):
        return holds(text, grounds.value)
    plain = (one for one in grounds.found.values() if isinstance(one, str | int | float))
    return any(holds(text, str(one)) for one in plain)


def fault_of(
    sample: Sample, question: str, grounds: Grounds, *, names_too: bool = True
) -> str | None:
    """What is wrong with a draft; None when nothing is.

    Not `names_too`: in other languages than English a capital letter need not be a name's, names
    may be written otherwise, and other words end a sentence; then numbers alone must not come from
    elsewhere.
    """
    assert grounds.value is not None
    if not sample.whole:
        return "was cut off"
    sentences = cited_sentences(sample.text)
    if not sentences or not all(sentence.cites for sentence in sentences):
        return "has a sentence that cites nothing"
    if not {n for s in sentences for n in s.cites} <= set(range(1, len(grounds.citations) + 1)):
        return "cites what is not there"
    text = MARK.sub("", sample.text)
    if names_too and any(map(_breaks_off, sentences)):
        return "has a sentence that breaks off"
    if words(grounds.value) in (["yes"], ["no"]):
        opposite = {"yes": "no", "no": "yes"}[words(grounds.value)[0]]
        if words(text)[:1] == [opposite]:
            return "contradicts the value"
    elif not _says(text, grounds):
        return "does not say the value"
    crossed = _crossed(sentences, grounds)
    if crossed is not None:
        return crossed
    foreign = _foreign(text, question, grounds, names_too=names_too)
    return f"brings in {', '.join(foreign)}" if foreign else None


def _breaks_off(sentence: Sentence) -> bool:
    """Whether a sentence stops where none can: "most known for. is not relevant"."""
    stops = (
        is_function_word(before) or after in _GOES_ON
        for before, after in _STOPPED.findall(sentence.text)
    )
    return any(stops) or _CUT.search(sentence.text) is not None


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


def _foreign(text: str, question: str, grounds: Grounds, *, names_too: bool) -> list[str]:
    """Names and numbers that neither the question nor the facts hold."""
    facts = " ".join(f"{ground.question} {ground.value}" for ground in grounds.grounds)
    allowed = set(words(f"{question} {grounds.value} {facts}"))
    begins = {text[start:].split(maxsplit=1)[0] for start, _ in sentence_spans(text)}
    return [
        word
        for word in _WORD_OR_NUMBER.findall(text)
        if ((names_too and word[0].isupper()) or any(map(str.isdigit, word)))
        and not set(words(word)) <= allowed
        and not (word in begins and is_function_word(word))
    ]
