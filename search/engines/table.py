"""Engines that answer in JSON, as a table: where each is asked, in which words, and what comes.

Their limits are those of their public documentation (2026): characters of a query, results a page,
requests a second of the smallest plan.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from search.engines.asking import at

Getter = str | Callable[[Mapping[str, Any]], Any]
"""A path into a result, or a function of it."""
_NONE: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Spec:
    """One engine."""

    name: str
    address: str
    """`{base}` stands for the address of a server of the user's own."""
    results: str
    """The path to the list of results."""
    title: Getter
    url: Getter
    text: Getter
    published: Getter = ""
    query: str = "q"
    """The parameter that holds the query."""
    count: str = ""
    """The parameter that says how many results; "": there is none."""
    most: int = 20
    """Results a page at most."""
    longest: int = 400
    """Characters of a query at most."""
    words: int | None = None
    """Words of a query at most."""
    posts: bool = False
    """Parameters go into a JSON body."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Parameters that are always sent."""
    headers: Mapping[str, str] = field(default_factory=dict)
    key: Literal["", "optional", "needed"] = ""
    key_header: str = ""
    """`Authorization: Bearer` where it begins so; "": the key is a parameter."""
    key_param: str = ""
    second: str = ""
    """The parameter of a second name that is needed beside the key."""
    whole: str = ""
    """A path that an answer without results has, too; without it, it is no answer."""
    complaints: tuple[str, ...] = ("error", "errors")
    """Paths whose presence says that it is an error."""
    pace: float = 0.0
    """Seconds between two requests."""
    rewritten: Callable[[str], str] | None = None
    """Makes of a query what the engine understands."""


def _wikipedia(hit: Mapping[str, Any]) -> str:
    """The page's address: the API gives its title alone."""
    title = quote(str(hit.get("title", "")).replace(" ", "_"), safe="/:(),'!*@$;~")
    return f"https://en.wikipedia.org/wiki/{title}"


def _abstract(hit: Mapping[str, Any]) -> str:
    """OpenAlex tells of each word where it stands."""
    places = hit.get("abstract_inverted_index") or {}
    words = [(place, word) for word, found in places.items() for place in found]
    return " ".join(word for _, word in sorted(words))


def _work(hit: Mapping[str, Any]) -> Any:
    """The address where the work is, or its DOI, or its entry."""
    return at(hit, "primary_location.landing_page_url") or hit.get("doi") or hit.get("id")


def _without_hyphens(query: str) -> str:
    """Semantic Scholar finds nothing for hyphenated words."""
    return re.sub(r"(?<=\w)-(?=\w)", " ", query)


def _without_operators(query: str) -> str:
    """GitHub refuses more than five AND, OR or NOT, and takes a colon for a qualifier."""
    return re.sub(r"\b(?:AND|OR|NOT)\b|[:\"]", " ", query)


SPECS: Mapping[str, Spec] = {
    spec.name: spec
    for spec in (
        Spec(
            name="searxng",
            address="{base}/search",
            results="results",
            title="title",
            url="url",
            text="content",
            published="publishedDate",
            more={"format": "json"},
            longest=2000,
            whole="query",
        ),
        Spec(
            name="brave",
            address="https://api.search.brave.com/res/v1/web/search",
            results="web.results",
            title="title",
            url="url",
            text="description",
            published="page_age",
            count="count",
            words=50,
            key="needed",
            key_header="X-Subscription-Token",
            headers={"Accept": "application/json"},
            whole="query",
            pace=1.0,
        ),
        Spec(
            name="tavily",
            address="https://api.tavily.com/search",
            results="results",
            title="title",
            url="url",
            text="content",
            published="published_date",
            query="query",
            count="max_results",
            posts=True,
            key="needed",
            key_header="Authorization: Bearer",
            whole="results",
            complaints=("error", "detail"),
        ),
        Spec(
            name="serper",
            address="https://google.serper.dev/search",
            results="organic",
            title="title",
            url="link",
            text="snippet",
            published="date",
            count="num",
            most=100,
            longest=2048,
            posts=True,
            key="needed",
            key_header="X-API-KEY",
            whole="searchParameters",
            complaints=("error", "message"),
        ),
        Spec(
            name="exa",
            address="https://api.exa.ai/search",
            results="results",
            title="title",
            url="url",
            text="text",
            published="publishedDate",
            query="query",
            count="numResults",
            most=100,
            longest=2000,
            posts=True,
            more={"contents": {"text": {"maxCharacters": 1000}}},
            key="needed",
            key_header="x-api-key",
            whole="results",
        ),
        Spec(
            name="google",
            address="https://www.googleapis.com/customsearch/v1",
            results="items",
            title="title",
            url="link",
            text="snippet",
            count="num",
            most=10,
            longest=2048,
            key="needed",
            key_param="key",
            second="cx",
            whole="searchInformation",
        ),
        Spec(
            name="wikipedia",
            address="https://en.wikipedia.org/w/api.php",
            results="query.search",
            title="title",
            url=_wikipedia,
            text="snippet",
            published="timestamp",
            query="srsearch",
            count="srlimit",
            most=50,
            longest=300,
            more={"action": "query", "list": "search", "format": "json", "formatversion": "2"},
            whole="query",
        ),
        Spec(
            name="semanticscholar",
            address="https://api.semanticscholar.org/graph/v1/paper/search",
            results="data",
            title="title",
            url=lambda hit: hit.get("url") or at(hit, "openAccessPdf.url"),
            text="abstract",
            published=lambda hit: hit.get("publicationDate") or hit.get("year"),
            query="query",
            count="limit",
            most=100,
            longest=1000,
            more={"fields": "title,abstract,url,year,publicationDate,openAccessPdf"},
            key="optional",
            key_header="x-api-key",
            whole="total",
            pace=1.0,
            rewritten=_without_hyphens,
            complaints=("error", "message"),
        ),
        Spec(
            name="openalex",
            address="https://api.openalex.org/works",
            results="results",
            title="display_name",
            url=_work,
            text=_abstract,
            published="publication_date",
            query="search",
            count="per-page",
            most=200,
            longest=1000,
            key="optional",
            key_param="api_key",
            whole="meta",
            pace=0.1,
        ),
        Spec(
            name="github",
            address="https://api.github.com/search/repositories",
            results="items",
            title="full_name",
            url="html_url",
            text="description",
            published="pushed_at",
            count="per_page",
            most=100,
            longest=256,
            headers={
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
            key="optional",
            key_header="Authorization: Bearer",
            whole="total_count",
            pace=6.0,
            rewritten=_without_operators,
            complaints=("message",),
        ),
    )
}
