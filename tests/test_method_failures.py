"""What becomes of a method when a call fails, or it is cancelled."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from random import Random

import pytest
from method_tasks import SureModel, scripted, task

from inference import Chunk, Halt, ModelUnavailable, Request
from reasoning import METHODS, Crew, Samples, Task, method_of

SMALL = {
    "adaptive-consistency": "adaptive-consistency(5)",
    "compute-optimal": "compute-optimal(6, few=2)",
    "cumulative-reasoning": "cr(3)",
    "deepconf": "deepconf(6, warmup=3, window=2)",
    "deepprune": "deepprune(3, chunk=2)",
    "dpts": "dpts(2, k=2, most=4, enough=2, depth=3)",
    "leap": "leap(3, every=2)",
    "mcts": "mcts(3, k=2, depth=3)",
    "rap": "rap(2, k=2, m=2, depth=2)",
    "repeated-sampling": "repeated-sampling(3)",
    "rsa": "rsa(4, k=2, t=3)",
    "self-eval-beam": "self-eval-beam(3, k=2, depth=2)",
    "speculative-rejection": "speculative-rejection(4, chunk=2)",
    "speculative-search": "specsearch(2, b=2, depth=2)",
    "ssr": "ssr(2, depth=2)",
    "token-set-cover": "token-set-cover(3, chunk=2, chunks=2)",
    "tree-of-thoughts": "tot(2, b=2, depth=2)",
    "tumix": "tumix(3, rounds=3)",
}
LINES = [
    "two cats",
    "1. legs of one?",
    "2. and of two? [1]",
    "Follow up: how many?",
    "Answer: 1",
    "",
]
LAST = {"cumulative-reasoning", "rap", "self-ask", "spawn-join"}
"""Whose first whole answer is the last thing that they write."""


class Failing(SureModel):
    """Fails where it is told to, and knows which of its streams are open."""

    def __init__(self, fails: Callable[[int, Request], Exception | None], seed: int = 0) -> None:
        """`fails`: by the number of the call, from 1, and what is asked."""
        random = Random(seed)

        def say(request: Request) -> list[str]:
            return ["\n".join(random.choices(LINES, k=2)) for _ in range(request.n)]

        super().__init__(say, lambda _: 0.6)
        self.fails = fails
        self.open = self.begun = 0
        self.asked = asyncio.Condition()

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """Each call takes a while."""
        self.begun += 1
        number = self.begun
        self.open += 1
        try:
            for _ in range(number % 3 + 1):
                await asyncio.sleep(0)
            if error := self.fails(number, request):
                raise error
            async with aclosing(super().stream(request, halt)) as chunks:
                async for chunk in chunks:
                    yield chunk
        finally:
            self.open -= 1


def at(number: int, error: Exception) -> Callable[[int, Request], Exception | None]:
    return lambda call, _: error if call == number else None


@pytest.mark.parametrize("name", METHODS)
async def test_a_judge_that_is_gone_leaves_all_undecided(name: str) -> None:
    gone = ModelUnavailable("gone")
    model = Failing(lambda _, request: gone if request.purpose == "judge" else None)
    made = await method_of(SMALL.get(name, name), Crew(model))(task())
    assert made.best in made.samples
    assert model.open == 0


@pytest.mark.parametrize("name", METHODS)
async def test_a_method_goes_on_without_a_call_that_fails(name: str) -> None:
    for number in range(2, 16):
        model = Failing(at(number, ModelUnavailable("gone")))
        try:
            await method_of(SMALL.get(name, name), Crew(model))(task())
        except ModelUnavailable:  # nothing could be answered with
            nothing_yet = {"latency-aware", "skeleton-of-thought"}
            assert name in LAST or (name in nothing_yet and number <= 3)
        assert model.open == 0
        if model.begun < number:
            break


@pytest.mark.parametrize("name", METHODS)
async def test_a_bug_is_raised_and_nothing_is_asked_any_more(name: str) -> None:
    for number in range(1, 16):
        model = Failing(at(number, ZeroDivisionError("bug")))
        try:
            await method_of(SMALL.get(name, name), Crew(model))(task())
        except ZeroDivisionError:
            assert model.open == 0
        else:
            assert model.begun < number
            break


@pytest.mark.parametrize("name", METHODS)
async def test_a_method_that_is_cancelled_closes_its_streams(name: str) -> None:
    for number in (1, 2, 5, 9):
        reached = asyncio.Event()

        def fails(
            call: int, _: Request, number: int = number, event: asyncio.Event = reached
        ) -> None:
            if call >= number:
                event.set()

        model = Failing(fails)
        running = asyncio.ensure_future(method_of(SMALL.get(name, name), Crew(model))(task()))
        waiting = asyncio.ensure_future(reached.wait())
        await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if running.done():
            break
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert model.open == 0


async def test_adaptive_consistency_votes_with_what_there_is_when_a_sample_fails() -> None:
    model = scripted(["Answer: 1", "Answer: 2", ModelUnavailable("gone")])
    made = await method_of("adaptive-consistency(9)", Crew(model))(task())
    assert [one.text for one in made.samples] == ["Answer: 1", "Answer: 2"]
    assert made.confidence == 0.5
    with pytest.raises(ModelUnavailable):
        await method_of("adaptive-consistency(9)", Crew(scripted([ModelUnavailable("gone")])))(
            task()
        )


class Flaky:
    """An attempt that fails the second time."""

    def __init__(self) -> None:
        self.made = 0

    async def __call__(self, task: Task) -> Samples:
        self.made += 1
        number = self.made
        made = await method_of("once", Crew(scripted([f"Answer: {number}"])))(task)
        if number == 2:
            raise ModelUnavailable("gone")
        return made


@pytest.mark.parametrize("method", ["adaptive-consistency", "tumix"])
async def test_no_two_candidates_have_one_name_where_attempts_fail(method: str) -> None:
    whole, flaky = task(), Flaky()
    crew = Crew(scripted(lambda _: "no"), agents={"a": flaky})
    given = {"tumix": {"agents": 3, "rounds": 2}}.get(method, {"most": 6, "batch": 3})
    inside = {} if method == "tumix" else {"attempt": flaky}
    await METHODS[method].build(crew, **given, **inside)(whole)
    written = [one.text for one in whole.trail.candidates if "/" in one.id]
    assert written == [f"Answer: {number + 1}" for number in range(flaky.made)]


async def test_samples_inside_one_another_have_seeds_of_their_own() -> None:
    model = scripted(lambda request: ["Answer: 8"] * request.n)
    await method_of("best-of(3, vote(3, vote(3, vote(2))))", Crew(model))(task())
    seeds = [
        one.seed + place for one in model.requests if one.purpose == "think" for place in range(2)
    ]
    assert len(seeds) == 3 * 3 * 3 * 2
    assert len(set(seeds)) == len(seeds)
