"""Monte Carlo tree search: what comes of a step says how good it was."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from inference import Message, as_data
from reasoning.answers import last_number, tallied
from reasoning.attempts import Attempt, Samples, Task
from reasoning.beside import together
from reasoning.judging import agreed, judged_all
from reasoning.methods.voting import voted
from reasoning.registry import Crew, method, require
from reasoning.thoughts import Line, finished, going_on, grown
from reasoning.workspace import Ask, Made, Workspace, cut

_BREAK = (
    "Break it down into sub-questions, one at a time, and answer each. When nothing more must be "
    'known, the sub-question is "Now we can answer".'
)
_DONE = "now we can answer"
_QUESTION = 96
"""Tokens of a sub-question."""


@method(
    "rap",
    "2305.14992",
    calls="iterations * depth * (2 * k + m)",
    rounds="3 * iterations * depth",
    when="questions of several hops, with much to spend",
)
def rap(
    crew: Crew,
    iterations: int = 10,
    k: int = 4,
    m: int = 8,
    depth: int = 5,
    w: float = 1.0,
    alpha: float = 0.5,
) -> Attempt:
    """MCTS over sub-questions: the model proposes k, and says as a world model what each leads to

    A sub-question's reward is P(useful)^alpha x the share of its m answers that agree^(1 - alpha);
    a node's value is the best mean of rewards behind it. The ends vote by the rewards of their
    paths.
    """
    require(min(iterations, k, m, depth) >= 1, "iterations, k, m and depth must be at least 1")
    require(0 <= alpha <= 1, "alpha must be between 0 and 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        world = _World(workspace, k, m, depth, alpha)
        root, ends = _State(), dict[Made, float]()
        for _ in range(iterations):
            try:
                path = await world.walk(root, w)
            except task.tolerated:
                if not ends:
                    raise
                break
            if path[-1].made is not None:
                ends[path[-1].made] = _reward(path)
        return await voted(workspace, list(ends), list(ends.values()))

    return run


@dataclass(eq=False)
class _State:
    """A sub-question; and, from its first visit, its answer."""

    asked: Made | None = None
    useful: float = 1.0
    parent: "_State | None" = None
    made: Made | None = None
    """Its answer, or that of the whole."""
    reward: float = 0.0
    children: list["_State"] = field(default_factory=list)
    visits: int = 0
    best: float = 0.0
    last: bool = False

    @property
    def question(self) -> str:
        """As it was proposed."""
        return " ".join(self.asked.text.split()) if self.asked else ""

    @property
    def quality(self) -> float:
        """What is known of it: before its first visit, how useful it seems."""
        return self.best if self.visits else self.useful

    @property
    def before(self) -> list["_State"]:
        """The way here, without the root."""
        return [*self.parent.before, self] if self.parent else []


class _World:
    """The model, as who asks and as who knows what comes of it."""

    def __init__(self, workspace: Workspace, k: int, m: int, depth: int, alpha: float) -> None:
        self._workspace = workspace
        self._k, self._m, self._depth, self._alpha = k, m, depth, alpha

    async def walk(self, root: _State, w: float) -> list[_State]:
        """One iteration: down by UCT, and further by what seems useful, to an end; and back."""
        node = root
        while not node.last:
            if not node.children:
                await self._expand(node)
            node = max(node.children, key=lambda one: uct(one.quality, one.visits, node.visits, w))
            if node.made is None:
                await self._visit(node)
        path = node.before
        for place, one in enumerate(path):
            one.best = max(one.best, _reward(path[place:]))
            one.visits += 1
        root.visits += 1
        return path

    async def _expand(self, node: _State) -> None:
        """The sub-questions that may follow; the end alone, where it is deep enough."""
        if len(node.before) + 1 >= self._depth:
            node.children = [_State(parent=node, last=True)]
            return
        begun = f"{_transcript(node)}Sub-question {len(node.before) + 1}:"
        ask = Ask(
            (*self._told(), Message("assistant", begun)),
            saw=_ids(node),
            by="sub-question",
            alone=True,
            n=self._k,
            stop=("\n",),
            free=True,
            max_tokens=min(_QUESTION, self._workspace.task.request.max_tokens),
        )
        made = await self._workspace.ask([ask], at_round=len(node.before) + 1)
        different = {" ".join(one.text.split()): one for one in reversed(made)}
        asked = [one for one in made if one.text.strip() and one in different.values()]
        scores = await together(self._useful(node, one.text) for one in asked)
        for one, useful in zip(asked, scores, strict=True):
            self._workspace.mark(one, score=useful)
            ends = one.text.strip().casefold().startswith(_DONE)
            node.children.append(_State(one, useful, node, last=ends))
        if not node.children:
            node.children = [_State(parent=node, last=True)]

    async def _visit(self, node: _State) -> None:
        """m answers, of which the one that most give is the state that follows."""
        ask = self._concluding(node) if node.last else self._answering(node)
        made = await self._workspace.ask([ask], at_round=len(node.before))
        answers = self._workspace.task.answers
        of = [
            one.answer if node.last else last_number(one.text) or one.text.strip() for one in made
        ]
        tally = await tallied(answers, of)
        node.made = made[tally.ranked[0].members[0] if tally.groups else 0]
        node.reward = node.useful**self._alpha * tally.share ** (1 - self._alpha)
        self._workspace.mark(node.made, score=node.reward)

    def _told(self) -> tuple[Message, ...]:
        return self._workspace.task.asking(_BREAK)

    async def _useful(self, node: _State, question: str) -> float:
        shown = as_data(f"{_transcript(node)}New sub-question: {cut(question, 400)}")
        return await agreed(
            self._workspace,
            f"Question: {self._workspace.task.question}\n\n{shown}\n\n"
            "Is the new sub-question useful to answer the question? Say yes or no.",
        )

    def _answering(self, node: _State) -> Ask:
        """What the sub-question's answer is, behind those before it."""
        number = len(node.before)
        assert node.parent is not None
        begun = (
            f"{_transcript(node.parent)}Sub-question {number}: {node.question}\nAnswer {number}:"
        )
        return Ask(
            (*self._told(), Message("assistant", begun)),
            saw=_ids(node),
            by="world",
            alone=True,
            n=self._m,
            stop=("\nSub-question", "\nNow we can answer"),
            free=True,
        )

    def _concluding(self, node: _State) -> Ask:
        """The answer of the whole."""
        task, known = self._workspace.task, _transcript(node)
        told = f"This is known:\n{as_data(known)}\n\nNow answer." if known else ""
        return Ask(task.answering(told), saw=_ids(node), alone=True, n=self._m)


def _transcript(node: _State) -> str:
    """Questions and answers on the way to a state, those that have one."""
    known = [one for one in node.before if one.made is not None]
    return "".join(
        f"Sub-question {number}: {one.question}\nAnswer {number}: {_answer(one)}\n"
        for number, one in enumerate(known, 1)
    )


def _answer(node: _State) -> str:
    return cut(node.made.text, 600) if node.made else ""


def _ids(node: _State) -> tuple[str, ...]:
    """Of all that stands in a transcript."""
    both = (made for one in node.before for made in (one.asked, one.made))
    return tuple(made.id for made in both if made is not None)


def _reward(path: Sequence[_State]) -> float:
    """The mean along a path."""
    return sum(one.reward for one in path) / len(path)


def uct(quality: float, visits: int, of: int, w: float) -> float:
    """Upper confidence bound of a node that was visited so often, of its parent's visits."""
    return quality + w * math.sqrt(math.log(max(1, of)) / max(1, visits))


@method(
    "mcts",
    "2501.01478",
    calls="iterations * 3 * k",
    rounds="3 * iterations",
    when="many steps, where only an end can be judged",
    form="analogue",
)
def mcts(crew: Crew, iterations: int = 8, k: int = 3, depth: int = 12, w: float = 1.4) -> Attempt:
    """MCTS over steps: each new step is rolled out to an end, and is worth what the judge thinks

    An iteration grows the node of the highest upper bound by k steps, whose rollouts run side by
    side. The rollouts' answers vote by their rewards.
    """
    require(min(iterations, k, depth) >= 1, "iterations, k and depth must be at least 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        root, ends = _Branch(Line()), dict[Made, float]()
        for number in range(iterations):
            leaf = root.leaf(w)
            if leaf.line.ended and leaf.visits:  # nothing new can come of it
                leaf.back(leaf.quality)
                continue
            try:
                if going_on([leaf.line], depth):
                    (lines,) = await grown(workspace, [leaf.line], k, at_round=2 * number + 1)
                    leaf.children = [_Branch(one, leaf) for one in lines]
                fresh = leaf.children or [leaf]
                made = await finished(
                    workspace, [one.line for one in fresh], at_round=2 * number + 2
                )
                rewards = await judged_all(workspace, made)
            except task.tolerated:
                if not ends:
                    raise
                break
            for branch, end, reward in zip(fresh, made, rewards, strict=False):
                ends[end] = reward
                branch.back(reward)
        return await voted(workspace, list(ends), list(ends.values()))

    return run


@dataclass(eq=False)
class _Branch:
    """A node, and what came of it."""

    line: Line
    parent: "_Branch | None" = None
    children: list["_Branch"] = field(default_factory=list)
    visits: int = 0
    total: float = 0.0

    @property
    def quality(self) -> float:
        """The mean reward."""
        return self.total / self.visits if self.visits else 0.0

    def leaf(self, w: float) -> "_Branch":
        """Down by the highest upper bounds."""
        node = self
        while node.children:
            of = node.visits
            node = max(node.children, key=lambda one: uct(one.quality, one.visits, of, w))
        return node

    def back(self, reward: float) -> None:
        """To all nodes on the way."""
        node: _Branch | None = self
        while node is not None:
            node.visits, node.total, node = node.visits + 1, node.total + reward, node.parent
