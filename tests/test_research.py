"""The research loop, whole, with a scripted model over a real index."""

import asyncio
from typing import Any

from conftest import PLAN
from research_films import Fixed, outcomes, run, scripted

from inference import Request, ScriptedModel
from planner import Done, MemoryTrace, PhaseStarted, RunEnded, StepAdded, StepEnded, StepStarted
from search import DocumentIndex


async def test_a_question_becomes_a_cited_answer(film_index: DocumentIndex) -> None:
    trace = MemoryTrace()
    result = await run(film_index, ScriptedModel(scripted), trace)
    assert result.status == "completed"
    assert result.answer.value == "Bong Joon-ho"
    assert result.answer.text == (
        "Bong Joon-ho is older: he was born on 14 September 1969, and Christopher Nolan on 30 July"
        " 1970. [1] [2]"
    )
    cited = [passage.source.title for passage in result.answer.citations]
    assert cited == ["Bong Joon-ho", "Christopher Nolan"]
    assert {sentence.verdict for sentence in result.answer.sentences} == {"supported"}
    phases = [event.phase for event in trace.events if isinstance(event, PhaseStarted)]
    assert phases == ["plan", "gather", "reflect", "write", "verify"]
    assert isinstance(trace.events[-1], RunEnded)


async def test_the_first_search_runs_while_the_plan_is_written(film_index: DocumentIndex) -> None:
    """The planner's first chunk comes only after the raw question was searched."""
    searched = asyncio.get_running_loop().create_future()

    class Watching(MemoryTrace):
        async def record(self, event: Any) -> None:
            await super().record(event)
            if isinstance(event, StepEnded) and event.id == "start" and not searched.done():
                searched.set_result(None)

    def pause(request: Request) -> "asyncio.Future[None] | None":
        return searched if request.purpose == "plan" else None

    async with asyncio.timeout(10):
        result = await run(film_index, ScriptedModel(scripted, pause=pause), Watching())
    assert result.status == "completed"


async def test_a_step_starts_while_the_plan_is_still_being_written(
    film_index: DocumentIndex,
) -> None:
    trace = MemoryTrace()
    await run(film_index, ScriptedModel(scripted), trace)
    started = [i for i, e in enumerate(trace.events) if isinstance(e, StepStarted) and e.id == "a"]
    added = [i for i, e in enumerate(trace.events) if isinstance(e, StepAdded) and e.step.id == "e"]
    assert started[0] < added[0]


async def test_steps_that_all_samples_agree_on_start_before_the_choice(
    film_index: DocumentIndex,
) -> None:
    other = PLAN.splitlines()[0] + '\n{"id":"b","lookup":"When was {a} born?"}'

    def reply(request: Request) -> Any:
        if request.purpose != "plan":
            return scripted(request)
        return [PLAN, other] if request.n == 2 else PLAN

    trace = MemoryTrace()
    result = await run(film_index, ScriptedModel(reply), trace, plans=3)
    assert result.answer.value == "Bong Joon-ho"
    kinds = [(type(e).__name__, getattr(e, "id", getattr(e, "what", ""))) for e in trace.events]
    assert kinds.index(("StepStarted", "a")) < kinds.index(("Decided", "plan chosen"))


async def test_samples_that_agree_settle_the_plan_and_the_rest_is_not_asked_for(
    film_index: DocumentIndex,
) -> None:
    model = ScriptedModel(scripted)
    await run(film_index, model, MemoryTrace(), plans=4)
    assert [request.n for request in model.requests if request.purpose == "plan"] == [2]


async def test_without_a_plan_the_question_is_the_one_step(film_index: DocumentIndex) -> None:
    def reply(request: Request) -> Any:
        if request.purpose == "plan":
            return "I would rather not."
        return scripted(request) if request.purpose == "read" else "Christopher Nolan. [1]"

    trace = MemoryTrace()
    result = await run(film_index, ScriptedModel(reply), trace, question="Who directed Inception?")
    assert result.answer.value == "Christopher Nolan"
    assert [p.source.title for p in result.answer.citations] == ["Inception"]


async def test_a_cut_plan_line_is_not_run(film_index: DocumentIndex) -> None:
    cut = (
        '{"id":"a","lookup":"Who directed Inception?"}\n{"id":"b","lookup":"' + "When was {a" * 200
    )

    def reply(request: Request) -> str:
        return cut if request.purpose == "plan" else scripted(request)

    trace = MemoryTrace()
    await run(film_index, ScriptedModel(reply), trace)
    added = [event.step.id for event in trace.events if isinstance(event, StepAdded)]
    assert added[:2] == ["start", "a"]
    assert "b" not in added


async def test_reported_fault_r2_no_empty_query_reaches_an_engine() -> None:
    plan = '<think>hmm ["x"]</think>\n["", ["subquery1","subquery2","subquery3"]]'

    def reply(request: Request) -> str:
        return plan if request.purpose == "plan" else "none"

    trace = MemoryTrace()
    await run(Fixed(), ScriptedModel(reply), trace)
    first = [e.step for e in trace.events if isinstance(e, StepAdded) and e.round == 1]
    asked = [step.arguments["question"] for step in first if step.tool == "lookup"]
    assert asked == ["subquery1", "subquery2", "subquery3"]


async def test_nothing_found_is_looked_for_again_in_another_way(film_index: DocumentIndex) -> None:
    plans = iter(['{"id":"a","lookup":"Who made Zzz?"}', PLAN])

    def reply(request: Request) -> Any:
        return next(plans) if request.purpose == "plan" else scripted(request)

    trace = MemoryTrace()
    result = await run(film_index, ScriptedModel(reply), trace)
    assert result.answer.value == "Bong Joon-ho"
    rounds = {event.step.id: event.round for event in trace.events if isinstance(event, StepAdded)}
    assert rounds["a"] == 1
    assert rounds["a_2"] == 2
    assert isinstance(outcomes(trace)["e_2"], Done)


async def test_a_plain_contest_is_planned_without_a_model(film_index: DocumentIndex) -> None:
    model, trace = ScriptedModel(scripted), MemoryTrace()
    question = "Who is older, Christopher Nolan or Bong Joon-ho?"
    result = await run(film_index, model, trace, question=question)
    assert result.answer.value == "Bong Joon-ho"
    assert "plan" not in {request.purpose for request in model.requests}
    assert set(outcomes(trace)) == {"start", "a", "b", "c"}


async def test_a_doubtful_plan_is_followed_by_the_whole_question(film_index: DocumentIndex) -> None:
    question = "Which city did Christopher Nolan come from?"

    def reply(request: Request) -> str:
        asked = request.messages[-1].content
        match request.purpose:
            case "plan":
                return '{"id":"a","lookup":"Who directed Inception?"}'
            case "read" if asked.endswith(question):
                return "London" if "London" in asked else "none"
            case "read":
                return scripted(request)
            case _:
                return "It is London [1]."

    model, trace = ScriptedModel(reply), MemoryTrace()
    result = await run(film_index, model, trace, question=question)
    assert result.answer.value == "London"
    assert [request.purpose for request in model.requests].count("plan") == 1


async def test_a_comparison_that_only_asks_again_is_left_out(film_index: DocumentIndex) -> None:
    plan = (
        '{"id":"a","lookup":"Who directed Inception?"}\n'
        '{"id":"b","lookup":"When was {a} born?"}\n'
        '{"id":"c","compare":"Who directed Inception?","facts":["{a}","{b}"]}'
    )
    model = ScriptedModel(lambda asked: plan if asked.purpose == "plan" else scripted(asked))
    trace = MemoryTrace()
    question = "We saw it. When was the director of Inception born?"
    assert (await run(film_index, model, trace, question=question)).answer.value == "30 July 1970"
    assert set(outcomes(trace)) == {"start", "a", "b"}
