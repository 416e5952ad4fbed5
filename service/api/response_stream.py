"""The stream of a response: a fold over the events of its run, with numbers from 0.

The same run always gives the same events with the same numbers: a client that comes back with the
last number it has seen misses nothing and gets nothing twice, whatever process it comes to.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from service.api.chat_objects import pieces
from service.api.progress import Progress
from service.api.response_calls import Item
from service.api.response_items import Change, Items
from service.api.response_objects import message_of, response_object
from storage import Logged, ResponseRecord, RunRecord, RunState, Spent

Told = dict[str, Any]
"""An event, as it is sent."""
_STEPS: Mapping[str, tuple[str, ...]] = {
    "web_search_call": ("in_progress", "searching"),
    "file_search_call": ("in_progress", "searching"),
    "code_interpreter_call": ("in_progress", "interpreting"),
    "mcp_call": ("in_progress",),
}
"""What is told of a call when it begins."""
_WRITTEN: Mapping[str, tuple[str, str]] = {
    "code_interpreter_call": ("code_interpreter_call_code", "code"),
    "mcp_call": ("mcp_call_arguments", "arguments"),
    "function_call": ("function_call_arguments", "arguments"),
}
"""What is told of a call as if it were written piece by piece: the events, and the field."""


class Stream:
    """Of one response."""

    def __init__(self, response: ResponseRecord, items: Items, progress: Progress) -> None:
        """Nothing was told yet."""
        self._response = response
        self._items = items
        self._progress = progress
        self._number = 0
        self._working = False
        self.is_over = False

    def begin(self, run: RunRecord) -> list[Told]:
        """Before the first event of the run."""
        told = self._whole(run, "queued")
        return [
            self._numbered("response.created", response=told),
            self._numbered("response.queued", response=told),
        ]

    def take(self, logged: Logged, run: RunRecord) -> list[Told]:
        """What an event brings. To be given every event, in order. `run`: as it is now."""
        if self.is_over:
            return []
        told: list[Told] = []
        if logged.kind == "run_started" and not self._working:
            self._working = True
            told.append(
                self._numbered("response.in_progress", response=self._whole(run, "running"))
            )
        if (news := self._progress.of(logged)) is not None:
            told.append(self._numbered(f"breadth:{news.pop('type')}", **news))
        for change in self._items.take(logged):
            told += self._ended(change) if change.ended else self._begun(change)
        self.is_over = logged.kind == "run_ended"  # a run that ends and goes on has been told
        return told

    def end(self, run: RunRecord, spent: Spent) -> list[Told]:
        """Behind the last event: the message, and how it ended."""
        message, _ = message_of(self._response, run)
        told = list(self._said(message)) if message else []
        whole = response_object(self._response, run, self._items.items, spent)
        return [*told, self._numbered(f"response.{whole['status']}", response=whole)]

    def broken(self, code: str, message: str) -> Told:
        """The stream ends here, and may be taken up again: it has the number of the last event."""
        told = {"type": "error", "code": code, "message": message, "param": None}
        return told | {"sequence_number": max(self._number - 1, 0)}

    def _whole(self, run: RunRecord, status: RunState) -> Told:
        """The response as it was then: the same, whatever became of it."""
        then = replace(run, status=status, answer=None, reason=None, ended_at=None)
        return response_object(self._response, then, (), None)

    def _begun(self, change: Change) -> Iterator[Told]:
        """A call, or a reasoning."""
        item, where = change.item, self._where(change)
        events, field = _WRITTEN.get(item["type"], ("", ""))
        empty: Told = {field: ""} if field else {}
        if item["type"] == "reasoning":
            empty = {"summary": [], "status": "in_progress"}
        yield self._numbered(
            "response.output_item.added", output_index=change.place, item=item | empty
        )
        for step in _STEPS.get(item["type"], ()):
            yield self._numbered(f"response.{item['type']}.{step}", **where)
        if events:
            yield self._numbered(f"response.{events}.delta", **where, delta=item[field])
            yield self._numbered(f"response.{events}.done", **where, **{field: item[field]})
        if item["type"] == "reasoning":
            yield from self._summed_up(item, where)

    def _summed_up(self, item: Item, where: Told) -> Iterator[Told]:
        """The one part of a reasoning."""
        part, place = item["summary"][0], where | {"summary_index": 0}
        text, kind = part["text"], "response.reasoning_summary"
        yield self._numbered(f"{kind}_part.added", **place, part=part | {"text": ""})
        yield self._numbered(f"{kind}_text.delta", **place, delta=text)
        yield self._numbered(f"{kind}_text.done", **place, text=text)
        yield self._numbered(f"{kind}_part.done", **place, part=part)

    def _ended(self, change: Change) -> Iterator[Told]:
        """A call, or a reasoning."""
        item = change.item
        if item["type"] in _STEPS:
            failed = item["type"] == "mcp_call" and item["status"] == "failed"
            kind = f"response.{item['type']}.{'failed' if failed else 'completed'}"
            yield self._numbered(kind, **self._where(change))
        yield self._numbered("response.output_item.done", output_index=change.place, item=item)

    def _where(self, change: Change) -> Told:
        return {"item_id": change.item["id"], "output_index": change.place}

    def _said(self, message: Item) -> Iterator[Told]:
        """The message, piece by piece."""
        place, part = len(self._items.items), message["content"][0]
        empty = part | {"text": "", "annotations": []}
        begun = message | {"status": "in_progress", "content": []}
        yield self._numbered("response.output_item.added", output_index=place, item=begun)
        where = {"item_id": message["id"], "output_index": place, "content_index": 0}
        yield self._numbered("response.content_part.added", **where, part=empty)
        for piece in pieces(part["text"]):
            yield self._numbered("response.output_text.delta", **where, delta=piece, logprobs=[])
        for number, note in enumerate(part["annotations"]):
            yield self._numbered(
                "response.output_text.annotation.added",
                **where,
                annotation_index=number,
                annotation=note,
            )
        yield self._numbered("response.output_text.done", **where, text=part["text"], logprobs=[])
        yield self._numbered("response.content_part.done", **where, part=part)
        yield self._numbered("response.output_item.done", output_index=place, item=message)

    def _numbered(self, kind: str, **fields: Any) -> Told:
        told = {"type": kind, "sequence_number": self._number, **fields}
        self._number += 1
        return told
