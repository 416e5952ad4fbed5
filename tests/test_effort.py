"""How much work a question is worth, by its words."""

import pytest

from planner import Means, means_of
from planner.effort import difficulty


@pytest.mark.parametrize(
    "question",
    [
        "On what date was the Cinecittà studio opened?",
        "Who directed Inception?",
        "Which Studio Ghibli film did Hiroyuki Morita direct?",
        "In which city was a nearly complete copy of Metropolis identified in 2008?",
        "How long is the Rhine?",
    ],
)
def test_one_fact_about_one_thing_is_easy(question: str) -> None:
    assert difficulty(question) == "easy"
    assert means_of("auto", question) == Means(plan_samples=1, one_step=True)


@pytest.mark.parametrize(
    "question",
    [
        "Who is older, Christopher Nolan or Bong Joon-ho?",
        "When was the director of Inception born?",
        "What character comes from the same book as Abraham Van Helsing?",
        "Who did Barry Wesson's team play in the World Series last year?",
        "David Jones is an international in another sport that was started when?",
        "Ed Oxenbould plays Tyler in a film directed by which famous director?",
        "What are the top 5 most widely spoken languages?",
        "In what months were the five oldest presidents born?",
        "Which US state capital has the highest average rainfall?",
        "What river flows through the city Kevin Durant played for before Golden State?",
        "¿Quién dirigió Roma?",
        "",
    ],
)
def test_what_may_be_more_than_one_fact_is_not_easy(question: str) -> None:
    assert difficulty(question) != "easy"
    assert not means_of("auto", question).one_step


def test_descriptions_inside_of_descriptions_are_hard_and_get_more_plans() -> None:
    question = "In which city was the author of the novel on which Blade Runner is based born?"
    assert difficulty(question) == "hard"
    usual = means_of("auto", "When was the director of Inception born?")
    assert means_of("auto", question).plan_samples > usual.plan_samples


def test_an_effort_that_is_named_does_not_look_at_the_question() -> None:
    for question in ("Who directed Inception?", "Who is older, Ann or Ben?"):
        low, medium, high = (means_of(effort, question) for effort in ("low", "medium", "high"))
        assert low.plan_samples < medium.plan_samples < high.plan_samples
        assert low.rounds < medium.rounds < high.rounds
        assert medium == Means()
