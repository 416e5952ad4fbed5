"""Webhooks as clients and commands see them."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from asked_front import USER, Service, ending, serving_api, working
from webhook_receiver import ended

from search import WebClient
from service.work.telling import Teller, webhook_settings
from storage import TraceStore
from storage.webhooks import MOST_WEBHOOKS

ROOT = Path(__file__).parent.parent
HOOK = "https://example.org/hook"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with serving_api(tmp_path, webhook_hosts="127.0.0.1:9") as one:
        yield one


async def asked(
    service: Service, method: str, path: str, json: Any = None, user: str = "ann"
) -> tuple[int, Any]:
    """The status, and what is answered."""
    headers = {USER: user}
    async with service.http.request(method, path, json=json, headers=headers) as answer:
        return answer.status, await answer.json()


async def added(service: Service, **body: Any) -> dict[str, Any]:
    status, made = await asked(service, "POST", "/v1/webhooks", {"url": HOOK} | body)
    assert status == 200, made
    return made  # type: ignore[no-any-return]


async def test_a_webhook_is_added_listed_and_removed_and_its_secret_told_once(
    service: Service,
) -> None:
    made = await added(service, events=["response.failed"])
    assert made["secret"].startswith("whsec_")
    _, listed = await asked(service, "GET", "/v1/webhooks")
    assert listed["data"] == [made | {"secret": None}]
    status, gone = await asked(service, "DELETE", f"/v1/webhooks/{made['id']}")
    assert (status, gone["deleted"]) == (200, True)
    _, listed = await asked(service, "GET", "/v1/webhooks")
    assert listed["data"] == []
    status, _ = await asked(service, "DELETE", f"/v1/webhooks/{made['id']}")
    assert status == 404


async def test_what_a_client_asked_for_is_listed_with_its_state_and_sent_again(
    service: Service,
) -> None:
    made = await added(service, url="http://127.0.0.1:9/hook")
    service.front.script = (*working(), *ending())
    headers = {USER: "ann"}
    response = await service.client.responses.create(
        model="breadth", input="Who?", background=True, extra_headers=headers
    )
    async with WebClient(webhook_settings("127.0.0.1:9", "Breadth")) as client:
        assert await Teller(service.front.store, client).once() == 1
    path = f"/v1/webhooks/{made['id']}/deliveries"
    _, listed = await asked(service, "GET", path)
    (one,) = listed["data"]
    assert (one["response"], one["type"]) == (response.id, "response.completed")
    assert (one["state"], one["attempts"]) == ("waiting", 1)
    assert "nothing answers there" in one["error"]
    status, _ = await asked(service, "POST", f"/v1/webhooks/deliveries/{one['id']}/resend")
    assert status == 200
    assert len(await service.front.store.webhooks.due()) == 1


async def test_nothing_is_sent_again_to_an_address_that_is_gone(service: Service) -> None:
    made = await added(service)
    await ended(service.front.store)
    await service.front.store.webhooks.disable(made["id"])
    _, listed = await asked(service, "GET", f"/v1/webhooks/{made['id']}/deliveries")
    path = f"/v1/webhooks/deliveries/{listed['data'][0]['id']}/resend"
    status, told = await asked(service, "POST", path)
    assert (status, told["error"]["code"]) == (409, "webhook_disabled")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"url": "ftp://example.org/"}, "url"),
        ({"url": "https://ann:secret@example.org/"}, "url"),
        ({"url": "https://example.org/" + "x" * 2000}, "url"),
        ({"url": "http://127.0.0.1:10/"}, "url"),
        ({"url": "http://169.254.169.254/latest"}, "url"),
        ({"url": "http://[::ffff:127.0.0.1]/"}, "url"),
        ({"url": "http://2130706433/"}, "url"),
        ({"url": ""}, "url"),
        ({}, "url"),
        ({"url": HOOK, "events": ["response.created"]}, "events"),
    ],
)
async def test_what_cannot_be_told_is_refused_and_the_field_is_named(
    service: Service, body: dict[str, Any], param: str
) -> None:
    status, told = await asked(service, "POST", "/v1/webhooks", body)
    assert (status, told["error"]["param"]) == (400, param)
    assert "secret" not in told["error"]["message"]
    assert await service.front.store.webhooks.all() == []


async def test_a_user_has_so_many_webhooks_and_no_more(service: Service) -> None:
    hooks = [await added(service) for _ in range(MOST_WEBHOOKS)]
    status, told = await asked(service, "POST", "/v1/webhooks", {"url": HOOK})
    assert (status, told["error"]["param"]) == (400, "url")
    assert f"at most {MOST_WEBHOOKS} webhooks" in told["error"]["message"]
    status, _ = await asked(service, "POST", "/v1/webhooks", {"url": HOOK}, user="bob")
    assert status == 200
    await asked(service, "DELETE", f"/v1/webhooks/{hooks[0]['id']}")
    await added(service)


async def test_what_is_another_users_is_not_there(service: Service) -> None:
    made = await added(service)
    await ended(service.front.store)
    delivery = (await service.front.store.webhooks.deliveries())[0].id
    for method, path in (
        ("DELETE", f"/v1/webhooks/{made['id']}"),
        ("GET", f"/v1/webhooks/{made['id']}/deliveries"),
        ("POST", f"/v1/webhooks/deliveries/{delivery}/resend"),
    ):
        status, _ = await asked(service, method, path, user="bob")
        assert status == 404, path
    _, listed = await asked(service, "GET", "/v1/webhooks", user="bob")
    assert listed["data"] == []


async def command(folder: Path, *words: str) -> tuple[int, str, str]:
    """`breadth webhooks ...`: its exit code, and what it says."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("BREADTH_")},
        "PYTHONPATH": str(ROOT),
        "BREADTH_DATA": str(folder),
    }
    line = (sys.executable, "-m", "service", "webhooks", *words)
    process = await asyncio.create_subprocess_exec(*line, stdout=PIPE, stderr=PIPE, env=environment)
    async with asyncio.timeout(60):
        said, complained = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode(), complained.decode()


async def told_in_json(folder: Path, *words: str) -> Any:
    code, said, complained = await command(folder, *words, "--json")
    assert code == 0, complained
    return json.loads(said)


async def test_commands_look_after_webhooks(tmp_path: Path) -> None:
    wanted = ("--user", "ann", "--events", "response.failed")
    made = await told_in_json(tmp_path, "add", HOOK, *wanted)
    assert made["secret"].startswith("whsec_")
    (listed,) = await told_in_json(tmp_path, "list")
    assert listed == made | {"secret": None, "user": "ann"}
    async with await TraceStore.open(tmp_path / "runs.db") as store:
        await ended(store, "failed")
        (due,) = await store.webhooks.due()
        await store.webhooks.failed(due, "it answered 500")
    (waiting,) = await told_in_json(tmp_path, "deliveries", made["id"])
    assert (waiting["state"], waiting["error"]) == ("waiting", "it answered 500")
    assert await told_in_json(tmp_path, "deliveries", "--dead") == []
    code, said, _ = await command(tmp_path, "resend", waiting["id"])
    assert (code, said) == (0, f"{waiting['id']} is sent again\n")
    again = await told_in_json(tmp_path, "resend", waiting["id"])
    assert again == {"id": waiting["id"], "object": "webhook.delivery", "deleted": False}
    gone = await told_in_json(tmp_path, "remove", made["id"])
    assert gone == {"id": made["id"], "object": "webhook", "deleted": True}
    assert await told_in_json(tmp_path, "list") == []


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("add", "http://127.0.0.1/hook"), "BREADTH_WEBHOOK_HOSTS"),
        (("add", HOOK, "--event", "response.created"), "response.created"),
        (("remove", "nothing"), "nothing"),
        (("resend", "evt_0"), "evt_0"),
    ],
)
async def test_commands_say_what_is_wrong_in_a_line(
    tmp_path: Path, words: tuple[str, ...], problem: str
) -> None:
    code, said, complained = await command(tmp_path, *words)
    assert (code, said) == (2, "")
    assert problem in complained
    assert complained.count("\n") == 1
