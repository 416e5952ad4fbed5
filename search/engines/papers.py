"""arXiv and PubMed, which answer in XML."""

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from search.engines.asking import Asked, Pace, answer, at, fitting, json_answer
from search.engines.results import WebResult, plain
from search.errors import EngineError
from search.web import WebClient

_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "https://export.arxiv.org/api/query"
_PUBMED = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
_WORD = re.compile(r"[^\W_][\w.-]*")
_MOST = 50
_LONGEST = 1000


class Arxiv:
    """The preprints of arXiv: title and abstract."""

    name = "arxiv"

    def __init__(self, web: WebClient, *, address: str = _ARXIV, pace: float = 3.0) -> None:
        """`pace`: seconds between two requests, as arXiv asks for."""
        self._web = web
        self._address = address
        self._pace = Pace(pace)

    async def results(self, query: str, *, limit: int = 10) -> Sequence[WebResult]:
        """See `WebEngine.results`."""
        words = _WORD.findall(fitting(query, longest=_LONGEST))
        if not words:
            return []
        await self._pace.turn()
        params = {
            "search_query": " AND ".join(f"all:{word}" for word in words),
            "max_results": str(min(limit, _MOST)),
            "sortBy": "relevance",
        }
        feed = _xml(self.name, await answer(self._web, self.name, Asked(self._address, params)))
        if feed.tag != f"{_ATOM}feed":
            raise EngineError("arxiv sent what is no list of results")
        return [_preprint(entry) for entry in feed.iter(f"{_ATOM}entry")][:limit]


def _preprint(entry: Element) -> WebResult:
    """An entry of the feed. Raises EngineError for one that is an error."""
    title, address = _text(entry, f"{_ATOM}title"), _text(entry, f"{_ATOM}id")
    summary = _text(entry, f"{_ATOM}summary")
    if title == "Error" or "/api/errors" in address:
        raise EngineError(f"arxiv refused: {summary}")
    return WebResult(
        url=re.sub(r"^http:", "https:", address),
        title=title,
        text=summary,
        published=_text(entry, f"{_ATOM}published") or None,
    )


class PubMed:
    """The literature of medicine: title and abstract."""

    name = "pubmed"

    def __init__(
        self, web: WebClient, *, key: str = "", address: str = _PUBMED, pace: float = 0.34
    ) -> None:
        """`key`: optional; with one, three times as many requests are allowed."""
        self._web = web
        self._key = {"api_key": key} if key else {}
        self._address = address
        self._pace = Pace(pace)

    async def results(self, query: str, *, limit: int = 10) -> Sequence[WebResult]:
        """See `WebEngine.results`."""
        text = fitting(query, longest=_LONGEST)
        fields = {"db": "pubmed", "retmode": "json", "retmax": str(min(limit, _MOST))}
        await self._pace.turn()
        asked = Asked(
            f"{self._address}/esearch.fcgi",
            {**fields, "term": text, "sort": "relevance", **self._key},
        )
        found = at(await json_answer(self._web, self.name, asked), "esearchresult")
        complaint = at(found, "ERROR")
        numbers = at(found, "idlist")
        if complaint or not isinstance(numbers, list):
            raise EngineError(f"pubmed refused: {complaint or 'it sent no list of results'}")
        return await self._articles([str(number) for number in numbers]) if numbers else []

    async def _articles(self, numbers: Sequence[str]) -> list[WebResult]:
        """Titles and abstracts, in the order of their numbers."""
        await self._pace.turn()
        fields = {"db": "pubmed", "retmode": "xml", "id": ",".join(numbers), **self._key}
        asked = Asked(f"{self._address}/efetch.fcgi", fields)
        articles = _xml(self.name, await answer(self._web, self.name, asked))
        found = {_text(one, ".//PMID"): one for one in articles.iter("PubmedArticle")}
        return [_article(number, found[number]) for number in numbers if number in found]


def _article(number: str, article: Element) -> WebResult:
    """One article."""
    parts = [" ".join("".join(part.itertext()).split()) for part in article.iter("AbstractText")]
    year = _text(article, ".//PubDate/Year") or _text(article, ".//PubDate/MedlineDate")[:4]
    return WebResult(
        url=f"https://pubmed.ncbi.nlm.nih.gov/{number}/",
        title=_text(article, ".//ArticleTitle") or number,
        text=plain(" ".join(parts)),
        published=year or None,
    )


def _text(element: Element, path: str) -> str:
    """All the text of the first element at a path."""
    found = element.find(path)
    return "" if found is None else " ".join("".join(found.itertext()).split())


def _xml(name: str, body: bytes) -> Element:
    """The root of a document that refers to nothing outside. Raises EngineError."""
    try:
        root: Element = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise EngineError(f"{name} sent no XML that can be read: {error}") from error
    return root
