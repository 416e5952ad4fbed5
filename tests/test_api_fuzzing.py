"""The service keeps to its own description, whatever is sent: schemathesis asks it."""

import asyncio
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest
from aiohttp import web
from asked_front import ending, serving_api, working

from service.api.errors import ApiError, Handler

KEY = "Bearer k"
OPEN = ("/openapi.json", "/docs")
answered: Counter[tuple[str, int]] = Counter()


@web.middleware
async def guarding(request: web.Request, handler: Handler) -> web.StreamResponse:
    """As the service does where it has keys; and counts what is answered."""
    if request.path not in OPEN and request.headers.get("Authorization") != KEY:
        raise ApiError(401, "no key")
    answer = await handler(request)
    resource = request.match_info.route.resource
    answered[resource.canonical if resource else "", answer.status] += 1
    return answer


@pytest.mark.skipif(find_spec("schemathesis") is None, reason="needs schemathesis")
async def test_no_request_gets_an_answer_that_is_not_described(tmp_path: Path) -> None:
    answered.clear()
    async with serving_api(tmp_path, also=[guarding]) as service:
        service.front.script = (*working(), *ending())
        run = await service.front.store.create_run("Who?", {})
        await service.front.play(run, *working(), *ending())
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{service.url}/openapi.json"),
            *("--header", f"Authorization: {KEY}", "--max-examples", "5", "--seed", "1"),
            # What a schema cannot say (an id that there is) may be refused.
            *("--exclude-checks", "positive_data_acceptance", "--no-color"),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(process.communicate(), 240)
    assert process.returncode == 0, said.decode()
    for path in ("/v1/chat/completions", "/v1/responses", "/v1/runs", "/v1/models/{id}"):
        assert answered[path, 200], path
