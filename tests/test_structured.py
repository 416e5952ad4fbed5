"""Answers of a form: what comes back is valid, or a typed error says why there is nothing."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from endpoint_server import (
    ASKED,
    GRAMMAR,
    Answer,
    Played,
    asking,
    count,
    piece,
    serving,
    status,
    stream,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel
from random_schemas import replies, schemas

from inference import (
    AnswerCut,
    AnswerEmpty,
    AnswerInvalid,
    AnswerUnusable,
    Model,
    ModelRefused,
    ModelUnavailable,
    Request,
    ScriptedModel,
    Structured,
    Usage,
    structured,
    structured_as,
    tight,
)
from inference.thinking import ThinkingFilter, unopened

VALUE = {"type": "object", "properties": {"value": {"type": "string"}}, "required": ["value"]}
FORMED = replace(ASKED, schema=VALUE)
GOOD, BAD = '{"value":"Cuarón"}', '{"value":3}'
REFUSAL = status(400, {"error": {"message": "unknown field response_format"}})


class Film(BaseModel):
    title: str
    year: int


def says(text: str, reason: str = "stop") -> Answer:
    """A server's whole answer."""
    return stream(piece(text), piece(reason=reason), count(7, 2))


async def outcome(model: Model, request: Request) -> Structured[Any] | AnswerUnusable:
    """The two ways in which it may end; any other error is a bug."""
    try:
        return await structured(model, request)
    except AnswerUnusable as error:
        return error


def last_turns(played: Played) -> Iterator[str]:
    """What the last message of each request was."""
    return (body["messages"][-1]["content"] for body in played.bodies)


def _answered(text: str) -> str:
    """Without what counts as thinking."""
    return unopened(ThinkingFilter().feed(text, last=True)[1])[1]


@settings(max_examples=100, deadline=None)
@given(st.data())
async def test_what_comes_back_is_valid_or_an_error_says_why(data: st.DataObject) -> None:
    schema = data.draw(schemas())
    texts = data.draw(st.lists(replies(schema), min_size=1, max_size=3))
    engine = data.draw(st.sampled_from(["xllamacpp", "llama.cpp", "vllm", "other", "refusing"]))
    answers = [says(*text) for text in texts]
    if engine == "refusing":
        answers, engine = [REFUSAL, *answers], "other"
    async with serving(*answers) as played, asking(played.url, engine=engine) as model:
        made = await outcome(model, replace(ASKED, schema=schema))
    match made:
        case Structured(value, sample, usage, attempts):
            Draft202012Validator(schema).validate(value)
            assert sample.whole
            assert json.loads(json.dumps(value)) == value
            assert usage == Usage(7 * attempts, 2 * attempts)
        case AnswerUnusable(answer=answer, usage=usage):
            told = {AnswerCut: "cut the answer", AnswerEmpty: "answered with nothing"}
            assert told.get(type(made), "no valid answer") in str(made)
            assert played.url in str(made)
            assert answer in {_answered(text) for text, _ in texts}
            assert usage.prompt_tokens in {14, 21}


async def test_a_valid_answer_is_taken_at_once() -> None:
    async with serving(says(GOOD)) as played, asking(played.url, engine="vllm") as model:
        made = await structured(model, FORMED)
    assert (made.value, made.attempts, made.usage) == ({"value": "Cuarón"}, 1, Usage(7, 2))
    assert list(last_turns(played)) == [ASKED.messages[0].content]
    assert played.bodies[0]["response_format"]["json_schema"]["schema"] == tight(VALUE)


async def test_a_wrong_answer_is_asked_for_again_with_the_fault_and_another_seed() -> None:
    model = ScriptedModel([BAD, GOOD])
    made = await structured(model, replace(FORMED, seed=5))
    assert (made.value, made.attempts) == ({"value": "Cuarón"}, 2)
    first, second = model.requests
    assert [turn.role for turn in second.messages] == ["user", "assistant", "user"]
    assert "schema" not in first.messages[-1].content
    assert json.dumps(VALUE, separators=(",", ":")) in second.messages[0].content
    assert second.messages[1].content == BAD
    assert "$.value: 3 is not of type 'string'" in second.messages[2].content
    assert (first.seed, second.seed) == (5, 6)


async def test_a_server_that_knows_no_schema_is_told_in_words() -> None:
    answers = (REFUSAL, says("Cuarón"), says(GOOD))
    async with serving(*answers) as played, asking(played.url) as model:
        made = await structured(model, FORMED)
    assert made.value == {"value": "Cuarón"}
    assert all("valid for this schema" in body["messages"][0]["content"] for body in played.bodies)
    assert ["response_format" in body for body in played.bodies] == [True, False, False]


async def test_a_cut_answer_gets_twice_the_room_once() -> None:
    model = ScriptedModel([GOOD, GOOD])
    made = await structured(model, replace(FORMED, max_tokens=4))
    assert (made.value, [asked.max_tokens for asked in model.requests]) == (
        {"value": "Cuarón"},
        [4, 8],
    )
    model = ScriptedModel([GOOD, GOOD])
    with pytest.raises(AnswerCut, match="max_tokens is 2, also with 4") as caught:
        await structured(model, replace(FORMED, max_tokens=2), attempts=9)
    assert caught.value.answer == GOOD[:16]


@pytest.mark.parametrize(
    ("reason", "told"),
    [("length", "max_tokens cut"), ("content_filter", "the server's filter"), ("abort", "cut")],
)
async def test_a_value_that_looks_whole_is_not_taken_from_a_cut_answer(
    reason: str, told: str
) -> None:
    async with serving(says(GOOD, reason)) as played, asking(played.url, engine="vllm") as model:
        with pytest.raises(AnswerCut, match=told):
            await structured(model, FORMED)
    assert len(played.bodies) == 2


async def test_no_room_for_twice_the_tokens_is_a_cut_answer() -> None:
    full = status(400, {"error": {"message": "max_tokens is too large"}})
    cut = says(GOOD[:5], "length")
    async with serving(cut, full) as played, asking(played.url, engine="vllm") as model:
        with pytest.raises(AnswerCut, match="max_tokens is 256") as caught:
            await structured(model, FORMED)
    assert isinstance(caught.value.__cause__, ModelRefused)


async def test_after_the_last_attempt_the_error_says_what_was_wrong() -> None:
    model = ScriptedModel([BAD, "Cuarón", BAD])
    with pytest.raises(AnswerInvalid) as caught:
        await structured(model, FORMED)
    assert "model 'scripted': no valid answer in 3 attempts" in str(caught.value)
    assert "$.value: 3 is not of type 'string'" in str(caught.value)
    assert caught.value.answer == BAD
    assert caught.value.usage.completion_tokens == sum(
        len(t) // 4 + 1 for t in (BAD, "Cuarón", BAD)
    )
    assert len(model.requests) == 3


async def test_the_first_valid_of_several_samples_counts() -> None:
    model = ScriptedModel([["Hm.", GOOD, '{"value":"b"}']])
    made = await structured(model, replace(FORMED, n=3))
    assert (made.value, made.attempts) == ({"value": "Cuarón"}, 1)


async def test_other_errors_of_a_model_pass() -> None:
    with pytest.raises(ModelUnavailable):
        await structured(ScriptedModel([ModelUnavailable("gone")]), FORMED)


async def test_a_type_is_asked_for_and_comes_back() -> None:
    model = ScriptedModel(['{"title":"Roma"}', '{"title":"Roma","year":2018}'])
    made = await structured_as(model, ASKED, Film)
    assert made.value == Film(title="Roma", year=2018)
    assert model.requests[0].schema == tight(Film.model_json_schema())
    assert "'year' is a required property" in model.requests[1].messages[-1].content


async def test_an_expression_is_checked_where_the_server_has_none() -> None:
    async with serving(says("in 2018"), says("2018")) as played, asking(played.url) as model:
        made = await structured(model, replace(ASKED, regex=r"\d{4}"))
    assert (made.value, made.attempts) == ("2018", 2)
    assert all(r"\d{4}" in turn for turn in (b["messages"][0]["content"] for b in played.bodies))


async def test_a_grammar_cannot_be_checked_but_a_cut_text_is_seen() -> None:
    asked = replace(ASKED, grammar=GRAMMAR)
    assert (await structured(ScriptedModel(["maybe"]), asked)).value == "maybe"
    with pytest.raises(AnswerCut):
        await structured(ScriptedModel(["a long text"] * 2), replace(asked, max_tokens=1))


@pytest.mark.parametrize(
    ("request_", "attempts"), [(ASKED, 3), (replace(ASKED, schema={"not": {}}), 3), (FORMED, 0)]
)
async def test_what_cannot_be_asked_is_a_value_error(request_: Request, attempts: int) -> None:
    with pytest.raises(ValueError, match=r"form|engine|attempt"):
        await structured(ScriptedModel([]), request_, attempts=attempts)


async def test_a_type_leaves_no_place_for_another_form() -> None:
    for form in ({"schema": VALUE}, {"regex": "a"}, {"grammar": GRAMMAR}):
        asked: Any = replace(ASKED, **form)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="beside the type"):
            await structured_as(ScriptedModel([]), asked, Film)
