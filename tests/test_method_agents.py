"""Agents who answer the same task and read one another."""

import asyncio
from collections.abc import Sequence

import pytest
from method_tasks import scripted, task

from inference import Message, ModelUnavailable, Request, ScriptedModel
from reasoning import Answers, Crew, Samples, Task, Trail, last_number
from reasoning.agents import (
    Agent,
    begun,
    discussed,
    opening,
    others_of,
    reading_others,
    team,
    turn,
    unanimous,
)
from reasoning.answers import FORM
from reasoning.workspace import Ask, Made, Workspace


def test_a_team_has_names_policies_by_turns_and_a_seat_for_each_named_model() -> None:
    small, large = (ScriptedModel([], name=name) for name in ("small", "large"))
    crew = Crew(small, named={"small": small, "large": large})
    assert [one.name for one in team(crew, 2)] == ["agent 1", "agent 2"]
    assert [one.model for one in team(crew, 5, ["large", "small"])] == [large, small]
    members = team(crew, 3, policies=[("a", "Do a."), ("b", "Do b.")])
    assert [(one.name, one.policy) for one in members] == [
        ("a", "Do a."),
        ("b", "Do b."),
        ("a 3", "Do a."),
    ]
    with pytest.raises(ValueError, match="there is no model 'huge'"):
        team(crew, 1, ["huge"])


async def test_a_policy_stands_behind_the_question_and_turns_alternate() -> None:
    model = scripted(["Answer: 1", "Answer: 2", "Answer: 3"])
    trail = Trail()
    workspace = Workspace(task(trail=trail), model)
    agents = [Agent("a", "Do a."), Agent("b")]
    _, made = await begun(workspace, agents)
    ask = reading_others(workspace.task, agents[0], made[0], made[1:], "Answer again.")
    await turn(workspace, agents[:1], [ask], at_round=2)
    first, second, third = model.requests
    assert first.messages[-1].content.endswith(f"cats?\n\nDo a.\n\n{FORM}")
    assert second.messages == workspace.task.request.messages
    assert [one.role for one in third.messages] == ["user", "assistant", "user"]
    assert third.messages[1] == Message("assistant", "Answer: 1")
    told = f"Agent 1:\n<data>\nAnswer: 2\n</data>\n\nAnswer again.\n\n{FORM}"
    assert told in third.messages[2].content
    last = trail.candidates[-1]
    assert (last.by, last.round, last.saw) == ("a", 2, ("1", "2"))


async def test_an_agent_may_be_an_attempt_which_gets_the_whole_request() -> None:
    asked: list[Task] = []

    async def with_tools(task: Task) -> Samples:
        asked.append(task)
        workspace = Workspace(task, scripted(["Answer: 8"]))
        return workspace.result((await workspace.sample(1))[0])

    trail = Trail()
    workspace = Workspace(task(trail=trail), scripted([]))
    agent = Agent("coder", attempt=with_tools)
    (made,) = await turn(workspace, [agent], [Ask((Message("user", "Go."),), alone=True)])
    (again,) = await turn(workspace, [agent], [Ask()], at_round=2)
    assert made is not None
    assert again is not None
    assert [one.request.messages[-1].content for one in asked] == ["Go.", workspace.task.question]
    assert [one.id for one in trail.candidates] == ["1/1", "1", "2/1", "2"]
    assert trail.candidates[1].saw == ("1/1",)
    assert workspace.model.usage.total_tokens > 0


async def test_who_fails_or_is_silent_stays_with_what_it_said_until_all_fail() -> None:
    def say(request: Request) -> str | Exception:
        asked = request.messages[-1].content
        if "round 4" in asked or ("round 2" in asked and "B" in asked):
            return ModelUnavailable("gone")
        if "round 3" in asked and "A" in asked.partition("Think")[0]:
            return "Hm."
        return f"Answer: {asked.rpartition(' say ')[2][0]}"

    workspace = Workspace(task(), scripted(say))
    agents = [Agent("A", "A say 1"), Agent("B", "B say 1")]
    left, made = await begun(workspace, agents)
    rounds: list[int] = []

    async def asking(made: Sequence[Made]) -> list[Ask]:
        rounds.append(len(rounds) + 2)
        return [
            opening(workspace.task, one, f"round {rounds[-1]} say {rounds[-1]}") for one in left
        ]

    last = await discussed(workspace, left, made, 5, asking)
    assert rounds == [2, 3, 4]
    assert [one.answer for one in last] == ["2", "3"]

    rounds.clear()
    last = await discussed(workspace, left, made, 1, asking)
    assert [one.answer for one in last] == ["2", "1"]


async def test_those_who_fail_at_first_are_left_out_and_what_is_a_bug_is_raised() -> None:
    def say(request: Request) -> str | Exception:
        return ModelUnavailable("gone") if "bad" in request.messages[-1].content else "Answer: 1"

    agents = [Agent("A", "bad"), Agent("B", "good")]
    left, made = await begun(Workspace(task(), scripted(say)), agents)
    assert ([one.name for one in left], [one.answer for one in made]) == (["B"], ["1"])
    with pytest.raises(ModelUnavailable):
        await begun(Workspace(task(), scripted(say)), agents[:1])

    async def broken(task: Task) -> Samples:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await begun(Workspace(task(), scripted(say)), [agents[1], Agent("C", attempt=broken)])


async def test_agents_speak_side_by_side() -> None:
    meeting = asyncio.Barrier(3)

    async def waits(task: Task) -> Samples:
        await asyncio.wait_for(meeting.wait(), 5)
        workspace = Workspace(task, scripted(["Answer: 1"]))
        return workspace.result((await workspace.sample(1))[0])

    workspace = Workspace(task(), scripted([]))
    agents = [Agent(name, attempt=waits) for name in "abc"]
    _, made = await begun(workspace, agents)
    assert await unanimous(workspace, made)
    assert others_of(made, 1) == [made[0], made[2]]
    assert not await unanimous(
        workspace, [*made, workspace.keep(made[0].sample), _silent(workspace)]
    )


def _silent(workspace: Workspace) -> Made:
    return Made("9", workspace.made[0].sample, None)


async def test_who_names_no_answer_any_more_stays_with_what_it_said_whatever_could_be_guessed() -> (
    None
):
    replies = ["Answer: 8", "4 legs", "I agree with 1 of them.", "It is 7."]
    workspace = Workspace(task(answers=Answers(guessed=last_number)), scripted(replies))
    left, made = await begun(workspace, [Agent("A", "A"), Agent("B", "B")])
    assert [one.answer for one in made] == ["8", "4"]

    async def asking(made: Sequence[Made]) -> list[Ask]:
        return [opening(workspace.task, one, "again") for one in left]

    last = await discussed(workspace, left, made, 1, asking)
    assert [one.answer for one in last] == ["8", "7"]
