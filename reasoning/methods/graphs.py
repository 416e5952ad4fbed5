"""Graphs of thoughts: what was written comes together again, and verified steps add up."""

from collections.abc import Sequence

from inference import Message, as_data
from reasoning.attempts import Attempt, Samples, Task
from reasoning.beside import together
from reasoning.judging import agreed, judged_all
from reasoning.methods.merging import reading
from reasoning.once import candidates
from reasoning.registry import Crew, method, require
from reasoning.thoughts import Line
from reasoning.workspace import Ask, Made, Workspace

_STEP = 160
"""Tokens of a proposition."""


@method(
    "graph-of-thoughts",
    "2308.09687",
    calls="k * (attempt + 1) + 2 * merges + 2 * refinements",
    rounds="attempt + 3 + 2 * refinements",
    when="tasks of which solutions can be right in parts: sorting, collecting, long texts",
    alias="got",
)
def graph_of_thoughts(
    crew: Crew,
    k: int = 5,
    keep: int = 3,
    merges: int = 3,
    refinements: int = 1,
    attempt: Attempt | None = None,
) -> Attempt:
    """Generate k, score, keep the best, aggregate them into `merges`, score, refine the best

    A merge or a refinement counts only where it scores more than what it was made from; scores are
    the judge's.
    """
    require(k >= 1 and keep >= 1, "k and keep must be at least 1")
    require(merges >= 0 and refinements >= 0, "merges and refinements cannot be negative")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        made = await candidates(workspace, attempt, k)
        scores = dict(zip(made, await judged_all(workspace, made), strict=True))
        kept = sorted(made, key=lambda one: -scores[one])[:keep]
        for one in made:
            if one not in kept:
                workspace.mark(one, state="dropped")
        try:
            if merges and len(kept) > 1:
                asks = [reading(task, kept, _AGGREGATE, n=merges, by="aggregator")]
                scores |= await _scored(workspace, asks, at_round=2)
            for number in range(refinements):
                asks = [reading(task, [_best(scores)], _REFINE, by="refiner")]
                scores |= await _scored(workspace, asks, at_round=3 + number)
        except task.tolerated:
            pass  # what there is already stands
        return workspace.result(_best(scores), scores[_best(scores)])

    return run


_AGGREGATE = (
    "These are solutions of it, each of which may be right in some parts. Put what is right in "
    "them together into one better solution."
)
_REFINE = "This is a solution of it. Find what is wrong or missing in it, and write it better."


async def _scored(workspace: Workspace, asks: Sequence[Ask], *, at_round: int) -> dict[Made, float]:
    """What is written now, and its scores."""
    made = await workspace.ask(asks, at_round=at_round)
    return dict(zip(made, await judged_all(workspace, made), strict=True))


def _best(scores: dict[Made, float]) -> Made:
    """The first of the highest."""
    return max(scores, key=lambda one: scores[one])


@method(
    "cumulative-reasoning",
    "2308.04371",
    calls="rounds * (2 * n + 1) + 1",
    rounds="3 * rounds + 1",
    when="logic and mathematics, where small steps can be verified one by one",
    alias="cr",
)
def cumulative_reasoning(
    crew: Crew, rounds: int = 8, n: int = 1, threshold: float = 0.5
) -> Attempt:
    """A proposer adds steps, a verifier lets the right ones stand, a reporter says when they do

    n steps are proposed and verified side by side in each round. A step stands from a yes of
    `threshold`; the answer is written from those that stand.
    """
    require(rounds >= 1 and n >= 1, "rounds and n must be at least 1")
    require(0 <= threshold <= 1, "threshold must be between 0 and 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        known: list[Made] = []
        for at_round in range(1, rounds + 1):
            try:
                fresh = await workspace.ask([_proposing(task, known, n)], at_round=at_round)
            except task.tolerated:
                break
            true = await _verified(workspace, known, _new(workspace, known, fresh), threshold)
            known += true
            if true and await agreed(workspace, _enough(task, known)) >= 0.5:
                break
        (report,) = await workspace.ask([_reporting(task, known)], at_round=rounds + 1)
        return workspace.result(report, among=[report])

    return run


def _new(workspace: Workspace, known: Sequence[Made], fresh: Sequence[Made]) -> list[Made]:
    """Those that say something which is not known yet, as it is written."""
    said = {_plain(one) for one in known} | {""}
    new = []
    for one in fresh:
        if _plain(one) in said:
            workspace.mark(one, state="dropped")
        else:
            said.add(_plain(one))
            new.append(one)
    return new


def _plain(made: Made) -> str:
    return " ".join(made.text.casefold().split()).rstrip(".")


async def _verified(
    workspace: Workspace, known: Sequence[Made], fresh: Sequence[Made], threshold: float
) -> list[Made]:
    """Those of which the verifier thinks that they follow."""
    asked = [
        f"{_premises(workspace.task, known)}\n\nProposed next step:\n{as_data(one.text.strip())}"
        "\n\nDoes the step follow from the question and the known steps, and is it correct? "
        "Say yes or no."
        for one in fresh
    ]
    sure = await together(agreed(workspace, one) for one in asked)
    for one, score in zip(fresh, sure, strict=True):
        workspace.mark(one, score=score, state="" if score >= threshold else "dropped")
    return [one for one, score in zip(fresh, sure, strict=True) if score >= threshold]


def _premises(task: Task, known: Sequence[Made]) -> str:
    """The question and what stands."""
    return f"Question: {task.question}\n\n{_stated(known)}"


def _stated(known: Sequence[Made]) -> str:
    steps = "\n".join(f"{number}. {one.text.strip()}" for number, one in enumerate(known, 1))
    return f"Known steps:\n{as_data(steps or 'none yet')}"


def _enough(task: Task, known: Sequence[Made]) -> str:
    """What the reporter is asked after each round."""
    return f"{_premises(task, known)}\n\nDo the known steps give the answer? Say yes or no."


def _proposing(task: Task, known: Sequence[Made], n: int) -> Ask:
    """One small step more, behind those that stand."""
    line, order = Line(tuple(known)), "Work it out in small steps, each with its result."
    return Ask(
        (*task.asking(order), Message("assistant", line.begun)),
        saw=line.ids,
        by="proposer",
        alone=True,
        n=n,
        free=True,
        max_tokens=min(_STEP, task.request.max_tokens),
        stop=("\nStep", "\n\n"),
    )


def _reporting(task: Task, known: Sequence[Made]) -> Ask:
    """The answer, from what stands."""
    told = f"{_stated(known)}\n\nUse the known steps, and answer." if known else ""
    return Ask(
        task.answering(told),
        saw=tuple(one.id for one in known),
        by="reporter",
        alone=True,
    )
