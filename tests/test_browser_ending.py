"""How the browser ends: with its run, however that ends; and what happens when it dies."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from browsing import FERRY, browsing, needs_browser, place, shell, site, writes

pytestmark = [
    needs_browser,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]
HOLDER = """
import asyncio, signal
from aiohttp import web
from browsing import browsing, place, shell
from test_web import served

signal.signal(signal.SIGINT, signal.default_int_handler)
PAGE = shell("fetch('/there').then(() => { while (true) {} })", "<p>Loading</p>")

async def answer(request):
    if request.path == "/there":
        print("there", flush=True)
    return web.Response(body=PAGE)

async def main():
    async with served(answer) as url, browsing(url.split("/")[2], seconds=60) as pages:
        await pages.read(url)

asyncio.run(main())
"""
SECONDS = 20


def below(pid: int) -> dict[int, str]:
    """What runs below a process, by the words of its command."""
    parents, commands = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int(
                    (folder / "stat").read_text().split(")")[-1].split()[1]
                )
                commands[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
            except (FileNotFoundError, ProcessLookupError):
                continue
    found, waiting = {}, [pid]
    while waiting:
        above = waiting.pop()
        for child, parent in parents.items():
            if parent == above:
                found[child] = commands[child]
                waiting.append(child)
    return found


def main_processes(pid: int, of: str = "--remote-debugging") -> list[int]:
    """The browser's own process, not those that it starts; or the driver's."""
    found = below(pid).items()
    return [child for child, words in found if of in words and "--type" not in words]


def require_end(pids: list[int]) -> None:
    """Wait until all are gone."""
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            assert select.select([handle], [], [], SECONDS)[0], f"{pid} is still there"
        finally:
            os.close(handle)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_nothing_of_it_outlives_its_run_not_even_a_page_that_loops(how: signal.Signals) -> None:
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    run = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"there\n"
        started = list(below(run.pid))
        assert main_processes(run.pid)
        if how == signal.SIGINT:  # a terminal sends it to all of them
            os.killpg(run.pid, how)
        else:
            run.send_signal(how)
        run.wait(SECONDS)
        require_end(started)


@pytest.mark.parametrize("of", ["--remote-debugging", "driver/node"])
async def test_one_that_dies_is_started_again_but_not_for_ever(of: str) -> None:
    told: list[str] = []
    async with site() as served:
        served.pages["/"] = shell(writes(), "<p>Loading</p>")
        async with browsing(place(served), told=told) as pages:

            async def text() -> str:
                return (await pages.read(f"{served.url}/"))[0].text

            for _ in range(3):
                assert FERRY in await text()
                (running,) = main_processes(os.getpid(), of)
                os.kill(running, signal.SIGKILL)
                require_end([running])
            assert await text() == "Loading"
            assert main_processes(os.getpid()) == []
    assert told == [
        "pages that JavaScript writes are read without it:"
        " it ended by itself each time that it was started"
    ]


async def test_one_that_nobody_waits_for_while_it_starts_is_no_broken_one() -> None:
    async with site() as served:
        served.pages["/"] = shell(writes(), "<p>Loading</p>")
        async with browsing(place(served)) as pages:
            for _ in range(3):
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await pages.read(f"{served.url}/")
            (passage,) = await pages.read(f"{served.url}/")
    assert FERRY in passage.text


async def test_it_has_no_rights_no_network_and_none_of_our_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BREADTH_API_KEY", "hunter2")
    async with site() as served:
        served.pages["/"] = shell(writes())
        async with browsing(place(served)) as pages:
            await pages.read(f"{served.url}/")
            (running,) = main_processes(os.getpid())
            folder = Path(f"/proc/{running}")
            assert "--no-sandbox" not in (folder / "cmdline").read_text()
            status = dict(
                line.split(":\t", 1) for line in (folder / "status").read_text().splitlines()
            )
            assert "0" not in status["Uid"].split()
            assert int(status["CapEff"], 16) == 0
            assert b"hunter2" not in (folder / "environ").read_bytes()
            devices = (folder / "net" / "dev").read_text().splitlines()[2:]
            assert [line.split(":")[0].strip() for line in devices] == ["lo"]
            assert not (folder / "net" / "route").read_text().splitlines()[1:]
