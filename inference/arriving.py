"""What arrives of an answer: its chunks, counted, thoughts apart; or what is wrong with it."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from openai import AsyncStream

from inference.emptiness import Wordless
from inference.errors import ModelNonsense
from inference.metering import Meter
from inference.model import ALL, Chunk, Request
from inference.thinking import ThinkingFilter
from inference.tokens import Allowance, in_time
from inference.wire import Engine, Event, chunks_of


async def arriving(
    response: AsyncStream[Event],
    request: Request,
    engine: Engine | None,
    *,
    seconds: float,
    where: str,
) -> AsyncGenerator[Chunk]:
    """The chunks of all samples, and the usage that is charged to none of them.

    Nothing comes before something is said, so that what says nothing can be asked again: see
    `inference.emptiness`. Raises ModelNonsense, ModelUnavailable and AnswerEmpty.
    """
    meter, allowance = Meter(request.n, engine), Allowance(request)
    wordless = Wordless(request, where)
    thinking = [ThinkingFilter() for _ in range(request.n)]
    began = False
    async with response, aclosing(in_time(response, seconds, where)) as events:
        async for event in events:
            if event is None:
                raise ModelNonsense("an event without content")
            began = True
            chunks = list(chunks_of(event, request.n))
            added = meter.read(event)
            if not all(map(allowance.covers, chunks)):
                wordless.too_long()
                break  # what came is kept; samples that have not ended count as cut
            for chunk in chunks:
                wordless.hear(event, chunk)
                counted = chunk if added is None else replace(chunk, usage=added)
                if chunk.says or added:
                    for passed in wordless.passed(_sifted(counted, thinking[chunk.index])):
                        yield passed
    if not began:
        _require_stream(response)
    wordless.judge(meter.rest)
    for passed in wordless.let_go():
        yield passed
    yield Chunk(index=0 if request.n == 1 else ALL, usage=meter.rest)


def _sifted(chunk: Chunk, thinking: ThinkingFilter) -> Chunk:
    """The chunk with what it thinks apart from what it says."""
    ends = chunk.finish_reason is not None
    thought, text = thinking.feed(chunk.text, last=ends) if chunk.text or ends else ("", "")
    if not thought and text == chunk.text:
        return chunk
    return replace(chunk, text=text, reasoning=chunk.reasoning + thought)


def _require_stream(response: AsyncStream[Event]) -> None:
    """Raise ModelNonsense for a body without an event that does not claim to be a stream."""
    kind = response.response.headers.get("content-type", "an answer of no type")
    if not kind.startswith("text/event-stream"):
        raise ModelNonsense(f"{kind} instead of a stream of events (is --base-url right?)")
