"""An MCP server as a process: messages of bounded size, its last words kept, ended with its group.

The library has such a transport, too; it buffers a message of any length, and lets the server write
into our terminal.
"""

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client.stdio import get_default_environment
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

Messages = MemoryObjectReceiveStream[SessionMessage | Exception]
Outgoing = MemoryObjectSendStream[SessionMessage]

MOST_BYTES = 2**20
"""Of one message."""
_MOST_NOISE = 1000
"""Lines that are no messages; some servers print greetings."""
_LAST_WORDS = 500
_GRACE = 1.0
"""Seconds to end by itself when its input is closed, and again when it is told to."""


@dataclass
class Program:
    """What is run, and what became of it."""

    command: str
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    """Besides the few variables that every server gets: PATH, HOME and the like."""
    folder: str | None = None
    ended: bool = False
    """It closed its output: nothing more will come."""
    fault: str = ""
    """What it did wrong."""
    errors: str = ""
    """The last of what it wrote to standard error."""

    @property
    def words(self) -> str:
        """Why it ended, as far as it can be known."""
        return self.fault or " ".join(self.errors.split())[-_LAST_WORDS:]


@asynccontextmanager
async def running(program: Program) -> AsyncIterator[tuple[Messages, Outgoing]]:
    """Start it; on leaving, its whole process group is gone. Raises OSError."""
    process = await asyncio.create_subprocess_exec(
        *(program.command, *program.arguments),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env={**get_default_environment(), **program.environment},
        cwd=program.folder,
        start_new_session=True,
        limit=MOST_BYTES,
    )
    told, heard = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, queue = anyio.create_memory_object_stream[SessionMessage](0)
    tasks = [
        asyncio.create_task(_read(process, program, told)),
        asyncio.create_task(_write(process, queue)),
        asyncio.create_task(_listen(process, program)),
    ]
    try:
        yield heard, outgoing
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.shield(asyncio.create_task(_end(process)))
        await asyncio.wait(tasks)
        for stream in (told, heard, outgoing, queue):
            stream.close()


async def _read(
    process: Process, program: Program, told: MemoryObjectSendStream[SessionMessage | Exception]
) -> None:
    """Message by message, until there are no more, or one is too large."""
    assert process.stdout is not None
    noise = 0
    with told, suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
        while noise < _MOST_NOISE:
            try:
                line = await process.stdout.readline()
            except ValueError:
                program.fault = f"it sent a message of more than {MOST_BYTES} bytes"
                break
            if not line:
                break
            try:
                message = jsonrpc_message_adapter.validate_json(line, by_name=False)
            except ValueError:
                noise += 1
                continue
            await told.send(SessionMessage(message))
        else:
            program.fault = "it sends what are no messages"
        program.ended = True


async def _write(process: Process, queue: MemoryObjectReceiveStream[SessionMessage]) -> None:
    """One message a line."""
    assert process.stdin is not None
    with queue, suppress(OSError):
        async for sent in queue:
            text = sent.message.model_dump_json(by_alias=True, exclude_unset=True)
            process.stdin.write(text.encode() + b"\n")
            await process.stdin.drain()


async def _listen(process: Process, program: Program) -> None:
    """Keep the last of what it complains of."""
    assert process.stderr is not None
    while part := await process.stderr.read(4096):
        program.errors = (program.errors + part.decode(errors="replace"))[-4 * _LAST_WORDS :]


async def _end(process: Process) -> None:
    """Close its input, then tell it to end, then kill it; and all that it started."""
    assert process.stdin is not None
    process.stdin.close()
    for number in (signal.SIGTERM, signal.SIGKILL, None):
        try:
            async with asyncio.timeout(_GRACE):
                await process.wait()
            break
        except TimeoutError:
            if number is not None:
                _signal(process, number)
    _signal(process, signal.SIGKILL)
    # Somebody who left the group may hold the pipes for ever: they are closed on this side.
    process._transport.close()  # type: ignore[attr-defined]


def _signal(process: Process, number: signal.Signals) -> None:
    """To its whole group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
