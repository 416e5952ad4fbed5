"""What the sentences of a paragraph have to hold to: the notes that they cite.

In code, and before anything is chosen. Cautious with what it lets pass: a note left out is a loss,
a sentence that nothing proves is worse.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from inference import Sample
from planner.marks import Piece, cited_pieces
from planner.notes import Note, says_the_same
from reasoning import Samples
from search import Passage
from tools import stems, words

_NEW = 0.25
"""Of a sentence's words, the share that may stand in nothing that it cites."""
_NUMBER = re.compile(r"(?<![\d.])\d{1,2}\.\s?\d{1,2}\.\s?(?=\d{4})|(\d[\d.,]*)")
"""In group 1; of 14.9.1969 the year alone, for a passage may have the month's name."""
_HARD = re.compile(r"\w*\d[\w.,:]*\w|\d|(?<=[^.!?\s] )[A-Z]\w+")
"""Numbers, and words with a capital that begin no sentence."""
_NOTES_SAY = re.compile(
    r"(?:according to )?(?:the |these )?notes?(?: (?:say|state|mention|show|tell)s?(?: us)?)?"
    r"(?: that|,) ",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"(?:he|she|it|they|his|her|its|their)\b", re.IGNORECASE)
_LEADS = re.compile(
    r"^(?!(?:The|A|An|He|She|It|They|His|Her|Its|Their|In|On|At|This)\b)[A-Z][\w'’-]+"
)
"""A name that a note begins with, as far as its first word."""


@dataclass(frozen=True, slots=True)
class Job:
    """One paragraph."""

    question: str
    notes: Sequence[Note]
    """The most useful first."""
    sentences: int
    """At most."""
    part: str = ""
    """The heading, of a paragraph that is a section."""
    in_english: bool = True
    """Whether it is written so; of other languages the numbers alone are compared."""


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence and the passages that it cites."""

    text: str
    passages: tuple[Passage, ...]


def kept_of(sample: Sample, job: Job, notes: Mapping[int, Note]) -> Iterator[Told]:
    """The sentences of a draft that hold to the notes that they cite, none of them twice."""
    told: list[str] = []
    for pieces in _sentences(sample):
        text = _said_itself("".join(piece.text for piece in pieces).strip())
        numbers = dict.fromkeys(number for piece in pieces for number in piece.cites)
        cited = [notes[number] for number in numbers if number in notes]
        before = told[-1] if told else ""
        if not cited or _brings_in(text, job, cited) or _is_of_another(text, before, cited):
            continue
        if job.in_english and any(_is_mixed(piece, notes) for piece in pieces):
            continue
        if not any(says_the_same(text, other) for other in told):
            told.append(text)
            yield Told(text, tuple(dict.fromkeys(note.passage for note in cited)))


def _said_itself(text: str) -> str:
    """Without "the notes say that": the reader sees no notes."""
    plain = _NOTES_SAY.sub("", text, count=1) if _NOTES_SAY.match(text) else text
    return text if plain == text else plain[:1].upper() + plain[1:]


def _sentences(sample: Sample) -> list[tuple[Piece, ...]]:
    """In pieces with marks of their own; of a draft that was cut off, all but the last."""
    found = cited_pieces(sample.text)
    return found if sample.whole else found[:-1]


def _is_mixed(piece: Piece, notes: Mapping[int, Note]) -> bool:
    """Whether no single passage has all names and numbers in front of a mark.

    Who wrote one film and directed another is told so by two passages, each under its own mark.
    """
    named = set(words(" ".join(_HARD.findall(piece.text))))
    cited = (notes[number] for number in piece.cites if number in notes)
    said = [set(words(f"{note.line} {note.passage.text}")) for note in cited]
    return bool(said) and not any(named <= one for one in said)


def _brings_in(text: str, job: Job, cited: Sequence[Note]) -> bool:
    """Whether a sentence has names or numbers, or many words, that what it cites has not."""
    proven = " ".join(f"{note.line} {note.passage.text}" for note in cited)
    given = f"{job.question} {job.part} {proven}"
    allowed = set(words(given))
    if not job.in_english:
        return not _digits(text) <= _digits(given)
    if set(words(" ".join(_HARD.findall(text)))) - allowed:
        return True
    said = stems(text)
    return len(said - stems(given)) > _NEW * len(said)


def _digits(text: str) -> set[str]:
    """Of each number; 2.500 and 2,500 are one in some languages."""
    return {"".join(filter(str.isdigit, m[1])) for m in _NUMBER.finditer(text) if m[1]}


def _is_of_another(text: str, before: str, cited: Sequence[Note]) -> bool:
    """Whether "he" stands where a note has a name that the sentence before does not have.

    Then the note was told of whomever that sentence speaks of.
    """
    if not _PRONOUN.match(text):
        return False
    said = stems(text)
    note = max(cited, key=lambda note: len(stems(note.text) & said))
    name = set(words(" ".join(_LEADS.findall(note.text)[:1])))
    return bool(name) and not name & set(words(f"{text} {before}"))


def score_of(sample: Sample, job: Job, notes: Mapping[int, Note]) -> float:
    """What a draft is worth: sentences that hold, less those that do not."""
    kept, written = list(kept_of(sample, job, notes)), list(_sentences(sample))
    if not kept:
        return 0.0
    return max(0.5, 2 * len(kept) - len(written))


def told_of(sample: Sample, *, job: Job, notes: Mapping[int, Note]) -> frozenset[str] | None:
    """What a draft tells: the passages of its sentences; None where none holds."""
    kept = list(kept_of(sample, job, notes))
    return frozenset(passage.id for told in kept for passage in told.passages) or None


def origins(made: Samples, job: Job, notes: Mapping[int, Note]) -> Iterator[str]:
    """For each sentence of the synthesis, the draft that says the same."""
    drafts = [list(kept_of(sample, job, notes)) for sample in made.samples[:-1]]
    for told in kept_of(made.best, job, notes):
        found = (
            number
            for number, sentences in enumerate(drafts, 1)
            if any(says_the_same(told.text, one.text) for one in sentences)
        )
        number = next(found, None)
        yield "no single draft" if number is None else f"draft {number}"
