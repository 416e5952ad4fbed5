"""Traces that tell one another, while they are written, how far they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from inference import Message
from reasoning.attempts import Attempt, Samples, Task
from reasoning.chunks import Hypotheses, Hypothesis
from reasoning.methods.voting import voted
from reasoning.registry import Crew, method, require
from reasoning.workspace import Ask, Made, Workspace

_ROUTES = ("dispersed", "clustered", "hybrid")
_SUMMARISE = (
    "Stop here. In a few sentences: which way have you taken, what have you found so far, and what "
    "is your answer, if you have one?"
)
_COMPARED = 2000
"""Characters of a summary by which its likeness to others is told."""


@method(
    "leap",
    "2505.07787",
    calls="n * (2 * rounds + 1)",
    rounds="2 * rounds + 1",
    when="long reasoning that goes wrong early and does not find back by itself",
)
def leap(
    crew: Crew,
    n: int = 4,
    every: int = 4096,
    summary: int = 256,
    peers: int = 4,
    routing: str = "dispersed",
    rounds: int = 4,
) -> Attempt:
    """Parallel traces stop every so many tokens and read what some of the others have found so far

    `every`: tokens between exchanges, of which there are at most `rounds`; fewer tokens where a
    sample has no room for all; `summary`: tokens of one summary at most; `peers`: summaries that a
    trace reads. `routing`: of the others those least like it (dispersed), those most like it
    (clustered), or half of each (hybrid).
    """
    require(n >= 1 and every >= 1, "n and every must be at least 1")
    require(summary >= 1 and peers >= 1, "summary and peers must be at least 1")
    require(rounds >= 0, "rounds cannot be negative")
    require(routing in _ROUTES, f"routing must be one of {', '.join(_ROUTES)}")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        room = task.request.max_tokens // (rounds + 1)
        traces = Hypotheses(workspace, n, chunk=min(every, max(1, room)))
        for _ in range(rounds):
            await traces.grow()
            if not traces.open:
                break
            told = await _told(workspace, traces, summary)
            for one in traces.open:
                _read(one, told, peers, routing)
        return await voted(workspace, await traces.finished())

    return run


@dataclass(frozen=True)
class _Told:
    """What a trace says of itself."""

    number: int
    made: Made


async def _told(workspace: Workspace, traces: Hypotheses, summary: int) -> list[_Told]:
    """Of each that is at work, side by side; those that cannot say are left out."""
    going = [one for one in traces.open if one.text.strip()]
    if len(going) < 2:  # nobody would read it
        return []
    asks = [
        Ask(
            (Message("assistant", one.text), Message("user", _SUMMARISE)),
            by=f"summary of {one.number}",
            max_tokens=summary,
            free=True,
        )
        for one in going
    ]
    try:
        said = await workspace.ask_each(asks, at_round=traces.round, temperature=0.0)
    except workspace.task.tolerated:
        return []
    return [
        _Told(one.number, made) for one, those in zip(going, said, strict=True) for made in those
    ]


def _read(one: Hypothesis, told: Sequence[_Told], peers: int, routing: str) -> None:
    """Put what some of the others say into a trace."""
    own = next((each.made.text for each in told if each.number == one.number), one.text)
    others = [each for each in told if each.number != one.number]
    chosen = routed(own, [each.made.text for each in others], peers, routing)
    if not chosen:
        return
    heard = "\n".join(f"- {' '.join(others[place].made.text.split())}" for place in chosen)
    one.hear(
        f"\n\nI have heard how far others are:\n{heard}\nLet me check this against my own way.\n\n",
        [others[place].made.id for place in chosen],
    )


def routed(own: str, others: Sequence[str], peers: int, routing: str) -> list[int]:
    """Places of the summaries that a trace reads, in their order; of equals, the first."""
    likeness = [
        SequenceMatcher(None, own[:_COMPARED], other[:_COMPARED], autojunk=False).ratio()
        for other in others
    ]
    least = sorted(range(len(others)), key=lambda place: likeness[place])
    most = sorted(range(len(others)), key=lambda place: -likeness[place])
    match routing:
        case "dispersed":
            chosen = least[:peers]
        case "clustered":
            chosen = most[:peers]
        case _:
            near = most[: (peers + 1) // 2]
            far = [place for place in least if place not in near]
            chosen = [*near, *far[: peers // 2]]
    return sorted(chosen)
