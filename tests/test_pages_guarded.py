"""The web page among the hostile: words that would be more, keys, other pages, other files."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from asked_front import Service, ending, serving_api, working
from browsing import needs_browser
from paged import browser, opened
from playwright.async_api import Browser, Page, expect
from trace_store import model_called

from inference import Completion, Message, Request, Sample, Usage
from planner import (
    Answer,
    AnswerWritten,
    Decided,
    Done,
    Failed,
    RunEnded,
    RunStarted,
    Section,
    Sentence,
    Step,
    StepAdded,
    StepEnded,
    StepStarted,
    Table,
)
from search import Passage, Source
from service.pages import shell
from storage import Asker

EVIL = (
    '"><img src=x onerror="window.harmed=1"><script>window.harmed=1</script>'
    "<svg onload=window.harmed=1> {{7*7}} ${window.harmed=1} \u202egnp.exe"
)
FAILED = ("error: Failed to load resource: the server responded with a status of 404",)
SCHEMES = ("javascript:window.harmed=1", "data:text/html,<script>1</script>", "file:///etc/passwd")


@pytest.fixture
async def running() -> AsyncIterator[Browser]:
    async with browser() as made:
        yield made


def hostile() -> tuple[Any, ...]:
    """A run whose every word is somebody else's."""
    passages = tuple(
        Passage(Source(place, EVIL, "text/html", str(n) * 64), 0, 9, EVIL, EVIL)
        for n, place in enumerate((*SCHEMES, "https://user:secret@example.org/", f"https://{EVIL}"))
    )
    cited = Sentence(EVIL, tuple(range(1, len(passages) + 1)), "partly")
    table = Table((EVIL, EVIL), ((cited, Sentence(EVIL)),))
    request = Request((Message("system", EVIL), Message("user", EVIL)), purpose=EVIL)
    completion = Completion((Sample(EVIL, "stop"),), Usage(1, 1, 0))
    step = Step("a", "lookup", {"question": EVIL, EVIL: EVIL})
    return (
        RunStarted(EVIL),
        StepAdded(step, 1, EVIL),
        StepAdded(Step("b", "lookup", {"question": EVIL}), 1, "planner"),
        StepStarted("a", step.arguments),
        model_called(request=request, completion=completion, error=EVIL, model=EVIL),
        StepEnded("a", Done({EVIL: EVIL}, passages, passages)),
        StepEnded("b", Failed(EVIL)),
        Decided(EVIL, EVIL),
        AnswerWritten(Answer(EVIL, (cited,), passages, EVIL, (Section(EVIL, (cited,), table),))),
        RunEnded("incomplete", EVIL),
    )


async def unharmed(page: Page) -> None:
    assert await page.evaluate("window.harmed") is None
    assert await page.locator("main script, aside script, img, main svg[onload]").count() == 0
    links = await page.evaluate("[...document.querySelectorAll('[href]')].map(a => a.href)")
    assert all(link.startswith(("http://", "https://")) for link in links), links
    assert not any("secret" in link for link in links)


@needs_browser
async def test_hostile_words_are_words(running: Browser, tmp_path: Path) -> None:
    async with serving_api(tmp_path, share=True) as service:
        run = await service.front.store.create_run(EVIL, {"effort": EVIL}, Asker())
        await service.front.play(run, *hostile())
        async with opened(running, f"{service.url}/", allowed=FAILED) as page:
            await expect(page.locator(".runs")).to_contain_text("onerror")
            await unharmed(page)
            await page.goto(f"{service.url}/#/run/{run}")
            await expect(page.locator(".answer")).to_contain_text("window.harmed")
            await page.locator("summary", has_text="Decisions").click()
            await expect(page.locator(".decisions")).to_contain_text("window.harmed")
            await page.locator(".cite").first.click()
            await expect(page.locator("aside blockquote")).to_contain_text("window.harmed")
            await unharmed(page)
            await page.locator("[data-id=a]").click()
            await page.locator("aside summary").click()
            await expect(page.locator("aside pre").first).to_contain_text("window.harmed")
            await unharmed(page)
            await page.goto(f"{service.url}/#/compare/{run}/{run}")
            await expect(page.locator(".two .answer")).to_have_count(2)
            await unharmed(page)
            for path in (EVIL, "run/%", "run/%00", "compare/a", "run/../../x"):
                await page.evaluate("path => { location.hash = '#/' + path }", path)
            await page.goto(f"{service.url}/#/run/{run}")
            await expect(page.locator(".answer")).to_contain_text("window.harmed")


@needs_browser
async def test_the_policy_stops_what_gets_in_all_the_same(running: Browser, tmp_path: Path) -> None:
    refused = ("error: ", "warning: ")
    async with (
        serving_api(tmp_path) as service,
        opened(running, f"{service.url}/", allowed=refused) as page,
    ):
        await page.evaluate(
            """() => {
                const script = document.createElement("script");
                script.append("window.harmed = 1");
                document.body.append(script);
            }"""
        )
        html = "() => { try { document.body.innerHTML = '<p>x'; return 1 } catch { return 0 } }"
        assert await page.evaluate(html) == 0
        fetched = "fetch('https://example.org/').then(() => 1, () => 0)"
        assert await page.evaluate(fetched) == 0
        assert await page.evaluate("window.harmed") is None


@needs_browser
async def test_a_key_is_asked_for_kept_in_the_tab_and_seen_by_nobody_else(
    running: Browser, tmp_path: Path
) -> None:
    async with serving_api(tmp_path, access="keys") as service:
        _, ann = await service.front.store.keys.create("ann", "ann")
        _, bob = await service.front.store.keys.create("bob", "bob")
        run = await service.front.store.create_run("Ann's question?", {}, Asker("ann"))
        await service.front.play(run, *working(), *ending())
        failed = "error: Failed to load resource: the server responded with a status of "
        unknown = (f"{failed}401", f"{failed}404")
        async with opened(running, f"{service.url}/#/run/{run}", allowed=unknown) as page:
            await given(page, "wrong")
            await expect(page.get_by_role("alert")).to_contain_text("does not know this key")
            await given(page, bob)
            await expect(page.get_by_role("alert")).to_contain_text("no run")
            await page.get_by_role("button", name="Forget the key").click()
            await given(page, ann)
            await expect(page.locator(".answer")).to_contain_text("It is of 2018.")
            await page.reload()
            await expect(page.locator(".answer")).to_contain_text("It is of 2018.")
            assert await page.context.cookies() == []
            assert await page.evaluate("JSON.stringify(localStorage)") == "{}"
            assert ann not in await page.content()
            assert ann not in page.url
            beside = await page.context.new_page()
            await beside.goto(f"{service.url}/#/run/{run}")
            await expect(beside.get_by_label("Key", exact=True)).to_be_visible()


async def given(page: Page, key: str) -> None:
    await page.get_by_label("Key", exact=True).fill(key)
    await page.get_by_role("button", name="Go on").click()


async def test_no_page_of_another_origin_asks_in_the_visitors_name(tmp_path: Path) -> None:
    """There is no cookie: what a browser sends by itself opens nothing."""
    async with serving_api(tmp_path, access="keys") as service:
        for heads in ({}, {"Origin": service.url}, {"Cookie": "breadth-key=bk_x"}):
            async with service.http.post(
                "/v1/responses", json={"input": "Who?"}, headers=heads
            ) as no:
                assert no.status == 401
                assert "Set-Cookie" not in no.headers
        crossing = {"Origin": "https://bad.example"}
        async with service.http.get("/", headers=crossing) as refused:
            assert refused.status == 403


async def test_the_page_and_its_files_are_all_that_there_is(tmp_path: Path) -> None:
    async with serving_api(tmp_path, access="keys", share=True, search="wikipedia") as service:
        async with service.http.get("/") as answer:
            page = await answer.text()
            policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert {f"data-{name}" for name in ("models", "searches", "shares")} <= set(
            re.findall(r"data-\w+", page)
        )
        files = set(re.findall(r'(?:src|href)="(/pages/[^"]+)"', page))
        named = {f"/pages/{name}" for name in shell._files()}
        assert files <= named
        for path in named:
            async with service.http.get(path) as answer:
                tag, text = answer.headers["ETag"], await answer.text()
                assert answer.status == 200
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
            for found in re.findall(r'from "\./([\w.]+)"', text):
                assert f"/pages/{found}" in named
            async with service.http.get(path, headers={"If-None-Match": tag}) as answer:
                assert answer.status == 304
        for name in ("page.html", "shell.py", "..%2Fshell.py", "%2e%2e/shell.py", "", "x", "%00"):
            async with service.http.get(f"/pages/{name}") as answer:
                assert answer.status in (401, 404), name


def test_no_script_writes_html_or_asks_for_more_than_paths_of_the_service() -> None:
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|"
        r"https?://(?!www\.w3\.org/2000/svg)|localStorage|document\.cookie"
    )
    for name, (data, _, _) in shell._files().items():
        text = data.decode()
        if name.endswith(".js"):
            assert not forbidden.search(text), name
            assert len(text.splitlines()) < 400, name


async def test_a_service_that_shares_nothing_says_so_to_the_page(tmp_path: Path) -> None:
    async with serving_api(tmp_path) as service, service.http.get("/") as answer:
        assert 'data-shares="no"' in await answer.text()
        assert isinstance(service, Service)
