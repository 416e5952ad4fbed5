"""EmbeddedModel: a llama.cpp server of our own, loaded in the background.

It is spoken to over loopback through the same adapter as any other endpoint.
"""

import asyncio
import logging
import os
import time
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from inference.endpoint import EndpointModel
from inference.errors import ModelSetupError, ModelUnavailable, Unsupported
from inference.llama_process import LlamaProcess, LlamaSettings
from inference.model import Chunk, Halt, Message, Request
from inference.scoring import Unscoring
from inference.slots import SlotPool
from inference.slotted import LlamaSlots, SlottedModel
from inference.speculation import Speculation
from inference.states import SavedStates
from inference.weights import PackagedWeights, Progress, joined

_log = logging.getLogger(__name__)

GGUF_MAGIC = b"GGUF"
_DEATHS, _DEATHS_SECONDS = 3, 600.0
"""An engine that has ended so often within so long stays down."""
_ADVICE = "a smaller model (--model small) or a shorter BREADTH_WINDOW needs less memory"


class EmbeddedModel(Unscoring):
    """A GGUF model of our own. Requests wait for the loading; it happens once."""

    def __init__(
        self,
        weights: PackagedWeights | Path,
        *,
        cache: Path,
        slots: int = 4,
        window: int = 8192,
        threads: int | None = None,
        speculation: Speculation | None = None,
        draft: PackagedWeights | Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        """`slots`: requests computed together; `window`: tokens of prompt and text of each of them,
        or fewer, where the model was trained with fewer; `draft`: the weights that a speculation of
        the kind `draft` guesses with.

        Raises ModelSetupError when the engine is not installed, or cannot speculate so.
        """
        if find_spec("xllamacpp") is None:
            raise ModelSetupError(
                "the embedded engine is not installed: run pip install 'breadth[local]' (from a"
                " checkout: pip install '.[local]'), or name a server with --model openai:NAME"
                " --base-url URL"
            )
        self.name = weights.name
        self.window = window
        self._weights = weights
        self._cache = cache
        self._slots = slots
        self._threads = threads or os.cpu_count() or 2
        self._speculation = (speculation or Speculation()).for_embedded()
        self._draft = draft
        self._progress = progress
        self._process: LlamaProcess | None = None
        self._loading: asyncio.Task[SlottedModel] | None = None
        self._deaths: deque[float] = deque(maxlen=_DEATHS)
        """When the engine ended by itself."""
        self._closed = False

    def load(self) -> None:
        """Begin to load, if nobody did yet; returns at once."""
        if self._loading is None and not self._closed:
            self._loading = asyncio.create_task(self._load(), name="load model")

    async def ready(self) -> SlottedModel:
        """Wait until it is loaded. Raises ModelSetupError when it cannot be."""
        self.load()
        if self._loading is not None:
            # A caller that gives up must not end the loading for the others, so nobody awaits it.
            await asyncio.wait({self._loading})
        if self._closed or self._loading is None:
            raise ModelUnavailable(f"the model {self.name!r} was closed")
        return self._loading.result()

    def constrains(self, request: Request) -> bool:
        """See `Model.constrains`: the engine is our own."""
        return True

    async def count(self, messages: Sequence[Message]) -> int:
        """See `Model.count`; raises what `ready` raises, too."""
        engine = await self.ready()
        try:
            return await engine.count(messages)
        except ModelUnavailable as error:
            await self._explain(error, engine)
        return await (await self.ready()).count(messages)

    async def stream(self, request: Request, halt: Halt | None = None) -> AsyncGenerator[Chunk]:
        """See `Model.stream`; raises what `ready` raises, too.

        An engine that ends by itself is loaded again, and what it had not begun to answer is asked
        again, once.
        """
        self._require_logprobs(request)
        begun, engine = False, await self.ready()
        try:
            async with aclosing(engine.stream(request, halt)) as chunks:
                async for chunk in chunks:
                    begun = True
                    yield chunk
                return
        except ModelUnavailable as error:
            told = await self._explain(error, engine)
            if begun:
                raise ModelUnavailable(
                    f"{told}; it is loaded again for the next request"
                ) from error
        async with aclosing((await self.ready()).stream(request, halt)) as chunks:
            async for chunk in chunks:
                yield chunk

    def _require_logprobs(self, request: Request) -> None:
        """llama.cpp has none of the tokens that were guessed, and nothing in a request can tell it
        not to guess. The first token of a text is never a guess."""
        wanted = request.top_logprobs or request.continuation is not None
        if wanted and request.max_tokens > 1 and self._speculation.kind != "off":
            raise Unsupported(
                f"{self.name} has no log-probabilities of what it guesses: use --speculate off"
            )

    async def _explain(self, error: ModelUnavailable, engine: SlottedModel) -> str:
        """How the engine ended. It will be loaded again; raises ModelUnavailable where it will not:
        it was closed, it still runs, or it ends again and again."""
        loading, process = self._loading, self._process
        if self._closed:
            raise ModelUnavailable(f"the model {self.name!r} was closed") from error
        seen_to = loading is None or not loading.done() or loading.result() is not engine
        if seen_to or process is None:  # by another request, which may still be at it
            return f"the engine of {self.name!r} ended"
        end = await asyncio.to_thread(process.ended)
        if end is None:
            raise error
        told = f"the engine of {self.name!r} ended ({end})"
        if self._loading is loading and not self._closed:
            now = time.monotonic()
            if len(self._deaths) == _DEATHS and now - self._deaths[0] < _DEATHS_SECONDS:
                raise ModelUnavailable(f"{told}, again and again: {_ADVICE}") from error
            self._deaths.append(now)
            self._loading = self._process = None
            await engine.close()
            await asyncio.to_thread(process.stop)
            _log.warning("%s, and is loaded again", told)
        return told

    async def close(self) -> None:
        """End the engine at once, also while it loads or computes."""
        self._closed = True
        if self._loading is None:
            return
        self._loading.cancel()
        process, self._process = self._process, None
        if process is not None:
            await asyncio.to_thread(process.stop)
        (loaded,) = await asyncio.gather(self._loading, return_exceptions=True)
        if isinstance(loaded, SlottedModel):
            await loaded.close()

    async def _load(self) -> SlottedModel:
        """Join, start, and address the server."""
        path = await asyncio.to_thread(self._path, self._weights)
        draft = await asyncio.to_thread(self._path, self._draft) if self._draft else ""
        states = SavedStates(self._cache / "prompts", _identity(self._weights))
        self._process = LlamaProcess(
            LlamaSettings(
                path=str(path),
                slots=self._slots,
                window=self.window,
                threads=self._threads,
                states=f"{states.folder}{os.sep}",
                speculate=self._speculation.kind,
                draft=str(draft),
            )
        )
        address = await asyncio.to_thread(self._process.address)
        endpoint = EndpointModel(
            path.name, base_url=f"{address}/v1", api_key=self._process.key, engine="xllamacpp"
        )
        await endpoint.check()
        self.window = min(self.window, endpoint.window or self.window)
        slots = LlamaSlots(address, self._process.key)
        return SlottedModel(endpoint, SlotPool(slots, self._slots, states), self.window)

    def _path(self, weights: PackagedWeights | Path) -> Path:
        """The GGUF file, checked to be one."""
        if isinstance(weights, PackagedWeights):
            return joined(weights, self._cache, self._report)
        check_gguf(weights)
        return weights

    def _report(self, done: int, total: int) -> None:
        """Tell how far the joining is; ends it when nobody wants it any more."""
        if self._closed:
            raise ModelUnavailable(f"the model {self.name!r} was closed")
        if self._progress is not None:
            self._progress(done, total)


def _identity(weights: PackagedWeights | Path) -> str:
    """What saved states depend on: the weights, the engine, and how it keeps them."""
    engine = f"xllamacpp {version('xllamacpp')}, slots apart"
    if isinstance(weights, PackagedWeights):
        return f"{weights.digest} {engine}"
    facts = weights.stat()
    return f"{weights.resolve()} {facts.st_size} {facts.st_mtime_ns} {engine}"


def check_gguf(path: Path) -> None:
    """Raise ModelSetupError unless the file is there and begins like a GGUF."""
    try:
        with path.open("rb") as file:
            magic = file.read(len(GGUF_MAGIC))
    except OSError as error:
        raise ModelSetupError(f"cannot read the model {path}: {error.strerror}") from error
    if magic != GGUF_MAGIC:
        raise ModelSetupError(f"{path} is no GGUF model (it begins with {magic!r})")
