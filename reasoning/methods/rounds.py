"""Rounds of parallel samples, each of which reads the last."""

import math
from collections.abc import Callable, Sequence
from random import Random

from inference import as_data
from reasoning.answers import Tally, tallied
from reasoning.attempts import Attempt, Samples, Task
from reasoning.methods.merging import concluded, reading
from reasoning.methods.voting import voted
from reasoning.once import candidates
from reasoning.registry import Crew, method, require
from reasoning.workspace import Ask, Made, Workspace, cut, shown

_CHARACTERS = 4
"""Of a token, about."""


@method(
    "seat",
    "2507.06829",
    calls="n * (attempt + rounds - 1)",
    rounds="attempt + rounds - 1",
    when="as rsa, where it is not known how many rounds a question needs",
)
def seat(
    crew: Crew,
    n: int = 8,
    rounds: int = 6,
    rule: str = "threshold",
    threshold: float = 0.5,
    attempt: Attempt | None = None,
) -> Attempt:
    """Rounds of n samples that read the last round, until their answers are of one mind

    `rule`: by a `threshold` of their semantic entropy, in nats; or by that of the `secretary`:
    after 1/e of the rounds, the first that is as sure as the surest before it. Nothing is surer
    than one answer, which ends both.
    """
    require(n >= 1 and rounds >= 1, "n and rounds must be at least 1")
    require(rule in ("threshold", "secretary"), "rule must be threshold or secretary")
    require(threshold >= 0, "threshold cannot be negative")
    stops = _below(threshold) if rule == "threshold" else _secretary(rounds)

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        made = await candidates(workspace, attempt, n)
        entropies = [await _entropy(task, made)]
        while len(entropies) < rounds and not stops(entropies):
            order = "These were earlier attempts. Learn from them, and answer again."
            try:
                made = await workspace.ask(
                    [reading(task, made, order, n=n)], at_round=len(entropies) + 1
                )
            except task.tolerated:
                break
            entropies.append(await _entropy(task, made))
        return await voted(workspace, made)

    return run


@method(
    "rsa",
    "2509.26626",
    calls="n * (attempt + t - 1)",
    rounds="attempt + t - 1",
    when="hard questions and much to spend: right steps of different attempts come together",
)
def rsa(
    crew: Crew, n: int = 16, k: int = 4, t: int = 10, attempt: Attempt | None = None
) -> Attempt:
    """A population of n: in each of t rounds, each is written anew from k of the last, then a vote

    The first round is n samples. The k are drawn without replacement, by the request's seed.
    """
    require(n >= 1 and t >= 1, "n and t must be at least 1")
    require(1 <= k <= n, "k must be between 1 and n")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        draws = Random(task.request.seed)  # noqa: S311 - draws, no secrets
        made = await candidates(workspace, attempt, n)
        for at_round in range(2, t + 1):
            order = _IMPROVE if k == 1 else _AGGREGATE
            sets = [draws.sample(made, min(k, len(made))) for _ in range(n)]
            try:
                made = await workspace.ask(
                    [reading(task, one, order) for one in sets], at_round=at_round
                )
            except task.tolerated:
                break
        return await voted(workspace, made)

    return run


_AGGREGATE = (
    "These are several attempts; some may be wrong. Take what is right in them, correct what is "
    "wrong, and write one better solution. If all are wrong, try another way."
)
_IMPROVE = "This is an attempt; it may be wrong. Check it and write a better solution."


@method(
    "pdr",
    "2510.01123",
    calls="rounds * (m + 1) + 1",
    rounds="2 * rounds + 1",
    when="long reasoning with a short window: what was found is carried on in a bounded note",
)
def pdr(crew: Crew, m: int = 8, rounds: int = 2, kappa: int = 512) -> Attempt:
    """m drafts in parallel, distilled into a workspace of `kappa` tokens, `rounds` times; refined

    Each round reads nothing but the workspace of the last, and so does the last refinement.
    """
    require(m >= 1 and rounds >= 1, "m and rounds must be at least 1")
    require(kappa >= 16, "kappa must be at least 16")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        made, note = await workspace.sample(m), None
        for number in range(rounds):
            try:
                if note is not None:
                    asks = [_refining(task, note, kappa, n=m)]
                    made = await workspace.ask(asks, at_round=2 * number + 1)
                asks = [_distilling(task, made, kappa)]
                (note,) = await workspace.ask(asks, at_round=2 * number + 2, purpose="merge")
            except task.tolerated:
                return await voted(workspace, made)
        assert note is not None  # there is at least one round
        try:
            asks = [_refining(task, note, kappa)]
            (last,) = await workspace.ask(asks, at_round=2 * rounds + 1)
        except task.tolerated:
            return await voted(workspace, made)
        return await concluded(workspace, last, made)

    return run


def _distilling(task: Task, made: Sequence[Made], kappa: int) -> Ask:
    """The workspace: what the drafts found, without their length."""
    order = (
        "Do not solve it. Write short notes for who will: on what the attempts agree, where they "
        "contradict each other, which results and answers they found, what is still open."
    )
    return Ask(
        task.asking(shown(made), order),
        saw=tuple(one.id for one in made),
        by="notes",
        alone=True,
        free=True,
        max_tokens=kappa,
    )


def _refining(task: Task, note: Made, kappa: int, *, n: int = 1) -> Ask:
    """The task again, with the workspace."""
    notes = as_data(cut(note.text, kappa * _CHARACTERS))
    order = f"Notes from earlier attempts:\n{notes}\n\nUse them, check them, and solve it."
    return Ask(task.answering(order), saw=(note.id,), alone=True, n=n)


def _below(threshold: float) -> Callable[[Sequence[float]], bool]:
    """The last round is sure enough."""
    return lambda entropies: entropies[-1] <= threshold


def _secretary(rounds: int) -> Callable[[Sequence[float]], bool]:
    """The last round is as sure as the surest before it, and enough of them were only watched."""
    watched = math.ceil(rounds / math.e)
    return lambda entropies: (
        entropies[-1] == 0 or (len(entropies) > watched and entropies[-1] <= min(entropies[:-1]))
    )


async def _entropy(task: Task, made: Sequence[Made]) -> float:
    """Of the answers' groups."""
    return semantic_entropy(await tallied(task.answers, [one.answer for one in made]))


def semantic_entropy(tally: Tally) -> float:
    """In nats; who gives no answer is of one mind with nobody."""
    silent = tally.votes - sum(len(group.members) for group in tally.groups)
    sizes = [*(len(group.members) for group in tally.groups), *[1] * silent]
    return sum(-size / tally.votes * math.log(size / tally.votes) for size in sizes)
