"""A llama.cpp server in a process of its own.

Not in this one: xllamacpp holds the interpreter's lock for the seconds that loading takes, so that
nothing else would run, and in its destructor, which waits for open requests, perhaps for ever. A
process of its own can be ended at any moment, and takes nothing with it when it crashes.
"""

import json
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_urlsafe
from tempfile import TemporaryFile

from inference.errors import ModelSetupError

_MAIN = Path(__file__).with_name("llama_main.py")
_LOG_HEAD = 8192
_DYING_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class LlamaSettings:
    """What the server is started with."""

    path: str
    slots: int
    """Requests computed together."""
    window: int
    """Tokens of prompt and text together, of each."""
    threads: int
    states: str
    """The folder where the states of slots are saved, with a slash behind it."""
    speculate: str = "off"
    """off, ngram or draft."""
    draft: str = ""
    """The weights of the model that drafts."""
    batch: int = 512
    """Tokens of a prompt that are read at a stretch; few of them are slow to read."""


class LlamaProcess:
    """Started by the constructor; `stop` must be called."""

    def __init__(self, settings: LlamaSettings) -> None:
        """Raises ModelSetupError when no process can be started."""
        self.key = token_urlsafe()
        """Without it, any web page open in a browser of this machine could use the server."""
        self._path = settings.path
        self._log = TemporaryFile()  # noqa: SIM115 - closed by stop()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own script
                [sys.executable, "-P", str(_MAIN)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                start_new_session=True,  # Ctrl-C is for us to handle
            )
        except OSError as error:
            self._log.close()
            raise ModelSetupError(f"cannot start the embedded engine: {error}") from error
        self._tell(json.dumps({**asdict(settings), "key": self.key}))

    def _tell(self, line: str) -> None:
        """Write a line to its input; that it died is found out by reading."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{line}\n".encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            pass

    def address(self) -> str:
        """Where it listens. Waits until the model is loaded; ModelSetupError when it cannot be."""
        assert self._process.stdout is not None
        address = self._process.stdout.readline().decode().strip()
        if not address:
            raise ModelSetupError(
                f"llama.cpp cannot load {self._path}: {self._complaint()} (is the file whole?)"
            )
        return address

    def ended(self) -> str | None:
        """How it ended; None if it runs. One that is just dying is waited for."""
        try:
            code = self._process.wait(_DYING_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        if code >= 0:
            return f"exit code {code}"
        killed = code == -signal.SIGKILL
        return f"signal {-code}{', perhaps for want of memory' if killed else ''}"

    def stop(self) -> None:
        """End it, whatever it does, and free everything."""
        self._process.kill()
        self._process.wait()
        for file in (self._process.stdin, self._process.stdout, self._log):
            assert file is not None
            file.close()

    def _complaint(self) -> str:
        """The first error of llama.cpp's log that says more than that there was one."""
        end = self.ended()
        self._log.seek(0)
        lines = self._log.read(_LOG_HEAD).decode(errors="replace").splitlines()
        errors = [line.partition(" E ")[2] for line in lines if " E " in line]
        reasons = [error for error in errors if "failed to load model" not in error]
        return next(iter(reasons or errors or lines[-1:]), end or "no reason given")[:300]
