"""The calls of a run as items of a response: a fold over its events.

The same events always give the same items in the same order, whoever folds them and when: an item
begins with the first start of a call, and ends with its first end. A run that is taken up again
starts some calls once more, and says again which steps there are; that changes nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from service.api.places import GrowingVeil
from service.settings import Settings
from storage import Logged, ResponseRecord, RunRecord

Item = dict[str, Any]
Kind = Literal["web_search_call", "file_search_call", "code_interpreter_call", "mcp_call"]
_PREFIXES: Mapping[Kind, str] = {
    "web_search_call": "ws",
    "file_search_call": "fs",
    "code_interpreter_call": "ci",
    "mcp_call": "mcp",
}
_LOOKING = ("lookup", "search", "crosscheck", "which", "find")
_LONGEST_OUTPUT = 4000
"""Characters of what a tool gave."""


@dataclass
class Change:
    """An item began, or ended."""

    place: int
    """Among the items."""
    item: Item
    ended: bool


@dataclass
class Items:
    """Those of one run."""

    response: ResponseRecord
    searches_web: bool
    """Whether look-ups ask the web."""
    most: int | None
    """Items at most; a call behind them is none."""
    servers: tuple[str, ...]
    """Names of MCP servers: their tools are named `SERVER_TOOL`."""
    with_results: bool
    """Whether searches of documents tell what they found."""
    veil: GrowingVeil
    items: list[Item] = field(default_factory=list)
    _places: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, response: ResponseRecord, run: RunRecord, settings: Settings) -> "Items":
        """Of a run that has told nothing yet."""
        request, options = response.request, run.options
        wished = options.get("web") or (options.get("files") is None and options.get("search"))
        return cls(
            response,
            bool(wished),
            request.get("max_tool_calls"),
            tuple(settings.mcp),
            "file_search_call.results" in (request.get("include") or ()),
            GrowingVeil(run, settings),
        )

    def take(self, logged: Logged) -> list[Change]:
        """What an event changes. To be given every event, in order."""
        told = self.veil(logged)
        if logged.kind == "step_started":
            return self._started(told)
        if logged.kind == "step_ended":
            return self._ended(told)
        if logged.kind == "run_ended":
            return [self._end(place, "incomplete") for place in sorted(self._places.values())]
        return []

    def _started(self, told: Mapping[str, Any]) -> list[Change]:
        """The first start of a call makes an item."""
        kind = self._kind(str(told.get("tool")))
        full = self.most is not None and len(self.items) >= self.most
        seen = any(item["breadth_call"] == told["id"] for item in self.items)
        if kind is None or full or seen:
            return []
        place = len(self.items)
        item = self._item(kind, place, told)
        self.items.append(item)
        self._places[told["id"]] = place
        return [Change(place, dict(item), ended=False)]

    def _ended(self, told: Mapping[str, Any]) -> list[Change]:
        """The first end of a call ends its item."""
        place = self._places.get(told["id"])
        if place is None:
            return []
        self._fill(self.items[place], told)
        return [self._end(place, "completed" if told.get("outcome") == "done" else "failed")]

    def _end(self, place: int, status: str) -> Change:
        item = self.items[place]
        item["status"] = status
        self._places = {call: other for call, other in self._places.items() if other != place}
        return Change(place, dict(item), ended=True)

    def _kind(self, tool: str) -> Kind | None:
        """What the interface calls it; None: it is our own business."""
        if tool in _LOOKING:
            return "web_search_call" if self.searches_web else "file_search_call"
        if tool == "read":
            return "web_search_call" if self.searches_web else None
        if tool == "python":
            return "code_interpreter_call"
        if any(tool.startswith(f"{name}_") for name in self.servers):
            return "mcp_call"
        return None

    def _item(self, kind: Kind, place: int, told: Mapping[str, Any]) -> Item:
        """One that has begun."""
        arguments = told.get("arguments") or {}
        asked = str(arguments.get("question") or arguments.get("query") or "")
        name = f"{_PREFIXES[kind]}_{self.response.run}_{place}"
        item: Item = {"id": name, "type": kind, "status": "in_progress", "breadth_call": told["id"]}
        if kind == "web_search_call":
            searched: Item = {"type": "search", "query": asked, "queries": [asked], "sources": []}
            opened: Item = {"type": "open_page", "url": str(arguments.get("location", ""))}
            return item | {"action": opened if told.get("tool") == "read" else searched}
        if kind == "file_search_call":
            return item | {"queries": [asked], "results": None}
        if kind == "code_interpreter_call":
            code = str(arguments.get("code", ""))
            return item | {"code": code, "container_id": self.response.run, "outputs": None}
        label = next(one for one in self.servers if str(told["tool"]).startswith(f"{one}_"))
        return item | {
            "server_label": label,
            "name": str(told["tool"]).removeprefix(f"{label}_"),
            "arguments": json.dumps(arguments, ensure_ascii=False),
            "output": None,
            "error": None,
        }

    def _fill(self, item: Item, told: Mapping[str, Any]) -> None:
        """With what came of the call."""
        sources, value, error = told.get("sources") or [], told.get("value"), told.get("error")
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        text = text[:_LONGEST_OUTPUT]
        match item["type"]:
            case "web_search_call" if item["action"]["type"] == "search":
                found = [{"type": "url", "url": each["url"]} for each in sources]
                item["action"] = item["action"] | {"sources": found}
            case "file_search_call" if self.with_results:
                item["results"] = [
                    {"file_id": each["url"], "filename": each["url"], "text": each["title"]}
                    for each in sources
                ]
            case "code_interpreter_call":
                item["outputs"] = [{"type": "logs", "logs": error or text}]
            case "mcp_call":
                item["output"] = None if error else text
                item["error"] = (
                    {"type": "mcp_protocol_error", "code": 0, "message": error} if (error) else None
                )
