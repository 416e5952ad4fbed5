"""Tools of MCP servers: listed once and kept on disk, called over a server that is started for it.

A server that is slow, dies, lies or floods fails the call that it was asked for. It is started
again for the next call, a few times; it ends with the run.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

from search import WebClient
from tools.given import bounded, given
from tools.schema_arguments import arguments_of
from tools.secrets import without
from tools.tool import Arguments, ToolError, ToolResult

if TYPE_CHECKING:
    from tools.mcp_link import Link

_MOST_STARTS = 4
_START = 30.0
"""Seconds until a server answers: some are downloaded first."""
_LOOK = 5.0
_LASTS = 86400.0
"""Seconds that a list of tools is kept."""
_MOST_TOOLS = 200


@dataclass(frozen=True)
class McpServer:
    """What is said of a server in the settings: a program to start, or an address."""

    name: str
    command: str | None = None
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    folder: str | None = None
    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    seconds: float = 60.0
    """For a call."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be told."""
        return (*self.environment.values(), *self.headers.values())

    @property
    def digest(self) -> str:
        """The same for the same server; says nothing of secrets."""
        told = [self.name, self.command, self.arguments, self.folder, self.url]
        return sha256(json.dumps(told).encode()).hexdigest()[:16]


class McpTool:
    """A tool of a server, named `server_tool`. See `Tool`."""

    def __init__(self, server: "_Running", offer: Mapping[str, Any]) -> None:
        """`offer`: as the server lists it."""
        hints = offer.get("annotations")
        hints = hints if isinstance(hints, Mapping) else {}
        self._server = server
        self.remote = str(offer["name"])
        self.name = f"{server.settings.name}_{_plain(self.remote)}"
        self.description = " ".join(str(offer.get("description") or self.remote).split())[:1000]
        self.arguments: type[Arguments] = arguments_of(offer.get("inputSchema"), self.name)
        self.resource = f"mcp {server.settings.name}"
        self.limit = server.settings.seconds
        """Seconds for the call itself; before it, the server may have to start."""
        self.seconds = self.limit + _START + _LOOK
        self.side_effects = hints.get("readOnlyHint") is not True
        self.destructive = self.side_effects and hints.get("destructiveHint") is not False
        """Whether it may undo or overwrite what there is."""

    async def call(self, arguments: Arguments) -> ToolResult:
        """See `Tool.call`. What has side effects is never tried again."""
        values = arguments.given()
        try:
            value = await self._server.call(self.remote, values)
        except ToolError as error:
            said = without(str(error), self._server.settings.secrets)
            retryable = error.retryable and not self.side_effects
            raise ToolError(f"{self.name}: {said}", retryable=retryable) from None
        return given(bounded(value, self.name), self.name, values)


@asynccontextmanager
async def mcp_tools(
    servers: Mapping[str, McpServer],
    *,
    cache: Path,
    web: WebClient | None = None,
    fresh: bool = False,
) -> AsyncIterator[tuple[Mapping[str, list[McpTool]], list[str]]]:
    """The tools of each server, and why those of others are not there.

    `cache`: a folder for lists of tools, which are asked anew after a day, or if they are to be
    `fresh`. `web`: what requests go through; without it no server elsewhere is asked.
    """
    running = [_Running(server, web) for server in servers.values()]
    problems: list[str] = []
    tools: dict[str, list[McpTool]] = {}

    async def listed(one: "_Running") -> None:
        try:
            offers = await one.offers(cache, fresh=fresh)
        except ToolError as error:
            said = without(str(error), one.settings.secrets)
            problems.append(f"tools of mcp {one.settings.name}: {said}")
        else:
            tools[one.settings.name] = [McpTool(one, offer) for offer in offers]

    try:
        async with asyncio.TaskGroup() as group:
            for one in running:
                group.create_task(listed(one))
        yield {name: tools[name] for name in servers if name in tools}, sorted(problems)
    finally:
        for one in running:
            one.drop()
        for one in running:
            await one.closed()


class _Running:
    """A server, started when it is needed."""

    def __init__(self, settings: McpServer, web: WebClient | None) -> None:
        self.settings = settings
        self._web = web
        self._links: list[Link] = []
        self._starting = asyncio.Lock()

    async def offers(self, cache: Path, *, fresh: bool) -> list[Mapping[str, Any]]:
        """Its tools as it lists them. Raises ToolError."""
        file = cache / "mcp" / f"{self.settings.digest}.json"
        kept = None if fresh else _kept(file)
        if kept is not None:
            return kept
        link = await self._link()
        found = _sound(await link.tools())
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            draft = file.with_suffix(".new")
            draft.write_text(json.dumps(found), encoding="utf-8")
            draft.replace(file)
        return found

    async def call(self, name: str, values: Mapping[str, JsonValue]) -> JsonValue:
        """Raises ToolError."""
        link = await self._link()
        value = await link.call(name, values, self.settings.seconds)
        text = json.dumps(value)
        # What stands in its environment may be any word: only what can be a secret is looked for.
        told = without(text, self.settings.secrets, shortest=8)
        return value if told == text else json.loads(told)

    async def _link(self) -> "Link":
        """One that lives. Raises ToolError."""
        async with self._starting:
            if self._links and self._links[-1].alive:
                return self._links[-1]
            if len(self._links) >= _MOST_STARTS:
                raise ToolError(f"was started {_MOST_STARTS} times, and is given up")
            link = self._new()
            self._links.append(link)
            await link.open(_START)
            return link

    def _new(self) -> "Link":
        """Being opened. Raises ToolError."""
        if find_spec("mcp") is None:
            raise ToolError("needs the extra `mcp`: pip install 'breadth[mcp]'")
        from tools import mcp_link, mcp_stdio  # noqa: PLC0415 - an extra, and slow to import

        server = self.settings
        if server.command is not None:
            return mcp_link.program_link(
                mcp_stdio.Program(
                    server.command, server.arguments, server.environment, server.folder
                )
            )
        if self._web is None or server.url is None:
            raise ToolError("there is no client for addresses")
        return mcp_link.web_link(server.url, server.headers, self._web, server.seconds)

    def drop(self) -> None:
        """End all that was started."""
        for link in self._links:
            link.drop()

    async def closed(self) -> None:
        """When all has ended."""
        for link in self._links:
            await link.closed()


def _kept(file: Path) -> list[Mapping[str, Any]] | None:
    """The list on disk, if it is young enough."""
    try:
        if time.time() - file.stat().st_mtime > _LASTS:
            return None
        return _sound(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def _sound(offers: Any) -> list[Mapping[str, Any]]:
    """What can be a tool."""
    listed = offers if isinstance(offers, list) else []
    named = [one for one in listed if isinstance(one, Mapping) and isinstance(one.get("name"), str)]
    return named[:_MOST_TOOLS]


def _plain(name: str) -> str:
    """As a plan can write it."""
    return "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in name)
