"""An answer as JSON: the text, its citations with their places in it, and the sources."""

import json
from collections.abc import Sequence
from typing import Any

from planner import Answer, Section, Sentence
from service.formats.publication import Publication


def as_json(publication: Publication) -> str:
    """One object. `answer` is the text as it is printed, citations by number."""
    answer, writing = publication.answer, _Writing(publication.answer)
    whole = {
        "run": publication.run,
        "parent": publication.parent,
        "status": publication.status,
        "reason": publication.reason,
        "question": publication.question,
        "answer": writing.text,
        "value": answer.value,
        "data": answer.data,
        "title": answer.title,
        "language": publication.language or None,
        "summary": [_sentence(sentence) for sentence in answer.sentences],
        "sections": [_section(section) for section in answer.sections],
        "citations": writing.citations,
        "sources": _sources(answer, publication.day),
    }
    return json.dumps(whole, ensure_ascii=False, indent=2)


class _Writing:
    """The text of an answer, and where in it each mark stands."""

    def __init__(self, answer: Answer) -> None:
        """Writes all of it."""
        self.text = ""
        self.citations: list[dict[str, Any]] = []
        self._answer = answer
        self._say("", answer.title)
        self._sentences("\n\n", answer.sentences)
        for section in answer.sections:
            self._section(section)

    def _say(self, between: str, text: str) -> None:
        """Nothing stands before the first text."""
        if text:
            self.text += (between if self.text else "") + text

    def _sentences(self, between: str, sentences: Sequence[Sentence]) -> None:
        """In one paragraph, with numbers in brackets."""
        for sentence in sentences:
            self._say(between, sentence.text)
            between = " "
            for number in sentence.cites:
                self._say(" ", f"[{number}]")
                self._cite(number, sentence)

    def _cite(self, number: int, sentence: Sentence) -> None:
        """Of the mark that was just written."""
        passage = self._answer.citations[number - 1]
        self.citations.append(
            {
                "number": number,
                "start_index": len(self.text) - len(f"[{number}]"),
                "end_index": len(self.text),
                "title": passage.source.title,
                "location": passage.source.location,
                "passage": {
                    "start": passage.start,
                    "end": passage.end,
                    "part": passage.part,
                    "text": passage.text,
                },
                "verdict": sentence.verdict,
            }
        )

    def _section(self, section: Section) -> None:
        """Heading, sentences, and a row a line."""
        self._say("\n\n", section.heading)
        self._sentences("\n", section.sentences)
        if section.table is not None:
            self._say("\n", " | ".join(section.table.columns))
            for row in section.table.rows:
                between = "\n"
                for cell in row:
                    self.text += between
                    self._sentences("", [cell])
                    between = " | "


def _section(section: Section) -> dict[str, Any]:
    """As it is kept, cells with their citations."""
    table = section.table
    rows = [[_sentence(cell) for cell in row] for row in table.rows] if table else []
    return {
        "heading": section.heading,
        "sentences": [_sentence(sentence) for sentence in section.sentences],
        "table": {"columns": list(table.columns), "rows": rows} if table else None,
    }


def _sentence(sentence: Sentence) -> dict[str, Any]:
    """Its text, what it cites, and how that carries it."""
    return {
        "text": sentence.text,
        "citations": list(sentence.cites),
        "verdict": sentence.verdict,
    }


def _sources(answer: Answer, day: str) -> list[dict[str, Any]]:
    """Each cited document once, with the numbers under which it is cited."""
    found: dict[str, dict[str, Any]] = {}
    for number, passage in enumerate(answer.citations, 1):
        source = passage.source
        entry = found.setdefault(
            source.location,
            {
                "location": source.location,
                "title": source.title,
                "media_type": source.media_type,
                "author": source.author,
                "published": source.published,
                "accessed": day or None,
                "sha256": source.digest,
                "numbers": [],
            },
        )
        entry["numbers"].append(number)
    return list(found.values())
