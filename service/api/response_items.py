"""The calls of a run as items of a response: a fold over its events.

The same events always give the same items in the same order, whoever folds them and when: an item
begins with the first start of a call, and ends with its first end. A run that is taken up again
starts some calls once more, and says again which steps there are; that changes nothing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.api.places import GrowingVeil
from service.api.response_calls import PREFIXES, Item, Naming, begun, ended
from service.settings import Settings
from service.wishes import Wishes
from storage import Logged, ResponseRecord, RunRecord


@dataclass(frozen=True, slots=True)
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
    naming: Naming
    most: int | None
    """Calls at most; one behind them is no item. Functions of the caller do not count."""
    with_results: bool
    """Whether searches of documents tell what they found."""
    veil: GrowingVeil
    items: list[Item] = field(default_factory=list)
    _calls: int = 0
    """That count."""
    _seen: set[str] = field(default_factory=set)
    """Calls that have begun."""
    _open: dict[str, int] = field(default_factory=dict)
    """The places of calls that have not ended."""
    _lines: dict[str, str] = field(default_factory=dict)
    """Each step of the plan, in words."""
    _planned: set[str] = field(default_factory=set)
    """Steps that were told, and rounds."""
    _answered: frozenset[tuple[str, str]] = frozenset()
    """Functions and arguments of which the caller has said what they give."""
    _over: bool = False

    @classmethod
    def of(
        cls,
        response: ResponseRecord,
        run: RunRecord,
        settings: Settings,
        include: Sequence[str] = (),
    ) -> "Items":
        """Of a run that has told nothing yet. `include`: besides what the request names."""
        wishes = Wishes.from_options(run.options)
        web = bool(wishes.web or (wishes.files is None and run.options.get("search")))
        servers = (*settings.mcp, *_named(wishes.servers, "label"))
        return cls(
            response,
            Naming(web, servers, frozenset(_named(wishes.functions, "name"))),
            response.request.get("max_tool_calls"),
            "file_search_call.results" in {*include, *(response.request.get("include") or ())},
            GrowingVeil(run, settings),
            _answered=frozenset(map(_key, wishes.outputs or ())),
        )

    @property
    def functions(self) -> tuple[Item, ...]:
        """Calls that the caller is to make."""
        return tuple(item for item in self.items if item["type"] == "function_call")

    def take(self, logged: Logged) -> list[Change]:
        """What an event changes. To be given every event, in order."""
        if self._over:
            return []
        told = self.veil(logged)
        match logged.kind:
            case "step_added":
                self._lines.setdefault(told["id"], _line(told))
            case "plan_ended":
                return self._plan(told)
            case "step_started":
                return self._started(told)
            case "step_ended":
                return self._ended(told)
            case "run_ended":
                self._over = True
                return [self._cut(call) for call in [*self._open]]
        return []

    def _plan(self, told: Mapping[str, Any]) -> list[Change]:
        """What a round of planning came to, as a reasoning; a round that is made anew is not told
        again."""
        number = f"round {told.get('round')}"
        lines = [self._lines[name] for name in told.get("steps") or () if name in self._lines]
        if number in self._planned or not lines:
            return []
        self._planned.add(number)
        place = len(self.items)
        summary = {"type": "summary_text", "text": "\n".join(lines)}
        item = {"id": f"rs_{self.response.run}_{place}", "type": "reasoning", "summary": [summary]}
        item["status"] = "completed"
        self.items.append(item)
        return [Change(place, item, ended=False), Change(place, item, ended=True)]

    def _started(self, told: Mapping[str, Any]) -> list[Change]:
        """The first start of a call makes an item."""
        kind, call = self.naming.kind(told), str(told["id"])
        counts = kind != "function_call"
        full = counts and self.most is not None and self._calls >= self.most
        known = kind == "function_call" and _key({"name": told["tool"], **told}) in self._answered
        if kind is None or full or known or call in self._seen:
            return []
        self._seen.add(call)
        self._calls += counts
        place = len(self.items)
        self._open[call] = place
        item = begun(kind, f"{PREFIXES[kind]}_{self.response.run}_{place}", told, self.naming)
        self.items.append(item)
        return [Change(place, item, ended=False)]

    def _ended(self, told: Mapping[str, Any]) -> list[Change]:
        """The first end of a call ends its item."""
        call = str(told["id"])
        if call not in self._open:
            return []
        item = self.items[self._open[call]]
        return [self._end(call, ended(item, told, with_results=self.with_results))]

    def _cut(self, call: str) -> Change:
        """The run has ended before the call. One of the caller's is whole: it is theirs to make;
        behind one that is `incomplete` no item may stand."""
        kind = self.items[self._open[call]]["type"]
        return self._end(call, {"status": "completed" if kind == "function_call" else "failed"})

    def _end(self, call: str, changes: Mapping[str, Any]) -> Change:
        place = self._open.pop(call)
        self.items[place] = self.items[place] | dict(changes)
        return Change(place, self.items[place], ended=True)


def _line(told: Mapping[str, Any]) -> str:
    """A step in words."""
    arguments: Mapping[str, Any] = told.get("arguments") or {}
    said = [str(value) for value in arguments.values() if isinstance(value, str)]
    return f"{told['id']}: {told.get('tool')}: {'; '.join(said)}"


def _key(call: Any) -> tuple[str, str]:
    """The same for the same function with the same arguments."""
    return str(call["name"]), json.dumps(call.get("arguments") or {}, sort_keys=True)


def _named(given: list[Any] | None, name: str) -> tuple[str, ...]:
    return tuple(str(one[name]) for one in given or () if isinstance(one, dict) and name in one)
