"""The tool `crosscheck`: what further passages say to a question that has a value, or two.

Passages that disagree are a reason to read on, not to choose (MIRAGE, arXiv:2508.18260). What is
read is a passage by itself, as in a look-up: the values at hand are not shown to the model, which
would follow them.
"""

from pydantic import Field

from tools.agreement import agree
from tools.find import MAX_QUESTION
from tools.lookup import Lookup
from tools.tool import Arguments, ToolResult


class CrossCheckArguments(Arguments):
    """What to check."""

    question: str = Field(min_length=1, max_length=MAX_QUESTION)
    values: tuple[str, ...] = Field(min_length=1, max_length=4)
    """What is held for the answer."""
    beyond: tuple[str, ...] = ()
    """Passages, by their ids, that were read already."""


class CrossCheck:
    """Reads on."""

    name = "crosscheck"
    description = "look for a fact again in further passages, and see which of the values they give"
    arguments: type[Arguments] = CrossCheckArguments
    resource = "model"
    seconds = 300.0

    def __init__(self, lookup: Lookup, *, passages: int = 2) -> None:
        """`passages`: read at most so many."""
        self._lookup = lookup
        self._passages = passages

    async def call(self, arguments: CrossCheckArguments) -> ToolResult:
        """Of one value: what the first further passage says that says anything. Of several: the
        one that a further passage confirms. None where there is no such passage."""
        candidates = await self._lookup.candidates(arguments.question)
        further = [p for p in candidates if p.id not in arguments.beyond][: self._passages]
        for position, passage in enumerate(further):
            said = await self._lookup.read(arguments.question, passage)
            value = None if said is None else _taken(said, arguments)
            if value is not None:
                return ToolResult(value, evidence=[passage], read=further[: position + 1])
        return ToolResult(None, read=further)


def _taken(said: str, arguments: CrossCheckArguments) -> str | None:
    """A value that was at hand already is told as it stood there."""
    question, values = arguments.question, arguments.values
    same = next((value for value in values if agree(value, said, question)), None)
    return said if same is None and len(values) == 1 else same
