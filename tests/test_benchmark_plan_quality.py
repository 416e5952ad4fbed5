"""When a plan counts as having the gold DAG's edges."""

from benchmarks.dags import GoldQuestion
from benchmarks.plan_quality import Made, by_rules, same_edges, scores
from planner import Step

GOLD = GoldQuestion("q", ("x", "y", "z"), ("1", "2", "3"), (0, 0, 0), ((), (), (0, 1)), "3")


def lookup(id_: str, question: str, needs: tuple[str, ...] = ()) -> Step:
    return Step(id_, "lookup", {"question": question}, needs)


def test_edges_are_those_of_the_look_ups_whatever_their_names() -> None:
    right = [lookup("p", "x"), lookup("q", "y"), lookup("r", "z of {q} and {p}")]
    assert same_edges(right, GOLD)
    assert same_edges([*right, Step("s", "compare", {"question": "z"}, ("r",))], GOLD)
    assert not same_edges([*right[:2], lookup("r", "z of {p}")], GOLD)
    assert not same_edges(right[:2], GOLD)
    assert not same_edges([right[0], lookup("q", "y of {p}"), right[2]], GOLD)


def test_a_dropped_line_makes_a_plan_invalid_and_not_its_hops_wrong() -> None:
    made = Made([lookup("p", "x"), lookup("q", "y"), lookup("r", "{p}")], 1, 1.0, 4.0)
    assert scores(made, GOLD) == {
        "valid": False,
        "hops": True,
        "edges": False,
        "first_step_over_plan": 0.25,
        "seconds": 4.0,
    }


def test_plans_by_rule_are_counted_over_the_questions_that_have_one() -> None:
    def asked(question: str, *needs: tuple[int, ...]) -> GoldQuestion:
        texts = tuple("xyz"[: len(needs)])
        return GoldQuestion(question, texts, texts, (0,) * len(needs), needs, "1")

    golds = [
        asked("When was the director of Up born?", (), (0,)),
        asked("Where was the author of Emma born?", (), ()),
        asked("Who wrote Emma, and was it her first?", ()),
        asked("Who wrote it?", ()),
    ]
    figures = {"plan_rules_share": 0.5, "plan_rules_hops": 1.0, "plan_rules_edges": 0.5}
    assert by_rules(golds) == figures
