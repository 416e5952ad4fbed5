"""`breadth models serve`: a vLLM server of our own, from its settings to its end."""

import asyncio
import shlex
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.status import Status
from rich.text import Text

from inference import (
    PACKAGED,
    ModelSetupError,
    ServerDied,
    ServerReady,
    ServerStarting,
    Speculation,
    VllmSettings,
    find_vllm,
    is_loopback,
    keep_serving,
    vllm_command,
)
from service.errors import UsageProblem
from service.settings import Settings

Deliver = Callable[[dict[str, Any]], None]


def asked_for(name: str, settings: Settings, options: Mapping[str, Any]) -> VllmSettings:
    """What the user wants served. Raises UsageProblem for what cannot be."""
    if name in PACKAGED or name.endswith(".gguf") or name.startswith(("hf:", "openai:")):
        raise UsageProblem(
            f"vLLM cannot serve {name!r}: name a folder with a model in the form of Hugging Face"
            " (config.json, *.safetensors, a tokenizer), or OWNER/NAME on its hub"
        )
    given = {key: value for key, value in options.items() if value is not None}
    try:
        return VllmSettings(
            name,
            speculation=Speculation.parse(settings.speculate),
            api_key=settings.api_key.get_secret_value(),
            **given,
        )
    except (ValueError, ModelSetupError) as error:
        raise UsageProblem(str(error)) from error


async def serve(
    name: str, settings: Settings, options: Mapping[str, Any], *, log: Path | None, told: "Told"
) -> None:
    """Serve until SIGTERM, or until cancelled by Ctrl-C. `options`: of VllmSettings, where given.

    Raises UsageProblem, and ModelSetupError and ModelError as `keep_serving` does.
    """
    asked = asked_for(name, settings, options)
    installed = await find_vllm(settings.vllm_python)
    command = vllm_command(asked, installed)
    file = log or settings.data / f"vllm-{asked.port}.log"
    told.begins(f"starting vLLM {installed.version}, its log is {file}")
    if not is_loopback(asked.host) and not asked.api_key:
        told.say(f"whoever reaches {asked.host} may use it: BREADTH_API_KEY sets a key")
    told.facts = {
        "model": f"openai:{asked.name}",
        "base_url": f"{asked.address}/v1",
        "engine": f"vllm {installed.version}",
        "log": str(file),
        "command": list(command.line),
    }
    try:
        with _ended_by_sigterm(asyncio.current_task()):
            await keep_serving(command, file, told)
    finally:
        told.ends()


@contextmanager
def _ended_by_sigterm(task: "asyncio.Task[Any] | None") -> Iterator[None]:
    """SIGTERM ends what is inside, as Ctrl-C does, and is no error."""
    assert task is not None
    loop, asked = asyncio.get_running_loop(), False

    def end() -> None:
        nonlocal asked
        asked = True
        task.cancel()

    with suppress(NotImplementedError):  # Windows has no such signals
        loop.add_signal_handler(signal.SIGTERM, end)
    try:
        yield
    except asyncio.CancelledError:
        if not asked:
            raise
    finally:
        with suppress(NotImplementedError):
            loop.remove_signal_handler(signal.SIGTERM)


def as_text(facts: dict[str, Any]) -> str:
    """For people."""
    call = f"--model {shlex.quote(facts['model'])} --base-url {facts['base_url']}"
    return (
        f"{facts['base_url']} answers after {facts['seconds']:.0f} s; Ctrl-C stops it. To use it:\n"
        f'breadth ask "..." --documents FOLDER {call}'
    )


class Told:
    """What a person sees of a server: a moving line in a terminal, and a line for what matters."""

    def __init__(self, console: Console, deliver: Deliver, *, quiet: bool = False) -> None:
        """`console` writes where progress belongs (standard error); `deliver` gets the facts."""
        self.facts: dict[str, Any] = {}
        """Of the server, when it answers for the first time; and how long that took."""
        self._console, self._deliver, self._quiet = console, deliver, quiet
        self._ready = False
        self._status: Status | None = None

    def begins(self, text: str) -> None:
        """Before the first start."""
        self.say(text)
        if self._console.is_terminal and not self._quiet:
            self._status = self._console.status("starting")
            self._status.start()

    def __call__(self, event: ServerStarting | ServerReady | ServerDied) -> None:
        """What `keep_serving` tells."""
        match event:
            case ServerStarting(seconds=seconds, line=line):
                if self._status is not None:
                    self._status.update(Text(f"{seconds:.0f} s  {line}"[: self._console.width - 4]))
            case ServerReady(seconds=seconds):
                self.ends()
                if self._ready:
                    self.say(f"it answers again, after {seconds:.0f} s")
                else:
                    self._ready = True
                    self._deliver({**self.facts, "seconds": round(seconds, 1)})
            case ServerDied(cause=cause, again_in=again_in):
                self.say(f"vLLM died: {cause}; it is started again in {again_in:.0f} s")

    def say(self, text: str) -> None:
        """A line."""
        if not self._quiet:
            self._console.print(Text(text), soft_wrap=True)

    def ends(self) -> None:
        """Give the line back."""
        if self._status is not None:
            self._status.stop()
            self._status = None
