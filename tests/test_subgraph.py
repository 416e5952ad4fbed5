"""Breadth in somebody else's LangGraph graph: the example, with a scripted model."""

import asyncio
import json
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from examples.langgraph_subgraph import notes_graph
from inference import Request, ScriptedModel
from planner import MemoryTrace, Toolbox, research_graph
from search import DocumentIndex
from tools import Lookup


def scripted(request: Request) -> str:
    match request.purpose:
        case "plan":
            return '{"id":"a","lookup":"When was Christopher Nolan born?"}'
        case "read":
            return "30 July 1970"
        case _:
            return "Christopher Nolan was born on 30 July 1970 [1]."


async def test_the_parent_gets_a_cited_answer_and_keeps_its_own_state(
    film_index: DocumentIndex,
) -> None:
    graph = notes_graph(ScriptedModel(scripted), film_index)
    end = await graph.ainvoke({"topic": "Christopher Nolan"})
    assert end["value"] == "30 July 1970"
    assert end["note"] == (
        "Christopher Nolan: Christopher Nolan was born on 30 July 1970. [1]\n"
        "[1] Christopher Nolan (/films/Christopher Nolan)"
    )


async def test_the_phases_are_seen_when_the_parent_streams(film_index: DocumentIndex) -> None:
    graph = notes_graph(ScriptedModel(scripted), film_index)
    seen = [
        node
        async for _, update in graph.astream(
            {"topic": "Christopher Nolan"}, stream_mode="updates", subgraphs=True
        )
        for node in update
    ]
    phases = ["plan", "gather", "reflect", "write", "verify"]
    assert seen == ["ask", *phases, "breadth", "research", "note"]


async def test_a_checkpointer_of_the_parent_keeps_plain_data(film_index: DocumentIndex) -> None:
    saver = InMemorySaver()
    graph = notes_graph(ScriptedModel(scripted), film_index, saver)
    config: Any = {"configurable": {"thread_id": "1"}}
    end = await graph.ainvoke({"topic": "Christopher Nolan"}, config)
    kept = await graph.aget_state(config)
    assert kept.values == end == json.loads(json.dumps(end))


async def test_cancelling_the_parent_stops_the_research(film_index: DocumentIndex) -> None:
    asked = asyncio.Event()
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def pause(_: Request) -> "asyncio.Future[None]":
        asked.set()
        return never

    model = ScriptedModel(scripted, pause=pause)
    work = asyncio.create_task(notes_graph(model, film_index).ainvoke({"topic": "Nolan"}))
    await asked.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert model.closed_early == len(model.requests)


async def test_each_run_has_a_trace_of_its_own(film_index: DocumentIndex) -> None:
    traces: list[MemoryTrace] = []

    def trace() -> MemoryTrace:
        traces.append(MemoryTrace())
        return traces[-1]

    graph = research_graph(
        model=ScriptedModel(scripted),
        toolbox=lambda model: Toolbox((Lookup(film_index, model),)),
        trace=trace,
    )
    asked = {"question": "When was Christopher Nolan born?"}
    first, second = await asyncio.gather(graph.ainvoke(asked), graph.ainvoke(asked))
    assert first == second
    assert len(traces) == 2
    assert len(traces[0].events) == len(traces[1].events)
