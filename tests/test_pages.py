"""The web page against a running service: ask, watch, come back, stop, ask on, take it along."""

import asyncio
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from axe_playwright_python.async_playwright import Axe
from browsing import needs_browser
from conftest import QUESTION, ChatServer
from openai import AsyncOpenAI
from paged import browser, opened
from playwright.async_api import Browser, Page, expect

from service.api import application
from service.settings import Settings
from service.work.service import service

pytestmark = needs_browser
HELD = "When was Bong"


@pytest.fixture
async def url(tmp_path: Path, films: Path, chat_server: ChatServer) -> AsyncIterator[str]:
    """Of a service with its queue and a worker; the model is on loopback."""
    settings = Settings(
        model="openai:test",
        base_url=chat_server.url,
        database=str(tmp_path / "runs.db"),
        cache=tmp_path / "cache",
        data=tmp_path,
        embeddings="off",
        share=True,
    )
    async with service(settings, [films], most=2) as (front, _):
        runner = web.AppRunner(application(front), handler_cancellation=True, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
        chat_server.release.set()  # of a test that failed before it did
        await runner.cleanup()


@pytest.fixture
async def running() -> AsyncIterator[Browser]:
    async with browser() as made:
        yield made


async def ask(page: Page, question: str = QUESTION) -> None:
    await page.get_by_label("Question", exact=True).fill(question)
    await page.get_by_role("button", name="Ask", exact=True).click()
    await page.wait_for_url("**/#/run/*")


async def answered(page: Page) -> None:
    await expect(page.locator("p.row .state")).to_have_text("completed")
    await expect(page.locator(".answer")).to_contain_text("Bong Joon-ho")


async def test_a_question_is_watched_left_and_found_again(
    running: Browser, url: str, chat_server: ChatServer
) -> None:
    """The plan grows, a reload in the middle and a second visitor see all of it."""
    chat_server.hold(HELD)
    async with opened(running, url) as page:
        await ask(page)
        await asyncio.wait_for(chat_server.held.wait(), 60)
        await expect(page.locator(".running[data-id=d]")).to_contain_text("Bong Joon-ho")
        await expect(page.locator(".box.done")).to_have_count(4)
        await expect(page.locator(".waiting[data-id=e]")).to_contain_text("compare")
        await page.reload()
        await expect(page.locator(".running[data-id=d]")).to_contain_text("Bong Joon-ho")
        await expect(page.locator(".counts")).to_have_text("6 steps: 1 waiting, 1 running, 4 done")
        async with opened(running, url) as other:
            await other.get_by_role("link", name=QUESTION).click()
            await expect(other.locator(".running[data-id=d]")).to_contain_text("Bong Joon-ho")
            chat_server.release.set()
            await answered(page)
            await answered(other)
            await expect(other.locator(".box.done")).to_have_count(6)
        assert "Timeline: 6 calls" in str(await page.locator("canvas").get_attribute("aria-label"))


async def test_marks_open_their_passages_and_steps_what_they_did(
    running: Browser, url: str
) -> None:
    async with opened(running, url) as page:
        await ask(page)
        await answered(page)
        await page.locator(".cite").first.click()
        beside = page.get_by_role("complementary", name="Details")
        await expect(beside).to_contain_text("born on 14 September 1969 in Daegu")
        await expect(beside.locator(".verdict")).to_have_text("supported")
        await page.keyboard.press("Escape")
        await expect(beside).to_be_hidden()
        await expect(page.locator(".cite").first).to_be_focused()
        await page.locator(".box", has_text="Who directed Parasite?").click()
        await expect(beside).to_contain_text("Bong Joon-ho")
        await expect(beside.locator("blockquote").first).to_contain_text("directed by Bong")
        await beside.locator("summary", has_text="read").first.click()
        await expect(beside.locator("pre").first).to_contain_text("copied from the data")
        await page.get_by_role("button", name="Model calls of planner").click()
        await expect(beside.locator("summary", has_text="plan").first).to_be_visible()


async def test_the_keyboard_alone_does_it_all(running: Browser, url: str) -> None:
    async with opened(running, url) as page:
        await page.get_by_label("Question", exact=True).focus()
        await page.keyboard.type(QUESTION)
        await page.keyboard.press("Control+Enter")
        await answered(page)
        for _ in range(60):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement.matches('.box')"):
                break
        await expect(page.locator(".box:focus")).to_contain_text("start")
        await page.keyboard.press("ArrowDown")
        await expect(page.locator(".box:focus")).to_contain_text("Who directed Inception?")
        await page.keyboard.press("ArrowRight")
        await expect(page.locator(".box:focus")).to_contain_text("30 July 1970")
        await page.keyboard.press("End")
        await expect(page.locator(".box:focus")).to_contain_text("compare")
        await page.keyboard.press("Enter")
        await expect(page.locator("#aside h2")).to_contain_text("e: compare")
        await page.keyboard.press("Escape")
        await expect(page.locator(".box:focus")).to_contain_text("compare")


async def test_a_run_is_stopped(running: Browser, url: str, chat_server: ChatServer) -> None:
    chat_server.hold(HELD)
    async with opened(running, url) as page:
        await ask(page)
        await asyncio.wait_for(chat_server.held.wait(), 60)
        await page.get_by_role("button", name="Stop", exact=True).click()
        await expect(page.locator("p.row .state")).to_have_text("cancelled")
        await expect(page.get_by_role("button", name="Stop", exact=True)).to_be_hidden()
        await expect(page.locator(".box.running")).to_have_count(0)


async def test_an_answer_is_asked_on_and_the_two_are_compared(running: Browser, url: str) -> None:
    async with opened(running, url) as page:
        await ask(page)
        await answered(page)
        first = page.url
        await page.get_by_label("A question that follows").fill("When was Bong Joon-ho born?")
        await page.get_by_role("button", name="Ask on").click()
        await page.wait_for_url(lambda now: now != first)
        await expect(page.locator(".answer")).to_contain_text("14 September 1969")
        await page.get_by_role("link", name="an earlier run").click()
        await answered(page)
        assert page.url == first
        await page.goto(url)
        await page.get_by_label("Search questions").fill("NOTHING of this")
        await expect(page.locator(".runs")).to_contain_text("There are none")
        await page.get_by_label("Search questions").fill("born")
        await expect(page.locator(".runs a")).to_have_count(1)
        await page.get_by_label("Search questions").fill("")
        await expect(page.locator(".runs a")).to_have_count(2)
        for each in await page.get_by_role("checkbox").all():
            await each.check()
        await page.get_by_role("button", name="Compare the two").click()
        await expect(page.locator(".two .answer")).to_have_count(2)
        await expect(page.locator(".differs", has_text="Value")).to_contain_text("Bong Joon-ho")


async def test_every_format_is_downloaded(running: Browser, url: str, tmp_path: Path) -> None:
    beginnings = {"md": b"#", "html": b"<!doctype", "pdf": b"%PDF", "json": b"{", "bib": b"@"}
    async with opened(running, url) as page:
        await ask(page)
        await answered(page)
        named = ("Markdown", "Web page", "PDF", "Word", "JSON", "BibTeX")
        await expect(page.get_by_role("button", name="BibTeX")).to_be_visible()
        for name in named:
            async with page.expect_download() as coming:
                await page.get_by_role("button", name=name, exact=True).click()
            download = await coming.value
            ending = download.suggested_filename.rpartition(".")[2]
            file = tmp_path / download.suggested_filename
            await download.save_as(file)
            if ending == "docx":
                assert zipfile.is_zipfile(file)
            else:
                assert file.read_bytes().startswith(beginnings.pop(ending))
        assert not beginnings
        assert json.loads(next(tmp_path.glob("breadth-*.json")).read_text())["value"]


async def test_an_answer_is_shared_and_no_more(running: Browser, url: str) -> None:
    async with opened(running, url) as page:
        await ask(page)
        await answered(page)
        await page.get_by_role("button", name="Share by a link").click()
        shared = str(await page.locator("a[href^='/shared/']").inner_text())
        async with opened(running, shared) as other:
            await expect(other.locator("body")).to_contain_text("Bong Joon-ho is older")
            assert await other.locator("script").count() == 0
            await sound(other)
        await page.get_by_role("button", name="End the link").click()
        await expect(page.get_by_role("button", name="Share by a link")).to_be_visible()
        gone = await page.request.get(shared)
        assert gone.status == 404


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 820, 1400])
async def test_nothing_keeps_anybody_from_using_it(
    running: Browser, url: str, width: int, scheme: str
) -> None:
    """axe-core finds no serious fault, and nothing is wider than the screen."""
    size = {"width": width, "height": 800}
    async with opened(running, url, viewport=size, color_scheme=scheme) as page:
        await sound(page)
        await ask(page)
        await answered(page)
        await expect(page.get_by_role("button", name="BibTeX")).to_be_visible()
        await sound(page)
        await page.locator(".cite").first.click()
        await sound(page)
        await page.locator(".box").nth(2).click()
        await expect(page.locator("#aside blockquote").first).to_be_visible()
        await sound(page)
        run = page.url.rpartition("/")[2]
        await page.goto(f"{url}#/compare/{run}/{run}")
        await expect(page.locator(".two .answer")).to_have_count(2)
        await sound(page)


@pytest.mark.parametrize("width", [360, 1400])
async def test_a_step_that_reasoned_shows_its_candidates_and_what_proves_its_value(
    running: Browser, url: str, chat_server: ChatServer, width: int
) -> None:
    chat_server.reply = lambda asked: "Bong Joon-ho made it.\nAnswer: Bong"
    async with AsyncOpenAI(base_url=f"{url}v1", api_key="none", max_retries=0) as client:
        made = await client.responses.create(
            model="breadth:best-of(2, vote(2))", input="Who directed Parasite?"
        )
    size = {"width": width, "height": 800}
    async with opened(running, url, viewport=size) as page:
        await page.goto(f"{url}#/run/{made.id.removeprefix('resp_')}")
        await page.locator(".box[data-id=a]").click()
        beside = page.get_by_role("complementary", name="Details")
        await expect(beside.locator(".candidates li")).to_have_count(6)
        chosen = beside.locator(".candidates .chosen", has_text="score")
        await expect(chosen).to_have_count(1)
        await expect(chosen.locator("summary > span").first).to_have_css("font-weight", "600")
        await expect(chosen.locator("summary > .quiet")).to_have_css("font-weight", "400")
        await chosen.locator("summary").click()
        await expect(chosen.locator("pre")).to_contain_text("Bong Joon-ho made it.")
        proofs = beside.locator("figcaption", has_text="proves it")
        await expect(proofs).to_have_count(1)
        await expect(proofs).to_contain_text("Reasoning by best-of(2, vote(2))")
        await expect(beside.locator("figcaption", has_text="was read")).to_have_count(2)
        await sound(page)


async def sound(page: Page) -> None:
    results = await Axe().run(page)
    serious = [
        f"{found['id']}: {found['help']}: {[node['html'] for node in found['nodes']][:3]}"
        for found in results.response["violations"]
        if found["impact"] in ("serious", "critical")
    ]
    assert not serious, "\n".join(serious)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
