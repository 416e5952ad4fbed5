"""Pages that were fetched before, and what robots.txt says."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from email.utils import formatdate
from pathlib import Path

import pytest
from document_makers import make_pdf
from site_server import Site, site

from search import PageCache, ReadError, Robots, WebClient, WebPages, WebSettings
from search.errors import HttpStatus, Refused


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def here() -> AsyncIterator[tuple[Site, WebClient]]:
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(site())
        settings = WebSettings(allow_hosts=frozenset({"127.0.0.1"}), attempts=1)
        yield served, await stack.enter_async_context(WebClient(settings))


def cache(web: WebClient, folder: Path, *, most_bytes: int = 10**6, clock: Clock) -> PageCache:
    return PageCache(web, folder / "pages.db", most_bytes=most_bytes, clock=clock)


async def test_a_page_that_has_not_changed_is_not_sent_again(
    here: tuple[Site, WebClient], tmp_path: Path
) -> None:
    served, web = here
    served.pages["/a"] = b"The first text."
    kept = cache(web, tmp_path, clock=Clock())
    first = await kept.get(f"{served.url}/a")
    kept.close()
    kept = cache(web, tmp_path, clock=Clock())
    assert (await kept.get(f"{served.url}/a")).body == first.body
    served.pages["/a"] = b"The second text."
    assert (await kept.get(f"{served.url}/a")).body == b"The second text."
    assert [status for _, status in served.asked] == [200, 304, 200]
    kept.close()


async def test_what_was_open_is_not_given_out_where_it_is_closed(
    here: tuple[Site, WebClient], tmp_path: Path
) -> None:
    served, web = here
    served.pages["/a"], served.headers = b"Private.", {"Cache-Control": "max-age=600"}
    path, clock = tmp_path / "pages.db", Clock()
    opened = web.settings.allow_hosts
    async with WebClient(WebSettings()) as closed_web:
        kept = PageCache(web, path, most_bytes=10**6, allow_hosts=opened, clock=clock)
        closed = PageCache(closed_web, path, most_bytes=10**6, clock=clock)
        for _ in range(2):
            assert (await kept.get(f"{served.url}/a")).body == b"Private."
        with pytest.raises(Refused):
            await closed.get(f"{served.url}/a")
    assert len(served.asked) == 1
    kept.close()
    closed.close()


async def test_a_fresh_page_is_not_asked_for(here: tuple[Site, WebClient], tmp_path: Path) -> None:
    served, web = here
    served.pages["/a"], served.headers = b"Words.", {"Cache-Control": "public, max-age=60"}
    clock = Clock()
    kept = cache(web, tmp_path, clock=clock)
    for seconds, asked in ((0, 1), (59, 1), (2, 2), (30, 2)):
        clock.now += seconds
        assert (await kept.get(f"{served.url}/a")).body == b"Words."
        assert len(served.asked) == asked
    kept.close()


async def test_a_page_that_is_old_stays_fresh_for_a_tenth_of_its_age(
    here: tuple[Site, WebClient], tmp_path: Path
) -> None:
    served, web = here
    clock = Clock()
    served.pages["/a"] = b"Words."
    served.headers = {"Last-Modified": formatdate(clock.now - 1000, usegmt=True)}
    kept = cache(web, tmp_path, clock=clock)
    for seconds, asked in ((0, 1), (99, 1), (2, 2)):
        clock.now += seconds
        await kept.get(f"{served.url}/a")
        assert len(served.asked) == asked
    kept.close()


@pytest.mark.parametrize("control", ["no-store", "no-cache, max-age=60", "private"])
async def test_what_must_not_be_kept_is_asked_for(
    here: tuple[Site, WebClient], tmp_path: Path, control: str
) -> None:
    served, web = here
    served.pages["/a"], served.headers = b"Words.", {"Cache-Control": control}
    kept = cache(web, tmp_path, clock=Clock())
    for _ in range(2):
        assert (await kept.get(f"{served.url}/a")).body == b"Words."
    assert [status for _, status in served.asked] == [200, 200 if control == "no-store" else 304]
    kept.close()


async def test_what_was_used_longest_ago_makes_room(
    here: tuple[Site, WebClient], tmp_path: Path
) -> None:
    served, web = here
    clock = Clock()
    kept = cache(web, tmp_path, most_bytes=1000, clock=clock)
    for number in range(30):
        clock.now += 1
        served.pages[f"/{number}"] = bytes((i * 37 + number) % 251 for i in range(60))
        await kept.get(f"{served.url}/{number}")
        await kept.get(f"{served.url}/0")
    served.asked.clear()
    for path in ("/29", "/0", "/1"):
        await kept.get(f"{served.url}{path}")
    assert served.asked == [("/29", 304), ("/0", 304), ("/1", 200)]
    kept.close()


async def test_an_error_is_an_error_though_an_older_text_is_kept(
    here: tuple[Site, WebClient], tmp_path: Path
) -> None:
    served, web = here
    kept = cache(web, tmp_path, clock=Clock())
    served.pages["/a"] = b"Words."
    await kept.get(f"{served.url}/a")
    served.pages["/a"] = 410
    with pytest.raises(HttpStatus):
        await kept.get(f"{served.url}/a")
    kept.close()


async def test_a_damaged_cache_is_made_anew(here: tuple[Site, WebClient], tmp_path: Path) -> None:
    served, web = here
    served.pages["/a"] = b"Words."
    (tmp_path / "pages.db").write_bytes(b"no database at all" * 300)
    kept = cache(web, tmp_path, clock=Clock())
    assert (await kept.get(f"{served.url}/a")).body == b"Words."
    kept.close()


# --- robots.txt ---

RULES = b"User-agent: *\nDisallow: /private\n\nUser-agent: breadth\nDisallow: /not-for-us\n"


async def test_what_a_host_asks_not_to_read_is_left_alone(here: tuple[Site, WebClient]) -> None:
    served, web = here
    served.pages |= {"/robots.txt": RULES, "/a": b"Words.", "/not-for-us": b"x", "/private": b"Y."}
    pages = WebPages(web, Robots(web, "Breadth/1.0"))
    assert (await pages.read(f"{served.url}/a"))[0].text == "Words."
    assert (await pages.read(f"{served.url}/private"))[0].text == "Y."
    with pytest.raises(ReadError, match=r"not-for-us is not to be read by programs \(robots\.txt"):
        await pages.read(f"{served.url}/not-for-us")
    assert [path for path, _ in served.asked] == ["/robots.txt", "/a", "/private"]
    assert await WebPages(web).read(f"{served.url}/not-for-us")


@pytest.mark.parametrize(("status", "readable"), [(404, True), (403, True), (500, False)])
async def test_a_host_without_rules_allows_all_and_one_that_fails_nothing(
    here: tuple[Site, WebClient], status: int, readable: bool
) -> None:
    served, web = here
    served.pages |= {"/robots.txt": status, "/a": b"Words."}
    pages = WebPages(web, Robots(web, "Breadth/1.0"))
    if readable:
        assert await pages.read(f"{served.url}/a")
    else:
        with pytest.raises(ReadError, match="not to be read"):
            await pages.read(f"{served.url}/a")


async def test_the_charset_that_the_server_says_counts(here: tuple[Site, WebClient]) -> None:
    served, web = here
    served.headers = {"Content-Type": "text/html; charset=windows-1251"}
    served.pages["/a"] = "<html><p>Ёж.</p>".encode("cp1251")
    assert (await WebPages(web).read(f"{served.url}/a"))[0].text == "Ёж."


async def test_reported_fault_r7_a_pdf_is_known_by_its_bytes(here: tuple[Site, WebClient]) -> None:
    served, web = here
    served.headers = {"Content-Type": "application/octet-stream"}
    served.pages["/bitstreams/1234/download"] = make_pdf("The score was written in May.")
    (passage,) = await WebPages(web).read(f"{served.url}/bitstreams/1234/download")
    assert (passage.source.media_type, passage.part) == ("application/pdf", "page 1")
    assert not any(piece in passage.text for piece in ("%PDF-", "endobj", "/FlateDecode"))
