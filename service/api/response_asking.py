"""From the body of a request for a response to what the service is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import JsonValue

from service.api.answer_forms import form_of
from service.api.errors import ApiError
from service.api.offered import EFFORTS, changes_of, method_by, wished_options
from service.api.response_bodies import ResponseBody, Turns
from service.api.response_tools import Tools, tools_of
from service.settings import Settings
from service.wishes import Wishes
from storage import Asked, ResponseRecord, RunRecord

MOST_CHARACTERS = 2000
"""Of a question."""
_SIZES: Mapping[str, str] = {"low": "short", "medium": "auto", "high": "report"}


@dataclass(frozen=True, slots=True)
class Previous:
    """A response that is gone on from."""

    response: ResponseRecord
    run: RunRecord
    calls: tuple[Mapping[str, Any], ...] = ()
    """Its `function_call` items."""


def asked_by(
    body: ResponseBody, settings: Settings, key: str | None, previous: Previous | None
) -> Asked:
    """What is to be done. `key`: of idempotency. Raises ApiError for what cannot be."""
    body.require_sound()
    changes = changes_of(body.model)
    turns = Turns(body.input, previous.calls if previous else ())
    tools = tools_of(body.tools or [], body.tool_choice, settings)
    question, wishes = _asked(turns, previous)
    wishes = replace(
        wishes,
        form=_form(body),
        files=tools.files,
        web=tools.web,
        domains=tools.domains,
        servers=tools.servers or None,
        functions=tools.functions or None,
        method=method_by(body.model),
    )
    changes |= _changes(body, turns, tools, settings)
    options = wished_options(settings, changes, **wishes.to_options())
    waiting = previous.run if previous and turns.question is None else None
    if waiting is not None and waiting.answer is None:
        # It is said so that it stands by itself already.
        options |= {"asked": waiting.options.get("asked", waiting.question)}
    request = body.model_dump(mode="json", exclude_none=True, by_alias=True)
    return Asked(
        "response",
        question,
        options,
        request | ({"tools": tools.shown} if tools.shown else {}),
        secrets={"mcp": tools.secrets} if tools.secrets else None,
        idempotency=key,
        previous=previous.response.id if previous else None,
        takes_up=waiting.id if waiting is not None and waiting.answer is None else None,
    )


def _asked(turns: Turns, previous: Previous | None) -> tuple[str, Wishes]:
    """The question, and what was before it. Raises ApiError."""
    run = previous.run if previous else None
    after = run.id if run and run.answer is not None else None
    if turns.question is None:
        if run is None:
            text = "input: one of its messages has to be the user's: the question"
            raise ApiError(400, text, param="input")
        known = Wishes.from_options(run.options)
        outputs = [*(known.outputs or ()), *turns.outputs]
        return run.question, Wishes(
            after=after or known.after, conversation=known.conversation, outputs=outputs
        )
    if len(turns.question) > MOST_CHARACTERS:
        told = f"input: the question has {len(turns.question)} characters; at most"
        raise ApiError(400, f"{told} {MOST_CHARACTERS} can be asked", param="input")
    if run is not None and after is None:
        text = "previous_response_id: it waits for what its functions gave: send their outputs"
        raise ApiError(400, text, param="previous_response_id")
    return turns.question, Wishes(
        after=after, conversation=turns.earlier, outputs=turns.outputs or None
    )


def _changes(body: ResponseBody, turns: Turns, tools: Tools, settings: Settings) -> dict[str, Any]:
    """What the body changes in the settings."""
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
    """The form of the answer. Raises ApiError where its schema is none that can be used."""
    form = body.text.format if body.text else None
    return form_of(form.type, form, "text.format.schema") if form else None
