"""Logs: what a record looks like, what it belongs to, and what it never tells."""

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from service.operations.logs import (
    run_told,
    start_logging,
    stop_logging,
    tell_request,
    tell_worker,
)
from service.settings import Settings

KEY = "bk_0123456789abcdef_" + "k" * 43
log = logging.getLogger("breadth.test")

Told = Callable[..., io.StringIO]


@pytest.fixture
def told() -> Iterator[Told]:
    """Starts logging into a text."""

    def start(**settings: Any) -> io.StringIO:
        stream = io.StringIO()
        start_logging(Settings(**{"log_format": "json", **settings}), stream)
        return stream

    yield start
    stop_logging()


def fail(text: str) -> None:
    raise ValueError(text)


def records(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_record_is_one_json_object_in_one_line(told: Told) -> None:
    stream = told()
    log.info("two\nlines and a %s", "word")
    (record,) = records(stream)
    assert record.pop("time").endswith("Z")
    assert record == {"level": "info", "logger": "breadth.test", "message": "two\nlines and a word"}


def test_a_record_tells_its_run_its_request_and_its_worker(told: Told) -> None:
    stream = told()
    tell_worker("w1")

    async def work(run: str) -> None:
        with run_told(run):
            await asyncio.sleep(0)
            log.info("inside")
            await asyncio.create_task(child())

    async def child() -> None:
        log.info("deeper")

    async def ask() -> None:
        tell_request("req_1")
        log.info("asked")

    async def everything() -> None:
        await asyncio.gather(work("a"), work("b"), ask())
        log.info("outside")

    asyncio.run(everything())
    found = {(each["message"], each.get("run"), each.get("request")) for each in records(stream)}
    assert found == {
        ("inside", "a", None),
        ("inside", "b", None),
        ("deeper", "a", None),
        ("deeper", "b", None),
        ("asked", None, "req_1"),
        ("outside", None, None),
    }
    assert {each["worker"] for each in records(stream)} == {"w1"}


def test_an_exception_is_in_the_line_without_its_secrets(told: Told) -> None:
    stream = told(api_key="model-server-secret")
    try:
        fail(f"refused model-server-secret and {KEY}")
    except ValueError:
        log.exception("it failed")
    (record,) = records(stream)
    assert "ValueError: refused *** and bk_***" in record["exception"]
    assert "test_logs.py" in record["exception"]
    assert "model-server-secret" not in stream.getvalue()
    assert KEY not in stream.getvalue()


def test_text_has_a_record_in_a_line_that_nobody_can_forge(told: Told) -> None:
    stream = told(log_format="text")
    with run_told("r1"):
        log.warning("a question\n2026-01-01T00:00:00Z error breadth: forged \x1b[31m")
    (line,) = stream.getvalue().splitlines()
    assert " warning  breadth.test: a question\\n2026-01-01" in line
    assert "\\x1b[31m" in line
    assert line.endswith(" [run=r1]")


def test_text_indents_a_traceback(told: Told) -> None:
    stream = told(log_format="text")
    try:
        fail("first\nsecond")
    except ValueError:
        log.exception("it failed")
    first, *rest = stream.getvalue().splitlines()
    assert first.endswith("breadth.test: it failed")
    assert rest[-1] == "    second"
    assert all(line.startswith("    ") for line in rest)


def test_auto_is_json_unless_a_terminal_reads(told: Told) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    piped = told(log_format="auto")
    log.info("hello")
    assert records(piped)[0]["message"] == "hello"
    terminal = Terminal()
    start_logging(Settings(), terminal)
    log.info("hello")
    assert terminal.getvalue().endswith(" info     breadth.test: hello\n")


def test_the_level_is_that_of_our_records_and_libraries_only_warn(told: Told) -> None:
    stream = told(log_level="info")
    log.debug("no")
    log.info("yes")
    logging.getLogger("httpx").info("no")
    logging.getLogger("aiohttp.server").error("yes, too")
    assert [each["message"] for each in records(stream)] == ["yes", "yes, too"]
    quiet = told(log_level="error")
    log.warning("no")
    logging.getLogger("httpx").warning("no")
    assert quiet.getvalue() == ""
    loud = told(log_level="debug")
    log.debug("yes")
    logging.getLogger("httpx").info("yes, too")
    assert len(records(loud)) == 2


def test_starting_twice_logs_once_and_stopping_leaves_nothing(told: Told) -> None:
    root = logging.getLogger()
    before = list(root.handlers), root.level
    first = told()
    second = told()
    log.info("once")
    assert first.getvalue() == ""
    assert len(records(second)) == 1
    stop_logging()
    stop_logging()
    assert (list(root.handlers), root.level) == before


def test_the_queue_logs_in_the_same_form(told: Told) -> None:
    stream = told()
    from dbos._logger import dbos_logger, init_logger

    init_logger()  # as DBOS does when it starts
    with run_told("r1"):
        dbos_logger.warning("a workflow waits")
    (record,) = records(stream)
    assert (record["logger"], record["run"]) == ("dbos", "r1")
    assert not any(type(handler) is logging.StreamHandler for handler in dbos_logger.handlers)
