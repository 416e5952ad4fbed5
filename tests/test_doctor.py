"""`breadth doctor` and `breadth init`: what works here, and the first settings."""

import json
import os
import stat
import tomllib
from pathlib import Path

import pytest
from conftest import ChatServer
from test_command_line import User
from test_command_line_person import Terminal, out, start

from service.doctor import Finding, examined
from service.settings import Settings
from storage import Asker, TraceStore


@pytest.fixture
def user(tmp_path: Path) -> User:
    made = User(tmp_path)
    made.environment |= {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    return made


@pytest.fixture
async def terminal() -> Terminal:  # type: ignore[misc]
    made = Terminal()
    yield made  # type: ignore[misc]
    made.close()


async def found(settings: Settings, *roots: Path) -> dict[str, Finding]:
    return {each.part: each async for each in examined(settings, roots, quick=True)}


async def test_what_works_says_so_and_what_is_not_wanted_is_no_fault(
    settings: Settings, films: Path
) -> None:
    async with await TraceStore.open(settings.store) as store:
        await store.create_run("Who?", {}, Asker(priority=1))
    parts = await found(settings, films)
    assert "openai:test answers" in parts["model"].told
    assert parts["database"].told.endswith("1 waiting, 0 under way")
    assert "4 documents" in parts["documents"].told
    assert parts["web search"].state == "absent"
    assert parts["web search"].remedy
    assert not [each for each in parts.values() if each.state == "broken"]


@pytest.mark.parametrize(
    ("part", "changes", "told"),
    [
        ("model", {"base_url": "http://127.0.0.1:9/v1"}, "127.0.0.1:9"),
        ("model", {"model": "nothing"}, "nothing"),
        ("model", {"model": "openai:other"}, "other"),
        ("web search", {"search": "brave"}, "BREADTH_SEARCH_KEYS"),
        ("web search", {"search": "nothing"}, "nothing"),
        ("browser", {"browser_path": "/no/such/browser"}, "/no/such/browser"),
        ("MCP", {"mcp": {"gone": {"command": "/no/such/server"}}}, "gone"),
        ("OpenAPI", {"openapi": {"gone": {"document": "/no/such/file.yaml"}}}, "gone"),
    ],
)
async def test_what_the_settings_want_and_is_not_there_is_broken(
    settings: Settings, part: str, changes: dict[str, object], told: str
) -> None:
    wanted = Settings(**{**settings.model_dump(), **changes})  # type: ignore[arg-type]
    parts = await found(wanted)
    assert parts[part].state == "broken"
    assert told in parts[part].told + parts[part].remedy
    assert [name for name, each in parts.items() if each.state == "broken"] == [part]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    parts = await found(Settings(data=locked / "data", cache=tmp_path))
    assert parts["database"].state == parts["disk"].state == "broken"


async def test_the_command_ends_with_1_where_something_is_broken(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    well = ["doctor", "--model", "openai:test", "--base-url", chat_server.url, "-d", str(films)]
    ended = await user.types(*well, "--json")
    assert ended.code == 0, ended.out
    assert {each["state"] for each in json.loads(ended.out)} <= {"ok", "absent"}
    broken = await user.types(*well, "--search", "brave")
    assert broken.code == 1
    assert "✗ web search: " in broken.out
    assert "BREADTH_SEARCH_KEYS" in broken.out


async def test_init_asks_four_questions_writes_a_file_and_it_works(
    user: User, terminal: Terminal, chat_server: ChatServer, films: Path
) -> None:
    process = await start(user, terminal, "init")
    for question, answer in (
        ("Folder of your documents", str(films)),
        ("Model", chat_server.url),
        ("Which of its models (test)", ""),
        ("Web search", ""),
        ("Database", ""),
    ):
        await terminal.until(question)
        terminal.type(f"{answer}\n")
    assert "✓ model: openai:test answers" in await out(process)
    assert process.returncode == 0
    path = user.home / "config" / "breadth" / "breadth.toml"
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    wanted = {"documents": [str(films)], "model": "openai:test", "base_url": chat_server.url}
    assert read == wanted
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    asked = await user.types("ask", "Who directed Inception?", "--plans", "1", "--quiet")
    assert asked.code == 0, asked.err
    again = await user.types("init", "--yes")
    assert again.code == 2
    assert "--force" in again.err


async def test_init_says_what_is_to_be_mended(user: User) -> None:
    gone = ("--model", "openai:x", "--base-url", "http://127.0.0.1:9/v1")
    ended = await user.types("init", "--yes", "--here", *gone)
    assert ended.code == 1
    assert "✗ model: " in ended.out
    assert "breadth doctor" in ended.err
    assert (user.home / "breadth.toml").is_file()


async def test_init_without_a_terminal_asks_nobody(user: User) -> None:
    ended = await user.types("init")
    assert ended.code == 2
    assert "--yes" in ended.err
