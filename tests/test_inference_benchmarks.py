"""What the benchmarks of inference ask, and how they count."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from endpoint_server import models, piece, serving, stream

from benchmarks.engines import Engine, named_server
from benchmarks.shares import share, spread
from benchmarks.speculation import TASKS, compared, main


async def writer(request: web.Request) -> web.StreamResponse:
    """Three tokens too few, or as many as were asked for where it must not end."""
    body = await request.json()
    written = body["max_tokens"] - (0 if body.get("ignore_eos") else 3)
    counted = {"prompt_tokens": 9, "completion_tokens": written}
    told = {"choices": [], "usage": counted, "timings": {"draft_n": 10, "draft_n_accepted": 4}}
    return await stream(piece("word"), piece(reason="stop"), told)(request)


@asynccontextmanager
async def server(owner: str) -> AsyncIterator[tuple[Engine, list[dict[str, Any]]]]:
    async with (
        serving(writer, models=models("m", owner=owner)) as played,
        named_server(played.url) as engine,
    ):
        yield engine, played.bodies


@pytest.mark.parametrize(
    ("owner", "fields"),
    [
        ("llamacpp", {"ignore_eos": True, "cache_prompt": False}),
        ("vllm", {"ignore_eos": True}),
        ("somebody", {}),
    ],
)
async def test_both_ways_are_asked_for_the_same(owner: str, fields: dict[str, Any]) -> None:
    async with server(owner) as (engine, bodies):
        made = await share(engine, random.Random(1), streams=2, rounds=3, tokens=8)
    assert len(made.ratios) == len(made.client) == 3
    assert made.lacking == (0 if fields else 3 * 2 * 2 * 4)
    turns = [bodies[at : at + 2] for at in range(0, len(bodies), 2)]
    for first, second in zip(turns[::2], turns[1::2], strict=True):
        asked, again = (
            sorted(
                (body["messages"][0]["content"], body["seed"], body["top_p"], body["temperature"])
                for body in turn
            )
            for turn in (first, second)
        )
        assert asked == again
    assert all(fields.items() <= body.items() for body in bodies)
    if owner == "vllm":
        assert len({body["cache_salt"] for body in bodies}) == len(turns)


def test_spread_is_the_median_and_the_quartiles() -> None:
    assert spread("x", [3.0, 1.0, 2.0, 5.0, 4.0]) == {"x": 3.0, "x_low": 2.0, "x_high": 4.0}
    assert spread("x", [1.5]) == {"x": 1.5, "x_low": 1.5, "x_high": 1.5}


async def test_guesses_are_measured_against_the_first_server() -> None:
    async with server("llamacpp") as (first, _), server("llamacpp") as (second, asked):
        found = await compared({"off": first, "ngram": second}, rounds=3, tokens=16)
    assert len(asked) == len(TASKS) * (1 + 8) * (1 + 3)
    assert found["writing_8_ngram_accepted"] == found["free_1_off_accepted"] == 0.4
    assert found["copying_1_ngram_same"] == 1.0
    assert "free_8_ngram_speedup_low" in found
    assert "free_8_off_speedup" not in found


def test_one_server_is_nothing_to_compare(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="two servers at least"):
        main(["--json"])
    assert not capsys.readouterr().out
