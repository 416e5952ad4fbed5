"""Whether two mathematical answers are equal, by math-verify, in a process that can be killed."""

import asyncio
import json
import re
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from reasoning.answers import other_unit, plain, plainly_same

_MAIN = Path(__file__).with_name("equality_main.py")
_START_SECONDS = 30.0
_SECONDS = 5.0
"""For one comparison."""
_STRIKES = 2
"""An answer that was not compared in time so often is not compared any more."""
_LONGEST = 300
"""Characters of an answer that is still taken for mathematics."""
_MATHEMATICS = re.compile(r"\\[a-z]+|[\^=+*/(\[{|<>≤≥√π]|\d\s*[a-z]\b|\d%")


class MathEquality:
    """Use it as `Answers(same=...)`, and close it. What cannot be compared is not equal."""

    def __init__(self, *, seconds: float = _SECONDS) -> None:
        """The process is started by the first comparison that needs it.

        `seconds`: for one comparison.
        """
        self._seconds = seconds
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._known: dict[tuple[str, str], bool] = {}
        self._strikes: Counter[str] = Counter()
        """Of either answer of a pair that took too long: which of them it was is not known."""

    async def __aenter__(self) -> "MathEquality":
        """Itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        await self.close()

    async def __call__(self, one: str, other: str) -> bool:
        """Whether they are the same, in words or in value."""
        if await plainly_same(one, other):
            return True
        first, second = sorted((plain(one), plain(other)))
        if not (_is_mathematics(first) or _is_mathematics(second)):
            return False
        if max(len(one), len(other)) > _LONGEST or other_unit(one, other):
            return False
        if (first, second) not in self._known:
            async with self._turn:
                if max(self._strikes[first], self._strikes[second]) >= _STRIKES:
                    return False
                self._known[first, second] = await self._compared(one, other)
        return self._known[first, second]

    async def close(self) -> None:
        """End the process; a later comparison starts another."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()

    async def _compared(self, one: str, other: str) -> bool:
        """By the process; False where it takes too long, or dies of it."""
        asked: set[str] = set()
        try:
            process = await self._running()
            asked = {plain(one), plain(other)}
            async with asyncio.timeout(self._seconds):
                told = await _asked(process, json.dumps([one, other]))
            return bool(json.loads(told))
        except (TimeoutError, ValueError, ConnectionError):
            self._strikes.update(asked)
            await self.close()
            return False
        except asyncio.CancelledError:
            await self.close()  # its answer would be taken for that of the next question
            raise

    async def _running(self) -> asyncio.subprocess.Process:
        """The process, once it has said that it is there."""
        if self._process is not None and self._process.returncode is not None:
            await self.close()  # it died of something else: whoever was short of memory, say
        if self._process is None:
            async with asyncio.timeout(_START_SECONDS):
                pipe = asyncio.subprocess.PIPE
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-P", str(_MAIN)),
                    stdin=pipe,
                    stdout=pipe,
                    stderr=asyncio.subprocess.DEVNULL,
                    env={"PYTHONUTF8": "1"},
                )
                await _asked(self._process, "")
        return self._process


async def _asked(process: asyncio.subprocess.Process, line: str) -> bytes:
    """What it says to a line. Raises ConnectionError if it is gone."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{line}\n".encode())
    await process.stdin.drain()
    return await process.stdout.readline()


def _is_mathematics(text: str) -> bool:
    """Whether there is something to work out."""
    return _MATHEMATICS.search(text) is not None
