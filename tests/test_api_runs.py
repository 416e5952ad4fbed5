"""Runs over the interface: lists, whole runs, their events, and stopping them."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from asked_front import ANSWER, STEP, TEXT, USER, Service, ending, serving_api, working
from trace_store import model_called

from planner import Done, RunEnded, RunStarted, StepEnded
from storage import Asker


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with serving_api(tmp_path) as served:
        yield served


async def made(service: Service, *events: Any, user: str = "", **options: Any) -> str:
    run = await service.front.store.create_run("Who directed Roma?", options, Asker(user=user))
    await service.front.play(run, *events)
    return run


async def got(service: Service, path: str, status: int = 200, **heads: str) -> Any:
    async with service.http.get(path, headers=heads) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


def events_of(text: str) -> list[tuple[str | None, str, Any]]:
    """Id, event and data of each."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line[1:])
        if lines:
            found.append((lines.get("id"), lines["event"], json.loads(lines["data"])))
    return found


async def test_runs_are_listed_from_the_newest_and_page_by_page(service: Service) -> None:
    ids = [await made(service) for _ in range(5)]
    ids.reverse()
    first = await got(service, "/v1/runs?limit=2")
    assert first["object"] == "list"
    assert [run["id"] for run in first["data"]] == ids[:2] == [first["first_id"], first["last_id"]]
    assert first["has_more"] is True
    second = await got(service, f"/v1/runs?limit=3&before={first['last_id']}")
    assert [run["id"] for run in second["data"]] == ids[2:]
    assert second["has_more"] is False
    assert (await got(service, f"/v1/runs?before={ids[-1]}"))["data"] == []


async def test_a_list_is_of_one_status_where_that_is_asked_for(service: Service) -> None:
    await made(service)
    done = await made(service, *working(), *ending())
    listed = await got(service, "/v1/runs?status=completed")
    assert [run["id"] for run in listed["data"]] == [done]
    assert listed["data"][0]["value"] == "Alfonso Cuarón"
    assert listed["data"][0]["status"] == "completed"


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("status=lost", "status"),
    ],
)
async def test_a_wrong_query_is_named(service: Service, query: str, param: str) -> None:
    error = (await got(service, f"/v1/runs?{query}", 400))["error"]
    assert error["param"] == param


async def test_a_run_is_shown_with_all_that_was_done_for_it(service: Service) -> None:
    run = await made(
        service,
        *working(),
        model_called(cost=0.25),
        *ending(),
        effort="low",
        base_url="http://inside:8000/v1",
        documents=["/srv/films"],
        model="/models/small.gguf",
    )
    shown = await got(service, f"/v1/runs/{run}")
    assert shown["object"] == "run"
    assert shown["usage"] == {
        "model_calls": 1,
        "prompt_tokens": 30,
        "cached_tokens": 20,
        "completion_tokens": 5,
        "total_tokens": 35,
        "cost": 0.25,
    }
    answer = shown["answer"]
    assert answer["text"] == TEXT
    assert answer["claims"] == [
        {"text": each.text, "verdict": each.verdict, "citations": list(each.cites)}
        for each in ANSWER.sentences
    ]
    assert [cited["url"] for cited in answer["citations"]] == [
        "https://example.org/roma",
        "roma.md",
    ]
    spans = [TEXT[mark["start_index"] : mark["end_index"]] for mark in answer["marks"]]
    assert spans == ["[1]", "[2]", "[2]"]
    assert [step["id"] for step in shown["steps"]] == ["a"]
    assert shown["steps"][0]["arguments"] == {"question": "Who directed roma.md?"}
    assert shown["calls"][0]["value"] == "Alfonso Cuarón"
    passages = {passage["id"]: passage["text"] for passage in shown["passages"]}
    assert [passages[each] for each in shown["calls"][0]["proof"]] == ["Cuarón directed Roma."]
    assert {source["url"] for source in shown["sources"]} == {
        "https://example.org/roma",
        "roma.md",
    }
    assert shown["options"] == {"effort": "low"}
    assert shown["model_calls"] is None
    assert not any(hidden in json.dumps(shown) for hidden in ("/srv", "inside", "/models"))


async def test_prompts_are_told_to_those_who_ask_for_them(service: Service) -> None:
    run = await made(service, *working(), model_called(), *ending())
    shown = await got(service, f"/v1/runs/{run}?include=model_calls")
    (call,) = shown["model_calls"]
    assert call["request"]["messages"][1] == {"role": "user", "content": "Who?"}
    assert "endpoints" not in call
    error = (await got(service, f"/v1/runs/{run}?include=keys", 400))["error"]
    assert error["param"] == "include"


async def test_a_run_without_an_answer_is_shown_without_one(service: Service) -> None:
    run = await made(service, RunStarted("Who?"), RunEnded("failed", "cannot read /srv/a/b.pdf"))
    shown = await got(service, f"/v1/runs/{run}")
    assert (shown["status"], shown["answer"], shown["value"]) == ("failed", None, None)


async def test_a_run_is_found_by_the_id_of_its_response(service: Service) -> None:
    run = await made(service)
    for name in (run, f"resp_{run}", f"chatcmpl-{run}"):
        assert (await got(service, f"/v1/runs/{name}"))["id"] == run


async def test_words_of_any_characters_are_shown(service: Service) -> None:
    await made(service)
    run = await made(service, RunStarted("x"), RunEnded("failed", "\x00\ud800 and \udc00"))
    assert (await got(service, f"/v1/runs/{run}"))["reason"] == "\x00\ud800 and \udc00"
    assert (await got(service, "/v1/runs?limit=1"))["data"][0]["id"] == run


@pytest.mark.parametrize("path", ["", "/events", "/cancel"])
async def test_what_is_another_users_is_not_there(service: Service, path: str) -> None:
    run = await made(service, user="ann")
    ask = service.http.post if path == "/cancel" else service.http.get
    async with ask(f"/v1/runs/{run}{path}", headers={USER: "bob"}) as answer:
        assert answer.status == 404
        assert (await answer.json())["error"]["code"] == "not_found"
    assert (await got(service, "/v1/runs", **{USER: "bob"}))["data"] == []
    assert len((await got(service, "/v1/runs", **{USER: "ann"}))["data"]) == 1


@pytest.mark.parametrize("name", ["nothing", "%00", "%ff", "..", "a%2Fb", "x" * 3000, "🎬"])
async def test_a_run_that_is_not_there_is_not_found(service: Service, name: str) -> None:
    async with service.http.get(f"/v1/runs/{name}/events") as answer:
        assert answer.status == 404


async def test_events_are_told_with_their_numbers_and_then_the_end(service: Service) -> None:
    run = await made(service, *working(), *ending())
    async with service.http.get(f"/v1/runs/{run}/events") as answer:
        assert answer.content_type == "text/event-stream"
        events = events_of(await answer.text())
    log = await service.front.store.log(run)
    assert [event[:2] for event in events[:-1]] == [(str(e.seq), e.kind) for e in log]
    assert events[-1] == (None, "end", {"run": run, "status": "completed"})
    ended = events[4][2]
    assert ended["value"] == "Alfonso Cuarón"
    assert [source["url"] for source in ended["sources"]] == ["https://example.org/roma", "roma.md"]


@pytest.mark.parametrize("by", ["query", "header"])
async def test_whoever_comes_back_gets_what_is_missing_and_the_same(
    service: Service, by: str
) -> None:
    again = StepEnded("b", Done("see /srv/films/deep/roma.md"))
    run = await made(service, *working(), again, *ending())
    path = f"/v1/runs/{run}/events"
    async with service.http.get(path) as answer:
        whole = events_of(await answer.text())
    query = "?after=5" if by == "query" else ""
    heads = {"Last-Event-ID": "5"} if by == "header" else {}
    async with service.http.get(path + query, headers=heads) as answer:
        rest = events_of(await answer.text())
    assert rest == whole[5:]
    assert "/srv" not in json.dumps(rest)


@pytest.mark.parametrize(
    ("query", "header"), [("?after=-1", ""), ("?after=x", ""), ("", "x"), ("", "9" * 5000)]
)
async def test_a_place_that_is_none_is_refused(service: Service, query: str, header: str) -> None:
    run = await made(service)
    heads = {"Last-Event-ID": header} if header else {}
    await got(service, f"/v1/runs/{run}/events{query}", 400, **heads)


async def test_events_of_a_run_that_works_come_as_they_happen(tmp_path: Path) -> None:
    async with serving_api(tmp_path, ping=0.01) as service:
        run = await made(service, RunStarted("Who?"))
        async with service.http.get(f"/v1/runs/{run}/events") as answer:
            assert await answer.content.readline() == b"id: 1\n"
            while await answer.content.readline() != b": ping\n":
                pass
            await service.front.play(run, *ending())
            events = events_of((await answer.read()).decode())
    assert [event[1] for event in events] == ["answer_written", "run_ended", "end"]


async def test_whoever_leaves_a_stream_of_events_stops_nothing(service: Service) -> None:
    run = await made(service, RunStarted("Who?"))
    async with service.http.get(f"/v1/runs/{run}/events") as answer:
        await answer.content.readline()
    await asyncio.sleep(0)
    assert (await got(service, f"/v1/runs/{run}"))["status"] == "running"
    assert service.front.stopped == []


async def test_a_run_is_stopped_once_and_for_all(service: Service) -> None:
    run = await made(service, RunStarted("Who?"))
    for _ in range(2):
        async with service.http.post(f"/v1/runs/{run}/cancel") as answer:
            shown = await answer.json()
        assert (shown["id"], shown["status"]) == (run, "cancelled")


async def test_steps_say_what_they_wait_for(service: Service) -> None:
    run = await made(service, *working())
    (step,) = (await got(service, f"/v1/runs/{run}"))["steps"]
    assert (step["tool"], step["inputs"], step["by"]) == (STEP.tool, [], "planner")
