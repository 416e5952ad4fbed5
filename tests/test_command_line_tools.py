"""`breadth tools`, and runs with tools of installed packages, as a user types them."""

import json
import sys
from pathlib import Path

from aiohttp import web
from conftest import ChatServer
from test_command_line import User, user
from test_command_line_person import Terminal, out, start, terminal

from inference import ScriptedModel
from planner import Research
from search import DocumentIndex
from service.plans import TOOLS
from service.settings import Settings
from service.sources import Sources
from service.workplace import own_tools
from tools import CrossCheck

__all__ = ["terminal", "user"]

MODULE = '''
from tools import ToolError, function_tool


@function_tool(seconds=3, side_effects=True, cost=0.5)
async def weather(city: str, days: int = 1) -> dict:
    """Says how warm it is in a city."""
    if city == "Atlantis":
        raise ToolError("there is no such city")
    if city == "Nowhere":
        raise KeyError(city)
    return {"degrees": 21, "city": city, "days": days}


@function_tool
async def lookup(question: str) -> str:
    """Takes a name that is taken."""
    return question


both = [weather, lookup]
nothing = 42
'''
ENTRY_POINTS = """[breadth.tools]
good = weather_tools:both
broken = weather_missing:tools
wrong = weather_tools:nothing
"""


def install(user: User) -> None:
    """A package that offers tools, some of them wrong."""
    site = user.home / "site"
    info = site / "weather_tools-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "weather_tools.py").write_text(MODULE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: weather-tools\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    user.environment["PYTHONPATH"] += f":{site}"


async def test_all_tools_are_listed_with_limits_and_where_they_come_from(user: User) -> None:
    install(user)
    ended = await user.types("tools", "--json")
    document = json.loads(ended.out)
    assert ended.code == 0
    rows = {row["name"]: row for row in document["tools"]}
    ours = ["lookup", "compare", "which", "calculate", "table", "python", "search", "read", "think"]
    assert [*rows] == [*ours, "weather"]
    assert rows["lookup"]["origin"] == "Breadth"
    assert rows["weather"] == {
        "name": "weather",
        "description": "Says how warm it is in a city.",
        "arguments": {
            "city": {"type": "string", "required": True, "description": ""},
            "days": {"type": "integer", "required": False, "description": ""},
        },
        "seconds": 3,
        "resource": "weather",
        "cost": 0.5,
        "side_effects": True,
        "approval": "auto",
        "origin": "package weather-tools",
    }
    problems = " | ".join(document["problems"])
    assert "weather_missing" in problems
    assert "42 is no Tool" in problems
    assert "Breadth has a tool 'lookup' already" in problems
    assert all(problem in ended.err for problem in document["problems"])
    shown = await user.types("tools")
    assert "package" in shown.out
    assert "costs 0.5" in shown.out
    (city,) = [line for line in shown.out.splitlines() if "city: string" in line]
    assert "days" not in city  # each argument has a line of its own


async def test_one_tool_is_called(user: User, films: Path) -> None:
    install(user)
    ended = await user.types("tools", "call", "weather", "--arg", "city=Rome", "--arg", "days=3")
    value, _, sources = ended.out.partition("\n\nSources\n")
    assert (ended.code, json.loads(value)["days"]) == (0, 3)
    assert sources.startswith('[1] weather (tool:weather {"city": "Rome", "days": 3}, ')
    summed = await user.types("tools", "call", "calculate", "--arg", "expression=12% of 340")
    assert (summed.code, summed.out.strip()) == (0, "40.8")
    found = await user.types(
        *("tools", "call", "search", "--arg", "query=1969", "-d", str(films), "--json")
    )
    document = json.loads(found.out)
    assert document["value"][0] == "Bong Joon-ho"
    assert document["sources"][0]["text"].startswith("# Bong Joon-ho")


async def test_calls_that_cannot_be_made_say_why(user: User) -> None:
    install(user)
    failed = await user.types("tools", "call", "weather", "--arg", "city=Atlantis")
    assert (failed.code, failed.err.splitlines()[-1]) == (
        1,
        "breadth: weather: there is no such city",
    )
    broken = await user.types("tools", "call", "weather", "--arg", "city=Nowhere")
    assert (broken.code, broken.err.splitlines()[-1]) == (
        1,
        "breadth: weather: KeyError: 'Nowhere' (weather_tools.py:11)",
    )
    for words, reason in [
        (("weather",), "city: Field required"),
        (("weather", "--arg", "city"), "write KEY=VALUE"),
        (("wether",), "there is no tool 'wether'"),
        (("search", "--arg", "query=x"), "--documents"),
    ]:
        wrong = await user.types("tools", "call", *words)
        assert (wrong.code, reason in wrong.err) == (2, True), wrong.err


async def test_an_address_that_nobody_asks_is_a_mistake(user: User) -> None:
    words = ("tools", "call", "calculate", "--arg", "expression=1+1", "--base-url", "http://a/v1")
    wrong = await user.types(*words)
    assert (wrong.code, "--base-url" in wrong.err) == (2, True)
    for name, value in {
        "BREADTH_EMBEDDINGS": "openai:x",
        "BREADTH_RERANKER": "openai:x",
        "BREADTH_ROLES": '{"reader": "openai:x"}',
    }.items():
        user.environment[name] = value
        asked = await user.types(*words)
        del user.environment[name]
        assert (asked.code, asked.out.strip()) == (0, "2"), asked.err


async def test_a_run_uses_a_server_and_asks_before_what_it_changes(
    user: User, chat_server: ChatServer
) -> None:
    films = Path(__file__).parent / "mcp_films.py"
    server = {
        "command": sys.executable,
        "args": [str(films)],
        "env": {"FILMS_LOG": str(user.home / "log"), "FILMS_TOKEN": "s3cr3t-token"},
    }
    user.environment["BREADTH_MCP"] = json.dumps({"mcpServers": {"films": server}})
    rows = json.loads((await user.types("tools", "--json")).out)["tools"]
    policies = {row["name"]: row["approval"] for row in rows if row["origin"] == "mcp films"}
    assert (policies["films_film"], policies["films_delete"]) == ("auto", "ask")
    model = ("--model", "openai:test", "--base-url", chat_server.url)
    plan = user.home / "plan.jsonl"
    plan.write_text(
        '{"id":"a","films_film":"Parasite"}\n'
        '{"id":"b","tool":"films_delete","arguments":{"title":"Roma"},"optional":true}\n'
        '{"id":"c","calculate":"{a.year} + 1","needs":["b"]}\n'
    )
    ended = await user.types("run", str(plan), *model, "--json")
    assert (ended.code, json.loads(ended.out)["value"]) == (0, "2020"), ended.err
    assert "films_delete needs approval, and nobody is there to ask" in ended.err
    assert not (user.home / "log").exists()
    typed = await user.types("tools", "call", "films_delete", "--arg", "title=Roma")
    assert (typed.code, (user.home / "log").read_text()) == (0, "deleted Roma")
    kept = (path for path in user.home.rglob("*") if path.is_file())
    assert not any(b"s3cr3t-token" in path.read_bytes() for path in kept)


async def test_who_is_at_the_terminal_is_asked(
    user: User, terminal: Terminal, chat_server: ChatServer
) -> None:
    films = Path(__file__).parent / "mcp_films.py"
    server = {
        "command": sys.executable,
        "args": [str(films)],
        "env": {"FILMS_LOG": str(user.home / "log")},
    }
    user.environment["BREADTH_MCP"] = json.dumps({"films": server})
    plan = user.home / "plan.jsonl"
    plan.write_text(
        '{"id":"a","films_delete":"Roma","optional":true}\n'
        '{"id":"b","films_delete":"Up","needs":["a"]}\n'
    )
    model = ("--model", "openai:test", "--base-url", chat_server.url)
    process = await start(user, terminal, "run", str(plan), *model)
    await terminal.until('films_delete is to be called with {"title": "Roma"}')
    await terminal.until("yes or no? ")
    terminal.type("no\n")
    await terminal.until('films_delete is to be called with {"title": "Up"}')
    await terminal.until("yes or no? ")
    terminal.type("yes\n")
    assert "done" in await out(process)
    assert (user.home / "log").read_text() == "deleted Up"


SHOP = {
    "openapi": "3.0.3",
    "paths": {"/price/{film}": {"get": {"operationId": "price", "parameters": [
        {"name": "film", "in": "path", "required": True, "schema": {"type": "string"}}]}}},
}  # fmt: skip


async def test_a_run_uses_a_service_that_a_document_describes(
    user: User, chat_server: ChatServer
) -> None:
    async def price(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer s3cr3t-token"
        return web.json_response({"film": request.match_info["film"], "price": 12})

    app = web.Application()
    app.router.add_get("/price/{film}", price)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"127.0.0.1:{runner.addresses[0][1]}"
    (user.home / "shop.json").write_text(json.dumps(SHOP))
    shop = {
        "document": "shop.json",
        "server": f"http://{address}",
        "auth": {"bearer": "s3cr3t-token"},
    }
    user.environment["BREADTH_OPENAPI"] = json.dumps({"shop": shop})
    plan = user.home / "plan.jsonl"
    plan.write_text('{"id":"a","shop_price":"Roma"}\n{"id":"b","calculate":"{a.price} * 2"}\n')
    model = ("--model", "openai:test", "--base-url", chat_server.url)
    refused = await user.types("run", str(plan), *model, "--json")
    assert json.loads(refused.out)["value"] is None
    user.environment["BREADTH_ALLOW_HOSTS"] = address
    ended = await user.types("run", str(plan), *model, "--json")
    await runner.cleanup()
    document = json.loads(ended.out)
    assert (ended.code, document["value"]) == (0, "24"), ended.err
    assert f"http://{address}/price/Roma" in ended.out
    kept = (path for path in user.home.rglob("*") if path.is_file())
    assert not any(b"s3cr3t-token" in path.read_bytes() for path in kept)


async def test_a_run_uses_the_tools_that_it_is_told_of(user: User, chat_server: ChatServer) -> None:
    install(user)
    model = ("--model", "openai:test", "--base-url", chat_server.url)
    chat_server.reply = lambda asked: '{"id":"a","weather":"Rome"}'
    ended = await user.types(
        "ask", "How warm is it in Rome?", "--tools", "weather", *model, "--json"
    )
    assert ended.code == 0, ended.out + ended.err
    assert json.loads(json.loads(ended.out)["value"])["degrees"] == 21, ended.out + ended.err
    wrong = await user.types("ask", "Is it warm?", "--tools", "wether", *model)
    assert (wrong.code, "there is no tool 'wether'" in wrong.err) == (2, True)


async def test_a_plan_may_use_every_tool_and_is_resumed_and_replayed(
    user: User, chat_server: ChatServer
) -> None:
    install(user)
    model = ("--model", "openai:test", "--base-url", chat_server.url)
    plan = user.home / "plan.jsonl"
    plan.write_text('{"id":"a","weather":"Rome"}\n{"id":"b","calculate":"{a.degrees} * 2"}\n')
    ended = await user.types("run", str(plan), *model, "--json")
    document = json.loads(ended.out)
    assert (ended.code, document["value"]) == (0, "42"), ended.err
    again = await user.types("replay", document["run"], "--strict", "--json")
    assert (again.code, json.loads(again.out)["value"]) == (0, "42"), again.err


async def test_plan_files_know_every_tool_that_there_is() -> None:
    """All but the one that only the run itself calls."""
    index = DocumentIndex.open(None)
    own = own_tools(Sources(index, index), ScriptedModel([]), Settings())
    index.close()
    assert {tool.name for tool in own} - {CrossCheck.name} == TOOLS.keys() - {Research.name}
    assert all(TOOLS[tool.name] is tool.arguments for tool in own if tool.name in TOOLS)
