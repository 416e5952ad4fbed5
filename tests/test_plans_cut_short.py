"""A planner that stalls or fails in the middle: what was parsed runs, and the engine stops."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, cast

import pytest
from conftest import PLAN, QUESTION
from research_films import scripted

from inference import Chunk, Halt, ModelUnavailable, Request, ScriptedModel
from planner import Decided, MemoryTrace, Planner
from search import SearchEngine
from tools import Calculate, Compare, Lookup


class Breaking(ScriptedModel):
    """Says so many lines of each sample, and then nothing more, or fails."""

    def __init__(self, text: str, *, lines: int, error: Exception | None = None) -> None:
        super().__init__(lambda request: text)
        self.lines = lines
        self.error = error
        self.closed = 0

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        said = [""] * request.n
        try:
            async with aclosing(super().stream(request, halt)) as chunks:
                async for chunk in chunks:
                    if all(text.count("\n") >= self.lines for text in said):
                        if self.error is not None:
                            raise self.error
                        await asyncio.get_running_loop().create_future()
                    said[chunk.index] += chunk.text
                    yield chunk
        finally:
            self.closed += 1


async def planned(model: ScriptedModel, *, patience: float = 60.0) -> tuple[list[str], list[Any]]:
    """The steps that were written, and what was decided; a missing comparison is added by rule."""
    trace, engine = MemoryTrace(), cast("SearchEngine", None)
    tools: Sequence[Any] = (Lookup(engine, model), Compare(), Calculate())
    planner = Planner(model, tools, trace=trace, samples=4, patience=patience)
    async with asyncio.timeout(10), aclosing(planner.plan(QUESTION)) as steps:
        ids = [step.id async for step in steps if step.id != "compared"]
    return ids, [event for event in trace.events if isinstance(event, Decided)]


@pytest.mark.parametrize("lines", [1, 2, 4])
async def test_a_planner_that_stalls_is_stopped_and_what_it_wrote_runs(lines: int) -> None:
    model = Breaking(PLAN, lines=lines)
    ids, decided = await planned(model, patience=0.05)
    assert ids == ["a", "b", "c", "d"][:lines]
    assert decided[0] == Decided("plan cut short", "the planner wrote no new line for 0.05 s")
    assert (model.closed, model.closed_early) == (1, 1)


async def test_chunks_without_a_new_line_are_a_stall_too() -> None:
    endless = PLAN.splitlines()[0] + "\n" + " " * 4000
    pauses = 0

    class Slow(ScriptedModel):
        async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
            nonlocal pauses
            async with aclosing(super().stream(request, halt)) as chunks:
                async for chunk in chunks:
                    pauses += 1
                    await asyncio.sleep(0.002)
                    yield chunk

    ids, decided = await planned(Slow(lambda request: endless), patience=0.05)
    assert ids == ["a"]
    assert decided[0].what == "plan cut short"
    assert pauses < 2 * 260


async def test_a_planner_that_says_nothing_at_all_leaves_the_question_itself() -> None:
    model = ScriptedModel(scripted, pause=lambda request: asyncio.Future())
    ids, decided = await planned(model, patience=0.05)
    assert ids
    assert [one.what for one in decided] == ["plan cut short", "no plan"]
    assert model.closed_early == 1


@pytest.mark.parametrize("lines", [1, 3])
async def test_a_planner_that_fails_leaves_what_it_wrote(lines: int) -> None:
    model = Breaking(PLAN, lines=lines, error=ModelUnavailable("the server went away"))
    ids, decided = await planned(model)
    assert ids == ["a", "b", "c"][:lines]
    assert decided[0] == Decided("plan cut short", "the server went away")
    assert len(model.requests) == 1
