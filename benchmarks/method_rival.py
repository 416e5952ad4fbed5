"""A library of reasoning methods, run by its own Python: see method_rival_main.py."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.method_pool import Problem, request_of
from reasoning.answers import FORM

_MAIN = Path(__file__).with_name("method_rival_main.py")
_PATIENCE = 3600.0
"""Seconds for one question by one method, and for one request of it."""


class WayError(Exception):
    """A library that cannot be used, or a method of one that failed."""


class Rival:
    """A library in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """See `rival`."""
        self._process = process
        self.version = ""

    async def begin(self, settings: Mapping[str, Any]) -> None:
        """Raises WayError where the library is not there."""
        self.version = (await self._told({**settings, "patience": _PATIENCE}))["version"]

    async def solve(self, method: str, problem: Problem) -> str:
        """By a method, a question: the text that it stands behind."""
        system, user = (turn.content for turn in request_of(problem, FORM).messages)
        return (await self._told({"method": method, "system": system, "question": user}))["text"]

    async def _told(self, asked: Mapping[str, Any]) -> dict[str, str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        line = await asyncio.wait_for(self._process.stdout.readline(), _PATIENCE)
        told: dict[str, str] = json.loads(line) if line else {"error": "its process has ended"}
        if "error" in told:
            raise WayError(told["error"])
        return told


@asynccontextmanager
async def rival(python: str, settings: Mapping[str, Any]) -> AsyncIterator[Rival]:
    """Started, and ended. Raises WayError."""
    process = await asyncio.create_subprocess_exec(
        python, "-P", str(_MAIN), limit=2**24, env={"NO_PROXY": "127.0.0.1"},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        started = Rival(process)
        await started.begin(settings)
        yield started
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
