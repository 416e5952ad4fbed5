"""Tools that do not come with Breadth: of packages, of MCP servers, of HTTP services."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, Protocol

from planner import Research, is_tool_name
from search import WebClient
from service.edge import Fault, attempt
from service.errors import UsageProblem
from service.openapi_documents import Missing, text_of_document
from service.person import Person
from service.plans import TOOLS
from service.settings import Settings
from service.sources import web_settings
from service.tool_settings import approval_of
from tools import (
    Approved,
    Approver,
    Arguments,
    Contained,
    CrossCheck,
    DocumentError,
    Service,
    Tool,
    mcp_tools,
    openapi_tools,
)

GROUP = "breadth.tools"
"""Entry points by which packages offer tools: each names a Tool, or a list of them."""
_TAKEN = frozenset({*TOOLS, CrossCheck.name, Research.name})


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool, and where it comes from."""

    tool: Tool[Any]
    origin: str


@dataclass(frozen=True, slots=True)
class Others:
    """The tools that are there, and why others are not."""

    offered: tuple[Offered, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def tools(self) -> tuple[Tool[Any], ...]:
        """Without where they come from."""
        return tuple(one.tool for one in self.offered)

    @property
    def shapes(self) -> Mapping[str, type[Arguments]]:
        """What each takes, by its name."""
        return {tool.name: tool.arguments for tool in self.tools}


class Listener(Protocol):
    """Hears what is not there."""

    def left_out(self, reason: str) -> None:
        """Told once for each."""
        ...


@asynccontextmanager
async def others_of(
    settings: Settings,
    listener: Listener,
    *,
    every: bool = False,
    approver: Approver | None = None,
    fresh: bool = False,
) -> AsyncIterator[Others]:
    """The tools that the settings name; with `every`, all that there are.

    What is broken is told to the listener and left out. `approver`: asks somebody, if anybody is
    there. `fresh`: what is kept of servers is asked anew. Raises UsageProblem for a name that there
    is not.
    """
    if not every and TOOLS.keys() >= set(settings.tools):
        yield Others()
        return
    wanted = None if every else settings.tools
    async with AsyncExitStack() as stack:
        web = await stack.enter_async_context(WebClient(web_settings(settings)))
        found = [
            *packaged(),
            *await stack.enter_async_context(
                _of_servers(settings, wanted, approver, web, fresh=fresh)
            ),
            *await _of_services(settings, wanted, approver, web, fresh=fresh),
        ]
        others = usable(found)
        for problem in others.problems:
            listener.left_out(problem)
        _require(settings.tools, others)
        yield others


def approver_of(person: Person | None) -> Approver | None:
    """Who is asked before a call that changes something; None where nobody can be."""
    return person.approves if person is not None and person.is_there else None


@asynccontextmanager
async def _of_servers(
    settings: Settings,
    wanted: Collection[str] | None,
    approver: Approver | None,
    web: WebClient,
    *,
    fresh: bool,
) -> AsyncIterator[list[Offered | str]]:
    """The tools of MCP servers. `wanted`: names; a server of which none is wanted is left alone."""
    servers = {
        name: said.server(name)
        for name, said in settings.mcp.items()
        if wanted is None or any(tool.startswith(f"{name}_") for tool in wanted)
    }
    async with mcp_tools(servers, cache=settings.cache, web=web, fresh=fresh) as (tools, problems):
        found: list[Offered | str] = [*problems]
        for name, offered in tools.items():
            for tool in offered:
                said = settings.mcp[name].approval
                approval = approval_of(said, tool.remote, side_effects=tool.side_effects)
                found.append(Offered(Approved(tool, approval, approver), f"mcp {name}"))
        yield found


async def _of_services(
    settings: Settings,
    wanted: Collection[str] | None,
    approver: Approver | None,
    web: WebClient,
    *,
    fresh: bool,
) -> list[Offered | str]:
    """The operations of services that OpenAPI documents describe. `wanted`: as `_of_servers`."""
    found: list[Offered | str] = []
    for name, said in settings.openapi.items():
        if wanted is not None and not any(tool.startswith(f"{name}_") for tool in wanted):
            continue
        service, origin = Service(web, said.auth.auth(), said.seconds), f"openapi {name}"
        address = said.document if "://" in said.document else None
        try:
            text = await text_of_document(said.document, settings.cache, web, fresh=fresh)
            made = openapi_tools(name, text, service, address=address, server=said.server)
        except (DocumentError, Missing) as error:
            found.append(f"tools of {origin}: {error}")
            continue
        found += [f"tools of {origin}: {problem}" for problem in made.problems]
        for tool in made.tools:
            approval = approval_of(said.approval, tool.remote, side_effects=tool.side_effects)
            found.append(Offered(Approved(tool, approval, approver), origin))
    return found


def packaged() -> Iterable[Offered | str]:
    """What installed packages offer, or why it cannot be had."""
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        origin = f"package {entry.dist.name}" if entry.dist else f"entry point {entry.name}"
        loaded = attempt(entry.load)
        if isinstance(loaded, Fault):
            yield f"tools of {origin} ({entry.value}): {loaded.reason}"
            continue
        for tool in loaded if isinstance(loaded, Sequence) else [loaded]:
            fault = _fault(tool)
            if fault:
                yield f"tools of {origin} ({entry.value}): {fault}"
            else:
                yield Offered(Contained(tool), origin)


def usable(found: Iterable[Offered | str]) -> Others:
    """Those that a plan can name, the first of each name."""
    offered: dict[str, Offered] = {}
    problems: list[str] = []
    for one in found:
        if isinstance(one, str):
            problems.append(one)
        elif not is_tool_name(one.tool.name):
            problems.append(
                f"tools of {one.origin}: {one.tool.name!r} is no name for a tool:"
                " letters, digits, _ and -, at most 64"
            )
        elif one.tool.name in _TAKEN or one.tool.name in offered:
            owner = offered[one.tool.name].origin if one.tool.name in offered else "Breadth"
            problems.append(f"tools of {one.origin}: {owner} has a tool {one.tool.name!r} already")
        else:
            offered[one.tool.name] = one
    return Others(tuple(offered.values()), tuple(problems))


def _fault(tool: Any) -> str | None:
    """Why something is no Tool, if so."""
    texts = [getattr(tool, name, None) for name in ("name", "description", "resource")]
    if not all(isinstance(text, str) for text in texts):
        return f"{tool!r:.80} is no Tool: it has no name, description or resource"
    if not isinstance(getattr(tool, "seconds", None), int | float):
        return f"{tool.name}: its 'seconds' is no number"
    shape = getattr(tool, "arguments", None)
    if not (isinstance(shape, type) and issubclass(shape, Arguments)):
        return f"{tool.name}: its 'arguments' is no subclass of tools.Arguments"
    return None if callable(getattr(tool, "call", None)) else f"{tool.name}: it has no call"


def _require(names: Iterable[str], others: Others) -> None:
    """Raises UsageProblem for a tool that there is not."""
    known = {*TOOLS, *others.shapes}
    for name in names:
        if name not in known:
            there_are = ", ".join(sorted(known))
            raise UsageProblem(f"--tools: there is no tool {name!r}; there are: {there_are}")
