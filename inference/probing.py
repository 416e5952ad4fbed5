"""What a model can do, found out by asking it.

Servers say little about themselves and not always the truth, so every ability is tried with a
request that shows it: a grammar that allows one odd word, a schema with one value, and so on.
"""

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass, replace

from inference.errors import ModelError
from inference.model import Completion, Message, Model, Request, complete

_WORD = "zebra"
_GRAMMAR = f'root ::= "{_WORD}"'
_SCHEMA = {
    "type": "object",
    "properties": {"animal": {"enum": [_WORD]}},
    "required": ["animal"],
    "additionalProperties": False,
}
_STREAMS = 8
_TOKENS = 32


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What was seen. None: it could not be tried."""

    grammar: bool
    """A GBNF grammar binds the text."""
    schema: bool
    """A JSON schema binds the text."""
    samples: bool
    """One request gives several samples."""
    top_logprobs: int
    """So many likeliest tokens come with each token; at most 20 are asked for."""
    first_token_seconds: float | None
    """From a short request to its first token."""
    tokens_per_second: float | None
    """Of one stream."""
    tokens_per_second_8: float | None
    """Of eight streams together."""


async def probe(model: Model) -> Capabilities:
    """Try everything, one after another, the speed last. Raises ModelError if it never answers."""
    await complete(model, _asked("Say hello.", max_tokens=1))
    alone = await _speed(model, 1)
    together = await _speed(model, _STREAMS)
    return Capabilities(
        grammar=_texts(await _tried(model, grammar=_GRAMMAR)) == [_WORD],
        schema=_WORD in "".join(_texts(await _tried(model, schema=_SCHEMA, max_tokens=24))),
        samples=all(_texts(await _tried(model, n=2, temperature=1.0)) or [""]),
        top_logprobs=_top(await _tried(model, top_logprobs=20, max_tokens=1)),
        first_token_seconds=alone[0] if alone else None,
        tokens_per_second=alone[1] if alone else None,
        tokens_per_second_8=together[1] if together else None,
    )


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


async def _speed(model: Model, streams: int) -> tuple[float, float] | None:
    """(Seconds to the first token, tokens a second of all streams together)."""
    asked = _asked("Tell a long story about a river.", max_tokens=_TOKENS, temperature=1.0)
    began = time.monotonic()
    try:
        ended = await asyncio.gather(
            *(_timed(model, replace(asked, seed=seed)) for seed in range(streams))
        )
    except ModelError:
        return None
    firsts, tokens = zip(*ended, strict=True)
    return min(firsts) - began, sum(tokens) / (time.monotonic() - began)


async def _timed(model: Model, request: Request) -> tuple[float, int]:
    """When the first text came, and how many tokens there were."""
    first, chunks, counted = 0.0, 0, 0
    async with aclosing(model.stream(request)) as stream:
        async for chunk in stream:
            if chunk.text and not first:
                first = time.monotonic()
            chunks += bool(chunk.text)
            counted += chunk.usage.completion_tokens if chunk.usage else 0
    return first or time.monotonic(), counted or chunks
