"""The research loop, whole, with a scripted model over a real index."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from conftest import PLAN, QUESTION, READINGS

from inference import Model, ModelUnavailable, Request, ScriptedModel
from planner import (
    AnswerWritten,
    Done,
    History,
    Limits,
    MemoryTrace,
    ModelCalled,
    PhaseStarted,
    ResearchSettings,
    Result,
    RunEnded,
    StepAdded,
    StepEnded,
    StepStarted,
    Toolbox,
    call_key,
    research,
)
from search import DocumentIndex, EngineError, Hit, SearchEngine
from tools import Calculate, Compare, Lookup, Read, Search

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
async def index() -> AsyncIterator[DocumentIndex]:
    opened = DocumentIndex.open(None)
    await opened.add_passages((title, text, f"/films/{title}") for title, text in PAGES)
    yield opened
    opened.close()


def toolbox(engine: SearchEngine) -> Callable[[Model], Toolbox]:
    def made(model: Model) -> Toolbox:
        reader: Any = engine
        tools = (Lookup(engine, model), Compare(), Calculate(), Search(engine), Read(reader))
        return Toolbox(tools)

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
) -> Result:
    settings = ResearchSettings(limits=limits or Limits(), plan_samples=plans)
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


async def test_a_question_becomes_a_cited_answer(index: DocumentIndex) -> None:
    trace = MemoryTrace()
    result = await run(index, ScriptedModel(scripted), trace)
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


async def test_the_first_search_runs_while_the_plan_is_written(index: DocumentIndex) -> None:
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
        result = await run(index, ScriptedModel(scripted, pause=pause), Watching())
    assert result.status == "completed"


async def test_a_step_starts_while_the_plan_is_still_being_written(index: DocumentIndex) -> None:
    trace = MemoryTrace()
    await run(index, ScriptedModel(scripted), trace)
    started = [i for i, e in enumerate(trace.events) if isinstance(e, StepStarted) and e.id == "a"]
    added = [i for i, e in enumerate(trace.events) if isinstance(e, StepAdded) and e.step.id == "e"]
    assert started[0] < added[0]


async def test_steps_that_all_samples_agree_on_start_before_the_choice(
    index: DocumentIndex,
) -> None:
    other = PLAN.splitlines()[0] + '\n{"id":"b","lookup":"When was {a} born?"}'

    def reply(request: Request) -> Any:
        if request.purpose != "plan":
            return scripted(request)
        return [PLAN, other] if request.n == 2 else PLAN

    trace = MemoryTrace()
    result = await run(index, ScriptedModel(reply), trace, plans=3)
    assert result.answer.value == "Bong Joon-ho"
    kinds = [(type(e).__name__, getattr(e, "id", getattr(e, "what", ""))) for e in trace.events]
    assert kinds.index(("StepStarted", "a")) < kinds.index(("Decided", "plan chosen"))


async def test_samples_that_agree_settle_the_plan_and_the_rest_is_not_asked_for(
    index: DocumentIndex,
) -> None:
    model = ScriptedModel(scripted)
    await run(index, model, MemoryTrace(), plans=4)
    assert [request.n for request in model.requests if request.purpose == "plan"] == [2]


async def test_without_a_plan_the_question_is_the_one_step(index: DocumentIndex) -> None:
    def reply(request: Request) -> Any:
        if request.purpose == "plan":
            return "I would rather not."
        return scripted(request) if request.purpose == "read" else "Christopher Nolan. [1]"

    trace = MemoryTrace()
    result = await run(index, ScriptedModel(reply), trace, question="Who directed Inception?")
    assert result.answer.value == "Christopher Nolan"
    assert [p.source.title for p in result.answer.citations] == ["Inception"]


@pytest.mark.parametrize(
    "draft",
    [
        "Bong Joon-ho is older, says Steven Spielberg [4].",
        "Bong Joon-ho was born in 1066 [4].",
        "Bong Joon-ho [7].",
        "Bong Joon-ho [0].",
        "Bong Joon-ho is older.",
        "Spielberg saw it: Bong Joon-ho is older [4].",
        "It is Christopher Nolan [3].",
        "",
        "Bong " * 500,
    ],
)
async def test_a_draft_that_brings_in_what_nobody_read_is_not_delivered(
    index: DocumentIndex, draft: str
) -> None:
    def reply(request: Request) -> Any:
        return draft if request.purpose == "write" else scripted(request)

    result = await run(index, ScriptedModel(reply), MemoryTrace())
    assert result.answer.value == "Bong Joon-ho"
    assert result.answer.text.startswith("Bong Joon-ho. [1] [2] [3] [4] ")
    assert "When was Bong Joon-ho born? 14 September 1969. [4]" in result.answer.text


class SlowTrace(MemoryTrace):
    """Takes a moment for each event, as a database does."""

    async def record(self, event: Any) -> None:
        await asyncio.sleep(0.001)
        await super().record(event)


@pytest.mark.parametrize("seconds", [0.05, 0.1, 0.3, 1.0])
async def test_a_run_out_of_time_ends_whatever_it_was_doing(
    index: DocumentIndex, seconds: float
) -> None:
    def pause(request: Request) -> "asyncio.Future[None] | None":
        late = "When was" in request.messages[-1].content and request.purpose == "read"
        return asyncio.get_running_loop().create_future() if late else None

    async with asyncio.timeout(20):
        model = ScriptedModel(scripted, pause=pause)
        result = await run(index, model, SlowTrace(), limits=Limits(seconds=seconds))
    assert result.status == "incomplete"
    assert "seconds" in (result.reason or "")


@pytest.mark.parametrize("question", ["What does {name} mean?", "{item}", "???", "🎬", "{"])
async def test_any_question_ends_in_an_answer(index: DocumentIndex, question: str) -> None:
    for plan in ("", '{"id":"a","lookup":"' + question + '"}'):

        def reply(request: Request, plan: str = plan) -> str:
            return plan if request.purpose == "plan" else "none"

        result = await run(index, ScriptedModel(reply), MemoryTrace(), question=question)
        assert result.status == "completed"
        assert result.answer.value is None


async def test_a_value_from_the_model_s_memory_is_no_answer(index: DocumentIndex) -> None:
    def reply(request: Request) -> str:
        memory = '{"id":"a","calculate":"1969 - 1954"}'
        return memory if request.purpose == "plan" else "none"

    result = await run(index, ScriptedModel(reply), MemoryTrace(), question="How old was he?")
    assert result.answer.value is None
    own = '{"id":"a","calculate":"12% of 340"}'
    model = ScriptedModel(lambda request: own if request.purpose == "plan" else "none")
    result = await run(index, model, MemoryTrace(), question="What is 12% of 340?")
    assert result.answer.text == "40.8."


async def test_a_cut_plan_line_is_not_run(index: DocumentIndex) -> None:
    cut = (
        '{"id":"a","lookup":"Who directed Inception?"}\n{"id":"b","lookup":"' + "When was {a" * 200
    )

    def reply(request: Request) -> str:
        return cut if request.purpose == "plan" else scripted(request)

    trace = MemoryTrace()
    await run(index, ScriptedModel(reply), trace)
    added = [event.step.id for event in trace.events if isinstance(event, StepAdded)]
    assert added[:2] == ["start", "a"]
    assert "b" not in added


class Fixed:
    """A search engine that gives the same hits, or fails."""

    name = "fixed"

    def __init__(self, hits: Sequence[Hit] = (), error: str | None = None) -> None:
        self.calls = 0
        self._hits = hits
        self._error = error

    async def search(self, query: str, *, limit: int = 10) -> Sequence[Hit]:
        assert query.strip()
        self.calls += 1
        if self._error:
            raise EngineError(self._error)
        return self._hits[:limit]


async def test_reported_fault_r1_no_sources_no_citations() -> None:
    question = "What did the (non-existent) Zorblatt Act of 2031 change?"

    def reply(request: Request) -> str:
        if request.purpose == "plan":
            return '{"id":"a","lookup":"' + question + '"}'
        return "It changed https://example.org/zorblatt [1]."

    result = await run(Fixed(), ScriptedModel(reply), MemoryTrace(), question=question)
    assert result.status == "completed"
    assert result.answer.text.startswith("No sources found")
    assert result.answer.citations == ()
    assert not re.search(r"https?://", result.answer.text)


async def test_reported_fault_r2_no_empty_query_reaches_an_engine() -> None:
    plan = '<think>hmm ["x"]</think>\n["", ["subquery1","subquery2","subquery3"]]'

    def reply(request: Request) -> str:
        return plan if request.purpose == "plan" else "none"

    trace = MemoryTrace()
    await run(Fixed(), ScriptedModel(reply), trace)
    first = [e.step for e in trace.events if isinstance(e, StepAdded) and e.round == 1]
    asked = [step.arguments["question"] for step in first if step.tool == "lookup"]
    assert asked == ["subquery1", "subquery2", "subquery3"]


async def test_reported_fault_r5_a_failing_engine_ends_within_its_limit() -> None:
    engine, trace = Fixed(error="the engine answered HTTP 401"), MemoryTrace()
    began = time.monotonic()
    result = await run(engine, ScriptedModel(scripted), trace, limits=Limits(tool_calls=5))
    assert time.monotonic() - began < 2
    assert engine.calls <= 5
    assert len([e for e in trace.events if isinstance(e, StepStarted)]) <= 5
    assert result.status == "incomplete"
    assert "HTTP 401" in str(outcomes(trace)["start"])
    assert "HTTP 401" in result.answer.text
    assert result.answer.citations == ()


async def test_a_model_that_cannot_be_reached_ends_the_run_in_words(index: DocumentIndex) -> None:
    model = ScriptedModel(lambda request: ModelUnavailable("cannot reach http://x/v1"))
    result = await run(index, model, MemoryTrace())
    assert result.status == "incomplete"
    assert result.reason == "the model could not read: cannot reach http://x/v1"
    assert result.answer.value is None


async def test_nonsense_from_the_model_is_no_answer(index: DocumentIndex) -> None:
    model = ScriptedModel(lambda request: "la la la " * 40)
    result = await run(index, model, MemoryTrace())
    assert result.status == "completed"
    assert result.answer.value is None
    assert result.answer.text.startswith("No sources found")


async def test_a_spent_budget_of_tool_calls_delivers_what_there_is(index: DocumentIndex) -> None:
    result = await run(index, ScriptedModel(scripted), MemoryTrace(), limits=Limits(tool_calls=4))
    assert result.status == "incomplete"
    assert result.reason == "stopped by the budget: max-tool-calls: 4 of 4 spent"
    assert result.answer.value is None
    assert "Found so far: Who directed Inception? Christopher Nolan. [1]" in result.answer.text


async def test_a_spent_budget_of_tokens_is_never_overdrawn(index: DocumentIndex) -> None:
    trace = MemoryTrace()
    result = await run(index, ScriptedModel(scripted), trace, limits=Limits(tokens=1500))
    spent = sum(e.completion.usage.total_tokens for e in trace.events if isinstance(e, ModelCalled))
    assert 0 < spent <= 1500
    assert result.status == "incomplete"


async def test_when_the_seconds_are_over_the_reader_gets_what_there_is(
    index: DocumentIndex,
) -> None:
    def pause(request: Request) -> "asyncio.Future[None] | None":
        late = "When was" in request.messages[-1].content and request.purpose == "read"
        return asyncio.get_running_loop().create_future() if late else None

    trace = MemoryTrace()
    async with asyncio.timeout(20):
        model = ScriptedModel(scripted, pause=pause)
        result = await run(index, model, trace, limits=Limits(seconds=2.0))
    assert result.status == "incomplete"
    assert "seconds" in (result.reason or "")
    assert "Who directed Parasite? Bong Joon-ho. [2]" in result.answer.text


async def test_cancelling_stops_the_model_and_keeps_the_trace(index: DocumentIndex) -> None:
    reading = asyncio.Event()

    def pause(request: Request) -> "asyncio.Future[None] | None":
        if request.purpose != "read":
            return None
        reading.set()
        return asyncio.get_running_loop().create_future()

    model, trace = ScriptedModel(scripted, pause=pause), MemoryTrace()
    running = asyncio.create_task(run(index, model, trace))
    await reading.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert model.closed_early >= 1
    assert trace.events[-1] == RunEnded("cancelled", "stopped")
    assert not any(isinstance(event, AnswerWritten) for event in trace.events)


async def test_a_run_goes_on_without_repeating_what_it_finished(index: DocumentIndex) -> None:
    first = MemoryTrace()
    await run(index, ScriptedModel(scripted), first)
    added = [event.step for event in first.events if isinstance(event, StepAdded)]
    ended = outcomes(first)
    past = History(
        steps=tuple(added),
        step_rounds={step.id: 1 for step in added},
        outcomes={name: ended[name] for name in ("start", "a", "b", "c")},
        planned_rounds=1,
    )
    second, model = MemoryTrace(), ScriptedModel(scripted)
    result = await run(index, model, second, history=past)
    assert result.answer.value == "Bong Joon-ho"
    started = [event.id for event in second.events if isinstance(event, StepStarted)]
    assert started == ["d", "e"]
    assert "plan" not in {request.purpose for request in model.requests}


async def test_a_run_cut_off_while_planning_plans_again_and_uses_what_it_finished(
    index: DocumentIndex,
) -> None:
    first = MemoryTrace()
    await run(index, ScriptedModel(scripted), first)
    added = [event.step for event in first.events if isinstance(event, StepAdded)][:2]
    calls = {event.id: event for event in first.events if isinstance(event, StepStarted)}
    past = History(
        steps=tuple(added),
        step_rounds={step.id: 1 for step in added},
        outcomes={"a": outcomes(first)["a"]},
        arguments={"a": call_key("lookup", calls["a"].arguments)},
    )
    second, model = MemoryTrace(), ScriptedModel(scripted)
    result = await run(index, model, second, history=past)
    assert result.answer.value == "Bong Joon-ho"
    asked = [event.arguments for event in second.events if isinstance(event, StepStarted)]
    assert {"question": "Who directed Inception?"} not in asked


async def test_nothing_found_is_looked_for_again_in_another_way(index: DocumentIndex) -> None:
    plans = iter(['{"id":"a","lookup":"Who made Zzz?"}', PLAN])

    def reply(request: Request) -> Any:
        return next(plans) if request.purpose == "plan" else scripted(request)

    trace = MemoryTrace()
    result = await run(index, ScriptedModel(reply), trace)
    assert result.answer.value == "Bong Joon-ho"
    rounds = {event.step.id: event.round for event in trace.events if isinstance(event, StepAdded)}
    assert rounds["a"] == 1
    assert rounds["a_2"] == 2
    assert isinstance(outcomes(trace)["e_2"], Done)
