"""Layers of agents, each of which reads the whole layer before it."""

import re
from collections.abc import Sequence
from itertools import cycle

from inference import as_data
from reasoning.agents import Agent, begun, discussed, opening, team, turn
from reasoning.attempts import Attempt, Samples, Task
from reasoning.judging import agreed, numbers
from reasoning.methods.merging import merged
from reasoning.methods.voting import voted
from reasoning.policies import ROLES, TOOLS, WAYS
from reasoning.registry import Crew, method, require
from reasoning.workspace import Ask, Made, Workspace, cut, shown

_SYNTHESISE = (
    "These are answers of several agents; some of what they say may be wrong or biased. Weigh them "
    "critically, and write one answer that is better than each of them."
)
_SEEN = 400
"""Characters of an answer that is only compared with others."""


@method(
    "mixture-of-agents",
    "2406.04692",
    calls="max(proposers, models) * (attempt + layers - 2) + 1",
    rounds="attempt + layers - 1",
    when="open answers, and several models of which each knows something else",
    alias="moa",
)
def mixture_of_agents(
    crew: Crew,
    proposers: int = 6,
    layers: int = 3,
    models: tuple[str, ...] = (),
    attempt: Attempt | None = None,
) -> Attempt:
    """Layers of proposers, each of whom reads the whole layer before, and an aggregator at the end

    `layers`: the aggregator is the last one. `models`: a proposer for each; else the method's own
    model proposes.
    """
    require(proposers >= 1 and layers >= 2, "proposers must be at least 1, layers at least 2")
    members = team(crew, proposers, models)

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        left, made = await begun(workspace, members, attempt=attempt)

        async def asking(made: Sequence[Made]) -> list[Ask]:
            return [_reading(task, one, made) for one in left]

        made = await discussed(workspace, left, made, layers - 2, asking)
        return await _aggregated(workspace, made, at_round=layers)

    return run


@method(
    "sparse-moa",
    "2411.03284",
    calls="(max(proposers, models) + 2) * layers + 1",
    rounds="3 * layers + 1",
    when="as mixture-of-agents, for less: few answers are read on, and it stops when they agree",
)
def sparse_moa(
    crew: Crew, proposers: int = 6, layers: int = 3, k: int = 3, models: tuple[str, ...] = ()
) -> Attempt:
    """Layers of proposers in roles, of which a judge keeps the best k and a moderator ends it early

    `layers`: of proposers. The next layer, and in the end the aggregator, reads what was kept.
    """
    require(proposers >= 1 and layers >= 1, "proposers and layers must be at least 1")
    require(k >= 1, "k must be at least 1")
    members = team(crew, proposers, models, ROLES)

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        left, made = await begun(workspace, members)
        kept = await _kept(workspace, made, k)
        for number in range(2, layers + 1):
            if await _settled(workspace, kept):
                break
            try:
                asks = [_reading(task, one, kept) for one in left]
                said = await turn(workspace, left, asks, at_round=number)
            except task.tolerated:
                break
            kept = await _kept(workspace, [one for one in said if one], k)
        return await _aggregated(workspace, kept, at_round=layers + 1)

    return run


@method(
    "tumix",
    "2510.01279",
    calls="3 * agents * rounds + rounds",
    rounds="4 * rounds",
    when="hard questions, with agents that have different tools",
)
def tumix(crew: Crew, agents: int = 15, rounds: int = 5, least: int = 2) -> Attempt:
    """Agents with different tools answer round by round, all reading all, until a judge stops them

    The crew's own agents, that use what there is, take their seats by turns, each time in another
    way; without any, policies tell agents of the one model to work with words, a program, facts or
    both. At least `least` rounds; the last one votes.
    """
    require(agents >= 1, "agents must be at least 1")
    require(1 <= least <= rounds, "least must be at least 1, and at most as many as rounds")
    members = _tooled(crew, agents)

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        left, made = await begun(workspace, members)
        done = 1

        async def asking(made: Sequence[Made]) -> list[Ask]:
            nonlocal done
            done += 1
            return [_reading(task, one, made) for one in left]

        async def enough(made: Sequence[Made]) -> bool:
            return done >= least and await _settled(workspace, made)

        return await voted(
            workspace, await discussed(workspace, left, made, rounds - 1, asking, until=enough)
        )

    return run


def _tooled(crew: Crew, agents: int) -> list[Agent]:
    """Those of the crew by turns; else those that policies tell apart."""
    if not crew.agents:
        return team(crew, agents, policies=TOOLS)
    seats = []
    for place, (name, attempt) in zip(range(agents), cycle(crew.agents.items()), strict=False):
        lap = place // len(crew.agents)
        if not lap:
            seats.append(Agent(name, attempt=attempt))
            continue
        way, how = WAYS[lap % len(WAYS)]
        number = f" {lap // len(WAYS) + 1}" if lap >= len(WAYS) else ""
        seats.append(Agent(f"{name} {way}{number}", f"To answer, {how}", attempt=attempt))
    return seats


def _reading(task: Task, agent: Agent, made: Sequence[Made]) -> Ask:
    """The task, as the agent is to work on it, with what the layer before has said."""
    told = f"{shown(made, name='Answer')}\n\n{_SYNTHESISE}"
    saw = tuple(one.id for one in made)
    return Ask(opening(task, agent, told).messages, saw, alone=True)


async def _aggregated(workspace: Workspace, made: Sequence[Made], *, at_round: int) -> Samples:
    """One answer of a layer's; a layer of one is read, too."""
    return await merged(workspace, made, _SYNTHESISE, by="aggregator", at_round=at_round, least=1)


async def _kept(workspace: Workspace, made: Sequence[Made], k: int) -> list[Made]:
    """The best k, as a judge names them, filled up by the first; the others are out."""
    if len(made) <= k:
        return list(made)
    asked = (
        f"Question: {workspace.task.question}\n\n{shown(made, name='Answer')}\n\n"
        f"Which {k} of the {len(made)} answers are the best? Say their numbers alone, the best "
        "first."
    )
    try:
        said = await workspace.say(asked, max_tokens=8 * k, regex=numbers(len(made), k))
    except workspace.task.tolerated:
        said = ""
    named = [int(found) for found in re.findall(r"\d{1,4}", said)]
    order = [*(number for number in named if 1 <= number <= len(made)), *range(1, len(made) + 1)]
    best = set(list(dict.fromkeys(order))[:k])
    for number, one in enumerate(made, 1):
        if number not in best:
            workspace.mark(one, state="dropped")
    return [one for number, one in enumerate(made, 1) if number in best]


async def _settled(workspace: Workspace, made: Sequence[Made]) -> bool:
    """Whether another round would change nothing, as a moderator thinks. Not where it fails."""
    answers = "\n".join(cut(one.answer or one.text, _SEEN) for one in made)
    asked = (
        f"Question: {workspace.task.question}\n\nAnswers of {len(made)} agents:\n"
        f"{as_data(answers)}\n\n"
        "Do these answers agree so well that another round of discussion would change nothing? "
        "Say yes or no."
    )
    return await agreed(workspace, asked) > 0.5
