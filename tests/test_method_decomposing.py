"""Tasks taken apart: points, follow-up questions, likelihoods."""

from dataclasses import replace
from math import isclose, log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from method_tasks import QUESTION, SureModel, scripted, task

from inference import ModelUnavailable, Request
from reasoning import Crew, Trail, method_of
from reasoning.methods.decomposing import combined


def pointed(skeleton: str, suits: float = 0.9) -> SureModel:
    """Writes this skeleton, and each point by its number."""

    def say(request: Request) -> list[str] | Exception:
        last = request.messages[-1]
        if last.role == "assistant":
            if last.content.startswith("3."):
                return ModelUnavailable("gone")
            return [f" {last.content[0]} is so."]
        return [skeleton] if "skeleton" in last.content else ["Answer: 8"]

    return SureModel(say, lambda _: suits)


async def test_points_of_a_skeleton_are_written_side_by_side_and_put_together() -> None:
    trail = Trail()
    model = pointed("1. First one\n2. Second one\n3. Third one\n")
    made = await method_of("skeleton-of-thought", Crew(model))(task(trail=trail))
    assert made.best.text.splitlines() == [
        "1. First one: 1 is so.",
        "2. Second one: 2 is so.",
        "3. Third one:",  # which could not be had
    ]
    point = model.requests[2]
    assert "2. Second one\n3. Third one\n</data>" in point.messages[0].content
    assert point.messages[1].content == "1. First one:"
    assert point.stop == ("\n2.",)
    assert trail.candidates[-1].saw == ("1", "2", "3")


@pytest.mark.parametrize(
    ("method", "skeleton", "suits", "asked"),
    [
        ("sot", "1. One\n2. Two\n", 0.2, 2),  # the router's question and an answer
        ("sot", "I do not know.", 0.9, 3),
        ("sot(routed=false)", "I do not know.", 0.2, 2),
    ],
)
async def test_what_a_skeleton_does_not_suit_is_answered_straight(
    method: str, skeleton: str, suits: float, asked: int
) -> None:
    model = pointed(skeleton, suits)
    made = await method_of(method, Crew(model))(task())
    assert (made.best.text, len(model.requests)) == ("Answer: 8", asked)


async def test_an_answer_of_a_form_has_no_skeleton() -> None:
    formed = replace(task(), request=replace(task().request, regex=".*"))
    model = pointed("1. One\n2. Two\n")
    assert (await method_of("sot", Crew(model))(formed)).best.text == "Answer: 8"
    assert len(model.requests) == 1


async def test_follow_up_questions_are_answered_until_the_final_one() -> None:
    trail = Trail()
    said = [
        "Follow up: How many legs has one?",
        " Four.",
        "Follow up: What is two times four?",
        " Eight.",
        "So the final answer is:",
        " 8.",
    ]
    model = scripted(said)
    made = await method_of("self-ask", Crew(model))(task(trail=trail))
    assert made.best.text == (
        "Follow up: How many legs has one?\nIntermediate answer: Four.\n"
        "Follow up: What is two times four?\nIntermediate answer: Eight.\n"
        "So the final answer is: 8."
    )
    chosen = trail.candidates[-1]
    assert (chosen.answer, chosen.saw) == ("8", ("1", "2", "3", "4", "5"))
    begun = [request.messages[1:] for request in model.requests]
    assert begun[0] == ()
    assert begun[1][0].content == said[0] + "\nIntermediate answer:"
    assert begun[2][0].content == f"{said[0]}\nIntermediate answer: Four.\n"
    assert all(one.messages[0].content.startswith(QUESTION) for one in model.requests)
    assert model.requests[0].regex is not None


async def test_no_more_follow_up_questions_than_were_allowed() -> None:
    model = scripted(["Follow up: How many?", " Four.", " 8"])
    made = await method_of("self-ask(most=1)", Crew(model))(task())
    assert made.best.text.endswith("So the final answer is: 8")
    assert len(model.requests) == 3


async def test_a_follow_up_that_cannot_be_answered_ends_the_asking() -> None:
    model = scripted(["Follow up: How many?", ModelUnavailable("gone"), " 8"])
    made = await method_of("self-ask", Crew(model))(task())
    assert made.best.text == "Follow up: How many?\nSo the final answer is: 8"


SHARES = st.lists(st.floats(-30, 0), min_size=3, max_size=3)


@given(st.lists(SHARES, min_size=1, max_size=5), st.sampled_from(["sum", "product"]))
def test_combined_likelihoods_are_shares(rows: list[list[float]], combine: str) -> None:
    shares = combined(rows, combine)
    assert isclose(sum(shares), 1)
    assert shares == pytest.approx(combined(rows[::-1], combine))
    louder = [[one + 7 for one in row] for row in rows]
    assert combined(louder, combine) == pytest.approx(shares)


def test_a_sum_trusts_the_surest_fact_and_a_product_what_none_rules_out() -> None:
    rows = [[log(0.98), log(0.01)], [log(0.001), log(0.2)]]
    assert combined(rows, "sum")[0] == pytest.approx((0.98 / 0.99 + 0.001 / 0.201) / 2)
    assert combined(rows, "product")[1] == pytest.approx(0.002 / (0.002 + 0.00098))


async def test_answers_are_weighed_behind_each_fact_and_the_heaviest_wins() -> None:
    """Without log-likelihoods, by how many of eight samples begin with the answer."""

    def say(request: Request) -> list[str] | Exception:
        asked = request.messages[-1].content
        if "one fact" in asked:
            return ["Cats have four legs.", "Cats have tails.", "Cats have four legs."]
        if "A fact" not in asked:
            return ["Answer: 6", "Answer: 6", "Answer: 8"]
        assert request.purpose == "score"
        if "tails" in asked:
            return ModelUnavailable("gone")
        return ["8"] * 7 + ["6"]

    trail = Trail()
    model = scripted(say)
    made = await method_of("thinksum(n=3, facts=3)", Crew(model))(task(trail=trail))
    assert made.best.text == "Answer: 8"
    assert isclose(made.confidence, 8 / (8 + 2))
    assert trail.candidates[0].score is not None
    assert isclose(trail.candidates[0].score, 0.2)
    assert len(model.requests) == 2 + 2 * 2


async def test_where_nothing_can_be_weighed_the_vote_counts() -> None:
    def say(request: Request) -> list[str] | Exception:
        if "one fact" in request.messages[-1].content:
            return ModelUnavailable("gone")
        return ["Answer: 8", "Answer: 6", "Answer: 6"]

    made = await method_of("thinksum(n=3)", Crew(scripted(say)))(task())
    assert made.best.text == "Answer: 6"
    model = scripted([["Answer: 8"] * 3])
    assert (await method_of("thinksum(n=3)", Crew(model))(task())).confidence == 1
