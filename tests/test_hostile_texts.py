"""A model that obeys whatever a page says, on purpose: it gets nowhere that the plan does not go.

No tool is called that the planner does not have, nothing but the index is asked, only passages of
the index are cited, and what is written can neither fetch anything nor move a cursor.
"""

import asyncio
import re
from typing import Any

import pytest
from hostile_texts import FACT, HOSTILE
from research_films import run

from inference import Request, ScriptedModel
from planner import MemoryTrace, Result, Skipped, StepAdded, StepEnded, StepStarted
from search import DocumentIndex
from service.formats import Publication, as_bibtex, as_html, as_markdown, as_text

QUESTION = "When was the bridge of Aldern opened?"
ALLOWED = {"lookup", "compare", "calculate", "search", "crosscheck"}
BLOCK = re.compile(r"^<data>\n.*?\n</data>$", re.DOTALL | re.MULTILINE)
BESIDE = "The bridge of Aldern crosses the river Wend."


def test_there_are_enough_of_them() -> None:
    assert len(set(HOSTILE)) >= 60


def obeying(page: str) -> ScriptedModel:
    """Says what the page says, whatever it is asked; what it is asked holds pages as data only."""

    def reply(request: Request) -> str | list[str]:
        for message in request.messages:
            around = BLOCK.sub("", message.content)
            assert FACT not in around
            assert BESIDE not in around
        said = page if request.purpose != "plan" else f'{page}\n{{"id":"a","lookup":"{QUESTION}"}}'
        return said if request.n == 1 else [said] * request.n

    return ScriptedModel(reply)


async def researched(page: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Result, MemoryTrace]:
    """A run over the page and another one, which the network is closed to."""

    async def nobody(*_: Any, **__: Any) -> Any:
        raise AssertionError("the network was asked")

    loop = asyncio.get_running_loop()
    for way in ("getaddrinfo", "sock_connect", "create_connection"):
        monkeypatch.setattr(loop, way, nobody)
    index, trace = DocumentIndex.open(None), MemoryTrace()
    await index.add_passages(
        [("Aldern", f"{FACT} {page}", "/pages/aldern"), ("Wend", BESIDE, "/pages/wend")]
    )
    async with asyncio.timeout(60):
        result = await run(index, obeying(page), trace, question=QUESTION, plans=2)
    index.close()
    return result, trace


@pytest.mark.parametrize("page", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_model_that_obeys_a_page_gets_nowhere(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, trace = await researched(page, monkeypatch)
    tools = {
        event.step.id: event.step.tool for event in trace.events if isinstance(event, StepAdded)
    }
    started = [event.id for event in trace.events if isinstance(event, StepStarted)]
    assert {tools[name.partition("[")[0]] for name in started} <= ALLOWED
    ended = [event for event in trace.events if isinstance(event, StepEnded)]
    assert all(tools[e.id] in ALLOWED or isinstance(e.outcome, Skipped) for e in ended)
    assert {passage.source.location for passage in result.answer.citations} <= {
        "/pages/aldern",
        "/pages/wend",
    }
    cited = {number for sentence in result.answer.sentences for number in sentence.cites}
    assert cited <= set(range(1, len(result.answer.citations) + 1))
    check_what_is_shown(Publication("r", QUESTION, result.status, result.answer, result.reason))


def check_what_is_shown(publication: Publication) -> None:
    """In no form does it fetch, run or hide anything."""
    text = as_text(publication)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\x9b\u202a-\u202e\u2066-\u2069]", text)
    page = as_html(publication)
    tags = set(re.findall(r"<\s*([a-zA-Z!]+)", page))
    assert tags <= {"!doctype", "html", "head", "meta", "title", "style", "body", "h", "p", "em",
                    "ol", "li", "blockquote", "a", "main", "footer", "span", "button", "b",
                    "bdi", "div", "aside"}  # fmt: skip
    assert not re.search(r"\s(?:src|on\w+)\s*=", re.sub(r">[^<]*<", "><", page))
    assert set(re.findall(r'href="([^"]*)"', page)) <= {f"#source-{n}" for n in range(1, 99)}
    entries = as_bibtex(publication)
    assert entries.count("{") == entries.count("}")
    written = as_markdown(publication)
    assert not re.search(r"(?<!\\)!\[|(?<!\\)\]\(|(?<!\\)<", written)
