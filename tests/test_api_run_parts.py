"""Parts of runs over the interface: steps, words in questions, files, and links for others."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from asked_front import FILE, FOUND, USER, Service, ending, serving_api, working
from trace_store import model_called

from planner import (
    Answer,
    AnswerWritten,
    Done,
    RunEnded,
    Sentence,
    Step,
    StepAdded,
    StepEnded,
    StepReplaced,
    StepStarted,
    Within,
)
from search import Passage
from service.api.run_files import FileList
from service.formats import ENDINGS
from storage import Asker


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with serving_api(tmp_path, share=True) as served:
        yield served


async def made(service: Service, *events: Any, question: str = "Who directed Roma?") -> str:
    run = await service.front.store.create_run(question, {"documents": ["/srv/films"]}, Asker())
    await service.front.play(run, *events)
    return run


async def got(service: Service, path: str, status: int = 200, method: str = "GET") -> Any:
    async with service.http.request(method, path) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


async def test_a_step_is_told_with_its_passages_and_the_models_that_it_asked(
    service: Service,
) -> None:
    run = await made(service, *working(), model_called(), model_called(step=None), *ending())
    step = await got(service, f"/v1/runs/{run}/step?id=a")
    assert step["step"]["arguments"] == {"question": "Who directed roma.md?"}
    assert step["call"]["value"] == "Alfonso Cuarón"
    texts = {each["id"]: each["text"] for each in step["passages"]}
    assert [texts[each] for each in step["call"]["proof"]] == ["Cuarón directed Roma."]
    assert {each["url"] for each in step["sources"]} == {"https://example.org/roma", "roma.md"}
    assert [each["step"] for each in step["model_calls"]] == ["a"]
    assert "/srv" not in json.dumps(step)
    own = await got(service, f"/v1/runs/{run}/step")
    assert (own["step"], own["call"], own["passages"]) == (None, None, [])
    assert [each["step"] for each in own["model_calls"]] == [None]
    assert (await got(service, f"/v1/runs/{run}/step?id=z", 404))["error"]["param"] == "id"
    await got(service, f"/v1/runs/{run}/step?id=%00%ff", 404)


async def test_an_element_and_a_step_of_a_sub_run_are_told(service: Service) -> None:
    inner = Step("x", "lookup", {"question": "Where?"})
    run = await made(
        service,
        StepAdded(Step("l", "lookup", {"question": "Which films?"}), 1, "planner"),
        StepEnded("l", Done(["Roma", "Up"])),
        StepAdded(Step("b", "research", {"question": "{item}?"}, for_each="l"), 1, "planner"),
        StepStarted("b[1]", {"question": "Up?"}),
        Within("b[1]", StepAdded(inner, 1, "planner")),
        Within("b[1]", StepStarted("x", inner.arguments)),
        Within("b[1]", StepEnded("x", Done("Paris", (FOUND,)))),
        StepEnded("b[1]", Done("Paris")),
    )
    element = await got(service, f"/v1/runs/{run}/step?id=b%5B1%5D")
    assert (element["step"]["id"], element["call"]["id"]) == ("b", "b[1]")
    assert element["call"]["arguments"] == {"question": "Up?"}
    nested = await got(service, f"/v1/runs/{run}/step?id=b%5B1%5D/x")
    assert nested["step"]["within"] == "b[1]"
    assert len(nested["passages"]) == 1


async def test_events_tell_what_a_step_waits_for_and_what_took_its_place(service: Service) -> None:
    first = Step("b", "lookup", {"question": "When was {a} born?"}, needs=())
    second = Step("b", "lookup", {"question": "Where was {a} born?"})
    run = await made(
        service,
        StepAdded(Step("a", "lookup", {"question": "Who?"}), 1, "planner"),
        StepAdded(first, 1, "planner"),
        StepReplaced(first, second, "it was wrong"),
        RunEnded("cancelled"),
    )
    async with service.http.get(f"/v1/runs/{run}/events") as answer:
        text = await answer.text()
    told = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
    assert [each.get("inputs") for each in told[:3]] == [[], ["a"], ["a"]]
    assert told[2]["arguments"] == {"question": "Where was {a} born?"}


async def test_runs_are_found_by_words_of_their_questions(service: Service) -> None:
    roma = await made(service, question="Who directed Roma?")
    share = await made(service, question="What is 100% of a_b?")
    for words, found in (("ROMA", [roma]), ("100%", [share]), ("a_b", [share]), ("a%b", [])):
        listed = await service.http.get("/v1/runs", params={"words": words})
        assert [run["id"] for run in (await listed.json())["data"]] == found, words
    await got(service, f"/v1/runs?words={'x' * 201}", 400)


async def test_a_brief_run_has_its_answer_and_sources_and_says_as_what_it_was_asked(
    service: Service,
) -> None:
    service.front.script = (*working(), *ending())
    first = await service.client.responses.create(model="breadth", input="Who directed Roma?")
    second = await service.client.responses.create(
        model="breadth", input="And when?", previous_response_id=first.id
    )
    run = await got(service, f"/v1/runs/{second.id}?brief=true")
    assert (run["response"], run["previous_response_id"]) == (second.id, first.id)
    assert [each["verdict"] for each in run["answer"]["summary"]] == ["supported", "partly"]
    assert (run["steps"], run["calls"], run["passages"]) == ([], [], [])
    assert len(run["sources"]) == 2
    await service.client.responses.delete(second.id)
    run = await got(service, f"/v1/runs/{run['id']}?brief=true")
    assert (run["response"], run["previous_response_id"]) == (None, None)


async def test_an_answer_is_downloaded_in_every_format(service: Service) -> None:
    run = await made(service, *working(), *ending())
    listed = FileList.model_validate(await got(service, f"/v1/runs/{run}/files"))
    assert {f".{each.format}" for each in listed.data} == set(ENDINGS)
    beginnings = {"pdf": b"%PDF", "docx": b"PK", "html": b"<!doctype html>", "json": b"{"}
    for each in listed.data:
        async with service.http.get(f"/v1/runs/{run}/files/{each.format}") as answer:
            data = await answer.read()
            assert answer.status == 200, each
            assert answer.content_type == each.media_type
            wanted = f'attachment; filename="breadth-{run}.{each.format}"'
            assert answer.headers["Content-Disposition"] == wanted
        assert data.startswith(beginnings.get(each.format, b""))
        if each.format == "docx":
            data = b"".join(map(zipfile.ZipFile(io.BytesIO(data)).read, ("word/document.xml",)))
        assert b"/srv" not in data, each
    async with service.http.get(f"/v1/runs/{run}/files/md?citations=footnotes") as answer:
        assert "[^1]" in await answer.text()
    assert (await got(service, f"/v1/runs/{run}/files/exe", 404))["error"]["param"] == "format"


async def test_what_has_no_answer_is_neither_downloaded_nor_shared(service: Service) -> None:
    run = await made(service, *working())
    for path, method in ((f"/v1/runs/{run}/files/md", "GET"), (f"/v1/runs/{run}/share", "POST")):
        assert (await got(service, path, 409, method))["error"]["code"] == "no_answer"


async def test_a_link_opens_the_answer_until_it_is_ended(service: Service) -> None:
    run = await made(service, *working(), model_called(), *ending())
    path = f"/v1/runs/{run}/share"
    assert (await got(service, path))["path"] is None
    shared = await got(service, path, method="POST")
    assert await got(service, path, method="POST") == shared == await got(service, path)
    async with service.http.get(shared["path"]) as answer:
        page = await answer.text()
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert "script" not in answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Alfonso Cuarón 🎬 directed Roma." in page
    assert "Who?" not in page  # the prompt
    assert "/srv" not in page
    await got(service, path, method="DELETE")
    await got(service, shared["path"], 404)
    assert (await got(service, path, method="POST"))["path"] != shared["path"]


async def test_a_link_ends_with_its_response_and_with_the_setting(tmp_path: Path) -> None:
    async with serving_api(tmp_path, share=True) as service:
        service.front.script = (*working(), *ending())
        one, two = [
            await service.client.responses.create(model="breadth", input="Who?") for _ in range(2)
        ]
        links = [
            (await got(service, f"/v1/runs/{each.id}/share", method="POST"))["path"]
            for each in (one, two)
        ]
        await service.client.responses.delete(one.id)
        await got(service, links[0], 404)
        async with service.http.get(links[1]) as answer:
            assert answer.status == 200
    async with serving_api(tmp_path) as service:
        await got(service, links[1], 404)
        refused = await got(service, f"/v1/runs/{two.id}/share", 403, "POST")
        assert refused["error"]["code"] == "sharing_off"


async def test_a_link_asks_for_no_key_and_only_the_owner_makes_it(tmp_path: Path) -> None:
    async with serving_api(tmp_path, share=True, access="keys") as service:
        service.front.script = (*working(), *ending())
        _, key = await service.front.store.keys.create("ann", "ann")
        _, other = await service.front.store.keys.create("bob", "bob")
        asked = {"Authorization": f"Bearer {key}"}
        body = {"input": "Who?"}
        async with service.http.post("/v1/responses", json=body, headers=asked) as answer:
            path = f"/v1/runs/{(await answer.json())['id']}/share"
        for key_, status in ((other, 404), (key, 200)):
            heads = {"Authorization": f"Bearer {key_}"}
            async with service.http.post(path, headers=heads) as answer:
                assert answer.status == status
                made_here = await answer.json()
        async with service.http.get(made_here["path"]) as shared:
            assert shared.status == 200
        for token in ("x", "x" * 5000, "%00", "%ff"):
            await got(service, f"/shared/{token}", 404)


class _Elements(HTMLParser):
    """Names and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


async def test_hostile_words_are_words_on_the_shared_page(service: Service) -> None:
    evil = "<script>alert(1)</script><a href='javascript:alert(2)'>x</a> /srv/films/deep"
    passage = Passage(FILE, 0, 9, evil)
    answer = Answer(evil, (Sentence(evil, (1,), "supported"),), (passage,), title=evil)
    run = await made(service, *working(), AnswerWritten(answer), RunEnded("completed"))
    path = (await got(service, f"/v1/runs/{run}/share", method="POST"))["path"]
    reader = _Elements()
    async with service.http.get(path) as shown:
        page = await shown.text()
    reader.feed(page)
    assert "script" not in {tag for tag, _ in reader.found}
    links = [attrs["href"] or "" for _, attrs in reader.found if "href" in attrs]
    assert all(link.startswith(("#", "https://", "http://")) for link in links)
    assert "/srv" not in page


async def test_another_user_shares_nothing(service: Service) -> None:
    run = await made(service, *working(), *ending())
    for method in ("GET", "POST", "DELETE"):
        path = f"/v1/runs/{run}/share"
        async with service.http.request(method, path, headers={USER: "bob"}) as answer:
            assert answer.status == 404
