"""One run of code: starts the process, feeds it, reads what it says, and leaves nothing behind."""

import asyncio
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.sandbox.clearing import clear
from tools.sandbox.library import Readable
from tools.sandbox.limits import SandboxLimits
from tools.sandbox.result import CodeError, SandboxResult

INSIDE = Path(__file__).parent / "inside"
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    # Each of their threads would take its share of the address space.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
_START = "import sys; sys.path.insert(0, {!r}); from inside.start import main; main()"
_FLAGS = ("-s", "-S", "-P", "-B", "-W", "ignore", "-c")
_FILES_TOO_LARGE = 81
_READ = 1 << 16
_REPORT = 8192
"""Bytes of a report beside the value."""


@dataclass(frozen=True, slots=True)
class Place:
    """The folder that one run has on the machine; it is gone when the run is."""

    folder: str

    @property
    def library(self) -> str:
        """What the code imports from, beside Python's own."""
        return f"{self.folder}/library"

    @property
    def scratch(self) -> str:
        """Where the code may write, for kinds that have no root of their own."""
        return f"{self.folder}/scratch"

    @property
    def root(self) -> str:
        """An empty folder to build a root in."""
        return f"{self.folder}/root"


Command = Callable[[Place, Sequence[str]], Sequence[str]]
"""From the place and the command of a bare Python to the whole command."""


@contextmanager
def place_for(readable: Readable, folder: str | None) -> Iterator[Place]:
    """A place with the library in it, in a folder or where temporary files belong."""
    place = Place(os.path.realpath(tempfile.mkdtemp(prefix="breadth-sandbox-", dir=folder)))
    try:
        for folder in (place.library, place.scratch, place.root):
            Path(folder).mkdir()
        shutil.copytree(INSIDE, f"{place.library}/inside", ignore=shutil.ignore_patterns("__pyc*"))
        for name, found in readable.packages:
            Path(place.library, name).symlink_to(found)
        Path(place.folder).chmod(0o755)
        yield place
    finally:
        clear(place.folder)


async def run_command(
    command: Sequence[str], request: Mapping[str, Any], limits: SandboxLimits
) -> SandboxResult:
    """Runs it to its end, or to the end of its time. When this returns, nothing of it runs.

    By itself it confines nothing: the command has to. It reads the request as JSON, and ends with a
    report on standard error: JSON with `value`, `error` and `cut`.
    """
    process = await _started(command)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    printed, report = _Kept(limits.output_bytes), _Kept(limits.value_bytes + _REPORT)
    late = False
    try:
        async with asyncio.TaskGroup() as group:
            # Their ends are the end of the last process that could write.
            group.create_task(printed.read(process.stdout))
            group.create_task(report.read(process.stderr))
            try:
                async with asyncio.timeout(limits.seconds):
                    await _feed(process.stdin, json.dumps(request).encode())
                    await process.wait()
            except TimeoutError:
                late = True
            _kill(process)
    finally:
        await _end(process)
    return _result(printed, report, process.returncode or 0, late, limits)


async def _started(command: Sequence[str]) -> asyncio.subprocess.Process:
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        # Cancelled half-way, asyncio kills the first process and leaves its children alive.
        await _end(await starting)
        raise


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kills what still runs, and waits until nobody is there that could write."""
    _kill(process)
    for stream in (process.stdout, process.stderr):
        while stream is not None and await stream.read(_READ):
            pass
    await process.wait()


def python_command(readable: Readable, place: Place, job: Mapping[str, Any]) -> Sequence[str]:
    """The command that starts the inside of a sandbox."""
    start = _START.format(place.library)
    return [readable.python, *_FLAGS, start, json.dumps(job)]


class _Kept:
    """The first bytes of a stream; the rest is read and thrown away."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.data = bytearray()
        self.is_cut = False

    async def read(self, stream: asyncio.StreamReader) -> None:
        while piece := await stream.read(_READ):
            room = self.most - len(self.data)
            self.data += piece[:room]
            self.is_cut |= len(piece) > room

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace")


async def _feed(stream: asyncio.StreamWriter, data: bytes) -> None:
    # A process that ended already reads nothing; its end says why.
    with suppress(ConnectionError):
        stream.write(data)
        await stream.drain()
        stream.close()


def _kill(process: asyncio.subprocess.Process) -> None:
    """The process and all that it started: they are one group, and one dies with the other."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _result(
    printed: _Kept, report: _Kept, code: int, late: bool, limits: SandboxLimits
) -> SandboxResult:
    cut = f"what was printed was cut after {limits.output_bytes} bytes" if printed.is_cut else None
    if late:
        error = CodeError("time", f"the code took longer than {limits.seconds:g} s")
        return SandboxResult(printed.text, None, error, cut)
    found = _report(report)
    if found is None:
        return SandboxResult(printed.text, None, _ending(code, report.text, limits), cut)
    cuts = [each for each in (cut, found["cut"]) if each]
    raised = _raised(found["error"], limits) if found["error"] else None
    return SandboxResult(printed.text, found["value"], raised, "; ".join(cuts) or None)


def _report(report: _Kept) -> dict[str, Any] | None:
    """What the inside says of the end; code that writes there itself forges only its own result."""
    try:
        found = json.loads(report.data)
    except ValueError:
        return None
    is_whole = isinstance(found, dict) and found.keys() >= {"value", "error", "cut"}
    return found if is_whole else None


def _raised(error: Mapping[str, Any], limits: SandboxLimits) -> CodeError:
    line = error.get("line")
    text = f"{error.get('kind')}: {error.get('message')}".removesuffix(": ")
    if error.get("memory"):
        text = f"the code needs more than {limits.memory >> 20} MiB of memory ({text})"
    return CodeError(
        "memory" if error.get("memory") else "raised", text, line if isinstance(line, int) else None
    )


def _ending(code: int, said: str, limits: SandboxLimits) -> CodeError:
    """Why there is no report."""
    number = -code if code < 0 else code - 128
    if code == _FILES_TOO_LARGE:
        return CodeError("files", f"the files are larger than {limits.file_bytes >> 20} MiB")
    if number == signal.SIGXCPU or (number == signal.SIGKILL and not said):
        return CodeError("time", f"the code used {limits.processor_seconds} s of the processor")
    if number in set(signal.Signals):
        name = signal.Signals(number).name
        return CodeError("killed", f"the code was ended by {name} {_last(said)}".strip())
    return CodeError("killed", f"the code ended by itself with {code} {_last(said)}".strip())


def _last(said: str) -> str:
    lines = said.strip().splitlines()
    return f"({lines[-1][:300]})" if lines else ""
