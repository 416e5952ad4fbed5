"""What EndpointModel sends, to whom, and in whose words."""

from dataclasses import replace
from typing import Any

import pytest
from endpoint_server import ASKED, GRAMMAR, SCHEMA, WHOLE, asked, asking, models, serving

from inference import Message, Request, Sample, complete


async def test_the_request_is_sent_in_the_words_of_the_protocol() -> None:
    request = Request(
        (Message("system", "Be short."), Message("user", "Hm?")),
        n=2, temperature=0.5, top_p=0.9, max_tokens=8, stop=("\n", "END"), seed=0, purpose="plan",
    )  # fmt: skip
    async with serving(WHOLE) as played, asking(played.url, api_key="sk-1") as model:
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
    ("owner", "sent_as"),
    [
        ("llamacpp", {"grammar": GRAMMAR}),
        ("vllm", {"structured_outputs": {"grammar": GRAMMAR}}),
        ("someone", {}),
    ],
)
async def test_a_grammar_is_written_as_the_engine_wants_it(
    owner: str, sent_as: dict[str, Any]
) -> None:
    listed = models("other", "m", owner=owner)
    async with serving(WHOLE, models=listed) as played, asking(played.url, engine=None) as model:
        await complete(model, replace(ASKED, grammar=GRAMMAR))
        await complete(model, replace(ASKED, schema=SCHEMA))
    first, second = played.bodies
    assert {key: first[key] for key in first.keys() & {"grammar", "structured_outputs"}} == sent_as
    assert second["response_format"]["json_schema"]["schema"] == SCHEMA
    assert ("continuous_usage_stats" in first["stream_options"]) == (owner == "vllm")
    assert played.listed == 1


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
