"""The line in front of the endpoints: first come, first served, never more than the limit."""

import asyncio

from endpoint_server import Clock
from hypothesis import given, settings
from hypothesis import strategies as st

from inference import EndpointModel, ModelUnavailable
from inference.rotation import Call, Place, Rotation


def rotation_of(count: int, clock: Clock | None = None) -> Rotation:
    """Over addresses that nobody asks."""
    models = [EndpointModel("m", base_url=f"http://127.0.0.1:{9 + at}/v1") for at in range(count)]
    return Rotation(models, (clock or Clock()).persistence())


async def entering(rotation: Rotation, calls: list[Call]) -> list["asyncio.Task[Place]"]:
    """They come one after another."""
    tasks = [asyncio.create_task(rotation.enter(call)) for call in calls]
    await settled()
    return tasks


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_line_is_served_in_turn() -> None:
    rotation = rotation_of(1)
    rotation.endpoints[0].limit = 1
    tasks = await entering(rotation, [rotation.call("") for _ in range(5)])
    for at, task in enumerate(tasks):
        assert [one.done() for one in tasks] == [number <= at for number in range(5)]
        task.result().leave()
        await settled()


async def test_who_has_to_stand_in_the_line_again_keeps_its_turn() -> None:
    rotation = rotation_of(1)
    rotation.endpoints[0].limit = 1
    early, late = rotation.call(""), rotation.call("")
    begun, waiting = await entering(rotation, [early, late])
    begun.result().failed(ModelUnavailable("busy", retry_after=5.0, busy=True))
    (again,) = await entering(rotation, [early])
    assert not again.done()
    begun.result().leave()
    await settled()
    assert (again.done(), waiting.done()) == (True, False)
    again.result().leave()
    await waiting


async def test_more_room_lets_more_in() -> None:
    rotation = rotation_of(1)
    endpoint = rotation.endpoints[0]
    endpoint.limit = 1
    tasks = await entering(rotation, [rotation.call("") for _ in range(3)])
    tasks[0].result().answered()
    await settled()
    assert endpoint.limit == 2
    assert [one.done() for one in tasks] == [True, True, False]
    rotation.close()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_sessions_that_are_long_over_are_forgotten() -> None:
    rotation = rotation_of(2)
    for number in range(3000):
        (await rotation.enter(rotation.call(str(number)))).leave()
    assert len(rotation._homes) <= 1024


_STEPS = st.lists(
    st.one_of(
        st.just(("enter",)),
        st.tuples(st.just("answered"), st.integers(0, 9)),
        st.tuples(st.just("leave"), st.integers(0, 9)),
        st.tuples(st.just("busy"), st.integers(0, 9)),
        st.tuples(st.just("dead"), st.integers(0, 9)),
        st.tuples(st.just("cancel"), st.integers(0, 9)),
    ),
    max_size=60,
)


@settings(deadline=None, max_examples=100)
@given(_STEPS, st.integers(1, 3))
def test_no_place_is_lost_or_given_twice(steps: list[tuple[str, int]], count: int) -> None:
    asyncio.run(walk(steps, count))


async def walk(steps: list[tuple[str, int]], count: int) -> None:
    """Whatever happens: what is in flight is what is held, and in the end all are served."""
    rotation = rotation_of(count)
    for endpoint in rotation.endpoints:
        endpoint.limit = 2
    tasks: list[asyncio.Task[Place]] = []
    held: list[Place] = []
    for name, *at in steps:
        if name == "enter":
            tasks.append(asyncio.create_task(rotation.enter(rotation.call("ab"[len(tasks) % 2]))))
        elif name == "cancel" and tasks:
            tasks[at[0] % len(tasks)].cancel()
        elif name == "answered" and held:
            held[at[0] % len(held)].answered()
        elif held:
            place = held.pop(at[0] % len(held))
            if name != "leave":
                place.failed(ModelUnavailable(name, retry_after=0.0, busy=name == "busy"))
            place.leave()
        await settled()
        held += [task.result() for task in tasks if served(task)]
        tasks = [task for task in tasks if not task.done()]
        assert sum(one.in_flight for one in rotation.endpoints) == len(held)
    while tasks or held:
        for place in held:
            place.answered()
            place.leave()
        await settled()
        held = [task.result() for task in tasks if served(task)]
        tasks = [task for task in tasks if not task.done()]
    assert all(one.in_flight == 0 for one in rotation.endpoints)


def served(task: "asyncio.Task[Place]") -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
