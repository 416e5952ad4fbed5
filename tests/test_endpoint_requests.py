"""What EndpointModel sends, to whom, and in whose words."""

import json
from dataclasses import replace
from typing import Any

import pytest
from endpoint_server import (
    ASKED,
    GRAMMAR,
    SCHEMA,
    WHOLE,
    asked,
    asking,
    models,
    piece,
    serving,
    stream,
)

from inference import Message, Request, Sample, complete

REGEX = "a/b\\/c\n|\\./"
"""With all that Lark's notation writes otherwise."""
LARK = "%llguidance {}\nstart: "
COMPACT = {"x-guidance": {"whitespace_flexible": False, "lenient": True}}
LOOSE = {"x-guidance": {"whitespace_flexible": True}}


async def test_the_request_is_sent_in_the_words_of_the_protocol() -> None:
    request = Request(
        (Message("system", "Be short."), Message("user", "Hm?")),
        n=2, temperature=0.5, top_p=0.9, max_tokens=8, stop=("\n", "END"), seed=0, purpose="plan",
    )  # fmt: skip
    both = stream(piece("Hm.", 0), piece("Ha.", 1))
    async with serving(both) as played, asking(played.url, api_key="sk-1") as model:
        await complete(model, request)
    assert played.bodies == [
        {
            "model": "m",
            "messages": [
                {"role": "system", "content": "Be short."},
                {"role": "user", "content": "Hm?"},
            ],
            "n": 2,
            "temperature": 0.5,
            "top_p": 0.9,
            "max_tokens": 8,
            "stop": ["\n", "END"],
            "seed": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    ]
    assert played.heads[0]["Authorization"] == "Bearer sk-1"


@pytest.mark.parametrize(
    ("owner", "more", "turns"),
    [
        ("llamacpp", {}, 2),
        ("vllm", {"add_generation_prompt": False, "continue_final_message": True}, 2),
        ("somebody", {}, 3),
    ],
)
async def test_an_engine_goes_on_with_what_the_assistant_has_begun(
    owner: str, more: dict[str, Any], turns: int
) -> None:
    request = Request((Message("user", "Count."), Message("assistant", "One, two,")))
    listed = models("m", owner=owner)
    async with serving(WHOLE, models=listed) as played, asking(played.url, engine=None) as model:
        await complete(model, request)
    (body,) = played.bodies
    assert body["messages"][1] == {"role": "assistant", "content": "One, two,"}
    assert len(body["messages"]) == turns
    keys = ("add_generation_prompt", "continue_final_message")
    assert {key: body[key] for key in keys if key in body} == more


async def test_vllm_is_not_told_long_counts() -> None:
    listed = models("m", owner="vllm")
    async with serving(WHOLE, models=listed) as played, asking(played.url, engine=None) as model:
        await complete(model, replace(ASKED, grammar="root ::= [^a]{2,240}"))
        await complete(model, replace(ASKED, regex="[^a]{2,240}"))
    told = [body["structured_outputs"] for body in played.bodies]
    assert told == [{"grammar": "root ::= [^a]{2,}"}, {"regex": "[^a]{2,}"}]


@pytest.mark.parametrize(
    ("owner", "grammar", "regex"),
    [
        ("llamacpp", {"grammar": GRAMMAR}, {}),
        (
            "vllm",
            {"structured_outputs": {"grammar": GRAMMAR}},
            {"structured_outputs": {"regex": REGEX}},
        ),
        ("someone", {}, {}),
    ],
)
async def test_a_constraint_is_written_as_the_engine_wants_it(
    owner: str, grammar: dict[str, Any], regex: dict[str, Any]
) -> None:
    listed = models("other", "m", owner=owner)
    async with serving(WHOLE, models=listed) as played, asking(played.url, engine=None) as model:
        await complete(model, replace(ASKED, grammar=GRAMMAR))
        await complete(model, replace(ASKED, regex=REGEX))
        await complete(model, replace(ASKED, schema=SCHEMA))
    first, second, third = played.bodies
    constraining = {"grammar", "structured_outputs"}
    assert {key: first[key] for key in first.keys() & constraining} == grammar
    assert {key: second[key] for key in second.keys() & constraining} == regex
    assert third["response_format"]["json_schema"]["schema"] == SCHEMA
    assert ("continuous_usage_stats" in first["stream_options"]) == (owner == "vllm")
    assert played.listed == 1


@pytest.mark.parametrize(
    ("constraint", "sent"),
    [
        ({"grammar": GRAMMAR}, GRAMMAR),
        ({"regex": REGEX}, f"{LARK}/a\\/b\\/c\\n|\\.\\//"),
        ({"schema": SCHEMA}, f"{LARK}%json {json.dumps(COMPACT | SCHEMA)}"),
        ({"schema": SCHEMA | LOOSE}, f"{LARK}%json {json.dumps(LOOSE | SCHEMA)}"),
    ],
)
async def test_the_embedded_engine_gets_every_constraint_as_a_grammar(
    constraint: dict[str, Any], sent: str
) -> None:
    async with serving(WHOLE) as played, asking(played.url, engine="xllamacpp") as model:
        await complete(model, replace(ASKED, **constraint))
    assert played.bodies[0]["grammar"] == sent
    assert "response_format" not in played.bodies[0]


async def test_half_a_surrogate_pair_does_not_stop_a_request() -> None:
    async with serving(WHOLE) as played, asking(played.url) as model:
        await complete(model, Request((Message("user", "a\ud83d b\ud83c\udfac"),)))
    assert played.bodies[0]["messages"][0]["content"] == "a\ufffd b🎬"


async def test_a_proxy_of_the_environment_is_not_asked_for_loopback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert (await asked(WHOLE)).samples == (Sample("Cuarón"),)
