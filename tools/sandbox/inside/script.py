"""Runs the code, and says in one line of JSON how it ended."""

import ast
import json
import os
import sys
import traceback
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from .worth import as_json

CODE = "<code>"
"""The name under which the code stands in tracebacks."""
_LONGEST_MESSAGE = 1000


def run_script(request: dict[str, Any], results: int, value_bytes: int) -> None:
    """Writes the files, runs the code, reports to the descriptor `results`, and ends the process.

    `request` has `code`, and `files` by their paths. Threads that still run are not waited for.
    """
    report: dict[str, Any] = {"value": None, "error": None, "cut": None}
    try:
        for path, text in request["files"].items():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(text, encoding="utf-8")
        value = _value_of(request["code"])
        report["value"], report["cut"] = as_json(value, value_bytes)
    except BaseException as error:  # noqa: BLE001 - whatever the code raises is its result
        report["error"] = _error(error)
    _flush((sys.stdout, sys.stderr))
    written = json.dumps(report).encode()
    while written:
        written = written[os.write(results, written) :]
    os._exit(0)


def _value_of(code: str) -> object:
    """The value of the last line, if that is an expression."""
    tree = ast.parse(code, CODE)
    names: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        tree.body.pop()
    exec(compile(tree, CODE, "exec"), names)  # noqa: S102 - it is what the sandbox is for
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), CODE, "eval"), names)  # noqa: S307 - as above


def _error(error: BaseException) -> dict[str, Any] | None:
    if isinstance(error, SystemExit) and not error.code:
        return None
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == CODE]
    if isinstance(error, SyntaxError) and error.filename == CODE:
        lines.append(error.lineno)
    return {
        "kind": type(error).__name__,
        "message": _message(error)[:_LONGEST_MESSAGE],
        "line": lines[-1] if lines else None,
        "memory": isinstance(error, MemoryError),
    }


def _message(error: BaseException) -> str:
    try:
        return str(error.msg if isinstance(error, SyntaxError) else error)
    except BaseException:  # noqa: BLE001 - it is code that says how it is written, too
        return "(it cannot be written)"


def _flush(streams: Iterable[Any]) -> None:
    for stream in streams:
        with suppress(BaseException):
            # The code may have closed it, or put something else in its place.
            stream.flush()
