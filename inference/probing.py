"""What a model can do, found out by asking it.

Servers say little about themselves and not always the truth, so every ability is tried with a
request that shows it: a grammar that allows one odd word, a schema with one value, and so on.
"""

import asyncio
import time
from collections.abc import Awaitable
from contextlib import aclosing
from dataclasses import dataclass, replace

from inference.capabilities import Capabilities
from inference.endpoint import EndpointModel
from inference.errors import ModelError
from inference.model import Completion, Message, Model, Request, complete
from inference.pool import PooledModel

_WORD = "zebra"
_GRAMMAR = f'root ::= "{_WORD}"'
_SCHEMA = {
    "type": "object",
    "properties": {"animal": {"enum": [_WORD]}},
    "required": ["animal"],
    "additionalProperties": False,
}
_SAYING = (
    "The river Aller rises near Seehausen, flows past Celle and Verden, and ends in the Weser after"
    " 214 kilometres, of which 117 can be used by ships."
)
_COPIED = 64
_STREAMS = 8
_TOKENS = 32


async def probe(model: Model) -> Capabilities:
    """Try everything, one after another, the speed first. Raises ModelError if it never answers."""
    await complete(model, _asked("Say hello.", max_tokens=1))
    alone = await _speed(model, 1)
    together = await _speed(model, _STREAMS)
    return Capabilities(
        grammar=_texts(await _tried(model, grammar=_GRAMMAR)) == [_WORD],
        schema=_WORD in "".join(_texts(await _tried(model, schema=_SCHEMA, max_tokens=24))),
        samples=await _samples(model),
        top_logprobs=_top(await _tried(model, top_logprobs=20, max_tokens=2)),
        streaming=alone.pieces > 1 if alone else None,
        counting=await _can(model.count(_asked("hello").messages)),
        weighing=await _can(complete(model, _asked("Hello?", continuation="Hi"))),
        embedding=await _can(model.embed(["a cat"])),
        reranking=await _can(model.rerank("cat?", ["a cat"])),
        tools=await _calls_tools(model),
        first_token_seconds=alone.first_token_seconds if alone else None,
        tokens_per_second=alone.tokens_per_second if alone else None,
        tokens_per_second_8=together.tokens_per_second if together else None,
    )


@dataclass(frozen=True, slots=True)
class Guessing:
    """How well speculation guesses where the text copies from the prompt."""

    tokens_per_second: float
    accepted: float | None
    """The share of its guesses that were right; None where nothing is told."""


async def guessing(model: Model) -> Guessing:
    """Writes what stands in the prompt already, one stream. Raises ModelError."""
    request = _asked(f"Say this again, word by word: {_SAYING}", max_tokens=_COPIED)
    await complete(model, replace(request, max_tokens=1))
    before, began = await _guesses(model), time.monotonic()
    usage = (await complete(model, request)).usage
    rate = usage.completion_tokens / (time.monotonic() - began)
    after = await _guesses(model)
    drafted = usage.drafted_tokens or after[0] - before[0]
    accepted = usage.accepted_tokens or after[1] - before[1]
    return Guessing(rate, accepted / drafted if drafted else None)


async def _guesses(model: Model) -> tuple[int, int]:
    """What a server counts by itself."""
    try:
        return (
            await model.doors.guesses()
            if isinstance(model, EndpointModel | PooledModel)
            else (0, 0)
        )
    except ModelError:
        return 0, 0


async def _samples(model: Model) -> bool:
    """Whether one request gives two; a server that gives one is asked again, and known then."""
    texts = _texts(await _tried(model, n=2, temperature=1.0))
    alone = isinstance(model, EndpointModel | PooledModel) and model.one_by_one
    return bool(texts) and all(texts) and not alone


async def _calls_tools(model: Model) -> bool | None:
    """Only a server is asked: Breadth itself binds tools by grammar."""
    try:
        return (
            await model.doors.calls_tools()
            if isinstance(model, EndpointModel | PooledModel)
            else None
        )
    except ModelError:
        return False


async def _can(trying: Awaitable[object]) -> bool:
    """Whether it is not refused."""
    try:
        await trying
    except ModelError:
        return False
    return True


def _asked(text: str, **options: object) -> Request:
    return Request((Message("user", text),), **{"max_tokens": 8} | options)  # type: ignore[arg-type]


async def _tried(model: Model, **options: object) -> Completion | None:
    """None where the model refuses."""
    try:
        return await complete(model, _asked("Name an animal of the ocean.", **options))
    except ModelError:
        return None


def _texts(made: Completion | None) -> list[str]:
    return [sample.text.strip() for sample in made.samples] if made else []


def _top(made: Completion | None) -> int:
    """How many likeliest tokens came with the first one."""
    logprobs = made.samples[0].logprobs if made else ()
    return len(logprobs[0].top) if logprobs else 0


@dataclass(frozen=True, slots=True)
class _Speed:
    """Of some streams together."""

    first_token_seconds: float
    tokens_per_second: float
    pieces: int
    """In which the text of one stream came."""


async def _speed(model: Model, streams: int) -> _Speed | None:
    """Each with a seed of its own."""
    asked = _asked("Tell a long story about a river.", max_tokens=_TOKENS, temperature=1.0)
    began = time.monotonic()
    try:
        ended = await asyncio.gather(
            *(_timed(model, replace(asked, seed=seed)) for seed in range(streams))
        )
    except ModelError:
        return None
    firsts, tokens, pieces = zip(*ended, strict=True)
    rate = sum(tokens) / (time.monotonic() - began)
    return _Speed(min(firsts) - began, rate, max(pieces))


async def _timed(model: Model, request: Request) -> tuple[float, int, int]:
    """When the first text came, how many tokens there were, and in how many pieces."""
    first, chunks, counted = 0.0, 0, 0
    async with aclosing(model.stream(request)) as stream:
        async for chunk in stream:
            if chunk.text and not first:
                first = time.monotonic()
            chunks += bool(chunk.text)
            counted += chunk.usage.completion_tokens if chunk.usage else 0
    return first or time.monotonic(), counted or chunks, chunks
