"""Methods of reasoning beside optillm's and its-hub's: the same questions, model and samples.

    python benchmarks/method_rivals.py --data FOLDER --optillm PYTHON --its PYTHON
    python benchmarks/method_rivals.py --data FOLDER --optillm PYTHON --families vote,best --quick
    python benchmarks/method_rivals.py --data FOLDER --its PYTHON --server http://127.0.0.1:8080/v1

PYTHON: of an environment of the library's own (its-hub's has to have aiohttp, backoff and certifi,
optillm's numpy and networkx, besides); a library that is not named is left out. All ask one
server, the embedded engine with 4 slots or a llama.cpp or vLLM of `--server`, through a door that
sets one temperature for all that is sampled, and counts. Of every way, for a question: requests,
samples, tokens written, seconds; its accuracy with the 95 % interval (Wilson's), and how often it
failed. The ways take turns: question by question, each time another one begins, so that what else
the machine does strikes all. With `--beside` so many runs (a question by a way) are under way at a
time, as where many ask one server: the seconds are those under that load.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.engines import Engine, engine
from benchmarks.method_door import PATIENCE, Door, Passed
from benchmarks.method_pool import Problem, problems, request_of
from benchmarks.method_rival import WayError, rival
from benchmarks.method_scores import wilson
from benchmarks.method_ways import FAMILIES, OURS, WAYS, Way
from benchmarks.methods import Say
from inference import EndpointModel, ModelError, Patience
from reasoning import Answers, Crew, MathEquality, Task, last_number, method_of
from reasoning.answers import FORM

_NONE = "nothing was answered"
_TURN = 3
"""So many places further on the next question begins."""

Solve = Callable[[str, Problem], Awaitable[str]]
"""By a method, a question: the text that it stands behind. Raises WayError, ModelError."""


@dataclass(frozen=True)
class Run:
    """One question by one way."""

    right: bool
    seconds: float
    passed: Passed
    written: int
    error: str = ""


def ours(model: EndpointModel, answers: Answers, max_tokens: int) -> Solve:
    """The method by its expression, on the same server."""

    async def solve(method: str, problem: Problem) -> str:
        request = replace(request_of(problem, FORM), max_tokens=max_tokens)
        return (await method_of(method, Crew(model))(Task(request, answers))).best.text

    return solve


async def run(method: str, solve: Solve, problem: Problem, door: Door, answers: Answers) -> Run:
    """Once, timed; what is counted and compared is counted behind the clock."""
    door.passed, began, error = Passed(), time.monotonic(), ""
    try:
        text = await solve(method, problem)
    except (WayError, ModelError) as failed:
        text, error = "", str(failed) or _NONE
    seconds = time.monotonic() - began
    said = answers.of(text)
    right = said is not None and await answers.same(said, problem.gold)
    passed = await door.settled()
    return Run(right, seconds, passed, await door.written(), error)


def row(way: Way, runs: Sequence[Run]) -> dict[str, Any]:
    """The means of a way."""
    right = sum(one.right for one in runs)
    low, high = wilson(right, len(runs))
    return {
        "family": way.family, "library": way.library, "method": way.method, "n": len(runs),
        "right": right, "accuracy": right / len(runs), "low": low, "high": high,
        "requests": mean(one.passed.requests for one in runs),
        "samples": mean(one.passed.samples for one in runs),
        "read": mean(one.passed.read for one in runs),
        "written": mean(one.written for one in runs),
        "seconds": mean(one.seconds for one in runs),
        "refused": sum(one.passed.refused for one in runs),
        "failed": sum(bool(one.error) for one in runs),
        "error": next((one.error for one in runs if one.error), ""),
    }  # fmt: skip


@dataclass(frozen=True)
class Desk:
    """Where one question at a time is asked."""

    door: Door
    solving: Mapping[str, Solve]
    """By library."""
    versions: Mapping[str, str]
    left_out: Mapping[str, str]
    """By library, why."""


def ways(options: argparse.Namespace, desks: Sequence[Desk]) -> list[Way]:
    """Those that were asked for and can be had at every desk."""
    there = set.intersection(*(set(one.solving) for one in desks))
    return [
        replace(way, method=way.method.format(n=options.n))
        for way in WAYS
        if way.family in options.families and way.library in there
    ]


@asynccontextmanager
async def desk(
    options: argparse.Namespace, started: Engine, answers: Answers
) -> AsyncIterator[Desk]:
    """With a door of its own and its own processes of the libraries."""
    async with AsyncExitStack() as stack:
        address = started.base_url.removesuffix("/v1")
        door = Door(address, started.key, options.temperature)
        await stack.enter_async_context(door.open())
        model = EndpointModel(
            started.endpoint.name, base_url=door.base_url, engine=started.endpoint.engine,
            patience=Patience(idle_seconds=PATIENCE),
        )  # fmt: skip
        stack.push_async_callback(model.close)
        solving, versions, left_out = {OURS: ours(model, answers, options.max_tokens)}, {}, {}
        for library, python in (("optillm", options.optillm), ("its-hub", options.its)):
            try:
                there = await stack.enter_async_context(
                    rival(python, settings(library, options, door, model.name))
                )
                solving[library], versions[library] = there.solve, there.version
            except WayError as error:
                left_out[library] = str(error)
        yield Desk(door, solving, versions, left_out)


def settings(
    library: str, options: argparse.Namespace, door: Door, name: str
) -> dict[str, str | float]:
    """What a library is told before it is asked."""
    return {
        "library": library, "base_url": door.base_url, "model": name, "n": options.n,
        "max_tokens": options.max_tokens, "temperature": options.temperature,
    }  # fmt: skip


class Asking:
    """Every question by every way, each at the next desk that is free."""

    def __init__(
        self, asked: Sequence[Problem], answers: Answers, say: Callable[[str], None], minutes: float
    ) -> None:
        """Nothing is begun after so many minutes."""
        self._asked, self._answers, self._say = asked, answers, say
        self._ends = time.monotonic() + minutes * 60

    async def at(self, desks: Sequence[Desk], ways: Sequence[Way]) -> dict[Way, list[Run]]:
        """Until all were asked or the time is over: of the questions that every way was asked."""
        runs: dict[Way, dict[int, Run]] = {way: {} for way in ways}
        waiting = self._turns(ways)

        async def work(one: Desk) -> None:
            for number, way in waiting:
                solve, problem = one.solving[way.library], self._asked[number]
                made = await run(way.method, solve, problem, one.door, self._answers)
                runs[way][number] = made
                self._tell(number, way, made)

        async with asyncio.TaskGroup() as group:
            for one in desks:
                group.create_task(work(one))
        shared = sorted(set.intersection(*(set(of) for of in runs.values())))
        dropped = sum(len(of) for of in runs.values()) - len(shared) * len(ways)
        self._say(f"{len(shared)} questions were asked by every way; {dropped} runs do not count")
        return {way: [of[number] for number in shared] for way, of in runs.items()}

    def _turns(self, ways: Sequence[Way]) -> Iterator[tuple[int, Way]]:
        """Question by question, each time another way first."""
        for number in range(len(self._asked)):
            first = number * _TURN % len(ways)
            for way in (*ways[first:], *ways[:first]):
                if time.monotonic() >= self._ends:
                    self._say(f"the time is over, in question {number + 1}")
                    return
                yield number, way

    def _tell(self, number: int, way: Way, one: Run) -> None:
        self._say(
            f"{number + 1} of {len(self._asked)}, {way.library} {way.method}: "
            f"{one.error or ('right' if one.right else 'wrong')}, {one.seconds:.1f} s, "
            f"{one.passed.requests} requests, {one.passed.samples} samples, "
            f"{one.passed.read} read, {one.written} written"
        )


async def measured(options: argparse.Namespace) -> dict[str, Any]:
    """See the top of the file."""
    say = Say()
    async with AsyncExitStack() as stack:
        started = await stack.enter_async_context(engine(options, slots=4))
        same = await stack.enter_async_context(MathEquality())
        answers = Answers(FORM, same=same, guessed=last_number)
        desks = [
            await stack.enter_async_context(desk(options, started, answers))
            for _ in range(options.beside)
        ]
        left_out = {name: why for one in desks for name, why in one.left_out.items()}
        for library, why in left_out.items():
            say(f"{library} is left out: {why}")
        asking = Asking(problems(options.data, options.questions), answers, say, options.minutes)
        runs = await asking.at(desks, ways(options, desks))
        return {
            "model": started.endpoint.name if options.server else options.model,
            "versions": desks[0].versions, "left_out": sorted(left_out),
            "n": options.n, "max_tokens": options.max_tokens,
            "temperature": options.temperature, "beside": options.beside,
            "ways": [row(way, of) for way, of in runs.items() if of],
        }  # fmt: skip


def show(found: Mapping[str, Any]) -> None:
    """A table; families apart."""
    heads = ("library", "method", "right", "95 %", "requests", "samples", "read", "written", "s")
    table, before = Table(*heads), ""
    for one in found["ways"]:
        if before and one["family"] != before:
            table.add_section()
        before = one["family"]
        table.add_row(
            one["library"], one["method"], f"{one['right']} of {one['n']}",
            f"{one['low']:.2f}-{one['high']:.2f}", f"{one['requests']:.1f}",
            f"{one['samples']:.1f}", f"{one['read']:,.0f}", f"{one['written']:,.0f}",
            f"{one['seconds']:.1f}",
        )  # fmt: skip
    console = Console(width=130)
    console.print(table)
    console.print(f"versions: {found['versions']}; left out: {found['left_out'] or 'none'}")
    for one in found["ways"]:
        if one["failed"]:
            console.print(f"{one['method']} failed {one['failed']} times: {one['error']}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the question sets")
    parser.add_argument("--optillm", default="", metavar="PYTHON", help="that has optillm")
    parser.add_argument("--its", default="", metavar="PYTHON", help="that has its-hub")
    parser.add_argument("--questions", type=int, default=6)
    parser.add_argument("--n", type=int, default=4, help="samples of a question; even")
    parser.add_argument("--max-tokens", type=int, default=200, help="of a sample")
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument(
        "--families", type=lambda text: text.split(","), default=list(FAMILIES),
        help=f"of {', '.join(FAMILIES)}",
    )  # fmt: skip
    parser.add_argument("--model", default="small")
    parser.add_argument(
        "--server", default="", help="that is up, its address ending in /v1; else one of its own"
    )
    parser.add_argument(
        "--minutes", type=float, default=120.0, help="nothing is begun after so many"
    )
    parser.add_argument("--beside", type=int, default=1, help="runs at a time")
    parser.add_argument("--quick", action="store_true", help="2 questions")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if unknown := set(options.families) - set(FAMILIES):
        parser.error(f"--families: there is no {', '.join(sorted(unknown))}")
    if options.beside < 1:
        parser.error("--beside: at least 1")
    if options.quick:
        options.questions = 2
    found = asyncio.run(measured(options))
    if options.json:
        print(json.dumps(found))
    else:
        show(found)


if __name__ == "__main__":
    main()
