"""The description of the interface is whole, and true."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from asked_front import ending, serving_api, working
from pydantic import ValidationError

from inference import MiniLM
from service.api.app import application
from service.api.chat_bodies import ChatBody
from service.api.describing import operation_of
from service.api.openapi import openapi_document, undescribed


@pytest.fixture
async def document(tmp_path: Path) -> Any:
    async with serving_api(tmp_path) as service, service.http.get("/openapi.json") as answer:
        return await answer.json()


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


async def test_every_route_is_described(tmp_path: Path) -> None:
    async with serving_api(tmp_path) as service:
        app = application(service.front)
    assert undescribed(app) == []
    assert len(list(operations(openapi_document(app)))) >= 11


async def test_a_route_that_says_nothing_of_itself_is_found(tmp_path: Path) -> None:
    async with serving_api(tmp_path) as service:
        app = application(service.front)

    async def silent(request: Any) -> Any:
        raise NotImplementedError

    app.router.add_get("/silent", silent)
    assert undescribed(app) == ["GET /silent"]
    assert operation_of(silent) is None


async def test_operations_have_ids_of_their_own_and_errors_of_one_form(document: Any) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    for path, method, operation in operations(document):
        statuses = set(operation["responses"])
        wanted = set() if operation.get("security") == [] else {"401", "403", "429", "500", "503"}
        wanted |= {"400", "408", "413", "415"} if "requestBody" in operation else set()
        assert statuses >= wanted | {"200"}, (path, method)
        for status in statuses - {"200"}:
            content = operation["responses"][status]["content"]
            assert content["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}


async def test_every_reference_leads_somewhere(document: Any) -> None:
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for each in value.values():
                yield from references(each)
        elif isinstance(value, list):
            for each in value:
                yield from references(each)

    found = set(references(document))
    assert found
    names = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert found <= names
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


async def test_examples_of_bodies_are_taken(tmp_path: Path, document: Any) -> None:
    schemas, tried = document["components"]["schemas"], set()
    async with serving_api(tmp_path, pass_on=True, embeddings="minilm") as service:
        service.front.script = (*working(), *ending())
        for path, method, operation in operations(document):
            content = operation.get("requestBody", {}).get("content", {}).values()
            for media in content:
                form = media["schema"]["$ref"].rpartition("/")[2]
                for example in schemas[form].get("examples", ()):
                    if form == "EmbeddingsBody" and not MiniLM.installed():
                        continue
                    async with service.http.request(method, path, json=example) as answer:
                        assert answer.status in (200, 201, 202), (path, await answer.text())
                    tried.add(form)
    assert tried >= {"ChatBody", "ResponseBody"}


async def test_answers_are_of_the_form_that_is_described(tmp_path: Path, document: Any) -> None:
    async with serving_api(tmp_path) as service:
        run = await service.front.store.create_run("Who?", {})
        await service.front.play(run, *working(), *ending())
        for path, form in (
            (f"/v1/runs/{run}", "RunObject"),
            ("/v1/models", "ModelList"),
            ("/v1/models/breadth", "ModelObject"),
            ("/v1/runs", "RunList"),
            ("/v1/runs/unknown", "Error"),
            ("/v1/nowhere", "Error"),
        ):
            async with service.http.get(path) as answer:
                await conforms(document, form, await answer.json())


async def conforms(document: Any, form: str, value: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{form}", "components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(value)


async def test_a_wrong_method_is_told_the_right_ones(tmp_path: Path) -> None:
    async with serving_api(tmp_path) as service, service.http.delete("/v1/runs") as answer:
        assert answer.status == 405
        assert "GET" in answer.headers["Allow"]
        assert (await answer.json())["error"]["type"] == "invalid_request_error"


async def test_the_page_shows_every_operation_and_needs_nobody_else(
    tmp_path: Path, document: Any
) -> None:
    async with serving_api(tmp_path) as service, service.http.get("/docs") as answer:
        page = await answer.text()
        assert answer.content_type == "text/html"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    reader = _Reader()
    reader.feed(page)
    wanted = {operation["operationId"] for _, _, operation in operations(document)}
    forms = {f"form-{name}" for name in document["components"]["schemas"]}
    assert reader.ids >= wanted | forms
    assert reader.links <= {f"#{name}" for name in reader.ids} | {"openapi.json"}
    assert not {"script", "img", "link", "iframe"} & reader.tags


class _Reader(HTMLParser):
    """Ids, links and tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        found = dict(attrs)
        self.ids.add(found.get("id") or "")
        self.links.add(found.get("href") or "openapi.json")
        assert "src" not in found


def test_bodies_are_read_strictly() -> None:
    with pytest.raises(ValidationError):
        ChatBody.model_validate({"model": "breadth", "messages": [], "n": "1"})
