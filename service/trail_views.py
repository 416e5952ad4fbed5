"""How a method's trail looks on a terminal: its rounds, its candidates, and who saw whom."""

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from service.legible import legible
from service.plan_views import Data

_SHOWN = 60
"""Characters of a candidate's answer, or of its text where it has none."""
_MOST = 60
"""Candidates of a step."""
_SIGNS = {
    "chosen": ("✓", "green", "chosen"),
    "dropped": ("–", "yellow", "gone on without"),
    "stopped": ("⊘", "yellow", "ended before its own end"),
}
"""Of a state: its sign, style and meaning."""


def reasoning(events: Sequence[Data]) -> RenderableType | None:
    """The trail of each step that had one."""
    drawn: list[RenderableType] = []
    for event in events:
        if event["kind"] == "reasoned":
            drawn += [Text(f"{event['step']}", "bold"), _candidates(event["candidates"])]
    return Group(*drawn) if drawn else None


def _candidates(candidates: Sequence[Data]) -> RenderableType:
    """A line each, by round."""
    table = Table(box=None, pad_edge=False, header_style="bright_black")
    table.add_column("round", justify="right", no_wrap=True)
    for name in ("", "candidate"):
        table.add_column(name, no_wrap=True)
    scored = any(one["score"] is not None for one in candidates)
    named = any(one["by"] for one in candidates)
    for name in (*(("score",) if scored else ()), *(("by",) if named else ())):
        table.add_column(name, no_wrap=True)
    table.add_column("says")
    table.add_column("saw")
    for one in candidates[:_MOST]:
        table.add_row(*_cells(one, scored=scored, named=named))
    if len(candidates) > _MOST:
        table.add_row("", "", f"and {len(candidates) - _MOST} more")
    there = {one["state"] for one in candidates[:_MOST]}
    meant = [f"{sign} {means}" for state, (sign, _, means) in _SIGNS.items() if state in there]
    return Group(table, Text("   ".join(meant), "bright_black"))


def _cells(one: Data, *, scored: bool, named: bool) -> list[Any]:
    """Of one candidate."""
    sign, style, _ = _SIGNS.get(one["state"], ("·", "", ""))
    said = one["answer"] if one["answer"] is not None else " ".join(one["text"].split())
    score = "" if one["score"] is None else f"{one['score']:.2f}"
    return [
        f"{one['round']}",
        Text(sign, style),
        one["id"],
        *([score] if scored else []),
        *([Text(legible(one["by"], _SHOWN))] if named else []),
        Text(legible(said, _SHOWN), "bold" if one["state"] == "chosen" else ""),
        ", ".join(one["saw"]),
    ]
