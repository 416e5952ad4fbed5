"""A vLLM server of our own: started, waited for, started again when it dies, and stopped.

`keep_serving` runs until it is cancelled; then nothing of the server is left. It is not vLLM's
parent: a keeper is (inference/vllm_keeper.py), which ends it even when we are killed.
"""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from inference.errors import ModelSetupError, ModelUnavailable
from inference.vllm_log import cause_in, last_line

_KEEPER = Path(__file__).with_name("vllm_keeper.py")
_LOG_TAIL = 256 * 2**10
_LOG_MOST = 32 * 2**20
_UNHEALTHY = 503
"""What vLLM's server answers while its engine is dead."""


@dataclass(frozen=True, slots=True)
class ServerCommand:
    """What is run, and where it then answers."""

    line: Sequence[str]
    address: str
    """Without /v1."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """On top of ours; never shown, for the key is in it."""


@dataclass(frozen=True, slots=True)
class Endurance:
    """How long a server is waited for, and how often it may die."""

    start_seconds: float = 1800.0
    """Until it is healthy; large weights are downloaded at the first start."""
    look_seconds: float = 1.0
    """Between two looks at its health."""
    grace_seconds: float = 10.0
    """From asking it to end to ending it."""
    deaths: int = 5
    """So many in `window_seconds` are too many."""
    window_seconds: float = 600.0
    backoff_seconds: float = 1.0
    """Before it is started again; twice as long after each further death in the window."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(frozen=True, slots=True)
class ServerStarting:
    """It is being waited for."""

    seconds: float
    line: str
    """The last one of its log."""


@dataclass(frozen=True, slots=True)
class ServerReady:
    """It answers."""

    seconds: float
    """That it took."""


@dataclass(frozen=True, slots=True)
class ServerDied:
    """It ended by itself, and is started again."""

    cause: str
    again_in: float
    """Seconds."""


Tell = Callable[[ServerStarting | ServerReady | ServerDied], None]


async def keep_serving(
    command: ServerCommand, log: Path, tell: Tell, endurance: Endurance | None = None
) -> None:
    """Serve until cancelled. The server's output is appended to `log`.

    Raises ModelSetupError where it cannot be started, ModelUnavailable where it dies too often.
    """
    endurance = endurance or Endurance()
    _require_free(command.address)
    await asyncio.to_thread(_prepare, log)
    deaths: deque[float] = deque()
    served = False
    while True:
        async with _started(command, log, endurance) as server:
            if await server.healthy(tell):
                served = True
                await server.gone()
            cause = await server.cause()
        if not served:
            raise ModelSetupError(f"vLLM cannot be started: {cause} (log: {log})")
        again_in = _next_start(deaths, endurance)
        if again_in is None:
            raise ModelUnavailable(
                f"vLLM died {len(deaths)} times in {endurance.window_seconds:.0f} s,"
                f" at last of: {cause} (log: {log})"
            )
        tell(ServerDied(cause, again_in))
        await endurance.sleep(again_in)


def _next_start(deaths: "deque[float]", endurance: Endurance) -> float | None:
    """Seconds to wait after one more death; None: it died too often."""
    now = time.monotonic()
    deaths.append(now)
    while deaths[0] < now - endurance.window_seconds:
        deaths.popleft()
    if len(deaths) >= endurance.deaths:
        return None
    return endurance.backoff_seconds * 2.0 ** (len(deaths) - 1)


@asynccontextmanager
async def _started(
    command: ServerCommand, log: Path, endurance: Endurance
) -> AsyncIterator["_Server"]:
    """A server under its keeper; both are gone at the end."""
    begin = await asyncio.to_thread(_size, log)
    keeper = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", str(_KEEPER)),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        start_new_session=True,
    )
    told = {
        "command": list(command.line),
        "environment": dict(command.environment),
        "log": str(log),
        "grace": endurance.grace_seconds,
    }
    assert keeper.stdin is not None
    keeper.stdin.write(f"{json.dumps(told)}\n".encode())
    ended = asyncio.create_task(_code(keeper))
    try:
        yield _Server(command.address, log, begin, ended, endurance)
    finally:
        keeper.stdin.close()
        await asyncio.wait({ended}, timeout=endurance.grace_seconds + 5)
        if not ended.done():  # the keeper hangs: that is not foreseen
            keeper.kill()
        await keeper.wait()
        ended.cancel()


async def _code(keeper: Process) -> int | None:
    """How vLLM ended, when it has; None where its keeper did not say."""
    assert keeper.stdout is not None
    line = await keeper.stdout.readline()
    return int(line) if line else None


class _Server:
    """One start of the server."""

    def __init__(
        self,
        address: str,
        log: Path,
        begin: int,
        ended: "asyncio.Task[int | None]",
        endurance: Endurance,
    ) -> None:
        """`begin`: where its part of the log begins."""
        self._address, self._log, self._begin = address, log, begin
        self._ended, self._endurance = ended, endurance

    async def healthy(self, tell: Tell) -> bool:
        """Wait until it is. False: it ended first, or took too long."""
        began = time.monotonic()
        while (seconds := time.monotonic() - began) < self._endurance.start_seconds:
            if await self._health() == 200 and not self._ended.done():
                tell(ServerReady(seconds))
                return True
            if await self._ends():
                return False
            tell(ServerStarting(seconds, last_line(await self._tail())))
        return False

    async def gone(self) -> None:
        """Wait until it ended, or says that its engine has. Silence is no death: it may be busy."""
        while not await self._ends():
            if await self._health() == _UNHEALTHY:
                return

    async def cause(self) -> str:
        """Why it ended."""
        log = await self._tail()
        if not self._ended.done():
            return cause_in(log) or f"it is not healthy: {last_line(log)}"
        code = self._ended.result()
        if code is None:
            return cause_in(log) or last_line(log) or "its keeper ended"
        if code >= 0:
            return f"{cause_in(log) or last_line(log)} (exit code {code})"
        killed = ", perhaps for want of memory" if code == -signal.SIGKILL else ""
        return f"{cause_in(log)} (signal {-code}{killed})".strip()

    async def _ends(self) -> bool:
        """Whether it ends before the next look."""
        await asyncio.wait({self._ended}, timeout=self._endurance.look_seconds)
        return self._ended.done()

    async def _health(self) -> int:
        """The status of /health; 0: no answer."""
        timeout = aiohttp.ClientTimeout(total=10)
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(f"{self._address}/health") as response,
            ):
                return response.status
        return 0

    async def _tail(self) -> str:
        """The end of its part of the log."""
        return await asyncio.to_thread(_read, self._log, self._begin)


def _read(log: Path, begin: int) -> str:
    """What was written since; the last of it where it is much."""
    with suppress(FileNotFoundError), log.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(begin, size - _LOG_TAIL))
        return file.read().decode(errors="replace")
    return ""


def _size(log: Path) -> int:
    """Bytes that were written before; somebody may have deleted it."""
    return log.stat().st_size if log.exists() else 0


def _prepare(log: Path) -> None:
    """Its folder exists; a log that has grown large is put aside."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > _LOG_MOST:
            log.replace(log.with_name(f"{log.name}.old"))
        os.close(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
    except OSError as error:
        raise ModelSetupError(f"cannot write the log {log}: {error.strerror}") from error


def _require_free(address: str) -> None:
    """Nobody else listens there: we would take them for ours."""
    host, _, port = address.removeprefix("http://").rpartition(":")
    with suppress(OSError), socket.create_connection((host.strip("[]"), int(port)), timeout=1):
        raise ModelSetupError(f"something else listens on {address}: name another --port")
