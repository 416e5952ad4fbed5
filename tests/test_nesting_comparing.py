"""Comparing what research runs inside of a run found out."""

from dataclasses import replace

import pytest
from research_films import scripted, toolbox

from inference import ScriptedModel
from planner import Done, Plan, ResearchSettings, Step, research
from planner.facts import facts_of
from search import DocumentIndex
from storage import TraceStore
from tools import Fact

PLAN = Plan(
    (
        Step("f", "lookup", {"question": "Who directed Inception?"}),
        Step("a", "research", {"objective": "When was the director of Inception born?"}),
        Step("b", "research", {"objective": "When was the director of Parasite born?"}),
        Step("c", "compare", {"question": "Who is older?", "facts": ["{a}", "{b}"]}),
    )
)


async def test_a_value_is_compared_under_the_names_that_led_to_it(
    store: TraceStore, film_index: DocumentIndex
) -> None:
    """Also where the sub-runs are only known from the past."""
    id_ = await store.create_run("Who?", {})
    for resumed in (False, True):
        past = replace(await store.history(id_), answer=None) if resumed else None
        if past is not None:
            past = replace(past, outcomes={k: v for k, v in past.outcomes.items() if k != "c"})
        result = await research(
            "Who is older, the director of Inception or of Parasite?",
            model=ScriptedModel(lambda asked: "" if asked.purpose == "plan" else scripted(asked)),
            toolbox=toolbox(film_index),
            trace=store.trace(id_),
            settings=ResearchSettings(rounds=1, plan_samples=1),
            history=past,
            plan=PLAN,
        )
        assert result.answer.value == "Bong Joon-ho"


@pytest.mark.parametrize(
    ("item", "question", "names", "nearest"),
    [
        ("Parasite", "When was Bong Joon-ho born?", ("Bong Joon-ho",), "Bong Joon-ho"),
        ("Lyon", "How many people live in Lyon, France?", ("France",), "Lyon"),
        ("Bong Joon-ho", "When was Bong Joon-ho born?", (), "Bong Joon-ho"),
    ],
)
def test_the_nearest_name_is_of_what_the_value_is_about(
    item: str, question: str, names: tuple[str, ...], nearest: str
) -> None:
    """For each film its maker's birth: the oldest is a maker, and no film."""
    step = Step("b", "research", {"objective": "Find it for {item}"}, for_each="a")
    inner = Fact(value="1", question=question, names=names)
    [fact] = facts_of(step, Done(["1"]), lambda _: [item], {}, within=lambda _: inner)
    assert fact.names[0] == nearest
    assert set(fact.names) == {item, *names}
