"""`breadth ask --after RUN`, and answers of other lengths, as their user types them."""

import json
from pathlib import Path

from conftest import ChatServer
from test_command_line import User, ask, user

__all__ = ["user"]


async def test_a_question_follows_a_run_and_searches_its_documents(
    user: User, chat_server: ChatServer, films: Path
) -> None:
    first = json.loads((await user.types(*ask(chat_server, films, "--json"))).out)
    model = ("--model", "openai:test", "--base-url", chat_server.url)
    asked = ("ask", "When was Christopher Nolan born?", "--after", first["run"][:12], *model)
    ended = await user.types(*asked, "--json")
    given = json.loads(ended.out)
    assert (ended.code, given["value"]) == (0, "30 July 1970")
    assert given["citations"][0]["location"].startswith(str(films))


async def test_a_run_that_there_is_not_cannot_be_followed(user: User, films: Path) -> None:
    ended = await user.types("ask", "When?", "--after", "0k3f", "-d", str(films))
    assert ended.code == 2
    assert "0k3f" in ended.err


async def test_a_size_that_there_is_not_is_told(user: User, films: Path) -> None:
    ended = await user.types("ask", "When?", "--size", "huge", "-d", str(films))
    assert ended.code == 2
    assert "--size" in ended.err
    assert "report" in ended.err
