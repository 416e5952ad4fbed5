"""What a judge thinks best."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from method_tasks import answering, solved, task

from inference import ModelUnavailable, Request, ScriptedModel
from reasoning import Crew, Trail, method_of

RIGHT = "8"


def judge(right: str = RIGHT) -> ScriptedModel:
    """Answers 1, 2, 3 ... and says yes to what has the right answer; of two, to the larger."""

    def say(request: Request) -> list[str]:
        asked = request.messages[-1].content
        if "solution A better" in asked:
            first, second = (int(one) for one in re.findall(r"Answer: (\d+)", asked)[:2])
            return ["yes" if first > second else "no"] * request.n
        if "yes or no" in asked:
            before = "\n".join(turn.content for turn in request.messages)
            wrong = set(re.findall(r"Answer: (\d+)", before)) - {right}
            return ["no" if wrong else "yes"] * request.n
        if "Check the solution" in asked:
            return ["It was checked."] * request.n
        return [f"A step.\n\nAnswer: {number}" for number in range(1, request.n + 1)]

    return ScriptedModel(say)


@pytest.mark.parametrize(
    "method", ["best-of(9)", "repeated-sampling(9)", "process-verifier(9)", "genrm(9)"]
)
async def test_the_one_that_the_judge_believes_is_chosen(method: str) -> None:
    trail = Trail()
    made = await method_of(method, Crew(judge()))(task(trail=trail))
    assert made.best.text.endswith("Answer: 8")
    (chosen,) = (one for one in trail.candidates if one.state == "chosen")
    assert chosen.score is not None
    assert chosen.id == made.ids[made.chosen]


async def test_a_generative_verifier_reasons_before_it_says_yes() -> None:
    model = judge()
    await method_of("genrm(2, rationales=3)", Crew(model))(task())
    checks = [one for one in model.requests if "Check the solution" in one.messages[-1].content]
    verdicts = [one for one in model.requests if len(one.messages) == 3]
    assert len(checks) == 6
    assert {one.seed for one in checks} == set(range(2, 8))
    assert all("Check the solution" in one.messages[0].content for one in verdicts)


async def test_where_no_verifier_accepts_repeated_sampling_votes() -> None:
    model = judge(right="none")
    made = await method_of("repeated-sampling(3)", Crew(model))(task())
    assert made.best.text.endswith("Answer: 1")
    assert made.confidence == 1 / 3


async def test_a_check_of_the_crews_own_takes_the_judges_place_and_ends_the_others() -> None:
    checked = []

    async def accepts(text: str) -> bool:
        checked.append(text.splitlines()[-1])
        return text.endswith("Answer: 3")

    model, trail = judge(), Trail()
    crew = Crew(model, accepts=accepts)
    made = await method_of("repeated-sampling(8)", crew)(task(trail=trail))
    assert made.best.text == "A step.\n\nAnswer: 3"
    assert made.confidence == 1.0
    assert checked == ["Answer: 1", "Answer: 2", "Answer: 3"]
    assert len(model.requests) == 1
    assert [one.state for one in trail.candidates] == ["", "", "chosen", *["stopped"] * 5]


async def test_a_check_looks_at_what_attempts_inside_stand_behind() -> None:
    async def accepts(text: str) -> bool:
        return text.endswith("Answer: 2")

    made = await method_of("repeated-sampling(2, vote(1))", Crew(judge(), accepts=accepts))(task())
    assert made.confidence == 0.0, "both say 1, which the check does not take"
    assert made.best.text.endswith("Answer: 1")


async def test_marks_can_be_votes() -> None:
    made, _ = await solved("best-of(3, weighted=true)", ["1", "2", "2"], *["yes"] * 40)
    assert made.best.text == "Answer: 2"


@settings(max_examples=20)
@given(st.integers(1, 9))
async def test_a_knockout_takes_a_match_less_than_there_are_candidates(n: int) -> None:
    model = judge()
    trail = Trail()
    made = await method_of(f"knockout({n})", Crew(model))(task(trail=trail))
    assert made.best.text.endswith(f"Answer: {n}")
    assert len([one for one in trail.candidates if one.state == "dropped"]) == n - 1
    pairs = {
        frozenset(re.findall(r"Answer: (\d+)", one.messages[-1].content))
        for one in model.requests
        if "solution A better" in one.messages[-1].content
    }
    assert len(pairs) == n - 1


async def test_two_with_the_same_answer_need_no_match() -> None:
    made, model = await solved("knockout(4)", ["5", "5", "5", "5"])
    assert made.best.text == "Answer: 5"
    assert len(model.requests) == 1


async def test_a_judge_that_fails_leaves_everything_undecided() -> None:
    def say(text: str) -> str:
        if "yes or no" in text:
            raise ModelUnavailable("gone")
        return "Answer: 4"

    made = await method_of("best-of(2)", Crew(answering(say)))(task())
    assert made.best.text == "Answer: 4"
