"""Characters that databases do not take, wherever a client puts them: refused or kept, the same on
SQLite and PostgreSQL, and never an error of the service."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from asked_front import Service, ending, serving_api, working
from postgres_server import WHY_NOT, postgres
from service_at_work import emptied
from yarl import URL

BAD = ("\x00", "a\x00b", "\ud800", "\x1a0000", "\n", "é" * 300)
PATHS = (
    ("GET", "/v1/responses/{}"),
    ("GET", "/v1/responses/{}?stream=true"),
    ("GET", "/v1/responses/{}/input_items"),
    ("POST", "/v1/responses/{}/cancel"),
    ("DELETE", "/v1/responses/{}"),
    ("GET", "/v1/runs/{}"),
    ("GET", "/v1/runs/{}/events"),
    ("POST", "/v1/runs/{}/cancel"),
    ("GET", "/v1/models/{}"),
    ("DELETE", "/v1/webhooks/{}"),
    ("GET", "/v1/webhooks/{}/deliveries"),
    ("POST", "/v1/webhooks/deliveries/{}/resend"),
)
QUERIES = ("before", "status", "limit")


@pytest.fixture(params=["sqlite", "postgresql"])
async def service(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Service]:
    named = str(tmp_path / "runs.db") if request.param == "sqlite" else postgres()
    if named is None:
        pytest.skip(WHY_NOT)
    async with serving_api(tmp_path, database=named) as running:
        running.front.script = (*working(), *ending())
        yield running
    if request.param == "postgresql":
        await emptied(named)


async def answered(service: Service, method: str, path: str, **more: Any) -> tuple[int, Any]:
    """Status and the error."""
    url = URL(f"{service.url}{path}", encoded=True)
    async with service.http.request(method, url, **more) as answer:
        return answer.status, (await answer.json()).get("error")


def written(word: str) -> str:
    """In an address."""
    return quote(word.encode("utf-8", "surrogatepass"))


async def test_nothing_is_called_so(service: Service) -> None:
    for word in BAD:
        for method, path in PATHS:
            status, _ = await answered(service, method, path.format(written(word)))
            assert status == 404, (word, path)
        for name in QUERIES:
            status, error = await answered(service, "GET", f"/v1/runs?{name}={written(word)}")
            assert (status, error["param"]) == (400, name), (word, name)
        body = {"input": "Who?", "previous_response_id": word}
        status, error = await answered(service, "POST", "/v1/responses", json=body)
        assert (status, error["param"]) == (400, "previous_response_id"), word


@pytest.mark.parametrize("word", BAD[:-1])
async def test_texts_and_keys_may_have_them(service: Service, word: str) -> None:
    function = {"type": "function", "name": "f", "description": word}
    schema = {"type": "object", "properties": {word: {"type": "string"}}}
    body = {
        "input": f"Who {word}?",
        "instructions": word,
        "user": word,
        "metadata": {word: word},
        "tools": [function | {"parameters": schema}],
    }
    for _ in range(2):
        status, error = await answered(service, "POST", "/v1/responses", json=body)
        assert (status, error) == (200, None)
    key = {"Idempotency-Key": "ключ"}
    for _ in range(2):
        status, error = await answered(
            service, "POST", "/v1/responses", json={"input": "Who?"}, headers=key
        )
        assert (status, error) == (200, None)
    assert len(await service.front.store.runs()) == 3


async def test_a_number_that_no_json_can_hold_is_refused(service: Service) -> None:
    heads = {"Content-Type": "application/json"}
    for number in ("1e999", "-1e999"):
        raw = f'{{"input": "Who?", "tools": [{{"type": "file_search", "x": {number}}}]}}'
        status, error = await answered(service, "POST", "/v1/responses", data=raw, headers=heads)
        assert (status, error["message"]) == (400, "the body is no JSON")
