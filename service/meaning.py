"""From the settings to an embedder and a reranker for the documents."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from inference import MiniLM, Model, ModelError
from search import DocumentIndex, Embedder, EngineError, Reranker, SearchError
from service.errors import UsageProblem
from service.models import keys_of, model_of
from service.settings import Settings

SECONDS = 20.0
"""A run waits so long for the vectors of its documents; the rest are made beside it."""


class Notices(Protocol):
    """Where a person is told."""

    def missing(self, reason: str) -> None:
        """Something does not answer, or is not there, and is done without."""
        ...

    def noticed(self, what: str) -> None:
        """Something that is done otherwise than it could be."""
        ...


@dataclass(slots=True)
class ServedEmbedder:
    """A model's embeddings, with its errors in search's words."""

    name: str
    model: Model

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """See `Embedder.embed`."""
        try:
            return await self.model.embed(texts)
        except ModelError as error:
            raise EngineError(f"no embeddings: {error}") from error


@dataclass(frozen=True, slots=True)
class ServedReranker:
    """A model's ranking, with its errors in search's words."""

    model: Model

    async def rerank(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """See `Reranker.rerank`."""
        try:
            return await self.model.rerank(query, texts)
        except ModelError as error:
            raise EngineError(f"no ranking: {error}") from error


async def embedder_of(settings: Settings, stack: AsyncExitStack) -> Embedder | None:
    """Who makes the vectors; None: nobody. What it holds open is closed by the stack.

    Raises UsageProblem for a name that is none, ModelSetupError where minilm cannot be had, and
    ModelError where no server has the model.
    """
    name = settings.embeddings
    if name == "off" or (name == "auto" and not MiniLM.installed()):
        return None
    if name in {"auto", "minilm"}:
        model = MiniLM()
        await model.embed(["it loads, or says why it cannot"])
        return model
    if name.startswith("openai:"):
        where = "" if "@http" in name else f"@{settings.base_url}"
        return ServedEmbedder(f"{name}{where}", await _served(name, settings, stack))
    raise UsageProblem(
        f"BREADTH_EMBEDDINGS={name!r}: use off, auto, minilm, openai:NAME or openai:NAME@URL"
    )


async def reranker_of(settings: Settings, stack: AsyncExitStack) -> Reranker | None:
    """Who orders the first hits; None: nobody. Raises as `embedder_of`."""
    name = settings.reranker
    if name == "off":
        return None
    if name.startswith("openai:"):
        return ServedReranker(await _served(name, settings, stack))
    raise UsageProblem(f"BREADTH_RERANKER={name!r}: use off, openai:NAME or openai:NAME@URL")


@asynccontextmanager
async def embedding(index: DocumentIndex, notices: Notices) -> AsyncIterator["asyncio.Task[None]"]:
    """The index's missing vectors are made meanwhile; what is not made by the end waits for the
    next time.
    """
    task = asyncio.create_task(_embed(index, notices))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _embed(index: DocumentIndex, notices: Notices) -> None:
    try:
        await index.embed()
    except SearchError as error:
        notices.missing(str(error))


async def _served(name: str, settings: Settings, stack: AsyncExitStack) -> Model:
    """A server's model, as the run's own would be had."""
    named = {
        "model": name,
        "speculate": "off",
        "api_key": SecretStr(""),
        "api_keys": keys_of(settings),
    }
    model = await model_of(settings.model_copy(update=named))
    stack.push_async_callback(model.close)
    return model
