"""Work that is handed on."""

import pytest
from method_tasks import QUESTION, scripted, task

from inference import ModelUnavailable, Request
from reasoning import Answers, Crew, Trail, last_number, method_of


def malt(*, fails: str = "") -> object:
    def say(request: Request) -> list[str] | str | Exception:
        asked = request.messages[-1].content
        if fails and fails in asked:
            return ModelUnavailable("gone")
        if "Check this answer" in asked:
            return "The sum is wrong." if "Answer: 7" in asked else "Nothing is wrong."
        if "A check of it" in asked:
            return "Answer: 8" if "wrong.\n" in asked and "Nothing" not in asked else "Hm."
        return ["Answer: 7", "Answer: 9", "Answer: 7"]

    return say


async def test_each_sample_is_checked_and_written_anew_and_the_last_of_each_votes() -> None:
    model, trail = scripted(malt()), Trail()
    made = await method_of("malt", Crew(model))(task(trail=trail))
    assert [one.by for one in trail.candidates] == ["", "", "", *["verifier"] * 3, *["refiner"] * 3]
    assert [one.saw for one in trail.candidates[3:]] == [
        *(("1",), ("2",), ("3",)),
        *(("1", "4"), ("2", "5"), ("3", "6")),
    ]
    # the second refiner names no answer: what it was to refine stands
    assert sorted(sample.text for sample in made.samples) == ["Answer: 8", "Answer: 8", "Answer: 9"]
    assert (made.best.text, made.confidence) == ("Answer: 8", 2 / 3)


@pytest.mark.parametrize("fails", ["Check this answer", "A check of it"])
async def test_without_a_verifier_or_a_refiner_the_samples_vote(fails: str) -> None:
    made = await method_of("malt", Crew(scripted(malt(fails=fails))))(task())
    assert (made.best.text, made.confidence) == ("Answer: 7", 2 / 3)


def spawning(*lists: str) -> object:
    """Wants these sub-tasks, round by round; each results in its own last letter."""
    left = list(lists)

    def say(request: Request) -> list[str] | str | Exception:
        asked = request.messages[-1].content
        if "Which sub-tasks" in asked:
            return left.pop(0)
        if "Your part" in asked:
            part = asked.partition("Your part: ")[2].partition("\n")[0]
            return ModelUnavailable("gone") if "fail" in part else f"It is {part[-1]}."
        return "Answer: 8"

    return say


async def test_sub_tasks_run_side_by_side_and_are_joined() -> None:
    model = scripted(spawning("1. legs of cat A\n2. legs of cat B", "sum up A and B", "none"))
    trail = Trail()
    made = await method_of("spawn-join", Crew(model))(task(trail=trail))
    assert [(one.round, one.by) for one in trail.candidates] == [
        (2, "legs of cat A"),
        (2, "legs of cat B"),
        (4, "sum up A and B"),
        (5, "join"),
    ]
    assert trail.candidates[-1].saw == ("1", "2", "3")
    assert [one.purpose for one in model.requests] == [
        *("think", "explore", "explore"),
        *("think", "explore", "merge"),
    ]
    again = model.requests[3].messages[-1].content
    assert "legs of cat A\nIt is A." in again
    joined = model.requests[-1].messages[-1].content
    assert joined.startswith(QUESTION)
    assert made.best.text == "Answer: 8"
    assert len(made.samples) == 1


@pytest.mark.parametrize("said", ["None.", "- no sub-tasks are needed", "", "Nothing more"])
async def test_where_nothing_is_spawned_it_answers_at_once(said: str) -> None:
    model = scripted(spawning(said))
    made = await method_of("spawn-join", Crew(model))(task())
    assert (made.best.text, len(model.requests)) == ("Answer: 8", 2)
    assert model.requests[-1].messages == task().request.messages


async def test_no_thread_runs_twice_none_is_too_many_and_those_that_fail_are_missing() -> None:
    wanted = "part A\npart A\npart fail\npart C\npart D"
    model = scripted(spawning(wanted, "part A\nnone"))
    trail = Trail()
    await method_of("spawn-join(3)", Crew(model))(task(trail=trail))
    assert [one.by for one in trail.candidates] == ["part A", "part C", "join"]


@pytest.mark.parametrize(
    ("first", "refined", "stands"),
    [
        ("Answer: 4", "All 8 steps are right.", "Answer: 4"),
        ("4 legs", "It is 8.", "It is 8."),
        ("4 legs", "Answer: 8", "Answer: 8"),
    ],
)
async def test_a_refined_text_replaces_what_named_no_more(
    first: str, refined: str, stands: str
) -> None:
    said = scripted([[first], "It is wrong.", refined])
    made = await method_of("malt(1)", Crew(said))(task(answers=Answers(guessed=last_number)))
    assert made.best.text == stands
