"""Sub-runs in the trace store: killed, gone on with, and drawn."""

import asyncio
import io
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from test_nesting import OUTER, replying, run

from inference import Request, ScriptedModel
from planner import (
    History,
    MemoryTrace,
    RefusingModel,
    ResearchSettings,
    Within,
    another_try,
)
from search import DocumentIndex
from service.run_views import trace_tree
from service.terminal import Terminal
from storage import TraceStore

TESTS = Path(__file__).parent
KILLED = """
import asyncio, sys
sys.path[:0] = [{root!r}, {tests!r}]
from research_films import PAGES
from inference import ScriptedModel
from search import DocumentIndex
from storage import TraceStore
from test_nesting import replying, run

def pause(request):
    if request.purpose == "read" and "When was" in request.messages[-1].content:
        print("reading", flush=True)
        return asyncio.get_running_loop().create_future()

async def main(url):
    index = DocumentIndex.open(None)
    await index.add_passages((title, text, "/films/" + title) for title, text in PAGES)
    store = await TraceStore.open(url)
    id_ = await store.create_run("When?", {{}})
    print(id_, flush=True)
    await run(index, ScriptedModel(replying(), pause=pause), store.trace(id_))

asyncio.run(main(sys.argv[1]))
"""


def killed(url: str) -> str:
    """A run whose process was killed while the run inside it read the second page."""
    script = KILLED.format(root=str(TESTS.parent), tests=str(TESTS))
    command = [sys.executable, "-c", script, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        id_, reading = process.stdout.readline().strip(), process.stdout.readline().strip()
        assert reading == "reading"
        process.send_signal(signal.SIGKILL)
    return id_


async def test_a_killed_sub_run_goes_on_without_repeating_what_it_finished(
    url: str, film_index: DocumentIndex
) -> None:
    id_ = await asyncio.to_thread(killed, url)
    model = ScriptedModel(replying())
    async with await TraceStore.open(url) as store:
        past = await store.history(id_)
        inner = past.within("b")
        assert (set(past.outcomes), set(inner.outcomes)) == ({"start"}, {"start", "a"})
        assert (past.planned_rounds, inner.planned_rounds) == (1, 1)
        assert (past.tool_calls, inner.tool_calls) == (5, 3)
        assert 0 < inner.spent.tokens < past.spent.tokens
        assert 0 < inner.seconds <= past.seconds
        result = await run(film_index, model, store.trace(id_), history=past)
        document = await store.document(id_)
        again = await store.history(id_)
    assert (result.status, result.answer.value) == ("completed", "30 July 1970")
    cited = {passage.source.title for passage in result.answer.citations}
    assert cited == {"Christopher Nolan", "Inception"}
    asked = [request.purpose for request in model.requests if request.purpose != "judge"]
    assert asked == ["read", "write"]
    started = [e["id"] for e in document["events"] if e["kind"] == "step_started"]
    assert sorted(started) == ["b", "b", "b/a", "b/b", "b/b", "b/start", "start"]
    assert (again.planned_rounds, again.within("b").planned_rounds) == (1, 1)


async def test_a_finished_sub_run_is_known_with_all_that_it_found_out(
    store: TraceStore, film_index: DocumentIndex
) -> None:
    id_ = await store.create_run("When?", {})
    first = await run(film_index, ScriptedModel(replying()), store.trace(id_))
    past = await store.history(id_)
    model = ScriptedModel(replying())
    second = await run(film_index, model, MemoryTrace(), history=replace(past, answer=None))
    assert second.answer == first.answer
    assert [request.purpose for request in model.requests] == ["write"]


async def test_a_sub_run_is_replayed_from_what_models_said_in_it(
    store: TraceStore, film_index: DocumentIndex
) -> None:
    id_ = await store.create_run("When?", {})
    settings = ResearchSettings(plan_samples=1, rounds=1, depth=2)
    model = ScriptedModel(replying('{"id":"b","research":"Find the date of birth of Nolan"}'))
    first = await run(film_index, model, store.trace(id_), settings=settings)
    past = History(replies=await store.replies(id_))
    second = await run(film_index, RefusingModel(), MemoryTrace(), settings=settings, history=past)
    assert second == first


async def test_a_sub_run_that_was_cut_short_is_tried_again(
    store: TraceStore, film_index: DocumentIndex
) -> None:
    id_ = await store.create_run("When?", {})
    limited = replying(OUTER[:-1] + ',"seconds":2}')

    def pause(request: Request) -> Any:
        late = request.purpose == "read" and "When was" in request.messages[-1].content
        return asyncio.get_running_loop().create_future() if late else None

    first = await run(film_index, ScriptedModel(limited, pause=pause), store.trace(id_))
    assert first.status == "incomplete"
    past = another_try(await store.history(id_))
    assert set(past.outcomes) == {"start"}
    model = ScriptedModel(limited)
    result = await run(film_index, model, store.trace(id_), history=past)
    assert result.answer.value == "30 July 1970"
    asked = [request.purpose for request in model.requests if request.purpose != "judge"]
    assert asked == ["read", "write"]


async def test_the_trace_draws_a_sub_run_below_its_step(
    store: TraceStore, film_index: DocumentIndex
) -> None:
    id_ = await store.create_run("When?", {})
    settings = ResearchSettings(plan_samples=1, rounds=1, depth=2)
    plan = '{"id":"b","research":"Find the date of birth of Nolan"}'
    await run(film_index, ScriptedModel(replying(plan)), store.trace(id_), settings=settings)
    console = Console(file=io.StringIO(), width=120)
    console.print(trace_tree(await store.document(id_)))
    drawn = console.file.getvalue()  # type: ignore[attr-defined]
    lines = [line for line in drawn.splitlines() if " research " in line or " lookup " in line]
    names = [next(word for word in line.split() if word[0].isalpha()) for line in lines]
    assert names == ["b", "b/b", "b/b/a"]
    starts = [line.index(name) for line, name in zip(lines, names, strict=True)]
    assert starts == sorted(set(starts))
    decided = [line for line in drawn.splitlines() if "b/b: " in line]
    assert decided


async def test_a_terminal_shows_the_steps_of_a_sub_run(film_index: DocumentIndex) -> None:
    trace = MemoryTrace()
    await run(film_index, ScriptedModel(replying()), trace)
    console = Console(file=io.StringIO(), width=120)
    with Terminal(console) as display:
        for event in trace.events:
            await display.record(event)
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "b/a planned: lookup Who directed Inception?" in said
    assert "b/a Christopher Nolan" in said
    assert any(isinstance(event, Within) for event in trace.events)
