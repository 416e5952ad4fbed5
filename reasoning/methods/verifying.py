"""What a judge thinks best: of the whole, of each step, of two side by side."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from math import prod

from inference import Message
from reasoning.attempts import Attempt, Samples, Task
from reasoning.beside import together
from reasoning.judging import agreed, judged_all, judged_steps, preferred
from reasoning.methods.voting import voted
from reasoning.once import candidates
from reasoning.registry import Crew, method, require
from reasoning.workspace import Ask, Live, Made, Workspace, quoted


@method(
    "repeated-sampling",
    "2407.21787",
    calls="n * (attempt + 1)",
    rounds="attempt + 1",
    when="where a check tells what is right, tests or a proof (in Python); else as best-of-n",
)
def repeated_sampling(
    crew: Crew, n: int = 16, threshold: float = 0.5, attempt: Attempt | None = None
) -> Attempt:
    """n samples, and the first that a verifier accepts; where none is, the vote

    The verifier is the crew's own check, at whose first yes the other samples end; without one, the
    judge's yes of at least `threshold`.
    """
    require(n >= 1, "n must be at least 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        if crew.accepts is not None:
            return await _checked(workspace, attempt, n, crew.accepts)
        made = await candidates(workspace, attempt, n)
        scores = await judged_all(workspace, made)
        for one, score in zip(made, scores, strict=True):
            if score >= threshold:
                return workspace.result(one, score, among=made)
        return await voted(workspace, made)

    return run


async def _checked(
    workspace: Workspace, attempt: Attempt | None, n: int, accepts: Callable[[str], Awaitable[bool]]
) -> Samples:
    """The first that the check takes; the vote, with confidence 0, where it takes none."""
    told: dict[str, bool] = {}

    async def right(text: str) -> bool:
        if text not in told:
            told[text] = await accepts(text)
        return told[text]

    async def watch(live: Live, index: int) -> None:
        if index in live.ended and await right(live.samples[index].text):
            live.end()

    made = await candidates(workspace, attempt, n, watch=watch)
    for one in made:
        if await right(one.text):
            return workspace.result(one, among=made)
    return replace(await voted(workspace, made), confidence=0.0)


@method(
    "best-of-n",
    "2110.14168",
    "2406.00832",
    calls="n * (attempt + 1)",
    rounds="attempt + 1",
    when="a judge that is better than the writer, or long texts",
    form="analogue",
    alias="best-of",
)
def best_of_n(
    crew: Crew, n: int = 4, attempt: Attempt | None = None, weighted: bool = False
) -> Attempt:
    """Of n samples the one that a judge thinks best; `weighted`: its marks are votes for answers"""
    require(n >= 1, "n must be at least 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        made = await candidates(workspace, attempt, n)
        return await _best(workspace, made, await judged_all(workspace, made), weighted)

    return run


@method(
    "process-verifier",
    "2211.14275",
    "2312.08935",
    calls="n * (attempt + 12)",
    rounds="attempt + 1",
    when="many steps, of which one wrong spoils the rest",
    form="analogue",
)
def process_verifier(
    crew: Crew,
    n: int = 4,
    aggregate: str = "min",
    weighted: bool = False,
    attempt: Attempt | None = None,
) -> Attempt:
    """Of n samples the one whose steps a judge thinks right: the min or product of their marks"""
    require(n >= 1, "n must be at least 1")
    require(aggregate in ("min", "product"), "aggregate must be min or product")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        made = await candidates(workspace, attempt, n)
        steps = await together(judged_steps(workspace, one) for one in made)
        scores = [min(marks) if aggregate == "min" else prod(marks) for marks in steps]
        return await _best(workspace, made, scores, weighted)

    return run


@method(
    "generative-verifier",
    "2408.15240",
    calls="n * (attempt + 2 * rationales)",
    rounds="attempt + 2",
    when="as best-of-n, where the judge does better when it thinks first",
    form="analogue",
    alias="genrm",
)
def generative_verifier(
    crew: Crew, n: int = 4, rationales: int = 2, attempt: Attempt | None = None
) -> Attempt:
    """Of n samples the best by a judge that reasons first: its mean yes over several rationales"""
    require(n >= 1 and rationales >= 1, "n and rationales must be at least 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        made = await candidates(workspace, attempt, n)
        scores = await together(_verified(workspace, one, rationales) for one in made)
        return await _best(workspace, made, scores, weighted=False)

    return run


@method(
    "knockout",
    "2501.13007",
    calls="n * attempt + 2 * (n - 1)",
    rounds="attempt + ceil(log2(n))",
    when="a judge that compares better than it marks",
    form="analogue",
    alias="pairjudge",
)
def knockout(crew: Crew, n: int = 8, attempt: Attempt | None = None) -> Attempt:
    """n samples in pairs, judged side by side, the losers out, until one is left

    Of two with the same answer the first goes on without a match. A draw is won by the first.
    """
    require(n >= 1, "n must be at least 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        made = await candidates(workspace, attempt, n)
        left = list(made)
        while len(left) > 1:
            pairs = list(zip(left[::2], left[1::2], strict=False))
            bye = [left[-1]] if len(left) % 2 else []
            left = [*await together(_winner(workspace, *pair) for pair in pairs), *bye]
        return workspace.result(left[0], among=made)

    return run


async def _winner(workspace: Workspace, first: Made, second: Made) -> Made:
    """Of a match; the other one is out."""
    one, other = first.answer, second.answer
    if one is not None and other is not None and await workspace.task.answers.same(one, other):
        winner = first
    else:
        try:
            sure = await preferred(workspace, first, second)
        except workspace.task.tolerated:
            sure = 0.5
        winner = first if sure >= 0.5 else second
    workspace.mark(second if winner is first else first, state="dropped")
    return winner


async def _verified(workspace: Workspace, candidate: Made, rationales: int) -> float:
    """The mean yes behind several checks in words; undecided where the judge fails."""
    asked = (
        f"Question: {workspace.task.question}\n\nProposed solution:\n"
        f"{quoted(candidate.text)}\n\n"
        "Check the solution step by step. Is its answer correct?"
    )
    check = Ask((Message("user", asked),), saw=(candidate.id,), by="verifier", alone=True)
    try:
        checks = await workspace.ask([check] * rationales, at_round=2, purpose="judge")
    except workspace.task.tolerated:
        return 0.5
    scores = await together(
        agreed(
            workspace,
            "So is the answer correct? Say yes or no.",
            behind=(Message("user", asked), Message("assistant", one.text)),
        )
        for one in checks
    )
    return sum(scores) / len(scores)


async def _best(
    workspace: Workspace, made: Sequence[Made], scores: Sequence[float], weighted: bool
) -> Samples:
    """The first of the highest, or what the marks vote for."""
    for one, score in zip(made, scores, strict=True):
        workspace.mark(one, score=score)
    if weighted:
        return await voted(workspace, made, scores)
    best = max(range(len(made)), key=lambda place: scores[place])
    return workspace.result(made[best], among=made)
