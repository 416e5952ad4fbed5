"""The tool `which`: of which of the named things is something true?

"Which magazine is about birds, A or B?" has nothing to measure, and a small model that reads about
both at once mixes them up. So the claim is held against what is found about each ("A is about
birds"), and the one that is borne out more surely is the answer. Without claims the passages are
read side by side, and the model can say nothing but one of the names.
"""

import json
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from inference import Message, Model, ModelError, Request, as_data, complete
from search import Passage, SearchEngine
from tools.claims import LIKELY, about_first, is_about, sure_of
from tools.find import MAX_QUESTION, found
from tools.kinds import kind_of
from tools.relevance import ranked
from tools.tool import Arguments, ToolError, ToolResult

_HITS = 10
_READ = 2
"""Passages for each thing."""
_LEAST = 0.05
"""Below this probability of the surest claim, none is true."""
_LONGEST = 1200
"""Characters of a passage that is read beside others."""
_SYSTEM = "Choose the answer to the question from the data."
_YES_NO = ("yes", "no")
_Short = Annotated[str, StringConstraints(min_length=1, max_length=MAX_QUESTION)]


class WhichArguments(Arguments):
    """What is asked, of what, and what may be true of each."""

    question: _Short
    of: tuple[_Short, ...] = Field(min_length=2, max_length=8)
    claims: tuple[_Short, ...] = ()

    @model_validator(mode="after")
    def _one_claim_each(self) -> "WhichArguments":
        if self.claims and len(self.claims) != len(self.of):
            raise ValueError("there must be one claim for each of the things, or none")
        return self


class Which:
    """Reads about each, and chooses."""

    name = "which"
    description = "find out of which of the named things something is true"
    arguments: type[Arguments] = WhichArguments
    resource = "model"
    seconds = 300.0

    def __init__(self, engine: SearchEngine, model: Model, *, seed: int = 0) -> None:
        """`model` judges and chooses; it may be a small one."""
        self._engine = engine
        self._model = model
        self._seed = seed

    async def call(self, arguments: WhichArguments) -> ToolResult:
        """One of the names (yes or no, where that is asked); None where nothing tells."""
        if arguments.claims:
            return await self._surest(arguments)
        return await self._side_by_side(arguments)

    async def _surest(self, arguments: WhichArguments) -> ToolResult:
        """The thing whose claim is borne out best."""
        read: list[Passage] = []
        judged: list[tuple[float, str, Passage]] = []
        missing = False
        for thing, claim in zip(arguments.of, arguments.claims, strict=True):
            passages = (await self._about(claim, thing))[:_READ]
            missing |= not passages
            read += passages
            judged += [(await sure_of(self._model, claim, one), thing, one) for one in passages]
        judged.sort(key=lambda one: -one[0])
        if not judged or judged[0][0] < (LIKELY if missing else _LEAST):
            return ToolResult(None, read=read)
        _, thing, proof = judged[0]
        return ToolResult(thing, evidence=[proof], read=read)

    async def _about(self, asked: str, thing: str) -> list[Passage]:
        """Passages about a thing, best first. Raises ToolError."""
        hits = await found(self._engine, asked, limit=_HITS, within=None)
        about = about_first(ranked(asked, hits), thing)
        if about and not is_about(about[0], thing):
            named = ranked(thing, await found(self._engine, thing, limit=_HITS, within=None))
            about = [one for one in named if is_about(one, thing)] or about
        return about

    async def _side_by_side(self, arguments: WhichArguments) -> ToolResult:
        """What the model chooses when it has read the best passage about each."""
        found_of_each = [await self._about(thing, thing) for thing in arguments.of]
        read = [passages[0] for passages in found_of_each if passages]
        if len(read) < len(arguments.of):
            return ToolResult(None, read=read)
        yes_or_no = kind_of(arguments.question) == "yes-no"
        options = _YES_NO if yes_or_no else arguments.of
        chosen = await self._chosen(arguments.question, options, read)
        if chosen is None:
            return ToolResult(None, read=read)
        proof = read[0] if yes_or_no else read[arguments.of.index(chosen)]
        return ToolResult(chosen, evidence=[proof], read=read)

    async def _chosen(
        self, question: str, options: tuple[str, ...], read: list[Passage]
    ) -> str | None:
        """One of the options. Raises ToolError."""
        texts = (f"{one.source.title}: {' '.join(one.text.split())[:_LONGEST]}" for one in read)
        told = "\n".join(as_data(text) for text in texts)
        asked = f"{told}\nQuestion: {question}\nOptions: {', '.join(options)}"
        request = Request(
            messages=(Message("system", _SYSTEM), Message("user", asked)),
            max_tokens=60,
            grammar="root ::= " + " | ".join(map(_literal, options)),
            seed=self._seed,
            purpose="choose",
        )
        try:
            said = (await complete(self._model, request)).samples[0].text.strip()
        except ModelError as error:
            raise ToolError(f"the model could not choose: {error}") from error
        return next((one for one in options if one.casefold() == said.casefold()), None)


def _literal(text: str) -> str:
    """A text as a GBNF literal."""
    return json.dumps(text, ensure_ascii=False)
