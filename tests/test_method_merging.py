"""One more sample, written by who has read all of them."""

import pytest
from method_tasks import QUESTION, scripted, solved, task

from inference import ModelUnavailable
from reasoning import Answers, Crew, Trail, last_number, method_of

MERGING = ["ssa(3)", "parallel-refinement(3)", "a2r(3)"]


@pytest.mark.parametrize(
    ("method", "explores", "merges"),
    [
        ("ssa(3)", "think", "merge"),
        ("parallel-refinement(3)", "think", "think"),
        ("a2r(3)", "explore", "merge"),
    ],
)
async def test_one_reads_all_and_writes_the_answer(method: str, explores: str, merges: str) -> None:
    trail = Trail()
    made, model = await solved(method, ["4", "6", "8"], ["8"], trail=trail)
    assert (made.best.text, made.confidence) == ("Answer: 8", 2 / 4)
    first, second = model.requests
    assert (first.purpose, first.n, second.purpose, second.n) == (explores, 3, merges, 1)
    (turn,) = second.messages
    assert turn.content.startswith(QUESTION)
    for number, answer in enumerate("468", 1):
        assert f"Attempt {number}:\n<data>\nAnswer: {answer}" in turn.content
    assert turn.content.endswith('"Answer: " and the answer alone.')
    assert trail.candidates[-1].saw == ("1", "2", "3")
    assert (trail.candidates[-1].state, trail.candidates[-1].round) == ("chosen", 2)


@pytest.mark.parametrize("method", MERGING)
async def test_a_reader_who_fails_or_says_nothing_leaves_the_vote(method: str) -> None:
    trail = Trail()
    made, _ = await solved(method, ["4", "8", "8"], "I cannot say.", trail=trail)
    assert (made.best.text, made.confidence) == ("Answer: 8", 2 / 3)
    assert trail.candidates[-1].state == "dropped"
    said = scripted([["Answer: 4", "Answer: 8", "Answer: 8"], ModelUnavailable("gone")])
    made = await method_of(method, Crew(said))(task())
    assert made.best.text == "Answer: 8"


async def test_a_reader_whose_answer_is_but_guessed_leaves_the_vote() -> None:
    said = scripted([["Answer: 4", "Answer: 8", "Answer: 8"], "All 3 are wrong."])
    made = await method_of("ssa(3)", Crew(said))(task(answers=Answers(guessed=last_number)))
    assert made.best.text == "Answer: 8"
    said = scripted([["4 legs", "8 legs", "8 legs"], "So it is 9."])
    made = await method_of("ssa(3)", Crew(said))(task(answers=Answers(guessed=last_number)))
    assert made.best.text == "So it is 9."


async def test_of_long_texts_the_merged_one_stands() -> None:
    made = await method_of("ssa(2)", Crew(scripted([["One.", "Two."], "Both."])))(task())
    assert (made.best.text, made.confidence) == ("Both.", 0.0)


async def test_attempts_inside_are_read_too() -> None:
    made, model = await solved("ssa(2, vote(2))", ["1", "1"], ["2", "2"], ["2"])
    assert (made.best.text, len(model.requests)) == ("Answer: 2", 3)
