"""`breadth keys` as its user runs it."""

import json
from pathlib import Path

import pytest
from test_command_line import User


@pytest.fixture
def user(tmp_path: Path) -> User:
    return User(tmp_path)


async def test_a_key_is_made_listed_and_revoked(user: User) -> None:
    made = await user.types(
        "keys", "create", "laptop", "--user", "ann", "--runs-at-once", "2", "--json"
    )
    assert made.code == 0, made.err
    told = json.loads(made.out)
    assert (told["name"], told["user"], told["limits"]["runs_at_once"]) == ("laptop", "ann", 2)
    assert told["key"].startswith(f"bk_{told['id']}_")
    listed = await user.types("keys", "list", "--json")
    assert told["key"] not in listed.out
    assert [key["id"] for key in json.loads(listed.out)] == [told["id"]]
    revoked = await user.types("keys", "revoke", told["id"])
    assert revoked.code == 0, revoked.err
    (row,) = json.loads((await user.types("keys", "list", "--json")).out)
    assert row["revoked_at"] is not None
    nobody = await user.types("keys", "revoke", "0")
    assert nobody.code == 2
    assert "0" in nobody.err


async def test_a_user_without_a_legible_name_is_refused(user: User) -> None:
    ended = await user.types("keys", "create", "k", "--user", "ann\x07")
    assert ended.code == 2
    assert "control characters" in ended.err


async def test_a_limit_that_allows_nothing_is_refused_by_its_option(user: User) -> None:
    ended = await user.types("keys", "create", "k", "--runs-a-minute", "0")
    assert ended.code == 2
    assert "--runs-a-minute" in ended.err
