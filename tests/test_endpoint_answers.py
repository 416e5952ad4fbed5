"""What EndpointModel makes of a whole answer: samples, usage, log-probabilities, thinking."""

from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest
from endpoint_server import ASKED, WHOLE, asked, asking, count, line, piece, sent, serving, stream

from inference import Sample, TokenLogprob, Usage, complete


async def test_text_comes_in_pieces_and_ends_with_the_usage() -> None:
    async with (
        serving(WHOLE) as played,
        asking(played.url) as model,
        aclosing(model.stream(ASKED)) as chunks,
    ):
        got = [chunk async for chunk in chunks]
    assert [chunk.text for chunk in got] == ["Cuarón", "", ""]
    assert got[-1].usage == Usage(7, 2)
    assert [chunk.usage for chunk in got[:-1]] == [None, None]


async def test_samples_arrive_in_any_order() -> None:
    events = [piece("b", 1), piece("x", 2), piece("a", 0), piece("B", 1, reason="stop")]
    events += [piece(index=0, reason="length"), piece("X", 2, reason="stop"), count(5, 6)]
    made = await asked(stream(*events), request=replace(ASKED, n=3))
    assert made.samples == (Sample("a", "length"), Sample("bB"), Sample("xX"))


async def test_one_event_may_carry_several_samples() -> None:
    both = {"choices": [*piece("a", 0)["choices"], *piece("b", 1)["choices"]]}
    made = await asked(stream(both), request=replace(ASKED, n=2))
    assert [sample.text for sample in made.samples] == ["a", "b"]


@pytest.mark.parametrize(
    ("events", "usage"),
    [
        ([count(600, 10), count(600, 20, 590), count(600, 30, 590)], Usage(600, 60, 590)),
        ([count(600, 60, 64)], Usage(600, 60, 64)),
        ([piece("a") | count(6, 1) | piece("a"), piece("b") | {"usage": count(6, 2)["usage"]}],
         Usage(6, 2)),
        ([piece("a") | {"usage": count(6, 1)["usage"]}, count(6, 2)], Usage(6, 2)),
        ([piece("a"), {"choices": [], "usage": {"prompt_tokens": None}}], Usage()),
        ([piece("a")], Usage()),
    ],
    ids=["each sample (llama.cpp)", "one sum (vLLM)", "running", "running, sum", "null", "none"],
)  # fmt: skip
async def test_usage_is_the_sum_over_samples_however_it_is_counted(
    events: list[Any], usage: Usage
) -> None:
    said = stream(piece("a"), *events)
    made = await asked(said, request=replace(ASKED, n=3), engine="vllm")
    assert made.usage == usage


def so_far(text: str, index: int, written: int, **more: Any) -> dict[str, Any]:
    """A piece with its sample's count so far, as vLLM sends it."""
    return piece(text, index, **more) | {"usage": count(6, written)["usage"]}


async def test_each_sample_has_its_own_count_where_the_engine_gives_it() -> None:
    events = [so_far("", 0, 0), so_far("", 1, 0), so_far("a", 0, 1), so_far("b", 1, 2)]
    events += [so_far("c", 0, 3, reason="stop"), so_far("d", 1, 3, reason="stop")]
    made = await asked(stream(*events, count(6, 6, 4)), request=replace(ASKED, n=2), engine="vllm")
    assert [sample.usage for sample in made.samples] == [Usage(0, 3), Usage(0, 3)]
    assert made.usage == Usage(6, 6, 4)


@pytest.mark.parametrize("last", [[count(6, 3, 4)], []], ids=["a sum at the end", "none"])
async def test_a_single_sample_has_the_whole_count(last: list[Any]) -> None:
    events = [so_far("", 0, 0), so_far("a", 0, 1), so_far("b", 0, 3, reason="stop"), *last]
    made = await asked(stream(*events), engine="vllm")
    assert made.usage == made.samples[0].usage == Usage(6, 3, 4 if last else 0)


async def test_what_a_stream_cost_is_known_when_it_is_cut() -> None:
    events = [so_far("", 0, 0), so_far("ab", 0, 2)]
    got = Usage()
    async with (
        serving(sent(*map(line, events), then="silence")) as played,
        asking(played.url, engine="vllm") as model,
        aclosing(model.stream(ASKED)) as chunks,
    ):
        async for chunk in chunks:
            got += chunk.usage or Usage()
            if chunk.text:
                break
    assert got == Usage(6, 2)


async def test_guesses_are_counted() -> None:
    guessed = {"speculative_decoding": {"num_draft_tokens": 9, "num_accepted_draft_tokens": 4}}
    made = await asked(stream(so_far("a", 0, 5, reason="stop"), count(6, 5) | {"metrics": guessed}))
    assert made.usage == Usage(6, 5, drafted_tokens=9, accepted_tokens=4)


async def test_logprobs_are_read() -> None:
    likely = [{"token": "no", "logprob": -0.5}, {"token": "yes", "logprob": -1.0}]
    token = {"token": "yes", "logprob": -1.0, "bytes": [1], "top_logprobs": likely}
    bare = {"token": ".", "logprob": -2.0}
    events = [piece("yes.", logprobs={"content": [token, bare]}), piece(logprobs={"content": None})]
    async with serving(stream(*events)) as played, asking(played.url) as model:
        made = await complete(model, replace(ASKED, top_logprobs=2))
    assert made.samples[0].logprobs == (
        TokenLogprob("yes", -1.0, (("no", -0.5), ("yes", -1.0))),
        TokenLogprob(".", -2.0),
    )
    assert (played.bodies[0]["logprobs"], played.bodies[0]["top_logprobs"]) == (True, 2)


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
async def test_thinking_is_kept_apart(name: str) -> None:
    made = await asked(stream(piece("", delta={"content": None, name: "hm"}), piece("4")))
    assert made.samples == (Sample("4", "length", reasoning="hm"),)


@pytest.mark.parametrize(
    ("told", "whole"),
    [("stop", True), ("tool_calls", True), ("eos_token", True), ("length", False),
     ("content_filter", False), ("abort", False), ("error", False)],
)  # fmt: skip
async def test_only_a_known_good_end_makes_a_whole_sample(told: str, *, whole: bool) -> None:
    made = await asked(stream(piece("a", reason=told)))
    assert made.samples[0].whole is whole


@pytest.mark.parametrize("done", [True, False])
async def test_a_stream_without_finish_reason_is_cut(*, done: bool) -> None:
    made = await asked(stream(piece("half"), done=done))
    assert made.samples == (Sample("half", "length"),)


async def test_comments_and_other_fields_of_the_stream_are_passed_over() -> None:
    parts = [b": ping\n\n", b"event: message\nretry: 9\n", line(piece("a")), b"\r\n: ping\r\n\r\n"]
    assert (await asked(sent(*parts))).samples[0].text == "a"


async def test_characters_split_across_writes_come_out_right() -> None:
    whole = line(piece("Cuarón 中文 🎬", reason="stop"))
    made = await asked(sent(*(bytes([byte]) for byte in whole)))
    assert made.samples == (Sample("Cuarón 中文 🎬"),)
