"""What goes wrong is told in the words of the interface."""

import logging
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.client_exceptions import ClientError
from asked_front import PlayedFront, Service, serving_api

from service.api.app import application
from service.api.errors import STORAGE
from storage import StorageError, Unstorable


class Broken(PlayedFront):
    """Fails as it is told to."""

    error: Exception = ZeroDivisionError("a secret: k1")

    async def create(self, *given: Any) -> Any:
        raise self.error


async def asked(service: Service, error: Exception, **more: Any) -> tuple[int, Any, Any]:
    """Of a service whose Front fails."""
    front = Broken(service.front.store, service.front.settings)
    front.error = error
    runner = web.AppRunner(application(front))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    body = {"model": "breadth", "messages": [{"role": "user", "content": "Who?"}], **more}
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1/chat/completions"
    try:
        async with ClientSession() as http, http.post(url, json=body) as answer:
            return answer.status, await answer.json(), answer.headers
    finally:
        await runner.cleanup()


async def test_a_bug_is_told_by_the_id_of_the_request_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving_api(tmp_path) as service:
        with caplog.at_level(logging.ERROR, "breadth.api"):
            status, body, headers = await asked(service, ZeroDivisionError("a secret: k1"))
    assert status == 500
    assert body["error"]["code"] == "internal"
    assert headers["x-request-id"] in body["error"]["message"]
    assert headers["x-should-retry"] == "false"
    assert "secret" not in str(body)
    assert headers["x-request-id"] in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_a_database_that_cannot_be_used_is_told_for_later(tmp_path: Path) -> None:
    async with serving_api(tmp_path) as service:
        status, body, headers = await asked(service, StorageError("the disk is full"))
    assert (status, body["error"]["message"]) == (503, STORAGE)
    assert headers["Retry-After"] == "1"


async def test_what_the_database_can_never_keep_is_not_for_later(tmp_path: Path) -> None:
    async with serving_api(tmp_path) as service:
        status, body, headers = await asked(service, Unstorable("this cannot be kept: 2**70"))
    assert (status, body["error"]["code"]) == (500, "unstorable")
    assert headers["x-should-retry"] == "false"


async def test_a_bug_in_a_stream_ends_the_connection(tmp_path: Path) -> None:
    async with serving_api(tmp_path) as service:
        app = application(service.front)

        async def breaking(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            await response.write(b"half")
            raise ZeroDivisionError

        app.router.add_get("/breaking", breaking)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/breaking"
        async with ClientSession() as http, http.get(url) as answer:
            with pytest.raises(ClientError):
                await answer.read()
        await runner.cleanup()


async def test_a_path_that_is_not_there_is_told_in_json(tmp_path: Path) -> None:
    async with serving_api(tmp_path) as service, service.http.get("/v2/runs") as answer:
        assert answer.status == 404
        assert (await answer.json())["error"]["type"] == "invalid_request_error"
        assert answer.headers["x-request-id"].startswith("req_")
