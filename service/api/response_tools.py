"""The tools of a request: what each means for its run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from service.api.errors import ApiError

_SEARCHES = ("web_search", "web_search_preview", "web_search_2025_08_26")
_MOST_DOMAINS = 100


@dataclass
class Tools:
    """What they come to."""

    web: bool | None = None
    domains: list[JsonValue] | None = None
    files: bool | None = None
    code: bool = False
    shown: list[dict[str, JsonValue]] = field(default_factory=list)
    """The tools as they may be shown again: without secrets."""

    @property
    def says_nothing(self) -> bool:
        """Whether the service's own sources are meant."""
        return self.web is None and self.files is None


def tools_of(given: Sequence[Mapping[str, Any]], choice: JsonValue) -> Tools:
    """Raises ApiError for a tool that there is not, naming it."""
    tools = Tools()
    for place, tool in enumerate(given):
        kind = tool.get("type")
        tools.shown.append(dict(tool))
        if kind in _SEARCHES:
            tools.web = True
            tools.domains = _domains(tool, place) or tools.domains
        elif kind == "file_search":
            tools.files = True
        elif kind == "code_interpreter":
            tools.code = True
        else:
            raise _unsupported(kind, place)
    if choice == "none":
        tools.web, tools.code = None, False
    return tools


def _unsupported(kind: object, place: int) -> ApiError:
    named = repr(kind)[:60] if isinstance(kind, str) else "no type"
    text = f"tools[{place}].type: {named} is not supported; use web_search, file_search or"
    return ApiError(
        400,
        f"{text} code_interpreter",
        param=f"tools[{place}].type",
        code="unsupported_parameter",
    )


def _domains(tool: Mapping[str, Any], place: int) -> list[JsonValue] | None:
    """Where on the web it may look."""
    filters = tool.get("filters")
    said = filters.get("allowed_domains") if isinstance(filters, dict) else None
    if said is None:
        return None
    param = f"tools[{place}].filters.allowed_domains"
    sound = isinstance(said, list) and all(isinstance(name, str) and name for name in said)
    if not sound or len(said) > _MOST_DOMAINS:
        text = f"{param}: has to be a list of at most {_MOST_DOMAINS} names"
        raise ApiError(400, text, param=param)
    return list(said)
