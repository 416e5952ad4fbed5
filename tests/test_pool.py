"""Several endpoints of one model: who is asked, who rests, who waits, what is not repeated."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from endpoint_server import (
    ASKED,
    WHOLE,
    Answer,
    Clock,
    Played,
    line,
    piece,
    pooling,
    sent,
    serving,
    status,
)

from inference import (
    Halt,
    ModelNonsense,
    ModelRefused,
    ModelUnavailable,
    PooledModel,
    complete,
)

FAILS = status(500, {"error": {"message": "broken"}})
BUSY = status(429, {"error": {"message": "busy"}})


class Held:
    """Answers that wait until they are let go, in the order in which they came."""

    def __init__(self) -> None:
        self.waiting: asyncio.Queue[asyncio.Event] = asyncio.Queue()
        self.at_once = 0
        self.most = 0

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        go = asyncio.Event()
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.waiting.put_nowait(go)
        try:
            await go.wait()
        finally:
            self.at_once -= 1
        return await WHOLE(request)

    async def arrived(self, count: int) -> list[asyncio.Event]:
        """The next so many."""
        async with asyncio.timeout(10):
            return [await self.waiting.get() for _ in range(count)]


@asynccontextmanager
async def pool_of(
    *plays: tuple[Answer, ...], clock: Clock | None = None, **options: Any
) -> AsyncIterator[tuple[PooledModel, list[Played]]]:
    """A pool over a server for each tuple of answers."""
    async with AsyncExitStack() as stack:
        played = [await stack.enter_async_context(serving(*answers)) for answers in plays]
        persistence = (clock or Clock()).persistence(**options)
        urls = [one.url for one in played]
        yield await stack.enter_async_context(pooling(*urls, persistence=persistence)), played


def asked(played: list[Played]) -> list[int]:
    """How many requests each server got."""
    return [len(one.bodies) for one in played]


async def start(
    held: list[Held], model: PooledModel, count: int, session: str = ""
) -> list["asyncio.Task[Any]"]:
    """Requests that are all at a server, and stay there."""
    tasks = []
    for _ in range(count):
        before = sum(one.at_once for one in held)
        tasks.append(asyncio.create_task(complete(model, replace(ASKED, session=session))))
        await seen(lambda: sum(one.at_once for one in held) > before)  # noqa: B023
    return tasks


async def seen(what: Callable[[], bool]) -> None:
    """Let the servers and the pool run until it is so."""
    async with asyncio.timeout(10):
        while not what():  # noqa: ASYNC110 - servers tell no one when they are asked
            await asyncio.sleep(0)


async def let_go(held: list[Held], tasks: list["asyncio.Task[Any]"]) -> None:
    """Everything that waits at a server ends."""
    done = asyncio.gather(*tasks)
    while not done.done():
        for one in held:
            while not one.waiting.empty():
                one.waiting.get_nowait().set()
        await asyncio.sleep(0)
    await done


async def test_requests_without_a_session_are_spread() -> None:
    async with pool_of((WHOLE,), (WHOLE,), (WHOLE,)) as (model, played):
        for _ in range(6):
            await complete(model, ASKED)
    assert asked(played) == [2, 2, 2]


async def test_the_least_loaded_is_asked() -> None:
    held = [Held(), Held(), Held()]
    async with pool_of(*((one,) for one in held)) as (model, _):
        tasks = await start(held, model, 7)
        assert sorted(one.at_once for one in held) == [2, 2, 3]
        (go,) = await held[1].arrived(1)
        go.set()
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        fewest = min(held, key=lambda one: one.at_once)
        before = fewest.at_once
        tasks += await start(held, model, 1)
        assert fewest.at_once == before + 1
        await let_go(held, tasks)


async def test_a_session_stays_at_its_endpoint() -> None:
    async with pool_of((WHOLE,), (WHOLE,), (WHOLE,)) as (model, played):
        for number in range(12):
            await complete(model, replace(ASKED, session="ab"[number % 2]))
    assert sorted(asked(played)) == [0, 6, 6]
    assert all("session" not in body for one in played for body in one.bodies)


async def test_a_session_whose_endpoint_is_much_more_loaded_goes_elsewhere_and_comes_back() -> None:
    held = [Held(), Held()]
    async with pool_of(*((one,) for one in held)) as (model, _):
        tasks = await start(held, model, 3, "run")
        assert sorted(one.at_once for one in held) == [0, 3]
        home = max(held, key=lambda one: one.at_once)
        tasks += await start(held, model, 1, "run")
        assert sorted(one.at_once for one in held) == [1, 3]
        await let_go(held, tasks)
        tasks = await start(held, model, 1, "run")
        assert home.at_once == 1
        await let_go(held, tasks)


async def test_samples_that_can_be_halted_are_requests_to_the_pool() -> None:
    async with pool_of((FAILS, WHOLE), (WHOLE,)) as (model, played):
        halt = Halt()
        async with aclosing(model.stream(replace(ASKED, n=3), halt)) as chunks:
            texts = [chunk.text async for chunk in chunks if chunk.text]
    assert texts == ["Cuarón"] * 3
    assert sum(asked(played)) == 4


async def test_429_moves_the_request_on_and_lowers_the_limit() -> None:
    clock = Clock()
    busy = status(429, {"error": {"message": "busy"}}, **{"Retry-After": "20"})
    async with pool_of((busy, WHOLE), (WHOLE,), clock=clock) as (model, played):
        first = model.endpoints[0]
        before = first.limit
        for _ in range(5):
            await complete(model, ASKED)
        assert asked(played) == [1, 5]
        assert clock.slept == []
        assert (before, first.limit) == (256, 1)
        clock.now += 20
        for _ in range(2):
            await complete(model, ASKED)
        assert asked(played)[0] == 2


async def test_the_limit_is_learned_and_what_is_beyond_it_waits() -> None:
    """The server takes two at once; nobody is told so, and nobody's request is lost."""
    held = Held()

    async def two_at_most(request: web.Request) -> web.StreamResponse:
        return await (held if held.at_once < 2 else BUSY)(request)

    async with pool_of((two_at_most,)) as (model, played):
        tasks = [asyncio.create_task(complete(model, ASKED)) for _ in range(12)]
        await seen(lambda: len(played[0].bodies) >= 12)
        await let_go([held], tasks)
        assert held.most == 2
        assert model.endpoints[0].limit < 12


async def test_the_limit_recovers() -> None:
    held = Held()
    async with pool_of((BUSY, held)) as (model, _):
        tasks = await start([held], model, 1)
        state = model.endpoints[0]
        assert state.limit == 1
        waiting = [asyncio.create_task(complete(model, ASKED)) for _ in range(30)]
        await let_go([held], tasks + waiting)
        assert state.limit > 3
        assert held.most > 1


async def test_a_cancelled_request_gives_its_place_and_its_turn_up() -> None:
    held = Held()
    async with pool_of((BUSY, held)) as (model, played):
        (first,) = await start([held], model, 1)
        second, third = (asyncio.create_task(complete(model, ASKED)) for _ in range(2))
        await asyncio.sleep(0)
        second.cancel()
        first.cancel()
        await asyncio.wait([first, second])
        assert first.cancelled()
        assert second.cancelled()
        await let_go([held], [third])
        assert model.endpoints[0].in_flight == 0
    assert len(played[0].bodies) == 3


async def test_a_dead_endpoint_leaves_and_returns() -> None:
    clock = Clock()
    async with pool_of((FAILS, FAILS, WHOLE), (WHOLE,), clock=clock) as (model, played):
        for _ in range(4):
            await complete(model, ASKED)
        assert asked(played) == [1, 4]
        clock.now += 1
        for _ in range(4):
            await complete(model, ASKED)
        assert asked(played) == [2, 8], "it was tried once, and rests for longer now"
        clock.now += 2
        for _ in range(4):
            await complete(model, ASKED)
        assert asked(played) == [4, 10], "it is back"


async def test_one_request_alone_tries_an_endpoint_that_was_dead() -> None:
    clock, held, other = Clock(), Held(), Held()
    async with pool_of((FAILS, held), (other,), clock=clock) as (model, _):
        tasks = await start([held, other], model, 1)
        clock.now += 30
        tasks += await start([held, other], model, 5)
        assert (held.at_once, other.at_once) == (1, 5)
        (go,) = await held.arrived(1)
        go.set()
        await seen(lambda: not model.endpoints[0].failures)
        tasks += await start([held, other], model, 3)
        assert (held.at_once, other.at_once) == (3, 5)
        await let_go([held, other], tasks)


async def test_a_session_whose_endpoint_dies_moves() -> None:
    clock = Clock()
    async with pool_of((WHOLE, FAILS, WHOLE), (WHOLE,), clock=clock) as (model, played):
        for _ in range(4):
            await complete(model, replace(ASKED, session="run"))
        assert asked(played) == [2, 3]
        clock.now += 30
        await complete(model, replace(ASKED, session="run"))
        assert asked(played) == [2, 4], "its prefix is at the other one now"


async def test_what_has_begun_is_not_asked_again() -> None:
    breaks = sent(line(piece("half")), then="break")
    async with pool_of((breaks,), (WHOLE,)) as (model, played):
        async with aclosing(model.stream(ASKED)) as chunks:
            assert (await anext(chunks)).text == "half"
            with pytest.raises(ModelUnavailable, match="broke off"):
                await anext(chunks)
        assert asked(played) == [1, 0]
        await complete(model, ASKED)
        await complete(model, ASKED)
        assert asked(played) == [1, 2], "it rests"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (status(400, {"error": {"message": "no"}}), ModelRefused),
        (status(401, {"error": {"message": "no"}}), ModelRefused),
        (sent(b"hello", kind="text/plain"), ModelNonsense),
    ],
)
async def test_what_asking_again_cannot_change_is_not_asked_again(
    answer: Answer, error: type[Exception]
) -> None:
    async with pool_of((answer,), (answer,)) as (model, played):
        with pytest.raises(error):
            await complete(model, ASKED)
        assert sum(asked(played)) == 1
        assert not any(state.failures for state in model.endpoints)


async def test_all_dead_names_all_with_their_reasons() -> None:
    gone = status(503, {"error": {"message": "loading"}})
    async with pool_of((FAILS,), (gone,), (BUSY,)) as (model, played):
        with pytest.raises(ModelUnavailable, match="no endpoint of 'm' can be had") as caught:
            await complete(model, ASKED)
    for one, reason in zip(played, ("500: broken", "503: loading", "429: busy"), strict=True):
        assert f"{one.url} (model 'm') answered {reason}" in str(caught.value)
    assert sum(asked(played)) == 9


async def test_what_is_known_to_be_dead_is_tried_once_more_and_no_more() -> None:
    async with pool_of((FAILS,), (FAILS,)) as (model, played):
        for expected in (6, 8, 10):
            with pytest.raises(ModelUnavailable):
                await complete(model, ASKED)
            assert sum(asked(played)) == expected


async def test_who_waits_for_the_dead_is_told_with_the_others() -> None:
    async with pool_of((FAILS,)) as (model, played):
        ended = await asyncio.gather(
            *(complete(model, ASKED) for _ in range(20)), return_exceptions=True
        )
    assert all(isinstance(error, ModelUnavailable) for error in ended)
    assert {str(error) for error in ended} == {f"{played[0].url} (model 'm') answered 500: broken"}
    assert len(played[0].bodies) < 25, "one at a time tries what is dead"


async def test_a_burst_of_failures_is_one_failure() -> None:
    together = asyncio.Barrier(8)

    async def fail(request: web.Request) -> web.StreamResponse:
        await together.wait()
        return await FAILS(request)

    clock = Clock()
    plays = (*[fail] * 8, WHOLE)
    async with pool_of(plays, clock=clock) as (model, _):
        await asyncio.gather(*(complete(model, ASKED) for _ in range(8)))
    assert sum(clock.slept) <= 0.5


async def test_closing_tells_those_who_wait() -> None:
    held = Held()
    async with pool_of((BUSY, held)) as (model, _):
        tasks = await start([held], model, 1)
        tasks.append(asyncio.create_task(complete(model, ASKED)))
        await asyncio.sleep(0)
        await model.close()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(error, ModelUnavailable) for error in ended)
        with pytest.raises(ModelUnavailable, match="closed by us"):
            await complete(model, ASKED)


async def test_a_burst_of_refusals_leaves_what_the_server_takes() -> None:
    held = Held()

    async def eight_at_most(request: web.Request) -> web.StreamResponse:
        return await (held if held.at_once < 8 else BUSY)(request)

    async with pool_of((eight_at_most,)) as (model, played):
        tasks = [asyncio.create_task(complete(model, ASKED)) for _ in range(12)]
        await seen(lambda: len(played[0].bodies) >= 12 and model.endpoints[0].in_flight <= 8)
        assert model.endpoints[0].limit == 8
        await let_go([held], tasks)


async def test_the_trace_can_say_who_answered() -> None:
    async with pool_of((FAILS, WHOLE), (WHOLE,)) as (model, played):
        made = await complete(model, ASKED)
        again = await complete(model, replace(ASKED, n=2))
    assert made.endpoints == (played[1].url,)
    assert again.endpoints == (played[1].url,)
