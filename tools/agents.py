"""Agents that use tools, for methods whose agents differ in what they use (TUMIX, 2510.01279).

Each is an attempt: it asks the model what to look up, to work out or to run, has that done, and
answers with what came of it. What a tool could not do is told, and the agent answers without.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from inference import Message, Model, as_data
from reasoning import Ask, Attempt, Samples, Task, Workspace, without_data
from search import Passage, SearchEngine
from tools.calculate import Calculate, CalculateArguments
from tools.find import MAX_QUESTION, found
from tools.paying import pay_call
from tools.python_tool import Python, PythonArguments
from tools.tool import ToolError

_QUERY = (
    "What would you look up first to answer this? Write a query of a few words, and nothing else."
)
_SUM = (
    "Which sum gives the answer? Write one expression with numbers alone, such as (12 + 5) * 3, "
    "and nothing else."
)
_PROGRAM = "Write a short Python program that works out the answer and prints it, and nothing else."
_SECONDS = 20.0
"""For a search, or a sum."""
_PASSAGES = 3
_LONGEST = 1500
"""Characters of a passage, and of what a program prints."""
_FENCED = re.compile(r"```[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)
"""A program, as models write one down."""
_LABEL = re.compile(r"[\s`\"'*]*(?:query|expression|sum)[\s`\"'*]*:[\s`\"'*]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Use:
    """A tool, as an agent uses it."""

    name: str
    asked: str
    max_tokens: int
    seconds: float
    call: Callable[[str], Awaitable[str]]
    """With what the model wrote: what is told of it, if anything. Raises ToolError."""


@dataclass
class ToolAgents:
    """Agents of one model, by what there is to use."""

    model: Model
    engine: SearchEngine | None = None
    """None: there is nothing to look into."""
    python: Python | None = None
    """None: no code is run."""
    read: list[Passage] = field(default_factory=list)
    """What their searches have found."""

    def attempts(self) -> Mapping[str, Attempt]:
        """By name: with words alone, with each of the tools, and with a search and then another."""
        search = _Use("query", _QUERY, 48, _SECONDS, self._search) if self.engine else None
        works = [_Use("sum", _SUM, 64, _SECONDS, _worked_out)]
        if self.python:
            works.append(_Use("program", _PROGRAM, 512, self.python.seconds, self._run))
        uses: dict[str, tuple[_Use, ...]] = {"words": ()}
        if search:
            uses["search"] = (search,)
        for work in works:
            uses[work.name] = (work,)
            if search:
                uses[f"search and {work.name}"] = (search, work)
        return {name: partial(self._answered, those) for name, those in uses.items()}

    async def _answered(self, uses: Sequence[_Use], task: Task) -> Samples:
        """Tool by tool, and then the answer."""
        workspace = Workspace(task, self.model)
        told, saw = list[str](), list[str]()
        for number, use in enumerate(uses, 1):
            try:
                pay_call()
                (made,) = await workspace.ask([_asking(use, task, told, saw)], at_round=number)
            except task.tolerated:
                continue
            saw.append(made.id)
            told.append(await _told(use, made.text))
        ask = Ask(task.answering(*told), tuple(saw), alone=True)
        (made,) = await workspace.ask([ask], at_round=len(uses) + 1)
        return workspace.result(made, among=[made])

    async def _search(self, said: str) -> str:
        """The best passages for a query."""
        assert self.engine is not None
        query = _line(said)[:MAX_QUESTION]
        if not query:
            return ""
        hits = await found(self.engine, query, limit=_PASSAGES)
        self.read += [hit.passage for hit in hits if hit.passage not in self.read]
        if not hits:
            return "A search for it found nothing."
        shown = [
            as_data(f"{hit.passage.source.title}: {hit.passage.text[:_LONGEST]}") for hit in hits
        ]
        return "\n".join(["A search found:", *shown])

    async def _run(self, said: str) -> str:
        """What a program prints."""
        assert self.python is not None
        fenced = _FENCED.search(said)
        code = fenced[1] if fenced else said
        if not code.strip():
            return ""
        result = await self.python.call(PythonArguments(code=code))
        if result.value is None:
            return "A program for it printed nothing."
        return f"A program printed:\n{as_data(str(result.value)[:_LONGEST])}"


def _asking(use: _Use, task: Task, told: Sequence[str], saw: Sequence[str]) -> Ask:
    """What the tool is to be called with. A query is made of the question alone, so that nothing
    that was read can have itself looked up elsewhere."""
    messages = task.asking(*told, use.asked)
    if use.name == "query":
        messages = (Message("user", f"{without_data(task.question)}\n\n{use.asked}"),)
    return Ask(messages, tuple(saw), use.name, alone=True, free=True, max_tokens=use.max_tokens)


async def _told(use: _Use, said: str) -> str:
    """What came of it."""
    try:
        async with asyncio.timeout(use.seconds):
            return await use.call(said)
    except TimeoutError:
        return f"The {use.name} took too long. Do without it."
    except ToolError as error:
        return f"The {use.name} failed:\n{as_data(str(error)[:200])}\nDo without it."


async def _worked_out(said: str) -> str:
    """The value of an expression."""
    expression = _line(said)
    if not expression:
        return ""
    result = await Calculate().call(CalculateArguments(expression=expression))
    return f"Worked out exactly: {expression} = {result.value}"


def _line(said: str) -> str:
    """The first line that says something, without what stands around it."""
    lines = (_LABEL.sub("", line, count=1) for line in said.splitlines() if line[:3] != "```")
    return next((bare for line in lines if (bare := line.strip(" \t`\"'"))), "")
