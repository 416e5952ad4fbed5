"""A small model writes the steps, a large one checks them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reasoning.attempts import Attempt, Samples, Task, paragraphs
from reasoning.beside import together
from reasoning.judging import step_right
from reasoning.methods.voting import voted
from reasoning.registry import Crew, method, require
from reasoning.thoughts import (
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
from reasoning.workspace import Workspace


@method(
    "speculative-search",
    "2505.02865",
    calls="4 * k * (1 + b * (depth - 1)) + 1",
    rounds="4 * depth + 1",
    when="as tree-of-thoughts, with a small model that is much faster than the large one",
    alias="specsearch",
)
def speculative_search(
    crew: Crew,
    k: int = 4,
    b: int = 2,
    depth: int = 6,
    bar: float = 0.5,
    momentum: float = 0.9,
) -> Attempt:
    """A beam whose thoughts a small model proposes; those below the bar the large one writes anew

    The bar follows the quality of the large model's own thoughts, of which it keeps `momentum`.
    """
    require(min(k, b, depth) >= 1, "k, b and depth must be at least 1")
    require(0 <= bar <= 1 and 0 <= momentum <= 1, "bar and momentum must be between 0 and 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        lines = await searched(
            workspace,
            _speculating(workspace, k, Bar(bar, momentum)),
            choose=lambda lines: going_on(lines, depth),
            keep=lambda lines: best(lines, b),
            most=1 + b * (depth - 1),
        )
        (made,) = await finished(workspace, solutions(lines, 1), at_round=2 * depth + 1)
        return workspace.result(made, among=[made])

    return run


@dataclass
class Bar:
    """What a proposed thought must be worth."""

    height: float
    momentum: float

    def learn(self, values: Sequence[float]) -> None:
        """Of what the large model's own thoughts are worth."""
        if values:
            mean = sum(values) / len(values)
            self.height = self.momentum * self.height + (1 - self.momentum) * mean


def _speculating(workspace: Workspace, k: int, bar: Bar) -> Grow:
    """k steps of each line, by the small model, or by the large one."""

    async def grow(lines: Sequence[Line], at_round: int) -> list[Line]:
        families = await _proposed(workspace, lines, k, 2 * at_round - 1)
        judged = await together(promising(workspace, family) for family in families)
        accepted = [[one for one in those if one.value >= bar.height] for those in judged]
        rejected = [one for those in judged for one in those if one.value < bar.height]
        missing = {
            line: k - len(those)
            for line, those in zip(lines, accepted, strict=True)
            if len(those) < k
        }
        try:
            rewritten = await _rewritten(workspace, missing, 2 * at_round)
        except workspace.task.tolerated:
            rewritten, accepted, rejected = [], judged, []  # what was proposed is all there is
        bar.learn([one.value for one in rewritten])
        for one in rejected:
            workspace.mark(one.steps[-1], state="dropped")
        return [*(one for those in accepted for one in those), *rewritten]

    return grow


async def _proposed(
    workspace: Workspace, lines: Sequence[Line], k: int, at_round: int
) -> list[list[Line]]:
    """By the small model; none where it fails."""
    try:
        return await grown(workspace, lines, k, at_round=at_round, purpose="explore")
    except workspace.task.tolerated:
        return [[] for _ in lines]


async def _rewritten(
    workspace: Workspace, missing: Mapping[Line, int], at_round: int
) -> list[Line]:
    """By the large model, as many of each line as were not good enough."""
    if not missing:
        return []
    families = await grown(workspace, list(missing), list(missing.values()), at_round=at_round)
    return await promising(workspace, [one for family in families for one in family])


STRATEGIES = (
    "Work forwards, step by step, from what is given.",
    "Work backwards from what is asked.",
    "Write down the unknowns and set up equations.",
    "Try small or simple cases first and look for a pattern.",
    "Tell all possible cases apart and go through each.",
    "Break the problem into smaller problems.",
    "Say it again in other words, and look for what is easy to miss.",
    "Look for a symmetry, or for something that stays the same.",
    "Estimate the answer first, then work it out and compare.",
    "Assume the opposite and look for a contradiction.",
    "Recall a similar problem, and how it is solved.",
    "List the facts and definitions that it needs, then put them together.",
)
"""Ways to begin, of which a line takes one."""


@method(
    "ssr",
    "2505.15340",
    calls="1 + n * (3 * depth + 1)",
    rounds="3 * depth + 2",
    when="as self-consistency over long reasoning, with a small model that is much faster",
)
def ssr(crew: Crew, n: int = 5, bar: float = 0.7, depth: int = 10) -> Attempt:
    """n lines in parallel, each by its own strategy; a small model drafts steps, the large checks

    The model picks the n most promising of twelve strategies. A step that the judge believes less
    than `bar` is written anew by the large model, whose steps count as believed. The lines vote by
    the mean of what their steps are worth.
    """
    require(1 <= n <= len(STRATEGIES), f"n must be between 1 and {len(STRATEGIES)}")
    require(depth >= 1, "depth must be at least 1")
    require(0 <= bar <= 1, "bar must be between 0 and 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        picked = await _picked(workspace, n)
        told = [paragraphs(STRATEGIES[place], task.answers.form) for place in picked]
        lines = await together(_drafted(workspace, one, bar, depth) for one in told)
        lines = [one for one in lines if one.steps] or lines[:1]
        made = await finished(workspace, lines, at_round=depth + 1)
        return await voted(workspace, made, [one.value for one in lines])

    return run


async def _picked(workspace: Workspace, n: int) -> list[int]:
    """Places of strategies: those that the model names, and the first ones where it names fewer."""
    listed = "\n".join(f"{number}. {one}" for number, one in enumerate(STRATEGIES, 1))
    prompt = (
        f"Question: {workspace.task.question}\n\nStrategies:\n{listed}\n\n"
        f"Which {n} are the most promising for this question? Say their numbers alone."
    )
    regex = "[0-9]{1,2}" + f"(?:, [0-9]{{1,2}}){{{n - 1}}}"
    try:
        said = await workspace.say(prompt, purpose="think", max_tokens=8 * n, regex=regex)
    except workspace.task.tolerated:
        said = ""
    named = [int(number) - 1 for number in re.findall(r"\d+", said)]
    known = [place for place in named if 0 <= place < len(STRATEGIES)]
    return list(dict.fromkeys([*known, *range(n)]))[:n]


async def _drafted(workspace: Workspace, told: str, bar: float, depth: int) -> Line:
    """A line to its end, or as far as it comes; it is worth the mean of its steps."""
    line, values = Line(told=told), list[float]()
    while going_on([line], depth):
        longer = await _stepped(workspace, line, bar)
        if longer is None:
            break
        line = longer
        values.append(line.value)
    return replace(line, value=sum(values) / len(values) if values else 0.5)


async def _stepped(workspace: Workspace, line: Line, bar: float) -> Line | None:
    """With the small model's step where it is believed, else with the large one's; None where there
    is neither."""
    at_round = len(line.steps) + 1
    ((*drafts,),) = await _proposed(workspace, [line], 1, at_round)
    if drafts:
        sure = await step_right(workspace, line.text, drafts[0].steps[-1].text)
        drafts = [valued(workspace, drafts[0], sure)]
        if sure >= bar:
            return drafts[0]
    try:
        ((*better,),) = await grown(workspace, [line], 1, at_round=at_round)
    except workspace.task.tolerated:
        better = []
    if not better:
        return drafts[0] if drafts else None
    for draft in drafts:
        workspace.mark(draft.steps[-1], state="dropped")
    return valued(workspace, better[0], 1.0)
