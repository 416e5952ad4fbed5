"""What methods cost, judgements counted, whatever the model says."""

import random
from collections.abc import AsyncGenerator
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from method_tasks import task, written

from inference import ALL, Chunk, Halt, Request, ScriptedModel, TokenLogprob, Usage
from reasoning import METHODS, Crew, method_of, parsed


class Whimsical(ScriptedModel):
    """Says anything, and tells log-probabilities, so that a judgement is one call."""

    def __init__(self, seed: int) -> None:
        super().__init__([])
        self._random = random.Random(seed)
        self.asked = 0

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        self.asked += request.n
        for index in range(request.n):
            for token in self._said(request):
                if halt is None or index not in halt:
                    top = ((token, log(0.7)), ("no", log(0.2)))[: request.top_logprobs]
                    told = (TokenLogprob(token, log(0.7), top),) if request.top_logprobs else ()
                    yield Chunk(index, token, logprobs=told)
            reason = "halted" if halt is not None and index in halt else self._end()
            yield Chunk(index, finish_reason=reason)  # type: ignore[arg-type]
        yield Chunk(ALL, usage=Usage(1, 1))

    def _said(self, request: Request) -> list[str]:
        if request.max_tokens == 1:
            return [self._random.choice(["yes", "no"])]
        words = self._random.choices(["two", " cats", "\n\n", "1. legs", " Best: 2"], k=4)
        answer = self._random.choice(["", "", "1", "2", "3"])
        return [*words, f"\nAnswer: {answer}" if answer else "\n- more"]

    def _end(self) -> str:
        return self._random.choice(["stop", "length"])


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000))
async def test_a_method_keeps_to_its_cost_whatever_the_model_says(name: str, seed: int) -> None:
    model = Whimsical(seed)
    made = await method_of(name, Crew(model))(task())
    assert 1 <= model.asked <= METHODS[name].cost()[0]
    assert made.best in made.samples


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=10, deadline=None)
@given(st.data())
async def test_a_method_keeps_to_its_cost_whatever_numbers_it_is_given(
    name: str, data: st.DataObject
) -> None:
    method, model = data.draw(written(name)), Whimsical(data.draw(st.integers(0, 10_000)))
    await method_of(method, Crew(model))(task())
    assert 1 <= model.asked <= parsed(method).cost[0]


@pytest.mark.parametrize(
    "method",
    [
        "deepconf(9, warmup=4, eta=0.5, window=2)",
        "deepconf(7, online=false)",
        "token-set-cover(5, chunk=3, chunks=3)",
        "speculative-rejection(9, chunk=2)",
        "deepprune(6, chunk=2)",
        "compute-optimal(8, few=2, by=judge)",
        "compute-optimal(8, hard=best-of(4), easy=vote(2))",
        "latency-aware(most=4)",
        "debate(4, rounds=3, vote(2))",
        "reconcile(2, rounds=1)",
        "chateval(3, judges=7, rounds=1, vote(2))",
        "corex(4, rounds=4)",
        "corex(mode=review)",
        "corex(6, mode=retrieve)",
        "rr-mp(6)",
        "comm(3, rounds=3)",
        "moa(3, layers=2, vote(2))",
        "sparse-moa(7, layers=2, k=2)",
        "tumix(4, rounds=3, least=1)",
        "leap(3, every=4, rounds=2)",
        "malt(2, best-of(2))",
        "spawn-join(2, rounds=3)",
    ],
)
@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000))
async def test_its_parameters_are_in_its_cost(method: str, seed: int) -> None:
    model = Whimsical(seed)
    await method_of(method, Crew(model))(task())
    assert 1 <= model.asked <= parsed(method).cost[0]
