"""Processes of the service for benchmarks: `breadth serve` and workers, started and killed."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

ROOT = Path(__file__).resolve().parents[1]
_START_SECONDS = 120.0


def free_port() -> int:
    """Of loopback; nobody has it now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Kept:
    """A process that is started again when it was killed."""

    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: asyncio.subprocess.Process | None = field(default=None, init=False)

    async def start(self) -> None:
        """It runs; whether it has begun, its port tells."""
        with self.log.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "service",
                *self.command,
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdout=output,
                stderr=output,
            )

    async def kill(self) -> None:
        """As kill -9."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()

    async def end(self) -> int:
        """As Ctrl-C; gives the exit code."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            async with asyncio.timeout(60):
                return await self.process.wait()
        except TimeoutError:
            await self.kill()
            return -9

    @property
    def rss_mib(self) -> float:
        """Resident memory."""
        assert self.process is not None
        pages = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


@asynccontextmanager
async def kept(processes: Sequence[Kept]) -> AsyncIterator[None]:
    """Started together, and ended."""
    try:
        await asyncio.gather(*(one.start() for one in processes))
        yield
    finally:
        await asyncio.gather(*(one.kill() for one in processes))


async def answering(
    session: aiohttp.ClientSession, url: str, processes: Sequence[Kept] = ()
) -> None:
    """Wait until the service answers there. Exits with the word of a process that has ended."""
    async with asyncio.timeout(_START_SECONDS):
        while True:
            for one in processes:
                if one.process is not None and one.process.returncode is not None:
                    raise SystemExit(one.log.read_text(encoding="utf-8").rpartition("breadth: ")[2])
            with suppress(aiohttp.ClientError, OSError):
                async with session.get(f"{url}/v1/models") as answer:
                    if answer.status < 500:
                        return
            await asyncio.sleep(0.1)
