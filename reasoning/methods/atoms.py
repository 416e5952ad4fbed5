"""A question as atoms: sub-questions that need one another or nothing, and what is left of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from inference import Message, as_data
from reasoning.attempts import Attempt, Samples, Task, paragraphs
from reasoning.judging import judged_all
from reasoning.registry import Crew, method, require
from reasoning.workspace import Ask, Made, Workspace

_NOTE = 256
"""Tokens of a contracted question, or of a part's answer."""
_ATOM = re.compile(r"^\s*\**\d+[.):]\**\s*(.+?)\s*(?:\[([^\]]*)\])?\s*$", re.MULTILINE)
_ATOMS = r"(?:[0-9]\. [^\n\[]{4,200} \[(?:none|[0-9](?:, [0-9])*)\]\n){1,9}"


@dataclass(frozen=True, slots=True)
class Atom:
    """A sub-question, and the places of those before it whose answers it needs."""

    question: str
    needs: tuple[int, ...] = ()


def atoms(text: str, most: int) -> list[Atom]:
    """Of a numbered list with the needed numbers in brackets behind each; cycles cannot be said."""
    found = []
    for place, (question, needed) in enumerate(_ATOM.findall(text)[:most]):
        numbers = dict.fromkeys(int(one) - 1 for one in re.findall(r"\d+", needed))
        found.append(Atom(question, tuple(one for one in numbers if 0 <= one < place)))
    return found


@method(
    "atom-of-thoughts",
    "2502.12018",
    calls="2 + depth * (most + 6)",
    rounds="2 + depth * (most + 4)",
    when="questions of several parts, some of which need others",
    alias="aot",
)
def atom_of_thoughts(crew: Crew, depth: int = 3, most: int = 5) -> Attempt:
    """Answers directly, by a DAG of sub-questions, and by a contracted question; the best stands

    While the contracted question's answer is the best, the judge says, it is taken apart again, at
    most `depth` times. A contraction states the answers of what needs nothing as known.
    """
    require(depth >= 1, "depth must be at least 1")
    require(2 <= most <= 9, "most must be between 2 and 9")

    async def run(task: Task) -> Samples:
        workspace = Workspace(task, crew.model)
        (direct,) = await workspace.sample(1)
        (best_score,) = await judged_all(workspace, [direct])
        best, question = direct, task.question
        for level in range(1, depth + 1):
            try:
                contraction = await _Contraction(workspace, question, level).made(most)
                if contraction is None:
                    break
                question, by_parts, contracted = contraction
                made = [*by_parts, *contracted]
                scores = await judged_all(workspace, made)
            except task.tolerated:
                break
            for one, score in zip(made, scores, strict=True):
                if score > best_score:
                    best, best_score = one, score
            if best not in contracted:
                break
        return workspace.result(best, best_score)

    return run


class _Contraction:
    """A question by its parts, and by a shorter one."""

    def __init__(self, workspace: Workspace, question: str, level: int) -> None:
        self._workspace = workspace
        self._question = question
        self._round = 2 * level

    async def made(self, most: int) -> tuple[str, list[Made], list[Made]] | None:
        """The contracted question, the answer by parts, and its own answer, each unless it failed;
        None where nothing can be taken apart."""
        order = (
            f"Do not answer. Split it into at most {most} smaller questions, one a line, numbered. "
            "Behind each, in square brackets, the numbers of those that it needs, or [none]."
        )
        said = await self._workspace.say(
            f"Question: {self._question}\n\n{order}",
            purpose="think",
            max_tokens=2 * _NOTE,
            regex=_ATOMS,
        )
        parts = atoms(said, most)
        if len(parts) < 2:
            return None
        known = await self._solved(parts)
        given = {at: one for at, one in known.items() if not parts[at].needs}
        question = await self._contracted(parts, given)
        asks = [
            self._answering(self._question, known, parts),
            replace(self._answering(question, {}, parts), saw=_ids(given)),
        ]
        by_parts, contracted = await self._workspace.ask_each(asks, at_round=self._round + 1)
        return question, by_parts, contracted

    async def _solved(self, parts: Sequence[Atom]) -> dict[int, Made]:
        """Their answers, as soon as there is what they need; those that fail have none."""
        known, tried = dict[int, Made](), set[int]()
        while ready := [
            at for at, one in enumerate(parts) if at not in tried and tried.issuperset(one.needs)
        ]:
            tried.update(ready)
            asks = [self._part(parts, at, known) for at in ready]
            made = await self._workspace.ask_each(asks, at_round=self._round)
            known |= {at: one[0] for at, one in zip(ready, made, strict=True) if one}
        return known

    def _part(self, parts: Sequence[Atom], at: int, known: Mapping[int, Made]) -> Ask:
        """One sub-question, with what it needs."""
        needed = {one: known[one] for one in parts[at].needs if one in known}
        told = f"{_known(parts, needed)}\n\n" if needed else ""
        return Ask(
            _asked(
                self._workspace.task,
                f"It is about this: {self._question}\n\n{told}Answer this alone, shortly: "
                f"{parts[at].question}",
            ),
            saw=_ids(needed),
            by=f"sub-question {at + 1}",
            alone=True,
            free=True,
            max_tokens=min(_NOTE, self._workspace.task.request.max_tokens),
        )

    async def _contracted(self, parts: Sequence[Atom], known: Mapping[int, Made]) -> str:
        """The question with what is known said in it."""
        prompt = (
            f"Question: {self._question}\n\n{_known(parts, known)}\n\nWrite one simpler question "
            "with the same answer. Say in it all that is still needed, what is known as given. "
            "Write nothing else."
        )
        said = await self._workspace.say(prompt, purpose="think", max_tokens=_NOTE)
        return said.strip() or self._question

    def _answering(self, question: str, known: Mapping[int, Made], parts: Sequence[Atom]) -> Ask:
        """A whole question, with what is known."""
        told = paragraphs(question, _known(parts, known), self._workspace.task.answers.form)
        return Ask(_asked(self._workspace.task, told), saw=_ids(known), alone=True)


def _asked(task: Task, text: str) -> tuple[Message, ...]:
    """In the place of the question, behind what stands before it."""
    return (*task.request.messages[:-1], Message("user", text))


def _ids(known: Mapping[int, Made]) -> tuple[str, ...]:
    return tuple(one.id for one in known.values())


def _known(parts: Sequence[Atom], known: Mapping[int, Made]) -> str:
    """Sub-questions with their answers."""
    lines = [f"{parts[at].question}\n{one.text.strip()}" for at, one in sorted(known.items())]
    return f"This is known:\n{as_data(chr(10).join(lines))}" if lines else ""
