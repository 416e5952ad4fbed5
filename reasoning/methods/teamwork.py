"""Agents of different parts: teams, reviewers, experts, and who reflects on what others do."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from inference import as_data
from reasoning.agents import Agent, begun, discussed, others_of, reading_others, team, turn
from reasoning.answers import tallied
from reasoning.attempts import Attempt, Samples, Task
from reasoning.beside import together
from reasoning.judging import agreed, listed, preferred
from reasoning.methods.merging import concluded, merged
from reasoning.methods.voting import voted
from reasoning.policies import PATHS, ROLES
from reasoning.registry import Crew, method, require
from reasoning.workspace import Ask, Made, Workspace, quoted

_EXPERT = re.compile(r"^expert\s*\d*\s*[:.-]\s*", re.IGNORECASE)
_NAMES = "[A-Z][A-Za-z -]{2,30}"
_TEAM_MATES = "Find where you and your team mates differ, and answer the question again."
_ALONE = "Check your answer step by step, and answer the question again."
_REVIEW = "Review this answer: correct what is wrong in it, and answer the question yourself."
_REFLECT = (
    "You are the reflective agent. Look for mistakes in this first answer of another agent, and "
    "answer the question yourself, with them put right."
)
_SUMMARY = "Each attempt took a way of its own. Weigh them, and answer the question."
_MEETING = "Take up what is right in what the other experts say, and answer the question again."


@method(
    "corex",
    "2310.00280",
    calls="agents * max(rounds, 2) + 2",
    rounds="max(rounds + 1, agents)",
    when="mode=discuss where views differ, review for code and sums, retrieve for many samples",
)
def corex(crew: Crew, agents: int = 5, rounds: int = 2, mode: str = "discuss") -> Attempt:
    """Agents discuss in two teams, or review an answer in turn, or retrieve the most faithful one

    `discuss`: two teams whose agents answer again up to round `rounds`, and a judge where the teams
    differ. `review`: an answer that each of the others corrects in turn. `retrieve`: of the answers
    the one that follows best from its own reasons, as a judge marks them.
    """
    require(agents >= 2 and rounds >= 1, "agents must be at least 2, rounds at least 1")
    require(mode in _MODES, f"mode must be one of {', '.join(_MODES)}")

    async def run(task: Task) -> Samples:
        return await _MODES[mode](Workspace(task, crew.model), team(crew, agents), rounds)

    return run


async def _discuss(workspace: Workspace, agents: Sequence[Agent], rounds: int) -> Samples:
    """Every second agent is of the other team."""
    left, made = await begun(workspace, agents)

    async def asking(made: Sequence[Made]) -> list[Ask]:
        asks = []
        for place, own in enumerate(made):
            mates = [made[at] for at in range(place % 2, len(made), 2) if at != place]
            order = _TEAM_MATES if mates else _ALONE
            asks.append(reading_others(workspace.task, left[place], own, mates, order))
        return asks

    made = await discussed(workspace, left, made, rounds - 1, asking)
    teams = [side for side in (made[::2], made[1::2]) if side]
    heads = [await _head(workspace, side) for side in teams]
    if len(heads) == 2 and not await _same(workspace, *heads):
        try:
            sure = await preferred(workspace, *heads)
        except workspace.task.tolerated:
            return await voted(workspace, made)
        winner = heads[0] if sure >= 0.5 else heads[1]
        return workspace.result(winner, max(sure, 1 - sure), among=made)
    return await voted(workspace, made)


async def _head(workspace: Workspace, side: Sequence[Made]) -> Made:
    """Who speaks for a team: the first of those who give its leading answer."""
    tally = await tallied(workspace.task.answers, [one.answer for one in side])
    return side[tally.ranked[0].members[0]] if tally.groups else side[0]


async def _same(workspace: Workspace, one: Made, other: Made) -> bool:
    if one.answer is None or other.answer is None:
        return False
    return await workspace.task.answers.same(one.answer, other.answer)


async def _review(workspace: Workspace, agents: Sequence[Agent], rounds: int) -> Samples:
    """One after another; a reviewer who fails is passed over."""
    primary, *reviewers = agents
    _, made = await begun(workspace, [primary])
    for number, reviewer in enumerate(reviewers, 2):
        ask = _on(workspace.task, made[-1], _REVIEW)
        try:
            (new,) = await turn(workspace, [reviewer], [ask], at_round=number)
        except workspace.task.tolerated:
            continue
        made = [*made, *([new] if new else [])]
    *before, last = made
    return await concluded(workspace, last, before) if before else workspace.result(last)


def _on(task: Task, one: Made, order: str) -> Ask:
    """The task, an answer of another agent, and what to do about it."""
    told = f"Answer of another agent:\n{quoted(one.text)}"
    return Ask(task.answering(told, order), saw=(one.id,), alone=True)


async def _retrieve(workspace: Workspace, agents: Sequence[Agent], rounds: int) -> Samples:
    """The first of those that are truest to their reasons."""
    _, made = await begun(workspace, agents)
    scores = await together(
        agreed(
            workspace,
            f"Question: {workspace.task.question}\n\nReasons and answer:\n"
            f"{quoted(one.text)}\n\n"
            "Does the answer follow from these reasons, and are they right? Say yes or no.",
        )
        for one in made
    )
    for one, score in zip(made, scores, strict=True):
        workspace.mark(one, score=score)
    return workspace.result(made[scores.index(max(scores))], max(scores), among=made)


_Mode = Callable[[Workspace, Sequence[Agent], int], Awaitable[Samples]]
_MODES: Mapping[str, _Mode] = {"discuss": _discuss, "review": _review, "retrieve": _retrieve}


@method(
    "rr-mp",
    "2501.00430",
    calls="2 * paths + 1",
    rounds="3",
    when="questions that first thoughts get wrong, and that can be come at from several sides",
)
def rr_mp(crew: Crew, paths: int = 3) -> Attempt:
    """On each of several paths one agent answers and another reflects on it; a summary of all

    The paths reason in different ways. Where nobody can sum up, they vote.
    """
    require(paths >= 1, "paths must be at least 1")
    members = team(crew, paths, policies=PATHS)

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        left, made = await begun(workspace, members)
        reflecting = [replace(one, name=f"{one.name}, reflective") for one in left]

        async def asking(made: Sequence[Made]) -> list[Ask]:
            return [_on(task, one, _REFLECT) for one in made]

        made = await discussed(workspace, reflecting, made, 1, asking)
        return await merged(workspace, made, _SUMMARY, by="summarizer", at_round=3)

    return run


@method(
    "comm",
    "2404.17729",
    calls="experts * rounds + 2",
    rounds="rounds + 2",
    when="questions that need the knowledge of more than one field",
)
def comm(crew: Crew, experts: int = 2, rounds: int = 2) -> Attempt:
    """Experts whom the question needs reason in different ways and discuss; a summarizer answers

    The model names the experts; where it names too few, roles that are always of use take part.
    """
    require(experts >= 1 and rounds >= 1, "experts and rounds must be at least 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        policies = await _experts(workspace, experts)
        left, made = await begun(workspace, team(crew, experts, policies=policies))

        async def asking(made: Sequence[Made]) -> list[Ask]:
            return [
                reading_others(task, left[place], own, others_of(made, place), _MEETING)
                for place, own in enumerate(made)
            ]

        made = await discussed(workspace, left, made, rounds - 1, asking)
        return await merged(workspace, made, _SUMMARY, by="summarizer", at_round=rounds + 1)

    return run


async def _experts(workspace: Workspace, experts: int) -> list[tuple[str, str]]:
    """Each with a way to reason."""
    asked = (
        f"Question: {as_data(workspace.task.question)}\n\n"
        f"Which {experts} kinds of experts would answer it best together? "
        "One a line, each in at most three words, and nothing else."
    )
    try:
        form = _NAMES + f"(\\n{_NAMES})" * (experts - 1)
        said = await workspace.say(asked, max_tokens=64, regex=form)
        named = [_EXPERT.sub("", one).strip(". ") for one in listed(said)]
    except workspace.task.tolerated:
        named = []
    kinds = list(dict.fromkeys(one for one in named if 0 < len(one) <= 40))[:experts]
    told = [(one, f"You are an expert: {one}.") for one in kinds]
    chosen = [*told, *ROLES][: max(experts, len(told))]
    return [
        (name, f"{role} {PATHS[place % len(PATHS)][1]}")
        for place, (name, role) in enumerate(chosen)
    ]
