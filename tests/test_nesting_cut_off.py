"""Runs with sub-runs in sub-runs, cut off anywhere: what they had finished is not done again.

Each event is a transaction of its own, so a trace that takes no further event leaves what a killed
process leaves.
"""

import asyncio
from dataclasses import replace

import pytest
from research_films import scripted
from test_nesting import offering

from inference import Model, Request, ScriptedModel
from planner import (
    Event,
    History,
    MemoryTrace,
    ModelCalled,
    Plan,
    RefusingModel,
    ResearchSettings,
    Result,
    RunEnded,
    RunStarted,
    Step,
    StepEnded,
    StepStarted,
    Trace,
    Within,
    call_key,
    research,
)
from search import DocumentIndex
from storage import TraceStore

FILMS = "Which are the two films?"
LIST = Step("a", "research", {"objective": FILMS, "output": "a list"})
BIRTHS = Step("b", "research", {"objective": "Find the birth of the maker of {item}"}, (), "a")
OLDER = Step("c", "compare", {"question": "Who is older?", "facts": ["{b}"]})
PLAN = Plan((LIST, BIRTHS, OLDER))


class Full(Exception):
    """The disk is."""


class Cut:
    """Takes so many events, or all up to the one that is named, and then no more."""

    def __init__(self, trace: Trace, last: int | tuple[str, type[Event], str]) -> None:
        self.events: list[Event] = []
        self._trace = trace
        self._last = last
        self._over = False

    async def record(self, event: Event) -> None:
        if self._over:
            raise Full
        self.events.append(event)
        way, inner = placed(event)
        named = (way, type(inner), getattr(inner, "id", ""))
        self._over = self._last in (named, len(self.events))
        await self._trace.record(event)


def placed(event: Event) -> tuple[str, Event]:
    return (event.call, event.event) if isinstance(event, Within) else ("", event)


def reply(request: Request) -> str:
    """An objective of an element is planned as a sub-run of its own, and that as two look-ups."""
    text = request.messages[-1].content
    asked = text.rpartition("Question: ")[2].splitlines()[-1]
    film = "Inception" if "Inception" in asked else "Parasite"
    match request.purpose:
        case "plan" if asked.startswith("Find"):
            return f'{{"id":"m","research":"When was the director of {film} born?"}}'
        case "plan" if asked == FILMS:
            return f'{{"id":"a","lookup":"{FILMS}"}}'
        case "plan":
            first = f'{{"id":"a","lookup":"Who directed {film}?"}}'
            return first + '\n{"id":"b","lookup":"When was {a} born?"}'
        case "read" if asked == FILMS:
            return "Inception and Parasite" if "two films" in text.partition("Question:")[0] else ""
        case "write":
            return "Bong Joon-ho is older [1]."
        case _:
            return scripted(request)


@pytest.fixture
async def films(film_index: DocumentIndex) -> DocumentIndex:
    await film_index.add_passages(
        [("Two films", "The two films are Inception and Parasite.", "/2")]
    )
    return film_index


async def run(
    index: DocumentIndex, trace: Trace, history: History | None = None, model: Model | None = None
) -> Result:
    return await research(
        "Who is older?",
        model=model or ScriptedModel(reply),
        toolbox=offering(index),
        trace=trace,
        settings=ResearchSettings(plan_samples=1, rounds=1, depth=2, speculation="off"),
        history=history,
        plan=PLAN,
    )


async def gone_on(
    url: str, index: DocumentIndex, last: int | tuple[str, type[Event], str]
) -> tuple[list[Event], list[Event], Result]:
    """Both parts of a run that was cut off, and how it ended; a replay of it asks nobody."""
    async with await TraceStore.open(url) as store:
        id_ = await store.create_run("Who?", {})
        first, second = Cut(store.trace(id_), last), Cut(store.trace(id_), 0)
        with pytest.raises((Full, ExceptionGroup)):
            await run(index, first)
        result = await run(index, second, await store.history(id_))
        again = await store.fork(id_, {}, ())
        past = replace(await store.history(again), replies=await store.replies(id_))
        assert (await run(index, MemoryTrace(), past, RefusingModel())).answer == result.answer
    return first.events, second.events, result


def repeated(first: list[Event], second: list[Event]) -> list[str]:
    """Calls of the second part that had ended in the first, and what was asked again for them."""
    ended = {(w, e.id) for w, e in map(placed, first) if isinstance(e, StepEnded)}
    made = {
        call_key("", e.arguments)
        for w, e in map(placed, first)
        if isinstance(e, StepStarted) and (w, e.id) in ended
    }
    begun = ((w, e) for w, e in map(placed, second) if isinstance(e, StepStarted))
    found = [f"{w}/{e.id}" for w, e in begun if call_key("", e.arguments) in made]
    asked = ((w, e.step) for w, e in map(placed, second) if isinstance(e, ModelCalled))
    return found + [f"{w}/{step} asks" for w, step in asked if (w, step) in ended]


@pytest.mark.parametrize(
    "last",
    [
        ("b[1]/m", StepEnded, "a"),  # two levels deep in the second element
        ("b[1]", StepEnded, "m"),
        ("", StepEnded, "b[0]"),
        ("", StepEnded, "b"),
        ("b[0]", StepStarted, "m"),
        *range(4, 110, 21),
    ],
)
async def test_a_run_that_was_cut_off_inside_goes_on_there(
    url: str, films: DocumentIndex, last: int | tuple[str, type[Event], str]
) -> None:
    first, second, result = await gone_on(url, films, last)
    assert (result.status, result.answer.value) == ("completed", "Bong Joon-ho")
    assert repeated(first, second) == []


class Stopping(MemoryTrace):
    """Has its run cancelled when so many events are there."""

    def __init__(self, last: int) -> None:
        super().__init__()
        self.run: asyncio.Task[Result] | None = None
        self._last = last

    async def record(self, event: Event) -> None:
        await super().record(event)
        if len(self.events) == self._last and self.run is not None:
            self.run.cancel()


@pytest.mark.parametrize("last", range(2, 110, 6))
async def test_a_run_that_is_stopped_ends_all_runs_inside_and_nothing_goes_on(
    films: DocumentIndex, last: int
) -> None:
    trace, model = Stopping(last), ScriptedModel(reply)
    trace.run = asyncio.create_task(run(films, trace, model=model))
    with pytest.raises(asyncio.CancelledError):
        await trace.run
    events, asked = list(trace.events), len(model.requests)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    begun = [way for way, event in map(placed, events) if isinstance(event, RunStarted)]
    ended = [(way, e.status) for way, e in map(placed, events) if isinstance(e, RunEnded)]
    assert sorted(begun) == sorted(way for way, _ in ended)
    assert ended[-1] == ("", "cancelled")
    assert sum(event == RunEnded("cancelled", "stopped") for event in events) == 1
    for _ in range(20):
        await asyncio.sleep(0)
    assert (trace.events, len(model.requests)) == (events, asked)
