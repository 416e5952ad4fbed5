"""Judges who differ, and who talk before they choose."""

import pytest
from method_tasks import scripted, task

from inference import ModelUnavailable, Request
from reasoning import Crew, Trail, method_of
from reasoning.policies import JUDGES


def say(request: Request) -> list[str] | str:
    """Critics like the second, all others the first, until they have heard a critic."""
    if request.purpose != "judge":
        return [f"Answer: {place + 1}" for place in range(request.n)]
    asked = request.messages[0].content
    if len(request.messages) == 1:
        return "The second holds." if "critic" in asked else "The first is fine."
    return "Number 2 of 2." if "critic" in asked else "1"


async def test_each_judge_has_its_role_hears_who_spoke_before_and_names_one() -> None:
    model, trail = scripted(say), Trail()
    made = await method_of("chateval(rounds=1)", Crew(model))(task(trail=trail))
    asked = [one.messages[0].content for one in model.requests[1:4]]
    assert [role in prompt for (_, role), prompt in zip(JUDGES, asked, strict=False)] == [True] * 3
    assert ["other judges" in one for one in asked] == [False, True, True]
    assert "(1 public)" in asked[1]
    assert "(1 public, 2 critic)" in asked[2]
    assert [one.by for one in trail.candidates[2:]] == ["public", "critic", "scientist"]
    assert trail.candidates[-1].saw == ("1", "2", "3", "4")
    votes = model.requests[4:]
    spoken = [one.messages[1].content for one in votes]
    assert spoken == ["The first is fine.", "The second holds.", "The second holds."]
    assert {one.regex for one in votes} == {"(2|1)"}
    assert (made.best.text, made.confidence) == ("Answer: 2", 2 / 3)
    assert [one.score for one in trail.candidates[:2]] == [1 / 3, 2 / 3]


async def test_at_once_nobody_hears_the_others_of_the_round() -> None:
    model, trail = scripted(say), Trail()
    made = await method_of("chateval(talk=simultaneous)", Crew(model))(task(trail=trail))
    asked = [one.messages[0].content for one in model.requests[1:7]]
    assert ["other judges" in one for one in asked] == [False] * 3 + [True] * 3
    assert len(model.requests) == 1 + 6 + 3
    assert (made.best.text, made.confidence) == ("Answer: 2", 1.0)
    assert [one.round for one in trail.candidates[2:]] == [2, 2, 2, 3, 3, 3]


@pytest.mark.parametrize("fails", [0, 1, 2])
async def test_where_no_judge_names_one_the_samples_vote(fails: int) -> None:
    def say(request: Request) -> list[str] | str | Exception:
        if request.purpose != "judge":
            return ["Answer: 1", "Answer: 3", "Answer: 3"]
        if fails == len(request.messages) // 2:
            return ModelUnavailable("gone")
        return "Both are fine."

    made = await method_of("chateval(3)", Crew(scripted(say)))(task())
    assert (made.best.text, made.confidence) == ("Answer: 3", 2 / 3)
