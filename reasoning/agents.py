"""Agents: several who answer the same task, round by round, and read what the others say."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from inference import Message, Model, Sample
from reasoning.attempts import Attempt, Task
from reasoning.once import candidates
from reasoning.registry import Crew
from reasoning.workspace import Ask, Made, Workspace, cut, shown

_OWN = 2400
"""Characters of its own answer that an agent is shown."""


@dataclass(frozen=True, slots=True)
class Agent:
    """Who takes part."""

    name: str
    policy: str = ""
    """How it is to work: stands behind the question."""
    model: Model | None = None
    """None: the method's."""
    attempt: Attempt | None = None
    """Answers in the model's place."""


Asking = Callable[[Sequence[Made]], Awaitable[Sequence[Ask]]]
"""What each agent is asked in a round, from what all have said in the last one."""


def team(
    crew: Crew, n: int, models: Sequence[str] = (), policies: Sequence[tuple[str, str]] = ()
) -> list[Agent]:
    """n agents; or one for each of the models that are named.

    They take the policies (name, text) by turns. Raises ValueError for an unknown model.
    """
    named = [*zip(models, crew.models(models), strict=True)] if models else []
    agents = []
    for place in range(len(named) or n):
        model_name, model = named[place] if named else ("", None)
        name, policy = policies[place % len(policies)] if policies else ("", "")
        number = "" if policies and place < len(policies) else f" {place + 1}"
        agents.append(Agent(model_name or f"{name or 'agent'}{number}", policy, model))
    return agents


def opening(task: Task, agent: Agent, more: str = "") -> Ask:
    """The task itself, as the agent is to work on it; small models forget the form behind that."""
    told = [part for part in (agent.policy, more) if part]
    form = [task.answers.form] if task.answers.form else []
    return Ask(task.asking("\n\n".join([*told, *form])), alone=True) if told else Ask()


def reading_others(task: Task, agent: Agent, own: Made, others: Sequence[Made], order: str) -> Ask:
    """The task, the agent's own answer, and those of the others with what to do about them."""
    read = f"Answers of other agents:\n\n{shown(others, name='Agent')}" if others else ""
    told = "\n\n".join(part for part in (read, order, task.answers.form) if part)
    asked = opening(task, agent).messages or task.request.messages
    turns = (*asked, Message("assistant", cut(own.text, _OWN)), Message("user", told))
    return Ask(turns, saw=tuple(one.id for one in (own, *others)), alone=True)


async def begun(
    workspace: Workspace, agents: Sequence[Agent], *, attempt: Attempt | None = None
) -> tuple[list[Agent], list[Made]]:
    """The first round: who is left of the agents, and what they say.

    `attempt`: how they come to it, where they do not differ. Raises the first error where all fail.
    """
    alike = all(one.model is None and one.attempt is None and not one.policy for one in agents)
    if alike:
        made = await candidates(workspace, attempt, len(agents))
        return list(agents[: len(made)]), made
    said = await turn(workspace, agents, [opening(workspace.task, one) for one in agents])
    left = [(agent, made) for agent, made in zip(agents, said, strict=True) if made]
    return [agent for agent, _ in left], [made for _, made in left]


async def turn(
    workspace: Workspace, agents: Sequence[Agent], asks: Sequence[Ask], *, at_round: int = 1
) -> list[Made | None]:
    """What each says when it is asked, side by side; None for who fails with what is tolerated.

    Raises the first error where all fail.
    """
    first = (at_round - 1) * len(agents)
    said = await asyncio.gather(
        *(
            _said(workspace, agent, ask, first + place)
            for place, (agent, ask) in enumerate(zip(agents, asks, strict=True))
        ),
        return_exceptions=True,
    )
    failed = [one for one in said if isinstance(one, BaseException)]
    for error in failed:
        if len(failed) == len(said) or not isinstance(error, workspace.task.tolerated):
            raise error
    return [
        None
        if isinstance(one, BaseException)
        else workspace.keep(one[0], at_round=at_round, by=agent.name, saw=one[1])
        for agent, one in zip(agents, said, strict=True)
    ]


async def _said(
    workspace: Workspace, agent: Agent, ask: Ask, number: int
) -> tuple[Sample, tuple[str, ...]]:
    """By its model, or by its attempt; and what it was written from."""
    if agent.attempt is None:
        ((sample,),) = await workspace.write([replace(ask, model=agent.model)])
        return sample, ask.saw
    task = workspace.task
    messages = ask.messages if ask.alone else (*task.request.messages, *ask.messages)
    request = replace(
        task.request, messages=messages, head=min(task.request.head, len(messages) - 1)
    )
    samples = await agent.attempt(replace(task, request=request).nested(number))
    workspace.count(samples.usage)
    chosen = (samples.ids[samples.chosen],) if samples.ids else ()
    return samples.best, (*ask.saw, *chosen)


async def discussed(
    workspace: Workspace,
    agents: Sequence[Agent],
    made: Sequence[Made],
    rounds: int,
    asking: Asking,
    *,
    until: Callable[[Sequence[Made]], Awaitable[bool]] | None = None,
    first: int = 2,
) -> list[Made]:
    """What the agents say after up to so many rounds more, `first` being the number of the first.

    Who fails in a round, or names no answer any more, stays with what it said before; a round in
    which all fail ends the rounds. `until` is asked before each.
    """
    for number in range(first, first + rounds):
        try:
            if until is not None and await until(made):
                break
            said = await turn(workspace, agents, await asking(made), at_round=number)
        except workspace.task.tolerated:
            break
        made = [
            new if new and (new.answer is not None or old.answer is None) else old
            for new, old in zip(said, made, strict=True)
        ]
    return list(made)


def others_of(made: Sequence[Made], place: int) -> list[Made]:
    """All but the one at this place."""
    return [one for at, one in enumerate(made) if at != place]


async def unanimous(workspace: Workspace, made: Sequence[Made]) -> bool:
    """Whether all name an answer, and the same."""
    first = made[0].answer
    if first is None:
        return False
    same = workspace.task.answers.same
    return all([one.answer is not None and await same(first, one.answer) for one in made[1:]])
