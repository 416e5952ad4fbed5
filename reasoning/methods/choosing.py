"""A strategy and a budget for each question, by how hard it is, or by what it is worth."""

from collections.abc import Sequence

from inference import Message, as_data
from reasoning.answers import tallied
from reasoning.attempts import Attempt, Samples, Task
from reasoning.history import History, Record, difficulty
from reasoning.judging import agreed, judged_all
from reasoning.methods.voting import voted
from reasoning.registry import METHODS, Crew, method, require
from reasoning.workspace import Ask, Made, Workspace, cut

_REVISE = "Look for a mistake in your answer. Then answer the question again, corrected if need be."


@method(
    "compute-optimal",
    "2408.03314",
    calls="few + 1 + max(2 * n, attempt)",
    rounds="few + 3 + attempt",
    when="many questions of different difficulty under one budget",
    form="analogue",
)
def compute_optimal(
    crew: Crew,
    n: int = 16,
    few: int = 4,
    by: str = "samples",
    easy: Attempt | None = None,
    hard: Attempt | None = None,
) -> Attempt:
    """Spends on a question what it needs: easy ones are revised, hard ones get a best-of-n

    How hard it is, a few samples tell that agree or not (`by=samples`), or the judge (`by=judge`).
    Of few samples that all agree nothing more is asked. Easy: up to `few` revisions one after
    another; medium: half of what is left of n samples anew, each revised once; hard: all n samples,
    and the judge's marks are votes. `easy` and `hard`: attempts that take the place of these.
    """
    require(1 <= few <= n, "few must be at least 1, and at most n")
    require(by in ("samples", "judge"), "by must be samples or judge")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        made: list[Made] = []
        if by == "samples":
            made = await workspace.sample(few)
            tally = await tallied(task.answers, [one.answer for one in made])
            hardness = 1 - tally.share
        else:
            hardness = await hardness_of(workspace)
        if made and hardness == 0:
            return await voted(workspace, made)
        match difficulty(hardness):
            case "easy":
                return await _easy(workspace, made, few, easy)
            case "medium":
                return await _medium(workspace, made, n)
            case _:
                return await _hard(workspace, made, n, hard)

    return run


async def hardness_of(workspace: Workspace) -> float:
    """How hard the judge thinks the question is, 0 to 1; 0.5 where it fails."""
    asked = (
        f"Question:\n{as_data(workspace.task.question)}\n\n"
        "Is this question hard: would most who answer it at once get it wrong? Say yes or no."
    )
    return await agreed(workspace, asked)


async def _easy(
    workspace: Workspace, made: Sequence[Made], few: int, attempt: Attempt | None
) -> Samples:
    """The leading answer, revised again and again; all vote."""
    if attempt is not None:
        return await _handed_on(workspace, attempt)
    made = list(made) or await workspace.sample(1)
    tally = await tallied(workspace.task.answers, [one.answer for one in made])
    last = made[tally.ranked[0].members[0]] if tally.groups else made[0]
    for number in range(few):
        try:
            (last,) = await workspace.ask([_revising(last)], at_round=number + 2)
        except workspace.task.tolerated:
            break
        made.append(last)
    return await voted(workspace, made)


async def _medium(workspace: Workspace, made: Sequence[Made], n: int) -> Samples:
    """Some anew, each revised once; all vote."""
    fresh: list[Made] = []
    try:
        fresh = await workspace.sample(max(1, (n - len(made)) // 2))
        revised = await workspace.ask([_revising(one) for one in fresh], at_round=2)
    except workspace.task.tolerated:
        if not made and not fresh:
            raise
        revised = []
    return await voted(workspace, [*made, *fresh, *revised])


async def _hard(
    workspace: Workspace, made: Sequence[Made], n: int, attempt: Attempt | None
) -> Samples:
    """All n, and the judge's marks are votes."""
    if attempt is not None:
        return await _handed_on(workspace, attempt)
    try:
        fresh = await workspace.sample(n - len(made)) if n > len(made) else []
    except workspace.task.tolerated:
        if not made:
            raise
        fresh = []
    everything = [*made, *fresh]
    return await voted(workspace, everything, await judged_all(workspace, everything))


def _revising(one: Made) -> Ask:
    """Its own answer, and that it should look again."""
    turns = (Message("assistant", cut(one.text)), Message("user", _REVISE))
    return Ask(turns, saw=(one.id,), by="revision")


async def _handed_on(workspace: Workspace, attempt: Attempt, by: str = "") -> Samples:
    """What an attempt stands behind."""
    samples = await workspace.inside(attempt)
    made = workspace.take(samples, by=by)
    return workspace.result(made, samples.confidence, among=[made])


@method(
    "latency-aware",
    "2509.09864",
    calls="2 * most + 1",
    rounds="4",
    when="where tokens and seconds have a price: it takes what is worth the most for the question",
    alias="auto",
)
def latency_aware(crew: Crew, a: float = 0.00002, b: float = 0.002, most: int = 16) -> Attempt:
    """The method and number of samples of the highest expected accuracy, less tokens and seconds

    The judge says how hard the question is, and the crew's history what methods brought and cost on
    such ones (without it, assumptions): accuracy - a x tokens - b x seconds is as high as can be.
    `most`: samples at most. Of equals, the first.
    """
    require(a >= 0 and b >= 0, "a and b cannot be negative")
    require(most >= 1, "most must be at least 1")
    history = crew.history or History()

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        records = [
            one
            for one in history.at(difficulty(await hardness_of(workspace)))
            if one.n <= most and _affordable(one, 2 * most)
        ]
        if not records:
            (made,) = await workspace.sample(1)
            return workspace.result(made)
        best = max(records, key=lambda one: one.utility(a, b))
        attempt = METHODS[best.method].build(crew, n=best.n)
        return await _handed_on(workspace, attempt, by=f"{best.method}({best.n})")

    return run


def _affordable(record: Record, calls: int) -> bool:
    """Whether there is such a method, that takes n, in so many calls."""
    known = METHODS.get(record.method)
    if known is None or all(one.name != "n" for one in known.parameters):
        return False
    return known.cost(n=record.n)[0] <= calls
