"""The pooled passages of a question set as what a run searches."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

from search import DocumentIndex
from service.evaluating.pool import Pool
from service.meaning import embedder_of, reranker_of
from service.settings import Settings
from service.sources import Sources


class Embedding(Protocol):
    """Shows the vectors being made."""

    def embedding(self, done: int, total: int) -> None:
        """Passages that have theirs."""
        ...


@asynccontextmanager
async def corpus(pool: Pool, settings: Settings, display: Embedding) -> AsyncIterator[Sources]:
    """Kept with the other indexes, under what is in it: made once, vectors included.

    All of them are made before the first question, so that every system finds the same. Raises
    SearchError where they cannot be.
    """
    async with AsyncExitStack() as stack:
        embedder = await embedder_of(settings, stack)
        reranker = await reranker_of(settings, stack)
        path = settings.cache / "index" / f"questions-{pool.digest[:16]}.db"
        index = DocumentIndex.open(path, embedder=embedder, reranker=reranker)
        stack.callback(index.close)
        if await index.counts() == (0, 0):
            await index.add_passages(pool.documents())
        await index.embed(on_progress=display.embedding)
        yield Sources(index, index)
