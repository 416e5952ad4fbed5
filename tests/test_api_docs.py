"""What the page of the Responses API shows is what the client does."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from asked_front import TEXT, ending, serving_api, working

from planner import RunEnded, RunStarted, Step, StepAdded, StepStarted

PAGE = Path(__file__).parent.parent / "docs" / "api.md"
ADDRESS = "http://127.0.0.1:8080"
EXAMPLES = re.findall(
    r"^```python no-run\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)
CALL = Step("a", "price", {"of": "tea"})


@pytest.mark.parametrize("example", EXAMPLES, ids=["followed", "functions"])
async def test_examples_of_the_page_run(
    tmp_path: Path, example: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving_api(tmp_path) as service:
        service.front.script = (*working(), *ending())
        if "function_call" in example:
            start = (
                RunStarted("?"),
                StepAdded(CALL, 1, "planner"),
                StepStarted("a", CALL.arguments),
            )
            service.front.script = (*start, RunEnded("completed"))
        assert ADDRESS in example
        code = compile(example.replace(ADDRESS, service.url), str(PAGE), "exec")
        names: dict[str, Any] = {}
        async with asyncio.timeout(60):
            await asyncio.to_thread(exec, code, names)
            await asyncio.to_thread(names["client"].close)
        asked = [each.options for each, _ in service.front.asked]
    said = capsys.readouterr().out
    if "function_call" in example:
        assert asked[1]["outputs"][0]["output"] == "2"
    else:
        assert said == f"{TEXT}{TEXT}\n"
        assert "after" in asked[1]
