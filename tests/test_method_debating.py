"""Agents who answer, read one another, and answer again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from method_tasks import scripted, task

from inference import ModelUnavailable, Request, ScriptedModel
from reasoning import Crew, Trail, method_of
from reasoning.methods.debating import calibrated, said_confidence


async def test_debaters_read_the_others_and_the_last_round_votes() -> None:
    def say(request: Request) -> list[str]:
        if len(request.messages) == 1:
            return ["Answer: 1", "Answer: 2", "Answer: 3"]
        return ["Answer: 2"]

    model, trail = scripted(say), Trail()
    made = await method_of("debate", Crew(model))(task(trail=trail))
    assert (made.best.text, made.confidence) == ("Answer: 2", 1.0)
    assert [request.n for request in model.requests] == [3, 1, 1, 1]
    second = model.requests[1].messages
    assert second[1].content == "Answer: 1"
    assert "Answer: 2" in second[2].content
    assert "Answer: 3" in second[2].content
    assert "Answer: 1" not in second[2].content
    assert [(one.round, one.saw) for one in trail.candidates[3:]] == [
        (2, ("1", "2", "3")),
        (2, ("2", "1", "3")),
        (2, ("3", "1", "2")),
    ]


async def test_a_debate_may_be_among_models_or_among_attempts() -> None:
    one, other = ScriptedModel(["Answer: 1"] * 2), ScriptedModel(["Answer: 2"] * 2)
    crew = Crew(ScriptedModel([]), named={"one": one, "other": other})
    made = await method_of("debate(models=[one, other])", crew)(task())
    assert made.best.text == "Answer: 1"
    assert len(one.requests) == len(other.requests) == 2
    model = scripted(lambda request: ["Answer: 5"] * request.n)
    await method_of("debate(2, rounds=1, vote(3))", Crew(model))(task())
    assert [request.n for request in model.requests] == [3, 3]


async def test_a_debate_whose_second_round_fails_counts_the_first() -> None:
    def say(request: Request) -> list[str] | Exception:
        if len(request.messages) > 1:
            return ModelUnavailable("gone")
        return ["Answer: 1", "Answer: 2", "Answer: 2"]

    made = await method_of("debate", Crew(scripted(say)))(task())
    assert (made.best.text, made.confidence) == ("Answer: 2", 2 / 3)


@pytest.mark.parametrize(
    ("text", "confidence"),
    [("0.9", 0.9), ("85%", 0.85), ("I am 1.0 sure", 1.0), ("90", 0.9), ("8/10", 0.8), ("Hm", 0.5)],
)
def test_a_confidence_is_read_as_models_write_it(text: str, confidence: float) -> None:
    assert said_confidence(text) == confidence


def test_confidences_are_rescaled_as_the_paper_says() -> None:
    given_them = [1.0, 0.99, 0.9, 0.85, 0.8, 0.79, 0.61, 0.6, 0.3, 0.0]
    assert [calibrated(one) for one in given_them] == [
        *(1.0, 0.8, 0.8, 0.5, 0.5, 0.3, 0.3, 0.1, 0.1, 0.1)
    ]


@given(st.floats(0, 1), st.floats(0, 1))
def test_who_is_surer_has_no_lighter_vote(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert calibrated(low) <= calibrated(high)


def member(text: str, sure: str | Exception) -> ScriptedModel:
    """Always answers this, and is as sure as that."""

    def say(request: Request) -> str | Exception:
        return sure if "How sure" in request.messages[-1].content else text

    return scripted(say)


async def test_the_round_table_is_of_different_models_who_see_grouped_answers() -> None:
    """Two unsure ones for 1, one sure one for 2: the sure one outweighs them, 1.0 to 0.2."""
    named = {
        "a": member("Answer: 1", "0.5"),
        "b": member("Answer: 1", ModelUnavailable("gone")),
        "c": member("Since four and four.\nAnswer: 2", "1.0"),
    }
    trail = Trail()
    made = await method_of("reconcile(rounds=1)", Crew(ScriptedModel([]), named=named))(
        task(trail=trail)
    )
    assert made.best.text.startswith("Since four")
    assert made.confidence == pytest.approx(1.0 / 1.2)
    first, sure, second, again = named["a"].requests
    assert [one.content for one in sure.messages[1:2]] == ["Answer: 1"]
    assert (sure.regex, sure.max_tokens, sure.temperature) == (r"0\.[0-9]|1\.0", 8, 0.0)
    told = second.messages[-1].content
    assert told.index("2 of 3 answer 1:") < told.index("1 of 3 answer 2:")
    assert "(confidence 1) Since four and four." in told
    assert first.messages == task().request.messages
    assert again.messages[-1] == sure.messages[-1]
    assert trail.candidates[-1].saw == ("1", "2", "3")
    assert [one.score for one in trail.candidates[3:]] == [0.1, 0.1, 1.0]


async def test_the_round_table_ends_when_all_agree() -> None:
    named = {name: member("Answer: 4", "0.9") for name in "ab"}
    made = await method_of("reconcile(models=[a, b])", Crew(ScriptedModel([]), named=named))(task())
    assert (made.confidence, len(named["a"].requests)) == (1.0, 2)


async def test_models_that_do_not_differ_have_no_seats_of_their_own() -> None:
    named = {name: member("Answer: 4", "1.0") for name in "ab"}
    model = ScriptedModel(lambda request: ["Answer: 4"] * request.n)
    await method_of("reconcile(3)", Crew(model, named=named, differ=()))(task())
    assert [len(one.requests) for one in named.values()] == [0, 0]
    await method_of("reconcile(3)", Crew(model, named=named, differ=("b",)))(task())
    assert [len(one.requests) for one in named.values()] == [0, 6]


async def test_with_fewer_models_than_agents_they_take_seats_by_turns() -> None:
    named = {name: member("Answer: 4", "1.0") for name in "ab"}
    await method_of("reconcile(3)", Crew(ScriptedModel([]), named=named))(task())
    assert [len(one.requests) for one in named.values()] == [4, 2]
