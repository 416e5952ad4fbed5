"""Addresses that must not be fetched, as a plan may name them: the step fails, the run goes on."""

import gzip

import pytest
from aiohttp import web
from test_web import served

from inference import ScriptedModel
from planner import MemoryTrace, Plan, ResearchSettings, Step, StepEnded, Toolbox, research
from search import ByAddress, DocumentIndex, WebClient, WebPages, WebSettings
from tools import Calculate, Read

ADDRESSES = (
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:127.0.0.1]/",
    "http://2130706433/",
    "http://0x7f.1/",
    "HTTP://127.0.0.1/",
    "file:///etc/passwd",
    "/srv/secret.pdf",
    "/etc/passwd",
)


async def outcomes(locations: tuple[str, ...], web_settings: WebSettings) -> dict[str, str]:
    """How the reading of each ended, in a run whose last step works something out."""
    index, trace = DocumentIndex.open(None), MemoryTrace()
    steps = [Step(f"s{n}", "read", {"location": at}) for n, at in enumerate(locations)]
    async with WebClient(web_settings) as client:
        reader = ByAddress(WebPages(client), index)
        result = await research(
            "What is 12% of 340?",
            model=ScriptedModel([]),
            toolbox=lambda model: Toolbox((Read(reader), Calculate()), planned=("calculate",)),
            trace=trace,
            settings=ResearchSettings(plan_samples=1),
            plan=Plan((*steps, Step("sum", "calculate", {"expression": "12% of 340"}))),
        )
    index.close()
    assert result.answer.value == "40.8"
    ended = [event for event in trace.events if isinstance(event, StepEnded)]
    return {event.id: str(event.outcome) for event in ended}


async def test_reported_fault_r9_what_must_not_be_fetched_fails_its_step_alone() -> None:
    ended = await outcomes(ADDRESSES, WebSettings())
    for number, address in enumerate(ADDRESSES):
        assert ended[f"s{number}"].startswith("Failed("), (address, ended)
    assert "root:" not in str(ended)


@pytest.mark.parametrize("at", ["http://10.0.0.1/", "file:///etc/passwd"])
async def test_reported_fault_r9_a_redirect_inside_is_refused(at: str) -> None:
    async def elsewhere(request: web.Request) -> web.Response:
        raise web.HTTPFound(at)

    async with served(elsewhere) as url:
        host = url.split("/")[2]
        ended = await outcomes((url,), WebSettings(allow_hosts=frozenset({host})))
    assert ended["s0"].startswith("Failed(")


BOMB = gzip.compress(bytes(64 * 2**20))


@pytest.mark.parametrize(
    ("coding", "reason"), [("gzip", "more than 1 MiB"), ("compress", "packed")]
)
async def test_reported_fault_r9_a_bomb_is_cut_at_the_cap(coding: str, reason: str) -> None:
    async def explode(request: web.Request) -> web.Response:
        return web.Response(body=BOMB, headers={"Content-Encoding": coding})

    async with served(explode) as url:
        host = url.split("/")[2]
        settings = WebSettings(allow_hosts=frozenset({host}), most_bytes=2**20)
        ended = await outcomes((url,), settings)
    assert reason in ended["s0"]
