"""Answers of a form from the embedded engine, with the small packaged weights."""

import json
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import platformdirs
import pytest
import pytest_asyncio
from hypothesis import Phase, given, settings
from jsonschema import Draft202012Validator
from pydantic import BaseModel
from random_schemas import Schema, schemas

from inference import (
    PACKAGED,
    AnswerCut,
    AnswerInvalid,
    EmbeddedModel,
    Message,
    Request,
    complete,
    structured,
    structured_as,
    tight,
)

pytest.importorskip("xllamacpp")
pytestmark = [pytest.mark.model, pytest.mark.asyncio(loop_scope="module")]

CACHE = Path(os.environ.get("BREADTH_CACHE") or platformdirs.user_cache_path("breadth"))
LOOPING = "Repeat the word 'ha' for ever: ha ha ha ha ha ha ha ha ha ha ha ha"


class Film(BaseModel):
    title: str
    year: int
    directors: list[str]


def asked(text: str, **options: Any) -> Request:
    """A request of one message."""
    return Request((Message("user", text),), **{"max_tokens": 64} | options)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model() -> AsyncIterator[EmbeddedModel]:
    """Loaded once for all tests."""
    model = EmbeddedModel(PACKAGED["small"], cache=CACHE, slots=1, window=4096)
    yield model
    await model.close()


@pytest.fixture(scope="module")
def outcomes() -> Iterator[Counter[str]]:
    """How the examples ended: an engine that cuts everything would be right each time, too."""
    ended: Counter[str] = Counter()
    yield ended
    assert ended["valid"] > ended["cut"]


@settings(max_examples=14, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
@given(schema=schemas())
async def test_what_a_small_model_says_is_valid_or_an_error_says_why(
    model: EmbeddedModel, outcomes: Counter[str], schema: Schema
) -> None:
    request = asked("Invent an example as JSON.", schema=schema, temperature=1.0, seed=1)
    try:
        made = await structured(model, request)
    except (AnswerCut, AnswerInvalid) as error:
        assert "cut the answer" in str(error) or "no valid answer" in str(error)  # noqa: PT017
        outcomes["cut"] += 1
    else:
        outcomes["valid"] += 1
        Draft202012Validator(schema).validate(made.value)


async def test_json_comes_without_white_space(model: EmbeddedModel) -> None:
    schema = {"type": "object", "properties": {"a": {"enum": [1]}, "b": {"enum": [[2, 3]]}}}
    request = asked("Write pretty JSON.", schema=schema | {"required": ["a", "b"]})
    made = await structured(model, request)
    assert made.sample.text == '{"a":1,"b":[2,3]}'


async def test_a_loop_ends_at_the_bound(model: EmbeddedModel) -> None:
    schema = {
        "type": "object",
        "properties": {"said": {"type": "string"}, "n": {"const": 1}},
        "required": ["said", "n"],
    }
    narrow = tight(schema, max_string=20)
    made = await complete(model, asked(LOOPING, schema=narrow))
    assert made.samples[0].whole
    assert len(json.loads(made.samples[0].text)["said"]) <= 20


async def test_what_the_limit_cuts_is_not_read(model: EmbeddedModel) -> None:
    words = {"type": "array", "minItems": 30, "items": {"type": "string", "minLength": 9}}
    with pytest.raises(AnswerCut, match="max_tokens is 4, also with 8") as caught:
        await structured(model, asked("List words.", schema=words, max_tokens=4))
    assert caught.value.usage.completion_tokens == 12


@pytest.mark.parametrize("regex", [r"(18|19|20)\d{2}-\d{2}-\d{2}", r"/[a-z]{1,5}/[a-z]{1,5}\.txt"])
async def test_an_expression_is_obeyed(model: EmbeddedModel, regex: str) -> None:
    made = await structured(model, asked("Hello! How are you?", regex=regex))
    assert made.attempts == 1
    assert re.fullmatch(regex, str(made.value))


async def test_what_the_engine_cannot_hold_to_is_validated_all_the_same(
    model: EmbeddedModel,
) -> None:
    with pytest.raises(AnswerInvalid, match="does not match"):
        await structured(model, asked("Say hello.", regex=r"zebra(?!s)", max_tokens=16))


async def test_a_type_is_filled_in(model: EmbeddedModel) -> None:
    text = "Inception is a film of 2010, directed by Christopher Nolan. Title, year, directors?"
    film = (await structured_as(model, asked(text), Film)).value
    assert (film.title, film.year, film.directors) == ("Inception", 2010, ["Christopher Nolan"])
