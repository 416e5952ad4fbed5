"""The settings file that `breadth init` writes: what was answered, and what else there is."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from service.errors import UsageProblem

_REST = """
# Limits of a run: seconds, tokens of all model calls, calls of tools.
# seconds = 600
# max_tokens = 200000
# max_tool_calls = 40

# How much work a question is worth: low, medium, high, or auto (by how hard it looks).
# effort = "auto"

# Tools that plans may use besides their own: `breadth tools` lists them.
# tools = ["python", "table"]

# Models of single roles: planner, reader, writer, judge, drafter.
# [roles]
# judge = "openai:qwen3"

# Every setting, and where its value comes from: breadth settings
"""


@dataclass(frozen=True, slots=True)
class First:
    """What somebody who begins has answered."""

    documents: tuple[str, ...] = ()
    model: str = "base"
    base_url: str | None = None
    search: str | None = None
    database: str | None = None


def written(first: First) -> str:
    """The file's text."""
    return "\n".join(_lines(first)) + _REST


def save(path: Path, text: str, *, force: bool) -> None:
    """Readable by its owner alone, and whole or not at all. Raises UsageProblem where there is one
    already, or it cannot be written."""
    if path.exists() and not force:
        raise UsageProblem(f"{path} is there already: --force replaces it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        beside.replace(path)
    except OSError as error:
        raise UsageProblem(f"{path}: it cannot be written: {error.strerror or error}") from error


def _lines(first: First) -> Iterator[str]:
    yield "# Settings of Breadth. Options and BREADTH_... variables go over them."
    yield ""
    yield "# Folders, files and addresses that are searched where no --documents names any."
    yield from _said("documents", list(first.documents) or None, ["/path/to/notes"])
    yield ""
    yield "# base and small run on this machine; openai:NAME is asked at base_url."
    yield from _said("model", first.model, "")
    yield from _said("base_url", first.base_url, "http://localhost:8000/v1")
    yield ""
    yield "# Web search: ddgs (no key), wikipedia, brave, tavily, ...; keys in BREADTH_SEARCH_KEYS."
    yield from _said("search", first.search, "ddgs")
    yield ""
    yield "# Where runs are kept: a file, or postgresql://USER:PASSWORD@HOST/NAME."
    yield from _said("database", first.database, "/path/to/runs.db")
    yield ""


def _said(name: str, value: object, example: object) -> Iterator[str]:
    """A line, or how it would be written. JSON's strings and lists are TOML's, too."""
    if value is not None:
        yield f"{name} = {json.dumps(value, ensure_ascii=False)}"
    else:
        yield f"# {name} = {json.dumps(example, ensure_ascii=False)}"
