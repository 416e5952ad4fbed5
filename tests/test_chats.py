"""What chat systems have in common: questions are kept, calls are not cut off, rest is kept."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from service.channel_settings import ChannelSettings, settled
from service.chats import Gone, Lanes, NotNow, Rest, Taking, finished
from storage import StorageError, Unstorable


@asynccontextmanager
async def taking(patience: float = 0.05) -> AsyncIterator[Taking]:
    async with asyncio.TaskGroup() as group:
        one = Taking(group, patience)
        yield one
        await one.end()


async def test_what_takes_too_long_goes_on_behind_the_answer() -> None:
    go_on, kept = asyncio.Event(), []

    async def work() -> None:
        await go_on.wait()
        kept.append(1)

    async with taking() as one:
        async with asyncio.timeout(30):
            await one.take("a question", work)
        assert kept == []
        go_on.set()
    assert kept == [1]


async def test_what_cannot_be_kept_at_the_moment_is_tried_again() -> None:
    problems: list[Exception] = [StorageError("runs.db", "it is away"), NotNow("not now")]
    kept = []

    async def work() -> None:
        if problems:
            raise problems.pop()
        kept.append(1)

    async with taking() as one:
        await one.take("a question", work)
    assert kept == [1]


async def test_what_never_can_be_kept_is_told_of_in_the_log_and_ends_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def work() -> None:
        raise Unstorable("runs.db", "a number is too large")

    async with taking() as one:
        await one.take("a question", work)
        await one.take("another", work)
    assert "a question cannot be kept" in caplog.text
    assert "another cannot be kept" in caplog.text


async def test_a_fault_with_one_question_ends_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def work() -> None:
        raise AssertionError

    async with taking() as one:
        await one.take("a question", work)
        await one.take("another", work)
    assert "another is lost" in caplog.text


async def test_a_call_that_others_see_is_done_to_its_end() -> None:
    began, go_on, done = asyncio.Event(), asyncio.Event(), []

    async def call() -> None:
        began.set()
        await go_on.wait()
        done.append(1)

    task = asyncio.create_task(finished(call()))
    await began.wait()
    task.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == [1]


def allowed() -> None:
    """It may be done."""


async def test_who_is_patient_waits_for_the_rest_that_was_asked_for_and_others_do_not() -> None:
    lanes, rests, at = Lanes(), [0.3], [0.0]

    async def call() -> str:
        if rests:
            at[0] = time.monotonic()
            raise Rest(rests.pop())
        return "done"

    with pytest.raises(Rest):
        await lanes.turn("a", call, patient=False, require=allowed)
    with pytest.raises(Rest) as asked:
        await lanes.turn("a", call, patient=False, require=allowed)
    assert asked.value.seconds > 0
    assert await lanes.turn("b", call, patient=False, require=allowed) == "done"
    assert await lanes.turn("a", call, patient=True, require=allowed) == "done"
    assert time.monotonic() - at[0] >= 0.29


async def test_nothing_is_shown_by_who_may_have_lost_the_posting() -> None:
    called = []

    async def call() -> None:
        called.append(1)

    def gone() -> None:
        raise Gone

    with pytest.raises(Gone):
        await Lanes().turn("a", call, patient=True, require=gone)
    assert called == []


def test_the_first_name_of_a_channel_that_is_settled_counts() -> None:
    short, low = ChannelSettings(size="short"), ChannelSettings(effort="low")
    channels = {"C1": short, "films": low, "random": "off", "*": ChannelSettings(sources="web")}
    assert settled(channels, "C1", "films") is short  # type: ignore[arg-type]
    assert settled(channels, "C2", "films") is low  # type: ignore[arg-type]
    assert settled(channels, "C2", "random") is None  # type: ignore[arg-type]
    other = settled(channels, "C2", None)  # type: ignore[arg-type]
    assert other is not None
    assert (other.files, other.web) == (False, True)
    assert settled({}, "C1") == ChannelSettings()
