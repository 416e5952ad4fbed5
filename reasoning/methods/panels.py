"""Judges who differ, and who talk before they choose."""

from collections.abc import Sequence

from inference import Message
from reasoning.attempts import Attempt, Samples, Task
from reasoning.judging import chosen_number, numbers
from reasoning.methods.voting import voted
from reasoning.once import candidates
from reasoning.policies import JUDGES, Policy
from reasoning.registry import Crew, method, require
from reasoning.workspace import Ask, Made, Workspace, cut, shown

_WHICH = "So which of the answers is the best? Say its number alone."
_TALKS = ("one-by-one", "simultaneous")
_ROOM = 256
"""Tokens of a statement."""


@method(
    "chateval",
    "2308.07201",
    calls="n * attempt + judges * (rounds + 1)",
    rounds="attempt + judges * rounds + 1",
    when="open answers, whose worth has more than one side",
)
def chateval(
    crew: Crew,
    n: int = 2,
    judges: int = 3,
    rounds: int = 2,
    talk: str = "one-by-one",
    attempt: Attempt | None = None,
) -> Attempt:
    """A panel of judges in different roles talks about n samples, and the most chosen one stands

    `talk`: one-by-one (each has heard all who spoke before) or simultaneous (each has heard the
    last round). In the end each names one; where none does, the samples vote.
    """
    require(n >= 1 and judges >= 1 and rounds >= 1, "n, judges and rounds must be at least 1")
    require(talk in _TALKS, f"talk must be one of {', '.join(_TALKS)}")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        made = await candidates(workspace, attempt, n)
        if len(made) == 1:
            return workspace.result(made[0])
        panel = _Panel(workspace, made, judges)
        for number in range(rounds):
            await panel.round(number + 2, in_turn=talk == "one-by-one")
        return await panel.verdict()

    return run


class _Panel:
    """Of judges, and what they have said."""

    def __init__(self, workspace: Workspace, made: Sequence[Made], judges: int) -> None:
        self._workspace = workspace
        self._made = made
        self._roles = [
            JUDGES[place]
            if place < len(JUDGES)
            else (f"{JUDGES[place % len(JUDGES)][0]} {place + 1}", JUDGES[place % len(JUDGES)][1])
            for place in range(judges)
        ]
        self._heard: list[tuple[str, Made]] = []
        self._asked: dict[str, tuple[Message, ...]] = {}
        """What each was asked last."""

    async def round(self, at_round: int, *, in_turn: bool) -> None:
        """Each judge speaks once, unless it fails."""
        for roles in [[one] for one in self._roles] if in_turn else [self._roles]:
            try:
                said = await self._workspace.ask_each(
                    [self._ask(role) for role in roles], at_round=at_round, purpose="judge"
                )
            except self._workspace.task.tolerated:
                continue
            for (name, _), spoken in zip(roles, said, strict=True):
                self._heard += [(name, one) for one in spoken]

    async def verdict(self) -> Samples:
        """The sample that most of the judges name in the end; of equals, the first."""
        votes = await self._votes()
        counts = [votes.count(place + 1) for place in range(len(self._made))]
        if not any(counts):
            return await voted(self._workspace, self._made)
        for one, count in zip(self._made, counts, strict=True):
            self._workspace.mark(one, score=count / len(votes))
        best = counts.index(max(counts))
        share = counts[best] / len(votes)
        return self._workspace.result(self._made[best], share, among=self._made)

    async def _votes(self) -> list[int | None]:
        """The number that each judge names who has spoken, behind what it said last."""
        most = len(self._made)
        last = dict(self._heard)
        asks = [
            Ask(
                (
                    *self._asked[name],
                    Message("assistant", cut(one.text)),
                    Message("user", _WHICH),
                ),
                alone=True,
                max_tokens=8,
                regex=numbers(most),
            )
            for name, one in last.items()
        ]
        try:
            said = await self._workspace.write(asks, temperature=0.0, purpose="judge")
        except self._workspace.task.tolerated:
            return []
        return [chosen_number(those[0].text, most) if those else None for those in said]

    def _ask(self, role: Policy) -> Ask:
        """What a judge is shown."""
        said = [one for _, one in self._heard[-len(self._roles) :]]
        names = [name for name, _ in self._heard[-len(self._roles) :]]
        heard = ""
        if said:
            speakers = ", ".join(f"{number} {name}" for number, name in enumerate(names, 1))
            heard = f"The other judges have said ({speakers}):\n\n{shown(said, name='Judge')}\n\n"
        told = (
            f"Question: {self._workspace.task.question}\n\n{shown(self._made, name='Answer')}\n\n"
            f"{heard}{role[1]} Say in at most three sentences what you think of the answers."
        )
        saw = tuple(one.id for one in (*self._made, *said))
        self._asked[role[0]] = (Message("user", told),)
        return Ask(self._asked[role[0]], saw, by=role[0], alone=True, max_tokens=_ROOM, free=True)
