"""LangGraph's own server, `langgraph dev`: started with a graph that gives a value at once.

It keeps its runs in memory. Its command may come from an environment of its own (`pip install
"langgraph-cli[inmem]"`).
"""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp

START_SECONDS = 120.0
RUNS = "/runs"
BODY = {"assistant_id": "film", "input": {"question": "Who is older?"}}
_GRAPH = """
from typing import TypedDict

from langgraph.graph import END, START, StateGraph


class State(TypedDict, total=False):
    question: str
    answer: str


async def answer(state: State) -> State:
    return {"answer": "Bong Joon-ho"}


steps = StateGraph(State)
steps.add_node("answer", answer)
steps.add_edge(START, "answer")
steps.add_edge("answer", END)
graph = steps.compile()
"""


@asynccontextmanager
async def langgraph_server(command: str, folder: Path, port: int) -> AsyncIterator[str]:
    """Its address. `command`: the path of `langgraph`."""
    _write_graph(folder)
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(command, "dev", "--port", str(port), "--no-browser", "--no-reload"),
            *("--server-log-level", "ERROR"),
            cwd=folder,
            env={**os.environ, "LANGSMITH_TRACING": "false", "LOG_LEVEL": "ERROR"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        await _answers(url)
        yield url
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _write_graph(folder: Path) -> None:
    """What it is to serve."""
    folder.mkdir(parents=True)
    (folder / "graph.py").write_text(_GRAPH, encoding="utf-8")
    settings = {"dependencies": ["."], "graphs": {"film": "./graph.py:graph"}}
    (folder / "langgraph.json").write_text(json.dumps(settings), encoding="utf-8")


async def _answers(url: str) -> None:
    """Wait until it does."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(START_SECONDS):
        while True:
            with suppress(aiohttp.ClientError, OSError):
                async with session.get(f"{url}/ok") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.2)
