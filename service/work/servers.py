"""MCP servers that a request names: their tools are there for its run, and for no other."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from search import WebClient
from service.others import Offered, Others, usable
from service.settings import Settings
from service.sources import web_settings
from service.wishes import Wishes
from tools import Approval, Approved, McpServer, McpTool, mcp_tools

_SECONDS = 60.0
"""For a call."""


@asynccontextmanager
async def with_servers(
    others: Others, wishes: Wishes, secrets: Mapping[str, Any] | None, settings: Settings
) -> AsyncIterator[tuple[Others, Settings]]:
    """Tools and settings with those of the servers that are wished; why some are not there stands
    in the problems.

    Nobody can be asked while a run of the service works: a tool that changes something is called
    only where the request says that it may be, unasked. `secrets`: of the response.
    """
    told: Mapping[str, Any] = (secrets or {}).get("mcp") or {}
    wished = {str(each["label"]): each for each in wishes.servers or () if isinstance(each, dict)}
    if not wished:
        yield others, settings
        return
    servers = {
        label: McpServer(
            label, url=str(each["url"]), headers=_headers(told.get(label)), seconds=_SECONDS
        )
        for label, each in wished.items()
    }
    async with (
        WebClient(web_settings(settings)) as web,
        # Fresh: what another user's token let somebody see is not for this one.
        mcp_tools(servers, cache=settings.cache, web=web, fresh=True) as (tools, problems),
    ):
        found = usable(
            [
                *others.offered,
                *problems,
                *(
                    Offered(Approved(tool, _approval(tool, wished[label]), None), f"mcp {label}")
                    for label, offered in tools.items()
                    for tool in offered
                    if _is_allowed(tool, wished[label])
                ),
            ]
        )
        new = [each.tool.name for each in found.offered if each not in others.offered]
        names = (*settings.tools, *new)
        yield (
            replace(found, problems=(*others.problems, *found.problems)),
            settings.model_copy(update={"tools": names}),
        )


def _headers(told: Mapping[str, Any] | None) -> dict[str, str]:
    """What the server has to be told."""
    told = told or {}
    headers = {str(name): str(value) for name, value in (told.get("headers") or {}).items()}
    if told.get("authorization"):
        headers["Authorization"] = f"Bearer {told['authorization']}"
    return headers


def _is_allowed(tool: McpTool, server: Mapping[str, Any]) -> bool:
    """Whether the request lets it be used."""
    return server.get("allowed") is None or tool.remote in server["allowed"]


def _approval(tool: McpTool, server: Mapping[str, Any]) -> Approval:
    """See `Wishes.servers`."""
    unasked = server.get("never_ask")
    named = isinstance(unasked, list) and tool.remote in unasked
    return "auto" if unasked is True or named or not tool.side_effects else "never"
