"""Tables of keys, webhooks and deliveries on standard output."""

import pytest

from service.tables import show_rows

ID = "evt_18a9d3d898af7d71f9c326054987c411"
NAMES = ("id", "url", "error")


def test_in_a_pipe_nothing_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    url = "http://127.0.0.1:9000/" + "a" * 200
    show_rows([{"id": ID, "url": url, "error": "[500] it said [no]"}], NAMES, "None.")
    (row,) = [line for line in capsys.readouterr().out.splitlines() if ID in line]
    assert url in row
    assert "[500] it said [no]" in row


def test_a_zero_is_shown_and_what_is_not_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows([{"id": ID, "url": 0, "error": None}], NAMES, "None.")
    (row,) = [line for line in capsys.readouterr().out.splitlines() if ID in line]
    assert row.replace("│", " ").split() == [ID, "0"]


def test_where_there_is_nothing_one_sentence_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows([], NAMES, "There are no webhooks yet.")
    assert capsys.readouterr().out == "There are no webhooks yet.\n"
