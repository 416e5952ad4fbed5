"""Methods of reasoning on grade-school and competition mathematics: accuracy, and what it costs.

    python benchmarks/methods.py --data FOLDER --record samples.jsonl
    python benchmarks/methods.py --data FOLDER --record samples.jsonl --live 20 --methods rsa,debate
    python benchmarks/methods.py --data FOLDER --quick --json

Samples with log-probabilities are recorded once, 16 of each question, by the embedded model;
`--record` keeps them, and adds what is missing. Methods that only select are replayed over them,
eight times, each time from another sample on: a sample costs what was written of it before it was
stopped. The others ask the model itself, once, so many questions as `--live` says. Of every method:
n, the accuracy with its 95 % interval (Wilson's, of n questions), and tokens written, calls, rounds
and seconds for a question. Bounds: `pass@N` is right where any of N samples is (the estimator of
Chen et al., 2107.03374), `majority@N` votes over the first N.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from itertools import product
from math import comb, sqrt
from pathlib import Path
from statistics import mean

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.method_pool import Problem, RecordedSamples, problems, recorded, request_of
from inference import PACKAGED, EmbeddedModel, Model
from reasoning import (
    Answers,
    Crew,
    MathEquality,
    Task,
    last_number,
    method_of,
    parsed,
    tallied,
)
from reasoning.answers import FORM
from reasoning.counting import CountedModel
from service.settings import Settings


def replayed(n: int) -> list[str]:
    """What selects among n samples, and asks nothing else."""
    votes = [f"self-consistency({count})" for count in (4, 8, 16) if count <= n]
    half = max(1, n // 2)
    return [
        "once",
        *votes,
        f"adaptive-consistency(most={n})",
        f"soft-self-consistency({n})",
        f"deepconf({n}, online=false, eta=0.5, window=64)",
        f"deepconf({n}, warmup={half}, eta=0.5, window=64)",
        f"deepconf({n}, warmup={half}, eta=0.9, window=64)",
    ]


_DRAWS = 8
LIVE = ("best-of-n(4)", "knockout(4)", "universal-self-consistency(4)", "parallel-refinement(4)",
        "debate", "mixture-of-agents", "rsa(n=4, k=2, t=2)", "ssa")  # fmt: skip


@dataclass(frozen=True)
class Scored:
    """A method over so many questions."""

    method: str
    n: int
    accuracy: float
    low: float
    high: float
    tokens: float
    """Written, for a question."""
    calls: float
    rounds: int
    """At most."""
    seconds: float


def interval(right: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's, of a share."""
    share, square = right / n, z * z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = z * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def pass_at(k: int, n: int, right: int) -> float:
    """How likely one of k samples is right, drawn from n."""
    return 1 - comb(n - right, k) / comb(n, k)


async def scored(
    method: str, model: Model, asked: Sequence[Problem], answers: Answers, say: "Say"
) -> Scored:
    """One method over the problems, one after another."""
    firsts = model.firsts(_DRAWS) if isinstance(model, RecordedSamples) else (0,)
    marks, tokens, calls, began = [], [], [], time.monotonic()
    for problem, first in product(asked, firsts):
        if isinstance(model, RecordedSamples):
            model.begin(problem, first=first)
        counted = CountedModel(model)
        task = Task(request_of(problem, answers.form), answers)
        made = await method_of(method, Crew(counted))(task)
        said = answers.of(made.best.text)
        marks.append(said is not None and await answers.same(said, problem.gold))
        tokens.append(counted.usage.completion_tokens)
        calls.append(counted.calls)
    say(f"{method}: {mean(marks):.3f} of {len(asked)}")
    low, high = interval(mean(marks) * len(asked), len(asked))
    return Scored(
        method, len(asked), mean(marks), low, high, mean(tokens), mean(calls),
        parsed(method).cost[1], (time.monotonic() - began) / len(marks),
    )  # fmt: skip


async def bounds(
    pool: RecordedSamples, asked: Sequence[Problem], answers: Answers
) -> Mapping[str, float]:
    """What the recorded samples hold: pass@N, and their vote."""
    found: dict[str, list[float]] = {}
    for problem in asked:
        texts = [str(sample["text"]) for sample in pool.recordings[problem.text].samples]
        said = [answers.of(text) for text in texts]
        right = [one is not None and await answers.same(one, problem.gold) for one in said]
        for n in (1, 4, 8, 16):
            if n <= len(right):
                found.setdefault(f"pass@{n}", []).append(pass_at(n, len(right), sum(right)))
                tally = await tallied(answers, said[:n])
                leads = tally.ranked[0].members[0] if tally.groups else 0
                found.setdefault(f"majority@{n}", []).append(right[leads])
    return {name: mean(marks) for name, marks in found.items()}


class Say:
    """Progress, on standard error."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, text: str) -> None:
        print(f"{time.monotonic() - self._began:7.1f} s  {text}", file=sys.stderr, flush=True)


@asynccontextmanager
async def embedded(name: str, slots: int) -> AsyncIterator[EmbeddedModel]:
    """A packaged model, so many streams at once."""
    model = EmbeddedModel(PACKAGED[name], cache=Settings().cache, slots=slots, window=4096)
    try:
        yield model
    finally:
        await model.close()


async def measured(options: argparse.Namespace) -> dict[str, object]:
    """See the top of the file."""
    say, asked = Say(), problems(options.data, options.questions)
    async with embedded(options.model, options.samples) as model, MathEquality() as same:
        answers = Answers(FORM, last_number, same)
        await recorded(model, asked, options.samples, options.record, form=FORM, say=say)
        pool = RecordedSamples(options.record)
        asked = [one for one in asked if one.text in pool.recordings]
        named = options.methods or (() if options.quick else LIVE)
        rows = [
            await scored(one, pool, asked, answers, say)
            for one in _known(replayed(options.samples))
        ]
        rows += [
            await scored(one, model, asked[: options.live], answers, say)
            for one in (_known(named) if options.live else ())
        ]
        return {
            "model": options.model,
            "questions": len(asked),
            "bounds": dict(await bounds(pool, asked, answers)),
            "methods": [asdict(row) for row in rows],
        }


def _known(methods: Sequence[str]) -> list[str]:
    """Refuses at once what would fail after hours."""
    for method in methods:
        parsed(method)
    return list(methods)


def drawn(found: Mapping[str, object], *, wide: int = 60, high: int = 16) -> str:
    """Accuracy over the tokens written for a question, as text; letters are the rows' in order."""
    rows = found["methods"]
    assert isinstance(rows, list)
    most = max(row["tokens"] for row in rows) or 1.0
    places = [[" "] * (wide + 1) for _ in range(high + 1)]
    for number, row in enumerate(rows):
        across = round(row["tokens"] / most * wide)
        places[high - round(row["accuracy"] * high)][across] = chr(ord("a") + number % 26)
    lines = [f"{1 - place / high:4.0%} |{''.join(cells)}" for place, cells in enumerate(places)]
    return "\n".join([*lines, f"     +{'-' * wide}", f"      0{most:>{wide - 1},.0f} tokens"])


def show(found: Mapping[str, object]) -> None:
    """A table, the bounds, and the plot."""
    table = Table("", "method", "n", "accuracy", "95 %", "tokens", "calls", "rounds", "seconds")
    rows, held = found["methods"], found["bounds"]
    assert isinstance(rows, list)
    assert isinstance(held, dict)
    for number, row in enumerate(rows):
        table.add_row(
            chr(ord("a") + number % 26), row["method"], f"{row['n']}", f"{row['accuracy']:.3f}",
            f"{row['low']:.3f}-{row['high']:.3f}", f"{row['tokens']:,.0f}", f"{row['calls']:.1f}",
            f"{row['rounds']}", f"{row['seconds']:.2f}",
        )  # fmt: skip
    console = Console(width=110)
    console.print(table)
    console.print("  ".join(f"{name} {value:.3f}" for name, value in held.items()))
    print(drawn(found))


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the question sets")
    parser.add_argument("--record", type=Path, help="where samples are kept; else nowhere")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--samples", type=int, default=16, help="of each question, recorded")
    parser.add_argument("--live", type=int, default=20, help="questions of methods that ask")
    parser.add_argument("--methods", type=lambda text: text.split(";"), help="between them: ;")
    parser.add_argument("--model", default="small", choices=sorted(PACKAGED))
    parser.add_argument("--quick", action="store_true", help="4 questions, 4 samples")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if options.quick:
        options.questions, options.samples = 4, 4
    with tempfile.TemporaryDirectory() as folder:
        options.record = options.record or Path(folder) / "samples.jsonl"
        found = asyncio.run(measured(options))
    if options.json:
        print(json.dumps(found))
    else:
        show(found)


if __name__ == "__main__":
    main()
