"""No client is told where the server has its files."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.api.places import GrowingVeil, Veil, shown_location, veil_of
from service.settings import Settings
from storage import Logged, RunRecord

NOW = datetime(2026, 1, 2, tzinfo=UTC)
RUN = RunRecord("r", "Who?", "running", None, {}, NOW, None, None, 0.0, None)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("see /srv/films/deep/roma.md", "see deep/roma.md"),
        ("in /srv/films there are 3", "in films there are 3"),
        ("file:///srv/films/roma.md", "roma.md"),
        ("https://example.org/srv/films/roma", "https://example.org/srv/films/roma"),
        ("/else/where.txt is one", "where.txt is one"),
        ("/ and /srv are not named", "/ and /srv are not named"),
        ({"/srv/films/a": ["/srv/films/b", 3, None, True]}, {"a": ["b", 3, None, True]}),
        (("/srv/films/a",), ["a"]),
    ],
)
def test_folders_are_left_out_and_files_told_by_name(given: Any, shown: Any) -> None:
    veil = Veil(["/srv/films"], ["/else/where.txt", "https://example.org/srv"])
    assert veil(given) == shown


def test_the_root_of_all_files_is_no_folder_that_could_be_hidden() -> None:
    assert Veil(["/"])("a / b, https://example.org/x") == "a / b, https://example.org/x"


def test_the_services_own_folders_are_hidden(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", cache=tmp_path / "cache")
    record = replace(RUN, options={"documents": ["/srv/films"], "model": "/models/m.gguf"})
    veil = veil_of(record, settings)
    text = f"cannot read {tmp_path}/cache/x.db, /srv/films/a.md or /models/m.gguf"
    assert veil(text) == "cannot read x.db, a.md or m.gguf"


def test_what_an_event_tells_of_is_hidden_from_then_on(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", cache=tmp_path / "cache")
    veil = GrowingVeil(RUN, settings)
    source = {"location": "/srv/films/roma.md", "title": "Roma"}
    told = veil(Logged(1, NOW, "step_ended", {"value": "/srv/films/roma.md", "sources": [source]}))
    assert told == {"value": "roma.md", "sources": [{"title": "Roma", "url": "roma.md"}]}
    later = veil(Logged(2, NOW, "step_started", {"arguments": {"location": "/srv/films/roma.md"}}))
    assert later == {"arguments": {"location": "roma.md"}}


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("/srv/films/roma.md", "roma.md"),
        ("C:\\films\\roma.md", "roma.md"),
        ("https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("https://u:p@example.org/a", "https://example.org/a"),
        ("/", "document"),
        ("", "document"),
    ],
)
def test_a_location_is_an_address_or_a_file_name(location: str, shown: str) -> None:
    assert shown_location(location) == shown


def test_reasoning_is_where_its_title_says() -> None:
    title = "Reasoning by vote(3)"
    assert shown_location("think:vote(3) What is 7/8?", title) == title
    assert shown_location("/srv/films/roma.md", title) == "roma.md"
