"""EmbeddedModel: a llama.cpp server inside the process, loaded in the background.

It is spoken to over loopback through the same adapter as any other endpoint.
"""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from inference.endpoint import EndpointModel
from inference.errors import ModelSetupError
from inference.model import Chunk, Request
from inference.weights import PackagedWeights, Progress, joined

try:
    import xllamacpp
except ImportError:  # the extra `local` is not installed
    xllamacpp = None

GGUF_MAGIC = b"GGUF"


class EmbeddedModel:
    """A GGUF model in this process. Requests wait for the loading; it happens once."""

    def __init__(
        self,
        weights: PackagedWeights | Path,
        *,
        cache: Path,
        slots: int = 4,
        context: int = 8192,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """`slots`: requests computed together; `context`: tokens that they share."""
        if xllamacpp is None:
            raise ModelSetupError(
                "the embedded engine is not installed: run pip install 'breadth[local]' (from a"
                " checkout: pip install '.[local]'), or name a server with --model openai:NAME"
                " --base-url URL"
            )
        self.name = weights.name
        self._weights = weights
        self._cache = cache
        self._slots = slots
        self._context = context
        self._threads = threads or os.cpu_count() or 2
        self._progress = progress
        self._server: Any = None
        self._loading: asyncio.Task[EndpointModel] | None = None

    def load(self) -> None:
        """Begin to load, if nobody did yet; returns at once."""
        if self._loading is None:
            self._loading = asyncio.create_task(self._load(), name="load model")

    async def ready(self) -> EndpointModel:
        """Wait until it is loaded. Raises ModelSetupError when it cannot be."""
        self.load()
        assert self._loading is not None
        # A caller that gives up must not end the loading for the others.
        return await asyncio.shield(self._loading)

    async def stream(self, request: Request) -> AsyncGenerator[Chunk]:
        """See `Model.stream`."""
        endpoint = await self.ready()
        async with aclosing(endpoint.stream(request)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def close(self) -> None:
        """Stop the server and free its memory."""
        if self._loading is None:
            return
        self._loading.cancel()
        (loaded,) = await asyncio.gather(self._loading, return_exceptions=True)
        if isinstance(loaded, EndpointModel):
            await loaded.close()
        self._server = None

    async def _load(self) -> EndpointModel:
        """Join, start, and address the server."""
        path = await asyncio.to_thread(self._path)
        self._server = await asyncio.to_thread(self._start, path)
        return EndpointModel(
            path.name, base_url=f"{self._server.listening_address}/v1", engine="llama.cpp"
        )

    def _path(self) -> Path:
        """The GGUF file, checked to be one."""
        if isinstance(self._weights, PackagedWeights):
            return joined(self._weights, self._cache, self._progress)
        check_gguf(self._weights)
        return self._weights

    def _start(self, path: Path) -> Any:
        """Load the weights: seconds, in a thread."""
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx, params.n_parallel, params.kv_unified = self._context, self._slots, True
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self._threads
        params.verbosity, params.ui = 0, False
        try:
            return xllamacpp.Server(params)
        except RuntimeError as error:
            raise ModelSetupError(f"llama.cpp cannot load {path}: {error}") from error


def check_gguf(path: Path) -> None:
    """Raise ModelSetupError unless the file is there and begins like a GGUF."""
    try:
        with path.open("rb") as file:
            magic = file.read(len(GGUF_MAGIC))
    except OSError as error:
        raise ModelSetupError(f"cannot read the model {path}: {error.strerror}") from error
    if magic != GGUF_MAGIC:
        raise ModelSetupError(f"{path} is no GGUF model (it begins with {magic!r})")
