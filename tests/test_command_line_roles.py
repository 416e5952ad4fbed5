"""`breadth ask` with a model for a role and with several servers, as its user runs it."""

import asyncio
import json
from pathlib import Path

import pytest
from conftest import QUESTION, ChatServer
from test_command_line import User, ask


@pytest.fixture
def user(tmp_path: Path) -> User:
    return User(tmp_path)


async def test_a_role_has_its_own_model_and_server(
    user: User, chat_server: ChatServer, other_server: ChatServer, films: Path
) -> None:
    role = f"planner=openai:other@{other_server.url}"
    given = json.loads((await user.types(*ask(chat_server, films, "--role", role, "--json"))).out)
    trace = json.loads((await user.types("trace", given["run"], "--json")).out)
    called = {(call["purpose"], call["model"]) for call in trace["model_calls"]}
    assert given["value"] == "Bong Joon-ho"
    assert {("plan", "other"), ("read", "test")} <= called
    assert not {("plan", "test"), ("read", "other")} & called


async def test_a_resumed_run_has_its_roles(
    user: User, chat_server: ChatServer, other_server: ChatServer, films: Path
) -> None:
    other_server.hold(QUESTION)
    role = f"planner=openai:other@{other_server.url}"
    process = await user.start(*ask(chat_server, films, "--role", role))
    async with asyncio.timeout(60):
        await other_server.held.wait()
    process.kill()
    run = (await user.end(process)).err.partition("  run ")[2].split()[0]

    other_server.release.set()
    other_server.asked.clear()
    resumed = await user.types("resume", run)
    assert resumed.out.startswith("Bong Joon-ho is older")
    assert QUESTION in other_server.asked
    assert QUESTION not in chat_server.asked


async def test_a_server_that_is_not_there_is_left_out_with_a_word(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    words = ask(chat_server, films)
    words[words.index(chat_server.url)] = f"http://127.0.0.1:9/v1,{chat_server.url}"
    ended = await user.types(*words)
    assert ended.code == 0
    assert "goes on all the same: cannot reach http://127.0.0.1:9/v1" in ended.err


async def test_a_model_without_any_server_names_all(user: User, films: Path) -> None:
    urls = ["http://127.0.0.1:9/v1", "http://127.0.0.1:10/v1"]
    words = ["ask", "Who?", "-d", str(films), "--model", "openai:x", "--base-url", ",".join(urls)]
    ended = await user.types(*words)
    assert ended.code == 1
    assert all(url in ended.err for url in urls)


@pytest.mark.parametrize(
    ("role", "message"),
    [
        ("plannr=small", "--role: there is no role 'plannr': use planner, reader, writer"),
        ("planner", "--role 'planner': write ROLE=MODEL"),
        ("planner=", "--role 'planner=': write ROLE=MODEL"),
        ("planner=nonesuch", "unknown model 'nonesuch'"),
    ],
)
async def test_a_wrong_role_is_told_in_words(
    user: User, chat_server: ChatServer, films: Path, role: str, message: str
) -> None:
    ended = await user.types(*ask(chat_server, films, "--role", role))
    assert ended.code == 2
    assert message in ended.err


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ("planner=small", "BREADTH_ROLES: this is no JSON; write it as"),
        ('{"plannr": "small"}', "BREADTH_ROLES: there is no role 'plannr'"),
        ('["planner"]', "BREADTH_ROLES: "),
    ],
)
async def test_wrong_roles_of_the_environment_are_named(
    user: User, roles: str, message: str
) -> None:
    user.environment["BREADTH_ROLES"] = roles
    ended = await user.types("runs")
    assert ended.code == 2
    assert message in ended.err
