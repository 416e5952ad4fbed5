"""Operations of an OpenAPI document (3.0, 3.1) as tools.

The document is not trusted: what it says of arguments is cut down as in `schema_arguments`, and
credentials come from the settings and go to one server only.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import yaml

from tools.openapi_call import Auth, OpenApiTool, Parameter, Service
from tools.schema_arguments import arguments_of, found_in, whole

OPENAPI_BYTES = 4 * 2**20
"""Of a document."""
_METHODS = ("get", "head", "post", "put", "patch", "delete")
_PLACES = frozenset({"path", "query", "header"})
_NOT_OURS = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that OpenAPI has no say in."""
_FORM = "application/x-www-form-urlencoded"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MOST_OPERATIONS = 500


class DocumentError(Exception):
    """The document cannot be used; the text says why."""


@dataclass(frozen=True)
class Imported:
    """What a document gave."""

    tools: tuple[OpenApiTool, ...]
    problems: tuple[str, ...]
    """Operations that cannot be tools, and why."""


@dataclass
class _Fields:
    """What an operation takes, while it is put together."""

    properties: dict[str, Any] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    parameters: list[Parameter] = field(default_factory=list)

    def add(self, name: str, shape: Any, place: str, *, required: bool) -> None:
        """A field; of two of one name the later is called by its place, too."""
        key = f"{place}_{name}" if name in self.properties else name
        self.properties[key] = shape
        self.required += [key] if required else []
        self.parameters.append(Parameter(key, name, place))


def openapi_tools(
    name: str,
    text: str,
    service: Service,
    *,
    address: str | None = None,
    server: str | None = None,
) -> Imported:
    """A tool `name_operation` for each operation. Raises DocumentError.

    `address`: where the document was fetched; `server`: where requests go, instead of where the
    document says. Credentials never go to another server than the document's own unless it is
    named so.
    """
    document = _parsed(text)
    base = server or _server(document, address, service.auth)
    tools: dict[str, OpenApiTool] = {}
    problems: list[str] = []
    for path, method, operation, shared in _operations(document):
        called = str(operation.get("operationId") or f"{method}_{path}")
        try:
            fields, media = _fields(document, operation, shared)
        except DocumentError as error:
            problems.append(f"{called}: {error}")
            continue
        own = _unused(f"{name}_{_plain(called)}", tools)
        schema = {"properties": fields.properties, "required": fields.required}
        tools[own] = OpenApiTool(
            name=own,
            remote=called,
            description=_description(operation, called),
            arguments=arguments_of(schema, own, document=document),
            resource=f"openapi {name}",
            method=method.upper(),
            address=base.rstrip("/") + path,
            parameters=tuple(fields.parameters),
            is_form=media == _FORM,
            service=service,
        )
    return Imported(tuple(tools.values()), tuple(problems))


def _parsed(text: str) -> Mapping[str, Any]:
    """JSON or YAML. Raises DocumentError."""
    try:
        document = json.loads(text) if text.lstrip()[:1] == "{" else yaml.load(text, _LOADER)  # noqa: S506
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise DocumentError(f"is neither JSON nor YAML: {' '.join(str(error).split())}") from error
    version = document.get("openapi") if isinstance(document, Mapping) else None
    if not str(version).startswith("3."):
        raise DocumentError("is no OpenAPI 3 document")
    return document  # type: ignore[no-any-return]


def _server(document: Mapping[str, Any], address: str | None, auth: Auth) -> str:
    """Where requests go, as the document says. Raises DocumentError."""
    servers = document.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else {}
    named = _object(first).get("url")
    url = named if isinstance(named, str) else ("/" if address else "")
    for variable, said in _object(_object(first).get("variables")).items():
        url = url.replace(f"{{{variable}}}", str(_object(said).get("default", "")))
    url = urljoin(address or "", url)
    if urlsplit(url).scheme not in ("http", "https"):
        raise DocumentError("does not say where its server is: set `server`")
    if auth and address and urlsplit(address)[:2] != urlsplit(url)[:2]:
        raise DocumentError(
            f"names another server, {urlsplit(url).netloc}, which is told no credentials: set"
            " `server` to it if it is to have them"
        )
    return url


def _operations(
    document: Mapping[str, Any],
) -> Iterator[tuple[str, str, Mapping[str, Any], list[Any]]]:
    """Path, method, operation, and the parameters of the whole path."""
    count = 0
    for path, said in _object(document.get("paths")).items():
        item = _whole(document, said)
        for method in _METHODS:
            operation = item.get(method)
            if isinstance(operation, Mapping) and str(path).startswith("/"):
                count += 1
                if count > _MOST_OPERATIONS:
                    return
                yield str(path), method, operation, _list(item.get("parameters"))


def _fields(
    document: Mapping[str, Any], operation: Mapping[str, Any], shared: list[Any]
) -> tuple[_Fields, str | None]:
    """What an operation takes, and the media type of its body. Raises DocumentError."""
    listed: dict[tuple[str, str], Mapping[str, Any]] = {}
    for said in (*shared, *_list(operation.get("parameters"))):
        parameter = _whole(document, said)
        listed[str(parameter.get("name")), str(parameter.get("in"))] = parameter
    fields = _Fields()
    for (name, place), parameter in listed.items():
        required = place == "path" or parameter.get("required") is True
        if place == "header" and name.lower() in _NOT_OURS:
            continue
        if place not in _PLACES:
            if required:
                raise DocumentError(f"its parameter {name!r} is in a {place}")
            continue
        fields.add(name, _shape(parameter), place, required=required)
    return fields, _add_body(document, operation, fields)


def _add_body(
    document: Mapping[str, Any], operation: Mapping[str, Any], fields: _Fields
) -> str | None:
    """The fields of an object are those of the tool; anything else is its `body`.

    What a body has to hold, the tool has to be given, though the document may let the whole body be
    left out: few documents say that it may not, and fewer calls make sense without.
    """
    body = _whole(document, operation.get("requestBody"))
    content = _object(body.get("content"))
    media = next((one for one in content if _is_json(one) or one == _FORM), None)
    required = body.get("required") is True
    if media is None:
        if required or content:
            raise DocumentError(f"it takes {', '.join(content) or 'nothing known'}")
        return None
    said = _object(content[media]).get("schema", {})
    schema = whole(said, document)
    properties = _object(schema.get("properties"))
    if not properties or set(properties) & set(fields.properties):
        fields.add("body", said, "body", required=required)
        return str(media)
    wanted = _list(schema.get("required"))
    for name, shape in properties.items():
        if not _object(shape).get("readOnly"):
            fields.add(name, shape, "field", required=name in wanted)
    return str(media)


def _shape(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a parameter, with its description."""
    content = [*_object(parameter.get("content")).values()]
    schema = parameter.get("schema", _object(content[0]).get("schema") if content else None)
    told = parameter.get("description")
    return {**_object(schema), **({"description": told} if isinstance(told, str) else {})}


def _description(operation: Mapping[str, Any], called: str) -> str:
    """What it says of itself, in one line."""
    said = operation.get("summary") or operation.get("description") or called
    return " ".join(str(said).split())[:1000]


def _whole(document: Mapping[str, Any], said: Any) -> Mapping[str, Any]:
    """Behind a reference into the document."""
    for _ in range(8):
        reference = _object(said).get("$ref")
        if not isinstance(reference, str):
            break
        said = found_in(document, reference)
    return _object(said)


def _object(value: Any) -> Mapping[str, Any]:
    """An object, whatever stands there."""
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    """A list, whatever stands there."""
    return value if isinstance(value, list) else []


def _is_json(media: Any) -> bool:
    """Whether a media type is JSON."""
    kind = str(media).partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _plain(name: str) -> str:
    """As a plan can write it."""
    words = "".join(one if one.isalnum() and one.isascii() else " " for one in name).split()
    return "_".join(words)


def _unused(name: str, taken: Mapping[str, object]) -> str:
    """A name for a tool, with a number where it is taken."""
    name = name[:64]
    numbered = (f"{name[:60]}_{number}" for number in range(2, _MOST_OPERATIONS + 2))
    return name if name not in taken else next(one for one in numbered if one not in taken)
