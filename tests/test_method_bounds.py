"""What methods that search and aggregate cost at most, whatever the model says."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from method_tasks import SureModel, task, written

from inference import Request
from reasoning import METHODS, Crew, method_of, parsed

LINES = [
    "two cats",
    "1. legs of one?",
    "2. and of two? [1]",
    "Follow up: how many?",
    "Now we can answer it.",
    "Answer: 1",
    "Answer: 2",
    "",
]


def whimsical(seed: int) -> SureModel:
    """Says and believes anything."""
    random = Random(seed)

    def say(request: Request) -> list[str]:
        return ["\n".join(random.choices(LINES, k=random.randint(1, 5))) for _ in range(request.n)]

    return SureModel(say, lambda _: random.random())


@pytest.mark.parametrize(
    "method",
    [
        "ssa(3, vote(2))",
        "seat(3, rounds=3, threshold=0)",
        "seat(3, rounds=4, rule=secretary, vote(2))",
        "rsa(4, k=2, t=3, vote(2))",
        "pdr(3, rounds=2)",
        "tot(3, b=2, depth=4)",
        "tot(2, b=2, depth=4, evaluate=votes)",
        "tot(3, b=2, depth=3, search=dfs)",
        "tot(1, b=1, depth=3, evaluate=votes, search=dfs)",
        "self-eval-beam(3, k=2, depth=3, tau=0.3)",
        "dpts(3, k=2, most=5, enough=2, depth=3)",
        "got(3, keep=2, merges=2, refinements=2, vote(2))",
        "cr(rounds=3, n=2)",
        "rap(3, k=2, m=2, depth=3)",
        "mcts(3, k=2, depth=2)",
        "sot(4)",
        "sot(2, vote(5))",
        "aot(depth=2, most=3)",
        "thinksum(3, facts=2, vote(2))",
        "self-ask(2)",
        "coa(16, most=2)",
        "specsearch(2, b=2, depth=3)",
        "ssr(2, depth=3)",
    ],
)
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
async def test_a_method_keeps_to_its_calls(method: str, seed: int) -> None:
    await keeps_to_its_calls(method, seed)


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=20, deadline=None)
@given(st.data())
async def test_a_method_keeps_to_its_calls_whatever_numbers_it_is_given(
    name: str, data: st.DataObject
) -> None:
    await keeps_to_its_calls(data.draw(written(name)), data.draw(st.integers(0, 10_000)))


async def keeps_to_its_calls(method: str, seed: int) -> None:
    model = whimsical(seed)
    made = await method_of(method, Crew(model))(task())
    asked = sum(1 if one.purpose == "score" else one.n for one in model.requests)
    assert 1 <= asked <= parsed(method).cost[0]
    assert made.best in made.samples
