"""Scores without writing: what engines have, and the fallbacks where they have not."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from endpoint_server import ASKED, Answer, asking, models, piece, serving, status, stream

from inference import (
    EndpointModel,
    Message,
    ModelNonsense,
    ModelRefused,
    ModelUnavailable,
    Request,
    ScriptedModel,
    Unsupported,
    complete,
    embeddings,
    log_likelihood,
    p_yes,
    relevances,
)

CAPITAL = (Message("user", "What is the capital of France?"),)


def first_token(**tops: float) -> Answer:
    """An answer of one token; the likeliest tokens, by their probabilities."""
    likeliest = [{"token": token, "logprob": math.log(p)} for token, p in tops.items()]
    chosen = {**likeliest[0], "top_logprobs": likeliest}
    return stream(piece(chosen["token"], reason="length", logprobs={"content": [chosen]}))


@pytest.mark.parametrize(
    ("tops", "value"),
    [
        ({"Yes": 0.6, "No": 0.2}, 0.75),
        ({"Yes": 0.3, " yes": 0.1, "YES": 0.2, "no": 0.2, "Perhaps": 0.2}, 0.75),
        ({"N": 0.9, "Y": 0.1}, 0.1),
        ({"Perhaps": 1.0}, 0.5),
        ({"None": 0.5, "Yes": 0.25, "No": 0.25}, 0.5),
    ],
)
async def test_p_yes_weighs_the_likeliest_first_tokens(
    tops: dict[str, float], value: float
) -> None:
    async with serving(first_token(**tops)) as played, asking(played.url) as model:
        made = await p_yes(model, ASKED.messages)
    assert (made.value, made.method) == (pytest.approx(value), "logprobs")
    assert (played.bodies[0]["max_tokens"], played.bodies[0]["top_logprobs"]) == (1, 20)


@pytest.mark.parametrize("apart", [True, False])
async def test_a_model_that_thinks_is_asked_for_what_it_says_then(apart: bool) -> None:
    token = {"token": "<think>", "logprob": -0.1, "top_logprobs": [{"token": "No", "logprob": -9}]}
    thought = {"delta": {"reasoning_content": "Hm"}} if apart else {}
    first = stream(
        piece("" if apart else "<think>", reason="length", logprobs={"content": [token]}, **thought)
    )
    said = "Yes." if apart else "<think>No? No. It is.</think>Yes."
    whole = stream(*(piece(said, index, reason="stop", **thought) for index in range(4)))
    async with serving(first, whole) as played, asking(played.url) as model:
        made = await p_yes(model, ASKED.messages)
    assert (made.value, made.method) == (pytest.approx(5 / 6), "sampled")
    assert (played.bodies[1]["n"], played.bodies[1]["max_tokens"]) == (4, 1024)


def saying(likeliest: str, *sampled: str) -> ScriptedModel:
    """A model without log-probabilities: what it says first, and what its samples say in turn."""
    rest = list(sampled)

    def reply(request: Request) -> list[str]:
        if not request.temperature:
            return [likeliest]
        return [rest.pop(0) for _ in range(request.n)]

    return ScriptedModel(reply)


@pytest.mark.parametrize(
    ("said", "at", "asked", "value", "method"),
    [
        (["Yes"], 0.2, [1], 0.75, "likeliest"),
        (["Yes"], 0.5, [1], 0.75, "likeliest"),
        (["No."], 0.85, [1], 0.25, "likeliest"),
        (["Yes", "Yes", "yes"], None, [1, 2], 0.804, "sampled"),
        (["no", *["No"] * 8], 0.2, [1, 2, 6], 0.099, "sampled"),
        (["no", "Yes", "yes"], 0.25, [1, 2], 3 / 4, "sampled"),
        (["Yes", *["Yes"] * 8], 0.9, [1, 2, 6], 0.9009, "sampled"),
        (["Yes", "Yes", "No"], 0.9, [1, 2], 0.6875, "sampled"),
        (["Yes", "Yes", *["No"] * 7], None, [1, 2, 6], (1 + 1) / (8 + 2), "sampled"),
        (["Perhaps", *["Yes", "yes", "No", "Hm"] * 2], None, [1, 8], (4 + 1) / (6 + 2), "sampled"),
    ],
)
async def test_without_log_probabilities_samples_are_asked_for_until_it_is_certain(
    said: list[str], at: float | None, asked: list[int], value: float, method: str
) -> None:
    model = saying(*said)
    made = await p_yes(model, ASKED.messages, at=at)
    assert [request.n for request in model.requests] == asked
    assert (made.value, made.method) == (pytest.approx(value, abs=1e-3), method)
    assert len({request.seed for request in model.requests}) == len(asked)


@pytest.mark.parametrize(("at", "asked"), [(None, [1, 4]), (0.5, [1, 2]), (0.8, [1, 2, 2])])
async def test_thoughts_are_sampled_until_it_is_certain(at: float | None, asked: list[int]) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        brief = body["max_tokens"] == 1
        ends = [
            piece("" if brief else "Yes", n, reason="length" if brief else "stop")
            for n in range(body["n"])
        ]
        return await stream(*ends)(request)

    async with serving(cut) as played, asking(played.url) as model:
        made = await p_yes(model, ASKED.messages, at=at)
    assert [body["n"] for body in played.bodies] == asked
    assert made.value == pytest.approx(5 / 6 if sum(asked) == 5 else 3 / 4)


async def test_log_probabilities_that_are_refused_are_wished_for_once() -> None:
    async def choosy(request: web.Request) -> web.StreamResponse:
        if "logprobs" in await request.json():
            return await status(400, {"error": "logprobs are not supported"})(request)
        return await stream(piece("Yes"), piece(reason="stop"))(request)

    async with serving(choosy) as played, asking(played.url) as model:
        made = [await p_yes(model, ASKED.messages, at=0.5) for _ in range(3)]
    assert [one.method for one in made] == ["likeliest"] * 3
    assert ["logprobs" in body for body in played.bodies] == [True, False, False, False]


@pytest.mark.parametrize(
    "refused", [{"response_format"}, {"logprobs"}, {"response_format", "logprobs"}]
)
async def test_only_what_is_refused_is_left_out(refused: set[str]) -> None:
    async def choosy(request: web.Request) -> web.StreamResponse:
        if refused & set(await request.json()):
            return await status(422, {"error": "unknown field"})(request)
        return await stream(piece("{}"), piece(reason="stop"))(request)

    asked = replace(ASKED, schema={"type": "object"}, top_logprobs=3)
    async with serving(choosy) as played, asking(played.url) as model:
        await complete(model, asked)
        first = len(played.bodies)
        await complete(model, asked)
    assert len(played.bodies) == first + 1 <= 5
    assert {"response_format", "logprobs"} - refused == {
        name for name in ("response_format", "logprobs") if name in played.bodies[-1]
    }


async def test_an_engine_that_cannot_weigh_is_sampled() -> None:
    texts = ["Paris.", "Paris", "Lyon", "Paris is it", "The", "Lyon", "Paris", "Nice"]
    ends = [piece(text, index, reason="stop") for index, text in enumerate(texts)]
    async with serving(stream(*ends)) as played, asking(played.url) as model:
        made = await log_likelihood(model, CAPITAL, "Paris")
    assert (made.logprob, made.method) == (pytest.approx(math.log(5 / 10)), "sampled")


async def test_vllm_weighs_the_prompt_s_own_tokens() -> None:
    entries: list[Any] = [None, {"1": {"logprob": -9.0, "decoded_token": "France"}}]
    entries += [{"7": {"logprob": -0.5, "decoded_token": "Par"}}]
    entries += [
        {
            "8": {"logprob": -0.25, "decoded_token": "is"},
            "9": {"logprob": -2.0, "decoded_token": "ma"},
        }
    ]
    usage = {"prompt_tokens": 4, "completion_tokens": 1}
    body = {"choices": [], "prompt_logprobs": entries, "usage": usage}
    async with (
        serving(status(200, body), models=models("m")) as played,
        asking(played.url, engine=None) as model,
    ):
        made = await log_likelihood(model, CAPITAL, "Paris")
        asked = Request(CAPITAL, continuation="Paris", top_logprobs=1)
        (sample,) = (await complete(model, asked)).samples
    assert (made.logprob, made.tokens, made.method) == (pytest.approx(-0.75), 2, "engine")
    assert made.per_token == pytest.approx(-0.375)
    assert (sample.text, sample.logprobs[1].top) == ("Paris", (("ma", -2.0),))
    sent = played.bodies[0]
    assert sent["messages"][-1] == {"role": "assistant", "content": "Paris"}
    assert (sent["continue_final_message"], sent["add_generation_prompt"]) == (True, False)


def prompt_of(*tokens: tuple[str, float]) -> Answer:
    """What vLLM tells of the tokens of a prompt."""
    told: list[Any] = [{"1": {"logprob": logprob, "decoded_token": t}} for t, logprob in tokens]
    usage = {"prompt_tokens": len(tokens), "completion_tokens": 1}
    return status(200, {"choices": [], "prompt_logprobs": [None, *told], "usage": usage})


THOUGHT = (("?", -5.0), ("<think>", -0.01), ("\n\n", -0.02), ("</think>", -0.1), ("\n\n", -0.01))


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("Hi", [("Hi", -9.0)]),
        ("Hi you", [("Hi", -8.0), (" you", -1.0)]),
        ("Hi you", [("Hi", -8.0), ("you", -1.0)]),
        ("Hi", [("Hi", -9.0), ("<|im_end|>", -0.1), ("\n", -0.1)]),
        ("né🦓", [("n", -5.0), ("\ufffd", -1.0), ("\ufffd", -1.0), ("\ufffd", -2.0)]),
    ],
    ids=["alone", "words", "lost spaces", "end of turn", "parts of characters"],
)
async def test_vllm_weighs_the_text_whatever_the_template_puts_before_it(
    text: str, end: list[tuple[str, float]]
) -> None:
    async with (
        serving(prompt_of(*THOUGHT, *end)) as played,
        asking(played.url, engine="vllm") as model,
    ):
        made = await log_likelihood(model, CAPITAL, text)
    assert (made.logprob, made.method) == (pytest.approx(-9.0), "engine")


@pytest.mark.parametrize("end", [[("Ho", -1.0)], [], [("i", -1.0)]])
async def test_a_prompt_that_does_not_end_in_the_text_is_not_its_likelihood(
    end: list[tuple[str, float]],
) -> None:
    said = stream(*(piece("Hi", index, reason="stop") for index in range(8)))
    async with (
        serving(prompt_of(*THOUGHT, *end), said) as played,
        asking(played.url, engine="vllm") as model,
    ):
        made = await log_likelihood(model, CAPITAL, "Hi")
    assert (made.logprob, made.method) == (pytest.approx(math.log(9 / 10)), "sampled")


def written(text: str, *tokens: tuple[str, list[int] | None, float]) -> Answer:
    """A text with the log-probabilities of these tokens, as llama.cpp sends them."""
    content = [{"token": t, "bytes": b, "logprob": p, "top_logprobs": []} for t, b, p in tokens]
    return stream(piece(text, logprobs={"content": content}), piece(reason="stop"))


@pytest.mark.parametrize("told", [True, False], ids=["bytes told", "not told"])
async def test_parts_of_characters_are_weighed_to_the_last(told: bool) -> None:
    parts = [("\ufffd", [byte] if told else None, -1.0) for byte in "🦓".encode()]
    end = ("<|im_end|>", None, -7.0)
    async with (
        serving(written("🦓", *parts, end)) as played,
        asking(played.url, engine="llama.cpp") as model,
    ):
        made = await log_likelihood(model, CAPITAL, "🦓")
    assert (made.logprob, made.tokens, made.method) == (pytest.approx(-4.0), 4, "engine")


async def test_a_part_is_not_weighed_as_the_whole() -> None:
    """llama.cpp has no log-probabilities of the tokens that it guessed."""
    part = written("Paris is nice", ("Paris", None, -1.0))
    said = stream(*(piece("Paris is", index, reason="stop") for index in range(8)))
    async with serving(part, said) as played, asking(played.url, engine="llama.cpp") as model:
        made = await log_likelihood(model, CAPITAL, "Paris is nice")
    assert (made.logprob, made.method) == (pytest.approx(math.log(1 / 10)), "sampled")


@pytest.mark.parametrize("engine", ["vllm", "llama.cpp"])
async def test_tokens_are_counted_by_the_server(engine: Any) -> None:
    async with serving(models=models("m")) as played:
        played.others["/apply-template"] = status(200, {"prompt": "<user>What"})
        counted = {"tokens": [1, 2, 3]} | ({"count": 3} if engine == "vllm" else {})
        played.others["/tokenize"] = status(200, counted)
        async with asking(played.url, engine=engine) as model:
            assert await model.count(CAPITAL) == 3


async def test_a_server_without_a_tokenizer_says_so() -> None:
    listed = models("m", owner="somebody")
    async with serving(models=listed) as played, asking(played.url, engine=None) as model:
        with pytest.raises(Unsupported, match="no tokenizer"):
            await model.count(CAPITAL)


async def ranked(model: EndpointModel, texts: Sequence[str]) -> tuple[tuple[float, ...], str]:
    made = await relevances(model, "Who wrote Emma?", texts)
    return tuple(round(value, 3) for value in made.values), made.method


async def test_a_server_that_reranks_is_asked_to() -> None:
    async def rerank(request: web.Request) -> web.Response:
        documents = (await request.json())["documents"]
        results = [{"index": n, "relevance_score": len(d) / 10} for n, d in enumerate(documents)]
        return web.json_response({"results": results[::-1]})

    async with serving() as played, asking(played.url) as model:
        played.others["/v1/rerank"] = rerank
        assert await ranked(model, ["a", "bbb", "cc"]) == ((0.1, 0.3, 0.2), "engine")


@pytest.mark.parametrize("code", [404, 501])
async def test_a_server_that_does_not_rerank_judges(code: int) -> None:
    async def judge(request: web.Request) -> web.StreamResponse:
        asked = (await request.json())["messages"][-1]["content"]
        yes = 0.9 if "Austen" in asked else 0.3
        return await first_token(Yes=yes, No=1 - yes)(request)

    async with serving(judge) as played, asking(played.url) as model:
        played.others["/v1/rerank"] = status(code)
        texts = ["It rained.", "Jane Austen wrote it."]
        assert await ranked(model, texts) == ((0.3, 0.9), "judged")


async def test_a_ranking_that_leaves_one_out_is_nonsense() -> None:
    async with serving() as played, asking(played.url) as model:
        body = {"results": [{"index": 0, "relevance_score": 1.0}] * 2}
        played.others["/v1/rerank"] = status(200, body)
        with pytest.raises(ModelNonsense, match="ranked 2 of 2 texts"):
            await relevances(model, "?", ["a", "b"])


async def test_embeddings_come_in_order_and_of_length_one() -> None:
    data = [{"index": 1, "embedding": [0.0, 2.0]}, {"index": 0, "embedding": [3.0, 4.0]}]
    async with serving() as played, asking(played.url) as model:
        played.others["/v1/embeddings"] = status(200, {"data": data})
        made = await embeddings(model, ["a", "b"])
    assert made.method == "engine"
    assert made.vectors == (pytest.approx((0.6, 0.8)), pytest.approx((0.0, 1.0)))


async def test_embeddings_are_asked_of_the_model_as_the_server_calls_it() -> None:
    asked: list[dict[str, Any]] = []

    async def embed(request: web.Request) -> web.StreamResponse:
        asked.append(await request.json())
        return web.json_response({"data": [{"index": 0, "embedding": [1.0]}]})

    async with serving(models=models("owner/m")) as played:
        played.others["/v1/embeddings"] = embed
        async with asking(played.url, engine=None) as model:
            await embeddings(model, ["a"])
    assert asked[0]["model"] == "owner/m"


async def test_a_server_that_misses_the_model_is_not_one_that_cannot_embed() -> None:
    missing = status(404, {"error": {"message": "The model `m` does not exist."}})
    async with serving() as played, asking(played.url) as model:
        played.others["/v1/embeddings"] = missing
        with pytest.raises(ModelRefused, match="does not exist"):
            await embeddings(model, ["a"])


async def test_without_embeddings_words_are_hashed() -> None:
    texts = ["the cat sat on a mat", "a cat sat on the mat", "tax law of 1970", ""]
    async with serving() as played, asking(played.url) as model:
        made = await embeddings(model, texts)
    near, far = (
        sum(a * b for a, b in zip(made.vectors[0], made.vectors[n], strict=True)) for n in (1, 2)
    )
    assert (made.method, near > 0.5 > 0.2 > far) == ("hashed", True)
    assert set(made.vectors[3]) == {0.0}


async def test_a_server_that_is_down_is_no_reason_for_a_fallback() -> None:
    async with serving() as played, asking(played.url) as model:
        played.others["/v1/embeddings"] = status(500, json.loads("{}"))
        with pytest.raises(ModelUnavailable):
            await embeddings(model, ["a"])


async def test_a_text_that_is_too_long_is_no_missing_ability() -> None:
    async with serving() as played, asking(played.url) as model:
        played.others["/v1/embeddings"] = status(400, {"error": "the input is too long"})
        with pytest.raises(ModelRefused, match="too long"):
            await embeddings(model, ["a"])
        unknown = {"error": "The model does not support Embeddings API"}
        played.others["/v1/embeddings"] = status(400, unknown)
        assert (await embeddings(model, ["a"])).method == "hashed"
