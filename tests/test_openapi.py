"""Operations of OpenAPI documents as tools, against a service on loopback."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml
from aiohttp import web

from planner import Budget, Caller, Done, Failed, Limits, MemoryTrace, Outcome
from planner.grammar import plan_grammar
from search import WebClient, WebSettings
from tools import Auth, DocumentError, Service, has_side_effects, openapi_tools

SECRET = "t0p-s3cr3t/+ value"
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/films/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True,
                            "schema": {"type": "string"}}],
            "get": {"operationId": "getFilm", "summary": "One film.", "parameters": [
                {"name": "fields", "in": "query", "schema": {"type": "array",
                                                             "items": {"type": "string"}}},
                {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                {"name": "Accept", "in": "header", "required": True},
                {"name": "session", "in": "cookie"}]},
            "delete": {"operationId": "delete film!"},
        },
        "/films": {
            "get": {"description": "All\n films.",
                    "parameters": [{"$ref": "#/components/p/limit"}]},
            "post": {"operationId": "addFilm", "requestBody": {"$ref": "#/components/b/film"}},
            "put": {"operationId": "form", "requestBody": {"required": True, "content": {
                "application/x-www-form-urlencoded": {"schema": {"properties": {
                    "title": {"type": "string"}}}}}}},
            "patch": {"operationId": "upload", "requestBody": {"required": True, "content": {
                "multipart/form-data": {}}}},
        },
    },
    "components": {
        "p": {"limit": {"name": "limit", "in": "query", "required": True,
                        "schema": {"type": "integer", "minimum": 1}}},
        "b": {"film": {"required": True, "content": {"application/json; charset=utf-8": {
            "schema": {"$ref": "#/components/s/Film"}}}}},
        "s": {"Film": {"allOf": [
            {"type": "object", "required": ["title", "id"], "properties": {
                "id": {"type": "string", "readOnly": True}, "title": {"type": "string"}}},
            {"properties": {"cast": {"type": ["array", "null"], "items": {
                "$ref": "#/components/s/Person"}}}}]},
            "Person": {"type": "object", "properties": {
                "name": {"type": "string"}, "friends": {"type": "array", "items": {
                    "$ref": "#/components/s/Person"}}}}},
    },
}  # fmt: skip


@dataclass
class Films:
    """The service; `seen` keeps what it was asked."""

    url: str = ""
    seen: list[dict[str, Any]] = field(default_factory=list)
    answer: web.Response | None = None

    async def asked(self, request: web.Request) -> web.Response:
        text = await request.text()
        seen = {
            "method": request.method,
            "path": request.raw_path,
            "headers": {key.lower(): value for key, value in request.headers.items()},
            "body": text,
        }
        self.seen.append(seen)
        return self.answer or web.json_response(seen)


@pytest.fixture
async def films() -> AsyncIterator[Films]:
    service = Films()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", service.asked)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    yield service
    await runner.cleanup()


@pytest.fixture
async def client() -> AsyncIterator[WebClient]:
    async with WebClient(WebSettings(allow_hosts=frozenset({"127.0.0.1"}))) as made:
        yield made


async def call(
    films: Films, client: WebClient, tool: str, auth: Auth | None = None, **arguments: Any
) -> Outcome:
    service = Service(client, auth or Auth())
    made = openapi_tools("shop", json.dumps(DOCUMENT), service, server=films.url)
    tools: Any = {one.name: one for one in made.tools}
    caller = Caller(tools, budget=Budget(Limits()), trace=MemoryTrace())
    outcome, _ = await caller.call("a", tool, arguments)
    return outcome


def offline(document: Any, **more: Any) -> Any:
    text = document if isinstance(document, str) else json.dumps(document)
    return openapi_tools("shop", text, Service(WebClient()), **more)


def test_each_operation_is_a_tool_and_what_cannot_be_one_is_told() -> None:
    made = offline(DOCUMENT, server="https://films.example/v1")
    tools = {tool.name: tool for tool in made.tools}
    assert [*tools] == [
        "shop_getFilm", "shop_delete_film", "shop_get_films", "shop_addFilm", "shop_form",
    ]  # fmt: skip
    assert made.problems == ("upload: it takes multipart/form-data",)
    assert tools["shop_getFilm"].description == "One film."
    assert tools["shop_get_films"].description == "All films."
    assert tools["shop_getFilm"].arguments.field_names() == ("id", "fields", "X-Trace")
    assert tools["shop_addFilm"].arguments.field_names() == ("title", "cast")
    effects = [name for name, tool in tools.items() if has_side_effects(tool)]
    assert effects == ["shop_delete_film", "shop_addFilm", "shop_form"]
    assert plan_grammar(made.tools)


@pytest.mark.parametrize("required", [{}, {"required": True}, {"required": False}])
def test_what_a_body_has_to_hold_is_required(required: dict[str, bool]) -> None:
    fields = {"required": ["article"], "properties": {
        "article": {"type": "string"}, "note": {"type": "string"}}}  # fmt: skip
    paths = {
        "/order": {"post": {"operationId": "order", "requestBody": {
            **required, "content": {"application/json": {"schema": fields}}}}},
        "/upload": {"post": {"operationId": "upload", "requestBody": {
            **required, "content": {"multipart/form-data": {"schema": {}}}}}},
    }  # fmt: skip
    made = offline({"openapi": "3.0.3", "paths": paths}, server="https://shop.example")
    (order,) = made.tools
    assert order.arguments.model_json_schema()["required"] == ["article"]
    assert made.problems == ("upload: it takes multipart/form-data",)


def test_yaml_is_read_and_the_server_of_the_document_is_asked() -> None:
    server = {"url": "https://{where}.example/v2/", "variables": {"where": {"default": "films"}}}
    document = {**DOCUMENT, "openapi": "3.0.3", "servers": [server]}
    made = offline(yaml.safe_dump(document))
    assert made.tools[-1].address == "https://films.example/v2/films/{id}"
    relative = {**document, "servers": [{"url": "/v3"}]}
    made = offline(relative, address="https://other.example/spec.json")
    assert made.tools[0].address == "https://other.example/v3/films/{id}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "neither JSON nor YAML"),
        ("a: [", "neither JSON nor YAML"),
        ("just words", "no OpenAPI 3 document"),
        ('{"swagger": "2.0", "paths": {}}', "no OpenAPI 3 document"),
        ('{"openapi": "3.0.0", "paths": {}}', "set `server`"),
    ],
)
def test_what_is_no_document_says_so(text: str, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        offline(text)


def test_documents_that_bend_every_rule_do_no_harm() -> None:
    deep: Any = {"$ref": "#/components/s/a"}
    odd = {
        "openapi": "3.1.0",
        "servers": [{"url": "https://x.example"}],
        "paths": {
            "no-slash": {"get": {}},
            "/a": {"get": {"parameters": [7, {"name": 1, "in": "query", "schema": {"type": 9}}]}},
            "/b": {"get": {"parameters": [{"name": "q", "in": "query", "schema": deep}]}},
            "/c": {"$ref": "https://evil.example/paths.json"},
            "/d": {"post": {"requestBody": {"content": {"application/json": {"schema": deep}}}}},
            "/e": [],
        },
        "components": {"s": {"a": {"anyOf": [deep] * 20,
                                   "properties": {str(n): deep for n in range(20)}}}},
    }  # fmt: skip
    made = offline(odd)
    assert [tool.name for tool in made.tools] == ["shop_get_a", "shop_get_b", "shop_post_d"]
    assert plan_grammar(made.tools)
    bomb = "a: &a [x, x]\n" + "\n".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]" for n in range(24)
    )
    rest = "openapi: 3.1.0\nservers: [{url: https://x.example}]\npaths: {/p: {get: {parameters: "
    assert offline(f"{bomb}\n{rest}*y}}}}}}").tools


async def test_parameters_go_where_they_belong(films: Films, client: WebClient) -> None:
    outcome = await call(
        films, client, "shop_getFilm",
        **{"id": "a/b c?", "fields": ["title", "year & more"], "X-Trace": "t1"},
    )  # fmt: skip
    assert isinstance(outcome, Done), outcome
    (seen,) = films.seen
    assert seen["path"] == "/v1/films/a%2Fb%20c%3F?fields=title&fields=year+%26+more"
    assert seen["headers"]["x-trace"] == "t1"
    assert outcome.value == seen
    (passage,) = outcome.evidence
    assert passage.source.location == films.url.removesuffix("/v1") + seen["path"]


async def test_bodies_are_json_or_a_form(films: Films, client: WebClient) -> None:
    cast = [{"name": "Song Kang-ho"}]
    assert isinstance(await call(films, client, "shop_addFilm", title="Roma", cast=cast), Done)
    assert isinstance(await call(films, client, "shop_form", title="a & b"), Done)
    assert json.loads(films.seen[0]["body"]) == {"title": "Roma", "cast": cast}
    assert films.seen[1]["body"] == "title=a+%26+b"


@pytest.mark.parametrize(
    ("tool", "arguments", "reason"),
    [
        ("shop_getFilm", {}, "id: Field required"),
        ("shop_getFilm", {"id": ".."}, "id cannot be '..'"),
        ("shop_getFilm", {"id": " "}, "id cannot be"),
        ("shop_getFilm", {"id": "1", "X-Trace": "a\r\nHost: evil"}, "no header can have"),
        ("shop_get_films", {"limit": 0}, "limit: 0 is less than the minimum of 1"),
        ("shop_get_films", {"limit": 1, "url": "http://evil.example"}, "url: Extra inputs"),
    ],
)
async def test_what_would_lead_elsewhere_is_refused_before_it_is_sent(
    films: Films, client: WebClient, tool: str, arguments: dict[str, Any], reason: str
) -> None:
    outcome = await call(films, client, tool, **arguments)
    assert isinstance(outcome, Failed)
    assert reason in outcome.error
    assert films.seen == []


BASIC = b64encode(f"me:{SECRET}".encode()).decode()


@pytest.mark.parametrize(
    ("auth", "place", "sent"),
    [
        (Auth(bearer=SECRET), "authorization", f"Bearer {SECRET}"),
        (Auth(basic=f"me:{SECRET}"), "authorization", f"Basic {BASIC}"),
        (Auth(headers={"X-Key": SECRET}), "x-key", SECRET),
        (Auth(query={"key": SECRET}), "path", "key=t0p-s3cr3t/%2B+value"),
    ],
    ids=["bearer", "basic", "header", "query"],
)
async def test_credentials_are_sent_and_never_told(
    films: Films, client: WebClient, auth: Auth, place: str, sent: str
) -> None:
    told: list[str] = [repr(auth)]
    for status in (200, 500):
        films.answer = None
        if status == 500:
            films.answer = web.Response(status=400, text=f"{films.seen[0]} {SECRET}")
        told.append(repr(await call(films, client, "shop_get_films", auth, limit=1)))
    films.url = "http://127.0.0.1:1"
    told.append(repr(await call(films, client, "shop_get_films", auth, limit=2)))
    seen = films.seen[0]
    assert sent in (seen["path"] if place == "path" else seen["headers"][place])
    for text in told:
        for secret in (SECRET, BASIC, "t0p-s3cr3t"):
            assert secret not in text


def test_a_document_cannot_send_credentials_to_another_server() -> None:
    document = {**DOCUMENT, "servers": [{"url": "https://evil.example"}]}
    service = Service(WebClient(), Auth(bearer=SECRET))
    address = "https://films.example/openapi.json"
    with pytest.raises(DocumentError, match=r"evil\.example"):
        openapi_tools("shop", json.dumps(document), service, address=address)
    named = openapi_tools(
        "shop", json.dumps(document), service, address=address, server="https://evil.example"
    )
    assert named.tools


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (web.Response(text="plain words"), "plain words"),
        (web.Response(body=b"%PDF-1.4", content_type="application/pdf"),
         {"media_type": "application/pdf", "bytes": 8}),
        (web.Response(status=204), None),
        (web.json_response([1, 2]), [1, 2]),
        (web.Response(text="{broken", content_type="application/json"), "{broken"),
    ],
    ids=["text", "other", "nothing", "list", "broken"],
)  # fmt: skip
async def test_answers_of_every_kind(
    films: Films, client: WebClient, answer: web.Response, value: Any
) -> None:
    films.answer = answer
    outcome = await call(films, client, "shop_get_films", limit=1)
    assert isinstance(outcome, Done), outcome
    assert outcome.value == value


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (web.Response(status=404, text="no  such\nfilm"), "HTTP 404: no such film"),
        (web.Response(body=b"x" * 2**21), "shop_get_films: "),
        (web.Response(text="y" * 300_000), "more than 200000 characters"),
    ],
    ids=["status", "flood", "much"],
)
async def test_failures_fail_the_step(
    films: Films, client: WebClient, answer: web.Response, reason: str
) -> None:
    films.answer = answer
    outcome = await call(films, client, "shop_get_films", limit=1)
    assert isinstance(outcome, Failed)
    assert reason in outcome.error


async def test_private_hosts_are_refused_unless_they_are_allowed(films: Films) -> None:
    async with WebClient() as strict:
        outcome = await call(films, strict, "shop_get_films", limit=1)
    assert isinstance(outcome, Failed)
    assert films.seen == []
