"""Work that is handed on: to a verifier and a refiner, or to threads of one's own."""

import re
from collections.abc import Sequence

from inference import Message, as_data
from reasoning.attempts import Attempt, Samples, Task
from reasoning.judging import listed
from reasoning.methods.voting import voted
from reasoning.once import candidates
from reasoning.registry import Crew, method, require
from reasoning.workspace import Ask, Made, Workspace, cut, quoted

_VERIFY = (
    "Check this answer step by step. Say in a few sentences what is wrong with it, or that nothing "
    "is."
)
_REFINE = "Answer the question again: put right what the check found, and keep what it did not."
_JOIN = "These are the results of sub-tasks. Use them, and answer the question."
_DONE = re.compile(r"\W*(?:none|nothing|done|no (?:more |further )?sub-?tasks?)\b", re.IGNORECASE)
_ROOM = 256


@method(
    "malt",
    "2412.01928",
    calls="n * (attempt + 2)",
    rounds="attempt + 2",
    when="as self-consistency, where the model finds mistakes that it is asked to look for",
    form="analogue",
)
def malt(crew: Crew, n: int = 3, attempt: Attempt | None = None) -> Attempt:
    """n samples, each checked by a verifier and written anew by a refiner; what comes out votes"""
    require(n >= 1, "n must be at least 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        made = await candidates(workspace, attempt, n)
        try:
            checks = await workspace.ask_each(
                [_checking(task, one) for one in made], at_round=2, purpose="judge"
            )
            checked = zip(made, checks, strict=True)
            pairs = [(one, check) for one, those in checked for check in those]
            asks = [_refining(task, one, check) for one, check in pairs]
            refined = await workspace.ask_each(asks, at_round=3)
        except task.tolerated:
            return await voted(workspace, made)
        last = {one.id: one for one in made}
        for (one, _), those in zip(pairs, refined, strict=True):
            if those and (those[0].given or not one.given):
                last[one.id] = those[0]
        return await voted(workspace, list(last.values()))

    return run


def _checking(task: Task, one: Made) -> Ask:
    """The verifier sees the question and the answer."""
    told = f"Question: {task.question}\n\nAnswer:\n{quoted(one.text)}\n\n{_VERIFY}"
    return Ask((Message("user", told),), (one.id,), "verifier", alone=True, free=True)


def _refining(task: Task, one: Made, check: Made) -> Ask:
    """The refiner sees the task, the answer and the check."""
    told = f"An answer:\n{quoted(one.text)}", f"A check of it:\n{quoted(check.text)}", _REFINE
    return Ask(task.answering(*told), (one.id, check.id), "refiner", alone=True)


@method(
    "spawn-join",
    "2504.15466",
    "2509.07980",
    calls="rounds * (threads + 1) + 1",
    rounds="2 * rounds + 1",
    when="questions that fall into parts which do not need one another",
    form="analogue",
)
def spawn_join(crew: Crew, threads: int = 4, rounds: int = 2) -> Attempt:
    """The model spawns sub-tasks, which run side by side, reads their results, and may spawn again

    At most `threads` sub-tasks in each of at most `rounds` rounds; then it answers. Where it spawns
    none at first, it answers at once.
    """
    require(threads >= 1, "threads must be at least 1")
    require(rounds >= 1, "rounds must be at least 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        results: list[tuple[str, Made]] = []
        for number in range(1, rounds + 1):
            try:
                wanted = await _spawned(workspace, results, threads)
                if not wanted:
                    break
                said = await workspace.ask_each(
                    [_thread(task, one) for one in wanted], at_round=2 * number, purpose="explore"
                )
            except task.tolerated:
                break
            done = zip(wanted, said, strict=True)
            results += [(one, made) for one, those in done for made in those]
        return await _joined(workspace, results, 2 * rounds + 1)

    return run


async def _spawned(
    workspace: Workspace, results: Sequence[tuple[str, Made]], threads: int
) -> list[str]:
    """The sub-tasks that the model wants done now; those that were done are no more wanted."""
    known = f"Known so far:\n{_results(results)}\n\n" if results else ""
    asked = (
        f"Question: {as_data(workspace.task.question)}\n\n{known}"
        f"Which sub-tasks must be done now to answer it? At most {threads}, one a line; each must "
        'be clear by itself and need none of the others. Write "1. ...", or "none" for none.'
    )
    line = "[^\\n]{3,160}"
    more = "".join(f"(\\n{number}\\. {line}" for number in range(2, threads + 1))
    form = f"none|1\\. {line}{more}{')?' * (threads - 1)}"
    said = await workspace.say(asked, purpose="think", max_tokens=_ROOM, regex=form)
    done = {one.casefold() for one, _ in results}
    lines = [one for one in listed(said) if one.casefold() not in done and not _DONE.match(one)]
    return list(dict.fromkeys(lines))[:threads]


def _thread(task: Task, wanted: str) -> Ask:
    """A sub-task is done without the rest, but with the question that it is for."""
    told = (
        f"This is a part of a larger question, which you need not answer: "
        f"{as_data(task.question)}\n\nYour part: {wanted}\n\nDo it, and state the result."
    )
    return Ask((Message("user", told),), by=cut(wanted, 60), alone=True, free=True)


def _results(results: Sequence[tuple[str, Made]]) -> str:
    """Each with what it was for, and its end, where the result stands."""
    return as_data("\n\n".join(f"{one}\n{cut(made.text, 600)}" for one, made in results))


async def _joined(
    workspace: Workspace, results: Sequence[tuple[str, Made]], at_round: int
) -> Samples:
    """The answer of one who has read the results."""
    task = workspace.task
    if not results:
        (made,) = await workspace.sample(1, at_round=at_round)
        return workspace.result(made)
    saw = tuple(made.id for _, made in results)
    ask = Ask(task.answering(_results(results), _JOIN), saw, "join", alone=True)
    (made,) = await workspace.ask([ask], at_round=at_round, purpose="merge")
    return workspace.result(made, among=[made])
