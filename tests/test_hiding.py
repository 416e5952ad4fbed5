"""Values are shown without what lets somebody in."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from service.hiding import MASK, hidden
from service.settings import Settings


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("postgresql://ann:pw@db/b", "postgresql://ann:***@db/b"),
        ("postgresql://ann:p@/w:x@db/b", "postgresql://ann:***@db/b"),
        ("postgresql://ann@db/b", "postgresql://ann@db/b"),
        ("https://token@host/v1", "https://***@host/v1"),
        ("http://host:8000/v1", "http://host:8000/v1"),
        ("openai:big@http://host:8000/v1", "openai:big@http://host:8000/v1"),
        ("https://h/?access_token=x&page=2#top", "https://h/?access_token=***&page=2#top"),
        ("https://h/?sort=key", "https://h/?sort=key"),
        (SecretStr("x"), MASK),
        (SecretStr(""), ""),
        (Path("/srv/films"), "/srv/films"),
        ({"http://a:b@h/v1": SecretStr("x")}, {"http://a:***@h/v1": MASK}),
        ({"args": ["--password", "x", "run"]}, {"args": ["--password", MASK, "run"]}),
        (("a", {"b": SecretStr("x")}), ["a", {"b": MASK}]),
        (3, 3),
        (None, None),
    ],
)
def test_what_is_shown(value: Any, shown: Any) -> None:
    assert hidden(value) == shown


def nested(secret: str) -> st.SearchStrategy[Any]:
    """The secret somewhere inside."""
    leaf = st.sampled_from(
        [SecretStr(secret), f"postgresql://u:{secret}@h/d", f"https://h/?token={secret}"]
    )
    return st.recursive(
        leaf,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["a", "args", "env"]), inner, max_size=3)
        ),
    )


@given(nested("s3cr3t"))
def test_a_secret_is_hidden_wherever_it_stands(value: Any) -> None:
    assert "s3cr3t" not in json.dumps(hidden(value))


def test_the_place_of_the_store_is_told_without_its_password() -> None:
    assert Settings(database="postgresql://ann:p@ss@db/b").place == "postgresql://ann:***@db/b"
