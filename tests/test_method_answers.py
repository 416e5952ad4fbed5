"""What a text answers, and which answers are the same."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning import Answers, MathEquality, Tally, last_answer, last_number, plainly_same


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("5 and 6.\nAnswer: 70,000", "70,000"),
        ("**Answer:** $12", "$12"),
        ("**Final answer**: 12", "12"),
        ("Answer:\n12", "12"),
        ("so \\boxed{\\frac{1}{2}} it is", "\\frac{1}{2}"),
        ("\\boxed{1} or rather \\boxed{\\text{two}}", "\\text{two}"),
        ("The answer is 3.5. I am sure", "3.5"),
        ("The final answer is: \\(x=3\\).", "x=3"),
        ("18 a day\n#### 18", "18"),
        ("Answer: 1\nNo.\nAnswer: 2", "2"),
        ("Answer: Alfonso Cuarón.", "Alfonso Cuarón"),
        ("Answer: .5", ".5"),
        ("... \\boxed{.5}.", ".5"),
        ("Answer: ...5", "5"),
        ("\\boxed{3} are left, and one more.\nAnswer: 4", "4"),
        ("Answer: \\boxed{5}", "5"),
        ("### Step 1: Add\n2 + 2", None),
        ("#### 1. Add\n2 + 2", None),
        ("The answer is 5.\n### Check\n2 + 3", "5"),
        ("### Final Answer\n\n**42**", "42"),
        ("#### -5", "-5"),
        ("#### B", "B"),
        ("\\boxed{never closed", None),
        ("There is none in 12", None),
        ("", None),
    ],
)
def test_an_answer_is_found_where_models_put_it(text: str, answer: str | None) -> None:
    assert last_answer(text) == answer


def test_where_numbers_are_asked_for_the_last_one_counts() -> None:
    assert last_number("2 of 3 are 1,200 in all") == "1,200"
    assert last_number("7 days.\nAnswer: 5\nthat is 6 less 1") == "5"
    assert last_number("none") is None
    assert last_number("see No.5") == "5"
    assert last_number("about .5") == ".5"


SAME = [
    ("\\$70{,}000.00", "70000"),
    ("1/2", "\\frac{1}{2}"),
    ("\\dfrac12", "0.5"),
    ("12 apples", "12"),
    ("50\\%", "50"),
    ("\\text{A}", "a."),
    ("−3", "-3"),
    ("ROMA", "Roma"),
    (".5", "0.5"),
    ("1\\frac{1}{2}", "1.5"),
    ("1 1/2 cups", "3/2"),
    ("1½", "1.5"),
    ("(A)", "A"),
    ("B) Paris", "\\textbf{(B)}"),
    ("\\[5\\]", "5"),
    ("(1,200)", "\\left(1, 200\\right)"),
    ("\\{1,2\\}", "{1, 2}"),
    ("90^\\circ", "90"),
    ("5~\\text{cm}^2", "5"),
    ("50% of them", "50"),
]
DIFFERENT = [
    ("5 km", "5 m"),
    ("12 May 1969", "12"),
    ("1", "10"),
    ("A", "B"),
    ("-3", "3"),
    ("1\\frac{1}{2}", "\\frac{11}{2}"),
    ("\\frac{x+1}{2}", "x+\\frac{1}{2}"),
    ("(1,200)", "(1200)"),
    ("2^n", "2"),
    ("2x", "2"),
    ("4\\pi", "4"),
    ("5+", "5"),
    ("5 million", "5"),
    ("50%", "50 km"),
    ("A) Rome", "A) Paris"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
async def test_ways_of_writing_are_the_same(one: str, other: str) -> None:
    assert await plainly_same(one, other)
    assert await plainly_same(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
async def test_other_answers_are_not(one: str, other: str) -> None:
    assert not await plainly_same(one, other)
    assert not await plainly_same(other, one)


@given(st.text(max_size=40))
async def test_an_answer_is_the_same_as_itself(text: str) -> None:
    assert await plainly_same(text, text)


@given(st.integers(-(10**9), 10**9))
async def test_a_number_is_the_same_with_marks_of_thousands(number: int) -> None:
    assert await plainly_same(f"{number:,}", str(number))
    assert not await plainly_same(str(number), str(number + 1))


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("3\\sqrt{2}", "\\sqrt{18}", True),
        ("x^2+2x+1", "(x+1)^2", True),
        ("(1,2)", "(1, 2)", True),
        ("x=3", "3", True),
        ("2^{10}", "1024", True),
        ("2^{10}", "1023", False),
        ("(1,2)", "[1,2]", False),
        ("Roma", "Parasite", False),
        ("5 km", "5 m", False),
        ("5 m", "5 meters", True),
        ("2^n", "2", False),
    ],
)
async def test_mathematics_is_worked_out(one: str, other: str, equal: bool) -> None:
    async with MathEquality() as same:
        assert await same(one, other) is equal


async def test_what_takes_too_long_is_not_the_same_and_stops_nothing() -> None:
    async with MathEquality(seconds=0.5) as same:
        assert not await same("9^{9^{9^{9}}}", "9^{9^9}")
        assert await same("\\sqrt{18}", "3\\sqrt{2}")


async def test_an_answer_that_takes_too_long_costs_two_comparisons_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[str] = []
    begin = asyncio.create_subprocess_exec

    async def counted(*line: str, **options: Any) -> asyncio.subprocess.Process:
        begun.append(line[-1])
        return await begin(*line, **options)

    monkeypatch.setattr("reasoning.equality.asyncio.create_subprocess_exec", counted)
    async with MathEquality(seconds=0.5) as same:
        for number in range(8):
            assert not await same("9^{9^{9^9}}", f"\\frac{{{number}}}{{7}}")
        assert len(begun) == 2
        assert await same("\\frac{7}{14}", "0.5")


async def test_a_process_that_dies_between_two_questions_is_started_again() -> None:
    async with MathEquality() as same:
        assert await same("\\sqrt{18}", "3\\sqrt{2}")
        process = same._process
        assert process is not None
        process.kill()
        await process.wait()
        assert await same("\\sqrt{8}", "2\\sqrt{2}")


async def test_votes_for_the_same_are_one_and_the_first_of_equals_leads() -> None:
    tally = Tally(Answers())
    for place, said in enumerate(["2", "1/2", None, "0.5", "2.0"]):
        await tally.add(said, place)
    first, second = tally.ranked
    assert (first.answer, first.members, second.members) == ("2", [0, 4], [1, 3])
    assert tally.votes == 5
    assert tally.share == 2 / 5
