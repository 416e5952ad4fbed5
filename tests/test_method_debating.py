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
    [
        ("Answer: 8\nConfidence: 0.9", 0.9),
        ("**Confidence:** 85%", 0.85),
        ("confidence is 0.2 ... Confidence: 1", 1.0),
        ("Confidence: 90", 0.9),
        ("Answer: 8", 0.5),
    ],
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


async def test_the_round_table_is_of_different_models_who_see_grouped_answers() -> None:
    """Two unsure ones for 1, one sure one for 2: the sure one outweighs them, 1.0 to 0.2."""
    said = {"a": "Answer: 1\nConfidence: 0.5", "b": "Answer: 1\nConfidence: 0.4"}
    said["c"] = "Since four and four.\nAnswer: 2\nConfidence: 1.0"
    named = {name: ScriptedModel([text] * 2) for name, text in said.items()}
    trail = Trail()
    made = await method_of("reconcile(rounds=1)", Crew(ScriptedModel([]), named=named))(
        task(trail=trail)
    )
    assert made.best.text.startswith("Since four")
    assert made.confidence == pytest.approx(1.0 / 1.2)
    first, second = (one.messages[-1].content for one in named["a"].requests)
    assert 'line "Confidence: "' in first
    assert "2 of 3 answer 1:" in second
    assert second.index("2 of 3 answer 1:") < second.index("1 of 3 answer 2:")
    assert "(confidence 1) Since four and four." in second
    assert trail.candidates[-1].saw == ("1", "2", "3")
    assert [one.score for one in trail.candidates[3:]] == [0.1, 0.1, 1.0]


async def test_the_round_table_ends_when_all_agree() -> None:
    named = {name: ScriptedModel(["Answer: 4\nConfidence: 1"]) for name in "ab"}
    made = await method_of("reconcile(models=[a, b])", Crew(ScriptedModel([]), named=named))(task())
    assert (made.confidence, len(named["a"].requests)) == (1.0, 1)


async def test_with_fewer_models_than_agents_they_take_seats_by_turns() -> None:
    named = {name: scripted(lambda _: "Answer: 4\nConfidence: 1") for name in "ab"}
    await method_of("reconcile(3)", Crew(ScriptedModel([]), named=named))(task())
    assert [len(one.requests) for one in named.values()] == [2, 1]
