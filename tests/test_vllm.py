"""vLLM itself, its CPU build, with the flags that we give it, asked through EndpointModel.

It runs where BREADTH_TEST_VLLM_PYTHON, or this Python, has vLLM; the model is random weights.
"""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from inference import (
    Collector,
    EndpointModel,
    Halt,
    InstalledVllm,
    Message,
    ModelRefused,
    ModelSetupError,
    Request,
    ServerReady,
    Speculation,
    VllmSettings,
    complete,
    find_vllm,
    keep_serving,
    vllm_command,
)
from planner.grammar import plan_grammar
from tools import Calculate, Compare

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.timeout(600),
    pytest.mark.asyncio(loop_scope="module"),
]

PYTHON = os.environ.get("BREADTH_TEST_VLLM_PYTHON", sys.executable)
MODEL = Path(__file__).with_name("vllm_model.py")
WINDOW = 4096
LONG = 200
"""Tokens: seconds of work, in which the engine hears that a reader has gone."""
KEY = "sk-test"
ASKED = Request((Message("user", "Who directed Roma?"),), max_tokens=12)
ENDLESS = {"ignore_eos": True}
WARM = replace(ASKED, temperature=1.0, seed=1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def installed() -> InstalledVllm:
    try:
        return await find_vllm(PYTHON)
    except ModelSetupError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def folder(installed: InstalledVllm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model."""
    made = tmp_path_factory.mktemp("vllm") / "tiny"
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    subprocess.run([installed.python, MODEL, made], check=True, timeout=300, env=environment)
    return made


@asynccontextmanager
async def served(
    installed: InstalledVllm, folder: Path, speculate: str
) -> AsyncIterator[EndpointModel]:
    """The model, asked of a vLLM of its own, of which nothing is left at the end."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    settings = VllmSettings(
        str(folder),
        port=port,
        speculation=Speculation.parse(speculate),
        memory_share=0.1,
        window=WINDOW,
        api_key=KEY,
    )
    ready, log = asyncio.Event(), folder.parent / f"{speculate}.log"
    command = vllm_command(settings, installed)
    serving = asyncio.create_task(
        keep_serving(command, log, lambda e: ready.set() if isinstance(e, ServerReady) else None)
    )
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        waiting.cancel()
        await serving
    model = EndpointModel(settings.name, base_url=f"{settings.address}/v1", api_key=KEY)
    try:
        await model.check()
        yield model
    finally:
        await model.close()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model(installed: InstalledVllm, folder: Path) -> AsyncIterator[EndpointModel]:
    async with served(installed, folder, "off") as endpoint:
        yield endpoint


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guessing(installed: InstalledVllm, folder: Path) -> AsyncIterator[EndpointModel]:
    async with served(installed, folder, "ngram") as endpoint:
        yield endpoint


async def metric(model: EndpointModel, name: str) -> float:
    """A number that vLLM counts."""
    address = model.base_url.removesuffix("/v1") + "/metrics"
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        found = re.search(rf"^vllm:{name}{{.*?}} (\S+)$", await response.text(), re.MULTILINE)
    assert found
    return float(found[1])


async def generated(model: EndpointModel) -> float:
    """Tokens written so far. The counts of a request that ended wait for another one's steps."""
    await complete(model, ASKED)
    return await metric(model, "generation_tokens_total")


async def test_it_says_what_it_is(model: EndpointModel) -> None:
    assert model.engine == "vllm"
    assert model.window == WINDOW


async def test_long_prompts_with_seeds_side_by_side_do_not_end_the_engine(
    model: EndpointModel,
) -> None:
    long = [Message("user", letter * (WINDOW - 200)) for letter in "abc"]
    asked = (complete(model, replace(WARM, messages=(one,), n=2, max_tokens=4)) for one in long)
    for made in await asyncio.gather(*asked):
        assert [sample.finish_reason for sample in made.samples] == ["length", "length"]


async def test_samples_have_texts_and_counts_of_their_own(model: EndpointModel) -> None:
    made = await complete(model, replace(WARM, n=4))
    assert len({sample.text for sample in made.samples}) == 4
    for sample in made.samples:
        assert sample.usage is not None
        assert (sample.usage.completion_tokens == 12) == (sample.finish_reason == "length")
    written = sum(sample.usage.completion_tokens for sample in made.samples if sample.usage)
    assert made.usage.completion_tokens == written
    assert made.usage.prompt_tokens == await model.count(ASKED.messages)


async def test_the_likeliest_tokens_come_with_each_token(model: EndpointModel) -> None:
    (sample,) = (await complete(model, replace(ASKED, top_logprobs=20))).samples
    assert len(sample.logprobs) == 12
    for token in sample.logprobs:
        assert len(token.top) == 20
        assert token.logprob == max(logprob for _, logprob in token.top) < 0


async def test_a_schema_binds(model: EndpointModel) -> None:
    properties = {"animal": {"enum": ["zebra", "yak"]}, "legs": {"enum": [2, 4]}}
    schema: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    (sample,) = (await complete(model, replace(WARM, schema=schema, max_tokens=60))).samples
    assert json.loads(sample.text)["animal"] in {"zebra", "yak"}
    assert sample.text == json.dumps(json.loads(sample.text), separators=(",", ":"))
    assert sample.finish_reason == "stop"


async def test_a_schema_that_cannot_bind_is_refused(model: EndpointModel) -> None:
    with pytest.raises(ModelRefused, match=r"(?i)xgrammar"):
        await complete(model, replace(ASKED, schema={"type": "integer", "multipleOf": 7}))


async def test_a_grammar_binds(model: EndpointModel) -> None:
    made = await complete(model, replace(WARM, n=3, grammar='root ::= "zebra" | "yak"'))
    assert {sample.text for sample in made.samples} <= {"zebra", "yak"}


async def test_the_grammar_of_plans_binds(model: EndpointModel) -> None:
    grammar = plan_grammar([Calculate(), Compare()])
    (sample,) = (await complete(model, replace(WARM, grammar=grammar, max_tokens=40))).samples
    assert re.match(r'\{"id":"\w+","(calculate|compare)":"', sample.text)


async def test_an_expression_whose_counts_vllm_is_not_told_binds(model: EndpointModel) -> None:
    regex = r"Zebra [^\n?]{4,200}\?|Yak!"
    made = await complete(model, replace(WARM, n=3, regex=regex, max_tokens=24))
    for sample in made.samples:
        form = regex if sample.finish_reason == "stop" else r"Zebra [^\n?]+\??"
        assert re.fullmatch(form, sample.text)


async def test_one_sample_is_ended_and_the_other_goes_on(model: EndpointModel) -> None:
    before = await generated(model)
    halt, collector = Halt(), Collector(2)
    request = replace(WARM, n=2, max_tokens=LONG)
    async with aclosing(model.stream(request, halt, extra=ENDLESS)) as chunks:
        async for chunk in chunks:
            collector.add(chunk)
            if chunk.text and chunk.index == 0:
                halt(0)
    first, second = collector.completion.samples
    assert first.finish_reason == "halted"
    assert second.finish_reason == "length"
    assert first.usage is not None
    assert second.usage is not None
    assert 0 < first.usage.completion_tokens < second.usage.completion_tokens
    written = await generated(model) - before
    assert written < 2 * second.usage.completion_tokens


async def test_closing_the_stream_stops_the_engine(model: EndpointModel) -> None:
    before = await generated(model)
    async with aclosing(model.stream(replace(WARM, max_tokens=LONG), extra=ENDLESS)) as chunks:
        async for chunk in chunks:
            if chunk.text:
                break
    written = await generated(model) - before
    assert await metric(model, "num_requests_running") == 0
    assert written < LONG


async def test_a_prompt_is_read_once(model: EndpointModel) -> None:
    long = replace(ASKED, messages=(Message("user", "Roma is a film of 2018. " * 40),))
    assert (await complete(model, long)).usage.cached_tokens == 0
    again = (await complete(model, long)).usage
    assert again.cached_tokens > again.prompt_tokens / 2


@pytest.mark.parametrize("request_", [
    replace(ASKED, messages=(Message("user", "too long " * WINDOW),)),
    replace(ASKED, max_tokens=WINDOW + 1),
], ids=["prompt", "text"])  # fmt: skip
async def test_what_the_window_cannot_hold_is_refused(
    model: EndpointModel, request_: Request
) -> None:
    with pytest.raises(ModelRefused, match=f"{WINDOW}"):
        await complete(model, request_)


async def test_without_the_key_nobody_is_served(model: EndpointModel) -> None:
    stranger = EndpointModel(model.name, base_url=model.base_url, api_key="sk-wrong")
    try:
        with pytest.raises(ModelRefused, match="BREADTH_API_KEY"):
            await complete(stranger, ASKED)
    finally:
        await stranger.close()


async def test_guessing_changes_no_greedy_text(
    model: EndpointModel, guessing: EndpointModel
) -> None:
    request = replace(ASKED, max_tokens=60)
    plain, guessed = await complete(model, request), await complete(guessing, request)
    assert guessed.samples == plain.samples
    assert guessed.usage.drafted_tokens >= guessed.usage.accepted_tokens > 0
    assert plain.usage.drafted_tokens == 0
    weighed = await complete(guessing, replace(request, top_logprobs=2))
    assert weighed.usage.accepted_tokens > 0
    assert len(weighed.samples[0].logprobs) == weighed.usage.completion_tokens
