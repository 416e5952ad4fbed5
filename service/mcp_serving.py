"""Breadth as a server of the Model Context Protocol: research, search and read, for other agents.

What the tools give is data for the agent that asked; nothing of it is carried out here. Needs the
extra `mcp`.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Annotated, Literal

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import BaseModel, Field

from planner import Event, StepAdded, StepEnded, StepStarted, Within
from search import Passage, ReadError, SearchError
from service.formats import as_text
from service.formats.plain import place_of
from service.others import others_of
from service.publishing import of_finished
from service.saved import options_of
from service.settings import Settings
from service.sources import Root
from service.work import Notices
from service.workplace import Finished, Workplace, workplace
from storage import Asker, OverLimit, TraceStore

ASKER = "breadth.asker"
"""Where a request over HTTP has its Asker, in its scope."""
_MOST_HITS = 50
_MOST_CHARACTERS = 20_000
"""Of a document, at once."""

Question = Annotated[str, Field(min_length=1, max_length=2000, description="One question.")]
Effort = Annotated[
    Literal["auto", "low", "medium", "high"],
    Field(description="How much work it is worth; auto: as much as the question seems to need."),
]
Words = Annotated[str, Field(min_length=1, max_length=2000, description="What to look for.")]
Limit = Annotated[int, Field(ge=1, le=_MOST_HITS, description="Passages at most.")]
Location = Annotated[
    str, Field(min_length=1, max_length=4000, description="As `search` or `research` named it.")
]
Offset = Annotated[int, Field(ge=0, description="The first character.")]


class Cited(BaseModel):
    """A passage that an answer points at."""

    number: int
    title: str
    location: str
    place: str
    text: str


class Researched(BaseModel):
    """What a question came to. Numbers in brackets in `answer` point at `sources`."""

    status: str
    answer: str
    value: str | None
    sources: list[Cited]
    run: str


class Found(BaseModel):
    """A passage that was found."""

    title: str
    location: str
    place: str
    text: str


class Document(BaseModel):
    """A part of a document. `next_offset`: where it goes on, if it does."""

    title: str
    location: str
    text: str
    characters: int
    next_offset: int | None


class _Progress(Notices):
    """Tells the agent how many steps of a run are done, of those that there are by now."""

    def __init__(self, context: Context) -> None:
        super().__init__(lambda line: None)
        self._context = context
        self._steps: dict[str, bool] = {}

    async def record(self, event: Event) -> None:
        """See Trace."""
        if isinstance(event, Within):
            return
        told = ""
        match event:
            case StepAdded(step=step):
                self._steps.setdefault(step.id, False)
                told = f"planned {step.tool}"
            case StepStarted(id=id_):
                told = f"began {id_}"
            case StepEnded(id=id_) if id_ in self._steps:
                self._steps[id_] = True
                told = f"ended {id_}"
            case _:
                return
        await self._context.report_progress(sum(self._steps.values()), len(self._steps), told)


@dataclass(frozen=True)
class Tools:
    """What the server offers, over one workplace."""

    store: TraceStore
    place: Workplace
    roots: Sequence[Root]

    async def research(
        self, question: Question, context: Context, effort: Effort = "auto"
    ) -> Researched:
        """Answer a question from the documents (and the web, where the server may search it), with
        citations that were checked. It takes from seconds to minutes; progress is reported, and a
        request that is cancelled stops it."""
        settings = self.place.settings.model_copy(update={"effort": effort})
        place = replace(self.place, settings=settings, display=_Progress(context))
        options = options_of(self.roots, settings)
        try:
            run = await self.store.create_run(question, options, _asker(context))
        except OverLimit as error:
            raise ToolError(str(error)) from error
        return _researched(await place.run(self.store, run, question))

    async def search(self, query: Words, limit: Limit = 10) -> list[Found]:
        """Find passages, best first."""
        try:
            hits = await self.place.sources.engine.search(query, limit=limit)
        except SearchError as error:
            raise ToolError(str(error)) from error
        return [_found(hit.passage) for hit in hits]

    async def read(self, location: Location, offset: Offset = 0) -> Document:
        """Read a document, some twenty thousand characters at once."""
        try:
            passages = await self.place.sources.reader.read(location)
        except ReadError as error:
            raise ToolError(str(error)) from error
        if not passages:
            raise ToolError("there is no text in it")
        text = "\n\n".join(passage.text for passage in passages)
        part = text[offset : offset + _MOST_CHARACTERS]
        end = offset + len(part)
        return Document(
            title=passages[0].source.title,
            location=passages[0].source.location,
            text=part,
            characters=len(text),
            next_offset=end if end < len(text) else None,
        )


@asynccontextmanager
async def mcp_server(
    settings: Settings, roots: Sequence[Root]
) -> AsyncIterator[tuple[MCPServer, TraceStore]]:
    """With everything loaded, and where its runs are kept.

    Raises what `workplace` raises, and StorageError.
    """
    display = Notices(lambda line: None)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(await TraceStore.open(settings.store))
        others = await stack.enter_async_context(others_of(settings, display))
        place = await stack.enter_async_context(workplace(roots, settings, display, others))
        tools = Tools(store, place, roots)
        server: MCPServer = MCPServer(
            "breadth",
            instructions="Deep research over the documents of this server, with citations that"
            " were checked. `research` answers a question; `search` and `read` give passages.",
            version=version("breadth"),
            log_level="WARNING",
        )
        looks = ToolAnnotations(read_only_hint=True, open_world_hint=settings.search is not None)
        for tool in (tools.research, tools.search, tools.read):
            server.add_tool(tool, annotations=looks)
        yield server, store


def _asker(context: Context) -> Asker | None:
    """Whose key came with the request, if one did."""
    request = context.request_context.request
    return None if request is None else request.scope.get(ASKER)


def _researched(finished: Finished) -> Researched:
    """For the agent."""
    answer = finished.result.answer
    return Researched(
        status=finished.result.status,
        answer=as_text(of_finished(finished)),
        value=None if answer.value is None else str(answer.value),
        sources=[
            Cited(number=number, **_found(passage).model_dump())
            for number, passage in enumerate(answer.citations, 1)
        ],
        run=finished.run,
    )


def _found(passage: Passage) -> Found:
    """As it is told."""
    source = passage.source
    return Found(
        title=source.title,
        location=place_of(source.location, source.title),
        place=passage.place,
        text=passage.text,
    )
