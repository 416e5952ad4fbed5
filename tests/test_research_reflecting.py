"""Reflection looks while steps run: nothing waits for what no longer matters."""

import asyncio

from conftest import PLAN
from research_films import outcomes, run, scripted

from inference import Request, ScriptedModel
from planner import Decided, MemoryTrace, Skipped, StepAdded
from search import DocumentIndex

ASIDE = '{"id":"z","lookup":"Where was Christopher Nolan born?"}\n'
"""Nothing takes it up, and the answer does not need it."""


def stuck(request: Request) -> "asyncio.Future[None] | None":
    """The step aside never ends."""
    aside = request.messages[-1].content.endswith("Where was Christopher Nolan born?")
    return asyncio.get_running_loop().create_future() if aside else None


async def test_an_answer_that_is_there_ends_what_is_not_needed_for_it(
    film_index: DocumentIndex,
) -> None:
    def reply(request: Request) -> str:
        return ASIDE + PLAN if request.purpose == "plan" else scripted(request)

    trace, model = MemoryTrace(), ScriptedModel(reply, pause=stuck)
    async with asyncio.timeout(10):
        result = await run(film_index, model, trace)
    assert (result.status, result.answer.value) == ("completed", "Bong Joon-ho")
    assert outcomes(trace)["z"] == Skipped("not needed any more")
    assert model.closed_early == 1
    assert Decided("write", "the answering step has a value") in trace.events


async def test_the_next_plan_begins_while_steps_of_the_last_one_run(
    film_index: DocumentIndex,
) -> None:
    """What runs aside goes on only once the second plan is asked for."""
    dead = (
        '{"id":"a","lookup":"Who directed Zzz?"}\n'
        '{"id":"b","lookup":"Is {a} older than the director of Inception or Parasite?"}'
    )
    again = asyncio.Event()
    plans = iter([ASIDE + dead, PLAN])

    def reply(request: Request) -> str:
        return next(plans) if request.purpose == "plan" else scripted(request)

    def pause(request: Request) -> "asyncio.Future[None] | None":
        if request.purpose == "plan" and request.seed:
            again.set()
        waits = stuck(request)
        return asyncio.ensure_future(_until(again)) if waits else None

    trace = MemoryTrace()
    async with asyncio.timeout(10):
        result = await run(film_index, ScriptedModel(reply, pause=pause), trace)
    assert result.answer.value == "Bong Joon-ho"
    kinds = [
        (type(e).__name__, getattr(e, "id", getattr(getattr(e, "step", None), "id", "")))
        for e in trace.events
    ]
    assert kinds.index(("StepAdded", "whole")) < kinds.index(("StepEnded", "z"))


async def _until(event: asyncio.Event) -> None:
    await event.wait()


async def test_in_the_last_round_a_dead_chain_is_not_waited_for(film_index: DocumentIndex) -> None:
    dead = '{"id":"a","lookup":"Who directed Zzz?"}\n{"id":"b","lookup":"When was {a} born?"}'

    def reply(request: Request) -> str:
        return ASIDE + dead if request.purpose == "plan" else "none"

    trace = MemoryTrace()
    question = "When was the director of Zzz born?"
    async with asyncio.timeout(10):
        result = await run(
            film_index, ScriptedModel(reply, pause=stuck), trace, question=question, rounds=1
        )
    assert (result.status, result.answer.value) == ("completed", None)
    assert outcomes(trace)["z"] == Skipped("not needed any more")
    assert {e.round for e in trace.events if isinstance(e, StepAdded)} == {1}
