"""Answers and their sources as plain JSON and back, as `records` has all else of a run."""

from collections.abc import Iterable, Mapping
from typing import Any

from planner import Answer, Section, Sentence, Table
from search import Passage, Source

Data = dict[str, Any]
"""Plain JSON."""


def source_data(source: Source) -> Data:
    """All fields."""
    return {
        "location": source.location,
        "title": source.title,
        "media_type": source.media_type,
        "digest": source.digest,
        "author": source.author,
        "published": source.published,
    }


def source_from(data: Mapping[str, Any]) -> Source:
    """The inverse of `source_data`; what was stored before 0005 lacks the last two."""
    return Source(
        data["location"],
        data["title"],
        data["media_type"],
        data["digest"],
        author=data.get("author", ""),
        published=data.get("published", ""),
    )


def answer_data(answer: Answer) -> Data:
    """The answer with its passages: it can be read without any other table."""
    return {
        "value": answer.value,
        "data": answer.data,
        "title": answer.title,
        "sentences": [_sentence_data(sentence) for sentence in answer.sentences],
        "sections": [_section_data(section) for section in answer.sections],
        "citations": [
            {
                "passage": passage.id,
                "source": source_data(passage.source),
                "start": passage.start,
                "end": passage.end,
                "text": passage.text,
                "part": passage.part,
            }
            for passage in answer.citations
        ],
    }


def _sentence_data(sentence: Sentence) -> Data:
    return {"text": sentence.text, "cites": list(sentence.cites), "verdict": sentence.verdict}


def _section_data(section: Section) -> Data:
    table = section.table
    return {
        "heading": section.heading,
        "sentences": [_sentence_data(sentence) for sentence in section.sentences],
        "table": table
        and {
            "columns": list(table.columns),
            "rows": [[_sentence_data(cell) for cell in row] for row in table.rows],
        },
    }


def answer_from(data: Mapping[str, Any]) -> Answer:
    """The inverse of `answer_data`; of what older versions wrote, too."""
    citations = (
        Passage(
            source_from(cited["source"]),
            cited["start"],
            cited["end"],
            cited["text"],
            cited.get("part", ""),
        )
        for cited in data["citations"]
    )
    return Answer(
        data["value"],
        _sentences_from(data["sentences"]),
        tuple(citations),
        data.get("title", ""),
        tuple(_section_from(section) for section in data.get("sections", ())),
        data.get("data"),
    )


def _sentences_from(rows: Iterable[Mapping[str, Any]]) -> tuple[Sentence, ...]:
    return tuple(Sentence(row["text"], tuple(row["cites"]), row["verdict"]) for row in rows)


def _section_from(data: Mapping[str, Any]) -> Section:
    table = data["table"] and Table(
        tuple(data["table"]["columns"]),
        tuple(_sentences_from(row) for row in data["table"]["rows"]),
    )
    return Section(data["heading"], _sentences_from(data["sentences"]), table)
