"""The research loop with a scripted model over a real index of four films' pages."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import pytest
from conftest import PLAN, QUESTION, READINGS

from inference import Model, Price, Request
from planner import (
    History,
    Limits,
    MemoryTrace,
    ResearchSettings,
    Result,
    StepEnded,
    Toolbox,
    research,
)
from search import DocumentIndex, EngineError, Hit, Narrowing, SearchEngine
from tools import Calculate, Compare, CrossCheck, Lookup, Read, Search

PAGES = (
    ("Inception", "Inception is a film of 2010. It was directed by Christopher Nolan."),
    ("Parasite", "Parasite is a Korean film of 2019. It was directed by Bong Joon-ho."),
    ("Christopher Nolan", "Christopher Nolan was born on 30 July 1970 in London."),
    ("Bong Joon-ho", "Bong Joon-ho was born on 14 September 1969 in Daegu."),
)
ANSWER = (
    "Bong Joon-ho is older: he was born on 14 September 1969 [4], and Christopher Nolan on 30 July"
    " 1970 [3]."
)


def scripted(request: Request) -> str:
    """A small model that does everything right."""
    asked = request.messages[-1].content.rpartition("Question: ")[2]
    match request.purpose:
        case "plan":
            return PLAN
        case "read":
            value = READINGS.get(asked, "none")
            return value if value in request.messages[-1].content else "none"
        case _:
            return ANSWER


@pytest.fixture
async def film_index() -> AsyncIterator[DocumentIndex]:
    opened = DocumentIndex.open(None)
    await opened.add_passages((title, text, f"/films/{title}") for title, text in PAGES)
    yield opened
    opened.close()


def toolbox(engine: SearchEngine) -> Callable[[Model], Toolbox]:
    def made(model: Model) -> Toolbox:
        reader: Any = engine
        lookup = Lookup(engine, model)
        found = Search(engine), Read(reader)
        return Toolbox((lookup, CrossCheck(lookup), Compare(), Calculate(), *found))

    return made


async def run(
    engine: SearchEngine,
    model: Model,
    trace: MemoryTrace,
    *,
    question: str = QUESTION,
    limits: Limits | None = None,
    history: History | None = None,
    plans: int = 1,
    rounds: int = 3,
    enough: float = 1.0,
    prices: Mapping[str, Price] | None = None,
    second_look: bool = False,
    drafts: int = 1,
) -> Result:
    settings = ResearchSettings(
        limits=limits or Limits(),
        plan_samples=plans,
        rounds=rounds,
        enough=enough,
        second_look=second_look,
        drafts=drafts,
        prices=prices or {},
    )
    return await research(
        question,
        model=model,
        toolbox=toolbox(engine),
        trace=trace,
        settings=settings,
        history=history,
    )


def outcomes(trace: MemoryTrace) -> dict[str, Any]:
    return {event.id: event.outcome for event in trace.events if isinstance(event, StepEnded)}


class Fixed:
    """A search engine that gives the same hits, or fails."""

    name = "fixed"

    def __init__(self, hits: Sequence[Hit] = (), error: str | None = None) -> None:
        self.calls = 0
        self._hits = hits
        self._error = error

    async def search(
        self, query: str, *, limit: int = 10, within: Narrowing | None = None
    ) -> Sequence[Hit]:
        assert query.strip()
        self.calls += 1
        if self._error:
            raise EngineError(self._error)
        return self._hits[:limit]
