"""`/v1/files` and `/v1/batches`, asked by the official client as it is."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import openai
import pytest
from aiohttp import FormData, web
from asked_front import TEXT, USER, PlayedFront, Service, ending, serving_api, working
from conftest import QUESTION, ChatServer
from openai import AsyncOpenAI
from openai.types import Batch
from sqlalchemy import text

from planner import RunEnded
from service.api import application
from service.settings import Settings
from service.work.service import service as whole_service
from storage import Asker, KeyLimits
from tests.transactions import writing

RESPONSES, CHAT = "/v1/responses", "/v1/chat/completions"
_OVER = ("completed", "failed", "expired", "cancelled")


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with serving_api(tmp_path) as running:
        running.front.script = (*working(), *ending())
        yield running


def lines(*bodies: Any, url: str = RESPONSES) -> bytes:
    """A file of requests."""
    return b"".join(
        json.dumps({"custom_id": f"c{n}", "method": "POST", "url": url, "body": body}).encode()
        + b"\n"
        for n, body in enumerate(bodies)
    )


def asking(question: str = "Who directed Roma?", **more: Any) -> dict[str, Any]:
    return {"model": "breadth", "input": question, **more}


async def sent(client: AsyncOpenAI, data: bytes, endpoint: Any = RESPONSES, **more: Any) -> Batch:
    file = await client.files.create(file=("in.jsonl", data), purpose="batch")
    return await client.batches.create(
        input_file_id=file.id, endpoint=endpoint, completion_window="24h", **more
    )


async def ended(client: AsyncOpenAI, batch: Batch, *states: str) -> Batch:
    async with asyncio.timeout(60):
        while batch.status not in (states or _OVER):
            await asyncio.sleep(0.05)
            batch = await client.batches.retrieve(batch.id)
    return batch


async def asked(front: PlayedFront, count: int) -> None:
    """So many requests were made of the service."""
    async with asyncio.timeout(60):
        while True:
            if len(front.asked) >= count:
                return
            await asyncio.sleep(0.02)


async def noted(client: AsyncOpenAI, batch: Batch, count: int) -> None:
    """So many requests of the batch have ended."""
    async with asyncio.timeout(60):
        while True:
            counts = (await client.batches.retrieve(batch.id)).request_counts
            if counts is not None and counts.completed >= count:
                return
            await asyncio.sleep(0.02)


async def read(client: AsyncOpenAI, file: str | None) -> list[dict[str, Any]]:
    assert file is not None
    content = await client.files.content(file)
    return [json.loads(line) for line in content.text.splitlines()]


async def test_a_file_goes_in_and_answers_come_out(service: Service) -> None:
    client = service.client
    data = lines(asking(), asking("Who else?", metadata={"a": "b"}))
    batch = await sent(client, data, metadata={"name": "nightly"})
    assert (batch.status, batch.metadata) == ("validating", {"name": "nightly"})
    batch = await ended(client, batch)
    assert batch.status == "completed"
    assert batch.request_counts is not None
    assert batch.request_counts.to_dict() == {"total": 2, "completed": 2, "failed": 0}
    assert batch.error_file_id is None
    assert batch.in_progress_at
    assert batch.completed_at
    output = await read(client, batch.output_file_id)
    assert [line["custom_id"] for line in output] == ["c0", "c1"]
    assert output[0]["error"] is None
    body = output[0]["response"]["body"]
    assert output[0]["response"]["status_code"] == 200
    assert (body["object"], body["status"]) == ("response", "completed")
    assert body["output"][-1]["content"][0]["text"] == TEXT
    assert output[1]["response"]["body"]["metadata"] == {"a": "b"}
    assert (await client.responses.retrieve(body["id"])).output_text == TEXT
    kept = await client.files.retrieve(batch.output_file_id or "")
    assert (kept.purpose, kept.filename) == ("batch_output", f"{batch.id}_output.jsonl")
    assert {asker.priority for _, asker in service.front.asked} == {2}


async def test_chat_completions_are_batched_the_same_way(service: Service) -> None:
    body = {"model": "breadth", "messages": [{"role": "user", "content": "Who directed Roma?"}]}
    batch = await ended(service.client, await sent(service.client, lines(body, url=CHAT), CHAT))
    [line] = await read(service.client, batch.output_file_id)
    answer = line["response"]["body"]
    assert answer["object"] == "chat.completion"
    assert answer["choices"][0]["message"]["content"] == TEXT


async def test_requests_that_cannot_be_done_are_errors_with_their_status(service: Service) -> None:
    data = lines(
        asking(), {"model": "breadth"}, asking(model="other"), asking(stream=True), asking("")
    )
    batch = await ended(service.client, await sent(service.client, data))
    assert batch.status == "completed"
    assert batch.request_counts is not None
    assert (batch.request_counts.completed, batch.request_counts.failed) == (1, 4)
    errors = await read(service.client, batch.error_file_id)
    told = {line["custom_id"]: line["response"] for line in errors}
    assert {name: response["status_code"] for name, response in told.items()} == {
        "c1": 400,
        "c2": 404,
        "c3": 400,
        "c4": 400,
    }
    assert told["c1"]["body"]["error"]["param"] == "input"
    assert told["c3"]["body"]["error"]["param"] == "stream"


async def test_a_run_that_fails_is_an_error_of_its_request(service: Service) -> None:
    service.front.script = (*working(), RunEnded("failed", "the model is gone"))
    batch = await ended(service.client, await sent(service.client, lines(asking())))
    [line] = await read(service.client, batch.error_file_id)
    assert line["response"]["status_code"] == 500
    assert "the model is gone" in line["response"]["body"]["error"]["message"]


@pytest.mark.parametrize(
    ("data", "code", "line", "param"),
    [
        (b"", "empty_file", None, None),
        (b"\n \n", "empty_file", None, None),
        (b"{", "invalid_json_line", 1, None),
        (b"[1]", "invalid_json_line", 1, None),
        (lines(asking()) + b'{"custom_id": 1}', "invalid_request", 2, "custom_id"),
        (lines(asking(), url=CHAT), "mismatched_endpoint", 1, "url"),
        (lines(asking()).replace(b"POST", b"GET"), "invalid_request", 1, "method"),
        (lines(asking()) * 2, "duplicate_custom_id", 2, "custom_id"),
        (lines(asking(), asking(), asking(), asking()), "too_many_requests", None, None),
    ],
)
async def test_a_file_that_is_wrong_fails_as_a_whole_and_says_where(
    tmp_path: Path, data: bytes, code: str, line: int | None, param: str | None
) -> None:
    async with serving_api(tmp_path, batch_rows=3) as service:
        batch = await ended(service.client, await sent(service.client, data))
        assert batch.status == "failed"
        assert batch.errors is not None
        assert batch.errors.data is not None
        [problem] = batch.errors.data
        assert (problem.code, problem.line, problem.param) == (code, line, param)
        assert batch.output_file_id is batch.error_file_id is None
        assert service.front.asked == []


async def test_a_batch_that_is_stopped_keeps_what_has_ended(service: Service) -> None:
    service.front.script = None
    client, front = service.client, service.front
    batch = await sent(client, lines(asking(), asking("Who else?"), {"model": "breadth"}))
    await asked(front, 2)
    runs = {run.question: run.id for run in await front.store.runs()}
    await front.play(runs["Who directed Roma?"], *working(), *ending())
    await noted(client, batch, 1)
    stopping = await client.batches.cancel(batch.id)
    assert stopping.status in ("cancelling", "cancelled")
    batch = await ended(client, batch)
    assert batch.status == "cancelled"
    assert [line["custom_id"] for line in await read(client, batch.output_file_id)] == ["c0"]
    errors = {line["custom_id"]: line for line in await read(client, batch.error_file_id)}
    assert errors["c1"]["error"]["code"] == "batch_cancelled"
    assert (await front.store.run(runs["Who else?"])).status == "cancelled"
    assert (await client.batches.cancel(batch.id)).status == "cancelled"


async def test_a_batch_that_is_over_is_not_stopped(service: Service) -> None:
    batch = await ended(service.client, await sent(service.client, lines(asking())))
    with pytest.raises(openai.ConflictError, match="completed"):
        await service.client.batches.cancel(batch.id)


async def test_what_has_not_ended_in_a_day_is_given_up(service: Service) -> None:
    service.front.script = None
    batch = await sent(service.client, lines(asking()))
    await asked(service.front, 1)
    async with writing(service.front.store) as connection:
        await connection.execute(text("UPDATE api_batch SET expires_at = '2020-01-01 00:00:00'"))
    batch = await ended(service.client, batch)
    assert batch.status == "expired"
    [line] = await read(service.client, batch.error_file_id)
    assert line["error"]["code"] == "batch_expired"


async def test_a_batch_goes_on_where_another_process_died_and_asks_nothing_twice(
    tmp_path: Path,
) -> None:
    async with serving_api(tmp_path) as first:
        batch = await sent(first.client, lines(asking(), asking("Who else?")))
        await asked(first.front, 2)
    async with serving_api(tmp_path) as second:
        store = second.front.store
        async with writing(store) as connection:  # as if it had died before that was noted
            await connection.execute(
                text("UPDATE api_batch_line SET state = 'waiting', response = NULL")
            )
            await connection.execute(text("UPDATE api_batch SET next_at = '2020-01-01 00:00:00'"))
        for run in await store.runs():
            await second.front.play(run.id, *working(), *ending())
        batch = await ended(second.client, batch)
        assert batch.request_counts is not None
        assert batch.request_counts.completed == 2
        assert len(await store.runs()) == 2


async def test_files_are_listed_fetched_and_deleted(service: Service) -> None:
    client = service.client
    made = [
        await client.files.create(file=(f"{n}.jsonl", b'{"a": "\xc3\xa9"}\n'), purpose="batch")
        for n in range(3)
    ]
    assert made[0].bytes == 12
    assert made[0].expires_at is not None
    assert made[0].expires_at - made[0].created_at == pytest.approx(30 * 86_400, abs=2)
    page = await client.files.list(limit=2, purpose="batch")
    assert len(page.data) == 2
    assert {file.id async for file in page} == {file.id for file in made}
    assert (await client.files.content(made[0].id)).content == b'{"a": "\xc3\xa9"}\n'
    short = await client.files.create(
        file=b"{}", purpose="batch", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    assert short.expires_at is not None
    assert short.expires_at - short.created_at == pytest.approx(3600, abs=2)
    assert (await client.files.delete(made[0].id)).deleted
    with pytest.raises(openai.NotFoundError):
        await client.files.retrieve(made[0].id)
    with pytest.raises(openai.NotFoundError):
        await client.files.content(made[0].id)


async def test_a_user_who_has_too_much_is_to_delete_some(tmp_path: Path) -> None:
    async with serving_api(tmp_path, batch_bytes=100) as service:
        files = service.client.files
        sent = [await files.create(file=b"x" * 100, purpose="batch") for _ in range(32)]
        with pytest.raises(openai.BadRequestError, match="delete some") as full:
            await files.create(file=b"x", purpose="batch")
        assert full.value.code == "storage_limit_exceeded"
        await files.delete(sent[0].id)
        await files.create(file=b"x", purpose="batch")


async def test_batches_are_listed_page_by_page(service: Service) -> None:
    made = [await sent(service.client, lines(asking())) for _ in range(3)]
    page = await service.client.batches.list(limit=2)
    assert [batch.id for batch in page.data] == [made[2].id, made[1].id]
    assert [batch.id async for batch in page] == [batch.id for batch in reversed(made)]


async def test_what_is_no_file_is_refused_in_words(tmp_path: Path) -> None:
    async with serving_api(tmp_path, batch_bytes=100) as service:
        client, http = service.client, service.http
        with pytest.raises(openai.BadRequestError, match="purpose") as refused:
            await client.files.create(file=b"{}", purpose="fine-tune")
        assert refused.value.param == "purpose"
        with pytest.raises(openai.BadRequestError, match="file: it is not in UTF-8"):
            await client.files.create(file=b"\xff\xfe", purpose="batch")
        with pytest.raises(openai.APIStatusError, match="longer than 100 bytes") as long:
            await client.files.create(file=b"x" * 101, purpose="batch")
        assert long.value.status_code == 413
        with pytest.raises(openai.BadRequestError, match="than or equal to 3600") as soon:
            await client.files.create(
                file=b"{}", purpose="batch", expires_after={"anchor": "created_at", "seconds": 5}
            )
        assert soon.value.param == "expires_after[seconds]"
        form = FormData({"purpose": "batch"})
        form.add_field("file", b"{}", filename="a.jsonl")
        form.add_field("expires_after[seconds]", "soon")
        for data, head, status in (
            (form, {}, 400),
            (b"{}", {"Content-Type": "application/json"}, 415),
            (b"x", {"Content-Type": "multipart/form-data"}, 400),
            (b"x", {"Content-Type": "multipart/form-data; boundary=b"}, 400),
            (b"--b\r\n\r\n", {"Content-Type": "multipart/form-data; boundary=b"}, 400),
        ):
            async with http.post("/v1/files", data=data, headers=head) as answer:
                assert answer.status == status, (data, await answer.text())


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"endpoint": "/v1/embeddings"}, "endpoint"),
        ({"completion_window": "1h"}, "completion_window"),
        ({"metadata": {"a" * 65: "b"}}, "metadata"),
        (
            {"output_expires_after": {"anchor": "created_at", "seconds": 1}},
            "output_expires_after.seconds",
        ),
    ],
)
async def test_a_batch_that_cannot_be_is_refused(
    service: Service, changes: dict[str, Any], param: str
) -> None:
    file = await service.client.files.create(file=lines(asking()), purpose="batch")
    given: Any = {"endpoint": RESPONSES, "completion_window": "24h", **changes}
    with pytest.raises(openai.BadRequestError) as refused:
        await service.client.batches.create(input_file_id=file.id, **given)
    assert refused.value.param == param


async def test_files_and_batches_of_another_user_are_not_there(service: Service) -> None:
    ann = service.client.with_options(default_headers={USER: "ann"})
    bob = service.client.with_options(default_headers={USER: "bob"})
    batch = await ended(ann, await sent(ann, lines(asking())))
    assert batch.output_file_id is not None
    tries: Sequence[Any] = (
        bob.batches.retrieve(batch.id),
        bob.batches.cancel(batch.id),
        bob.files.retrieve(batch.input_file_id),
        bob.files.content(batch.output_file_id),
        bob.files.delete(batch.output_file_id),
        bob.batches.create(
            input_file_id=batch.input_file_id, endpoint=RESPONSES, completion_window="24h"
        ),
    )
    for refused in tries:
        with pytest.raises(openai.NotFoundError):
            await refused
    assert (await bob.files.list()).data == (await bob.batches.list()).data == []
    [line] = await read(ann, batch.output_file_id)
    record = await service.front.store.responses.named(line["response"]["body"]["id"])
    assert record.user == "ann"


async def test_a_key_at_its_limit_has_its_batch_wait(service: Service) -> None:
    store = service.front.store
    key, _ = await store.keys.create("k", "ann", KeyLimits(runs_at_once=1))
    service.front.script = None
    file = await store.files.create("ann", "in", [lines(asking(), asking("Who else?")).decode()])
    kept = {"completion_window": "24h", "metadata": None}
    made = await store.api_batches.create(
        "ann", key.id, RESPONSES, file.id, kept, lasts=timedelta(days=1)
    )
    await asked(service.front, 1)
    assert service.front.asked[0][1] == Asker("ann", key.id, 2)
    await service.front.play((await store.runs())[0].id, *working(), *ending())
    await asked(service.front, 2)
    await service.front.play((await store.runs())[0].id, *working(), *ending())
    ann = service.client.with_options(default_headers={USER: "ann"})
    batch = await ended(ann, await ann.batches.retrieve(made.id))
    assert batch.request_counts is not None
    assert batch.request_counts.completed == 2


async def test_the_whole_service_does_a_batch(
    settings: Settings, films: Path, chat_server: ChatServer
) -> None:
    settings = settings.model_copy(update={"embeddings": "off"})
    async with whole_service(settings, [films], most=2) as (front, _):
        runner = web.AppRunner(application(front), shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        async with AsyncOpenAI(base_url=url, api_key="any", max_retries=0) as client:
            data = lines(asking(QUESTION), asking("Who directed Inception?"))
            batch = await ended(client, await sent(client, data))
            output = await read(client, batch.output_file_id)
        await runner.cleanup()
    answers = [line["response"]["body"]["output"][-1]["content"][0]["text"] for line in output]
    assert "Bong Joon-ho is older" in answers[0]
    assert "Christopher Nolan" in answers[1]
