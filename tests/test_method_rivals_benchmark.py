"""The benchmark of methods beside other libraries: how it counts, and what it leaves out."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from benchmarks.method_door import Door, Passed
from benchmarks.method_pool import Problem
from benchmarks.method_rival import WayError, rival
from benchmarks.method_rivals import Asking, Desk, Run, Solve, row
from benchmarks.method_ways import Way
from reasoning import Answers
from reasoning.answers import FORM


@asynccontextmanager
async def doored(asked: list[dict[str, Any]]) -> AsyncIterator[Door]:
    """A door in front of an engine that says "a b" as each sample, and whose tokens are words."""

    async def chat(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        asked.append(body)
        usage = {"usage": {"prompt_tokens": 7, "completion_tokens": 2}}
        if not body.get("stream"):
            message = {"message": {"content": "a b"}}
            return web.json_response({"choices": [message] * body.get("n", 1), **usage})
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        while body.get("endless"):
            await response.write(
                b'data: {"choices": [{"index": 0, "delta": {"content": "a"}}]}\n\n'
            )
            await asyncio.sleep(0.01)
        for piece in ("a", " b", None):
            choices = [{"index": at, "delta": {"content": piece}} for at in range(body["n"])]
            await response.write(f"data: {json.dumps({'choices': choices})}\n\n".encode())
        for _ in range(body["n"]):  # as llama.cpp does
            await response.write(f"data: {json.dumps({'choices': [], **usage})}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        return response

    async def tokenize(request: web.Request) -> web.Response:
        return web.json_response({"tokens": (await request.json())["content"].split()})

    application = web.Application()
    application.router.add_post("/v1/chat/completions", chat)
    application.router.add_post("/tokenize", tokenize)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        async with Door(f"http://{host}:{port}", "key", 0.7).open() as door:
            yield door
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("stream", [False, True])
def test_the_door_counts_what_is_written_of_every_sample(stream: bool) -> None:
    async def run() -> tuple[Passed, int, str]:
        async with doored([]) as door, aiohttp.ClientSession() as session:
            body = {"n": 3, "temperature": 1, "stream": stream}
            async with session.post(f"{door.base_url}/chat/completions", json=body) as response:
                told = await response.text()
            return door.passed, await door.written(), told

    passed, written, told = asyncio.run(run())
    assert (passed.requests, passed.samples, passed.read, written) == (1, 3, 7, 6)
    assert told.endswith("data: [DONE]\n\n") == stream


def test_the_door_sets_the_temperature_of_samples_and_leaves_judges_alone() -> None:
    asked: list[dict[str, Any]] = []

    async def run() -> None:
        async with doored(asked) as door, aiohttp.ClientSession() as session:
            for body in ({"temperature": 1}, {"temperature": 0.1}, {"max_tokens": 1}):
                async with session.post(f"{door.base_url}/chat/completions", json=body) as response:
                    await response.read()

    asyncio.run(run())
    assert [one.get("temperature") for one in asked] == [0.7, 0.1, None]


def test_what_was_written_of_a_stream_that_is_left_counts_for_who_left_it() -> None:
    """The engine has more to say, and the next question has begun before it is noticed."""

    async def run() -> tuple[Passed, Passed]:
        async with doored([]) as door, aiohttp.ClientSession() as session:
            body = {"n": 1, "stream": True, "endless": True}
            async with session.post(f"{door.base_url}/chat/completions", json=body) as response:
                await response.content.readline()
                response.close()
            left, door.passed = await door.settled(), Passed()
            async with session.post(f"{door.base_url}/chat/completions", json={}) as response:
                await response.read()
            return left, await door.settled()

    left, after = asyncio.run(run())
    assert (left.requests, left.texts[0][:1], after.texts) == (1, "a", ["a b"])


def test_a_library_that_was_lost_is_started_again(tmp_path: Path) -> None:
    """A Python that says its version, ends at the first question, and answers the second."""
    there = tmp_path / "there"
    library = tmp_path / "python"
    library.write_text(
        '#!/bin/sh\nread settings; echo \'{"version": "1"}\'; read question\n'
        f'[ -e {there} ] && echo \'{{"text": "8"}}\' && read more; touch {there}\n'
    )
    library.chmod(0o755)

    async def run() -> str:
        async with rival(str(library), {}) as started:
            with pytest.raises(WayError, match="has ended"):
                await started.solve("bon", Problem("4 + 4", "8"))
            return await started.solve("bon", Problem("4 + 4", "8"))

    assert asyncio.run(run()) == "8"


def test_a_library_that_is_not_there_is_told() -> None:
    async def run() -> None:
        settings = {"library": "optillm", "base_url": "http://127.0.0.1:9/v1", "n": 2}
        async with rival(sys.executable, settings):
            pass

    with pytest.raises(WayError, match="cannot be imported"):
        asyncio.run(run())


def test_a_way_that_fails_counts_as_wrong_and_is_told() -> None:
    way = Way("vote", "optillm", "bon")
    found = row(way, [Run(True, 2.0, Passed(requests=1), 10), Run(False, 4.0, Passed(), 0, "no")])
    assert (found["right"], found["n"], found["seconds"], found["written"]) == (1, 2, 3.0, 5)
    assert (found["failed"], found["error"]) == (1, "no")


@pytest.mark.parametrize(("minutes", "questions"), [(1.0, 3), (0.0, 0)])
def test_ways_take_turns_and_a_question_counts_that_all_were_asked(
    minutes: float, questions: int
) -> None:
    """Two desks; the second way is right in the first question alone."""
    ways, order = [Way("vote", "a", "x"), Way("vote", "b", "y")], []
    at: set[str] = set()
    asked = [Problem(f"question {number}", "1") for number in range(3)]

    def solving(desk: str) -> Solve:
        async def solve(method: str, problem: Problem) -> str:
            order.append((problem.text[-1], method))
            at.add(desk)
            await asyncio.sleep(0)
            return f"Answer: {1 if method == 'x' or problem is asked[0] else 2}"

        return solve

    async def run() -> dict[Way, list[Run]]:
        async with doored([]) as door, doored([]) as other:
            desks = [
                Desk(one, dict.fromkeys(("a", "b"), solving(one.base_url)), {}, {})
                for one in (door, other)
            ]
            asking = Asking(asked, Answers(FORM), lambda _: None, minutes)
            return await asking.at(desks, ways)

    found = asyncio.run(run())
    assert (
        order
        == [("0", "x"), ("0", "y"), ("1", "y"), ("1", "x"), ("2", "x"), ("2", "y")][: 2 * questions]
    )
    assert len(at) == (2 if questions else 0)
    assert [one.right for one in found[ways[0]]] == [True] * questions
    assert [one.right for one in found[ways[1]]] == [True, False, False][:questions]
