"""How a step ends, and what a run delivers."""

from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from search import Passage

Status = Literal["completed", "incomplete", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Done:
    """The step has a value. None is one: it says that there is no such thing in the documents."""

    value: JsonValue
    evidence: tuple[Passage, ...] = ()
    """Passages that prove the value, best first."""
    read: tuple[Passage, ...] = ()
    """Further passages that the step looked at."""
    cut: str | None = None
    """Why the step was ended before its time; the value is the best that it had."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The step could not do its work."""

    error: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """The step never ran, because of what happened before it."""

    reason: str


Outcome = Done | Failed | Skipped


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer and the passages that it points at."""

    text: str
    """Without the marks."""
    cites: tuple[int, ...] = ()
    """Numbers of the answer's citations, from 1."""
    verdict: Literal["supported", "partly", "unsupported", "uncited"] = "uncited"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the reader gets."""

    value: str | None
    """The shortest form: a name, a date, a number, yes or no. None when there is none."""
    sentences: tuple[Sentence, ...]
    citations: tuple[Passage, ...] = ()
    """Citation 1 is the first. Every one of them was read in this run."""

    @property
    def text(self) -> str:
        """The sentences with their marks."""
        return " ".join(
            sentence.text + "".join(f" [{number}]" for number in sentence.cites)
            for sentence in self.sentences
        )
