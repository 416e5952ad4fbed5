"""Each web engine against a server that answers as the real one does."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from search_servers import (
    ARXIV,
    ARXIV_ERROR,
    PUBMED_ARTICLES,
    PUBMED_FOUND,
    EngineServer,
    engine_server,
)

from search import WebClient, WebSettings
from search.engines import SPECS, Arxiv, Keyless, PubMed, TabledEngine, WebResult, engines_of
from search.errors import EngineError


@pytest.fixture
async def web() -> AsyncIterator[WebClient]:
    """Which may ask this machine, and asks once."""
    settings = WebSettings(allow_hosts=frozenset({"127.0.0.1"}), attempts=1)
    async with WebClient(settings) as client:
        yield client


NOTHING: dict[str, Any] = {
    "searxng": {"query": "q", "results": [], "unresponsive_engines": []},
    "brave": {"type": "search", "query": {"original": "q"}},
    "tavily": {"query": "q", "results": [], "response_time": 0.1},
    "serper": {"searchParameters": {"q": "q"}, "organic": []},
    "exa": {"requestId": "1", "results": []},
    "google": {"kind": "customsearch#search", "searchInformation": {"totalResults": "0"}},
    "wikipedia": {"batchcomplete": True, "query": {"searchinfo": {"totalhits": 0}, "search": []}},
    "semanticscholar": {"total": 0, "offset": 0},
    "openalex": {"meta": {"count": 0}, "results": []},
    "github": {"total_count": 0, "incomplete_results": False, "items": []},
}
FOUND: dict[str, tuple[dict[str, Any], WebResult]] = {
    "searxng": (
        {
            "query": "q",
            "results": [
                {"url": "https://a.org/", "title": "A", "content": "about", "engine": "bing"},
                {"url": "magnet:?xt=1", "title": "no address of the web"},
            ],
            "unresponsive_engines": [["google", "timeout"]],
        },
        WebResult("https://a.org/", "A", "about"),
    ),
    "brave": (
        {
            "type": "search",
            "web": {
                "type": "search",
                "results": [
                    {
                        "title": "The <strong>A</strong>",
                        "url": "https://a.org/",
                        "description": "about &quot;a&quot;",
                        "page_age": "2024-05-01T00:00:00",
                    }
                ],
            },
        },
        WebResult("https://a.org/", "The A", 'about "a"', "2024-05-01T00:00:00"),
    ),
    "tavily": (
        {"query": "q", "results": [{"title": "A", "url": "https://a.org/", "content": "about"}]},
        WebResult("https://a.org/", "A", "about"),
    ),
    "serper": (
        {
            "searchParameters": {"q": "q"},
            "organic": [
                {"title": "A", "link": "https://a.org/", "snippet": "about", "date": "May 1, 2024"}
            ],
        },
        WebResult("https://a.org/", "A", "about", "May 1, 2024"),
    ),
    "exa": (
        {
            "requestId": "1",
            "results": [
                {
                    "id": "https://a.org/",
                    "title": None,
                    "url": "https://a.org/",
                    "publishedDate": "2024-05-01",
                    "text": "about",
                }
            ],
        },
        WebResult("https://a.org/", "https://a.org/", "about", "2024-05-01"),
    ),
    "google": (
        {
            "searchInformation": {"totalResults": "1"},
            "items": [{"title": "A", "link": "https://a.org/", "snippet": "about"}],
        },
        WebResult("https://a.org/", "A", "about"),
    ),
    "wikipedia": (
        {
            "query": {
                "search": [
                    {
                        "ns": 0,
                        "title": "C++ (a language)",
                        "snippet": 'a <span class="searchmatch">language</span>',
                        "timestamp": "2024-05-01T00:00:00Z",
                    }
                ]
            }
        },
        WebResult(
            "https://en.wikipedia.org/wiki/C%2B%2B_(a_language)",
            "C++ (a language)",
            "a language",
            "2024-05-01T00:00:00Z",
        ),
    ),
    "semanticscholar": (
        {
            "total": 1,
            "data": [
                {
                    "paperId": "1",
                    "url": "https://www.semanticscholar.org/paper/1",
                    "title": "A",
                    "abstract": None,
                    "year": 2024,
                    "publicationDate": None,
                }
            ],
        },
        WebResult("https://www.semanticscholar.org/paper/1", "A", "", "2024"),
    ),
    "openalex": (
        {
            "meta": {"count": 1},
            "results": [
                {
                    "id": "https://openalex.org/W1",
                    "doi": "https://doi.org/10.1/x",
                    "display_name": "A",
                    "publication_date": "2024-05-01",
                    "primary_location": {"landing_page_url": None},
                    "abstract_inverted_index": {"word": [1, 3], "a": [0], "and": [2]},
                }
            ],
        },
        WebResult("https://doi.org/10.1/x", "A", "a word and word", "2024-05-01"),
    ),
    "github": (
        {
            "total_count": 1,
            "items": [
                {
                    "full_name": "o/a",
                    "html_url": "https://github.com/o/a",
                    "description": "about",
                    "pushed_at": "2024-05-01T00:00:00Z",
                }
            ],
        },
        WebResult("https://github.com/o/a", "o/a", "about", "2024-05-01T00:00:00Z"),
    ),
}
REFUSED: dict[str, tuple[int, Any, str]] = {
    "searxng": (403, "<html><title>403 Forbidden</title></html>", "403"),
    "brave": (
        422,
        {"type": "ErrorResponse", "error": {"code": "SUBSCRIPTION_TOKEN_INVALID", "detail": "bad"}},
        "422: bad",
    ),
    "tavily": (401, {"detail": {"error": "Unauthorized: missing or invalid API key."}}, "Unauth"),
    "serper": (403, {"message": "Unauthorized.", "statusCode": 403}, "BREADTH_SEARCH_KEYS"),
    "exa": (401, {"requestId": "1", "error": "Invalid API key", "tag": "X"}, "Invalid API key"),
    "google": (400, {"error": {"code": 400, "message": "API key not valid."}}, "not valid"),
    "wikipedia": (200, {"error": {"code": "maxlag", "info": "Waiting for a server"}}, "Waiting"),
    "semanticscholar": (429, {"message": "Too Many Requests.", "code": "429"}, "Too Many"),
    "openalex": (200, {"error": "Invalid query", "message": "search is empty"}, "is empty"),
    "github": (403, {"message": "API rate limit exceeded", "documentation_url": "u"}, "rate limit"),
}


def engine(name: str, server: EngineServer, web: WebClient) -> TabledEngine:
    return TabledEngine(SPECS[name], web, key="k", second="x", address=server.url)


def test_the_table_and_the_tests_know_the_same_engines() -> None:
    assert set(SPECS) == set(FOUND) == set(NOTHING) == set(REFUSED)


@pytest.mark.parametrize("name", SPECS)
async def test_what_is_found_is_read(name: str, web: WebClient) -> None:
    body, result = FOUND[name]
    async with engine_server(body) as server:
        assert list(await engine(name, server, web).results("what is a?", limit=3)) == [result]


@pytest.mark.parametrize("name", SPECS)
async def test_nothing_found_is_an_empty_list(name: str, web: WebClient) -> None:
    async with engine_server(NOTHING[name]) as server:
        assert list(await engine(name, server, web).results("a")) == []


@pytest.mark.parametrize("name", SPECS)
async def test_an_error_is_an_error_with_its_reason(name: str, web: WebClient) -> None:
    status, body, told = REFUSED[name]
    async with engine_server(body, status=status) as server:
        with pytest.raises(EngineError, match=told) as caught:
            await engine(name, server, web).results("a")
    assert name in str(caught.value)


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("body", ["", "<html>nginx</html>", "[]", "{}", '{"results": "none"}', "7"])
async def test_what_is_no_answer_is_not_nothing_found(name: str, body: str, web: WebClient) -> None:
    async with engine_server(body) as server:
        with pytest.raises(EngineError, match=name):
            await engine(name, server, web).results("a")


@pytest.mark.parametrize("name", SPECS)
async def test_a_long_query_is_cut_to_what_the_engine_takes(name: str, web: WebClient) -> None:
    spec = SPECS[name]
    async with engine_server(NOTHING[name]) as server:
        await engine(name, server, web).results("word " * 1000, limit=1000)
    [received] = server.received
    sent = received.json if spec.posts else received.query
    query = sent[spec.query]
    assert len(query) <= spec.longest
    assert set(query.split()) == {"word"}
    assert len(query.split()) <= (spec.words or 1000)
    if spec.count:
        assert int(sent[spec.count]) == spec.most


@pytest.mark.parametrize("name", [name for name, spec in SPECS.items() if spec.key])
async def test_the_key_is_where_the_engine_looks_for_it(name: str, web: WebClient) -> None:
    spec = SPECS[name]
    async with engine_server(NOTHING[name]) as server:
        await engine(name, server, web).results("a")
    [received] = server.received
    if spec.key_param:
        assert received.query[spec.key_param] == "k"
    elif spec.key_header.startswith("Authorization"):
        assert received.headers["Authorization"] == "Bearer k"
    else:
        assert received.headers[spec.key_header] == "k"
    if spec.second:
        assert received.query[spec.second] == "x"


async def test_a_metasearch_engine_whose_engines_are_silent_has_not_found_nothing(
    web: WebClient,
) -> None:
    body = {"query": "q", "results": [], "unresponsive_engines": [["google", "CAPTCHA"]]}
    async with engine_server(body) as server:
        with pytest.raises(EngineError, match="google"):
            await engine("searxng", server, web).results("a")


async def test_hyphens_and_operators_are_taken_out_where_they_would_find_nothing(
    web: WebClient,
) -> None:
    async with engine_server(NOTHING["semanticscholar"]) as server:
        await engine("semanticscholar", server, web).results("few-shot learning - a view")
        assert server.received[0].query["query"] == "few shot learning - a view"
    async with engine_server(NOTHING["github"]) as server:
        await engine("github", server, web).results('cats AND "dogs" in:name')
        assert server.received[0].query["q"] == "cats dogs in name"


async def test_arxiv_is_read(web: WebClient) -> None:
    async with engine_server(ARXIV) as server:
        found = await Arxiv(web, address=server.url).results('parallel "calls" (ti:x)', limit=5)
    assert found == [
        WebResult(
            "https://arxiv.org/abs/2312.04511v3",
            "An LLM Compiler for Parallel Function Calling",
            "We introduce a compiler & more.",
            "2023-12-07T18:32:04Z",
        )
    ]
    sent = server.received[0].query
    assert sent["search_query"] == "all:parallel AND all:calls AND all:ti AND all:x"


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>&b;</title></feed>'
)


@pytest.mark.parametrize("body", [ARXIV_ERROR, "", "<feed/>", "Rate exceeded.", BOMB])
async def test_arxiv_s_errors_are_errors(body: str, web: WebClient) -> None:
    async with engine_server(body) as server:
        with pytest.raises(EngineError, match="arxiv"):
            await Arxiv(web, address=server.url).results("a")


async def test_arxiv_finds_nothing_for_a_query_without_words(web: WebClient) -> None:
    async with engine_server("") as server:
        assert list(await Arxiv(web, address=server.url).results("?! ()")) == []
    assert server.received == []


def pubmed(server: EngineServer, web: WebClient) -> PubMed:
    return PubMed(web, address=server.url, pace=0.0)


async def test_pubmed_is_read_in_the_order_of_relevance(web: WebClient) -> None:
    paths = {"esearch.fcgi": PUBMED_FOUND, "efetch.fcgi": PUBMED_ARTICLES}
    async with engine_server(**paths) as server:
        found = await pubmed(server, web).results("sleep")
    assert found == [
        WebResult("https://pubmed.ncbi.nlm.nih.gov/2/", "Naps", "", "2001"),
        WebResult(
            "https://pubmed.ncbi.nlm.nih.gov/1/", "Sleep and memory.", "To see. Seen.", "2019"
        ),
    ]
    assert server.received[1].query["id"] == "2,1"


@pytest.mark.parametrize(
    "answer",
    [{"esearchresult": {"ERROR": "Empty term"}}, {"error": "API rate limit exceeded"}, "busy"],
)
async def test_pubmed_s_errors_are_errors(answer: Any, web: WebClient) -> None:
    async with engine_server(answer) as server:
        with pytest.raises(EngineError, match="pubmed"):
            await pubmed(server, web).results("a")


async def test_pubmed_without_articles_asks_for_none(web: WebClient) -> None:
    async with engine_server({"esearchresult": {"count": "0", "idlist": []}}) as server:
        assert list(await pubmed(server, web).results("a")) == []
    assert len(server.received) == 1


async def test_the_keyless_engine_is_asked_in_its_own_thread() -> None:
    def find(query: str, limit: int) -> Sequence[dict[str, Any]]:
        return [{"title": "A", "href": "https://a.org/", "body": "about"}, {"href": "javascript:1"}]

    assert await Keyless(find).results("a") == [WebResult("https://a.org/", "A", "about")]


@pytest.mark.parametrize(("said", "is_error"), [("No results found.", False), ("202 rate", True)])
async def test_the_keyless_engine_s_errors(said: str, is_error: bool) -> None:
    def find(query: str, limit: int) -> Sequence[dict[str, Any]]:
        raise OSError(said)

    if is_error:
        with pytest.raises(EngineError, match="ddgs: 202 rate"):
            await Keyless(find).results("a")
    else:
        assert await Keyless(find).results("a") == []


@pytest.mark.parametrize(
    ("names", "keys", "told"),
    [
        (["bing"], {}, "there is no search engine 'bing': there are arxiv, brave"),
        (["brave"], {}, r"brave needs its key: set BREADTH_SEARCH_KEYS='\{\"brave\": \"KEY\"\}'"),
        (["google"], {"google": "k"}, "KEY:CX"),
        (["searxng"], {"searxng": "localhost"}, "http://HOST:PORT"),
    ],
)
def test_what_an_engine_lacks_is_said_before_a_run(
    names: list[str], keys: dict[str, str], told: str, web: WebClient
) -> None:
    with pytest.raises(EngineError, match=told):
        engines_of(names, keys, web)


def test_engines_are_made_once_each(web: WebClient) -> None:
    names = ["wikipedia", "arxiv", "wikipedia", "pubmed", "google", "searxng", "github"]
    keys = {"google": "k:x", "searxng": "http://127.0.0.1:1/"}
    made = engines_of(names, keys, web)
    assert [one.name for one in made] == list(dict.fromkeys(names))
