"""Layers of agents, each of which reads the whole layer before it."""

from collections.abc import Awaitable, Callable

import pytest
from method_tasks import QUESTION, scripted, task

from inference import ModelUnavailable, Request, ScriptedModel
from reasoning import METHODS, Crew, Samples, Task, Trail, method_of
from reasoning.policies import ROLES, TOOLS
from reasoning.workspace import Workspace


async def test_each_layer_reads_the_one_before_and_an_aggregator_ends() -> None:
    model, trail = scripted(lambda request: ["Answer: 8"] * request.n), Trail()
    made = await method_of("moa(2)", Crew(model))(task(trail=trail))
    assert [(one.n, one.purpose) for one in model.requests] == [
        (2, "think"),
        (1, "think"),
        (1, "think"),
        (1, "merge"),
    ]
    assert [(one.round, one.saw) for one in trail.candidates] == [
        (1, ()),
        (1, ()),
        (2, ("1", "2")),
        (2, ("1", "2")),
        (3, ("3", "4")),
    ]
    assert trail.candidates[-1].by == "aggregator"
    second = model.requests[1].messages
    assert [one.role for one in second] == ["user"]
    assert second[0].content.startswith(QUESTION)
    assert made.chosen == len(made.samples) - 1


async def test_a_proposer_for_each_model_that_is_named_and_the_crew_s_own_aggregates() -> None:
    named = {name: ScriptedModel([f"Answer: {name}"] * 2) for name in "ab"}
    own = ScriptedModel(["Answer: b"])
    made = await method_of("moa([a, b])", Crew(own, named=named))(task())
    assert made.best.text == "Answer: b"
    assert made.confidence == 2 / 3
    assert [len(one.requests) for one in (*named.values(), own)] == [2, 2, 1]


async def test_a_layer_that_fails_leaves_the_one_before_which_votes_without_an_aggregator() -> None:
    def say(request: Request) -> list[str] | Exception:
        if request.purpose == "merge" or "Answer 1:" in request.messages[-1].content:
            return ModelUnavailable("gone")
        return ["Answer: 1", "Answer: 2", "Answer: 2"]

    made = await method_of("moa(3)", Crew(scripted(say)))(task())
    assert (made.best.text, made.confidence) == ("Answer: 2", 2 / 3)


def sparse(best: str | Exception, *, settled: str = "no") -> ScriptedModel:
    """A judge that names these, and a moderator."""

    def say(request: Request) -> str | list[str] | Exception:
        asked = request.messages[-1].content
        if "Say their numbers" in asked:
            return best
        if "another round" in asked:
            return [settled] * request.n
        roles = [name for name, told in ROLES if told in asked]
        return f"Answer: {roles[0] if roles else 'all'}"

    return scripted(say)


async def test_a_judge_keeps_the_best_for_the_next_layer() -> None:
    model, trail = sparse("5 and 2"), Trail()
    await method_of("sparse-moa(k=2, layers=2)", Crew(model))(task(trail=trail))
    first = trail.candidates[:6]
    assert [one.by for one in first] == [name for name, _ in ROLES]
    assert [one.state for one in first] == ["dropped", "", "dropped", "dropped", "", "dropped"]
    assert {one.saw for one in trail.candidates[6:12]} == {("2", "5")}
    assert trail.candidates[12].saw == ("8", "11")


@pytest.mark.parametrize(
    ("best", "kept"),
    [("all of them", ("1", "2")), ("9 3 3", ("1", "3")), (ModelUnavailable("gone"), ("1", "2"))],
)
async def test_what_a_judge_does_not_say_the_first_fill_up(
    best: str | Exception, kept: tuple[str, ...]
) -> None:
    trail = Trail()
    await method_of("sparse-moa(k=2, layers=1)", Crew(sparse(best)))(task(trail=trail))
    assert trail.candidates[-1].saw == kept


async def test_a_moderator_ends_the_layers_early() -> None:
    trail = Trail()
    method = method_of("sparse-moa(k=2)", Crew(sparse("1 2", settled="yes")))
    made = await method(task(trail=trail))
    assert len(trail.candidates) == 7
    assert made.best.text == "Answer: all"


def tumix(settled: Callable[[], str]) -> ScriptedModel:
    """Agents that all say the same, and a judge."""

    def say(request: Request) -> list[str]:
        if request.purpose == "judge":
            return [settled()] * request.n
        return ["Answer: 8"]

    return scripted(say)


def test_there_are_fifteen_policies_and_no_two_are_the_same() -> None:
    assert len(dict(TOOLS)) == len({told for _, told in TOOLS}) == 15


async def test_fifteen_agents_see_all_answers_and_go_on_for_two_rounds_at_least() -> None:
    model, trail = tumix(lambda: "yes"), Trail()
    made = await method_of("tumix", Crew(model))(task(trail=trail))
    assert [one.round for one in trail.candidates] == [1] * 15 + [2] * 15
    assert {len(one.saw) for one in trail.candidates[15:]} == {15}
    assert {one.by for one in trail.candidates} == {name for name, _ in TOOLS}
    asked = [one.messages[-1].content for one in model.requests if one.purpose != "judge"]
    assert all(TOOLS[place][1] in asked[place] for place in range(15))
    assert all(TOOLS[place][1] in asked[15 + place] for place in range(15))
    assert made.confidence == 1.0


async def test_without_a_word_of_the_judge_all_rounds_are_gone_and_they_vote() -> None:
    model, trail = tumix(lambda: "no"), Trail()
    await method_of("tumix(3, rounds=4)", Crew(model))(task(trail=trail))
    assert len(trail.candidates) == 12
    assert len({one.messages[-1].content for one in model.requests if one.purpose == "judge"}) == 1
    calls, _ = METHODS["tumix"].cost(agents=3, rounds=4)
    assert calls == 40, "agents with tools ask up to three times, and a judge after each round"


async def test_the_crew_s_agents_with_tools_take_the_seats_by_turns() -> None:
    def says(answer: str) -> Callable[[Task], Awaitable[Samples]]:
        async def attempt(task: Task) -> Samples:
            workspace = Workspace(task, ScriptedModel([f"Answer: {answer}"]))
            return workspace.result((await workspace.sample(1))[0])

        return attempt

    crew = Crew(tumix(lambda: "yes"), agents={"coder": says("1"), "searcher": says("2")})
    trail = Trail()
    made = await method_of("tumix(3)", crew)(task(trail=trail))
    own = [one for one in trail.candidates if "/" not in one.id]
    assert [one.by for one in own] == ["coder", "searcher", "coder step by step"] * 2
    assert (made.best.text, made.confidence) == ("Answer: 1", 2 / 3)
    assert len({one.id for one in trail.candidates}) == 12
