"""An answer that is checked question by question, and written anew."""

import pytest
from method_tasks import QUESTION, scripted, solved, task

from inference import ModelUnavailable, Request
from reasoning import Crew, Trail, method_of

ASKED = "1. How many legs has a cat?\n2. What is two times four?"


async def test_each_question_is_answered_without_the_draft_and_the_draft_is_put_right() -> None:
    trail = Trail()
    made, model = await solved(
        "chain-of-verification", ["7"], ASKED, "A cat has four.", "Eight.", ["8"], trail=trail
    )
    assert (made.best.text, made.confidence) == ("Answer: 8", 0.5)
    assert [(one.round, one.by, one.saw) for one in trail.candidates] == [
        (1, "", ()),
        (2, "How many legs has a cat?", ()),
        (2, "What is two times four?", ()),
        (3, "revision", ("1", "2", "3")),
    ]
    draft, listing, first, second, revision = (one.messages[-1].content for one in model.requests)
    assert draft.startswith(QUESTION)
    assert "Answer: 7" in listing
    for check, question in ((first, "How many legs has a cat?"), (second, "two times four?")):
        assert check.startswith(QUESTION)
        assert check.endswith(question)
        assert "Answer: 7" not in check
    assert "Answer: 7" in revision
    assert "How many legs has a cat?\nA cat has four." in revision
    assert [one.temperature for one in model.requests] == [0.7, 0.0, 0.0, 0.0, 0.7]


async def test_where_the_revision_says_what_the_draft_said_it_is_sure() -> None:
    made, _ = await solved("cove", ["8"], ASKED, "Four.", "Eight.", ["8.0"])
    assert (made.best.text, made.confidence) == ("Answer: 8.0", 1.0)


async def test_no_more_is_asked_than_was_allowed_and_a_method_inside_drafts() -> None:
    made, model = await solved("cove(1, vote(3))", ["7", "9", "7"], ASKED, "Four.", ["8"])
    assert (made.best.text, len(model.requests)) == ("Answer: 8", 4)


async def test_a_revision_without_an_answer_leaves_the_draft() -> None:
    made, _ = await solved("cove", ["8"], ASKED, "Four.", "Eight.", "It depends.")
    assert made.best.text == "Answer: 8"


@pytest.mark.parametrize("said", ["", "Nothing is wrong with it."])
async def test_where_nothing_is_asked_the_draft_stands(said: str) -> None:
    made, model = await solved("cove", ["7"], said)
    assert (made.best.text, len(model.requests)) == ("Answer: 7", 2)


@pytest.mark.parametrize(
    ("fails", "stands"),
    [
        ("mistakes of this draft", "Answer: 7"),
        ("only this", "Answer: 7"),
        ("What is two times four?", "Answer: 8"),
        ("Answer again", "Answer: 7"),
    ],
)
async def test_the_draft_stands_where_it_cannot_be_checked(fails: str, stands: str) -> None:
    def say(request: Request) -> str | Exception:
        asked = request.messages[-1].content
        if fails in asked:
            return ModelUnavailable("gone")
        if "mistakes of this draft" in asked:
            return ASKED
        return "Answer: 8" if "Answer again" in asked else "Answer: 7"

    made = await method_of("cove", Crew(scripted(say)))(task())
    assert made.best.text == stands
