"""The plan of a run as a tree, and its calls on a common line of time."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.bar import Bar
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from service.legible import legible, legible_arguments, legible_value

Data = Mapping[str, Any]
"""Plain JSON, as in `TraceStore.document`."""

_SIGNS = {
    "done": ("✓", "green"),
    "failed": ("✗", "red"),
    "skipped": ("–", "yellow"),
    "running": ("…", "cyan"),
    "not ended": ("?", "magenta"),
    "waiting": ("·", "bright_black"),
    "not run": ("·", "bright_black"),
}
_BELOW = re.compile(r"[/\[]")
"""What stands in an id before a step of a sub-run, or the number of an element."""
_DEEPEST = 6
"""Steps below this level stand side by side: a long chain must not run out of the page."""
_ARGUMENTS_SHOWN, _VALUE_SHOWN, _PROBLEM_SHOWN = 160, 200, 400
"""Characters."""
_SHORTEST_BAR = 1 / 60
"""Of the run: what took no time is still seen."""


class RunningTime:
    """Seconds of a run. The time between a crash and the resumption is cut out."""

    def __init__(self, events: Sequence[Data]) -> None:
        """Of the run's log."""
        self._stretches: list[tuple[datetime, float]] = []
        self.total = 0.0
        latest: datetime | None = None
        for event in events:
            at = datetime.fromisoformat(event["at"])
            if event["kind"] == "run_started":
                self._stretches.append((at, self.total))
            elif latest is not None and self._stretches:
                self.total += max(0.0, (at - latest).total_seconds())
            latest = at

    def at(self, moment: str | None) -> float:
        """Of an ISO 8601 moment; the run's end for what has not come yet."""
        if moment is None:
            return self.total
        at = datetime.fromisoformat(moment)
        for start, before in reversed(self._stretches):
            if at >= start:
                return min(self.total, before + (at - start).total_seconds())
        return 0.0


class PlanView:
    """Draws the plan of one document."""

    def __init__(self, document: Data, time: RunningTime) -> None:
        """Nothing is drawn yet."""
        self._steps: Sequence[Data] = document["steps"]
        self._inputs = {step["id"]: step["inputs"] for step in self._steps}
        self._events: Sequence[Data] = document["events"]
        self._time = time
        self._alive = document["run"]["status"] == "running"
        self._calls = {call["id"]: call for call in document["calls"]}
        self.elements: defaultdict[str, list[Data]] = defaultdict(list)
        """The calls of a step that has one for each element of a list, in the list's order."""
        for call in sorted(document["calls"], key=lambda call: _number(call["id"])):
            if call["id"] != call["step"]:
                self.elements[call["step"]].append(call)
        self._tokens = _tokens(document["model_calls"])

    def tree(self) -> RenderableType | None:
        """Each step below the input that it waited for longest; elements below their step."""
        if not self._steps:
            return None
        root = Tree("", hide_root=True, guide_style="bright_black")
        places = {"": (root, root, 0)}
        """Each step's own node, the node that it hangs on, and its level."""
        for step in self._steps:
            parent = self._last_input(step["id"], among=places) or step["within"] or ""
            own, above, level = places[parent]
            beside = level >= _DEEPEST
            holder = above if beside else own
            node = holder.add(self._label(step, step["id"], _marks(step, beside=beside)))
            places[step["id"]] = (node, holder, level if beside else level + 1)
            for element in self.elements[step["id"]]:
                below = node.add(self._label({**step, "arguments": {}}, element["id"], ""))
                places[element["id"]] = (below, node, level + 2)
        return root

    def timeline(self) -> RenderableType | None:
        """A row for each phase and for each call that began."""
        rows = [*self._phase_rows(), *self._call_rows()]
        if not rows or not self._time.total:
            return None
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=16)
        table.add_column(ratio=1)
        table.add_column(no_wrap=True, justify="right")
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=24)
        for name, start, end, style, waited in rows:
            least = self._time.total * _SHORTEST_BAR
            shown = min(start, self._time.total - least)
            bar = Bar(self._time.total, shown, max(end, shown + least), color=style)
            table.add_row(name, bar, f"{start:.2f} – {end:.2f} s", waited)
        return table

    def _phase_rows(self) -> Iterator[tuple[Text, float, float, str, str]]:
        """A phase lasts until the next begins."""
        phases = [event for event in self._events if event["kind"] == "phase_started"]
        ends = [*(phase["at"] for phase in phases), None][1:]
        for phase, following in zip(phases, ends, strict=True):
            name = f"{legible(phase['phase'])} {phase['round']}"
            start, end = self._time.at(phase["at"]), self._time.at(following)
            yield Text(name, "bright_black"), start, end, "bright_black", ""

    def _call_rows(self) -> Iterator[tuple[Text, float, float, str, str]]:
        """In the order in which they began."""
        for call in self._calls.values():
            if call["started_at"] is not None:
                sign, style = _SIGNS[self.state(call["id"])]
                name = Text.assemble((f"{sign} ", style), call["id"])
                start, end = self._time.at(call["started_at"]), self._time.at(call["ended_at"])
                waited = self._last_input(call["step"], among=self._calls)
                yield name, start, end, style, f"waited for {waited}" if waited else ""

    def _last_input(self, step: str, *, among: Mapping[str, Any]) -> str:
        """The input that ended last; '' when the step has none."""

        def ended(name: str) -> float:
            call = self._calls.get(name)
            return self._time.at(call["ended_at"] if call else None)

        known = (name for name in self._inputs.get(step, ()) if name in among)
        return max(known, key=ended, default="")

    def _label(self, step: Data, name: str, marks: str) -> RenderableType:
        """A line for what was to be done, a line for what came of it."""
        call = self._calls.get(name, {})
        first = Text(no_wrap=True, overflow="ellipsis")
        first.append(name, "bold").append(f" {legible(step['tool'])} ", "cyan")
        first.append(f"({marks}) " if marks else "", "bright_black")
        arguments = call.get("arguments") or step["arguments"]
        return Group(first.append(legible_arguments(arguments, _ARGUMENTS_SHOWN)), self._end(name))

    def _end(self, name: str) -> Text:
        """A value is cut at the line's end; why something failed is told whole."""
        call, state = self._calls.get(name, {}), self.state(name)
        sign, style = _SIGNS[state]
        text = Text.assemble((f"{sign} {state}", style))
        if call.get("reused"):
            text.append(", reused")
        if call.get("attempt", 0) > 1:
            text.append(f" at attempt {call['attempt']}")
        if self._tokens[name]:
            text.append(f" ({self._tokens[name]:,} tokens)")
        if state == "done":
            text.no_wrap, text.overflow = True, "ellipsis"
            cut = f" (cut short: {legible(call['error'])})" if call["error"] else ""
            return text.append(f": {legible_value(call['value'], _VALUE_SHOWN)}{cut}")
        if state in ("failed", "skipped"):
            return text.append(f": {legible(call['error'], _PROBLEM_SHOWN)}")
        return text

    def state(self, name: str) -> str:
        """The outcome, or why there is none."""
        call = self._calls.get(name, {})
        if call.get("outcome"):
            return str(call["outcome"])
        if call.get("started_at") or self.elements.get(name):
            return "running" if self._alive else "not ended"
        return "waiting" if self._alive else "not run"


def _marks(step: Data, *, beside: bool) -> str:
    """What the place in the tree does not tell."""
    marks = [f"for each of {step['for_each']}"] if step["for_each"] else []
    if len(step["inputs"]) > 1 or (beside and step["inputs"]):
        marks.append(f"needs {', '.join(step['inputs'])}")
    if step["optional"]:
        marks.append("optional")
    if step["condition"]:
        marks.append(f"when {legible(step['condition'])}")
    return "; ".join(marks)


def _tokens(model_calls: Sequence[Data]) -> Mapping[str, int]:
    """By step, with all its elements and sub-runs, and by element."""
    tokens: defaultdict[str, int] = defaultdict(int)
    for asked in model_calls:
        name = asked["step"] or ""
        ends = (*(cut.start() for cut in _BELOW.finditer(name)), len(name))
        for place in {name[:end] for end in ends}:
            tokens[place] += asked["prompt_tokens"] + asked["completion_tokens"]
    return tokens


def _number(call: str) -> int:
    """The place of an element in its list."""
    found = re.search(r"\[(\d+)\]$", call)
    return int(found[1]) if found else -1
