"""Agents who answer, read one another, and answer again."""

import re
from collections.abc import Sequence

from inference import Message, as_data
from reasoning.agents import (
    Agent,
    begun,
    discussed,
    opening,
    others_of,
    reading_others,
    team,
    unanimous,
)
from reasoning.answers import tallied
from reasoning.attempts import Attempt, Samples, Task
from reasoning.methods.voting import voted
from reasoning.registry import Crew, method, require
from reasoning.workspace import Ask, Made, Workspace, cut

_UPDATE = (
    "Use the reasoning of the other agents as advice: check your answer and theirs step by step, "
    "and answer the question again."
)
_HOW_SURE = "How sure are you that your answer is right? Say a number from 0.0 to 1.0 alone."
_SURE = r"0\.[0-9]|1\.0"
_CONFIDENCE = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(%|/\s*100?\b)?")
_EXPLAINED = 600
"""Characters of an explanation."""


@method(
    "debate",
    "2305.14325",
    calls="max(agents, models) * (attempt + rounds - 1)",
    rounds="attempt + rounds - 1",
    when="questions of fact or reasoning on which samples differ",
)
def debate(
    crew: Crew,
    agents: int = 3,
    rounds: int = 2,
    models: tuple[str, ...] = (),
    attempt: Attempt | None = None,
) -> Attempt:
    """Agents answer, read what the others say, and answer again; the last round votes

    `rounds`: the first one counts. `models`: an agent for each.
    """
    require(agents >= 1 and rounds >= 1, "agents and rounds must be at least 1")
    members = team(crew, agents, models)

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        left, made = await begun(workspace, members, attempt=attempt)

        async def asking(made: Sequence[Made]) -> list[Ask]:
            return [
                reading_others(task, left[place], own, others_of(made, place), _UPDATE)
                for place, own in enumerate(made)
            ]

        return await voted(workspace, await discussed(workspace, left, made, rounds - 1, asking))

    return run


@method(
    "reconcile",
    "2309.13007",
    calls="2 * max(agents, models) * (rounds + 1)",
    rounds="2 * (rounds + 1)",
    when="several different models, none of which is right alone",
)
def reconcile(
    crew: Crew, agents: int = 3, rounds: int = 3, models: tuple[str, ...] = ()
) -> Attempt:
    """A round table of different models who say how sure they are, and a vote weighted by that

    Each round all see the answers in groups, with explanations and confidences; it ends when all
    agree. Without `models`, those of the crew that differ take their seats by turns.
    """
    require(agents >= 1 and rounds >= 0, "agents must be at least 1, rounds cannot be negative")
    members = _round_table(crew, agents, models)

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        left, made = await begun(workspace, members)
        sure: dict[str, float] = {}

        async def asking(made: Sequence[Made]) -> list[Ask]:
            await _say_how_sure(workspace, left, made, sure)
            told = await _grouped(workspace, made, [sure[one.id] for one in made])
            saw = tuple(one.id for one in made)
            return [Ask(opening(task, one, told).messages, saw, alone=True) for one in left]

        async def agreed(made: Sequence[Made]) -> bool:
            return await unanimous(workspace, made)

        made = await discussed(workspace, left, made, rounds, asking, until=agreed)
        await _say_how_sure(workspace, left, made, sure)
        weights = [calibrated(sure[one.id]) for one in made]
        for one, weight in zip(made, weights, strict=True):
            workspace.mark(one, score=weight)
        return await voted(workspace, made, weights)

    return run


def _round_table(crew: Crew, agents: int, models: Sequence[str]) -> list[Agent]:
    """One for each model that is named; else as many as wanted, of the crew's models by turns."""
    names = crew.different
    if models or not names:
        return team(crew, agents, models)
    return team(crew, agents, [names[place % len(names)] for place in range(agents)])


async def _say_how_sure(
    workspace: Workspace, agents: Sequence[Agent], made: Sequence[Made], sure: dict[str, float]
) -> None:
    """Each of its own answer, which it has before it; once of each."""
    fresh = [(agent, one) for agent, one in zip(agents, made, strict=True) if one.id not in sure]
    asks = [
        Ask(
            (Message("assistant", cut(one.text)), Message("user", _HOW_SURE)),
            model=agent.model,
            max_tokens=8,
            regex=_SURE,
        )
        for agent, one in fresh
    ]
    try:
        said = await workspace.write(asks, temperature=0.0)
    except workspace.task.tolerated:
        said = [()] * len(asks)
    for (_, one), samples in zip(fresh, said, strict=True):
        sure[one.id] = said_confidence(samples[0].text if samples else "")


async def _grouped(workspace: Workspace, made: Sequence[Made], confidences: Sequence[float]) -> str:
    """Which answers there are, who gives them, why, and how sure they are."""
    tally = await tallied(workspace.task.answers, [one.answer for one in made])
    lines = [f"{len(made)} agents have answered:"]
    for group in tally.ranked:
        reasons = "\n\n".join(
            f"(confidence {confidences[place]:g}) {cut(made[place].text, _EXPLAINED)}"
            for place in group.members
        )
        count = len(group.members)
        lines.append(f"{count} of {len(made)} answer {group.answer}:\n{as_data(reasons)}")
    lines.append("Weigh the explanations, and answer the question with your own reasons.")
    return "\n\n".join(lines)


def said_confidence(text: str) -> float:
    """How sure a reply says that its writer is, 0 to 1; 0.5 where it does not say."""
    found = _CONFIDENCE.search(text)
    if found is None:
        return 0.5
    value, unit = float(found[1]), "".join((found[2] or "").split())
    if unit == "/10":
        value /= 10
    elif unit or value > 1:
        value /= 100
    return min(1.0, value)


def calibrated(confidence: float) -> float:
    """The weight of a vote, since models say that they are surer than they are (ReConcile, 3.3)."""
    steps = ((1.0, 1.0), (0.9, 0.8), (0.8, 0.5))
    low = 0.3 if confidence > 0.6 else 0.1
    return next((weight for least, weight in steps if confidence >= least), low)
