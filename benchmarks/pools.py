"""Question sets with their passages: what is asked, what supports an answer, what is searched."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_REFERENCE = re.compile(r"#(\d+)")


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, and the passages of the pool that support its answer."""

    query: str
    supporting: frozenset[int]
    half: int
    """0: what is tuned may be tuned on it; 1: held out."""


@dataclass(frozen=True)
class Pool:
    """All passages of a set of questions, each once."""

    questions: Sequence[dict[str, Any]]
    passages: tuple[tuple[str, str], ...]
    """Title and text."""

    @classmethod
    def of(cls, questions: Sequence[dict[str, Any]]) -> "Pool":
        """In the order of the file."""
        passages = dict.fromkeys((p["title"], p["text"]) for q in questions for p in q["passages"])
        return cls(questions, tuple(passages))

    def whole(self) -> list[Asked]:
        """The questions as they stand."""
        return [
            Asked(question["question"], self._numbers(question, None), number % 2)
            for number, question in enumerate(self.questions)
        ]

    def gold(self) -> list[Asked]:
        """MuSiQue's sub-questions, with the earlier answers in their places."""
        return [
            Asked(text, self._numbers(question, passage), number % 2)
            for number, question in enumerate(self.questions)
            for text, passage in _subquestions(question)
        ]

    def documents(self) -> Iterator[tuple[str, str, str]]:
        """Title, text and location, which is the passage's number."""
        for number, (title, text) in enumerate(self.passages):
            yield title, text, f"/{number}"

    def _numbers(self, question: dict[str, Any], only: int | None) -> frozenset[int]:
        places = {passage: number for number, passage in enumerate(self.passages)}
        shown = question["passages"]
        wanted = [p for p in shown if p["supporting"]] if only is None else [shown[only]]
        return frozenset(places[p["title"], p["text"]] for p in wanted)


def load(path: Path) -> list[dict[str, Any]]:
    """A question a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _subquestions(question: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Each with the place of the passage that answers it."""
    answers = {str(step["id"]): step["answer"] for step in question["subquestions"]}
    for step in question["subquestions"]:
        text = _REFERENCE.sub(lambda match: answers.get(match[1], match[0]), step["question"])
        if step["passage"] is not None:
            yield text, step["passage"]
