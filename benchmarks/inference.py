"""What inference costs over what it stands on: ratios, each from one run.

    python benchmarks/inference.py                 a table, everything
    python benchmarks/inference.py --quick --json  one object, within five minutes
    python benchmarks/inference.py --server http://127.0.0.1:8000/v1
                                                   shares and prefix, of a server that runs already

engine_share_N          tokens a second through Breadth over those of the same engine asked by a
                        bare HTTP client, N streams at once: the median of rounds; _low and _high:
                        their quartiles; _client: CPU of this process beyond the bare client's, as
                        a part of the engine's time; _lacking: tokens of answers that ended early
prefix_over_floor_8     8 samples of a new prompt, over reading as long a prompt once plus writing 8
                        samples, in one request, of a prompt that the engine holds already
separate_over_floor_8   the same as 8 requests that share nothing (not with --quick)
ngram_speedup_N         writing answers that copy from facts, N at once: n-gram guesses over none
ngram_accepted          the share of its guesses that were right
client_us_per_chunk     CPU of this process for each chunk of a server that answers at once
client_over_openai      that over the bare `openai` client; client_over_aiohttp: over plain aiohttp
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
from openai import AsyncOpenAI

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.engines import engine, new_prompt
from benchmarks.model_server import instant_model
from benchmarks.shares import share
from benchmarks.speculation import writing_task
from inference import PACKAGED, EndpointModel, Message, Request, complete

WHOLE = {1: (16, 96), 8: (12, 64), 32: (6, 32)}
QUICK = {1: (5, 64), 8: (4, 48), 32: (3, 16)}
"""By streams: rounds of two turns, and tokens of each stream."""
CHUNKS, AT_ONCE = 20, 8


async def seconds(*calls: Awaitable[Any]) -> float:
    """How long they take together."""
    began = time.monotonic()
    await asyncio.gather(*calls)
    return time.monotonic() - began


async def engine_shares(options: argparse.Namespace, number: random.Random) -> dict[str, float]:
    """For each number of streams, in an engine of as many slots."""
    found: dict[str, float] = {}
    for streams, (rounds, tokens) in (QUICK if options.quick else WHOLE).items():
        async with engine(options, streams) as server:
            made = await share(server, number, streams=streams, rounds=rounds, tokens=tokens)
        found |= made.figures(f"engine_share_{streams}")
    return found


async def prefix(options: argparse.Namespace, number: random.Random) -> dict[str, float]:
    """8 samples of a long prompt."""
    words = options.prompt_words
    async with engine(options, 8) as server:
        first = new_prompt(words, number)
        reading = await seconds(server.raw(replace(first, max_tokens=1)))
        writing = await seconds(server.raw(replace(first, n=8)))
        floor = reading + writing
        shared = await seconds(complete(server.model, replace(new_prompt(words, number), n=8)))
        found = {"prefix_over_floor_8": shared / floor}
        if not options.quick:
            fresh = new_prompt(words, number)
            alone = [server.raw(replace(fresh, seed=seed), id_slot=seed) for seed in range(8)]
            found["separate_over_floor_8"] = await seconds(*alone) / floor
    return found


async def speculation(options: argparse.Namespace) -> dict[str, float]:
    """Greedy answers with and without guesses, the prompts read before."""
    taken: dict[tuple[str, int], float] = {}
    drafted = accepted = 0
    for kind in ("off", "ngram"):
        async with engine(options, 8, speculate=kind) as server:
            for streams in (1, 8):
                asked = [writing_task(place) for place in range(streams)]
                await asyncio.gather(
                    *(complete(server.model, replace(r, max_tokens=1)) for r in asked)
                )
                began = time.monotonic()
                made = await asyncio.gather(*(complete(server.model, r) for r in asked))
                tokens = sum(one.usage.completion_tokens for one in made)
                taken[kind, streams] = (time.monotonic() - began) / tokens
                drafted += sum(one.usage.drafted_tokens for one in made)
                accepted += sum(one.usage.accepted_tokens for one in made)
    return {f"ngram_speedup_{n}": taken["off", n] / taken["ngram", n] for n in (1, 8)} | {
        "ngram_accepted": accepted / drafted if drafted else 0.0
    }


async def client(options: argparse.Namespace) -> dict[str, float]:
    """CPU a chunk of three clients, by turns."""
    requests = 300 if options.quick else 2000
    with instant_model(CHUNKS) as base_url:
        model = EndpointModel("m", base_url=base_url, engine="vllm")
        bare = AsyncOpenAI(base_url=base_url, api_key="none")
        async with aiohttp.ClientSession() as session:
            ways: dict[str, Callable[[], Awaitable[Any]]] = {
                "breadth": lambda: complete(model, Request((Message("user", "hello"),))),
                "openai": lambda: _by_openai(bare),
                "aiohttp": lambda: _by_aiohttp(session, base_url),
            }
            for way in ways.values():
                await _repeated(way, AT_ONCE)
            cost = {name: await _cost(way, requests) for name, way in ways.items()}
        await model.close()
        await bare.close()
    return {
        "client_us_per_chunk": cost["breadth"] * 1e6,
        "client_over_openai": cost["breadth"] / cost["openai"],
        "client_over_aiohttp": cost["breadth"] / cost["aiohttp"],
    }


async def _cost(way: Callable[[], Awaitable[Any]], requests: int) -> float:
    """CPU seconds of this process for each chunk."""
    began = time.process_time()
    await _repeated(way, requests)
    return (time.process_time() - began) / (requests * CHUNKS)


async def _repeated(way: Callable[[], Awaitable[Any]], requests: int) -> None:
    """So many requests, a few at once."""

    async def several() -> None:
        for _ in range(requests // AT_ONCE):
            await way()

    await asyncio.gather(*(several() for _ in range(AT_ONCE)))


async def _by_openai(bare: AsyncOpenAI) -> str:
    stream = await bare.chat.completions.create(
        model="m",
        messages=[{"role": "user", "content": "hello"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    return "".join(
        [choice.delta.content or "" async for event in stream for choice in event.choices]
    )


async def _by_aiohttp(session: aiohttp.ClientSession, base_url: str) -> str:
    body = {"model": "m", "messages": [{"role": "user", "content": "hello"}], "stream": True}
    texts = []
    async with session.post(f"{base_url}/chat/completions", json=body) as response:
        async for line in response.content:
            if line.startswith(b"data: {"):
                choices = json.loads(line[6:])["choices"]
                texts += [choice["delta"].get("content", "") for choice in choices]
    return "".join(texts)


async def measured(options: argparse.Namespace) -> dict[str, float]:
    """All parts that were asked for, one after another."""
    number = random.Random(options.seed)
    parts: dict[str, Callable[[], Awaitable[dict[str, float]]]] = {
        "client": lambda: client(options),
        "share": lambda: engine_shares(options, number),
        "prefix": lambda: prefix(options, number),
        "ngram": lambda: speculation(options),
    }
    found: dict[str, float] = {}
    every = "share,prefix" if options.server else "client,share,prefix,ngram"
    for name in (options.parts or every).split(","):
        began = time.monotonic()
        found |= {key: round(value, 3) for key, value in (await parts[name]()).items()}
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="small", choices=list(PACKAGED))
    parser.add_argument("--parts", help="of client, share, prefix and ngram; default: all")
    parser.add_argument("--server", help="address, with /v1; then share and prefix are measured")
    parser.add_argument("--prompt-words", type=int, default=1450, help="of the long prompt")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    found = asyncio.run(measured(options))
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
