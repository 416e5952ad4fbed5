"""Values are shown without what lets somebody in."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from service.hiding import MASK, hidden, redaction
from service.settings import Settings
from service.tool_settings import AuthSettings, McpSettings, OpenApiSettings

KEY = "bk_0123456789abcdef_" + "k" * 43


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


def test_every_secret_of_the_settings_is_masked() -> None:
    settings = Settings(
        api_key=SecretStr("secret-of-model"),
        api_keys={"http://h/v1": SecretStr("secret-of-other")},
        search_keys={
            "google": SecretStr("secret-of-google:engine-of-google"),
            "searxng": SecretStr("http://searx.example:8888"),
        },
        mcp={"m": McpSettings(url="http://m", headers={"X": SecretStr("secret-of-mcp")})},
        openapi={
            "o": OpenApiSettings(
                document="d", auth=AuthSettings(basic=SecretStr("user:secret-of-openapi"))
            )
        },
        database="postgresql://me:s%40cret%2Fdb@host/db",
        index="postgresql://me:secret-of-index@host/db",
    )
    redact = redaction(settings)
    for secret in (
        "secret-of-model",
        "secret-of-other",
        "secret-of-google",
        "secret-of-mcp",
        "secret-of-openapi",
        "s@cret/db",
        "s%40cret%2Fdb",
        "secret-of-index",
    ):
        assert secret not in redact(f"see {secret}!")
    assert redact("http://searx.example:8888 is away") == "http://searx.example:8888 is away"


def test_a_password_that_is_the_users_name_does_not_mask_the_word() -> None:
    redact = redaction(Settings(database="postgresql://breadth:breadth@postgres/breadth"))
    assert redact("breadth serve") == "breadth serve"
    assert redact("postgresql://breadth:breadth@db/x") == "postgresql://breadth:***@db/x"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"Authorization: Bearer {KEY}", "Authorization: Bearer bk_***"),
        ("authorization: bearer abc.def.ghi", "authorization: bearer ***"),
        (f"key {KEY}.", "key bk_***."),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_***"),
        ("'authorization': 'Basic dXNlcjpwdw=='", "'authorization': 'Basic ***'"),
        ("https://me:p@ss@host/x y@z", "https://me:***@host/x y@z"),
        ("http://host:8080/?q=1&api_key=abc&z=2", "http://host:8080/?q=1&api_key=***&z=2"),
        ("sk-abcdefghijklmnopqrstuvwx", "sk-***"),
        ("http://host:8080/a", "http://host:8080/a"),
        ("a basic question about Debk_s", "a basic question about Debk_s"),
    ],
)
def test_what_has_the_form_of_a_secret_is_masked(text: str, told: str) -> None:
    assert redaction(Settings())(text) == told


@given(st.text(), st.text(), st.from_regex(r"\Abk_[0-9a-z]{16}_[A-Za-z0-9_-]{43}\Z"))
def test_no_key_is_left_wherever_it_stands(before: str, behind: str, key: str) -> None:
    told = redaction(Settings())(f"{before} {key} {behind}")
    assert key not in told
