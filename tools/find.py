"""The tools that bring passages: `search` finds them, `read` opens one document."""

from typing import Literal, Self

from pydantic import Field, model_validator

from search import LEFT_OUT, Hit, Narrowing, Reader, SearchEngine, SearchError
from tools.tool import Arguments, ToolError, ToolResult

_TITLES = 10
MAX_QUESTION = 2000
"""Characters of a question."""


class Within(Arguments):
    """Which documents are meant, by what is given of these."""

    path: str = Field("", max_length=500, description="a part of the path; * and ? as in a shell")
    since: str = Field("", description="a day, month or year: 2024-05-01, 2024-05 or 2024")
    until: str = Field("", description="as since, and included")
    kind: Literal["", "book", "mail", "page", "pdf", "slides", "table", "text", "word"] = ""

    @model_validator(mode="after")
    def _days_are_days(self) -> Self:
        self.narrowing()
        return self

    def narrowing(self) -> Narrowing:
        """For the engine. Raises ValueError for what is no day."""
        return Narrowing(self.path, self.since, self.until, self.kind)


class SearchArguments(Arguments):
    """What to search for, in all documents or some."""

    query: str = Field(min_length=1, max_length=MAX_QUESTION)
    within: Within | None = None


class Search:
    """Passages for a query: their titles are the value, the passages are there to be cited."""

    name = "search"
    description = "find passages about something; gives the titles of the documents"
    arguments = SearchArguments
    resource = "documents"
    seconds = 20.0

    def __init__(self, engine: SearchEngine, *, limit: int = 8) -> None:
        """`limit`: passages for a query."""
        self._engine = engine
        self._limit = limit

    async def call(self, arguments: SearchArguments) -> ToolResult:
        """The titles of what was found, best first; None when nothing was."""
        hits = await found(
            self._engine, arguments.query, limit=self._limit, within=arguments.within
        )
        titles = list(dict.fromkeys(hit.passage.source.title for hit in hits))
        return ToolResult([*titles[:_TITLES]] or None, read=[hit.passage for hit in hits])


_PROOFS = 20
"""Passages of a document that is cited as a whole."""


class ReadArguments(Arguments):
    """Which document to open."""

    location: str = Field(min_length=1, max_length=2000)


class Read:
    """One document, or the beginning of a long one."""

    name = "read"
    description = "open one document by its path"
    arguments = ReadArguments
    resource = "documents"
    seconds = 30.0

    def __init__(self, reader: Reader, *, limit: int = 200) -> None:
        """`limit`: passages at most."""
        self._reader = reader
        self._limit = limit

    async def call(self, arguments: ReadArguments) -> ToolResult:
        """The text as the value, its passages as evidence."""
        try:
            whole = list(await self._reader.read(arguments.location))
        except SearchError as error:
            raise ToolError(str(error)) from error
        passages = whole[: self._limit]
        text = "\n\n".join(passage.text for passage in passages)
        cut = None
        if len(whole) > self._limit:
            cut = f"read {self._limit} of {len(whole)} passages of {arguments.location}"
            text += f"\n\n{LEFT_OUT}"
        return ToolResult(text, evidence=passages[:_PROOFS], read=passages[_PROOFS:], cut=cut)


async def found(
    engine: SearchEngine, query: str, *, limit: int, within: Within | None = None
) -> list[Hit]:
    """A search whose failure is a tool's failure."""
    try:
        if within is None:
            return list(await engine.search(query, limit=limit))
        return list(await engine.search(query, limit=limit, within=within.narrowing()))
    except SearchError as error:
        raise ToolError(f"{engine.name}: {error}") from error
