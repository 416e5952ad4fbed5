"""Running servers, and two ways to ask them: through Breadth, and as a bare HTTP client does."""

import argparse
import asyncio
import json
import random
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp

from inference import PACKAGED, Chunk, EndpointModel, Halt, Message, Request, complete
from inference.llama_process import LlamaProcess, LlamaSettings
from inference.slots import SlotPool
from inference.slotted import LlamaSlots, SlottedModel
from inference.states import SavedStates
from inference.weights import joined
from service.settings import Settings

Way = Literal["raw", "breadth"]
WORDS = ("river", "lake", "film", "town", "bridge", "music", "letter", "house", "garden")
FACTS = (
    "[1] Where does the river Aller rise? Near Seehausen in the Magdeburg Boerde, Saxony-Anhalt\n"
    "[2] Into which river does the Aller flow? The Weser, south-east of the town of Verden\n"
    "[3] How long is the river Aller? 214.4 kilometres, of which 117 are navigable\n"
)


class FieldedModel(EndpointModel):
    """Breadth's own adapter, whose requests have fields of the engine's besides."""

    fields: Mapping[str, Any] = {}

    def stream(
        self,
        request: Request,
        halt: Halt | None = None,
        *,
        extra: Mapping[str, Any] | None = None,
    ) -> AsyncGenerator[Chunk]:
        """See `EndpointModel.stream`."""
        return super().stream(request, halt, extra={**self.fields, **(extra or {})})


@dataclass(frozen=True)
class Engine:
    """A running server, and Breadth's model over it."""

    model: SlottedModel | EndpointModel
    endpoint: FieldedModel
    """The model itself, or what it asks through."""
    base_url: str
    key: str

    async def written(self, way: Way, request: Request) -> int:
        """Tokens that were written, asked by either way."""
        if way == "raw":
            return await self.raw(request, **self.endpoint.fields)
        return (await complete(self.model, request)).usage.completion_tokens

    async def raw(self, request: Request, **fields: Any) -> int:
        """Ask as a bare client would; how many tokens were written."""
        body = {
            "model": self.endpoint.name,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            "n": request.n,
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "top_p": request.top_p,
            "seed": request.seed,
            "stream": True,
            "stream_options": {"include_usage": True},
        } | fields
        headers = {"Authorization": f"Bearer {self.key}", "Connection": "close"}
        written = 0
        timeout = aiohttp.ClientTimeout(total=600)
        async with (
            aiohttp.ClientSession(headers=headers, timeout=timeout) as session,
            session.post(f"{self.base_url}/chat/completions", json=body) as response,
        ):
            async for line in response.content:
                if line.startswith(b"data: {"):
                    usage = json.loads(line[6:]).get("usage")
                    written += usage["completion_tokens"] if usage else 0
        return written

    def whole(self, salt: str) -> Mapping[str, Any]:
        """Fields with which this engine writes all tokens that it may, and reads every prompt anew;
        none, where it is not known how it is told.

        `salt`: what other requests have another one of does not share a cache with them.
        """
        match self.endpoint.engine:
            case "vllm":
                return {"ignore_eos": True, "cache_salt": salt}
            case "llama.cpp" | "xllamacpp":
                return {"ignore_eos": True, "cache_prompt": False}
            case _:
                return {}


@asynccontextmanager
async def engine(options: argparse.Namespace, slots: int, **settings: Any) -> AsyncIterator[Engine]:
    """Start it with the packaged weights, unless a server was named."""
    if options.server:
        async with named_server(options.server) as server:
            yield server
        return
    cache = Settings().cache
    path = await asyncio.to_thread(joined, PACKAGED[options.model], cache, lambda *_: None)
    states = SavedStates(cache / "prompts", "benchmark")
    wanted = LlamaSettings(str(path), slots, 2048, 2, f"{states.folder}/", **settings)
    process = LlamaProcess(wanted)
    try:
        address = await asyncio.to_thread(process.address)
        base_url = f"{address}/v1"
        endpoint = FieldedModel(
            path.name, base_url=base_url, api_key=process.key, engine="xllamacpp"
        )
        pool = SlotPool(LlamaSlots(address, process.key), slots, states)
        yield Engine(SlottedModel(endpoint, pool, 2048), endpoint, base_url, process.key)
        await endpoint.close()
    finally:
        process.stop()


@asynccontextmanager
async def named_server(base_url: str, key: str = "") -> AsyncIterator[Engine]:
    """The first model of a server that runs already."""
    asking = EndpointModel("", base_url=base_url, api_key=key)
    name = (await asking.listed())[0].id
    await asking.close()
    model = FieldedModel(name, base_url=base_url, api_key=key)
    try:
        await model.check()
        yield Engine(model, model, base_url, key or "none")
    finally:
        await model.close()


def new_prompt(words: int, number: random.Random) -> Request:
    """A request whose prompt no cache holds."""
    text = " ".join(number.choice(WORDS) for _ in range(words))
    message = Message("user", f"{text}\nTell a long story about this.")
    return Request((message,), max_tokens=32, temperature=1.0, seed=number.randrange(10**6))
