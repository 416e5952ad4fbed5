"""`/openapi.json`: the interface described, and `/docs`: the same as a page to read.

Both are made of the application's routes and of what their handlers say of themselves.
"""

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service.api.describing import EVENTS, Answers, Operation, described, operation_of
from service.api.reference import reference_page

routes = web.RouteTableDef()

_ALWAYS = (401, 403, 429, 500, 503)
_WITH_BODY = (400, 408, 413, 415)
_MEANINGS: Mapping[int, str] = {
    200: "Done",
    201: "Made",
    202: "Taken",
    204: "Done; there is nothing to tell",
    400: "The request is wrong; `param` names the field",
    401: "No key, or none that is known",
    403: "The key may not do this",
    404: "There is no such thing, or it is another user's",
    405: "There is no such method here",
    408: "The body did not arrive in time",
    409: "It contradicts what was done already",
    413: "The body is too long",
    415: "The body is of another media type",
    429: "Too many requests; Retry-After says when to ask again",
    500: "The run, or the service, failed",
    502: "A server behind the service does not answer",
    503: "Not now; Retry-After says when to ask again",
}
_EVENT = {
    "type": "object",
    "description": "One event of the stream",
    "properties": {name: {"type": "string"} for name in ("id", "event", "data")},
    "required": ["data"],
}
_COMPONENTS = "#/components/schemas/"
Mode = Literal["validation", "serialization"]


class ErrorDetails(BaseModel):
    """What is wrong."""

    message: str
    type: str
    param: str | None
    """The field that is wrong."""
    code: str | None
    """For programs."""


class Error(BaseModel):
    """Why a request was not done."""

    error: ErrorDetails


@routes.get("/openapi.json")
@described("This description", tag="Description", answers={200: "object"}, is_open=True)
async def document_shown(request: web.Request) -> web.Response:
    """OpenAPI 3.1."""
    return web.json_response(openapi_document(request.app))


@routes.get("/docs")
@described("The same to read", tag="Description", answers={200: "text/html"}, is_open=True)
async def page_shown(request: web.Request) -> web.Response:
    """Of HTML alone, that asks nobody for anything."""
    page = reference_page(openapi_document(request.app))
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    headers = {"Content-Security-Policy": policy}
    return web.Response(text=page, content_type="text/html", headers=headers)


def openapi_document(app: web.Application) -> dict[str, Any]:
    """Of all routes of the application that describe themselves."""
    described_routes = list(_described(app))
    references, schemas = _schemas([operation for _, _, operation in described_routes])
    paths: dict[str, dict[str, Any]] = {}
    for path, method, operation in described_routes:
        told = _operation(path, method, operation, references)
        paths.setdefault(path, {})[method.lower()] = told
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Breadth",
            "version": version("breadth"),
            "summary": "Questions, answered by research: each claim with its source.",
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def undescribed(app: web.Application) -> list[str]:
    """Routes that say nothing of themselves."""
    return [
        f"{route.method} {route.resource.canonical}"
        for route in app.router.routes()
        if route.resource is not None
        and route.method != "HEAD"
        and operation_of(route.handler) is None
    ]


def _described(app: web.Application) -> Iterator[tuple[str, str, Operation]]:
    """Path, method and what is done."""
    for route in app.router.routes():
        operation = operation_of(route.handler)
        if operation is not None and route.resource is not None and route.method != "HEAD":
            yield route.resource.canonical, route.method, operation


def _schemas(
    operations: list[Operation],
) -> tuple[Mapping[Any, Any], dict[str, Any]]:
    """How each model is named, and the named ones."""
    used: dict[tuple[type[BaseModel], Mode], None] = {(Error, "serialization"): None}
    for operation in operations:
        if operation.body is not None:
            used[operation.body, "validation"] = None
        for answer in operation.answers.values():
            model = _model(answer)
            if model is not None:
                used[model, "serialization"] = None
    references, definitions = models_json_schema(list(used), ref_template=f"{_COMPONENTS}{{model}}")
    return references, definitions.get("$defs", {})


def _model(answer: Answers | None) -> type[BaseModel] | None:
    """What stands in its JSON, where that is known."""
    first = answer[0] if isinstance(answer, tuple) else answer
    return first if isinstance(first, type) else None


def _operation(
    path: str, method: str, operation: Operation, references: Mapping[Any, Any]
) -> dict[str, Any]:
    """One route."""
    told: dict[str, Any] = {
        "operationId": _identifier(path, method),
        "summary": operation.summary,
        "tags": [operation.tag],
        "responses": _responses(path, operation, references),
    }
    if operation.details:
        told["description"] = operation.details
    parameters = [*_of_path(path), *_fields(operation.query, "query"),
                  *_fields(operation.header, "header")]  # fmt: skip
    if parameters:
        told["parameters"] = parameters
    if operation.body is not None:
        schema = references[operation.body, "validation"]
        told["requestBody"] = {
            "required": True,
            "content": {operation.media: {"schema": schema}},
        }
    if operation.is_open:
        told["security"] = []
    return told


def _identifier(path: str, method: str) -> str:
    """post_v1_runs_id_cancel."""
    words = path.replace("{", "").replace("}", "").replace(".", "/").replace("-", "_").split("/")
    return "_".join([method.lower(), *filter(None, words)])


def _responses(
    path: str, operation: Operation, references: Mapping[Any, Any]
) -> dict[str, dict[str, Any]]:
    """By status, those of errors among them."""
    told = {
        status: _response(status, _content(answer, references))
        for status, answer in operation.answers.items()
    }
    errors = {*operation.errors, *(_WITH_BODY if operation.body else ())}
    errors |= set(() if operation.is_open else _ALWAYS)
    schema = {"application/json": {"schema": references[Error, "serialization"]}}
    for status in errors - set(told):
        told[status] = _response(status, schema)
    return {str(status): told[status] for status in sorted(told)}


def _response(status: int, content: dict[str, Any]) -> dict[str, Any]:
    headers = {"x-request-id": {"schema": {"type": "string"}}}
    told: dict[str, Any] = {
        "description": _MEANINGS.get(status, "See the body"),
        "headers": headers,
    }
    return told | ({"content": content} if content else {})


def _content(answer: Answers | None, references: Mapping[Any, Any]) -> dict[str, Any]:
    """By media type."""
    content: dict[str, Any] = {}
    for each in answer if isinstance(answer, tuple) else (answer,):
        if isinstance(each, type):
            content["application/json"] = {"schema": references[each, "serialization"]}
        elif each == "object":
            content["application/json"] = {"schema": {"type": "object"}}
        elif each is not None:
            content[each] = {"schema": _EVENT if each == EVENTS else {"type": "string"}}
    return content


def _of_path(path: str) -> list[dict[str, Any]]:
    """What stands in braces."""
    names = [part.partition("}")[0] for part in path.split("{")[1:]]
    schema = {"type": "string", "minLength": 1}
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]


def _fields(model: type[BaseModel] | None, place: str) -> list[dict[str, Any]]:
    """The fields of a model as parameters."""
    if model is None:
        return []
    described_by = model.model_json_schema(by_alias=True)
    required = described_by.get("required", ())
    parameters = []
    for name, schema in described_by.get("properties", {}).items():
        shown = {key: value for key, value in schema.items() if key not in ("title", "description")}
        parameter = {"name": name, "in": place, "schema": _without_null(shown)}
        if "description" in schema:
            parameter["description"] = schema["description"]
        parameters.append(parameter | ({"required": True} if name in required else {}))
    return parameters


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is there or not; it is never null."""
    forms = [form for form in schema.get("anyOf", ()) if form != {"type": "null"}]
    if len(forms) == 1:
        alone: dict[str, Any] = forms[0]
        return alone | {k: v for k, v in schema.items() if k not in ("anyOf", "default")}
    return schema
