"""Items of a response, each for one call of a tool: as it begins, and with what came of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, assert_never

from service.formats.plain import web_address

Item = dict[str, Any]
Kind = Literal[
    "web_search_call", "file_search_call", "code_interpreter_call", "mcp_call", "function_call"
]
PREFIXES: Mapping[Kind, str] = {
    "web_search_call": "ws",
    "file_search_call": "fs",
    "code_interpreter_call": "ci",
    "mcp_call": "mcp",
    "function_call": "fc",
}
_LOOKING = ("lookup", "search", "crosscheck", "which", "find")
_LONGEST_OUTPUT = 4000
"""Characters of what a tool gave."""


@dataclass(frozen=True, slots=True)
class Naming:
    """What the interface calls a tool of a run."""

    searches_web: bool
    """Whether look-ups ask the web."""
    servers: tuple[str, ...] = ()
    """Names of MCP servers: their tools are named `SERVER_TOOL`."""
    functions: frozenset[str] = frozenset()
    """Of the caller."""

    def kind(self, told: Mapping[str, Any]) -> Kind | None:
        """Of a call; None: it is our own business."""
        tool = str(told.get("tool"))
        if tool in self.functions:
            return "function_call"
        if tool in _LOOKING:
            return "web_search_call" if self.searches_web else "file_search_call"
        if tool == "read":
            return "web_search_call" if _address(told) else "file_search_call"
        if tool == "python":
            return "code_interpreter_call"
        return "mcp_call" if self.server(tool) else None

    def server(self, tool: str) -> str | None:
        """Whose tool it is: of `a` and `a_b`, `a_b_c` is the latter's."""
        found = [name for name in self.servers if tool.startswith(f"{name}_")]
        return max(found, key=len, default=None)


def begun(kind: Kind, id_: str, told: Mapping[str, Any], naming: Naming) -> Item:
    """The item of a call that has begun. `told`: its `step_started`, veiled."""
    arguments: Mapping[str, Any] = told.get("arguments") or {}
    item: Item = {"id": id_, "type": kind, "status": "in_progress"}
    asked = str(arguments.get("question") or arguments.get("query") or "")
    match kind:
        case "web_search_call":
            address = _address(told)
            searched: Item = {"type": "search", "query": asked, "queries": [asked], "sources": []}
            return item | {"action": {"type": "open_page", "url": address} if address else searched}
        case "file_search_call":
            return item | {
                "queries": [asked or str(arguments.get("location", ""))],
                "results": None,
            }
        case "code_interpreter_call":
            code = str(arguments.get("code", ""))
            return item | {"code": code, "container_id": f"cntr_{id_}", "outputs": None}
        case "mcp_call":
            tool = str(told.get("tool"))
            server = naming.server(tool) or ""
            more = {"output": None, "error": None, "arguments": _json(arguments)}
            return item | {
                "server_label": server,
                "name": tool.removeprefix(f"{server}_"),
                **more,
            }
        case "function_call":
            call = {"call_id": f"call_{id_.partition('_')[2]}", "name": str(told.get("tool"))}
            return item | call | {"arguments": _json(arguments)}
        case never:
            assert_never(never)


def ended(item: Item, told: Mapping[str, Any], *, with_results: bool) -> Item:
    """The item with what came of its call. `told`: its `step_ended`, veiled.

    `with_results`: searches of documents tell what they found.
    """
    done = {"status": "completed" if told.get("outcome") == "done" else "failed"}
    sources, value, error = told.get("sources") or [], told.get("value"), told.get("error")
    text = (value if isinstance(value, str) else _json(value))[:_LONGEST_OUTPUT]
    match item["type"]:
        case "web_search_call" if item["action"]["type"] == "search":
            found = [{"type": "url", "url": each["url"]} for each in sources]
            return item | done | {"action": item["action"] | {"sources": found}}
        case "file_search_call" if with_results:
            return item | done | {"results": [_result(each) for each in sources]}
        case "code_interpreter_call":
            return item | done | {"outputs": [{"type": "logs", "logs": error or text}]}
        case "mcp_call":
            fault = {"type": "mcp_tool_execution_error", "content": error} if error else None
            return item | done | {"output": None if error else text, "error": fault}
        case "function_call":
            return item | {"status": "completed"}  # the call; what it gives, the caller will say
    return item | done


def _result(source: Mapping[str, str]) -> Item:
    """A document that a search found."""
    name = source["url"]
    return {
        "file_id": name,
        "filename": name,
        "text": source["title"],
        "score": None,
        "attributes": {},
    }


def _address(told: Mapping[str, Any]) -> str | None:
    """Of the page that a call opens, if it opens one."""
    location = (told.get("arguments") or {}).get("location")
    return web_address(location) if isinstance(location, str) else None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
