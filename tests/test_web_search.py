"""Several engines and the pages that they name, as one search."""

import asyncio
from collections.abc import Sequence

import pytest

from search import DocumentIndex, EngineError, Hit, Narrowing, Passage, ReadError, SearchError
from search.engines import WebResult, canonical, merged
from search.together import Together
from search.web_search import WebSearch

ALPS = "The Matterhorn is 4,478 metres high and stands on the border of Switzerland and Italy."
SEA = "The Dead Sea lies 430 metres below the level of the sea, between Jordan and Israel."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://www.a.org/x/", "https://a.org/x"),
        ("https://a.org/x?utm_source=n&b=1", "https://a.org/x?b=1"),
        ("https://A.org/x#part", "https://a.org/x"),
        ("https://a.org:443/", "https://a.org"),
        ("https://a.org/x?b=2&a=1", "https://a.org/x?a=1&b=2"),
    ],
)
def test_addresses_of_the_same_page_are_one(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.org/x", "https://a.org/X"),
        ("https://a.org/x", "https://b.org/x"),
        ("https://a.org/x?id=1", "https://a.org/x?id=2"),
        ("https://a.org:8080/x", "https://a.org/x"),
    ],
)
def test_other_pages_are_others(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


def test_what_several_engines_find_stands_first_with_the_longest_text() -> None:
    first = [WebResult("https://a.org/1", "1"), WebResult("https://a.org/2", "2", "short")]
    second = [WebResult("http://a.org/2/", "2", "a longer text"), WebResult("https://a.org/3", "3")]
    found = merged([first, second, []], 5)
    assert [result.title for result in found] == ["2", "1", "3"]
    assert found[0].text == "a longer text"
    assert len(merged([first, second], 1)) == 1
    assert len(merged([first[:1] * 3], 5)) == 1


class Finds:
    """An engine that has results, or an error."""

    def __init__(self, *results: WebResult | SearchError, name: str = "engine") -> None:
        self.name = name
        self._results = results

    async def results(self, query: str, *, limit: int = 10) -> Sequence[WebResult]:
        await asyncio.sleep(0)
        if self._results and isinstance(self._results[0], SearchError):
            raise self._results[0]
        return [result for result in self._results if isinstance(result, WebResult)]


class Pages:
    """A Reader of pages that are in an index, which counts what it is asked for."""

    def __init__(self, index: DocumentIndex) -> None:
        self.index = index
        self.asked: list[str] = []

    async def read(self, location: str) -> Sequence[Passage]:
        self.asked.append(location)
        await asyncio.sleep(0)
        return await self.index.read(location)


@pytest.fixture
async def pages() -> Pages:
    index = DocumentIndex.open(None)
    await index.add_passages(
        [("Matterhorn", ALPS, "https://a.org/alps"), ("Dead Sea", SEA, "https://a.org/sea")]
    )
    return Pages(index)


BOTH = (WebResult("https://a.org/sea", "Sea"), WebResult("https://a.org/alps", "Alps"))


async def test_the_passages_of_the_pages_are_ranked_by_the_query(pages: Pages) -> None:
    web = WebSearch([Finds(*BOTH)], pages)
    hits = await web.search("How high is the Matterhorn?")
    assert [hit.passage.source.location for hit in hits] == ["https://a.org/alps"]
    assert hits[0].passage.text == ALPS
    web.close()


async def test_a_page_is_read_once_for_all_searches(pages: Pages) -> None:
    web = WebSearch([Finds(*BOTH), Finds(WebResult("http://www.a.org/alps/", "again"))], pages)
    await asyncio.gather(*(web.search("Matterhorn") for _ in range(3)))
    assert sorted(pages.asked) == ["https://a.org/alps", "https://a.org/sea"]
    web.close()


async def test_one_engine_that_fails_fails_alone(pages: Pages) -> None:
    web = WebSearch([Finds(EngineError("x answered 500")), Finds(*BOTH)], pages)
    assert len(await web.search("Matterhorn")) == 1
    web.close()
    web = WebSearch([Finds(EngineError("x answered 500")), Finds(EngineError("y is down"))], pages)
    with pytest.raises(EngineError, match="x answered 500; y is down"):
        await web.search("Matterhorn")
    web.close()


async def test_a_page_that_cannot_be_read_is_known_by_its_summary(pages: Pages) -> None:
    gone = WebResult("https://a.org/gone", "Gone", "The Matterhorn was first climbed in 1865.")
    silent = WebResult("https://a.org/silent", "Silent")
    web = WebSearch([Finds(gone, silent)], pages)
    [hit] = await web.search("When was the Matterhorn climbed?")
    assert (hit.passage.source.location, hit.passage.text) == (gone.url, gone.text)
    web.close()


async def test_only_the_first_pages_are_read(pages: Pages) -> None:
    many = [WebResult(f"https://a.org/{number}", "n") for number in range(9)]
    web = WebSearch([Finds(*many)], pages, pages=2)
    assert await web.search("Matterhorn") == []
    assert pages.asked == ["https://a.org/0", "https://a.org/1"]
    web.close()


class Broken:
    name = "broken"

    async def search(
        self, query: str, *, limit: int = 10, within: Narrowing | None = None
    ) -> Sequence[Hit]:
        raise EngineError("broken")


async def test_documents_and_web_are_searched_together(pages: Pages) -> None:
    web = WebSearch([Finds(BOTH[0])], pages)
    both = Together([web, pages.index, Broken()])
    hits = await both.search("Dead Sea or Matterhorn", limit=5)
    assert [hit.passage.source.title for hit in hits] == ["Dead Sea", "Matterhorn"]
    with pytest.raises(EngineError, match="broken"):
        await Together([Broken(), Broken()]).search("a")
    web.close()


async def test_a_page_that_is_no_document_is_no_error_of_the_search() -> None:
    class Reader:
        async def read(self, location: str) -> Sequence[Passage]:
            raise ReadError(f"{location} is a film")

    web = WebSearch([Finds(BOTH[0])], Reader())
    assert await web.search("Dead Sea") == []
    web.close()
