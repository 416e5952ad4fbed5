"""Tasks taken apart: into points, sub-questions, likelihoods."""

import math
import re
from collections.abc import Sequence

from inference import Message, Sample, as_data, log_likelihood
from reasoning.answers import Group, tallied
from reasoning.attempts import Attempt, Samples, Task
from reasoning.beside import surviving, together
from reasoning.judging import agreed, listed
from reasoning.methods.voting import voted
from reasoning.once import candidates
from reasoning.registry import Crew, method, require
from reasoning.workspace import Ask, Made, Workspace

_NOTE = 256
"""Tokens of a list, or of a short answer."""
_NUMBERED = re.compile(r"^\s*\**\d+[.):]\**\s*(.+?)\s*$", re.MULTILINE)
_SKELETON = r"(?:[0-9]{1,2}\. [^\n]{2,80}\n){3,10}"
_MOVE = r"Follow up: [^\n?]{4,200}\?|So the final answer is:"


@method(
    "skeleton-of-thought",
    "2307.15337",
    calls="2 + max(most, attempt)",
    rounds="2 + attempt",
    when="long answers of several points that do not need one another",
    alias="sot",
)
def skeleton_of_thought(
    crew: Crew, most: int = 10, routed: bool = True, attempt: Attempt | None = None
) -> Attempt:
    """A skeleton of 3 to 10 points, all of which are written at the same time, one behind another

    A router (`routed`) decides whether that suits the question; where it does not, or where there
    is no skeleton, the attempt inside answers.
    """
    require(most >= 2, "most must be at least 2")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        if task.request.constraint is None and (not routed or await _suits(workspace)):
            try:
                if whole := await _by_points(workspace, most):
                    return workspace.result(whole, among=[whole])
            except task.tolerated:
                pass  # the attempt may fare better
        (made,) = await candidates(workspace, attempt, 1)
        return workspace.result(made, among=[made])

    return run


async def _suits(workspace: Workspace) -> bool:
    """The router."""
    question = (
        f"Question: {workspace.task.question}\n\nIs a good answer a list of points, each of which "
        "can be written without the others? Say yes or no."
    )
    return await agreed(workspace, question) >= 0.5


async def _by_points(workspace: Workspace, most: int) -> Made | None:
    """The whole answer; None without two points."""
    order = (
        "Do not answer yet. Write the skeleton of the answer: 3 to 10 numbered points, each of 3 "
        "to 5 words."
    )
    ask = Ask(
        workspace.task.asking(order), by="skeleton", alone=True, regex=_SKELETON, max_tokens=_NOTE
    )
    (skeleton,) = await workspace.ask([ask])
    points = (_NUMBERED.findall(skeleton.text) or listed(skeleton.text))[:most]
    if len(points) < 2:
        workspace.mark(skeleton, state="dropped")
        return None
    asks = [_point(workspace.task, skeleton, number, one) for number, one in enumerate(points, 1)]
    made = await workspace.ask_each(asks, at_round=2)
    texts = [one[0].text.strip() if one else ask.begun for one, ask in zip(made, asks, strict=True)]
    saw = (skeleton.id, *(one[0].id for one in made if one))
    return workspace.keep(Sample("\n".join(texts)), at_round=2, saw=saw)


def _point(task: Task, skeleton: Made, number: int, point: str) -> Ask:
    """A point in one or two sentences; the turn that is begun keeps the model to it."""
    told = f"Skeleton of the answer:\n{as_data(skeleton.text.strip())}"
    order = f"Write point {number} and no other, in 1 or 2 sentences."
    begun = f"{number}. {point}:"
    return Ask(
        (*task.asking(f"{told}\n\n{order}"), Message("assistant", begun)),
        saw=(skeleton.id,),
        by=f"point {number}",
        alone=True,
        begun=begun,
        stop=(f"\n{number + 1}.",),
    )


@method(
    "thinksum",
    "2210.01293",
    calls="n * attempt + facts * (n + 1)",
    rounds="attempt + 2",
    when="short answers that hang on knowledge, on an engine that weighs texts",
)
def thinksum(
    crew: Crew, n: int = 5, facts: int = 5, combine: str = "sum", attempt: Attempt | None = None
) -> Attempt:
    """Recalls facts in parallel, weighs n samples' answers behind each, and combines the weights

    The likelihoods of the answers, behind each fact, are made to add up to one; `combine` is their
    sum (a mixture) or their product, and is worked out outside of the model.
    """
    require(n >= 1 and facts >= 1, "n and facts must be at least 1")
    require(combine in ("sum", "product"), "combine must be sum or product")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        made = await candidates(workspace, attempt, n)
        groups = (await tallied(task.answers, [one.answer for one in made])).groups
        rows = await _weighed(workspace, groups, facts) if len(groups) > 1 else []
        if not rows:
            return await voted(workspace, made)
        shares = combined(rows, combine)
        for group, share in zip(groups, shares, strict=True):
            workspace.mark(made[group.members[0]], score=share)
        best = shares.index(max(shares))
        return workspace.result(made[groups[best].members[0]], shares[best], among=made)

    return run


async def _weighed(
    workspace: Workspace, groups: Sequence[Group], facts: int
) -> list[tuple[float, ...]]:
    """The log-likelihood of each answer, behind each fact; without facts that could not be had."""
    order = "Do not answer. Write one fact that one must know to answer, in one sentence."
    ask = Ask(
        workspace.task.asking(order),
        by="fact",
        alone=True,
        n=facts,
        free=True,
        max_tokens=min(_NOTE, workspace.task.request.max_tokens),
    )
    try:
        said = await workspace.ask([ask], at_round=2)
        different = {" ".join(one.text.split()) for one in said} - {""}
        asked = [_behind(workspace, fact, groups) for fact in sorted(different)]
        rows = await surviving(asked, workspace.task.tolerated)
    except workspace.task.tolerated:
        return []
    return [row for row in rows if row is not None]


async def _behind(workspace: Workspace, fact: str, groups: Sequence[Group]) -> tuple[float, ...]:
    """Of each answer, behind a fact."""
    told = f"A fact:\n{as_data(fact)}\n\nSay the answer alone."
    messages = workspace.task.asking(told)
    weighed = (log_likelihood(workspace.model, messages, group.answer) for group in groups)
    return tuple(one.logprob for one in await together(weighed))


def combined(rows: Sequence[Sequence[float]], combine: str) -> list[float]:
    """The share of each column, of rows of log-likelihoods, each of which counts the same."""
    shares = [_shares(row) for row in rows]
    if combine == "sum":
        return [sum(column) / len(rows) for column in zip(*shares, strict=True)]
    sums = [sum(column) for column in zip(*rows, strict=True)]
    return _shares(sums)


def _shares(row: Sequence[float]) -> list[float]:
    """Of logarithms, as parts of one."""
    most = max(row)
    weights = [math.exp(one - most) for one in row]
    return [one / sum(weights) for one in weights]


@method(
    "self-ask",
    "2210.03350",
    calls="2 * most + 1",
    rounds="2 * most + 1",
    when="questions of several hops, with little to spend",
)
def self_ask(crew: Crew, most: int = 4) -> Attempt:
    """Asks itself follow-up questions and answers each, until it gives the final answer"""
    require(most >= 0, "most cannot be negative")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        told, saw = "", list[Made]()
        try:
            for at_round in range(1, most + 1):
                (move,) = await workspace.ask([_moving(task, told, saw)], at_round=at_round)
                saw.append(move)
                question = _FOLLOW_UP.search(move.text)
                if question is None:
                    break
                told += f"Follow up: {question[1].strip()}\nIntermediate answer:"
                (between,) = await workspace.ask([_answering(task, told, saw)], at_round=at_round)
                saw.append(between)
                told += f" {' '.join(between.text.split())}\n"
        except task.tolerated:
            told = told.removesuffix("Intermediate answer:")
        (last,) = await workspace.ask([_concluding(task, told, saw)], at_round=most + 1)
        return workspace.result(last, among=[last])

    return run


_FOLLOW_UP = re.compile(r"follow[ -]?up(?: question)?:\**\s*(\S[^\n?]*\??)", re.IGNORECASE)
_HOW = (
    "Ask follow-up questions where something must be known first, and answer them. Write them as\n"
    "Follow up: ...\nIntermediate answer: ...\nand at the end\nSo the final answer is: ..."
)


def _moving(task: Task, told: str, saw: Sequence[Made]) -> Ask:
    """A follow-up question, or that there is none."""
    begun = (Message("assistant", told),) if told else ()
    ids = tuple(one.id for one in saw)
    return Ask(
        (*task.asking(_HOW), *begun),
        saw=ids,
        by="follow-up",
        alone=True,
        regex=_MOVE,
        stop=("\n",),
        max_tokens=min(_NOTE, task.request.max_tokens),
    )


def _answering(task: Task, told: str, saw: Sequence[Made]) -> Ask:
    """The intermediate answer."""
    return Ask(
        (*task.asking(_HOW), Message("assistant", told)),
        saw=tuple(one.id for one in saw),
        by="intermediate answer",
        alone=True,
        free=True,
        stop=("Follow up:", "So the final"),
        max_tokens=min(_NOTE, task.request.max_tokens),
    )


def _concluding(task: Task, told: str, saw: Sequence[Made]) -> Ask:
    """The final answer; where it must have a form, in a turn of its own."""
    ids = tuple(one.id for one in saw)
    if task.request.constraint is not None:
        known = f"This is known:\n{as_data(told.strip())}\n\n" if told else ""
        return Ask(task.asking(f"{known}Give the final answer."), saw=ids, alone=True)
    begun = f"{told}So the final answer is:"
    return Ask((*task.asking(_HOW), Message("assistant", begun)), saw=ids, alone=True, begun=begun)
