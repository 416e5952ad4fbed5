"""What a killed process recorded is there, and its run is known to be interrupted."""

import signal
import subprocess
import sys
from pathlib import Path

from planner import Done
from storage import TraceStore
from storage.owner import Owner

ROOT = Path(__file__).parent.parent
RECORDER = """
import asyncio, sys
from planner import Done, RunStarted, StepAdded, StepEnded, StepStarted, Step
from search import Passage, Source
from storage import TraceStore

async def main(url):
    store = await TraceStore.open(url)
    run = await store.create_run("Who?", {})
    trace = store.trace(run)
    await trace.record(RunStarted("Who?"))
    print(run, flush=True)
    source = Source("/films/inception.md", "Inception", "text/markdown", "0" * 64)
    for n in range(10**6):
        await trace.record(StepAdded(Step(f"s{n}", "lookup", {"n": n}), 1, "planner"))
        await trace.record(StepStarted(f"s{n}", {"n": n}))
        await trace.record(StepEnded(f"s{n}", Done(n, (Passage(source, n, n + 1, "x"),))))
        print(n, flush=True)

asyncio.run(main(sys.argv[1]))
"""


async def test_what_was_recorded_survives_a_kill(url: str) -> None:
    command = [sys.executable, "-c", RECORDER, url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: ASYNC220
        assert process.stdout is not None
        run = process.stdout.readline().strip()
        async with await TraceStore.open(url) as store:
            assert (await store.run(run)).status == "running"
        for _ in range(20):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        said = [19, *map(int, process.stdout.read().split())]
    async with await TraceStore.open(url) as store:
        history = await store.history(run)
        assert (await store.run(run)).status == "interrupted"
        assert [record.id for record in await store.runs(status="interrupted")] == [run]
    for n in range(said[-1] + 1):
        outcome = history.outcomes[f"s{n}"]
        assert isinstance(outcome, Done)
        assert (outcome.value, outcome.evidence[0].start) == (n, n)
    assert len(history.outcomes) <= said[-1] + 2


def test_an_owner_is_gone_only_when_that_is_certain() -> None:
    this = Owner.this_process()
    assert not this.gone
    assert not Owner("another-host.example", 2**22 + 1, None).gone
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert Owner(this.host, child.pid, None).gone
    if this.birth is not None:
        assert Owner(this.host, this.pid, "another birth").gone
