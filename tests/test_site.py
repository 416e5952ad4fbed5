"""Pages of a site as documents."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from search_folder import counts, titles
from site_server import Site, site

from search import (
    DocumentIndex,
    ReadError,
    WebClient,
    WebPages,
    WebSettings,
    pages_of,
    refresh_pages,
)


@pytest.fixture
async def here() -> AsyncIterator[tuple[Site, WebPages]]:
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(site())
        settings = WebSettings(allow_hosts=frozenset({"127.0.0.1"}), attempts=1)
        web = await stack.enter_async_context(WebClient(settings))
        yield served, WebPages(web)


async def test_a_sitemap_names_its_pages_through_other_sitemaps(
    here: tuple[Site, WebPages],
) -> None:
    served, pages = here
    served.pages["/sitemap.xml.gz"] = served.sitemaps("/one.xml", "/two.xml", "/sitemap.xml.gz")
    served.pages["/one.xml"] = served.sitemap("/a", "/b")
    served.pages["/two.xml"] = served.sitemap("/b", "/c") + b"<!-- end -->"
    found = await pages_of(f"{served.url}/sitemap.xml.gz", pages)
    assert found == [f"{served.url}/{name}" for name in "abc"]


async def test_a_page_is_its_own_list(here: tuple[Site, WebPages]) -> None:
    served, pages = here
    served.pages["/a"] = b"<html><p>Words.</p></html>"
    assert await pages_of(f"{served.url}/a", pages) == [f"{served.url}/a"]


async def test_pages_of_other_hosts_are_left_out(here: tuple[Site, WebPages]) -> None:
    served, pages = here
    served.pages["/s.xml"] = b"<urlset><url><loc>http://example.org/x</loc></url></urlset>"
    with pytest.raises(ReadError, match="names no pages of its host"):
        await pages_of(f"{served.url}/s.xml", pages)


async def test_an_index_follows_the_pages_beside_its_files(
    here: tuple[Site, WebPages], index: DocumentIndex, folder: Path
) -> None:
    served, pages = here
    await index.refresh([folder])
    addresses = [f"{served.url}/{name}" for name in ("a", "b", "c")]
    served.pages |= {
        "/a": b"Alpha\n\nA waltz.",
        "/b": b"Beta\n\nA polka.",
        "/c": b"\x89PNG\r\n\x1a\n",
    }
    report = await refresh_pages(index, pages, addresses)
    assert counts(report) == (2, 0, 0, 0)
    assert report.documents == 5
    assert [reason.partition(",")[0] for _, reason in report.unreadable] == [
        "looks like a PNG image"
    ]
    assert await titles(index, "waltz") == ["Alpha"]
    served.pages |= {"/a": b"Alpha\n\nA march.", "/c": b"Gamma\n\nA reel."}
    assert counts(await refresh_pages(index, pages, addresses)) == (1, 1, 0, 1)
    assert await titles(index, "waltz") == []
    assert counts(await index.refresh([folder])) == (0, 0, 0, 3)
    assert counts(await refresh_pages(index, pages, addresses[1:])) == (0, 0, 1, 2)


async def test_a_page_that_fails_for_now_stays_and_one_that_is_gone_goes(
    here: tuple[Site, WebPages], index: DocumentIndex
) -> None:
    served, pages = here
    served.pages |= {"/a": b"Alpha.", "/b": b"Beta."}
    addresses = [f"{served.url}/a", f"{served.url}/b"]
    await refresh_pages(index, pages, addresses)
    served.pages |= {"/a": 503, "/b": 404}
    report = await refresh_pages(index, pages, addresses)
    assert (counts(report), report.documents, len(report.unreadable)) == ((0, 0, 1, 1), 1, 2)
    assert [passage.text for passage in await index.read(addresses[0])] == ["Alpha."]
