"""The web page of a run of two thousand steps, and of one whose connection breaks."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from asked_front import FOUND, Service, ending, serving_api, working
from browsing import needs_browser
from paged import browser, opened
from playwright.async_api import Browser, Page, expect
from trace_store import START

from planner import (
    Done,
    Event,
    Failed,
    PhaseStarted,
    RunStarted,
    Step,
    StepAdded,
    StepEnded,
    StepStarted,
    Within,
)
from storage.recording import write_event
from tests.transactions import writing

pytestmark = needs_browser
STEPS = 2000
FAILED = ("error: Failed to load resource",)
HALT = 1000
"""Milliseconds of work at a stretch that a person notices as a halt, on a machine with other work;
an idle one needs less than a hundred."""
WATCH = """() => {
    window.frames_ = [];
    window.own = [];
    let last = performance.now();
    const next = (now) => { frames_.push(now - last); last = now; requestAnimationFrame(next); };
    requestAnimationFrame(next);
    new PerformanceObserver((list) => own.push(...list.getEntries().map((e) => e.duration)))
        .observe({ type: "longtask", buffered: true });
}"""


@pytest.fixture
async def running() -> AsyncIterator[Browser]:
    async with browser() as made:
        yield made


def plain(steps: int) -> Iterator[Event]:
    """A net, fifty wide: each step waits for two of the row before."""
    for number in range(steps):
        row, place = divmod(number, 50)
        before = [f"s{(row - 1) * 50 + (place + more) % 50}" for more in (0, 1)] if row else []
        question = f"What is number {number}" + "".join(f" of {{{each}}}" for each in before)
        yield StepAdded(Step(f"s{number}", "lookup", {"question": question}), 1, "planner")
    for number in range(steps):
        yield StepStarted(f"s{number}", {"question": f"What is number {number}?"})
        outcome = Failed("not found") if number % 97 == 0 else Done(f"value {number}", (FOUND,))
        yield StepEnded(f"s{number}", outcome)


def nested(elements: int) -> Iterator[Event]:
    """A step for each of a list, each element a plan of its own."""
    yield StepAdded(Step("l", "lookup", {"question": "Which films?"}), 1, "planner")
    yield StepEnded("l", Done([f"film {number}" for number in range(elements)]))
    each = Step("b", "research", {"question": "Who directed {item}?"}, for_each="l")
    yield StepAdded(each, 1, "planner")
    inner = Step("x", "lookup", {"question": "Who?"})
    for number in range(elements):
        call = f"b[{number}]"
        yield StepStarted(call, {"question": f"Who directed film {number}?"})
        yield Within(call, StepAdded(inner, 1, "planner"))
        yield Within(call, StepStarted("x", inner.arguments))
        yield Within(call, StepEnded("x", Done("Somebody")))
        yield StepEnded(call, Done("Somebody"))


async def made(service: Service, *events: Event) -> str:
    """All in one transaction."""
    run = await service.front.store.create_run("How many are there?", {})
    async with writing(service.front.store) as connection:
        for event in events:
            await write_event(connection, run, event, START)
    return run


async def frames(page: Page) -> tuple[float, float]:
    """The longest one, and the longest that the page itself was busy, in milliseconds."""
    longest: Any = await page.evaluate("[Math.max(...frames_), Math.max(0, ...own)]")
    return longest[0], longest[1]


async def test_two_thousand_steps_come_and_are_looked_through_without_a_halt(
    running: Browser, tmp_path: Path, record_property: Any
) -> None:
    async with serving_api(tmp_path) as service:
        run = await made(service, RunStarted("?"), PhaseStarted("gather", 1), *plain(STEPS))
        async with opened(running, service.url, begins=False) as page:
            await page.add_init_script(f"({WATCH})()")
            await page.goto(f"{service.url}/#/run/{run}")
            await expect(page.locator(".counts")).to_contain_text(
                "1,979 done, 21 failed", timeout=60_000
            )
            assert await page.locator(".node").count() < 150
            await page.locator(".plan").evaluate(
                """async (plan) => {
                    for (let place = 0; place < 60; place += 1) {
                        plan.scrollTop += 60;
                        plan.scrollLeft += 180;
                        await new Promise(requestAnimationFrame);
                    }
                }"""
            )
            await page.locator(".box").first.focus()
            await page.keyboard.press("End")
            await expect(page.locator(".box:focus")).to_contain_text(f"s{STEPS - 1}")
            await page.get_by_role("button", name="List").click()
            await page.keyboard.press("Shift+Tab")
            more = [
                event
                for number in range(STEPS, STEPS + 100)
                for event in (
                    StepAdded(Step(f"s{number}", "lookup", {"question": "?"}), 2, "reflect"),
                    StepStarted(f"s{number}", {"question": "?"}),
                )
            ]
            async with service.front.changed:
                async with writing(service.front.store) as connection:
                    for event in more:
                        await write_event(connection, run, event, START)
                service.front.changed.notify_all()
            await expect(page.locator(".counts")).to_contain_text("100 running")
            longest, own = await frames(page)
            record_property("longest_frame_ms", longest)
            record_property("longest_task_ms", own)
            assert own < HALT


async def test_elements_and_plans_of_theirs_are_one_box_until_it_is_opened(
    running: Browser, tmp_path: Path
) -> None:
    async with serving_api(tmp_path) as service:
        run = await made(service, RunStarted("?"), *nested(600))
        async with opened(running, f"{service.url}/#/run/{run}") as page:
            await expect(page.locator(".node")).to_have_count(2)
            toggle = page.get_by_role("button", name="1,200 parts of b: 1,200 done")
            await expect(toggle).to_have_attribute("aria-expanded", "false")
            await toggle.click()
            await expect(page.locator("[data-id='b[3]']")).to_contain_text("Who directed film 3?")
            assert await page.locator(".node").count() < 150
            await page.locator("[data-id='b[0]'] + .toggle").click()
            await expect(page.locator("[data-id='b[0]/x']")).to_contain_text("Somebody")
            await page.locator("[data-id='b[0]/x']").click()
            await expect(page.locator("aside")).to_contain_text("Somebody")
        run = await made(service, RunStarted("?"), *nested(5))
        async with opened(running, f"{service.url}/#/run/{run}") as page:
            await expect(page.locator(".node")).to_have_count(12)


async def test_a_page_that_nobody_sees_lets_go_and_catches_up(
    running: Browser, tmp_path: Path
) -> None:
    turn = """(hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    async with (
        serving_api(tmp_path, ping=0.1) as service,
        opened(running, service.url, begins=False) as page,
    ):
        await page.clock.install()
        run = await made(service, *working())
        async with page.expect_event("requestfailed") as gone:
            await page.goto(f"{service.url}/#/run/{run}")
            await expect(page.locator(".box.done")).to_have_count(1)
            await page.evaluate(turn, True)
            await page.clock.fast_forward(21_000)
        assert (await gone.value).url.endswith("/events")
        await service.front.play(run, *ending())
        await expect(page.locator("p.row .state")).to_have_text("running")
        async with page.expect_request("**/events") as again:
            await page.evaluate(turn, False)
        assert (await again.value).headers["last-event-id"] == "5"
        await expect(page.locator("p.row .state")).to_have_text("completed")
        await expect(page.locator(".note").first).to_be_hidden()


async def test_a_lost_connection_goes_on_behind_the_last_event(
    running: Browser, tmp_path: Path
) -> None:
    """Requests for events break off twice; each event is told once."""
    asked: list[str | None] = []
    gate = asyncio.Event()

    async with (
        serving_api(tmp_path, ping=0.1) as service,
        opened(running, service.url, begins=False, allowed=FAILED) as page,
    ):
        run = await made(service, *working())

        async def broken(route: Any) -> None:
            asked.append(await route.request.header_value("Last-Event-ID"))
            if len(asked) == 1:
                answer = await service.http.get(f"/v1/runs/{run}/events", timeout=None)
                beginning = await answer.content.readuntil(b"\n\n")
                answer.close()
                heads = {"Content-Type": "text/event-stream"}
                await route.fulfill(body=beginning, headers=heads)
            elif len(asked) == 2:
                await route.abort()
            else:
                await gate.wait()
                await route.continue_()

        await page.route("**/events", broken)
        await page.goto(f"{service.url}/#/run/{run}")
        await expect(page.locator(".note").first).to_be_visible()
        gate.set()
        await expect(page.locator(".box.done")).to_have_count(1)
        await service.front.play(run, *ending())
        await expect(page.locator("p.row .state")).to_have_text("completed")
        await expect(page.locator(".note").first).to_be_hidden()
        assert asked == [None, "1", "1"]
