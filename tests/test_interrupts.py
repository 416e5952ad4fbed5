"""What happens while a model writes reaches it behind a whole sentence, on the same prefix."""

import asyncio
import re
from contextlib import aclosing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference import (
    Chunk,
    Collector,
    Message,
    ModelUnavailable,
    Request,
    Sample,
    ScriptedModel,
    behind,
    interruptible,
)

REQUEST = Request((Message("system", "Tell."), Message("user", "All.")), head=1, max_tokens=500)


def boundary(text: str) -> int:
    """Behind the last full stop that white space follows."""
    ends = [match.end() for match in re.finditer(r"\.(?=\s)", text)]
    return ends[-1] if ends else 0


class News:
    """Comes when so many boundaries have been passed, each time anew."""

    def __init__(self, after: list[int]) -> None:
        self.after = after
        self.written: list[str] = []
        self._asked = 0
        self._request = REQUEST

    async def __call__(self, written: str) -> Request | None:
        if len(self.written) == len(self.after):
            return None
        self._asked += 1
        if self._asked <= self.after[len(self.written)]:
            return None
        self._asked = 0
        self.written.append(written)
        self._request = behind(self._request, written=written, news=f"news {len(self.written)}")
        return self._request


async def told(model: ScriptedModel, news: News) -> tuple[Sample, list[Chunk]]:
    collector, chunks = Collector(1), []
    async with aclosing(interruptible(model, REQUEST, news, boundary)) as stream:
        async for chunk in stream:
            collector.add(chunk)
            chunks.append(chunk)
    return collector.completion.samples[0], chunks


async def test_without_news_nothing_is_changed() -> None:
    model = ScriptedModel(["One thing. Another thing."])
    sample, _ = await told(model, News([]))
    assert (sample.text, sample.finish_reason) == ("One thing. Another thing.", "stop")
    assert model.requests == [REQUEST]


async def test_news_stop_the_text_behind_a_sentence_and_it_goes_on() -> None:
    model = ScriptedModel(["One thing. Another thing. A third.", "It is new."])
    sample, _ = await told(model, News([0]))
    assert (sample.text, sample.finish_reason) == ("One thing. It is new.", "stop")
    turns = (Message("assistant", "One thing."), Message("user", "news 1"))
    assert model.requests[1].messages == (*REQUEST.messages, *turns)
    assert model.requests[1].head == REQUEST.head


async def test_news_that_come_at_the_end_are_told_too() -> None:
    model = ScriptedModel(["One thing.", "It is new."])
    sample, _ = await told(model, News([0]))
    assert sample.text == "One thing. It is new."


async def test_what_is_cut_off_is_not_gone_on_with() -> None:
    model = ScriptedModel(["One thing " * 600])
    sample, _ = await told(model, News([0]))
    assert sample.finish_reason == "length"
    assert len(model.requests) == 1


async def test_an_error_behind_the_news_is_raised() -> None:
    model = ScriptedModel(["One thing. Another.", ModelUnavailable("gone")])
    with pytest.raises(ModelUnavailable):
        await told(model, News([0]))


async def test_closing_it_closes_the_stream() -> None:
    model = ScriptedModel(["One thing. Another."])
    stream = interruptible(model, REQUEST, News([]), boundary)
    await anext(stream)
    await stream.aclose()
    assert model.closed_early == 1


async def test_several_samples_cannot_be_interrupted() -> None:
    several = Request(REQUEST.messages, n=2)
    with pytest.raises(ValueError, match="one sample"):
        await anext(interruptible(ScriptedModel([]), several, News([]), boundary))


SENTENCES = st.lists(st.sampled_from(["Ab.", "Abc de.", "A bcd efg hij."]), min_size=1, max_size=5)


@settings(deadline=None)
@given(st.lists(SENTENCES, min_size=1, max_size=4), st.lists(st.integers(0, 3), max_size=3))
def test_whenever_news_come_each_part_is_whole_sentences_on_the_prefix_before(
    parts: list[list[str]], after: list[int]
) -> None:
    texts = [" ".join(sentences) for sentences in parts]
    model, news = ScriptedModel(texts), News(after[: len(parts) - 1])
    sample, chunks = asyncio.run(told(model, news))
    last = texts[len(news.written)]
    assert sample.text == " ".join([*news.written, last])
    assert sample.whole
    for written, text in zip(news.written, texts, strict=False):
        assert written.endswith(".")
        assert text.startswith(written)
    for earlier, later in zip(model.requests, model.requests[1:], strict=False):
        assert later.messages[: len(earlier.messages)] == earlier.messages
    assert sum(chunk.finish_reason is not None for chunk in chunks) == 1
