"""From the body of a request for a response to what the service is asked."""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from service.api.errors import ApiError
from service.api.offered import EFFORTS, changes_of, wished_options
from service.api.response_bodies import ResponseBody, Turns
from service.api.response_tools import Tools, tools_of
from service.settings import Settings
from service.wishes import Wishes
from storage import Asked, ResponseRecord, RunRecord

MOST_CHARACTERS = 2000
"""Of a question."""
_SIZES: Mapping[str, str] = {"low": "short", "medium": "auto", "high": "report"}
_LONGEST_KEY = 255


def asked_by(
    body: ResponseBody,
    settings: Settings,
    key: str | None,
    previous: tuple[ResponseRecord, RunRecord] | None,
) -> Asked:
    """What is to be done. `key`: of idempotency; `previous`: what it goes on from.

    Raises ApiError for what cannot be.
    """
    body.require_sound()
    if key is not None and len(key) > _LONGEST_KEY:
        raise ApiError(400, f"Idempotency-Key: at most {_LONGEST_KEY} characters")
    turns, tools = Turns(body.input), tools_of(body.tools or [], body.tool_choice)
    if len(turns.question) > MOST_CHARACTERS:
        told = f"input: the question has {len(turns.question)} characters; at most"
        raise ApiError(400, f"{told} {MOST_CHARACTERS} can be asked", param="input")
    wishes = Wishes(
        after=previous[1].id if previous else None,
        conversation=turns.earlier,
        form=_form(body),
        files=tools.files,
        web=tools.web,
        domains=tools.domains,
    )
    changes = changes_of(body.model) | _changes(body, turns, tools, settings)
    options = wished_options(settings, changes, **wishes.to_options())
    request = body.model_dump(mode="json", exclude_none=True, by_alias=True)
    request |= {"tools": tools.shown} if tools.shown else {}
    return Asked(
        "response",
        turns.question,
        options,
        request,
        idempotency=key or None,
        previous=previous[0].id if previous else None,
    )


def require_sources(tools: Tools, settings: Settings) -> None:
    """Raises ApiError for a search of the web where the service has none."""
    if tools.web and not settings.search:
        raise ApiError(
            400,
            "tools: this service does not search the web (it was started without --search)",
            param="tools",
            code="unsupported_parameter",
        )


def _changes(body: ResponseBody, turns: Turns, tools: Tools, settings: Settings) -> dict[str, Any]:
    """What the body changes in the settings."""
    require_sources(tools, settings)
    changes: dict[str, Any] = {}
    instructions = "\n\n".join(filter(None, (body.instructions, turns.instructions)))
    if instructions:
        changes["instructions"] = instructions
    if body.reasoning and body.reasoning.effort:
        changes["effort"] = EFFORTS[body.reasoning.effort]
    if body.text and body.text.verbosity:
        changes["size"] = _SIZES[body.text.verbosity]
    if body.max_tool_calls is not None:
        changes["max_tool_calls"] = min(body.max_tool_calls, settings.max_tool_calls)
    if tools.files and not tools.web:
        changes["search"] = None
    if tools.code and "python" not in settings.tools:
        changes["tools"] = (*settings.tools, "python")
    return changes


def _form(body: ResponseBody) -> dict[str, JsonValue] | None:
    """The form of the answer. Raises ApiError where it lacks its schema."""
    form = body.text.format if body.text else None
    if form is None or form.type == "text":
        return None
    if form.type == "json_object":
        text = "text.format.type: json_object is not supported; use json_schema and say the schema"
        raise ApiError(400, text, param="text.format.type", code="unsupported_parameter")
    if form.schema_ is None:
        raise ApiError(400, "text.format.schema: is required", param="text.format.schema")
    return {"name": form.name or "answer", "schema": form.schema_, "strict": bool(form.strict)}
