"""Trees of thoughts: steps are proposed, judged, and the best of them go on."""

import math
from collections.abc import Awaitable, Callable, Sequence
from random import Random

from inference import Unsupported, as_data
from reasoning.attempts import Attempt, Samples, Task
from reasoning.beside import together
from reasoning.judging import step_right, votes
from reasoning.methods.voting import voted
from reasoning.registry import Crew, method, require
from reasoning.thoughts import (
    Choose,
    Grow,
    Line,
    best,
    finished,
    going_on,
    grown,
    promising,
    searched,
    solutions,
    valued,
)
from reasoning.workspace import Workspace, cut

_VOTES = 5
_CHOICE = 800
"""Characters of each choice that voters are shown."""


@method(
    "tree-of-thoughts",
    "2305.10601",
    calls="k * (1 + b * (depth - 1)) + max(k, 5) * (1 + b * (depth - 1)) + 1",
    rounds="2 * (1 + b * (depth - 1)) + 1",
    when="puzzles and plans, where an early step decides and can be judged",
    alias="tot",
)
def tree_of_thoughts(
    crew: Crew,
    k: int = 5,
    b: int = 5,
    depth: int = 3,
    evaluate: str = "value",
    search: str = "bfs",
    threshold: float = 0.5,
) -> Attempt:
    """k thoughts of each state, judged by value or by votes, the b best go on; or depth first

    `search=dfs` goes on with the best of the deepest until one has ended, grows no more than
    breadth first would, and leaves out what is worth less than `threshold`.
    """
    require(k >= 1 and b >= 1 and depth >= 1, "k, b and depth must be at least 1")
    require(evaluate in ("value", "votes"), "evaluate must be value or votes")
    require(search in ("bfs", "dfs"), "search must be bfs or dfs")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        judge = promising if evaluate == "value" else _elected
        lines = await searched(
            workspace,
            _growing(workspace, k, judge),
            choose=_deepest(depth) if search == "dfs" else lambda lines: going_on(lines, depth),
            keep=_pruned(threshold) if search == "dfs" else lambda lines: best(lines, b),
            most=1 + b * (depth - 1),
        )
        (made,) = await finished(workspace, solutions(lines, 1), at_round=depth + 1)
        return workspace.result(made, among=[made])

    return run


@method(
    "self-eval-beam",
    "2305.00633",
    calls="2 * n * (1 + k * (depth - 1)) + k",
    rounds="2 * depth + 1",
    when="many small steps, on an engine with log-probabilities",
)
def self_eval_beam(
    crew: Crew, n: int = 16, k: int = 5, depth: int = 8, weight: float = 0.5, tau: float = 0.0
) -> Attempt:
    """A beam of k lines by P(step)^weight x P(judged right)^(1 - weight), then a vote

    P(step) is its tokens' geometric mean, so that long steps are not worse; 1 without
    log-probabilities. With `tau`, the k are drawn by exp(score / tau), by the request's seed.
    """
    require(n >= 1 and k >= 1 and depth >= 1, "n, k and depth must be at least 1")
    require(0 <= weight <= 1, "weight must be between 0 and 1")
    require(tau >= 0, "tau cannot be negative")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        draws = Random(task.request.seed)  # noqa: S311 - draws, no secrets
        lines = await searched(
            workspace,
            _evaluating(workspace, n, weight),
            choose=lambda lines: going_on(lines, depth),
            keep=lambda lines: drawn(lines, k, tau, draws) if tau else best(lines, k),
            most=1 + k * (depth - 1),
        )
        lines = best(lines, k)
        made = await finished(workspace, lines, at_round=depth + 1)
        return await voted(workspace, made)

    return run


@method(
    "dpts",
    "2502.16235",
    calls="2 * k * most + enough",
    rounds="2 * most + 1",
    when="as tree-of-thoughts, where paths end at different depths",
)
def dpts(
    crew: Crew, p: int = 8, k: int = 2, most: int = 32, enough: int = 4, depth: int = 12
) -> Attempt:
    """Nodes of any paths are grown p at a time: a sure path goes deep, an unsure one is put by

    Sure is what is worth at least the mean of all open nodes (deep seek); the others wait (early
    stop) until there are fewer than p sure ones. It ends when `enough` paths have ended; they vote
    by what they are worth.
    """
    require(min(p, k, most, enough, depth) >= 1, "p, k, most, enough, depth must be at least 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        lines = await searched(
            workspace,
            _growing(workspace, k, promising),
            choose=lambda lines: _seeking(lines, p, enough, depth),
            most=most,
        )
        chosen = solutions(lines, enough)
        made = await finished(workspace, chosen, at_round=most + 1)
        return await voted(workspace, made, [one.value for one in chosen])

    return run


Judge = Callable[[Workspace, Sequence[Line]], Awaitable[list[Line]]]


def _growing(workspace: Workspace, k: int, judge: Judge) -> Grow:
    """k steps of each line, judged all together."""

    async def grow(lines: Sequence[Line], at_round: int) -> list[Line]:
        families = await grown(workspace, lines, k, at_round=at_round)
        return await judge(workspace, [one for family in families for one in family])

    return grow


async def _elected(workspace: Workspace, lines: Sequence[Line]) -> list[Line]:
    """Each is worth its share of the votes."""
    if len(lines) < 2:
        return list(lines)
    choices = "\n\n".join(
        f"Choice {number}:\n{as_data(cut(line.text, _CHOICE))}"
        for number, line in enumerate(lines, 1)
    )
    prompt = (
        f"Question: {workspace.task.question}\n\n{choices}\n\n"
        "Which choice is the most promising? Say its number alone."
    )
    cast = await votes(workspace, prompt, len(lines), _VOTES)
    return [
        valued(workspace, line, cast.count(number) / _VOTES) for number, line in enumerate(lines, 1)
    ]


def _deepest(depth: int) -> Choose:
    """The best of the deepest; none when one has ended."""

    def choose(lines: Sequence[Line]) -> list[Line]:
        if any(one.ended for one in lines):
            return []
        rest = going_on(lines, depth)
        return sorted(rest, key=lambda one: (-len(one.steps), -one.value))[:1]

    return choose


def _pruned(threshold: float) -> Choose:
    """Those that are worth it; the best one in any case."""
    return lambda lines: [one for one in lines if one.value >= threshold] or best(lines, 1)


def _evaluating(workspace: Workspace, n: int, weight: float) -> Grow:
    """n steps of each line; each step makes its line's value smaller by its own."""

    async def evaluated(parent: Line, child: Line) -> Line:
        if len(child.steps) == len(parent.steps):
            return child
        step = child.steps[-1]
        sure = await step_right(workspace, parent.text, step.text)
        logprobs = [token.logprob for token in step.sample.logprobs]
        likely = math.exp(sum(logprobs) / len(logprobs)) if logprobs else 1.0
        return valued(workspace, child, parent.value * step_score(likely, sure, weight))

    async def grow(lines: Sequence[Line], at_round: int) -> list[Line]:
        try:
            families = await grown(workspace, lines, n, at_round=at_round, top_logprobs=1)
        except Unsupported:
            families = await grown(workspace, lines, n, at_round=at_round)
        pairs = zip(lines, families, strict=True)
        return await together(evaluated(line, one) for line, those in pairs for one in those)

    return grow


def step_score(likely: float, sure: float, weight: float) -> float:
    """P(step)^weight x P(judged right)^(1 - weight)."""
    return float(likely**weight * sure ** (1 - weight))


def drawn(lines: Sequence[Line], k: int, tau: float, draws: Random) -> list[Line]:
    """k of them without replacement, each by exp(value / tau) (Gumbel-top-k, arXiv:1903.06059)."""
    noise = [-math.log(-math.log(draws.random() or 1e-300)) for _ in lines]
    order = sorted(range(len(lines)), key=lambda at: -(lines[at].value / tau + noise[at]))
    return [lines[at] for at in order[:k]]


def _seeking(lines: Sequence[Line], p: int, enough: int, depth: int) -> list[Line]:
    """The sure ones first, the deepest of them before the others; none when there is enough."""
    rest = going_on(lines, depth)
    if not rest or sum(one.ended for one in lines) >= enough:
        return []
    mean = sum(one.value for one in rest) / len(rest) - 1e-9
    sure = [one for one in rest if one.value >= mean]
    unsure = [one for one in rest if one.value < mean]
    deep = sorted(sure, key=lambda one: (-len(one.steps), -one.value))
    return [*deep, *best(unsure, p)][:p]
