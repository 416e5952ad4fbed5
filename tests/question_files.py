"""Small question sets, made by hand."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

INCEPTION = {"title": "Inception", "text": "Inception is a film of 2010 by Christopher Nolan."}
PARASITE = {"title": "Parasite", "text": "Parasite is a film of 2019. Bong Joon-ho directed it."}
NOLAN = {"title": "Nolan", "text": "Christopher Nolan was born on 30 July 1970 in London."}


def passage(given: dict[str, str], *, supporting: bool = False) -> dict[str, Any]:
    return {**given, "supporting": supporting}


QUESTIONS: list[dict[str, Any]] = [
    {
        "id": "q1",
        "question": "Who directed Inception?",
        "answer": "Christopher Nolan",
        "aliases": ["Nolan"],
        "passages": [passage(INCEPTION, supporting=True), passage(PARASITE)],
    },
    {
        "id": "q2",
        "question": "Who directed Parasite?",
        "answer": "Bong Joon-ho",
        "passages": [passage(PARASITE, supporting=True), passage(NOLAN)],
    },
    {
        "id": "q3",
        "question": "When was Christopher Nolan born?",
        "answer": "30 July 1970",
        "passages": [passage(NOLAN, supporting=True), passage(INCEPTION)],
    },
]


def write_set(path: Path, lines: Iterable[dict[str, Any]] = QUESTIONS) -> Path:
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path
