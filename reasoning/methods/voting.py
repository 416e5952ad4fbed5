"""The answer that most samples give, and when enough of them have voted."""

from collections.abc import Sequence
from math import comb, exp

from inference import TokenLogprob
from reasoning.answers import Answers, Tally
from reasoning.attempts import Attempt, Samples, Task
from reasoning.judging import chosen_number, numbers
from reasoning.once import candidates
from reasoning.registry import Crew, method, require
from reasoning.workspace import Live, Made, Workspace, shown


@method(
    "self-consistency",
    "2203.11171",
    calls="n * attempt",
    rounds="attempt",
    when="short answers that can be compared; the first thing to try",
    alias="vote",
)
def self_consistency(crew: Crew, n: int = 8, attempt: Attempt | None = None) -> Attempt:
    """Of n samples, the answer that most give

    Samples of one request end as soon as no answer can catch the leading one up; those have no
    part in the confidence. With no answer in any, the first stands, with confidence 0.
    """
    require(n >= 1, "n must be at least 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        made = await candidates(workspace, attempt, n, watch=Lead(task.answers, n))
        return await voted(workspace, made)

    return run


class Lead:
    """A watch that ends n samples when none of the answers can catch the leading one up."""

    def __init__(self, answers: Answers, n: int) -> None:
        """Nobody has voted."""
        self._answers = answers
        self._tally = Tally(answers)
        self._left = set(range(n))

    async def __call__(self, live: Live, index: int) -> None:
        """Count the sample, where it has ended."""
        if index not in self._left or index not in live.ended:
            return
        self._left.remove(index)
        await self._tally.add(self._answers.of(live.samples[index].text), index)
        weights = [group.weight for group in self._tally.ranked[:2]]
        second = weights[1] if len(weights) > 1 else 0.0
        if weights and weights[0] - second > len(self._left):
            live.end()


@method(
    "adaptive-consistency",
    "2305.11860",
    calls="most * attempt",
    rounds="ceil(most / batch) * attempt",
    when="as self-consistency, where many questions are easy: it stops when the vote is settled",
)
def adaptive_consistency(
    crew: Crew,
    most: int = 40,
    threshold: float = 0.95,
    batch: int = 1,
    attempt: Attempt | None = None,
) -> Attempt:
    """Samples until the leading answer is ahead for good, by a Beta posterior, at most `most`"""
    require(most >= 1 and batch >= 1, "most and batch must be at least 1")
    require(0.5 < threshold < 1, "threshold must be between 0.5 and 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        tally, made = Tally(task.answers), list[Made]()
        for asked in range(0, most, batch):
            try:
                fresh = await candidates(workspace, attempt, min(batch, most - asked))
            except task.tolerated:
                if not made:
                    raise
                break
            for one in fresh:
                await tally.add(one.answer, len(made))
                made.append(one)
            if ahead(tally) > threshold:
                break
        return _leading(workspace, made, tally)

    return run


@method(
    "universal-self-consistency",
    "2311.17311",
    calls="n * attempt + 1",
    rounds="attempt + 1",
    when="long answers, code and lists, which no vote can compare",
    alias="usc",
)
def universal_self_consistency(crew: Crew, n: int = 8, attempt: Attempt | None = None) -> Attempt:
    """The model reads n samples and says which is the most consistent with the others"""
    require(n >= 1, "n must be at least 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        made = await candidates(workspace, attempt, n)
        if len(made) == 1:
            return workspace.result(made[0])
        asked = (
            f"Question: {task.question}\n\n{shown(made, name='Response')}\n\n"
            f"Which of the {len(made)} responses is the most consistent with the others? "
            "Say its number alone."
        )
        try:
            said = await workspace.say(asked, max_tokens=16, regex=numbers(len(made)))
        except task.tolerated:
            said = ""
        number = chosen_number(said, len(made))
        if number is None:  # a small model may say anything: then the vote counts
            return await voted(workspace, made)
        return workspace.result(made[number - 1])

    return run


@method(
    "soft-self-consistency",
    "2402.13212",
    calls="n",
    rounds="1",
    when="answers that seldom repeat, on an engine with log-probabilities",
)
def soft_self_consistency(crew: Crew, n: int = 8, score: str = "min") -> Attempt:
    """Of n samples the one whose answer's tokens are likeliest: their min, mean or product

    Without log-probabilities, the vote counts.
    """
    require(n >= 1, "n must be at least 1")
    require(score in ("min", "mean", "product"), "score must be min, mean or product")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        made = await workspace.sample(n, top_logprobs=1)
        scores = [likeliness(answer_tokens(one), score) for one in made]
        if not any(scores):
            return await voted(workspace, made)
        for one, mark in zip(made, scores, strict=True):
            workspace.mark(one, score=mark)
        return workspace.result(made[scores.index(max(scores))])

    return run


async def voted(
    workspace: Workspace, made: Sequence[Made], weights: Sequence[float] | None = None
) -> Samples:
    """The first of those that give the leading answer, `weights` being their votes."""
    tally = Tally(workspace.task.answers)
    for place, one in enumerate(made):
        await tally.add(one.answer, place, 1.0 if weights is None else weights[place])
    return _leading(workspace, made, tally)


def _leading(workspace: Workspace, made: Sequence[Made], tally: Tally) -> Samples:
    """By the votes; the first, with confidence 0, where there are none."""
    if not tally.groups:
        return workspace.result(made[0], 0.0, among=made)
    return workspace.result(made[tally.ranked[0].members[0]], tally.share, among=made)


def ahead(tally: Tally) -> float:
    """P(p1 > p2) of the two leading answers, by their votes: 1 - I_0.5(v1 + 1, v2 + 1)."""
    weights = [round(group.weight) for group in tally.ranked[:2]]
    if not weights:
        return 0.0
    return beta_ahead(weights[0], weights[1] if len(weights) > 1 else 0)


def beta_ahead(first: int, second: int) -> float:
    """1 - I_0.5(first + 1, second + 1): the regularised incomplete beta function, of integers."""
    total = first + second + 1
    return float(sum(comb(total, k) for k in range(first + 1)) / 2**total)


def answer_tokens(made: Made) -> Sequence[TokenLogprob]:
    """The tokens in which a candidate's answer stands, where it stands last, or none."""
    tokens = made.sample.logprobs
    begins = "".join(token.token for token in tokens).rfind(made.answer or "\0")
    if begins < 0 or made.answer is None:
        return ()
    ends, at, inside = begins + len(made.answer), 0, list[TokenLogprob]()
    for token in tokens:
        if at < ends and at + len(token.token) > begins:
            inside.append(token)
        at += len(token.token)
    return inside


def likeliness(tokens: Sequence[TokenLogprob], score: str) -> float:
    """Of an answer, by its tokens' probabilities; 0 without any."""
    if not tokens:
        return 0.0
    chances = [exp(token.logprob) for token in tokens]
    match score:
        case "min":
            return min(chances)
        case "mean":
            return sum(chances) / len(chances)
        case _:
            return exp(sum(token.logprob for token in tokens))
