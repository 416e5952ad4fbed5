"""Notes: what an answer of more than a sentence is written from.

A note is one sentence of a passage that was read. So what the model reads is short, and what it
cites can be checked sentence by sentence.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log

from planner.grounds import Grounds
from search import Passage, sentences
from tools import names_in, stems

_EMPHASIS = re.compile(r"(\*{1,3}|__)(?=\S)(.+?)(?<=\S)\1")
"""Of Markdown: a sentence is told without its marks."""
_FEWEST_WORDS, _MOST_CHARACTERS = 4, 400
_SAME = 0.8
"""Of the words of the shorter of two sentences; from here on they say the same."""
_NAMED = 0.34
"""Of the words of names in the question, the share that a passage has to speak of: questions may
name several things, and passages one of them."""
_FADES = 0.05
"""How much less the sentences of each further passage count: search put the best first."""


@dataclass(frozen=True, slots=True)
class Note:
    """A statement and the passage that it stands in."""

    text: str
    passage: Passage
    place: tuple[int, int] = (0, 0)
    """Where it stands: of which passage read, and at which character."""

    @property
    def line(self) -> str:
        """For a prompt: a sentence alone may not say of whom it speaks, its title does."""
        title = self.passage.source.title
        return self.text if title in self.text else f"({title}) {self.text}"


def notes_of(question: str, grounds: Grounds, most: int) -> tuple[Note, ...]:
    """The sentences that say most of what is asked, and was asked on the way; none says the same
    twice."""
    kept: list[Note] = []
    asked = " ".join([question, *(ground.question for ground in grounds.grounds)])
    for note in _ranked(asked, _statements(question, grounds)):
        if len(kept) >= most:
            break
        if not any(says_the_same(note.text, other.text) for other in kept):
            kept.append(note)
    return tuple(kept)


def in_reading_order(notes: Sequence[Note]) -> list[Note]:
    """As they stand in what was read: a story is told in its order."""
    return sorted(notes, key=lambda note: note.place)


def names_all(question: str, notes: Sequence[Note]) -> bool:
    """Whether a passage speaks of all that the question names, if it names anything."""
    names = names_in(question)
    said = (stems(f"{note.passage.source.title} {note.passage.text}") for note in notes)
    return bool(names) and any(names <= one for one in said)


def says_the_same(text: str, other: str) -> bool:
    """Whether of two sentences the shorter one brings nothing that the other has not."""
    mine, theirs = stems(text), stems(other)
    return len(mine & theirs) >= _SAME * max(1, min(len(mine), len(theirs)))


def speaks_to(question: str, passage: Passage) -> bool:
    """Whether a passage speaks of what a question names, or has a word of one without names."""
    said = stems(f"{passage.source.title} {passage.text}")
    names = names_in(question)
    if names:
        return len(names & said) >= _NAMED * len(names)
    asked = stems(question)
    return bool(asked & said) or not question.isascii()


def _statements(question: str, grounds: Grounds) -> Iterator[Note]:
    """The sentences of what was read and speaks of the question, in the order of reading."""
    for number, passage in enumerate(grounds.read, 1):
        if not speaks_to(question, passage):
            continue
        for start, end in sentences(passage.text):
            text = _EMPHASIS.sub(r"\2", " ".join(passage.text[start:end].split()))
            if _is_statement(text):
                yield Note(text, passage, place=(number, start))


def _is_statement(text: str) -> bool:
    """Whether it is neither a heading, nor a row of a table, nor a piece of something."""
    if text.startswith(("#", "|", ">")) or len(text) > _MOST_CHARACTERS:
        return False
    return len(text.split()) >= _FEWEST_WORDS or not text.isascii()


def _ranked(asked: str, notes: Iterator[Note]) -> Sequence[Note]:
    """Those first that share rare words with what is asked."""
    every = list(dict.fromkeys(notes))
    said = [stems(note.text) for note in every]
    found_in = Counter(stem for one in said for stem in one)
    wanted = stems(asked)

    def score(at: int) -> float:
        shared = said[at] & wanted
        worth = sum(log(1 + len(every) / found_in[stem]) for stem in shared)
        return (0.1 + worth) / (1 + _FADES * every[at].place[0])

    return [every[at] for at in sorted(range(len(every)), key=lambda at: (-score(at), at))]
