"""A run as it is published: to be downloaded, or read by others.

Documents are told by their file names, as everywhere; of what models were asked there is nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from planner import Answer
from service.api.errors import ApiError
from service.api.front import Front
from service.api.places import Veil, shown_location, veil_of
from service.formats import Publication
from storage import RunRecord

_DRAWN = ("at", "kind")
"""What the picture of a plan needs of an event."""


async def published(front: Front, record: RunRecord) -> Publication:
    """Raises ApiError where there is no answer yet."""
    if record.answer is None:
        told = f"the run has no answer ({record.status})"
        raise ApiError(409, told, code="no_answer")
    document = await front.store.document(record.id)
    files = [each["location"] for each in document["sources"]]
    veil = veil_of(record, front.settings, files)
    began = record.started_at or record.created_at
    return Publication(
        record.id,
        record.question,
        record.status,
        _shown(record.answer, veil),
        veil(record.reason),
        record.parent,
        f"{began:%Y-%m-%d}",
        _drawn(document, veil),
    )


def _shown(answer: Answer, veil: Veil) -> Answer:
    """Without places of the server, in its text and of its sources."""
    said = answer.each(lambda sentence: replace(sentence, text=veil(sentence.text)))
    citations = tuple(
        replace(
            passage,
            text=veil(passage.text),
            source=replace(
                passage.source,
                location=shown_location(passage.source.location, passage.source.title),
                title=veil(passage.source.title),
            ),
        )
        for passage in answer.citations
    )
    return replace(said, value=veil(said.value), title=veil(said.title), citations=citations)


def _drawn(document: Mapping[str, Any], veil: Veil) -> dict[str, Any]:
    """What the picture of the plan is drawn from."""
    return {
        "run": {"id": document["run"]["id"], "status": document["run"]["status"]},
        "steps": veil(document["steps"]),
        "calls": veil(document["calls"]),
        "model_calls": [],
        "events": [{name: event[name] for name in _DRAWN} for event in document["events"]],
    }
