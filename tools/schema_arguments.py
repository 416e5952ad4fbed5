"""Arguments by a JSON schema that somebody else wrote.

The schema is not trusted: it is cut down to what the grammar of plans and the check of arguments
read, with its references written out, within limits of depth and size. Patterns and formats are
left to the server that takes the arguments.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from jsonschema import Draft202012Validator, ValidationError
from pydantic import JsonValue
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_core import ValidationError as Refused

from tools.tool import Arguments

_DEEPEST = 8
_MOST_NODES = 1000
_MOST_CHOICES = 100
_MOST_FAULTS = 10
_LONGEST_FAULT = 200
_TYPES = frozenset({"string", "integer", "number", "boolean", "null", "array", "object"})
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems")


class SchemaArguments(Arguments):
    """What a tool of others takes, as JSON."""

    schema_: ClassVar[Mapping[str, Any]] = {}
    validator: ClassVar[Draft202012Validator] = Draft202012Validator({})

    values: dict[str, JsonValue]

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """Those of the schema, the required ones first."""
        return tuple(cls.schema_.get("properties", ()))

    @classmethod
    def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
        """What is left of the schema."""
        return dict(cls.schema_)

    @classmethod
    def model_validate(cls, obj: Any, **_: Any) -> Self:
        """Numbers and texts are taken for each other where that is what is wanted."""
        properties = cls.schema_.get("properties", {})
        values = {
            name: _coerced(value, properties.get(name, {})) for name, value in dict(obj).items()
        }
        faults = [fault for error in cls.validator.iter_errors(values) for fault in _faults(error)]
        if faults:
            raise Refused.from_exception_data(cls.__name__, faults[:_MOST_FAULTS])
        return cls.model_construct(values=values)

    def given(self) -> Mapping[str, JsonValue]:
        """See Arguments."""
        return self.values


def arguments_of(schema: Any, name: str, *, document: Any = None) -> type[Arguments]:
    """The Arguments of a tool with this JSON schema; of a tool without one, none are taken.

    `document`: in which its references are found, if not in itself.
    """
    simple = _Simplified(schema, schema if document is None else document).arguments
    return type(
        f"{name}_arguments",
        (SchemaArguments,),
        {"schema_": simple, "validator": Draft202012Validator(simple), "__module__": __name__},
    )


class _Simplified:
    """A schema without references, of bounded size."""

    def __init__(self, root: Any, document: Any) -> None:
        """`root`: whatever was sent as a schema; `document`: what its references lead into."""
        self._root = root
        self._document = document
        self._left = _MOST_NODES

    @property
    def arguments(self) -> dict[str, Any]:
        """For an object; fields that it does not name are refused unless it says otherwise."""
        root = self._root if isinstance(self._root, Mapping) else {}
        made = self._walk({**root, "type": "object"}, 0)
        made.setdefault("properties", {})
        made["additionalProperties"] = bool(root.get("additionalProperties"))
        return made

    def _walk(self, schema: Any, depth: int) -> dict[str, Any]:
        """What is left of a part of it; {} allows anything."""
        self._left -= 1
        if depth > _DEEPEST or self._left < 0:
            return {}
        schema = whole(schema, self._document)
        if not schema:
            return {}
        made: dict[str, Any] = {
            key: schema[key][:_LONGEST_FAULT]
            for key in ("title", "description")
            if isinstance(schema.get(key), str)
        }
        if "const" in schema:
            return made | {"const": schema["const"]}
        choices = schema.get("enum")
        if isinstance(choices, list) and choices:
            return made | {"enum": choices[:_MOST_CHOICES]}
        kinds = _kinds(schema)
        if len(kinds) > 1:
            single = {**schema, "nullable": False}
            return made | {"anyOf": [self._walk(single | {"type": kind}, depth) for kind in kinds]}
        options = schema.get("anyOf", schema.get("oneOf"))
        if isinstance(options, list) and options and "properties" not in schema:
            return made | {"anyOf": [self._walk(one, depth + 1) for one in options[:_MOST_CHOICES]]}
        return made | self._typed(schema, kinds[0] if kinds else None, depth)

    def _typed(self, schema: Mapping[str, Any], kind: str | None, depth: int) -> dict[str, Any]:
        """The type with its limits."""
        made: dict[str, Any] = {} if kind is None else {"type": kind}
        if kind in ("integer", "number"):
            made |= _limits(schema)
        if kind in ("string", "array"):
            made |= {key: schema[key] for key in _COUNTS if _is_count(schema.get(key))}
        if kind == "array":
            made["items"] = self._walk(schema.get("items"), depth + 1)
        properties = schema.get("properties")
        if kind == "object" and isinstance(properties, Mapping):
            wanted = schema.get("required")
            listed = wanted if isinstance(wanted, list) else []
            required = [name for name in properties if name in listed]
            names = [*required, *(name for name in properties if name not in listed)]
            made["properties"] = {
                str(name): self._walk(properties[name], depth + 1) for name in names
            }
            made["required"] = required
            if schema.get("additionalProperties") is False:
                made["additionalProperties"] = False
        return made


def whole(schema: Any, document: Any, depth: int = 0) -> dict[str, Any]:
    """A schema with what it refers to and what it is made of (`allOf`) written out, at its top."""
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return {}
    made = dict(schema)
    if isinstance(made.get("$ref"), str):
        made = whole(found_in(document, made.pop("$ref")), document, depth + 1) | made
    parts = made.pop("allOf", None)
    for part in parts[:_MOST_CHOICES] if isinstance(parts, list) else ():
        made = _merged(made, whole(part, document, depth + 1))
    return made


def found_in(document: Any, reference: str) -> Any:
    """What stands at a place of a document; None for a place elsewhere."""
    if not reference.startswith("#"):
        return None
    for word in reference[1:].split("/")[1:]:
        key = word.replace("~1", "/").replace("~0", "~")
        if not isinstance(document, Mapping) or key not in document:
            return None
        document = document[key]
    return document


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    """The types that it allows, in order; none where it does not say."""
    named = schema.get("type")
    if named is None:
        named = "object" if "properties" in schema else "array" if "items" in schema else None
    kinds = [one for one in (named if isinstance(named, list) else [named]) if one in _TYPES]
    if schema.get("nullable") is True and kinds and "null" not in kinds:
        kinds.append("null")
    return list(dict.fromkeys(kinds))


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What both demand."""
    both = {**one, **other}
    for key in ("properties", "required"):
        parts = [schema[key] for schema in (one, other) if key in schema]
        if all(isinstance(part, Mapping) for part in parts) and parts:
            both[key] = {name: shape for part in parts for name, shape in part.items()}
        elif all(isinstance(part, list) for part in parts) and parts:
            both[key] = [name for part in parts for name in part]
    return both


def _limits(schema: Mapping[str, Any]) -> dict[str, float]:
    """Of a number; in OpenAPI 3.0 an exclusive limit is a flag beside the limit."""
    made = {key: schema[key] for key in _NUMBERS if _is_number(schema.get(key))}
    for flag, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if schema.get(flag) is True and limit in made:
            made[flag] = made.pop(limit)
    return made


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _coerced(value: JsonValue, shape: Mapping[str, Any]) -> JsonValue:
    """A value found as a text where a number is wanted, or the other way round."""
    kind = shape.get("type")
    try:
        if kind == "string" and _is_number(value):
            return str(value)
        if kind == "integer" and isinstance(value, str):
            return int(value)
        if kind == "number" and isinstance(value, str):
            return float(value)
    except ValueError:
        return value
    if kind == "boolean" and isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower(), value)
    return value


def _faults(error: ValidationError) -> Iterator[InitErrorDetails]:
    """An error of the schema as pydantic would tell it."""
    place = tuple(error.absolute_path)
    schema: Any = error.schema
    match error.validator, error.instance:
        case "required", Mapping() as instance:
            missing = [name for name in schema["required"] if name not in instance]
            for name in missing[:_MOST_FAULTS]:
                yield InitErrorDetails(type="missing", loc=(*place, name), input=None)
        case "additionalProperties", Mapping() as instance:
            for name in instance.keys() - schema.get("properties", {}).keys():
                yield InitErrorDetails(type="extra_forbidden", loc=(*place, name), input=None)
        case _:
            told = PydanticCustomError("schema", "{fault}", {"fault": _told(error)})
            yield InitErrorDetails(type=told, loc=place, input=None)


def _told(error: ValidationError) -> str:
    """Without the whole of the value."""
    return error.message[:_LONGEST_FAULT]
