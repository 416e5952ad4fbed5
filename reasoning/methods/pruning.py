"""What a judge gives no hope, or thinks a double of another, is dropped on the way."""

from collections.abc import Sequence
from math import ceil

from inference import Message, embeddings, p_yes
from reasoning.attempts import Attempt, Samples, Task
from reasoning.beside import together
from reasoning.chunks import Hypotheses, Hypothesis
from reasoning.judging import judged_all, promising
from reasoning.methods.voting import voted
from reasoning.registry import Crew, method, require
from reasoning.workspace import Workspace, quoted


@method(
    "speculative-rejection",
    "2410.20290",
    calls="ceil(2 * n / alpha) + n",
    rounds="2 * ceil(log2(n)) + 2",
    when="as best-of-n with large n: most samples are not written to their end",
)
def speculative_rejection(crew: Crew, n: int = 16, alpha: float = 0.5, chunk: int = 128) -> Attempt:
    """Starts many samples, drops again and again those a judge hopes least of, and gives the best

    Behind each chunk the share `alpha` of what is left is dropped; of equals, the later ones.
    """
    require(n >= 1 and chunk >= 1, "n and chunk must be at least 1")
    require(0.5 <= alpha < 1, "alpha must be at least 0.5 and less than 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        hypotheses = Hypotheses(workspace, n, chunk=chunk)
        await hypotheses.grow()
        while hypotheses.open and len(hypotheses.alive) > 1:
            await _reject(workspace, hypotheses, alpha)
            if len(hypotheses.alive) > 1:
                await hypotheses.grow()
        made = await hypotheses.finished()
        scores = await judged_all(workspace, made)
        return workspace.result(made[scores.index(max(scores))], max(scores), among=made)

    return run


async def _reject(workspace: Workspace, hypotheses: Hypotheses, alpha: float) -> None:
    """Drop those of the least hope; one is left."""
    alive = hypotheses.alive
    hopes = await promising(workspace, [one.text for one in alive])
    worst = sorted(range(len(alive)), key=lambda place: (hopes[place], -place))
    for place in worst[: min(ceil(alpha * len(alive)), len(alive) - 1)]:
        hypotheses.drop(alive[place])
        made = alive[place].made
        if made is not None:
            workspace.mark(made, score=hopes[place])


@method(
    "deepprune",
    "2510.08483",
    calls="2 * n + n * (n - 1) / 2",
    rounds="n + 1",
    when="as self-consistency with many long samples, most of which say the same",
    form="analogue",
)
def deepprune(
    crew: Crew, n: int = 16, chunk: int = 500, threshold: float = 0.5, cosine: float = 0.0
) -> Attempt:
    """Of beginnings that a judge thinks lead to the same answer only one is written to its end

    A beginning joins the cluster whose first member is the likeliest to say the same, where that is
    at least `threshold`, and else begins one. With a `cosine` above 0, embeddings at least as near
    as that say it in the judge's place. The one that goes on votes for all of its cluster.
    """
    require(n >= 1 and chunk >= 1, "n and chunk must be at least 1")
    require(0 < threshold <= 1, "threshold must be more than 0 and at most 1")
    require(0 <= cosine <= 1, "cosine must be between 0 and 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        hypotheses = Hypotheses(workspace, n, chunk=chunk)
        await hypotheses.grow()
        near = await _Nearness.of(workspace, hypotheses.all, threshold, cosine)
        clusters: list[list[Hypothesis]] = []
        for one in hypotheses.all:
            found = await near.cluster(one, clusters)
            if found is None:
                clusters.append([one])
            else:
                found.append(one)
                hypotheses.drop(one)
        made = await hypotheses.finished()
        return await voted(workspace, made, [float(len(cluster)) for cluster in clusters])

    return run


class _Nearness:
    """Which beginnings will say the same."""

    def __init__(
        self,
        workspace: Workspace,
        threshold: float,
        vectors: dict[int, Sequence[float]] | None = None,
    ) -> None:
        self._workspace = workspace
        self._threshold = threshold
        self._vectors = vectors

    @classmethod
    async def of(
        cls,
        workspace: Workspace,
        hypotheses: Sequence[Hypothesis],
        threshold: float,
        cosine: float,
    ) -> "_Nearness":
        """By the judge, or by vectors where a cosine is given and they can be had."""
        if not cosine:
            return cls(workspace, threshold)
        try:
            made = await embeddings(workspace.model, [one.text for one in hypotheses])
        except workspace.task.tolerated:
            return cls(workspace, threshold)
        numbers = [one.number for one in hypotheses]
        return cls(workspace, cosine, dict(zip(numbers, made.vectors, strict=True)))

    async def cluster(
        self, one: Hypothesis, clusters: Sequence[list[Hypothesis]]
    ) -> list[Hypothesis] | None:
        """Which it joins; None: none. Of equals, the first."""
        near = await together(self._near(one, cluster[0]) for cluster in clusters)
        best = max(range(len(near)), key=lambda place: near[place], default=None)
        return None if best is None or near[best] < self._threshold else clusters[best]

    async def _near(self, one: Hypothesis, other: Hypothesis) -> float:
        """How sure it is that both come to the same answer; what has ended is compared."""
        if one.made and other.made and one.made.answer and other.made.answer:
            same = self._workspace.task.answers.same
            return float(await same(one.made.answer, other.made.answer))
        if self._vectors is not None:
            pairs = zip(self._vectors[one.number], self._vectors[other.number], strict=True)
            return sum(first * second for first, second in pairs)
        asked = (
            f"Question: {self._workspace.task.question}\n\n"
            f"Beginning of solution A:\n{quoted(other.text)}\n\n"
            f"Beginning of solution B:\n{quoted(one.text)}\n\n"
            "Will both solutions come to the same answer? Say yes or no."
        )
        try:
            said = await p_yes(self._workspace.model, (Message("user", asked),))
        except self._workspace.task.tolerated:
            return 0.0
        return said.value
