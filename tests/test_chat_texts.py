"""Answers in chat systems beside Slack: within their limits, and nothing in them leads astray."""

import re

import pytest
from hypothesis import given, settings
from publications import report_in
from random_answers import endings

pytest.importorskip("cryptography")
from service.chats import Ending
from service.chats.texts import length
from service.discord.messages import CONTENT, STYLE, answered, asked_by, working

LINK = re.compile(r"\[(?:\\.|[^\\\]])*\]\(<https?://[^<>\s]*>\)")
ESCAPED = re.compile(r"\\.")


def left_of(content: str) -> str:
    """Without links and what is taken literally."""
    return ESCAPED.sub("", LINK.sub("", content.replace("<@U1>", "")))


@given(endings)
@settings(max_examples=60, deadline=None)
def test_every_answer_keeps_to_what_discord_takes(ending: Ending) -> None:
    for asked in ("", asked_by("U1", "x" * 5000), asked_by("U1", "<@everyone> **" * 300)):
        message = answered(ending, "all", asked=asked, most=1900)
        assert length(message.content) <= CONTENT
        assert (message.file is None) == (length(message.content) <= 1900 and not message.file)
        assert not re.search(r"[<>\[\]`~#@]", left_of(message.content))
    if ending.has_answer or ending.publication.status != "completed":
        assert answered(ending, "all").content


def test_an_answer_in_discord_says_its_sentences_with_marks_verdicts_and_sources() -> None:
    publication = report_in("en")
    content = answered(Ending(publication, True, None), "all", most=99_999).content
    assert content.startswith("**Directors**\n\nChristopher Nolan was born in London in 1970.")
    assert "[\\[1\\]](<https://example.org/1?a=1&b=2>)" in content
    assert "\n\\[1\\] [Christopher Nolan](<https://example.org/1?a=1&b=2>) (Ann Author" in content
    assert "\n\\[2\\] Directors (" in content
    verdict = publication.words.verdict("contradicted")
    assert f"*{STYLE.escaped(verdict)}*" in content


def test_progress_in_discord_has_a_button_that_names_the_run() -> None:
    message = working("r1", "Searching: 3 of 7 …")
    assert message.components[0]["components"][0]["custom_id"] == "breadth_stop:r1"
