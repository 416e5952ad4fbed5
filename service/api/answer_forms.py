"""Answers in a form of the client's: what it asks for, and how such an answer is told."""

import json
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from planner import Answer, PlanError, require_form
from service.api.bodies import Body
from service.api.citations import CitedText, cited_text
from service.api.errors import ApiError

FormKind = Literal["text", "json_schema", "json_object"]


class AnswerSchema(Body):
    """The form of an answer as a schema."""

    name: Annotated[str | None, Field(max_length=64)] = None
    schema_: Annotated[dict[str, JsonValue] | None, Field(alias="schema")] = None
    strict: bool | None = None
    description: str | None = None


def form_of(kind: FormKind, given: AnswerSchema | None, where: str) -> dict[str, JsonValue] | None:
    """The form, as `Wishes` has it. `where`: the place of its schema in the body. Raises ApiError
    for a schema that cannot be used."""
    if kind == "text":
        return None
    if kind == "json_object":
        return {"name": "answer", "schema": {"type": "object"}, "strict": False}
    if given is None or given.schema_ is None:
        raise ApiError(400, f"{where}: is required", param=where)
    try:
        require_form(given.schema_)
    except PlanError as error:
        raise ApiError(400, f"{where}: {error}", param=where) from error
    return {"name": given.name or "answer", "schema": given.schema_, "strict": bool(given.strict)}


def told(answer: Answer | None) -> CitedText:
    """Its text with its citations; where it was put into a form, its JSON, in which nothing is
    cited."""
    if answer is not None and answer.data is not None:
        return CitedText(json.dumps(answer.data, ensure_ascii=False))
    return cited_text(answer)
