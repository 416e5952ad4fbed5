"""An answer that is written anew, when questions about it have been answered."""

from inference import as_data
from reasoning.attempts import Attempt, Samples, Task
from reasoning.judging import listed
from reasoning.methods.merging import concluded
from reasoning.once import candidates
from reasoning.registry import Crew, method, require
from reasoning.workspace import Ask, Made, Workspace, cut, quoted

_ROOM = 256
"""Tokens of the questions, and of the answer to each."""


@method(
    "chain-of-verification",
    "2309.11495",
    calls="attempt + most + 2",
    rounds="attempt + 3",
    when="facts that a model knows when asked for each alone: lists, lives, long answers",
    alias="cove",
)
def chain_of_verification(crew: Crew, most: int = 4, attempt: Attempt | None = None) -> Attempt:
    """Drafts, asks what would prove the draft wrong, answers that without it, and writes anew

    At most `most` questions. The draft stands where there are none, or where none is answered.
    """
    require(most >= 1, "most must be at least 1")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        (draft,) = await candidates(workspace, attempt, 1)
        try:
            found = await _found(workspace, draft, most)
            ask = _revising(task, draft, found)
            revised = await workspace.ask([ask] if found else [], at_round=3)
        except task.tolerated:
            revised = []
        if not revised:
            return workspace.result(draft, among=[draft])
        return await concluded(workspace, revised[0], [draft])

    return run


async def _found(workspace: Workspace, draft: Made, most: int) -> list[tuple[str, Made]]:
    """Questions about the draft, and the answer to each of one who has not read the draft, and so
    does not repeat its mistakes."""
    told = f"Question: {workspace.task.question}\n\nA draft:\n{quoted(draft.text)}"
    order = (
        "Do not answer it. Which questions would find the mistakes of this draft? Each about one "
        f'fact and clear by itself, one a line, at most {most}. Write "1. ...?"'
    )
    said = await workspace.say(f"{told}\n\n{order}", purpose="think", max_tokens=_ROOM)
    questions = [one for one in listed(said) if "?" in one][:most]
    asks = [_check(workspace.task, question) for question in questions]
    answers = await workspace.ask_each(asks, at_round=2, temperature=0.0)
    return [(one, made) for one, those in zip(questions, answers, strict=True) for made in those]


def _check(task: Task, question: str) -> Ask:
    """One question, with what the task has to read, but not its draft."""
    order = f"Do not answer that now, but only this, in a sentence or two:\n{question}"
    by = cut(question, 60)
    return Ask(task.asking(order), by=by, alone=True, free=True, max_tokens=_ROOM)


def _revising(task: Task, draft: Made, found: list[tuple[str, Made]]) -> Ask:
    """The task again, with the draft and what was found."""
    facts = "\n\n".join(f"{question}\n{cut(made.text, 600)}" for question, made in found)
    order = "Answer again: put right what these facts show to be wrong, and keep the rest."
    told = f"A draft:\n{quoted(draft.text)}", f"Facts:\n{as_data(facts)}", order
    saw = (draft.id, *(made.id for _, made in found))
    return Ask(task.answering(*told), saw, "revision", alone=True)
