"""Judges who differ, and who talk before they choose."""

import pytest
from method_tasks import scripted, task

from inference import ModelUnavailable, Request
from reasoning import Crew, Trail, method_of
from reasoning.policies import JUDGES


def say(request: Request) -> list[str] | str | Exception:
    """Critics like the second, all others the first until they have heard a critic."""
    asked = request.messages[-1].content
    if request.purpose != "judge":
        return [f"Answer: {place + 1}" for place in range(request.n)]
    return "It holds.\nBest: 2" if "critic" in asked else "Of 2 answers this is it. Best: 1"


async def test_each_judge_has_its_role_and_hears_who_spoke_before() -> None:
    model, trail = scripted(say), Trail()
    made = await method_of("chateval(rounds=1)", Crew(model))(task(trail=trail))
    first, second, third = (one.messages[-1].content for one in model.requests[1:])
    assert all(
        role in asked for (_, role), asked in zip(JUDGES, (first, second, third), strict=False)
    )
    assert "other judges" not in first
    assert "(1 public)" in second
    assert "(1 public, 2 critic)" in third
    assert [one.by for one in trail.candidates[2:]] == ["public", "critic", "scientist"]
    assert trail.candidates[-1].saw == ("1", "2", "3", "4")
    assert (made.best.text, made.confidence) == ("Answer: 2", 2 / 3)
    assert [one.score for one in trail.candidates[:2]] == [1 / 3, 2 / 3]


async def test_at_once_nobody_hears_the_others_of_the_round_and_the_last_word_is_the_vote() -> None:
    model, trail = scripted(say), Trail()
    made = await method_of("chateval(talk=simultaneous)", Crew(model))(task(trail=trail))
    asked = [one.messages[-1].content for one in model.requests[1:]]
    assert ["other judges" in one for one in asked] == [False] * 3 + [True] * 3
    assert (made.best.text, made.confidence) == ("Answer: 2", 1.0)
    assert [one.round for one in trail.candidates[2:]] == [2, 2, 2, 3, 3, 3]


@pytest.mark.parametrize("silent", [True, False])
async def test_where_no_judge_names_one_the_samples_vote(silent: bool) -> None:
    def say(request: Request) -> list[str] | str | Exception:
        if request.purpose != "judge":
            return ["Answer: 1", "Answer: 3", "Answer: 3"]
        return ModelUnavailable("gone") if silent else "Both are fine."

    made = await method_of("chateval(3)", Crew(scripted(say)))(task())
    assert (made.best.text, made.confidence) == ("Answer: 3", 2 / 3)
