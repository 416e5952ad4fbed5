"""The stream of a response: a fold over the events of its run, with numbers from 0.

The same run always gives the same events with the same numbers: a client that comes back with the
last number it has seen misses nothing and gets nothing twice, whatever process it comes to.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from service.api.chat_objects import pieces
from service.api.progress import Progress
from service.api.response_items import Change, Item, Items
from service.api.response_objects import message_of, response_object, shown
from service.api.spending import Spent
from storage import Logged, ResponseRecord, RunRecord

Told = dict[str, Any]
"""An event, as it is sent."""
_STEPS: Mapping[str, tuple[str, ...]] = {
    "web_search_call": ("in_progress", "searching"),
    "file_search_call": ("in_progress", "searching"),
    "code_interpreter_call": ("in_progress", "interpreting"),
    "mcp_call": ("in_progress",),
}
"""What is told of a call when it begins."""


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
                self._numbered("response.in_progress", response=self._whole(run, "in_progress"))
            )
        if (news := self._progress.of(logged)) is not None:
            told.append(self._numbered(f"response.breadth.{news.pop('type')}", **news))
        for change in self._items.take(logged):
            told += self._ended(change) if change.ended else self._begun(change)
        return told

    def end(self, run: RunRecord, spent: Spent) -> list[Told]:
        """Behind the last event: the message, and how it ended."""
        self.is_over = True
        message, _ = message_of(self._response, run)
        told = list(self._said(message)) if message else []
        whole = response_object(self._response, run, self._items.items, spent)
        return [*told, self._numbered(f"response.{whole['status']}", response=whole)]

    def _whole(self, run: RunRecord, status: str) -> Told:
        """The response as it was then."""
        then = response_object(self._response, run, (), None)
        nothing: Told = {
            "output": [],
            "error": None,
            "incomplete_details": None,
            "completed_at": None,
        }
        return then | nothing | {"status": status}

    def _begun(self, change: Change) -> Iterator[Told]:
        """A call."""
        item, where = change.item, self._where(change)
        yield self._numbered(
            "response.output_item.added", output_index=change.place, item=shown(item)
        )
        for step in _STEPS[item["type"]]:
            yield self._numbered(f"response.{item['type']}.{step}", **where)
        if item["type"] == "code_interpreter_call":
            for kind, name in (("delta", "delta"), ("done", "code")):
                event = f"response.code_interpreter_call_code.{kind}"
                yield self._numbered(event, **where, **{name: item["code"]})
        if item["type"] == "mcp_call":
            for kind, name in (("delta", "delta"), ("done", "arguments")):
                event = f"response.mcp_call_arguments.{kind}"
                yield self._numbered(event, **where, **{name: item["arguments"]})

    def _ended(self, change: Change) -> Iterator[Told]:
        """A call."""
        item = change.item
        kind = (
            "failed" if item["type"] == "mcp_call" and item["status"] == "failed" else ("completed")
        )
        yield self._numbered(f"response.{item['type']}.{kind}", **self._where(change))
        yield self._numbered(
            "response.output_item.done", output_index=change.place, item=shown(item)
        )

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
