"""Reflection looks while steps run: nothing waits for what no longer matters."""

import asyncio

from conftest import PLAN
from research_films import outcomes, run, scripted

from inference import Request, ScriptedModel
from planner import Decided, Failed, MemoryTrace, StepAdded, StepCancelled
from search import DocumentIndex

ASIDE = '{"id":"z","lookup":"Where was Christopher Nolan born?"}\n'
"""Nothing takes it up, and the answer does not need it."""
GIVEN_UP = Failed("cancelled: not needed any more")


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
    assert outcomes(trace)["z"] == GIVEN_UP
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
    question = "We saw it. When was the director of Zzz born?"
    async with asyncio.timeout(10):
        result = await run(
            film_index, ScriptedModel(reply, pause=stuck), trace, question=question, rounds=1
        )
    assert (result.status, result.answer.value) == ("completed", None)
    assert outcomes(trace)["z"] == GIVEN_UP
    assert {e.round for e in trace.events if isinstance(e, StepAdded)} == {1}


FILM = "Which film of 2010 did Christopher Nolan direct?"


def judged(says: str) -> ScriptedModel:
    """In the second round the whole question finds a value while the planned chain is stuck, until
    the judge has been asked (8 samples, where there are no log-probabilities)."""
    asked = asyncio.Event()
    plans = iter(
        [
            '{"id":"a","lookup":"Who made Zzz?"}\n{"id":"b","lookup":"Which film did {a} direct?"}',
            '{"id":"a","lookup":"Who directed Inception?"}\n'
            '{"id":"b","lookup":"Which film of 2019 did {a} direct?"}',
        ]
    )

    def reply(request: Request) -> str:
        match request.purpose:
            case "plan":
                return next(plans)
            case "judge" if "a film?" in request.messages[-1].content:
                return "Yes."
            case "judge":
                asked.set()
                return says
            case "read" if request.messages[-1].content.endswith(FILM):
                return "Inception"
            case "write":
                return "It is Inception [1]."
            case _:
                return scripted(request)

    def pause(request: Request) -> "asyncio.Future[None] | None":
        chain = request.messages[-1].content.endswith("Who directed Inception?")
        return asyncio.ensure_future(_until(asked)) if chain and request.purpose == "read" else None

    return ScriptedModel(reply, pause=pause)


async def test_the_judge_may_end_what_still_runs(film_index: DocumentIndex) -> None:
    trace = MemoryTrace()
    async with asyncio.timeout(10):
        result = await run(film_index, judged("Yes."), trace, question=FILM, enough=0.9)
    assert result.answer.value == "Inception"
    told = [event for event in trace.events if isinstance(event, Decided)]
    why = "'Inception' with p(yes) = 0.90; 0.9 is enough"
    assert Decided("judged whether it is enough", why) in told
    assert Decided("write", "the judge holds what is there for enough") in told
    assert StepCancelled("b_2", "not needed any more") in trace.events


async def test_what_the_judge_doubts_is_waited_for(film_index: DocumentIndex) -> None:
    model, trace = judged("No."), MemoryTrace()
    async with asyncio.timeout(10):
        result = await run(film_index, model, trace, question=FILM, enough=0.9)
    assert result.answer.value == "Inception"
    asked = [one for one in model.requests if one.purpose == "judge"]
    enough = [one for one in asked if "Answer: " in one.messages[-1].content]
    assert [one.n for one in enough] == [1]
    assert not any(isinstance(event, StepCancelled) for event in trace.events)
