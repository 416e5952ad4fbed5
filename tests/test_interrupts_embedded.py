"""Interrupts on the embedded engine: what was read and written is not computed again."""

import os
from contextlib import aclosing
from pathlib import Path

import platformdirs
import pytest

from inference import (
    PACKAGED,
    EmbeddedModel,
    Message,
    Request,
    Usage,
    behind,
    interruptible,
)
from planner import Decided, MemoryTrace
from planner.grounds import Ground, Grounds
from planner.telling import whole_sentences
from planner.writing import Writer
from search import Passage, Source

pytest.importorskip("xllamacpp")
pytestmark = [pytest.mark.model, pytest.mark.parametrize("slots", [1, 3])]

CACHE = Path(os.environ.get("BREADTH_CACHE") or platformdirs.user_cache_path("breadth"))
HEAD = (
    Message("system", "You tell what you are asked for in short sentences of plain English."),
    Message("user", "Tell about the sea. " + "The sea is wide and deep and full of fish. " * 8),
    Message("assistant", "It is wide. It is deep. It is full of fish."),
)
REQUEST = Request(
    (*HEAD, Message("user", "Tell about the moon. " + "The moon is round and far away. " * 8)),
    head=len(HEAD),
    max_tokens=80,
    grammar='root ::= sentence (" " sentence){1,3}\nsentence ::= [A-Z] [a-z ]{10,60} "."\n',
    seed=1,
)


async def test_the_prompt_and_the_text_so_far_are_in_the_cache(slots: int) -> None:
    model = EmbeddedModel(PACKAGED["small"], cache=CACHE, slots=slots, window=2048)
    sent: list[Request] = []

    async def news(written: str) -> Request | None:
        if sent:
            return None
        more = behind(REQUEST, written=written, news="It is grey. Go on.")
        sent.append(more)
        return more

    usages: list[Usage] = []
    text = ""
    try:
        async with aclosing(interruptible(model, REQUEST, news, whole_sentences)) as chunks:
            async for chunk in chunks:
                text += chunk.text
                if chunk.usage is not None:
                    usages.append(chunk.usage)
        *before, _ = sent[0].messages
        known = await model.count(before)
    finally:
        await model.close()
    written = sent[0].messages[-2].content
    assert text.startswith(written + " ")
    assert len(text) > len(written) + 10
    last = usages[-1]
    # The text is cut into tokens anew, and the template ends its turn: a few may differ.
    assert known - 8 <= last.cached_tokens < last.prompt_tokens


def ground(question: str, value: str) -> Ground:
    text = f"{question} {value}."
    return Ground(question, value, Passage(Source(f"/{value}", "A", "text/plain", "0"), 0, 9, text))


async def test_a_late_fact_gets_into_an_answer(slots: int) -> None:
    """The small model words it as it likes; every fact that it cites is there."""
    model = EmbeddedModel(PACKAGED["small"], cache=CACHE, slots=slots, window=4096)
    trace = MemoryTrace()
    facts = [ground("Who directed Inception?", "Christopher Nolan")]
    grounds = Grounds(tuple(facts), "Christopher Nolan", (), (), ())
    late = ground("When was Christopher Nolan born?", "30 July 1970")
    writer = Writer(model, trace=trace)
    try:
        answer = await writer.write("Who directed Inception?", grounds, late=lambda: [*facts, late])
    finally:
        await model.close()
    assert "late facts" in [event.what for event in trace.events if isinstance(event, Decided)]
    assert answer.value == "Christopher Nolan"
    cited = {number for sentence in answer.sentences for number in sentence.cites}
    assert cited <= {1, 2}
    assert len(answer.citations) == 2
