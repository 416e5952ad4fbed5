"""Breadth inside of somebody else's LangGraph graph: one node, with its phases as a subgraph."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypedDict

from inference import Model
from planner.desk import ResearchSettings, Toolbox
from planner.events import MemoryTrace, Trace
from planner.outcomes import Answer, Status
from planner.research import research

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph


class Asked(TypedDict):
    """What the subgraph takes from its parent's state."""

    question: str


class Citation(TypedDict):
    """A passage that an answer points at."""

    number: int
    """As in the answer's marks, from 1."""
    title: str
    location: str
    text: str


class Researched(TypedDict):
    """What the subgraph leaves in its parent's state: plain JSON, for any checkpointer."""

    answer: str
    """With marks: `[1]` is the first citation."""
    value: str | None
    """The shortest form; None where the documents do not tell."""
    citations: list[Citation]
    status: Status
    reason: str | None
    """Why the status is not `completed`."""


class _All(Asked, Researched):
    """Both."""


def research_graph(
    *,
    model: Model,
    toolbox: Callable[[Model], Toolbox],
    settings: ResearchSettings | None = None,
    trace: Callable[[], Trace] = MemoryTrace,
) -> "CompiledStateGraph[Any, None, Asked, Researched]":
    """A graph from `question` to `answer`, `value`, `citations`, `status` and `reason`.

    Mounted with `parent.add_node("research", research_graph(...))` it shares those keys of the
    parent's state; called in a node of the parent it shares none. Its phases (plan, gather,
    reflect, write, verify) are a subgraph, seen with `subgraphs=True` when the parent streams.
    Steps are no nodes: they start when their inputs are there and not when a superstep does.

    `trace`: makes the trace of each run. The parent's checkpointer keeps what goes in and comes
    out; a run in between is begun again. Raises as `research` does.
    """
    from langgraph.graph import END, START, StateGraph  # noqa: PLC0415 - slow to import

    async def answered(state: Asked) -> Researched:
        result = await research(
            state["question"], model=model, toolbox=toolbox, trace=trace(), settings=settings
        )
        return Researched(
            answer=result.answer.text,
            value=result.answer.value,
            citations=_citations(result.answer),
            status=result.status,
            reason=result.reason,
        )

    graph = StateGraph(_All, input_schema=Asked, output_schema=Researched)
    graph.add_node("breadth", answered)
    graph.add_edge(START, "breadth")
    graph.add_edge("breadth", END)
    return graph.compile(name="breadth")


def _citations(answer: Answer) -> list[Citation]:
    """In the order of their numbers."""
    return [
        Citation(
            number=number,
            title=passage.source.title,
            location=passage.source.location,
            text=passage.text,
        )
        for number, passage in enumerate(answer.citations, 1)
    ]
