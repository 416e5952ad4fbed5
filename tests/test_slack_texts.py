"""Slack's texts: what events ask, and how answers look there, whatever is in them."""

import re
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from publications import report_in
from random_answers import endings, nasty
from slack_server import BOT, faults_of, mention, message, text_of, told, units

pytest.importorskip("slack_bolt")
from planner import Answer
from service.chats import Ending
from service.chats.texts import length, plain
from service.formats import Publication
from service.slack.hearing import commanded_in, heard_in, question_in, stop_in
from service.slack.messages import BLOCKS, STOP, Message, abridged, answered, bare, working
from service.slack.mrkdwn import filled, link, shortened, words

LINK = re.compile(r"<[^<>|]+\|[^<>]*>")


@pytest.mark.parametrize(
    ("event", "way", "question", "thread"),
    [
        (mention("Who directed Roma?"), "mention", "Who directed Roma?", "1.1"),
        (mention("and born?", "2.1", thread_ts="1.1"), "mention", "and born?", "1.1"),
        (message("Who?", channel="D1"), "direct", "Who?", "1.1"),
        (message("Who?", "3.1", thread_ts="1.1"), "thread", "Who?", "1.1"),
        (message("Who?", channel="D1", subtype="file_share"), "direct", "Who?", "1.1"),
        (mention("Who?", edited={"user": "UANN"}), "mention", "Who?", "1.1"),
    ],
)
def test_what_is_said_to_us_is_a_question(
    event: dict[str, Any], way: str, question: str, thread: str
) -> None:
    heard = heard_in(told(event))
    assert heard is not None
    assert (heard.way, heard.question, heard.thread) == (way, question, thread)
    assert (heard.team, heard.channel, heard.moment) == ("T1", event["channel"], event["ts"])


@pytest.mark.parametrize(
    "event",
    [
        message("Who?"),
        message(f"<@{BOT}> Who?", thread_ts="1.0"),
        message("Who?", channel="D1", bot_id="B1"),
        message("Who?", channel="D1", subtype="bot_message"),
        message("Who?", channel="D1", subtype="message_changed"),
        message("Who?", channel="D1", subtype="channel_join"),
        message("Who?", channel="D1", edited={"user": "UANN"}),
        message("Who?", channel="D1", hidden=True),
        message("Who?", channel="D1", user=None),
        message("Who?", channel="D1", ts=7),
        message("Who?", channel="D1", subtype=["file_share"]),
        mention("Who?", bot_profile={"id": "B1"}),
        {"type": "reaction_added"},
        {"type": None},
        "text",
        None,
    ],
)
def test_everything_else_is_none_of_our_business(event: Any) -> None:
    assert heard_in(told(event)) is None


def test_a_question_is_what_a_person_would_have_written() -> None:
    text = "<@UBOT>, is A &lt; B &amp; what says <https://a.example/x|a.example/x> of <#C1|films>?"
    asked = "is A < B & what says https://a.example/x of #films?"
    assert question_in(text, own="UBOT") == asked
    assert question_in(text, is_addressed=True) == asked
    assert question_in("ask <@UANN|ann> <!here> <mailto:a@b.example|a@b.example> \n\n now") == (
        "ask @ann @here a@b.example now"
    )
    assert question_in("<https://a.example|this page>") == "this page (https://a.example)"


def test_a_command_and_a_button_say_who_where_and_what() -> None:
    fields = {"team_id": "T1", "channel_id": "C1", "user_id": "U1", "trigger_id": "9.9.a"}
    heard = commanded_in({**fields, "text": " Who? ", "channel_name": "films"})
    assert heard is not None
    assert (heard.question, heard.thread, heard.channel_name) == ("Who?", None, "films")
    assert commanded_in({**fields, "trigger_id": ""}) is None
    pressed = {
        "team": {"id": "T1"},
        "user": {"id": "U1", "team_id": "T1"},
        "actions": [{"value": "r"}],
    }
    stop = stop_in(pressed)
    assert stop is not None
    assert (stop.team, stop.user, stop.run) == ("T1", "U1", "r")
    assert stop_in({**pressed, "user": {"id": "U1", "team_id": "T2"}}) is None
    for broken in ({}, {**pressed, "actions": []}, {**pressed, "team": None}):
        assert stop_in(broken) is None


values = st.sampled_from(
    [None, True, 7, -0.5, "", "1.1", "<@U1> a", "<", "🙂", [], ["a"], {}, {"text": "a"}, "im", "D1"]
)
names = st.sampled_from(
    ["type", "channel", "user", "ts", "text", "thread_ts", "subtype", "channel_type", "edited"]
)


@given(st.dictionaries(names, values | st.sampled_from(["message", "app_mention"])))
def test_no_event_whatever_is_in_it_breaks_anything(event: dict[str, Any]) -> None:
    heard_in(told(event))
    heard_in({"event": event, "authorizations": event.get("text")})
    commanded_in(event)
    stop_in(event)


def in_order(message: Message) -> None:
    """Slack takes it, and nothing in it calls or leads anybody anywhere."""
    shown = {"text": message.text, "blocks": list(message.blocks)}
    assert faults_of(shown) == []
    for block in message.blocks:
        if block["type"] in ("section", "context"):
            for text in [block.get("text"), *block.get("elements", ())]:
                left = LINK.sub("", text["text"]) if text else ""
                left = re.sub(r"<@U1>", "", left)
                assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", left)
                for found in LINK.findall(text["text"] if text else ""):
                    assert found.startswith(("<https://", "<http://"))


@given(endings)
@settings(max_examples=80, deadline=None)
def test_every_answer_keeps_to_what_slack_takes(ending: Ending) -> None:
    whole = answered(ending, None)
    small = whole if len(whole.blocks) <= BLOCKS else replace(whole, blocks=whole.blocks[:BLOCKS])
    in_order(small)
    in_order(abridged(ending, "<@U1> asked: Who?", "The rest is in the file."))
    in_order(bare(whole) if whole.text else abridged(ending, None, "-"))
    assert abs(units(whole.text) - length(whole.text)) == 0


@given(nasty)
def test_texts_are_cut_without_losing_a_word(text: str) -> None:
    pieces = list(words(text, 50))
    assert all(0 < length(piece) <= 50 for piece in pieces)
    lines = filled(pieces, 50)
    assert all(length(each) <= 50 for each in lines)
    assert "".join(lines).replace(" ", "") == "".join(words(text, 9999)).replace(" ", "")
    assert length(plain(text, 30)) <= 30
    assert length(shortened(text, 40)) <= 40


def test_an_answer_says_its_sentences_with_marks_verdicts_and_sources() -> None:
    publication = report_in("en")
    ending = Ending(publication, True, None)
    message = answered(ending, "<@U1> asked: Who?")
    text = text_of({"text": message.text, "blocks": list(message.blocks)})
    assert message.is_small
    assert text.startswith("<@U1> asked: Who?\n")
    assert "<https://example.org/1?a=1&amp;b=2|[1]>" in text
    assert "_" in text
    assert "[1] <https://example.org/1?a=1&amp;b=2|Christopher Nolan> (Ann Author" in text
    assert "[2] Directors" in text
    assert "*Directors*" in text
    assert message.text.startswith("Christopher Nolan was born in London in 1970.")
    for verdict in ("partly", "contradicted"):
        assert publication.words.verdict(verdict) in text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "reason", "by", "said"),
    [
        ("incomplete", "no tokens are left", None, ":warning: Incomplete: no tokens are left"),
        ("failed", "the model <b> is gone", None, ":x: Failed: the model &lt;b&gt; is gone"),
        ("cancelled", "stopped", "U7", ":octagonal_sign: Stopped by <@U7>."),
        ("cancelled", None, None, ":octagonal_sign: Stopped."),
        ("completed", None, None, ":warning: There is no answer."),
    ],
)
def test_how_a_run_ended_is_said_where_that_is_not_well(
    status: Any, reason: str | None, by: str | None, said: str
) -> None:
    ending = Ending(Publication("r", "Who?", status, Answer(None, ()), reason), False, by)
    message = answered(ending, None)
    assert message.blocks[-1]["text"]["text"] == said
    assert message.text == said


def test_progress_has_a_button_that_names_the_run() -> None:
    message = working("r123", "Searching: 3 of <7>", None)
    in_order(message)
    (button,) = message.blocks[-1]["elements"]
    assert (button["action_id"], button["value"]) == (STOP, "r123")
    assert "&lt;7&gt;" in message.text


def test_only_addresses_of_the_web_are_links() -> None:
    assert link("https://a.example/?a=1&b=<2>|3", "A | B") == (
        "<https://a.example/?a=1&amp;b=%3C2%3E%7C3|A ¦ B>"
    )
    assert link("javascript:alert(1)", "A") == "A"
    assert link("/srv/notes.md", "N") == "N"
    assert link("https://a.example/" + "x" * 2000, "A") == "A"
    assert asdict(Message("a", ())) == {"text": "a", "blocks": ()}
