"""Graphs of thoughts."""

import re

import pytest
from method_tasks import QUESTION, SureModel, scripted, task

from inference import ModelUnavailable, Request
from reasoning import Crew, Trail, method_of


def marking(asked: str) -> float:
    """A solution is worth its answer, in tenths."""
    return int(re.findall(r"Answer: (\d)", asked)[-1]) / 10


async def test_the_best_are_kept_aggregated_and_refined() -> None:
    def say(request: Request) -> list[str]:
        asked = request.messages[-1].content
        if "better solution" in asked:
            return ["Answer: 3", "Answer: 6"]
        return ["Answer: 7"] if "wrong or missing" in asked else [f"Answer: {n}" for n in (1, 5, 4)]

    trail = Trail()
    model = SureModel(say, marking)
    made = await method_of("got(k=3, keep=2, merges=2)", Crew(model))(task(trail=trail))
    assert (made.best.text, round(made.confidence, 6)) == ("Answer: 7", 0.7)
    assert [(one.text[-1], one.saw, one.state) for one in trail.candidates] == [
        ("1", (), "dropped"),
        ("5", (), ""),
        ("4", (), ""),
        ("3", ("2", "3"), ""),
        ("6", ("2", "3"), ""),
        ("7", ("5",), "chosen"),
    ]
    assert len(model.requests) == 3 + 6


async def test_a_worse_refinement_or_a_failure_leaves_the_best_of_before() -> None:
    def say(request: Request) -> list[str] | Exception:
        asked = request.messages[-1].content
        if "better solution" in asked:
            return ModelUnavailable("gone")
        return ["Answer: 1"] if "wrong or missing" in asked else ["Answer: 2", "Answer: 5"]

    made = await method_of("got(k=2)", Crew(SureModel(say, marking)))(task())
    assert made.best.text == "Answer: 5"
    made = await method_of("got(k=2, merges=0)", Crew(SureModel(say, marking)))(task())
    assert made.best.text == "Answer: 5"


def reasoning(steps: list[list[str] | Exception]) -> SureModel:
    """Proposes these, believes what does not say "five", and reports when two steps stand."""
    rest = iter(steps)

    def say(request: Request) -> list[str] | Exception:
        asked = request.messages[-1].content
        if request.messages[-1].role == "assistant":
            assert asked.endswith(f"Step {asked.count('Step')}:")
            return next(rest)
        return [f"Answer: {asked.count('legs.')}"]

    def sure(asked: str) -> float:
        if "Do the known steps" in asked:
            return 0.9 if "\n2. " in asked else 0.1
        return 0.1 if "five" in asked.rpartition("Proposed next step")[2] else 0.9

    return SureModel(say, sure)


async def test_verified_propositions_add_up_until_they_give_the_answer() -> None:
    trail = Trail()
    model = reasoning(
        [["It has four legs."], ["It has five legs."], ["it has four legs"], ["Sum."]]
    )
    made = await method_of("cumulative-reasoning", Crew(model))(task(trail=trail))
    assert [(one.by, one.saw, one.state) for one in trail.candidates] == [
        ("proposer", (), ""),
        ("proposer", ("1",), "dropped"),
        ("proposer", ("1",), "dropped"),
        ("proposer", ("1",), ""),
        ("reporter", ("1", "4"), "chosen"),
    ]
    assert made.best.text == "Answer: 1"
    report = model.requests[-1].messages[-1].content
    assert report.startswith(QUESTION)
    assert "1. It has four legs.\n2. Sum." in report
    assert "five" not in report
    verified = [one for one in model.requests if "Proposed" in one.messages[-1].content]
    assert len(verified) == 3


async def test_steps_are_proposed_and_verified_side_by_side() -> None:
    model = reasoning([["One.", "Two five.", "Two."]])
    await method_of("cr(n=3)", Crew(model))(task())
    assert model.requests[0].n == 3
    assert "1. One.\n2. Two." in model.requests[-1].messages[-1].content


@pytest.mark.parametrize("first", [[["One."]], []])
async def test_a_proposer_that_fails_leaves_the_report(first: list[list[str]]) -> None:
    model = reasoning([*first, ModelUnavailable("gone")])
    made = await method_of("cr", Crew(model))(task())
    assert made.best.text == "Answer: 0"


async def test_no_more_rounds_than_were_allowed() -> None:
    model = scripted(lambda request: ["no"] * request.n)
    await method_of("cr(rounds=2)", Crew(model))(task())
    assert len([one for one in model.requests if one.purpose == "think"]) == 3
