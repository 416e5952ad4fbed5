"""Agents: several who answer the same task, round by round, and read what the others say."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from inference import Message, Model
from reasoning.attempts import Attempt, Samples, Task, paragraphs
from reasoning.beside import surviving
from reasoning.once import candidates
from reasoning.registry import Crew
from reasoning.workspace import Ask, Made, Workspace, cut, shown


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
    return Ask(task.answering(*told), alone=True) if told else Ask()


def reading_others(task: Task, agent: Agent, own: Made, others: Sequence[Made], order: str) -> Ask:
    """The task, the agent's own answer, and those of the others with what to do about them."""
    read = f"Answers of other agents:\n\n{shown(others, name='Agent')}" if others else ""
    told = paragraphs(read, order, task.answers.form)
    asked = opening(task, agent).messages or task.request.messages
    turns = (*asked, Message("assistant", cut(own.text)), Message("user", told))
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
    pairs = list(zip(agents, asks, strict=True))
    said = await surviving(
        [_said(workspace, agent, ask) for agent, ask in pairs], workspace.task.tolerated
    )
    return [
        workspace.take(one, at_round=at_round, by=agent.name, saw=ask.saw) if one else None
        for (agent, ask), one in zip(pairs, said, strict=True)
    ]


async def _said(workspace: Workspace, agent: Agent, ask: Ask) -> Samples:
    """By its model, or by its attempt."""
    if agent.attempt is None:
        (samples,) = await workspace.write([replace(ask, model=agent.model)])
        return Samples(samples)
    asked = workspace.task.request
    messages = ask.messages if ask.alone else (*asked.messages, *ask.messages)
    request = replace(asked, messages=messages, head=min(asked.head, len(messages) - 1))
    return await workspace.inside(agent.attempt, request)


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
            new if new and (new.given or not old.given) else old
            for new, old in zip(said, made, strict=True)
        ]
    return list(made)


def others_of(made: Sequence[Made], place: int) -> list[Made]:
    """All but the one at this place."""
    return [one for at, one in enumerate(made) if at != place]


async def unanimous(workspace: Workspace, made: Sequence[Made]) -> bool:
    """Whether all have an answer, named or guessed, and the same."""
    first = made[0].answer
    if first is None:
        return False
    same = workspace.task.answers.same
    return all([one.answer is not None and await same(first, one.answer) for one in made[1:]])
