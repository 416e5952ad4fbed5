"""A library of reasoning methods, run by its own Python: see method_rival_main.py."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

from benchmarks.method_door import PATIENCE
from benchmarks.method_pool import Problem, request_of
from reasoning.answers import FORM

_MAIN = Path(__file__).with_name("method_rival_main.py")


class WayError(Exception):
    """A library that cannot be used, or a method of one that failed."""


class Rival:
    """A library in a process of its own, which is started again where it was lost."""

    def __init__(self, python: str, settings: Mapping[str, Any]) -> None:
        """See `rival`."""
        self._python, self._settings = python, {**settings, "patience": PATIENCE}
        self._process: asyncio.subprocess.Process | None = None
        self.version = ""

    async def begin(self) -> None:
        """Raises WayError where the library is not there."""
        self._process = await asyncio.create_subprocess_exec(
            self._python, "-P", str(_MAIN), limit=2**24, env={"NO_PROXY": "127.0.0.1"},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        self.version = (await self._told(self._process, self._settings))["version"]

    async def solve(self, method: str, problem: Problem) -> str:
        """By a method, a question: the text that it stands behind. Raises WayError."""
        if self._process is None:
            await self.begin()
        assert self._process is not None
        system, user = (turn.content for turn in request_of(problem, FORM).messages)
        asked = {"method": method, "system": system, "question": user}
        return (await self._told(self._process, asked))["text"]

    async def end(self) -> None:
        """The process."""
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
            self._process = None

    async def _told(
        self, process: asyncio.subprocess.Process, asked: Mapping[str, Any]
    ) -> dict[str, str]:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        try:
            line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
            told: dict[str, str] = json.loads(line)
        except TimeoutError:
            # What it says later would be taken for the next answer.
            await self._lose(f"nothing was answered in {PATIENCE:.0f} s")
        except ValueError:
            await self._lose("its process has ended")
        if "error" in told:
            raise WayError(told["error"])
        return told

    async def _lose(self, why: str) -> NoReturn:
        await self.end()
        raise WayError(why)


@asynccontextmanager
async def rival(python: str, settings: Mapping[str, Any]) -> AsyncIterator[Rival]:
    """Started, and ended. Raises WayError."""
    if not python:
        raise WayError("its Python was not named")
    started = Rival(python, settings)
    try:
        await started.begin()
        yield started
    finally:
        await started.end()
