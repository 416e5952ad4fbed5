"""Breadth as a subgraph: a LangGraph graph of your own that has a question researched.

    python examples/langgraph_subgraph.py "Christopher Nolan" examples/films
    python examples/langgraph_subgraph.py "Christopher Nolan" examples/films \\
        --model NAME --base-url http://localhost:8000/v1

The parent graph has a state of its own. It makes a question of a topic, mounts
`planner.research_graph` as a node, and writes a note from what comes back. The node shares the keys
`question`, `answer`, `value` and `citations` with the parent; `topic` and `note` are the parent's.
"""

import argparse
import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import TypedDict

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from platformdirs import user_cache_path

from inference import PACKAGED, EmbeddedModel, EndpointModel, Model
from planner import Toolbox, research_graph
from search import DocumentIndex
from tools import Calculate, Compare, Lookup, Search


class Notes(TypedDict, total=False):
    """The parent's state."""

    topic: str
    question: str
    answer: str
    value: str | None
    citations: list[dict[str, object]]
    note: str


def notes_graph(
    model: Model, index: DocumentIndex, checkpointer: BaseCheckpointSaver[str] | None = None
) -> CompiledStateGraph:
    """The parent: a question from the topic, research, a note."""

    def toolbox(recorded: Model) -> Toolbox:
        return Toolbox((Lookup(index, recorded), Compare(), Calculate(), Search(index)))

    graph = StateGraph(Notes)
    graph.add_node("ask", lambda state: {"question": f"When was {state['topic']} born?"})
    graph.add_node("research", research_graph(model=model, toolbox=toolbox))
    graph.add_node("note", _note)
    graph.add_edge(START, "ask")
    graph.add_edge("ask", "research")
    graph.add_edge("research", "note")
    graph.add_edge("note", END)
    return graph.compile(checkpointer=checkpointer)


def _note(state: Notes) -> Notes:
    """What a reader keeps."""
    sources = [f"[{c['number']}] {c['title']} ({c['location']})" for c in state["citations"]]
    return {"note": "\n".join([f"{state['topic']}: {state['answer']}", *sources])}


async def main() -> None:
    """Index the documents, load the model, run the graph; tell each phase as it ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("topic")
    parser.add_argument("documents", type=Path)
    parser.add_argument("--model", default="small", help="small, base, or a name on the server")
    parser.add_argument("--base-url", help="an OpenAI-compatible server; else the model is loaded")
    parser.add_argument("--cache", type=Path, default=user_cache_path("breadth"))
    options = parser.parse_args()
    if not options.base_url and options.model not in PACKAGED:
        parser.error(f"--model: one of {', '.join(PACKAGED)}, or a server's with --base-url")
    index = DocumentIndex.open(None)
    await index.refresh([options.documents])
    model = (
        EndpointModel(options.model, base_url=options.base_url)
        if options.base_url
        else EmbeddedModel(PACKAGED[options.model], cache=options.cache)
    )
    try:
        stream = notes_graph(model, index).astream(
            {"topic": options.topic}, stream_mode="updates", subgraphs=True
        )
        async with aclosing(stream) as updates:
            async for _, update in updates:
                for phase, changed in update.items():
                    print(phase)
                    if "note" in changed:
                        print(changed["note"])
    finally:
        await model.close()
        index.close()


if __name__ == "__main__":
    asyncio.run(main())
