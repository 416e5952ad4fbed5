"""Question sets for retrieval: what is asked, and which passages of the pool support its answer."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.evaluating.pool import Pool
from service.evaluating.question_sets import read_questions

_REFERENCE = re.compile(r"#(\d+)")


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, and the passages of the pool that support its answer."""

    query: str
    supporting: frozenset[int]
    half: int
    """0: what is tuned may be tuned on it; 1: held out."""


@dataclass(frozen=True)
class Set:
    """A file of questions, and the pool of their passages."""

    pool: Pool
    whole: tuple[Asked, ...]
    """The questions as they stand."""
    gold: tuple[Asked, ...]
    """MuSiQue's sub-questions, with the earlier answers in their places."""

    @classmethod
    def of(cls, path: Path) -> "Set":
        """A question a line."""
        questions = read_questions(path).questions
        pool = Pool.of(questions)
        whole = tuple(
            Asked(question.text, _numbers(pool.support_of(question)), number % 2)
            for number, question in enumerate(questions)
        )
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
        gold = tuple(
            Asked(text, frozenset({pool.passages.index(passage)}), number % 2)
            for number, line in enumerate(lines)
            for text, passage in _subquestions(line)
        )
        return cls(pool, whole, gold)


def _numbers(locations: frozenset[str]) -> frozenset[int]:
    return frozenset(int(location[1:]) for location in locations)


def _subquestions(question: dict[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each with the passage that answers it."""
    steps = question.get("subquestions", [])
    answers = {str(step["id"]): step["answer"] for step in steps}
    for step in steps:
        if step.get("passage") is not None:
            text = _REFERENCE.sub(lambda match: answers.get(match[1], match[0]), step["question"])
            passage = question["passages"][step["passage"]]
            yield text, (passage["title"], passage["text"])
