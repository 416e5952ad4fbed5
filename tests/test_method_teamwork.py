"""Agents of different parts."""

import re

import pytest
from method_tasks import scripted, task

from inference import ModelUnavailable, Request
from reasoning import Crew, Trail, method_of
from reasoning.policies import PATHS, ROLES


async def test_two_teams_discuss_among_themselves_and_a_judge_decides_between_them() -> None:
    def say(request: Request) -> list[str]:
        asked = request.messages[-1].content
        if request.purpose == "judge":
            first = re.findall(r"Answer: (\d)", asked)[0]
            return ["yes" if first == "2" else "no"] * request.n
        if len(request.messages) == 1:
            return [f"Answer: {one}" for one in "12121"]
        return [request.messages[1].content]

    model, trail = scripted(say), Trail()
    made = await method_of("corex", Crew(model))(task(trail=trail))
    assert [one.saw for one in trail.candidates[5:]] == [
        ("1", "3", "5"),
        ("2", "4"),
        ("3", "1", "5"),
        ("4", "2"),
        ("5", "1", "3"),
    ]
    assert made.best.text == "Answer: 2"  # the smaller team, and the judge is sure of it


async def test_teams_that_agree_need_no_judge_and_one_that_fails_leaves_the_vote() -> None:
    model = scripted(lambda request: ["Answer: 3"] * request.n)
    made = await method_of("corex(3, rounds=1)", Crew(model))(task())
    assert (made.confidence, len(model.requests)) == (1.0, 1)

    def say(request: Request) -> list[str] | Exception:
        if request.purpose == "judge":
            return ModelUnavailable("gone")
        return [f"Answer: {one}" for one in "121"]

    made = await method_of("corex(3, rounds=1)", Crew(scripted(say)))(task())
    assert (made.best.text, made.confidence) == ("Answer: 1", 2 / 3)


async def test_reviewers_correct_one_answer_in_turn_and_one_who_fails_is_passed_over() -> None:
    model = scripted(["Answer: 1", "Answer: 2", ModelUnavailable("gone"), "Answer: 3", "Answer: 3"])
    trail = Trail()
    made = await method_of("corex(mode=review)", Crew(model))(task(trail=trail))
    assert [one.saw for one in trail.candidates] == [(), ("1",), ("2",), ("3",)]
    assert "Answer: 2" in model.requests[3].messages[-1].content
    assert (made.best.text, made.confidence) == ("Answer: 3", 2 / 4)


async def test_the_most_faithful_answer_is_retrieved() -> None:
    def say(request: Request) -> list[str]:
        if request.purpose == "judge":
            return ["yes" if "Answer: 3" in request.messages[-1].content else "no"] * request.n
        return [f"Answer: {place + 1}" for place in range(request.n)]

    trail = Trail()
    made = await method_of("corex(4, mode=retrieve)", Crew(scripted(say)))(task(trail=trail))
    assert made.best.text == "Answer: 3"
    assert all(one.score is not None for one in trail.candidates)


async def test_on_each_path_another_agent_reflects_and_a_writer_sums_up() -> None:
    def say(request: Request) -> str:
        asked = request.messages[-1].content
        if request.purpose == "merge":
            return "Answer: 8"
        return "Answer: 7" if "reflective agent" in asked else "Answer: 6"

    model, trail = scripted(say), Trail()
    made = await method_of("rr-mp", Crew(model))(task(trail=trail))
    firsts = [one.messages[-1].content for one in model.requests[:3]]
    assert [PATHS[place][1] in first for place, first in enumerate(firsts)] == [True] * 3
    assert [(one.by, one.saw) for one in trail.candidates] == [
        ("forward", ()),
        ("backward", ()),
        ("principles", ()),
        ("forward, reflective", ("1",)),
        ("backward, reflective", ("2",)),
        ("principles, reflective", ("3",)),
        ("summarizer", ("4", "5", "6")),
    ]
    assert (made.best.text, made.confidence) == ("Answer: 8", 1 / 4)


async def test_where_nobody_can_sum_up_the_paths_vote() -> None:
    def say(request: Request) -> str | Exception:
        return ModelUnavailable("gone") if request.purpose == "merge" else "Answer: 6"

    made = await method_of("rr-mp", Crew(scripted(say)))(task())
    assert (made.best.text, made.confidence) == ("Answer: 6", 1.0)


@pytest.mark.parametrize(
    ("named", "roles"),
    [
        ("1. Zoologist\n2. Mathematician\n3. Poet", ["Zoologist", "Mathematician"]),
        ("Experts are:\n- Expert 1: Vet.\n- Expert 2: Vet", ["Vet", ROLES[0][0]]),
        ("Zoologist", ["Zoologist", ROLES[0][0]]),
        (ModelUnavailable("gone"), [ROLES[0][0], ROLES[1][0]]),
    ],
)
async def test_the_experts_are_those_that_the_question_needs(
    named: str | Exception, roles: list[str]
) -> None:
    def say(request: Request) -> str | Exception:
        if request.purpose == "judge":
            return named
        return "Answer: 8"

    model, trail = scripted(say), Trail()
    made = await method_of("comm", Crew(model))(task(trail=trail))
    assert [one.by for one in trail.candidates] == [*roles, *roles, "summarizer"]
    first = model.requests[1].messages[-1].content
    assert (f"expert: {roles[0]}." in first) == isinstance(named, str)
    assert PATHS[0][1] in first
    assert trail.candidates[3].saw == ("2", "1")
    assert (made.best.text, made.confidence) == ("Answer: 8", 1.0)
