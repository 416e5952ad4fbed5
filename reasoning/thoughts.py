"""Lines of thought: partial solutions, which go on step by step, and the search among them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from inference import Message, Sample
from reasoning.attempts import Task
from reasoning.beside import together
from reasoning.judging import agreed
from reasoning.workspace import Ask, Made, Workspace, quoted

_STOP = ("\nStep", "\n**Step", "\n#")
"""What begins the step behind the one that is asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A node of a tree: the steps from its root to here."""

    steps: tuple[Made, ...] = ()
    value: float = 1.0
    """Higher is better."""
    ended: bool = False
    """Nothing follows: the last step has the answer, or the model had nothing to add."""
    told: str = ""
    """What the model is told for this line alone."""

    @property
    def text(self) -> str:
        """What was written so far."""
        return "\n".join(step.text.strip() for step in self.steps)

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the steps."""
        return tuple(step.id for step in self.steps)

    @property
    def begun(self) -> str:
        """As the assistant's turn that goes on with the next step.

        The label makes small models write one step, and not the solution.
        """
        steps = [f"Step {n}: {step.text.strip()}\n" for n, step in enumerate(self.steps, 1)]
        return f"{''.join(steps)}Step {len(self.steps) + 1}:"

    def then(self, step: Made) -> "Line":
        """With one step more."""
        return replace(self, steps=(*self.steps, step), ended=step.given)


async def grown(
    workspace: Workspace,
    lines: Sequence[Line],
    k: int | Sequence[int],
    *,
    at_round: int,
    purpose: str = "think",
    top_logprobs: int = 0,
) -> list[list[Line]]:
    """Of each line those that are one step longer, of k samples, or of each so many; the same step
    counts once.

    A line to which the model has nothing to add stands for itself, and has ended. Of a line that
    fails with what the task tolerates there are none; raises the first error where all fail.
    """
    task, each = workspace.task, [k] * len(lines) if isinstance(k, int) else k
    asks = [
        Ask(
            (*_told(task, line), Message("assistant", line.begun)),
            saw=line.ids,
            alone=True,
            n=n,
            stop=_STOP,
            free=True,
            top_logprobs=top_logprobs,
        )
        for line, n in zip(lines, each, strict=True)
    ]
    made = await workspace.ask_each(asks, at_round=at_round, purpose=purpose)
    return [_different(workspace, *one) for one in zip(lines, made, strict=True)]


def _told(task: Task, line: Line) -> tuple[Message, ...]:
    """The task, and what is told besides."""
    return task.asking(line.told) if line.told else task.request.messages


def _different(workspace: Workspace, line: Line, steps: Sequence[Made]) -> list[Line]:
    """See `grown`."""
    children: dict[str, Line] = {}
    for step in steps:
        text = " ".join(step.text.split())
        if text and text not in children:
            children[text] = line.then(step)
        else:
            workspace.mark(step, state="dropped")
    if steps and not children and line.steps:
        return [replace(line, ended=True)]
    return list(children.values())


async def promising(workspace: Workspace, lines: Sequence[Line]) -> list[Line]:
    """The lines, valued by the judge's yes: is it right so far; or, at its end, is it correct?"""
    values = await together(agreed(workspace, _asked(workspace, one)) for one in lines)
    return [valued(workspace, one, value) for one, value in zip(lines, values, strict=True)]


def valued(workspace: Workspace, line: Line, value: float) -> Line:
    """With this value, in the trail, too."""
    workspace.mark(line.steps[-1], score=value)
    return replace(line, value=value)


def _asked(workspace: Workspace, line: Line) -> str:
    """What the judge is asked about a line."""
    kind, doubt = "Solution so far", "Is it correct so far, and does it lead to the answer?"
    if line.ended:
        kind, doubt = "Proposed solution", "Is the answer of this solution correct?"
    shown = quoted(line.text)
    return f"Question: {workspace.task.question}\n\n{kind}:\n{shown}\n\n{doubt} Say yes or no."


Grow = Callable[[Sequence[Line], int], Awaitable[list[Line]]]
"""All that follow lines by one step, with their values; the number is that of the round."""
Choose = Callable[[Sequence[Line]], Sequence[Line]]
"""Of the lines that there are, those to go on with now, or those to keep."""


async def searched(
    workspace: Workspace, grow: Grow, *, choose: Choose, keep: Choose = list, most: int
) -> list[Line]:
    """The expansion of a tree, from its root: what is left when nothing is chosen any more.

    In each round, what `choose` says is grown, side by side, and what `keep` leaves out of all
    lines is dropped. At most so many lines are grown. A round that fails ends it.
    """
    lines, at_round = [Line()], 0
    while batch := list(choose(lines))[:most]:
        at_round, most = at_round + 1, most - len(batch)
        try:
            children = await grow(batch, at_round)
        except workspace.task.tolerated:
            break
        all_lines = [one for one in lines if one not in batch] + children
        if not all_lines:
            break
        lines = list(keep(all_lines))
        for one in all_lines:
            if one not in lines and one.steps:
                workspace.mark(one.steps[-1], state="dropped")
    return lines


def going_on(lines: Sequence[Line], depth: int) -> list[Line]:
    """Those that have not ended, and are not too deep."""
    return [one for one in lines if not one.ended and len(one.steps) < depth]


def best(lines: Sequence[Line], n: int) -> list[Line]:
    """The n of the highest value; the first of the same."""
    return sorted(lines, key=lambda one: -one.value)[:n]


def solutions(lines: Sequence[Line], n: int) -> list[Line]:
    """The n best that have ended; where none has, the best one."""
    return best([one for one in lines if one.ended], n) or best(lines, 1)


async def finished(workspace: Workspace, lines: Sequence[Line], *, at_round: int) -> list[Made]:
    """Whole solutions, one of each line: what has not ended is written to its end.

    Where the task's answer must have a form, it is asked for behind the line. What fails with what
    the task tolerates stays as it is; raises the error where there is nothing yet.
    """
    formed = workspace.task.request.constraint is not None
    unfinished = [one for one in lines if formed or not one.ended]
    ends: list[list[Made]] = []
    if unfinished:
        asks = [_end_of(workspace.task, one) for one in unfinished]
        try:
            ends = await workspace.ask_each(asks, at_round=at_round)
        except workspace.task.tolerated:
            if not any(one.steps for one in lines):
                raise
    ended = {one: end[0] for one, end in zip(unfinished, ends, strict=False) if end}
    return [
        ended.get(one) or _whole(workspace, one, at_round)
        for one in lines
        if one.steps or one in ended
    ]


def _end_of(task: Task, line: Line) -> Ask:
    """What asks for it."""
    told = _told(task, line)
    if task.request.constraint is None:
        begun = f"{line.text}\n" if line.steps else ""
        going_on = (*told, Message("assistant", line.begun))
        return Ask(going_on, saw=line.ids, alone=True, begun=begun)
    so_far = (Message("assistant", line.text), Message("user", "So give the final answer."))
    return Ask((*told, *so_far) if line.steps else told, saw=line.ids, alone=True)


def _whole(workspace: Workspace, line: Line, at_round: int) -> Made:
    """A line as a candidate: its only step, or all of them together."""
    if len(line.steps) == 1:
        return line.steps[0]
    return workspace.keep(Sample(line.text), at_round=at_round, saw=line.ids)
