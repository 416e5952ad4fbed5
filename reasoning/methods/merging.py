"""One more sample, written by who has read all of them."""

from collections.abc import Sequence

from reasoning.answers import tallied
from reasoning.attempts import Attempt, Samples, Task
from reasoning.methods.voting import voted
from reasoning.once import candidates
from reasoning.registry import Crew, method, require
from reasoning.workspace import Ask, Made, Workspace, shown


@method(
    "ssa",
    "2506.09014",
    calls="k * attempt + 1",
    rounds="attempt + 1",
    when="as self-consistency, where the right answer may be in the minority, or be long",
    form="analogue",
)
def ssa(crew: Crew, k: int = 5, attempt: Attempt | None = None) -> Attempt:
    """Another model, which may be small, reads k samples and writes the final answer"""
    require(k >= 1, "k must be at least 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        made = await candidates(workspace, attempt, k)
        order = (
            "These attempts were made at it. Where they differ, find out which is right. Then "
            "answer the question itself."
        )
        return await merged(workspace, made, order)

    return run


@method(
    "parallel-refinement",
    "2509.00084",
    calls="n * attempt + 1",
    rounds="attempt + 1",
    when="hard questions of which all samples may be wrong",
    form="analogue",
    alias="gsr",
)
def parallel_refinement(crew: Crew, n: int = 4, attempt: Attempt | None = None) -> Attempt:
    """The model reads its own n samples, looks for their mistakes and solves the task once more"""
    require(n >= 1, "n must be at least 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        made = await candidates(workspace, attempt, n)
        order = (
            "These are earlier attempts; some or all may be wrong. Say what is right and what is "
            "wrong in them. Then solve it better."
        )
        return await merged(workspace, made, order, purpose="think")

    return run


@method(
    "a2r",
    "2509.22044",
    calls="n * attempt + 1",
    rounds="attempt + 1",
    when="a small model that explores and a larger one that concludes",
    form="analogue",
)
def a2r(crew: Crew, n: int = 4, attempt: Attempt | None = None) -> Attempt:
    """A small explorer solves the task n times; a synthesizer reads that and reasons again"""
    require(n >= 1, "n must be at least 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        made = await candidates(workspace, attempt, n, purpose="explore")
        order = (
            "Others explored it and came to this. Take it as reference, reason again from the "
            "beginning, and give your own solution."
        )
        return await merged(workspace, made, order)

    return run


async def merged(
    workspace: Workspace,
    made: Sequence[Made],
    order: str,
    *,
    by: str = "synthesizer",
    at_round: int = 2,
    purpose: str = "merge",
    least: int = 2,
) -> Samples:
    """A sample by a reader of all, where there are at least so many.

    The vote, where it fails, or where it names no answer and others do.
    """
    if len(made) < least:
        return workspace.result(made[0], among=made)
    ask = reading(workspace.task, made, order, by=by)
    try:
        (new,) = await workspace.ask([ask], at_round=at_round, purpose=purpose)
    except workspace.task.tolerated:
        return await voted(workspace, made)
    return await concluded(workspace, new, made)


async def concluded(workspace: Workspace, new: Made, made: Sequence[Made]) -> Samples:
    """What was written last of others stands, with the share of all that say the same; but the vote
    of the others, where it names no answer and they do."""
    if not new.given and any(one.given for one in made):
        workspace.mark(new, state="dropped")
        return await voted(workspace, made)
    tally = await tallied(workspace.task.answers, [one.answer for one in (*made, new)])
    behind = next((one for one in tally.groups if len(made) in one.members), None)
    share = len(behind.members) / (len(made) + 1) if behind else 0.0
    return workspace.result(new, share, among=[*made, new])


def reading(task: Task, made: Sequence[Made], order: str, *, n: int = 1, by: str = "") -> Ask:
    """The task again, with candidates to read and what to do with them."""
    told = task.answering(shown(made), order)
    return Ask(told, saw=tuple(one.id for one in made), by=by, alone=True, n=n)
