"""Logs: one record a line, as text for people or JSON for programs, on standard error.

Each record tells the run, the request and the worker that it belongs to; who works on them says so
by `run_told`, `tell_request` and `tell_worker`. What libraries log comes in the same form.
"""

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

from service.hiding import Redact, redaction
from service.settings import Settings

current_run: ContextVar[str | None] = ContextVar("current_run", default=None)
"""The run that is worked on here."""
current_request: ContextVar[str | None] = ContextVar("current_request", default=None)
"""The id of the request that is answered here."""
_worker: list[str] = []
"""Of this process; the threads of libraries log, too, and have no context."""

_OURS = "breadth"
_QUEUE = "dbos"
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
"""What would begin another line, or steer a terminal."""
FIELDS = ("user", "method", "route", "status", "ms")
"""That a record may have besides, by `extra`."""


@contextmanager
def run_told(run: str) -> Iterator[None]:
    """What is logged inside belongs to this run."""
    token = current_run.set(run)
    try:
        yield
    finally:
        current_run.reset(token)


def tell_request(request: str) -> None:
    """What this task logs from now on belongs to this request."""
    current_request.set(request)


def tell_worker(worker: str | None) -> None:
    """What this process logs from now on is this worker's, or nobody's."""
    _worker[:] = [worker] if worker else []


def start_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Log as the settings say, to standard error; again: as they say now.

    Records of the service from `log_level` up, and of libraries only warnings, unless everything is
    wanted.
    """
    _remove()
    stream = stream or sys.stderr
    as_json = settings.log_format == "json" or (
        settings.log_format == "auto" and not stream.isatty()
    )
    redact = redaction(settings)
    handler = _Handler(stream)
    handler.setFormatter(JsonLines(redact) if as_json else TextLines(redact))
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO if level <= logging.DEBUG else max(level, logging.WARNING))
    logging.getLogger(_OURS).setLevel(level)
    _take_over_the_queue()


def stop_logging() -> None:
    """As if nothing had been started or told."""
    _remove()
    _worker.clear()


def _remove() -> None:
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _Handler)]:
        root.removeHandler(handler)
        handler.close()
        root.setLevel(logging.WARNING)
        logging.getLogger(_OURS).setLevel(logging.NOTSET)


class _Handler(logging.StreamHandler[TextIO]):
    """Ours among the handlers."""


class JsonLines(logging.Formatter):
    """Each record as one JSON object in one line."""

    def __init__(self, redact: Redact) -> None:
        """`redact`: applied to every text."""
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """With what it belongs to, and the exception as text."""
        told: dict[str, object] = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._redact(record.getMessage()),
            **_belongs(),
        }
        for name in FIELDS:
            value = getattr(record, name, None)
            if value is not None:
                told[name] = self._redact(value) if isinstance(value, str) else value
        exception = _exception(self, record)
        if exception:
            told["exception"] = self._redact(exception)
        return json.dumps(told, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """Each record in one line; only a traceback has lines of its own, indented."""

    def __init__(self, redact: Redact) -> None:
        """`redact`: applied to every text."""
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, what it belongs to, and the message."""
        belongs = " ".join(f"{name}={value}" for name, value in _belongs().items())
        begin = f"{_moment(record)} {record.levelname.lower():8} {record.name}"
        told = _CONTROL.sub(_escaped, record.getMessage())
        line = f"{begin}: {told}" + (f" [{belongs}]" if belongs else "")
        traceback = _exception(self, record).splitlines()
        lines = (_CONTROL.sub(_escaped, each) for each in traceback)
        return self._redact("\n    ".join([line, *lines]))


def _belongs() -> dict[str, str]:
    """What this record belongs to, as far as it is known."""
    worker = _worker[0] if _worker else None
    found = {"run": current_run.get(), "request": current_request.get(), "worker": worker}
    return {name: value for name, value in found.items() if value}


def _moment(record: logging.LogRecord) -> str:
    """In UTC, to the millisecond."""
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _exception(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    """What went wrong, with its traceback."""
    parts = [formatter.formatException(record.exc_info)] if record.exc_info else []
    if not parts and record.exc_text:
        parts.append(record.exc_text)
    if record.stack_info:
        parts.append(record.stack_info)
    return "\n".join(parts)


def _escaped(control: re.Match[str]) -> str:
    return control[0].encode("unicode_escape").decode()


def _take_over_the_queue() -> None:
    """DBOS gives its logger a handler of its own, unless it has one."""
    queue = logging.getLogger(_QUEUE)
    for handler in list(queue.handlers):
        queue.removeHandler(handler)
    queue.addHandler(logging.NullHandler())
    queue.propagate = True
