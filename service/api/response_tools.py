"""The tools of a request: what each means for its run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from service.api.errors import ApiError
from service.api.response_functions import function_of
from service.api.response_servers import server_of
from service.settings import Settings

_SEARCHES = ("web_search", "web_search_preview", "web_search_2025_08_26",
             "web_search_preview_2025_03_11")  # fmt: skip
_MOST_DOMAINS = 100
_WAYS = ("none", "auto", "required")


@dataclass
class Tools:
    """What they come to."""

    web: bool | None = None
    domains: list[JsonValue] | None = None
    files: bool | None = None
    code: bool = False
    functions: list[JsonValue] = field(default_factory=list)
    """As `Wishes` has them."""
    servers: list[JsonValue] = field(default_factory=list)
    """As `Wishes` has them."""
    secrets: dict[str, JsonValue] = field(default_factory=dict)
    """By the label of a server."""
    shown: list[dict[str, JsonValue]] = field(default_factory=list)
    """The tools as they may be shown again: without secrets."""


_Taking = Callable[[Tools, Mapping[str, Any], str, Settings], dict[str, JsonValue]]
"""Notes what a tool means; gives what is shown of it, besides what was sent."""


def tools_of(given: Sequence[Mapping[str, Any]], choice: JsonValue, settings: Settings) -> Tools:
    """Raises ApiError for a tool that there is not, or is not to be had, naming it."""
    require_choice(choice)
    tools, unused = Tools(), Tools()
    for place, tool in enumerate(given):
        taking, where = _TAKING.get(str(tool.get("type"))), f"tools[{place}]"
        if taking is None:
            raise _unsupported(tool.get("type"), where)
        into = tools if _allowed(tool, choice) else unused
        tools.shown.append(dict(tool) | taking(into, tool, where, settings))
    if choice == "none":  # nothing is called but what an answer cannot do without
        return Tools(web=False, files=True, shown=tools.shown)
    if unused.web and not tools.web:
        tools.web, tools.files = False, True
    return tools


def _allowed(tool: Mapping[str, Any], choice: JsonValue) -> bool:
    """Whether it may be called: `allowed_tools` may name those that may."""
    if not isinstance(choice, dict) or choice.get("type") != "allowed_tools":
        return True
    named, by = choice.get("tools"), ("type", "name", "server_label")
    return choice.get("mode") != "none" and any(
        isinstance(one, dict)
        and all(one[name] == tool.get(name) for name in by if name in one and name in tool)
        and one.get("type") == tool.get("type")
        for one in (named if isinstance(named, list) else ())
    )


def _web(
    tools: Tools, tool: Mapping[str, Any], where: str, settings: Settings
) -> dict[str, JsonValue]:
    if not settings.search:
        text = f"{where}: this service does not search the web (it was started without --search)"
        raise ApiError(400, text, param=where, code="unsupported_parameter")
    domains = _domains(tool, where)
    # Two such tools: what either allows is allowed.
    both = tools.domains + (domains or []) if tools.domains else domains
    tools.domains = both if domains and (tools.domains or not tools.web) else None
    tools.web = True
    return {}


def _files(
    tools: Tools, tool: Mapping[str, Any], where: str, settings: Settings
) -> dict[str, JsonValue]:
    tools.files = True
    return {} if isinstance(tool.get("vector_store_ids"), list) else {"vector_store_ids": []}


def _code(
    tools: Tools, tool: Mapping[str, Any], where: str, settings: Settings
) -> dict[str, JsonValue]:
    tools.code = True
    return {} if tool.get("container") else {"container": {"type": "auto"}}


def _function(
    tools: Tools, tool: Mapping[str, Any], where: str, settings: Settings
) -> dict[str, JsonValue]:
    taken = {str(each["name"]) for each in tools.functions if isinstance(each, dict)}
    function = function_of(tool, where, {*taken, *settings.tools})
    tools.functions.append(function)
    return {name: tool.get(name) for name in ("parameters", "strict", "description")}


def _server(
    tools: Tools, tool: Mapping[str, Any], where: str, settings: Settings
) -> dict[str, JsonValue]:
    taken = {str(each["label"]) for each in tools.servers if isinstance(each, dict)}
    server, secrets = server_of(tool, where, {*taken, *settings.mcp, *settings.openapi})
    tools.servers.append(server)
    if secrets:
        tools.secrets[str(server["label"])] = secrets
    hidden: dict[str, JsonValue] = {"authorization": None, "headers": None}
    return hidden


_TAKING: Mapping[str, _Taking] = {
    **dict.fromkeys(_SEARCHES, _web),
    "file_search": _files,
    "code_interpreter": _code,
    "function": _function,
    "mcp": _server,
}


def require_choice(choice: JsonValue) -> None:
    """Which tool is called is the plan's business: an object that names one is let pass. Raises
    ApiError."""
    if choice is not None and not isinstance(choice, dict) and choice not in _WAYS:
        text = f"tool_choice: use one of {', '.join(_WAYS)}, or name a tool by an object"
        raise ApiError(400, text, param="tool_choice")


def _unsupported(kind: object, where: str) -> ApiError:
    named = repr(kind)[:60] if isinstance(kind, str) else "no type"
    text = f"{where}.type: {named} is not supported; use web_search, file_search, function, mcp or"
    return ApiError(
        400, f"{text} code_interpreter", param=f"{where}.type", code="unsupported_parameter"
    )


def _domains(tool: Mapping[str, Any], where: str) -> list[JsonValue] | None:
    """Where on the web it may look."""
    filters = tool.get("filters")
    said = filters.get("allowed_domains") if isinstance(filters, dict) else None
    if said is None:
        return None
    param = f"{where}.filters.allowed_domains"
    sound = isinstance(said, list) and all(isinstance(name, str) and name for name in said)
    if not sound or len(said) > _MOST_DOMAINS:
        text = f"{param}: has to be a list of at most {_MOST_DOMAINS} names"
        raise ApiError(400, text, param=param)
    return list(said) or None
