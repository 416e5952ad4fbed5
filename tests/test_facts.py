"""What a step established: the chain of questions that led to it."""

from executor_bench import Bench, ask, echo

from planner import Step


def diamonds(count: int) -> list[Step]:
    """a, then b and c, then d, which is the next a."""
    steps = [ask("d0", "start")]
    for number in range(1, count + 1):
        steps += [
            ask(f"b{number}", f"left of {{d{number - 1}}}"),
            ask(f"c{number}", f"right of {{d{number - 1}}}"),
            ask(f"d{number}", f"{{b{number}}} or {{c{number}}} at {number}"),
        ]
    return steps


async def test_where_paths_meet_again_each_question_stands_once() -> None:
    executor = await Bench(echo).run(diamonds(2))
    (fact,) = executor.facts["d2"]
    assert len(fact.chain) == 7
    assert len(set(fact.chain)) == 7


async def test_chains_of_a_deep_plan_stay_short() -> None:
    async def short(question: str) -> str:
        return question.split()[0]

    executor = await Bench(short).run(diamonds(16))
    (fact,) = executor.facts["d16"]
    assert fact.chain[0] == fact.question
    assert 7 < len(fact.chain) < 49
