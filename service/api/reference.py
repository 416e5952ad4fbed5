"""The description of the interface as a page of HTML, without scripts and without network."""

import html
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #1c1c1c; background: #fff }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #bbb }
h3 { margin: 2rem 0 .3rem }
code, pre { font-family: ui-monospace, monospace; font-size: .9em }
pre { overflow-x: auto; padding: .6rem; background: #f3f3f3; border-radius: .3rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0;
  border-bottom: 1px solid #ddd }
summary { cursor: pointer }
@media (prefers-color-scheme: dark) {
  body { color: #e8e8e8; background: #161616 } pre { background: #262626 } a { color: #9cf }
}
"""
_REFERENCE = "#/components/schemas/"


def reference_page(document: Mapping[str, Any]) -> str:
    """All operations by their subject, then the forms of what they take and give."""
    info = document["info"]
    return "".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{_text(info['title'])}: the interface</title><style>{_STYLE}</style></head>",
            f"<body><h1>{_text(info['title'])} {_text(info['version'])}</h1>",
            f"<p>{_text(info['summary'])} This page is made of ",
            '<a href="openapi.json">openapi.json</a>.</p>',
            *_subjects(document),
            "<h2>Forms</h2>",
            *_forms(document["components"]["schemas"]),
            "</body></html>",
        )
    )


def _subjects(document: Mapping[str, Any]) -> Iterator[str]:
    """The operations, those of one tag together."""
    by_tag: defaultdict[str, list[str]] = defaultdict(list)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            by_tag[operation["tags"][0]].append(_operation(path, method, operation))
    for tag, written in by_tag.items():
        yield f"<h2>{_text(tag)}</h2>{''.join(written)}"


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    """What it is for, what it takes, what it gives."""
    body = operation.get("requestBody", {}).get("content", {})
    written = [
        f'<h3 id="{_text(operation["operationId"])}">{_text(operation["summary"])}</h3>',
        f"<p><code>{method.upper()} {_text(path)}</code></p>",
    ]
    if "description" in operation:
        written.append(f"<p>{_text(operation['description'])}</p>")
    if body:
        written.append(f"<p>Takes {_media(body)}</p>")
    rows = [_parameter(parameter) for parameter in operation.get("parameters", ())]
    written.append(_table(("parameter", "in", "form", ""), rows))
    responses = operation["responses"].items()
    rows = [
        (_text(status), _text(response["description"]), _media(response.get("content", {})))
        for status, response in responses
    ]
    written.append(_table(("status", "meaning", "gives"), rows))
    return "".join(written)


def _parameter(parameter: Mapping[str, Any]) -> tuple[str, ...]:
    needed = " (needed)" if parameter.get("required") else ""
    return (
        f"<code>{_text(parameter['name'])}</code>{needed}",
        _text(parameter["in"]),
        _form(parameter["schema"]),
        _text(parameter.get("description", "")),
    )


def _media(content: Mapping[str, Any]) -> str:
    """Each type of it, and its form."""
    written = (f"{_text(name)} {_form(media['schema'])}" for name, media in content.items())
    return ", ".join(written)


def _form(schema: Mapping[str, Any]) -> str:
    """A name to look up, or the thing itself where that is short."""
    if "$ref" in schema:
        name = _text(str(schema["$ref"]).removeprefix(_REFERENCE))
        return f'<a href="#form-{name}">{name}</a>'
    shown = {key: value for key, value in schema.items() if key not in ("title", "description")}
    return f"<code>{_text(json.dumps(shown, ensure_ascii=False))}</code>" if shown else "anything"


def _forms(schemas: Mapping[str, Any]) -> Iterator[str]:
    """Objects as tables of their fields, others as they are."""
    for name, schema in schemas.items():
        needed = set(schema.get("required", ()))
        rows = [
            (
                f"<code>{_text(field)}</code>{' (needed)' if field in needed else ''}",
                _form(form),
                _text(form.get("description", "")),
            )
            for field, form in schema.get("properties", {}).items()
        ]
        shown = _table(("field", "form", ""), rows) if rows else f"<p>{_form(schema)}</p>"
        said = f"<p>{_text(schema.get('description', ''))}</p>"
        examples = "".join(
            f"<pre>{_text(json.dumps(example, indent=2, ensure_ascii=False))}</pre>"
            for example in schema.get("examples", ())
        )
        yield f'<h3 id="form-{_text(name)}">{_text(name)}</h3>{said}{shown}{examples}'


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Nothing where there are no rows. The cells are HTML."""
    if not rows:
        return ""
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(value: object) -> str:
    return html.escape(str(value))
