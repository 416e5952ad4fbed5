"""How sure the model was, token by token: what unsure traces say counts for nothing."""

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import ceil, floor

from inference import TokenLogprob
from reasoning.answers import Tally
from reasoning.attempts import Attempt, Samples, Task
from reasoning.methods.voting import voted
from reasoning.registry import Crew, method, require
from reasoning.workspace import Live, Made, Workspace

_TOP = 20
"""Likeliest tokens of which a token's confidence is the mean."""
_LOWEST = 0.1
"""Share of the windows that count for `bottom`."""
_WINDOWS = 8
"""So many have to fit into a sample: none could be unsure in places where they are longer."""


@method(
    "deepconf",
    "2508.15260",
    calls="n",
    rounds="2",
    when="long reasoning, on an engine with log-probabilities: about the vote, for fewer tokens",
)
def deepconf(
    crew: Crew,
    n: int = 256,
    online: bool = True,
    warmup: int = 16,
    eta: float = 0.1,
    window: int = 2048,
    score: str = "lowest",
    consensus: float = 0.95,
) -> Attempt:
    """A vote weighted by confidence, in which traces that fall below the others' bar are stopped

    `online`: the bar is what the share `eta` of the warm-up traces reach; the other traces end
    where a window of theirs falls below it, and all end when the leading answer holds the share
    `consensus` of the weight, all of the warm-up counted (above 1: never). Else n whole traces, of
    which the share `eta` votes. No trace below the bar votes.
    `window`: tokens, at most an eighth of those that a sample may have. `score`: lowest window,
    bottom (mean of the lowest tenth of the windows) or tail (last window).
    Without log-probabilities, the vote of the traces counts.
    """
    require(n >= 1 and warmup >= 1, "n and warmup must be at least 1")
    require(window >= 1, "window must be at least 1")
    require(0 < eta <= 1, "eta must be more than 0 and at most 1")
    require(score in _SCORES, f"score must be one of {', '.join(_SCORES)}")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        size = min(window, max(1, task.request.max_tokens // _WINDOWS))
        made = await workspace.sample(min(warmup, n) if online else n, top_logprobs=_TOP)
        scores = [trace_score(one.sample.logprobs, size, score) for one in made]
        if not any(one.sample.logprobs for one in made):
            return await _unweighted(workspace, n)
        for one, mark in zip(made, scores, strict=True):
            workspace.mark(one, score=mark)
        if not online:
            bar = sorted(scores, reverse=True)[ceil(eta * len(scores)) - 1]
            return await _vote(workspace, made, [mark if mark >= bar else 0.0 for mark in scores])
        lowest = [trace_score(one.sample.logprobs, size, "lowest") for one in made]
        bar = percentile(lowest, 1 - eta)
        return await _Online(workspace, size, score, bar, consensus).result(n - len(made))

    return run


@dataclass
class _Online:
    """The traces behind the warm-up."""

    workspace: Workspace
    window: int
    score: str
    bar: float
    """Of lowest windows, whatever the score is."""
    consensus: float
    groups: dict[int, "Groups"] = field(default_factory=dict)
    tally: Tally = field(init=False)

    async def result(self, n: int) -> Samples:
        """Up to n traces more, and the vote of all that kept above the bar."""
        self.tally = Tally(self.workspace.task.answers)
        for one in self.workspace.made:
            await self._count(one.sample.logprobs, one.answer)
        if n > 0 and self.tally.share < self.consensus:
            with suppress(*self.workspace.task.tolerated):
                await self.workspace.sample(n, watch=self.watch, top_logprobs=_TOP, at_round=2)
        made = [one for one in self.workspace.made if one.sample.finish_reason != "halted"]
        lowest = [trace_score(one.sample.logprobs, self.window, "lowest") for one in made]
        scores = [trace_score(one.sample.logprobs, self.window, self.score) for one in made]
        for one, mark in zip(made, scores, strict=True):
            self.workspace.mark(one, score=mark)
        weights = [
            mark if low >= self.bar else 0.0 for mark, low in zip(scores, lowest, strict=True)
        ]
        return await _vote(self.workspace, made, weights)

    async def watch(self, live: Live, index: int) -> None:
        """Stop the trace where its window is below the bar, and all where the vote is settled."""
        groups = self.groups.setdefault(index, Groups(self.window))
        for token in live.chunk.logprobs:
            if groups.add(token_confidence(token)) and groups.mean < self.bar:
                live.stop(index)
                return
        if index not in live.ended or groups.lowest < self.bar:
            return
        sample = live.samples[index]
        await self._count(sample.logprobs, self.workspace.task.answers.of(sample.text))
        if self.tally.share >= self.consensus:
            for other in set(range(len(live.samples))) - live.ended:
                live.stop(other)

    async def _count(self, tokens: Sequence[TokenLogprob], answer: str | None) -> None:
        """A trace that has ended, towards the consensus."""
        if answer is not None:
            weight = trace_score(tokens, self.window, self.score)
            await self.tally.add(answer, self.tally.votes, weight)


class Groups:
    """The mean confidence of a sliding window, as tokens come."""

    def __init__(self, window: int) -> None:
        """Of so many tokens."""
        self._window = window
        self._inside: deque[float] = deque()
        self._sum = 0.0
        self._lowest: float | None = None

    def add(self, confidence: float) -> bool:
        """Take the next token up; whether the window is full."""
        self._inside.append(confidence)
        self._sum += confidence
        if len(self._inside) > self._window:
            self._sum -= self._inside.popleft()
        full = len(self._inside) == self._window
        if full:
            self._lowest = self.mean if self._lowest is None else min(self._lowest, self.mean)
        return full

    @property
    def mean(self) -> float:
        """Of what is in the window."""
        return self._sum / len(self._inside) if self._inside else 0.0

    @property
    def lowest(self) -> float:
        """Of all full windows; of what there is, where none was full."""
        return self.mean if self._lowest is None else self._lowest


def token_confidence(token: TokenLogprob) -> float:
    """-mean of the log-probabilities of the likeliest tokens: the higher, the surer."""
    told = [logprob for _, logprob in token.top] or [token.logprob]
    return -sum(told) / len(told)


def windows(tokens: Sequence[TokenLogprob], window: int) -> list[float]:
    """The mean confidence of each window of so many tokens; of all, where there are fewer."""
    groups = Groups(window)
    means = [groups.mean for token in tokens if groups.add(token_confidence(token))]
    return means or [groups.mean]


def trace_score(tokens: Sequence[TokenLogprob], window: int, score: str) -> float:
    """How sure a trace was where it was least sure, or at its end; 0 without tokens."""
    means = windows(tokens, window)
    match score:
        case "lowest":
            return min(means)
        case "bottom":
            lowest = sorted(means)[: max(1, floor(_LOWEST * len(means)))]
            return sum(lowest) / len(lowest)
        case _:
            return means[-1]


_SCORES = ("lowest", "bottom", "tail")


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies, between two neighbours in proportion."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


async def _vote(workspace: Workspace, made: Sequence[Made], weights: Sequence[float]) -> Samples:
    """Of those that have a weight and an answer; of all, where none has."""
    for one, weight in zip(made, weights, strict=True):
        if not weight:
            workspace.mark(one, state="dropped")
    heavy = [
        (one, weight)
        for one, weight in zip(made, weights, strict=True)
        if weight and one.answer is not None
    ]
    if not heavy:
        return await voted(workspace, made)
    return await voted(workspace, [one for one, _ in heavy], [weight for _, weight in heavy])


async def _unweighted(workspace: Workspace, n: int) -> Samples:
    """The vote of n traces, for an engine that does not tell how sure it is."""
    left = n - len(workspace.made)
    if left > 0:
        with suppress(*workspace.task.tolerated):
            await workspace.sample(left, at_round=2)
    return await voted(workspace, workspace.made)
