"""The outermost edge of the commands: settings from flags, errors as words and exit codes."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Protocol, TypeVar

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from service.errors import UsageProblem, exit_code, leaves
from service.settings import Settings, file_of, read_file, setting_named, variable_of
from service.settings_file import readable_by_all

T = TypeVar("T")


class Screen(Protocol):
    """What shows a command's progress."""

    @property
    def to_go_on(self) -> str | None:
        """The command that goes on with what is stopped now, if there is one."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Give the screen back."""
        ...


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong in code that is not ours."""

    reason: str


Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        help="base (1.5B), small (0.5B), a GGUF file, hf:OWNER/REPO/FILE, or openai:NAME."
        " \\[default: base]",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]

_OPTIONS = {"plan_samples": "--plans", "roles": "--role"}
"""Settings whose options have other names."""
_JSON = {
    "roles": '{"planner": "openai:NAME"}',
    "mcp": '{"NAME": {"command": "PROGRAM", "args": []}}',
    "openapi": '{"NAME": {"document": "FILE"}}',
    "prices": '{"NAME": {"prompt": 0.4, "completion": 1.6}}',
}
"""Settings that are no plain text in the environment."""


@dataclass(slots=True)
class _Chosen:
    """What was said before the command."""

    file: Path | None = None
    warned: set[str] = field(default_factory=set)


_CHOSEN: ContextVar[_Chosen] = ContextVar("chosen")


def choose_settings(file: Path | None) -> None:
    """The settings file of this command; None: the usual one."""
    _CHOSEN.set(_Chosen(file))


def settings_of(**flags: Any) -> Settings:
    """Flags over the environment over the file over the defaults."""
    chosen = _CHOSEN.get(_Chosen())
    given = {"settings": chosen.file, **flags}
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
        _warn(settings, chosen)
    except UsageProblem as error:
        fail(str(error), 2)
        raise
    except SettingsError as error:  # its text is: error parsing value for field "prices" from ...
        name = _quoted(error)
        example = _JSON.get(name, "{}")
        fail(f"BREADTH_{name.upper()}: this is no JSON; write it as {example}", 2)
        raise
    except ValidationError as error:
        problems = "; ".join(
            f"{_named(problem['loc'], flags)}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_url=False)
        )
        fail(problems, 2)
        raise
    return settings


def _warn(settings: Settings, chosen: _Chosen) -> None:
    """Of a file whose secrets others can read; once."""
    read = file_of(settings)
    warning = readable_by_all(read) if read else None
    if warning and warning not in chosen.warned:
        chosen.warned.add(warning)
        sys.stderr.write(f"breadth: {warning}\n")


def _named(location: tuple[int | str, ...], flags: Mapping[str, Any]) -> str:
    """How the user gave a setting: as an option, in the environment or a file; and where in it."""
    first, *inside = map(str, location)
    setting = setting_named(first)
    return _given(setting, inside, flags) + (f" ({', '.join(inside)})" if inside else "")


def _quoted(error: Exception) -> str:
    """The first word in double quotes."""
    return str(error).partition('"')[2].partition('"')[0]


def _given(setting: str, inside: Sequence[str], flags: Mapping[str, Any]) -> str:
    """The option, the variable, or the line of the file."""
    if flags.get(setting) is not None:
        return _OPTIONS.get(setting, f"--{setting.replace('_', '-')}")
    chosen = _CHOSEN.get(_Chosen())
    variable = variable_of(setting)
    read = None if variable else read_file(chosen.file)
    if read is not None and setting in read.values:
        return f"{read.source((setting, *inside))}: {setting}"
    return variable or f"BREADTH_{setting.upper()}"


def run_to_end(work: Coroutine[Any, Any, T], display: Screen | None = None) -> T:
    """Run to the end; tell what went wrong in words."""
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        if display is not None:
            display.__exit__(None, None, None)
            hint = f"; to go on: {display.to_go_on}" if display.to_go_on else ""
            sys.stderr.write(f"\nstopped{hint}\n")
        leave(130)
        raise
    except BaseException as error:
        code = exit_code(error)
        if code is None:
            raise
        if display is not None:
            display.__exit__(None, None, None)
        text = "\n".join(dict.fromkeys(str(leaf) for leaf in leaves(error)))
        fail(text, code)
        raise


def attempt(work: Callable[[], T]) -> T | Fault:
    """What code that is not ours comes to, or what went wrong in it, whatever that is."""
    try:
        return work()
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return Fault(f"{type(error).__name__}: {error}")


def show(text: str) -> None:
    """To standard output, whatever its encoding can show."""
    data = (text + "\n").encode(sys.stdout.encoding or "utf-8", errors="replace")
    sys.stdout.buffer.write(data)
    sys.stdout.flush()


def show_json(value: Any) -> None:
    """For programs."""
    show(json.dumps(value, ensure_ascii=False, indent=2))


def fail(text: str, code: int) -> None:
    """One message, no traceback."""
    sys.stderr.write(f"breadth: {text}\n")
    leave(code)


def leave(code: int) -> None:
    """End now: the engine's threads may still be in the middle of a computation."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
