"""What a model thinks of candidates: one alone, two side by side, step by step."""

import re
from collections.abc import Sequence

from inference import Message, Request, complete, p_yes
from reasoning.beside import together
from reasoning.workspace import Made, Workspace, quoted

_STEPS = re.compile(r"\n\s*\n|\n(?=\s*(?:step\b|\d+[.)]\s))", re.IGNORECASE)


async def agreed(workspace: Workspace, question: str, *, behind: Sequence[Message] = ()) -> float:
    """The probability of a yes to a question of yes or no; undecided where the judge fails."""
    try:
        return (await p_yes(workspace.model, (*behind, Message("user", question)))).value
    except workspace.task.tolerated:
        return 0.5


async def judged(workspace: Workspace, candidate: Made) -> float:
    """The probability of a yes to "is it correct?" (GenRM, Zhang et al. 2024, arXiv:2408.15240)."""
    asked = (
        f"Question: {workspace.task.question}\n\nProposed solution:\n"
        f"{quoted(candidate.text)}\n\n"
        "Is the answer of this solution correct? Say yes or no."
    )
    score = await agreed(workspace, asked)
    workspace.mark(candidate, score=score)
    return score


async def judged_all(workspace: Workspace, candidates: Sequence[Made]) -> list[float]:
    """Each alone, side by side; one that cannot be judged counts as undecided."""
    return await together(judged(workspace, one) for one in candidates)


async def promising(workspace: Workspace, beginnings: Sequence[str]) -> list[float]:
    """How sure the model is that each beginning of a solution will come to the right answer.

    Side by side; one that cannot be judged counts as undecided.
    """
    asked = [
        f"Question: {workspace.task.question}\n\nBeginning of a solution:\n"
        f"{quoted(beginning)}\n\n"
        "Will this solution come to the right answer? Say yes or no."
        for beginning in beginnings
    ]
    return await together(agreed(workspace, one) for one in asked)


async def preferred(workspace: Workspace, first: Made, second: Made) -> float:
    """How sure the model is that the first is the better one, 0 to 1.

    It is asked both ways round, since models favour a place (Wang et al. 2023, arXiv:2305.17926).
    """
    pairs = (first, second), (second, first)
    forward, backward = await together(_first_is_better(workspace, *pair) for pair in pairs)
    return (forward + 1 - backward) / 2


async def _first_is_better(workspace: Workspace, first: Made, second: Made) -> float:
    """As it is asked in this order."""
    asked = (
        f"Question: {workspace.task.question}\n\n"
        f"Solution A:\n{quoted(first.text)}\n\n"
        f"Solution B:\n{quoted(second.text)}\n\n"
        "Is solution A better than solution B? Say yes or no."
    )
    return (await p_yes(workspace.model, (Message("user", asked),))).value


async def votes(workspace: Workspace, prompt: str, most: int, n: int) -> list[int]:
    """The numbers from 1 to `most` that n voters name; none of one who names no such number, and
    none at all where they cannot be asked."""
    request = Request(
        (Message("user", prompt),),
        n=n,
        temperature=workspace.temperature,
        max_tokens=16,
        seed=workspace.task.request.seed,
        regex="|".join(str(number) for number in range(1, most + 1)),
        purpose="judge",
    )
    try:
        said = (await complete(workspace.model, request)).samples
    except workspace.task.tolerated:
        return []
    named = (chosen_number(sample.text, most) for sample in said)
    return [number for number in named if number is not None]


def steps_of(text: str) -> list[str]:
    """A solution's steps: its paragraphs, or numbered lines, or else its lines."""
    parts = [part.strip() for part in _STEPS.split(text) if part.strip()]
    return parts if len(parts) > 1 else [line.strip() for line in text.splitlines() if line.strip()]


async def judged_steps(workspace: Workspace, candidate: Made, *, most: int = 12) -> list[float]:
    """The probability that each step is right, given those before it. At most so many steps, the
    last ones: a step more costs a call more."""
    steps = steps_of(candidate.text) or [candidate.text]
    return await together(
        step_right(workspace, "\n".join(steps[:place]), steps[place])
        for place in range(max(0, len(steps) - most), len(steps))
    )


async def step_right(workspace: Workspace, before: str, step: str) -> float:
    """The judge's yes to a step, behind those before it."""
    return await agreed(
        workspace,
        f"Question: {workspace.task.question}\n\n"
        f"Steps so far:\n{quoted(before or 'nothing yet')}\n\n"
        f"Next step:\n{quoted(step)}\n\n"
        "Is the next step correct? Say yes or no.",
    )


def numbers(most: int, count: int = 1) -> str:
    """A regular expression of so many numbers from 1 to `most`, for who is asked for them alone."""
    one = f"({'|'.join(map(str, range(most, 0, -1)))})"
    return one + f"(, {one})" * (count - 1)


def chosen_number(text: str, most: int) -> int | None:
    """The first number from 1 to `most` that a judge names; None where there is none."""
    numbers = (int(found) for found in re.findall(r"\d{1,4}", text))
    return next((number for number in numbers if 1 <= number <= most), None)


_MARK = re.compile(r"^\s*(?:\d+[.):]|[-*•])\s*(?=\S)")


def listed(text: str) -> list[str]:
    """The points of a list that a model wrote: the lines that are numbered or dashed, else all."""
    lines = text.splitlines()
    marked = [line for line in lines if _MARK.match(line)] or lines
    return [point for line in marked if (point := _MARK.sub("", line).strip())]
