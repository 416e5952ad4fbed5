"""Speculation in the embedded engine itself: what it may change in a text, and what it may not."""

import json
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import platformdirs
import pytest
import pytest_asyncio

from inference import (
    PACKAGED,
    EmbeddedModel,
    Message,
    Request,
    Sample,
    Speculation,
    Unsupported,
    complete,
    log_likelihood,
    p_yes,
)

pytest.importorskip("xllamacpp")
pytestmark = [pytest.mark.model, pytest.mark.asyncio(loop_scope="module")]

CACHE = Path(os.environ.get("BREADTH_CACHE") or platformdirs.user_cache_path("breadth"))
FACTS = (
    "[1] Where does the river Aller rise? Near Seehausen in the Magdeburg Boerde, Saxony-Anhalt\n"
    "[2] Into which river does the Aller flow? The Weser, south-east of the town of Verden\n"
)
TASKS = (
    "Describe the river Aller in two sentences, fact by fact.",
    "Say all facts again in other words.",
    "Write a poem about the river.",
)
NEARLY = 0.1
"""Nats between two tokens that are as good as equally likely."""


def asked(task: str, **options: object) -> Request:
    request = Request((Message("user", FACTS + task),), max_tokens=64)
    return replace(request, **options)  # type: ignore[arg-type]


def in_common(one: str, other: str) -> int:
    """Characters with which both begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def plain() -> AsyncIterator[list[Sample]]:
    """Greedy texts without speculation, with the likeliest tokens of each place."""
    model = EmbeddedModel(PACKAGED["small"], cache=CACHE)
    made = [await complete(model, asked(task, top_logprobs=5)) for task in TASKS]
    yield [one.samples[0] for one in made]
    await model.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guessing(plain: list[Sample]) -> AsyncIterator[EmbeddedModel]:
    """After the plain ones: one engine at a time."""
    model = EmbeddedModel(PACKAGED["small"], cache=CACHE, speculation=Speculation("ngram"))
    yield model
    await model.close()


async def test_greedy_texts_part_only_where_two_tokens_are_as_likely(
    plain: list[Sample], guessing: EmbeddedModel
) -> None:
    """The engine rounds otherwise when it checks several tokens together."""
    for sample, task in zip(plain, TASKS, strict=True):
        made = await complete(guessing, asked(task))
        assert made.usage.drafted_tokens > 0
        other = made.samples[0].text
        same = in_common(sample.text, other)
        if same == len(sample.text) == len(other):
            continue
        ends = list(accumulate(len(token.token) for token in sample.logprobs))
        place = next(place for place, end in enumerate(ends) if end > same)
        written = other[ends[place] - len(sample.logprobs[place].token) :]
        rivals = [
            p for token, p in sample.logprobs[place].top if token and written.startswith(token)
        ]
        assert rivals, f"{written[:20]!r} was not among the likeliest tokens"
        assert sample.logprobs[place].logprob - max(rivals) < NEARLY


async def test_a_schema_binds_guesses_too(guessing: EmbeddedModel) -> None:
    schema = {
        "type": "object",
        "properties": {"river": {"enum": ["the Aller", "the Weser"]}, "fact": {"enum": [1, 2]}},
        "required": ["river", "fact"],
        "additionalProperties": False,
    }
    made = await complete(guessing, asked("Into which river does it flow?", schema=schema, n=2))
    for sample in made.samples:
        assert json.loads(sample.text)["river"] in {"the Aller", "the Weser"}


async def test_log_probabilities_are_refused_where_some_would_be_missing(
    guessing: EmbeddedModel,
) -> None:
    with pytest.raises(Unsupported, match="--speculate off"):
        await complete(guessing, asked(TASKS[0], top_logprobs=1))
    question = (Message("user", "Is water wet? Say yes or no."),)
    assert (await p_yes(guessing, question)).method == "logprobs"
    assert (await log_likelihood(guessing, question, "Yes")).method == "sampled"
