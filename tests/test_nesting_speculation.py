"""Steps that are research runs, and calls on draft values."""

import asyncio
from dataclasses import replace

from research_films import scripted, toolbox
from test_nesting import inside

from inference import Model, ScriptedModel
from planner import (
    MemoryTrace,
    Plan,
    ResearchSettings,
    RunStarted,
    SpeculationStarted,
    Step,
    Toolbox,
    research,
)
from search import DocumentIndex
from tools import Arguments, ToolResult, tell_draft


class Topic(Arguments):
    """What a film is about."""

    topic: str


async def test_no_sub_run_begins_on_a_draft(film_index: DocumentIndex) -> None:
    """Its steps would stay in the trace as those of the run that is made in the end."""

    class Naming:
        """Has a wrong draft before it knows."""

        name = "film"
        description = "Names a film."
        arguments = Topic
        resource = "cpu"
        seconds = 10.0

        async def call(self, arguments: Topic) -> ToolResult:
            tell_draft("Parasite")
            for _ in range(50):
                await asyncio.sleep(0)
            return ToolResult("Inception")

    def tools(model: Model) -> Toolbox:
        made = toolbox(film_index)(model)
        return replace(made, tools=(*made.tools, Naming()))

    plan = Plan(
        (
            Step("a", "film", {"topic": "dreams"}),
            Step("b", "research", {"objective": "Who directed {a}?"}),
        )
    )
    trace = MemoryTrace()
    settings = ResearchSettings(rounds=1, one_step=True, speculation="on")
    result = await research(
        "Who directed it?",
        model=ScriptedModel(scripted),
        toolbox=tools,
        trace=trace,
        settings=settings,
        plan=plan,
    )
    assert result.grounds is not None
    assert result.grounds.found == "Christopher Nolan"
    assert not any(isinstance(event, SpeculationStarted) for event in trace.events)
    began = [event for event in inside(trace, "b") if isinstance(event, RunStarted)]
    assert began == [RunStarted("Who directed Inception?")]
