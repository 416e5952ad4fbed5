"""The person at the terminal: looks a plan over, says what a question means.

What is asked goes to standard error, what is typed comes from standard input, and the editor is the
one that the settings name.
"""

import asyncio
import json
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

import click
from pydantic import JsonValue

from planner import Plan, Step, Withdrawn
from service.errors import UsageProblem
from service.legible import legible
from service.plans import plan_of, text_of
from service.terminal import Terminal
from tools import Arguments

T = TypeVar("T")

_ASKED = "accept, edit or cancel? "
_TYPE = "Type the plan, one step a line; an empty line ends it."


class Person:
    """Asks, while the display gives the screen back."""

    def __init__(self, display: Terminal, editor: str | None) -> None:
        """`editor` None: plans are typed line by line."""
        self._display = display
        self._editor = editor
        self._asking = asyncio.Lock()

    @property
    def is_there(self) -> bool:
        """Whether anybody can read and type."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    async def review(
        self, steps: Sequence[Step], others: Mapping[str, type[Arguments]] | None = None
    ) -> Sequence[Step]:
        """The plan as it is to run. Raises Withdrawn, also where nobody is there to ask.

        `others`: what tools of others take.
        """
        if not self.is_there:
            raise Withdrawn("a further plan is to be approved, and there is no terminal")
        text = text_of(Plan(tuple(steps))) if steps else ""
        plan: Sequence[Step] | None = steps
        with self._display.aside():
            _show(f"The plan:\n{text}")
            while True:
                match (await self._line(_ASKED)).strip().casefold():
                    case "a" | "accept" if plan:
                        return plan
                    case "a" | "accept":
                        _show("there is no plan to accept: edit it (e), or cancel (c)")
                    case "e" | "edit":
                        text = await self._edited(text)
                        plan = _read(text, others)
                    case "c" | "cancel" | "\x04":
                        raise Withdrawn("the plan was not approved")
                    case _:
                        _show("type a to accept the plan, e to edit it, c to cancel")

    async def answer(self, question: str) -> str:
        """What the person says; '' where they say nothing."""
        with self._display.aside():
            _show(question)
            return (await self._line("> ")).strip().strip("\x04")

    async def approves(self, tool: str, arguments: Mapping[str, JsonValue]) -> bool:
        """Whether a call that changes something outside may be made."""
        told = json.dumps(dict(arguments), ensure_ascii=False)
        async with self._asking:
            with self._display.aside():
                _show(f"{tool} is to be called with {told}")
                while True:
                    match (await self._line("yes or no? ")).strip().casefold():
                        case "y" | "yes":
                            return True
                        case "n" | "no" | "\x04":
                            return False
                        case _:
                            pass

    async def _edited(self, text: str) -> str:
        """Another text; the same where the editor fails or nothing is saved."""
        if self._editor is None:
            _show(_TYPE)
            lines: list[str] = []
            while (line := (await self._line("")).rstrip("\n\x04")).strip():
                lines.append(line)
            return "\n".join(lines)
        try:
            saved = await _in_thread(
                lambda: click.edit(text + "\n", editor=self._editor, extension=".jsonl")
            )
        except click.ClickException as error:
            _show(error.format_message())
            return text
        return text if saved is None else saved

    async def _line(self, prompt: str) -> str:
        """A line with its end; '\\x04' when there will be none."""
        sys.stderr.write(prompt)
        sys.stderr.flush()
        return await _in_thread(sys.stdin.readline) or "\x04"


def _read(text: str, others: Mapping[str, type[Arguments]] | None) -> Sequence[Step] | None:
    """The steps, shown; None for a text that is no plan, which is told."""
    try:
        steps = plan_of(text, "the plan", others).steps
    except UsageProblem as error:
        _show(str(error))
        return None
    _show(f"The plan:\n{text_of(Plan(tuple(steps)))}")
    return steps


def _show(text: str) -> None:
    """Above the prompt; nothing in it moves the cursor."""
    for line in text.split("\n"):
        sys.stderr.write(legible(line) + "\n")


async def _in_thread(call: Callable[[], T]) -> T:
    """In a thread that nobody waits for at the end: it may wait for a key for ever."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if done.done():  # the run was stopped meanwhile
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, failure = None, None
        try:
            result = call()
        except (OSError, ValueError, click.ClickException) as error:
            failure = error
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, name="person", daemon=True).start()
    return await done
