"""What the planner's benchmark measures on: bounds, shapes, and the gold DAGs of question sets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.dags import SHAPES, Dag, PlanLine, gold_question, plan_lines, random_dag

DIAMOND = Dag(((), (), (0,), (1,)), (0.1, 0.3, 0.3, 0.1))


def test_the_bound_is_the_longer_of_critical_path_and_shared_work() -> None:
    assert DIAMOND.critical_path == pytest.approx(0.4)
    assert DIAMOND.bound(4) == pytest.approx(0.4)
    assert DIAMOND.bound(1) == pytest.approx(0.8)
    assert DIAMOND.levels == [[0, 1], [2, 3]]


def test_greedy_takes_steps_in_the_order_in_which_they_got_ready() -> None:
    assert DIAMOND.greedy(2) == pytest.approx(0.4)
    assert DIAMOND.greedy(1) == pytest.approx(0.8)
    waits = Dag(((), (), (), (0,)), (1.0, 1.0, 1.0, 5.0))
    assert waits.bound(2) == pytest.approx(6.0)
    assert waits.greedy(2) == pytest.approx(6.0)
    late = Dag(((), (), ()), (1.0, 1.0, 2.0))
    assert late.greedy(2) == pytest.approx(3.0)


@given(st.sampled_from(sorted(SHAPES)), st.integers(1, 130), st.integers(1, 20), st.integers(0, 5))
def test_a_schedule_is_between_the_bound_and_twice_the_bound(
    shape: str, steps: int, limit: int, seed: int
) -> None:
    dag = random_dag(shape, steps, seed=seed)
    assert len(dag) == steps
    assert dag.bound(limit) <= dag.greedy(limit) + 1e-9
    assert dag.greedy(limit) <= 2 * dag.bound(limit) + 1e-9
    assert dag.greedy(steps) == pytest.approx(dag.critical_path)
    assert sorted(step for level in dag.levels for step in level) == list(range(steps))


def test_random_dags_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    assert random_dag("sparse", 50, seed=3) == random_dag("sparse", 50, seed=3)
    assert random_dag("sparse", 50, seed=3) != random_dag("sparse", 50, seed=4)


def test_shapes_are_what_their_names_say() -> None:
    fans = random_dag("fans", 100).needs
    assert fans[10] == tuple(range(1, 10))
    assert fans[11] == (10,)
    assert random_dag("diamonds", 7).needs == ((), (0,), (0,), (1, 2), (3,), (3,), (4, 5))
    assert random_dag("tree", 5).needs == ((), (0,), (0,), (0,), (1,))
    assert [len(level) for level in random_dag("layers", 100).levels] == [5] * 20


@pytest.mark.parametrize("needs", [((1,), ()), ((0,),), ((), (0, 0)), ((), (-1,))])
def test_edges_point_back(needs: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(ValueError, match="cannot need"):
        Dag(needs, (0.1,) * len(needs))


def sub(id_: str, answer: object, *needs: str, inner: tuple[object, ...] = ()) -> dict[str, object]:
    return {
        "id": id_,
        "question": f"q {id_}",
        "answer": answer,
        "depends_on": list(needs),
        "subquestions": list(inner),
    }


def test_nested_sub_questions_stand_before_the_one_that_they_are_for() -> None:
    gold = gold_question(
        {
            "question": "q",
            "answer": {"x": 1},
            "subquestions": [
                sub("a", ["x", "y"]),
                sub("b", 1, "a", inner=(sub("b1", 2), sub("b2", 3, "b1"))),
                sub("c", "z", "b"),
            ],
        }
    )
    assert gold.asked == ("q a", "q b1", "q b2", "q b", "q c")
    assert gold.needs == ((), (0,), (0, 1), (0, 1, 2), (3,))
    assert gold.answers == ('["x", "y"]', "2", "3", "1", "z")
    assert gold.answer == '{"x": 1}'


def test_a_fan_out_is_one_line_of_the_plan_only_where_it_can_be() -> None:
    start = sub("a", ["x", "y"])
    fan = [start, sub("b", 1, "a"), sub("c", 2, "a"), sub("d", 3, "b", "c")]
    whole = gold_question({"question": "q", "answer": "z", "subquestions": fan})
    assert plan_lines(whole) == [
        PlanLine("q a", (0,)),
        PlanLine("q b", (1, 2), for_each=0),
        PlanLine("q d", (3,)),
    ]
    one_used = [*fan[:3], sub("d", 3, "c")]
    no_list = [sub("a", "x"), *fan[1:]]
    too_many = [*fan[:3], sub("d", 3, "a")]
    for rows in (one_used, no_list, too_many):
        partly = gold_question({"question": "q", "answer": "z", "subquestions": rows})
        assert [line.steps for line in plan_lines(partly)] == [(0,), (1,), (2,), (3,)]
