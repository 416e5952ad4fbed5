"""The page in a real browser: its passages by pointer, keyboard and touch, and on paper."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pypdfium2
from browsing import PROGRAM, needs_browser
from playwright.async_api import async_playwright
from publications import TEXTS, report_in

from service.formats import as_html

pytestmark = needs_browser
SENTENCE = TEXTS["en"][0]


@asynccontextmanager
async def opened(folder: Path, **looks: Any) -> AsyncIterator[Any]:
    """The page, and nothing that it complains about or asks for."""
    file = folder / "page.html"
    file.write_text(as_html(report_in("en")), encoding="utf-8")
    told: list[str] = []
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        page = await (await browser.new_context(**looks)).new_page()
        page.on("console", lambda said: told.append(said.text))
        page.on("request", lambda asked: told.append(asked.url))
        await page.goto(file.as_uri())
        yield page
        await browser.close()
    assert told == [file.as_uri()]


async def test_a_passage_is_reached_by_pointer_and_by_keyboard(tmp_path: Path) -> None:
    async with opened(tmp_path) as page:
        tips = page.locator(".tip")
        assert not await tips.nth(0).is_visible()
        await page.locator(".mark").nth(0).hover()
        assert SENTENCE in await tips.nth(0).inner_text()
        await page.mouse.move(0, 0)
        assert not await tips.nth(0).is_visible()
        await page.keyboard.press("Tab")
        assert await tips.nth(0).is_visible()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert page.url.endswith("#source-1")


async def test_a_passage_is_reached_by_touch_and_fits_a_phone(tmp_path: Path) -> None:
    phone = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
    async with opened(tmp_path, **phone) as page:
        await page.locator(".mark").nth(1).tap()
        box = await page.locator(".tip").nth(1).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360


async def test_paper_has_the_passages_once_and_no_boxes(tmp_path: Path) -> None:
    async with opened(tmp_path) as page:
        await page.locator(".mark").nth(0).hover()
        printed = pypdfium2.PdfDocument(await page.pdf(format="A4"))
    shown = "".join(one.get_textpage().get_text_range() for one in printed)
    assert "Source, characters" not in shown
    assert "characters 0-40" in shown
    assert abs(printed[0].get_width() - 595) < 2
