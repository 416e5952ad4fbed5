"""`keep_serving` against a process that plays vLLM: health, deaths, ends, nothing left behind."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

from inference import ModelSetupError, ModelUnavailable
from inference.vllm_log import cause_in
from inference.vllm_server import (
    Endurance,
    ServerCommand,
    ServerDied,
    ServerReady,
    ServerStarting,
    keep_serving,
)

FAKE = Path(__file__).with_name("vllm_fake.py")
ROOT = FAKE.parents[1]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class Served:
    """A fake vLLM under `keep_serving`, and what was told of it."""

    def __init__(self, folder: Path, how: str = "well") -> None:
        port = free_port()
        self.folder, self.log = folder, folder / "logs" / "vllm.log"
        line = [sys.executable, str(FAKE), str(port), str(folder), how]
        self.command = ServerCommand(
            line, f"http://127.0.0.1:{port}", {"VLLM_API_KEY": "sk-secret"}
        )
        self.told: list[ServerStarting | ServerReady | ServerDied] = []
        self.ready = asyncio.Condition()
        self.slept: list[float] = []

    async def serve(self, **options: float) -> None:
        endurance = Endurance(look_seconds=0.05, sleep=self._sleep, **options)  # type: ignore[arg-type]
        await keep_serving(self.command, self.log, self._tell, endurance)

    async def times_ready(self, times: int) -> None:
        """Wait until it was ready so often."""
        async with self.ready:
            await self.ready.wait_for(lambda: self.count(ServerReady) >= times)

    def count(self, kind: type) -> int:
        return sum(isinstance(event, kind) for event in self.told)

    @property
    def pids(self) -> list[int]:
        """Of every server that was started, and of its child."""
        return [int(word) for word in (self.folder / "pids").read_text().split()]

    def _tell(self, event: ServerStarting | ServerReady | ServerDied) -> None:
        self.told.append(event)
        asyncio.get_running_loop().create_task(self._notify())

    async def _notify(self) -> None:
        async with self.ready:
            self.ready.notify_all()

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@asynccontextmanager
async def serving(served: Served, **options: float) -> AsyncIterator[asyncio.Task[None]]:
    """While it serves."""
    task = asyncio.create_task(served.serve(**options))
    ready = asyncio.create_task(served.times_ready(1))
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield task
    finally:
        ready.cancel()
        task.cancel()
        await asyncio.gather(task, ready, return_exceptions=True)


async def die(served: Served, how: str) -> None:
    with suppress(aiohttp.ClientError):
        async with aiohttp.ClientSession() as session:
            await session.post(f"{served.command.address}/die", params={"how": how})


def lives(pid: int) -> bool:
    """Whether a process is there; one that only waits to be buried is not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


async def end_of(pid: int) -> None:
    """Wait for a process that is no child of ours."""
    ended = asyncio.Event()
    with suppress(ProcessLookupError):
        file = os.pidfd_open(pid)
        asyncio.get_running_loop().add_reader(file, ended.set)
        await ended.wait()
        asyncio.get_running_loop().remove_reader(file)
        os.close(file)


async def test_it_is_waited_for_and_stopped_with_its_children(tmp_path: Path) -> None:
    served = Served(tmp_path)
    async with serving(served):
        server, child = served.pids
        assert lives(server)
        assert lives(child)
    assert not lives(server)
    assert not lives(child)
    assert isinstance(served.told[-1], ServerReady)
    lines = [event.line for event in served.told if isinstance(event, ServerStarting)]
    assert set(lines) <= {"", "loading the weights"}
    assert "loading the weights" in served.log.read_text()
    assert served.log.stat().st_mode & 0o077 == 0


async def test_the_key_is_in_the_environment_and_nowhere_else(tmp_path: Path) -> None:
    served = Served(tmp_path)
    async with serving(served):
        shown = [Path(f"/proc/{pid}/cmdline").read_text() for pid in served.pids]
        assert str(FAKE) in shown[0]
        assert "sk-secret" not in "".join(shown)
    assert (tmp_path / "key").read_text() == "sk-secret"
    assert "sk-secret" not in repr(served.command)


@pytest.mark.parametrize("how", ["server", "engine"])
async def test_one_that_dies_is_started_again(tmp_path: Path, how: str) -> None:
    served = Served(tmp_path)
    async with serving(served):
        await die(served, how)
        await served.times_ready(2)
        first, child, second, _ = served.pids
        assert not lives(first)
        assert not lives(child)
        assert lives(second)
    (died,) = [event for event in served.told if isinstance(event, ServerDied)]
    assert how == "engine" or died.cause == (
        "MemoryError: out of cache (signal 9, perhaps for want of memory)"
    )
    assert served.slept == [1.0]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of it")
async def test_one_whose_keeper_is_killed_ends_too_and_another_comes(tmp_path: Path) -> None:
    served = Served(tmp_path)
    async with serving(served):
        server = served.pids[0]
        keeper = int(Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(keeper, signal.SIGKILL)
        async with asyncio.timeout(20):
            await end_of(server)
            await served.times_ready(2)
    os.kill(served.pids[1], signal.SIGKILL)  # the fake's child, whom nobody told


async def test_one_that_dies_too_often_is_given_up(tmp_path: Path) -> None:
    served = Served(tmp_path)
    async with serving(served, deaths=3) as task:
        for times in (1, 2, 3):
            await served.times_ready(times)
            await die(served, "server")
        with pytest.raises(ModelUnavailable, match=r"died 3 times in 600 s.*out of cache.*log"):
            await task
    assert served.slept == [1.0, 2.0]
    assert not any(map(lives, served.pids))


async def test_one_that_cannot_start_is_not_tried_again_and_says_why(tmp_path: Path) -> None:
    served = Served(tmp_path, "broken")
    with pytest.raises(ModelSetupError) as raised:
        await served.serve()
    assert str(raised.value) == (
        f"vLLM cannot be started: ValueError: no room (exit code 1) (log: {served.log})"
    )
    assert not any(map(lives, served.pids))


async def test_one_that_never_becomes_healthy_is_ended(tmp_path: Path) -> None:
    served = Served(tmp_path, "mute")
    with pytest.raises(ModelSetupError, match="loading the weights"):
        await served.serve(start_seconds=3.0)
    assert not any(map(lives, served.pids))


async def test_one_that_does_not_want_to_end_is_ended(tmp_path: Path) -> None:
    served = Served(tmp_path, "stubborn")
    async with serving(served, grace_seconds=0.2):
        pass
    assert not any(map(lives, served.pids))


async def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    command = ServerCommand([str(tmp_path / "python")], f"http://127.0.0.1:{free_port()}")
    with pytest.raises(ModelSetupError, match=rf"{tmp_path}/python.*No such file"):
        await keep_serving(command, tmp_path / "log", lambda _: None)


async def test_an_address_that_somebody_has_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = ServerCommand(["true"], f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(ModelSetupError, match=r"something else listens.*--port"):
            await keep_serving(command, tmp_path / "log", lambda _: None)


async def test_a_log_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    command = ServerCommand(["true"], f"http://127.0.0.1:{free_port()}")
    with pytest.raises(ModelSetupError, match="cannot write the log"):
        await keep_serving(command, tmp_path / "file" / "log", lambda _: None)


OWNER = """
import asyncio, sys
from pathlib import Path
from inference.vllm_server import ServerCommand, ServerReady, keep_serving
folder, address = Path(sys.argv[1]), sys.argv[2]
tell = lambda event: print("ready", flush=True) if isinstance(event, ServerReady) else None
asyncio.run(keep_serving(ServerCommand(sys.argv[3:], address), folder / "log", tell))
"""


async def test_nothing_is_left_when_the_owner_is_killed(tmp_path: Path) -> None:
    served = Served(tmp_path)
    owner = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", OWNER, str(tmp_path), served.command.address),
        *served.command.line,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert owner.stdout is not None
    assert await owner.stdout.readline() == b"ready\n"
    assert all(map(lives, served.pids))
    owner.send_signal(signal.SIGKILL)
    await owner.wait()
    for pid in served.pids:
        await end_of(pid)


LOG = """
(APIServer pid=9) INFO 11-25 08:50:17 [api_utils.py:286] non-default args: {'port': 8124}
(EngineCore pid=12) ERROR 11-25 08:51:02 [core.py:1] Traceback (most recent call last):
(EngineCore pid=12) ERROR 11-25 08:51:02 [core.py:1]   File "x.py", line 1, in y
(EngineCore pid=12) ERROR 11-25 08:51:02 [core.py:1] ValueError: To serve at least one request
(EngineCore pid=12) Process EngineCore:
(APIServer pid=9) Traceback (most recent call last):
(APIServer pid=9) RuntimeError: Engine core initialization failed. See root cause above.
"""


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        (LOG, "ValueError: To serve at least one request"),
        (
            "x\nE.ValidationError: 1 validation error for ModelConfig\n  Value error, no config",
            None,
        ),
        ("usage: x\napi_server.py: error: argument --dtype: invalid choice: 'x'", None),
        ("RuntimeError: Engine core initialization failed. See above.", None),
        ("loading\nINFO 11-25 08:50:17 [a.py:1] killed\n\n", ""),
        ("", ""),
    ],
    ids=["engine", "validation", "usage", "only the consequence", "no error", "nothing"],
)
def test_the_cause_is_found_in_the_log(log: str, cause: str | None) -> None:
    expected = re.split(r"\n\s*", log.rstrip())[-1] if cause is None else cause
    assert cause_in(log) == expected
