"""A loopback server that plays a search engine, and bodies of the engines' real shapes."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Received:
    """A request as it came."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    json: Any


@dataclass
class EngineServer:
    """Gives the same answer to each path, or one for each."""

    answers: Mapping[str, tuple[int, str]]
    received: list[Received] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.text()
        sent = json.loads(body) if body else None
        received = Received(request.path, dict(request.query), dict(request.headers), sent)
        self.received.append(received)
        status, text = self.answers.get(request.path) or self.answers["*"]
        return web.Response(status=status, text=text)


@asynccontextmanager
async def engine_server(
    answer: Any = None, *, status: int = 200, **paths: Any
) -> AsyncIterator[EngineServer]:
    """`answer`: for every path, as JSON unless it is a text; `paths`: by name, for single ones."""
    answers = {f"/{name}": (status, _text(body)) for name, body in paths.items()}
    server = EngineServer({"*": (status, _text(answer)), **answers})
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()


def _text(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body)


ARXIV = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <title>arXiv Query</title>
  <o:totalResults xmlns:o="http://a9.com/-/spec/opensearch/1.1/">1</o:totalResults>
  <entry>
    <id>http://arxiv.org/abs/2312.04511v3</id>
    <published>2023-12-07T18:32:04Z</published>
    <title>An LLM Compiler for
      Parallel Function Calling</title>
    <summary>  We introduce a compiler &amp; more. </summary>
    <author><name>A. Author</name></author>
  </entry>
</feed>"""
ARXIV_ERROR = """<feed xmlns="http://www.w3.org/2005/Atom"><entry>
<id>http://arxiv.org/api/errors#incorrect_id_format</id><title>Error</title>
<summary>incorrect id format</summary></entry></feed>"""
PUBMED_FOUND = {
    "header": {"type": "esearch"},
    "esearchresult": {"count": "2", "idlist": ["2", "1"]},
}
PUBMED_ARTICLES = """<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN"
 "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">
<PubmedArticleSet>
<PubmedArticle><MedlineCitation><PMID Version="1">1</PMID><Article>
<Journal><JournalIssue><PubDate><Year>2019</Year></PubDate></JournalIssue></Journal>
<ArticleTitle>Sleep and <i>memory</i>.</ArticleTitle>
<Abstract><AbstractText Label="AIM">To see.</AbstractText>
<AbstractText>Seen.</AbstractText></Abstract>
</Article></MedlineCitation></PubmedArticle>
<PubmedArticle><MedlineCitation><PMID Version="1">2</PMID><Article>
<Journal><JournalIssue><PubDate><MedlineDate>2001 Jan-Feb</MedlineDate></PubDate>
</JournalIssue></Journal>
<ArticleTitle>Naps</ArticleTitle></Article></MedlineCitation></PubmedArticle>
</PubmedArticleSet>"""
