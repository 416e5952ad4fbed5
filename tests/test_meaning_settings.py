"""From BREADTH_EMBEDDINGS and BREADTH_RERANKER to what the documents are searched with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from aiohttp import web
from endpoint_server import models, serving, status

from inference import MiniLM, ModelUnavailable
from search import DocumentIndex, EngineError
from service.errors import UsageProblem
from service.meaning import ServedEmbedder, embedder_of, embedding, reranker_of
from service.settings import Settings


class Told:
    """What a person was told."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def missing(self, reason: str) -> None:
        self.reasons.append(reason)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


async def test_minilm_is_used_where_it_is_installed_unless_it_is_off(
    stack: AsyncExitStack,
) -> None:
    assert isinstance(await embedder_of(Settings(embeddings="auto"), stack), MiniLM)
    assert await embedder_of(Settings(embeddings="off"), stack) is None
    assert await reranker_of(Settings(), stack) is None


async def test_other_names_are_refused(stack: AsyncExitStack) -> None:
    with pytest.raises(UsageProblem, match="BREADTH_EMBEDDINGS='word2vec'"):
        await embedder_of(Settings(embeddings="word2vec"), stack)
    with pytest.raises(UsageProblem, match="BREADTH_RERANKER='on'"):
        await reranker_of(Settings(reranker="on"), stack)


async def test_a_server_that_is_not_there_is_told_before_a_run(stack: AsyncExitStack) -> None:
    with pytest.raises(ModelUnavailable):
        await embedder_of(Settings(embeddings="openai:m@http://127.0.0.1:9/v1"), stack)


async def test_a_servers_vectors_and_ranking_are_used(stack: AsyncExitStack) -> None:
    async def embed(request: web.Request) -> web.StreamResponse:
        texts = (await request.json())["input"]
        data = [
            {"index": i, "embedding": [1.0, float("bread" in text or "food" in text)]}
            for i, text in enumerate(texts)
        ]
        return web.json_response({"data": data})

    ranking = [{"index": 0, "relevance_score": 0.1}, {"index": 1, "relevance_score": 0.9}]
    async with serving(models=models("m")) as played:
        played.others |= {"/v1/embeddings": embed, "/v1/rerank": status(200, {"results": ranking})}
        settings = Settings(embeddings=f"openai:m@{played.url}", reranker=f"openai:m@{played.url}")
        embedder = await embedder_of(settings, stack)
        plain = DocumentIndex.open(None, embedder=embedder)
        ranked = DocumentIndex.open(
            None, embedder=embedder, reranker=await reranker_of(settings, stack)
        )
        for index, expected in ((plain, "/1"), (ranked, "/0")):
            await index.add_passages([("A", "The car.", "/0"), ("B", "Some bread.", "/1")])
            async with embedding(index, Told()) as task:
                await asyncio.wait({task})
            assert (await index.search("any food"))[0].passage.source.location == expected
            index.close()
        await stack.aclose()


async def test_a_server_that_stops_embedding_is_told_and_done_without(
    stack: AsyncExitStack,
) -> None:
    async with serving(models=models("m")) as played:
        settings = Settings(embeddings=f"openai:m@{played.url}")
        embedder = await embedder_of(settings, stack)
        assert isinstance(embedder, ServedEmbedder)
        index = DocumentIndex.open(None, embedder=embedder)
        await index.add_passages([("A", "The car.", "/0")])
        told = Told()
        async with embedding(index, told) as task:
            await asyncio.wait({task})
        assert len(told.reasons) == 1
        assert "no embeddings" in told.reasons[0]
        assert await index.search("car")
        with pytest.raises(EngineError):
            await embedder.embed(["x"])
        index.close()
        await stack.aclose()
