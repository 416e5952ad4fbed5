"""Counting and scoring with the embedded engine itself, on the small packaged weights."""

import math
import os
from collections.abc import AsyncIterator
from pathlib import Path

import platformdirs
import pytest
import pytest_asyncio

from inference import (
    PACKAGED,
    EmbeddedModel,
    Message,
    Request,
    complete,
    embeddings,
    log_likelihood,
    p_yes,
    relevances,
)

pytest.importorskip("xllamacpp")
pytestmark = [pytest.mark.model, pytest.mark.asyncio(loop_scope="module")]

CACHE = Path(os.environ.get("BREADTH_CACHE") or platformdirs.user_cache_path("breadth"))
CAPITAL = (Message("user", "What is the capital of France? Answer with one word."),)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model() -> AsyncIterator[EmbeddedModel]:
    model = EmbeddedModel(PACKAGED["small"], cache=CACHE)
    yield model
    await model.close()


async def test_tokens_are_counted_as_the_engine_counts_them(model: EmbeddedModel) -> None:
    messages = (Message("system", "Be short."), Message("user", "Où est “Zürich”? 🎬 <|im_end|>"))
    made = await complete(model, Request(messages, max_tokens=1))
    assert await model.count(messages) == made.usage.prompt_tokens


async def test_what_it_writes_by_itself_is_as_likely_as_it_said(model: EmbeddedModel) -> None:
    story = (Message("user", "Tell me about the river Rhine."),)
    made = await complete(model, Request(story, max_tokens=12, top_logprobs=1))
    (written,) = made.samples
    said = [token.logprob for token in written.logprobs if token.token]
    weighed = await log_likelihood(model, story, written.text)
    assert (weighed.method, weighed.tokens) == ("engine", 12)
    assert sum(said) < -1
    assert weighed.logprob == pytest.approx(sum(said), abs=0.1)


async def test_the_right_answer_is_likelier(model: EmbeddedModel) -> None:
    right, wrong = [await log_likelihood(model, CAPITAL, text) for text in ("Paris", 'A "\\ü\n"')]
    assert 0 > right.logprob > math.log(0.5)
    assert wrong.logprob < math.log(0.001)
    assert wrong.tokens > 2


async def test_a_true_sentence_is_surer_than_a_false_one(model: EmbeddedModel) -> None:
    def asked(what: str) -> tuple[Message, ...]:
        return (Message("user", f"Is {what}? Say yes or no."),)

    true, false = [
        await p_yes(model, asked(what)) for what in ("Paris in France", "water dry as dust")
    ]
    assert (true.method, true.value > false.value) == ("logprobs", True)


async def test_what_the_engine_does_not_offer_falls_back(model: EmbeddedModel) -> None:
    assert (await embeddings(model, ["a cat"])).method == "hashed"
    texts = ["Emma is a novel by Jane Austen.", "It rained in Bari all day."]
    made = await relevances(model, "Who wrote Emma?", texts)
    assert made.method == "judged"
    assert made.values[0] > made.values[1]


async def test_characters_of_several_tokens_are_weighed_whole(model: EmbeddedModel) -> None:
    made = await log_likelihood(model, CAPITAL, "🦓🦓 naïve")
    assert (made.method, made.tokens > 6) == ("engine", True)
