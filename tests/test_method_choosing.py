"""A strategy and a budget for each question."""

from itertools import product
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st
from method_tasks import scripted, task

from inference import ModelUnavailable, Request, ScriptedModel
from reasoning import DIFFICULTIES, Crew, History, Record, Trail, method_of
from reasoning.history import judging, priors, voting


def model(first: str, later: str, *, yes: str = "") -> ScriptedModel:
    """Answers at first, one digit a sample, and later; says yes to what has this in it."""

    def say(request: Request) -> list[str]:
        if request.purpose == "judge":
            said = "yes" if yes and yes in request.messages[-1].content else "no"
            return [said] * request.n
        if len(request.messages) == 1 and request.n == len(first):
            return [f"Answer: {one}" for one in first]
        return [f"Answer: {later}"] * request.n

    return scripted(say)


async def test_of_few_samples_that_agree_nothing_more_is_asked() -> None:
    asked = model("8888", "9")
    made = await method_of("compute-optimal", Crew(asked))(task())
    assert (made.best.text, made.confidence, len(asked.requests)) == ("Answer: 8", 1.0, 1)


async def test_an_easy_question_is_revised_from_its_leading_answer() -> None:
    asked, trail = model("8887", "8"), Trail()
    made = await method_of("compute-optimal", Crew(asked))(task(trail=trail))
    revisions = asked.requests[1:]
    assert [len(one.messages) for one in revisions] == [3] * 4
    assert revisions[0].messages[1].content == "Answer: 8"
    assert [one.saw for one in trail.candidates[4:]] == [("1",), ("5",), ("6",), ("7",)]
    assert (made.best.text, made.confidence) == ("Answer: 8", 7 / 8)


async def test_a_question_of_medium_difficulty_gets_new_samples_each_revised_once() -> None:
    asked = model("8867", "6")
    made = await method_of("compute-optimal", Crew(asked))(task())
    assert [one.n for one in asked.requests] == [4, 6, *[1] * 6]
    assert made.best.text == "Answer: 6"


async def test_a_hard_question_gets_all_samples_and_a_judge() -> None:
    asked = model("1234", "5", yes="Answer: 2")
    made = await method_of("compute-optimal(8)", Crew(asked))(task())
    assert [one.n for one in asked.requests if one.purpose != "judge"] == [4, 4]
    assert made.best.text == "Answer: 2"


async def test_by_the_judge_and_with_attempts_of_the_callers() -> None:
    hard = model("123", "7", yes="hard")
    made = await method_of("compute-optimal(by=judge, hard=vote(5))", Crew(hard))(task())
    assert [one.n for one in hard.requests if one.purpose != "judge"] == [5]
    assert made.best.text == "Answer: 7"
    easy = model("123", "7")
    made = await method_of("compute-optimal(by=judge, easy=vote(3))", Crew(easy))(task())
    assert made.best.text == "Answer: 1"


async def test_revisions_that_fail_leave_what_there_is() -> None:
    def say(request: Request) -> list[str] | Exception:
        if len(request.messages) > 1:
            return ModelUnavailable("gone")
        return [f"Answer: {one}" for one in "8887"]

    made = await method_of("compute-optimal", Crew(scripted(say)))(task())
    assert (made.best.text, made.confidence) == ("Answer: 8", 3 / 4)


RECORDS = (
    Record("self-consistency", 1, "easy", 0.90, 400, 5),
    Record("self-consistency", 8, "easy", 0.95, 3200, 6),
    Record("best-of-n", 8, "easy", 0.96, 3200, 9),
    Record("self-consistency", 1, "hard", 0.10, 400, 5),
    Record("best-of-n", 8, "hard", 0.60, 3200, 9),
    Record("best-of-n", 64, "hard", 0.99, 3200, 9),
    Record("no-such-method", 2, "hard", 0.99, 1, 1),
)


@pytest.mark.parametrize(
    ("hard", "a", "b", "chosen"),
    [
        (False, "0.0", "0.0", "best-of-n(8)"),
        (False, "0.0", "0.01", "self-consistency(8)"),  # 0.85 0.89 0.87
        (False, "0.0001", "0.0", "self-consistency(1)"),  # 0.86 0.63 0.64
        (True, "0.0001", "0.0", "best-of-n(8)"),  # 0.06 0.28
        (True, "0.001", "0.0", "self-consistency(1)"),
    ],
)
async def test_what_is_worth_most_is_chosen(hard: bool, a: str, b: str, chosen: str) -> None:
    asked, trail = model("", "8", yes="hard" if hard else ""), Trail()
    crew = Crew(asked, history=History(RECORDS))
    made = await method_of(f"latency-aware(a={a}, b={b})", crew)(task(trail=trail))
    (last,) = (one for one in trail.candidates if "/" not in one.id)
    assert (last.by, last.state) == (chosen, "chosen")
    assert last.saw == ("1/1",)
    assert made.usage.completion_tokens > 0


async def test_a_difficulty_without_records_is_judged_by_assumptions() -> None:
    assert History(RECORDS).at("medium") == [one for one in priors() if one.difficulty == "medium"]
    assert len(History(RECORDS).at("hard")) == 4


@given(st.sampled_from([1, 2, 3, 5]), st.floats(0, 1))
def test_assumptions_follow_from_what_they_assume(n: int, right: float) -> None:
    """Against every way in which n samples can come out."""
    wrong = (1 - right) / 2
    chance = 0.0
    for said in product((("r", right), ("w", wrong), ("o", wrong)), repeat=n):
        p = 1.0
        for _, one in said:
            p *= one
        votes = [one for one, _ in said]
        rights, wrongs = votes.count("r"), votes.count("w")
        if rights:
            chance += p * (1.0 if rights > wrongs else 0.5 if rights == wrongs else 0.0)
    assert isclose(voting(n, right), chance, abs_tol=1e-9)
    assert isclose(voting(1, right), right, abs_tol=1e-9)
    assert isclose(judging(1, right), right, abs_tol=1e-9)
    assert judging(n, right) >= right - 1e-9


def test_assumptions_are_there_for_each_difficulty_and_worth_the_less_the_dearer_it_is() -> None:
    for difficulty in DIFFICULTIES:
        known = [one for one in priors() if one.difficulty == difficulty]
        assert {one.n for one in known} == {1, 2, 4, 8, 16}
        dear = max(known, key=lambda one: one.utility(0.001, 0.1))
        assert (dear.method, dear.n) == ("self-consistency", 1)


@pytest.mark.parametrize(
    "wrong", [{"accuracy": 1.1}, {"n": 0}, {"tokens": -1.0}, {"seconds": -1.0}]
)
def test_a_record_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    kept = {"accuracy": 0.5, "n": 1, "tokens": 1.0, "seconds": 1.0} | wrong
    with pytest.raises(ValueError, match=r"accuracy|n must"):
        Record("self-consistency", difficulty="easy", **kept)  # type: ignore[arg-type]
